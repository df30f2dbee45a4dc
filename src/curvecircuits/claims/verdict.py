"""What a claim is, and when its measurement holds, does not hold, or leaves it open."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from curvecircuits.circuits.chance import Compared
from curvecircuits.circuits.intervals import Interval
from curvecircuits.claims.evidence import Evidence

_CHANCE = 0.05


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was measured for a claim, and the verdict."""

    interval: Interval
    holds: bool | None
    note: str = ""


Measure = Callable[[Evidence], Finding]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A falsifiable sentence of the article and the check of it."""

    id: str
    section: str
    statement: str
    published: str | None = None
    quantity: str
    criterion: str
    how: str
    figure: str | None = None
    measure: Measure


def exact(value: float) -> Interval:
    """A count or a ratio of counts, which no resampling changes."""
    return Interval(value=float(value), low=float(value), high=float(value), units=0)


def middle(values: ndarray) -> float:
    """The median of the finite values; NaN where there are none."""
    kept = np.asarray(values)[np.isfinite(values)]
    return float(np.median(kept)) if kept.size else math.nan


def within(found: Interval, low: float = -math.inf, high: float = math.inf) -> bool | None:
    """True if the whole interval lies from `low` to `high`, false if none of it does, else None.

    >>> within(Interval(value=3, low=2, high=4, units=9), low=1)
    True
    >>> within(Interval(value=3, low=2, high=4, units=9), low=3) is None
    True
    """
    if not (math.isfinite(found.low) and math.isfinite(found.high)):
        return None
    if low <= found.low and found.high <= high:
        return True
    return False if found.high < low or found.low > high else None


def judged(
    found: Interval, *, low: float = -math.inf, high: float = math.inf, note: str = ""
) -> Finding:
    """A finding whose interval has to lie from `low` to `high`."""
    holds = within(found, low, high)
    if not note and not math.isfinite(found.low):
        note = f"Too few units ({found.units}) for an interval."
    return Finding(interval=found, holds=holds, note=note)


def beyond_chance(found: Compared, *, note: str = "") -> Finding:
    """A finding that has to be off its reference, and beyond what exchanged labels give."""
    above = found.side == "above"
    holds = within(
        found.measured,
        found.reference if above else -math.inf,
        math.inf if above else found.reference,
    )
    chance = f"Exchanged labels reach it in a share of {found.p:.3f}."
    if holds and found.p > _CHANCE:
        holds = None
    return Finding(interval=found.measured, holds=holds, note=f"{note} {chance}".strip())
