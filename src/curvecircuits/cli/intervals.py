"""Intervals as commands give them: a number with its bounds, in words or as JSON."""

import math
from typing import Any


def plain(found: Any) -> dict[str, float | int | None]:
    """An interval for JSON, with nothing where there is no number."""
    values = {name: getattr(found, name) for name in ("value", "low", "high")}
    return {**{n: None if math.isnan(v) else v for n, v in values.items()}, "units": found.units}


def with_interval(found: Any) -> str:
    """A value with its 95 % interval, where there were units enough for one.

    >>> from curvecircuits.circuits.intervals import Interval
    >>> with_interval(Interval(value=0.5, low=0.25, high=0.75, units=5))
    '0.50 [0.25, 0.75]'
    >>> with_interval(Interval(value=0.5, low=math.nan, high=math.nan, units=2))
    '0.50'
    """
    if math.isnan(found.value):
        return "–"
    bounds = "" if math.isnan(found.low) else f" [{found.low:.2f}, {found.high:.2f}]"
    return f"{found.value:.2f}{bounds}"
