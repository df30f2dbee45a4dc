"""Joint tuning of matched units: natural and artificial maps at the same orientation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.compare.agreement import APART, mean_over_units
from curvecircuits.compare.joint_maps import JointMaps
from curvecircuits.compare.turning import correlation, standardised
from curvecircuits.families.family import relative_orientation
from curvecircuits.report.figures.interval_groups import IntervalGroups, interval_groups, series
from curvecircuits.report.parts import Map2D, Words, pack_map
from curvecircuits.report.prose import count
from curvecircuits.report.rivals import Rival, rivals
from curvecircuits.report.values import Estimate, estimate, numbers, written
from curvecircuits.store import Record
from curvecircuits.tuning import tuning_statistics


@dataclass(frozen=True, kw_only=True)
class JointPair(Record):
    """A natural unit and the artificial one of its orientation."""

    natural: str
    """Address, such as "3b:379"."""
    artificial: str
    orientation: float
    """Of the natural unit, degrees."""
    correlation: float | None
    """Of the two maps, as they are; None when the natural unit never responds."""
    aligned: float | None
    """At the best turn of the artificial map within ±15°."""
    turn: float | None
    """That turn, degrees."""
    natural_echo: float | None
    """Largest radial response near the opposite orientation, over the peak."""
    artificial_echo: float | None
    natural_map: Map2D
    """Responses: row i is radius i of the figure, column j orientation j."""
    artificial_map: Map2D


@dataclass(frozen=True, kw_only=True)
class JointMapsFigure(Record):
    """All pairs, in order of orientation, and what else was set beside the natural units."""

    kind: Literal["joint-maps"] = "joint-maps"
    words: Words
    radii: tuple[float, ...]
    """Pixels, increasing."""
    start: float
    """Orientation of the first column, degrees; columns are evenly spaced round the circle."""
    pairs: tuple[JointPair, ...]
    rivals: tuple[Rival, ...]
    """The artificial unit first; `units` are in the order of `pairs`."""
    natural_echo: Estimate
    """Mean over units."""
    artificial_echo: Estimate


def joint_maps_figure(found: JointMaps, *, caption: str = "") -> JointMapsFigure:
    """Make the figure from the joint maps, with its sentences.

    The echo of a unit is the largest response within 45° of the opposite orientation over the
    peak, of the radial tuning curve: the mean over radii of its map.

    Parameters
    ----------
    found
        From `compare.joint_maps`.
    caption
        What to add about the measurement.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.compare import Matched, Side, joint_maps
    >>> from curvecircuits.stimuli import CurveGrid
    >>> side = Side(network=artificial_network(), layer="3b", channels=(6, 0, 12))
    >>> both = Matched(natural=side, artificial=side, orientations=(90.0, 0.0, 180.0))
    >>> grid = CurveGrid(tuple(range(0, 360, 30)), (100.0, 30.0), 60.0, 2.0)
    >>> figure = joint_maps_figure(joint_maps(both, grid=grid))
    >>> [pair.natural for pair in figure.pairs], figure.radii, figure.pairs[0].correlation
    (['3b:0', '3b:6', '3b:12'], (30.0, 100.0), 1.0)
    """
    matched, grid = found.matched, found.grid
    up = np.argsort(grid.radii)
    order = np.argsort(np.asarray(matched.orientations) % 360)
    echoes = {"natural": _echoes(found.natural), "artificial": _echoes(found.artificial)}
    sides = (matched.natural, matched.artificial)
    names = [
        [f"{name}{side.layer}:{channel}" for channel in side.channels]
        for name, side in zip(("", f"{matched.artificial.network.name} "), sides, strict=True)
    ]
    agreement = found.agreement
    table = {
        "correlation": numbers(agreement.correlations["artificial"]),
        "aligned": numbers(agreement.aligned["artificial"]),
        "turn": numbers(agreement.turns),
        "natural_echo": numbers(echoes["natural"]),
        "artificial_echo": numbers(echoes["artificial"]),
    }
    return JointMapsFigure(
        words=_words(found, echoes, caption),
        radii=tuple(float(grid.radii[k]) for k in up),
        start=float(grid.orientations[0]),
        pairs=tuple(
            JointPair(
                natural=names[0][k],
                artificial=names[1][k],
                orientation=float(matched.orientations[k]),
                natural_map=pack_map(found.natural[k][:, up].T),
                artificial_map=pack_map(found.artificial[k][:, up].T),
                **{name: values[k] for name, values in table.items()},
            )
            for k in order
        ),
        rivals=rivals(
            agreement,
            order=order.tolist(),
            titles={"common": "one Gaussian for all units, 50° wide, not fitted"},
        ),
        natural_echo=estimate(mean_over_units(echoes["natural"])),
        artificial_echo=estimate(mean_over_units(echoes["artificial"])),
    )


def radius_groups(found: JointMaps, *, caption: str = "") -> IntervalGroups:
    """Agreement over the orientations of one radius, radius by radius.

    At each radius every natural unit's responses are correlated over orientations with those of
    the artificial unit of its orientation; the control is the mean over artificial units at least
    45° away. Units that never respond at a radius are left out there.

    Parameters
    ----------
    found
        From `compare.joint_maps`.
    caption
        What to add about the measurement.
    """
    apart = np.abs(relative_orientation(found.matched.orientations, found.matched.orientations))
    own, far, silent = [], [], 0
    order = np.argsort(found.grid.radii)
    for k in order:
        natural, artificial = found.natural[:, :, k], found.artificial[:, :, k]
        straight = correlation(natural, artificial)
        silent += int(np.isnan(straight).sum())
        own.append(mean_over_units(straight))
        across = standardised(natural) @ standardised(artificial).T
        away = (apart >= APART) & np.isfinite(straight)[:, None]
        heard = away.any(1)
        means = np.where(away, across, 0)[heard].sum(1) / away[heard].sum(1)
        far.append(mean_over_units(means))
    known = [each for each in own if each.units]
    least = min(known, key=lambda each: each.value, default=None)
    most = max((each.value for each in far if each.units), default=float("nan"))
    radii = np.asarray(found.grid.radii)[order]
    takeaway = "No natural unit responds at any radius."
    if least is not None:
        takeaway = (
            f"Over orientations at one radius, the artificial units agree least at "
            f"{radii[own.index(least)]:.0f} px: {written(least)} on average."
        )
        if np.isfinite(most):
            takeaway += f" Artificial units of other orientations reach at most {most:.2f}."
    return interval_groups(
        words=Words(
            title="The same agreement, radius by radius",
            takeaway=takeaway.replace("-", "−"),
            caption=(
                "Correlation over all orientations of the responses to curves of one radius, the "
                "mean of natural units with its 95% interval over units. Hollow: the same with the "
                "artificial units at least 45° away, the mean over them. "
                + (
                    f"Left out are {count(silent, 'case')} of a silent natural unit. "
                    if silent
                    else ""
                )
                + caption
            ).strip(),
        ),
        groups=[f"{radius:.3g} px" for radius in radii],
        group_label="Radius of the curve",
        value_label="Correlation over orientations",
        series=[
            series("artificial unit of the orientation", [estimate(each) for each in own]),
            series("of other orientations", [estimate(each) for each in far], role="control"),
        ],
        reference=0.0,
        reference_label="no agreement",
    )


def _echoes(maps: Float[ndarray, "units orientations radii"]) -> Float[ndarray, " units"]:
    return np.array([each.echo for each in tuning_statistics(maps.mean(2))])


def _words(found: JointMaps, echoes: Mapping[str, ndarray], caption: str) -> Words:
    agreement, grid = found.agreement, found.grid
    each = agreement.correlations["artificial"]
    heard = each[np.isfinite(each)]
    takeaway = "No natural unit responds to the curves shown."
    if len(heard):
        common = agreement.lead("common")
        verdict = "above" if common.above() else "below" if common.below() else "no different from"
        takeaway = (
            f"The artificial unit's map correlates {written(agreement.mean())} with the natural "
            f"one's, from {heard.min():.2f} to {heard.max():.2f} unit by unit: {verdict} one plain "
            f"Gaussian for all units ({written(agreement.mean('common'))}), of which only the "
            "orientation is known"
        )
        if agreement.mean("template").units:
            takeaway += (
                f"; the other natural units, turned and summed, reach "
                f"{written(agreement.mean('template'))}"
            )
        takeaway += (
            f". Echo: {written(mean_over_units(echoes['natural']))} of the peak in natural units, "
            f"{written(mean_over_units(echoes['artificial']))} in artificial ones."
        )
    return Words(
        title="Natural and artificial joint tuning",
        takeaway=takeaway.replace("-", "−"),
        caption=(
            f"Clipped response to outline curves of {count(len(grid.orientations), 'orientation')} "
            f"(across) and {count(len(grid.radii), 'radius', 'radii')} (upwards, "
            f"{min(grid.radii):.3g} to {max(grid.radii):.3g} px), each map over its own peak. "
            "Beside each natural unit stands the unit of the hand-written network with its "
            "orientation; the number is the correlation of the two maps over all cells. The table "
            "sets other things in the artificial unit's place: those could do as "
            "well, except the controls, which should not. Bars are 95% intervals over units. "
            "“Turned” is the best of turns within ±15° and can only be larger. Echo is the "
            "largest response within 45° of the opposite orientation, averaged over radii. "
            "The article says of its own units that their response “approximates the natural curve "
            "detectors across a range of radii and all orientations” and that they “have a slight "
            "echo”; it gives no numbers. " + caption
        ).strip(),
    )
