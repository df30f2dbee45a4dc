"""Groups with a point and its interval for each series: what most measurements come down to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from curvecircuits.errors import InputError
from curvecircuits.report.parts import Words
from curvecircuits.report.values import Estimate, Range, numbers
from curvecircuits.store import Record

Role = Literal["measured", "control"]


@dataclass(frozen=True, kw_only=True)
class IntervalSeries(Record):
    """One measurement in every group."""

    name: str
    role: Role
    """A control could have shown that there is no effect; it is drawn hollow."""
    estimates: tuple[Estimate, ...]
    """One a group."""
    draws: tuple[tuple[float | None, ...], ...]
    """Single draws of a control, for each group; empty when there are none."""


@dataclass(frozen=True, kw_only=True)
class IntervalGroups(Record):
    """Groups in rows, values across."""

    kind: Literal["interval-groups"] = "interval-groups"
    words: Words
    groups: tuple[str, ...]
    """What the rows are, from the top."""
    group_label: str
    """What they have in common, such as "Relative orientation"."""
    value_label: str
    """What is measured, with its unit."""
    series: tuple[IntervalSeries, ...]
    reference: float | None
    """A value to compare with, drawn as a line."""
    reference_label: str
    band: Range | None
    """A range to compare with, shaded."""
    band_label: str


def interval_groups(
    *,
    words: Words,
    groups: Sequence[str],
    group_label: str,
    value_label: str,
    series: Sequence[IntervalSeries],
    reference: float | None = None,
    reference_label: str = "",
    band: tuple[float, float] | None = None,
    band_label: str = "",
) -> IntervalGroups:
    """Make the figure from its series.

    Parameters
    ----------
    groups
        Names of the rows, from the top, each once.
    series
        Each with an estimate for every group.

    Raises
    ------
    InputError
        When a group comes twice, or a series has not one estimate for each group.

    Examples
    --------
    >>> from curvecircuits.report.values import plain
    >>> figure = interval_groups(
    ...     words=Words(title="Weights", takeaway="They fall.", caption=""),
    ...     groups=("0–30°", "30–60°"),
    ...     group_label="Relative orientation",
    ...     value_label="Mean weight",
    ...     series=[series("curves", [plain(0.5), plain(-0.1)])],
    ...     reference=0.0,
    ... )
    >>> figure.series[0].estimates[1].value
    -0.1
    """
    if len(set(groups)) != len(groups):
        raise InputError("The groups of a figure have different names.")
    for each in series:
        if len(each.estimates) != len(groups):
            raise InputError(
                f"The series '{each.name}' has {len(each.estimates)} estimates for "
                f"{len(groups)} groups; give one for each."
            )
        if each.draws and len(each.draws) != len(groups):
            raise InputError(
                f"The series '{each.name}' has draws for {len(each.draws)} of {len(groups)} "
                "groups; give them for each, or for none."
            )
    return IntervalGroups(
        words=words,
        groups=tuple(groups),
        group_label=group_label,
        value_label=value_label,
        series=tuple(series),
        reference=None if reference is None else float(reference),
        reference_label=reference_label,
        band=None if band is None else Range(low=float(band[0]), high=float(band[1])),
        band_label=band_label,
    )


def series(
    name: str,
    estimates: Sequence[Estimate],
    *,
    role: Role = "measured",
    draws: Sequence[Sequence[float]] = (),
) -> IntervalSeries:
    """Make one series.

    Parameters
    ----------
    estimates
        One a group.
    draws
        Single draws of a control for each group.
    """
    return IntervalSeries(
        name=name,
        role=role,
        estimates=tuple(estimates),
        draws=tuple(numbers(each) for each in draws),
    )
