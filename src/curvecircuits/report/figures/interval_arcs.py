"""Weights along arcs as groups with intervals: kernels that look like an arc, and its places."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy import ndarray

from curvecircuits.circuits.along_arc import ArcWeights
from curvecircuits.circuits.chance import Compared
from curvecircuits.circuits.intervals import Interval, resampled
from curvecircuits.circuits.motif import TangentMotif
from curvecircuits.errors import InputError
from curvecircuits.report.figures.interval_groups import (
    IntervalGroups,
    IntervalSeries,
    interval_groups,
    series,
)
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count
from curvecircuits.report.values import estimate, plain, written


def motifs_by_name(found: TangentMotif | Mapping[str, TangentMotif]) -> dict[str, TangentMotif]:
    """Motifs by the names to show; one alone is named by its layers.

    Raises
    ------
    InputError
        When there is none.
    """
    if isinstance(found, TangentMotif):
        return {f"{found.sources.layer} → {found.targets.layer}": found}
    if not found:
        raise InputError("Give at least one motif to show.")
    return dict(found)


def exchanged_series(found: Sequence[Compared]) -> IntervalSeries:
    """The control series of measurements whose null exchanges orientations: one row each.

    Examples
    --------
    >>> sure = Interval(value=0.5, low=0.4, high=0.6, units=9)
    >>> row = exchanged_series([Compared(measured=sure, null=(0.1, 0.3), side="above")])
    >>> row.estimates[0].value, row.draws
    (0.2, ((0.1, 0.3),))
    """
    return series(
        "orientations exchanged",
        [plain(float(np.mean(each.null)) if each.null else np.nan) for each in found],
        role="control",
        draws=[each.null for each in found],
    )


def motif_likeness(
    found: TangentMotif | Mapping[str, TangentMotif], *, caption: str = ""
) -> IntervalGroups:
    """How much the kernels of the strongest sources look like the arc of their target.

    Parameters
    ----------
    found
        From `circuits.motif.tangent_motif`: one, or several by the name to show, such as
        "conv2d2 → 3a".

    Raises
    ------
    InputError
        When there is none.
    """
    links = motifs_by_name(found)
    rows = [
        (f"{name}, {sign}", each)
        for name, motif in links.items()
        for sign, each in (
            ("positive", motif.positive_likeness),
            ("negative", motif.negative_likeness),
        )
    ]
    name, first = next(iter(links.items()))
    takeaway = (
        f"The kernels of the strongest positive sources correlate with the arc by "
        f"{written(first.positive_likeness.measured)}, those of the strongest negative ones by "
        f"{written(first.negative_likeness.measured)} ({name})."
    )
    if len(links) > 1:
        along = sum(each.positive_likeness.holds for each in links.values())
        against = sum(each.negative_likeness.holds for each in links.values())
        takeaway += (
            f" The positive ones lie along the arc in {along} of {len(links)} links and the "
            f"negative ones against it in {against}, each with the whole interval and beyond "
            "exchanged orientations."
        )
    return interval_groups(
        words=Words(
            title="Strong weights lie along the arc",
            takeaway=takeaway,
            caption=(
                "Correlation across the cells of a kernel with a smooth arc, or line, through the "
                "target's centre and perpendicular to its orientation; filled with 95% intervals "
                "over targets. Hollow: when the targets exchange orientations, with a tick for "
                "each exchange. " + caption
            ).strip(),
        ),
        groups=[row for row, _ in rows],
        group_label="Strongest sources",
        value_label="Correlation with the arc",
        series=[
            series("measured", [estimate(each.measured) for _, each in rows]),
            exchanged_series([each for _, each in rows]),
        ],
        reference=0.0,
        reference_label="no likeness",
    )


def arc_groups(found: ArcWeights, *, caption: str = "") -> IntervalGroups:
    """Mean weight of similar and of opposing pairs at each place along the arc.

    Parameters
    ----------
    found
        From `circuits.along_arc.along_arc`.
    """
    positive = sum(each.above() for each in found.similar_steps)
    negative = sum(each.below() for each in found.opposing_steps)
    places = len(found.steps)
    return interval_groups(
        words=Words(
            title="The same at every place of the arc",
            takeaway=(
                f"Similar {found.sources.name}s excite at {positive} of {places} places along the "
                f"arc and opposing ones inhibit at {negative}; their kernels correlate with the "
                f"arc by {_tested(found.similar)} and {_tested(found.opposing)}."
            ),
            caption=(
                "Mean weight at places along the arc through the target's centre, in pixels from "
                "it, clockwise on screen. Similar pairs are under 30° apart, opposing ones at "
                "least 150°. Bars are 95% intervals over targets and sources, both drawn anew; a "
                "place counts when its whole interval is on its side. p is the share of exchanges "
                "of the sources' orientations with as great a correlation. " + caption
            ).strip(),
        ),
        groups=_places(found),
        group_label="Place along the arc",
        value_label="Mean weight",
        series=[
            series("similar", [estimate(each) for each in found.similar_steps]),
            series("opposing", [estimate(each) for each in found.opposing_steps]),
        ],
        reference=0.0,
        reference_label="no weight",
    )


def arc_preference(found: ArcWeights, *, caption: str = "") -> IntervalGroups:
    """The orientation that weights prefer at each place, beside the normal of the arc there.

    The circular mean over targets of `ArcWeights.preferred`, each target counting once.

    Parameters
    ----------
    found
        From `circuits.along_arc.along_arc`.
    """
    means = [_mean_direction(column) for column in found.preferred.T]
    slopes = found.slope.null
    return interval_groups(
        words=Words(
            title="The preferred orientation turns with the arc",
            takeaway=(
                f"For each degree that the arc's normal turns, the orientation of the "
                f"{found.sources.name}s preferred there turns {_tested(found.slope, unit='°')}, on "
                f"average of {count(len(found.targets), 'unit')}; a preference that follows the "
                "arc would turn 1°."
            ),
            caption=(
                "Filled: direction of the sum of weights, each along its source's orientation, "
                "from the target's orientation; circular mean over targets with its 95% interval. "
                "Hollow: the turn when the places of each target are exchanged, with a tick for "
                "each exchange. p is the share of exchanges with as great a turn. " + caption
            ).strip(),
        ),
        groups=_places(found),
        group_label="Place along the arc",
        value_label="Degrees from the target's orientation",
        series=[
            series("preferred", [estimate(each) for each in means]),
            series("the arc's normal", [plain(each) for each in found.normals]),
            series(
                "places exchanged",
                [plain(float(np.mean(slopes)) * n if slopes else np.nan) for n in found.normals],
                role="control",
                draws=[[each * n for each in slopes] for n in found.normals],
            ),
        ],
        reference=0.0,
        reference_label="no turn",
    )


def _places(found: ArcWeights) -> list[str]:
    return [f"{each:+g} px".replace("-", "−") if each else "centre" for each in found.steps]


def _tested(found: Compared, *, unit: str = "") -> str:
    sign = "≤" if found.holds else "="
    return f"{written(found.measured, unit=unit)} (p {sign} {found.p:.2g})"


def _mean_direction(angles: ndarray) -> Interval:
    """The circular mean of angles in degrees, its interval unbroken at 180°."""
    radians = np.radians(angles)
    middle = np.angle(np.exp(1j * radians).mean())

    def statistic(beside: ndarray) -> float:
        return float(np.degrees(middle + np.angle(np.exp(1j * beside).mean())))

    return resampled(radians - middle, statistic)
