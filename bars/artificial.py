"""Bars on the hand-written family."""

import numpy as np

from bars import Outcome, bar
from curvecircuits.artificial import artificial_network
from curvecircuits.families import find_curves
from curvecircuits.stimuli import published
from curvecircuits.tuning import angular_distance, tune, tuning_statistics


def _outcome(rows: list[tuple[int, float, float, float, float]], found: int) -> Outcome:
    """The bar on rows of (channel, orientation, FWHM, radius, echo)."""
    error = max(angular_distance(o, 15 * channel) for channel, o, *_ in rows)
    width, radius = [r[2] for r in rows], [r[3] for r in rows]
    echo = max(r[4] for r in rows)
    return Outcome(
        value=f"{found} units, off by ≤ {error:.1f}°, {min(width):.0f}–{max(width):.0f}° wide, "
        f"{min(radius):.0f}–{max(radius):.0f} px, echo ≤ {echo:.3f}",
        bound="24, ≤ 7.5°, 20–70°, 35–80 px, ≤ 0.15",
        ok=found == 24
        and error <= 7.5
        and min(width) >= 20
        and max(width) <= 70
        and min(radius) >= 35
        and max(radius) <= 80
        and echo <= 0.15,
    )


@bar(number="1.5", title="The artificial family, as find reports it")
def artificial_family(quick: bool) -> Outcome:
    """Found like any other family; held-out statistics."""
    family = find_curves(
        artificial_network(), layer="3b" if quick else None, permutations=1 if quick else 3
    )
    rows = [(u.channel, u.orientation, u.fwhm, u.radius, u.echo) for u in family.units]
    return _outcome(rows, len(family.units) if family.found else 0)


@bar(number="1.5", title="The artificial family on the published grid")
def artificial_published(quick: bool) -> Outcome:
    """Outlines, 720 orientations × 80 radii; in the quick form every tenth orientation."""
    grid = published()
    if quick:
        grid = type(grid)(grid.orientations[::10], grid.radii[::4], grid.tile, grid.width)
    tuned = tune(artificial_network(), ["3b"], grid=grid)["3b"]
    radii = np.asarray(grid.radii)[tuned.responses().max(1).argmax(1)]
    statistics = tuning_statistics(tuned.radial())
    rows = [
        (k, s.orientation, s.fwhm, float(r), s.echo)
        for k, (s, r) in enumerate(zip(statistics, radii, strict=True))
    ]
    return _outcome(rows, sum(s.peak > 0 for s in statistics))
