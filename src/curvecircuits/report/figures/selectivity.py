"""What is left of the response where there should be none: opposite, and at right angles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count, percent
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class SelectivityPoint(Record):
    """One unit's responses away from its preferred orientation."""

    unit: str
    """Address, such as "3b:379"."""
    group: Literal["natural", "artificial", "near miss"]
    """Where the unit stands."""
    echo: float
    """Largest response near the opposite orientation, as a fraction of the peak."""
    at90: float
    """Larger of the responses at +90° and −90°, as a fraction of the peak."""


@dataclass(frozen=True, kw_only=True)
class Selectivity(Record):
    """Echo against response at right angles, with the limits of the rule."""

    kind: Literal["selectivity"] = "selectivity"
    words: Words
    points: tuple[SelectivityPoint, ...]
    """The units."""
    echo_limit: float | None
    """The rule takes units whose echo is below this; None when it has no such limit."""
    at90_limit: float | None
    """The rule takes units whose ±90° response is below this; None when it has no such limit."""


def selectivity(
    points: Sequence[SelectivityPoint],
    *,
    echo_limit: float | None,
    at90_limit: float | None,
    caption: str = "",
) -> Selectivity:
    """Make the figure from its points, with its sentences.

    Parameters
    ----------
    points
        Found units of both families, and near misses.
    echo_limit, at90_limit
        The limits of the finding rule, as fractions of the peak; None for no limit.
    caption
        What to add about the measurement.

    """
    found = [point for point in points if point.group == "natural"]
    takeaway = "No unit was measured."
    if found:
        takeaway = (
            f"Of {count(len(found), 'natural unit')} the largest echo is "
            f"{percent(max(point.echo for point in found))} of the peak and the largest response "
            f"at ±90° is {percent(max(point.at90 for point in found))}."
        )
    limits = [
        f"{name} below {percent(limit)}"
        for name, limit in (("echo", echo_limit), ("±90° response", at90_limit))
        if limit is not None
    ]
    rule = f" The lines are the limits of the rule: {' and '.join(limits)}." if limits else ""
    return Selectivity(
        words=Words(
            title="Silence elsewhere",
            takeaway=takeaway,
            caption=(
                "Each mark is a unit: across, its response at right angles to the preferred "
                f"orientation; upwards, its echo. Both are fractions of the peak.{rule} {caption}"
            ).strip(),
        ),
        points=tuple(points),
        echo_limit=echo_limit,
        at90_limit=at90_limit,
    )
