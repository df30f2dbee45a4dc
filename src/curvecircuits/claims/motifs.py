"""Claims on the motif that every layer repeats: tiling a simpler shape along the tangent."""

import math
from contextlib import suppress

from curvecircuits.circuits.motif import TangentMotif
from curvecircuits.claims.evidence import Evidence, NotTestableError
from curvecircuits.claims.verdict import Claim, Finding, beyond_chance
from curvecircuits.errors import InputError
from curvecircuits.families import Family

_MOTIF = "Circuit motifs"


def motifs(e: Evidence) -> dict[str, TangentMotif]:
    """The tangent motif of every two adjacent layers that have families for it, by their names.

    Early curves build curves; before them lines, or complex Gabors where there are no lines, build
    early curves and lines. Layers joined at one position only have no tangent.
    """
    pairs: list[tuple[Family, Family, float]] = [(e.curves, e.early, e.radius)]
    for back in range(1, len(e.layers) - 1):
        with suppress(NotTestableError):
            targets = e.early if back == 1 else e.lines(back, least=4)
            pairs.append((targets, _lines_or_gabors(e, back + 1), math.inf))
    found: dict[str, TangentMotif] = {}
    for targets, sources, radius in pairs:
        with suppress(InputError):
            name = f"{sources.layer} → {targets.layer}"
            found[name] = e.motif(targets, sources, radius=radius)
    if not found:
        raise NotTestableError("No two adjacent layers have families with orientations.")
    return found


def _lines_or_gabors(e: Evidence, back: int) -> Family:
    try:
        return e.lines(back, least=6)
    except NotTestableError:
        return e.family(back, "complex Gabor", least=6)


def _tangent(e: Evidence) -> Finding:
    """The weakest link of the chain of tangent motifs that can be measured."""
    links = {name: found.positive_likeness for name, found in motifs(e).items()}
    told = ", ".join(f"{n} {t.measured.value:+.2f} (p {t.p:.2f})" for n, t in links.items())
    weakest = min(links.values(), key=lambda t: t.measured.value)
    return beyond_chance(weakest, note=f"{told}.")


def _perpendicular(e: Evidence) -> Finding:
    """Strongest negative connections of lines and early curves: how far from the tangent."""
    links = {n: m.negative_apart for n, m in motifs(e).items() if m.sources.period == 180}
    if not links:
        raise NotTestableError("No adjacent layers have lines that build on oriented units.")
    told = ", ".join(f"{n} {t.measured.value:.0f}°" for n, t in links.items())
    least = min(links.values(), key=lambda t: t.measured.value)
    return beyond_chance(least, note=f"{told}.")


CLAIMS = (
    Claim(
        id="tangent-motif",
        section=_MOTIF,
        statement="Each layer tiles a simpler contrast detector along its tangent.",
        quantity="correlation of the strongest positive tiles with the tangent, weakest link",
        criterion="above 0, beyond shuffled orientations",
        how="Three strongest positive inputs of each unit, turned into its frame.",
        figure="motif",
        measure=_tangent,
    ),
    Claim(
        id="perpendicular-inhibits",
        section=_MOTIF,
        statement="Weights are most negative where lines are perpendicular.",
        quantity="mean degrees to the strongest negative inputs, least link",
        criterion="above 45 (what any orientation would give), beyond shuffled orientations",
        how="Three strongest negative inputs among lines or complex Gabors, mod 180°.",
        figure="motif",
        measure=_perpendicular,
    ),
)
