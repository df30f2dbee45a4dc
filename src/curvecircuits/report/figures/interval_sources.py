"""Measurements of circuits as groups with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from curvecircuits.circuits.chance import Compared
from curvecircuits.circuits.equivariance import RotationFit
from curvecircuits.circuits.intervals import Interval
from curvecircuits.circuits.motif import TangentMotif
from curvecircuits.circuits.robustness import Robustness
from curvecircuits.circuits.similarity import Similarity
from curvecircuits.errors import InputError
from curvecircuits.report.figures.interval_arcs import exchanged_series, motifs_by_name
from curvecircuits.report.figures.interval_groups import IntervalGroups, interval_groups, series
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count
from curvecircuits.report.values import estimate, plain, written


def weight_bands(found: Similarity, *, caption: str = "") -> IntervalGroups:
    """Mean weight between two families by relative orientation.

    Parameters
    ----------
    found
        From `circuits.similarity.similarity`; its families may be of any names.
    """
    first, last = found.bands[0], found.bands[-1]
    sources, targets = found.sources, found.targets
    chance = f"p {'≤' if found.fall.holds else '='} {found.fall.p:.2g}"
    return interval_groups(
        words=Words(
            title="Weights follow relative orientation",
            takeaway=(
                f"From {sources.name}s of {sources.layer} to {targets.name}s of {targets.layer} "
                f"the mean weight falls from {written(first.mean)} for units less than "
                f"{first.high:g}° apart to {written(last.mean)} for those {last.low:g}–"
                f"{last.high:g}° apart (with orientations exchanged: {chance})."
            ),
            caption=(
                "Each row holds the pairs whose orientations are that far apart; a pair's weight "
                "is the sum over the cells of its kernel. Bars are 95% intervals over targets and "
                "sources, both drawn anew. The last row is the first less the last, with a tick "
                "for each exchange of the sources' orientations. " + caption
            ).strip(),
        ),
        groups=[*(f"{band.low:g}–{band.high:g}°" for band in found.bands), "first − last"],
        group_label="Relative orientation",
        value_label="Mean sum of weights",
        series=[
            series(
                "measured",
                [*(estimate(b.mean) for b in found.bands), estimate(found.fall.measured)],
            ),
            series(
                "orientations exchanged",
                [
                    *(plain(np.nan) for _ in found.bands),
                    plain(float(np.mean(found.fall.null)) if found.fall.null else np.nan),
                ],
                role="control",
                draws=[*(() for _ in found.bands), found.fall.null],
            ),
        ],
        reference=0.0,
        reference_label="no weight",
    )


def motif_angles(
    found: TangentMotif | Mapping[str, TangentMotif], *, caption: str = ""
) -> IntervalGroups:
    """How far the strongest sources of each target are from it in orientation.

    The axis is the share of the possible range, which is 180° between curves and 90° where lines
    are among the two: any orientation gives half of it in both cases.

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
        (f"{name}, {sign} ({each.measured.value:.0f}°/{2 * each.reference:g}°)", each)
        for name, motif in links.items()
        for sign, each in (("positive", motif.positive_apart), ("negative", motif.negative_apart))
    ]
    shares = [_over(each, 2 * each.reference) for _, each in rows]
    one = next(iter(links.values()))
    near, far = one.positive_apart, one.negative_apart
    takeaway = (
        f"The strongest positive {one.sources.name}s of a {one.targets.name} are "
        f"{written(near.measured, unit='°')} from it in orientation, the strongest negative ones "
        f"{written(far.measured, unit='°')}; any orientations would give {near.reference:g}°."
    )
    if len(links) > 1:
        nearer = sum(each.positive_apart.holds for each in links.values())
        farther = sum(each.negative_apart.holds for each in links.values())
        takeaway += (
            f" The positive ones are nearer in {nearer} of {len(links)} links, the negative ones "
            f"farther in {farther}, by the whole interval and beyond exchanged orientations."
        )
    return interval_groups(
        words=Words(
            title="Alike excites, opposed inhibits",
            takeaway=takeaway,
            caption=(
                "Filled: mean distance in orientation between a target and its strongest sources, "
                "with 95% intervals over targets, over the greatest distance there can be: 0 is "
                "the same orientation, 1 is opposed curves or perpendicular lines. Brackets "
                "give both in degrees. Hollow: the mean when the targets exchange orientations, "
                "with a tick for each exchange. " + caption
            ).strip(),
        ),
        groups=[name for name, _ in rows],
        group_label="Strongest sources",
        value_label="Share of the possible distance",
        series=[
            series("measured", [estimate(each.measured) for each in shares]),
            exchanged_series(shares),
        ],
        reference=0.5,
        reference_label="any orientation",
    )


def _over(found: Compared, whole: float) -> Compared:
    m = found.measured
    value, low, high = (each / whole for each in (m.value, m.low, m.high))
    share = Interval(value=value, low=low, high=high, units=m.units)
    return replace(found, measured=share, null=tuple(each / whole for each in found.null))


def robustness_groups(found: Mapping[str, Robustness], *, caption: str = "") -> IntervalGroups:
    """Agreement of tuning under each carrier with that under plain ink, for each family or layer.

    Parameters
    ----------
    found
        From `circuits.robustness.robustness` by the name to show, all under the same carriers.

    Raises
    ------
    InputError
        When there is nothing, or the carriers differ.
    """
    carriers = next((each.carriers for each in found.values()), ())
    if not carriers or any(each.carriers != carriers for each in found.values()):
        raise InputError("Give one or more measurements, all under the same carriers.")
    overall = {name: each.overall() for name, each in found.items()}
    listed = ", ".join(f"{name} {written(each)}" for name, each in overall.items())
    control = max((each.across for each in found.values()), key=lambda each: each.value)
    most = "at most " if len(found) > 1 else ""
    gap = plain(np.nan)
    return interval_groups(
        words=Words(
            title="Curves drawn with other means",
            takeaway=(
                f"Under {count(len(carriers), 'other carrier')} tuning correlates with that under "
                f"plain ink by, on average, {listed}; with that of other units by "
                f"{most}{written(control)}."
            ),
            caption=(
                "Correlation of a unit's radial tuning curves, with 95% intervals over units. "
                "Hollow: the same with the tuning of other units of the family. " + caption
            ).strip(),
        ),
        groups=[*carriers, "all carriers", "all carriers, other units"],
        group_label="Carrier",
        value_label="Correlation with plain ink",
        series=[
            each
            for name, robust in found.items()
            for each in (
                series(
                    name,
                    [
                        *(estimate(mean) for mean in robust.mean().values()),
                        estimate(overall[name]),
                        gap,
                    ],
                ),
                series(
                    f"{name}, other units",
                    [*(gap for _ in carriers), gap, estimate(robust.across)],
                    role="control",
                ),
            )
        ],
        reference=0.0,
        reference_label="no agreement",
    )


def rotation_groups(found: Sequence[RotationFit], *, caption: str = "") -> IntervalGroups:
    """Variance that a template tied over rotations explains, beside its controls.

    Parameters
    ----------
    found
        From `circuits.equivariance.rotation_fit`, one a block of weights.
    """
    holding = sum(bool(each.holds) for each in found)
    best = max(found, key=lambda each: each.r2.value, default=None)
    takeaway = "No block of weights was fitted."
    if best is not None:
        verb = "beats" if best.holds else "does not beat"
        takeaway = (
            f"For {best.name} one turned template explains R² {written(best.r2)} of units left "
            f"out and {verb} both controls: shuffled orientations, and an SVD of as many numbers "
            f"at {written(best.svd)}."
        )
        if len(found) > 1:
            takeaway += f" The controls are beaten in {count(holding, 'block')} of {len(found)}."
    return interval_groups(
        words=Words(
            title="Units of a family are one unit, turned",
            takeaway=takeaway,
            caption=(
                "R² of targets that the fit did not see, with 95% intervals over targets. The tied "
                "template is one template turned to each unit's orientation; the SVD has at least "
                "as many numbers and knows of no orientation; the ticks are templates fitted with "
                "orientations shuffled. " + caption
            ).strip(),
        ),
        groups=[each.name for each in found],
        group_label="Block of weights",
        value_label="R² of units left out",
        series=[
            series("tied template", [estimate(each.r2) for each in found]),
            series("SVD", [estimate(each.svd) for each in found], role="control"),
            series(
                "orientations shuffled",
                [plain(float(np.mean(each.shuffled))) for each in found],
                role="control",
                draws=[each.shuffled for each in found],
            ),
        ],
        reference=0.0,
        reference_label="nothing explained",
    )
