"""Signed tables, estimates with intervals and oriented units, as the figures of circuits keep them.

Angles are degrees, clockwise on screen (y down). A curve's orientation is the direction of its
outward normal, a line's is its normal, mod 180.
"""

import base64
import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from curvecircuits.circuits.intervals import Interval
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.store import Record

_TOP = 127
_NONE = -128


@dataclass(frozen=True, kw_only=True)
class SignedBlock(Record):
    """A block of values of either sign, kept as one signed byte each."""

    shape: tuple[int, ...]
    """Length of every axis; the last axis runs fastest."""
    scale: float
    """The value of one step: a cell's value is its byte times this; the byte −128 is no value."""
    data: str
    """The bytes in base64."""


@dataclass(frozen=True, kw_only=True)
class Estimate(Record):
    """A value with its 95 % interval over units.

    Examples
    --------
    >>> print(Estimate(value=0.29, low=0.12, high=0.5))
    0.29 [0.12, 0.50]
    """

    value: float | None
    """None where it could not be formed."""
    low: float | None
    """None where units are too few for an interval."""
    high: float | None
    """None where units are too few for an interval."""

    def __str__(self) -> str:
        if self.value is None:
            return "–"
        if self.low is None or self.high is None:
            return f"{self.value:.2f}"
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


@dataclass(frozen=True, kw_only=True)
class Range(Record):
    """From one value to another."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class OrientedUnit(Record):
    """A unit and the shape it sees."""

    unit: str
    """Address, such as "3b:379"."""
    shape: Literal["curve", "line"]
    """A curve has an orientation over 360°, a line over 180°."""
    orientation: float
    """Degrees."""


def pack_signed(values: Any) -> SignedBlock:
    """Pack a block of numbers of either sign into bytes, its largest magnitude becoming 127.

    Parameters
    ----------
    values
        Array or nested sequence of numbers; NaN stands for no value.

    Raises
    ------
    InputError
        When it is empty or holds an infinity.

    Examples
    --------
    >>> packed = pack_signed([[0.0, 1.27], [-0.5, float("nan")]])
    >>> packed.shape, packed.scale, packed.data
    ((2, 2), 0.01, 'AH/OgA==')
    """
    block = np.asarray(values, dtype=np.float64)
    if block.size == 0:
        raise InputError(f"A block holds values; this one has the shape {block.shape}.")
    if np.isinf(block).any():
        raise InputError("A block holds finite numbers and NaN only; this one has an infinity.")
    peak = float(np.nanmax(np.abs(block))) if not np.isnan(block).all() else 0.0
    scale = peak / _TOP if peak > 0 else 1.0
    steps = np.where(np.isnan(block), _NONE, np.rint(np.nan_to_num(block) / scale))
    return SignedBlock(
        shape=tuple(int(n) for n in block.shape),
        scale=scale,
        data=base64.b64encode(steps.astype(np.int8).tobytes()).decode("ascii"),
    )


def estimate(interval: Interval) -> Estimate:
    """Keep an interval as plain data; what is NaN becomes None.

    Examples
    --------
    >>> nan = float("nan")
    >>> estimate(Interval(value=0.5, low=nan, high=nan, units=2))
    Estimate(value=0.5, low=None, high=None)
    """
    return Estimate(
        value=_known(interval.value), low=_known(interval.low), high=_known(interval.high)
    )


def plain(value: float) -> Estimate:
    """Keep a number that has no interval.

    Examples
    --------
    >>> plain(0.5)
    Estimate(value=0.5, low=None, high=None)
    """
    return Estimate(value=_known(value), low=None, high=None)


def numbers(values: Any) -> tuple[float | None, ...]:
    """Keep numbers in a row; what is not finite becomes None.

    Examples
    --------
    >>> numbers(np.array([1.0, np.nan]))
    (1.0, None)
    """
    return tuple(_known(value) for value in np.asarray(values, dtype=np.float64).ravel())


def oriented_units(family: Family) -> tuple[OrientedUnit, ...]:
    """List the units of a family with what they see.

    Raises
    ------
    InputError
        When the family or one of its units has no orientation.

    Examples
    --------
    >>> lines = Family(name="line", layer="3a", channels=(7,), orientations=(30.0,), period=180)
    >>> oriented_units(lines)
    (OrientedUnit(unit='3a:7', shape='line', orientation=30.0),)
    """
    if family.period == 0 or not np.isfinite(family.orientations).all():
        raise InputError(
            f"The units of '{family.name}' are drawn by their orientations; each needs one, and "
            "the family a period of 180 or 360."
        )
    return tuple(
        OrientedUnit(
            unit=str(unit),
            shape="line" if family.period == 180 else "curve",
            orientation=float(angle),
        )
        for unit, angle in zip(family.units, family.orientations, strict=True)
    )


def written(interval: Interval, *, unit: str = "") -> str:
    """Write an estimate with its interval, with two digits of the largest of its numbers.

    Examples
    --------
    >>> written(Interval(value=0.5, low=-0.25, high=0.75, units=9))
    '0.50 [−0.25, 0.75]'
    """
    three = (interval.value, interval.low, interval.high)
    largest = max((abs(each) for each in three if math.isfinite(each)), default=0.0)
    digits = min(max(1 - math.floor(math.log10(largest)), 0), 9) if largest else 0
    value, low, high = (f"{each:.{digits}f}".replace("-", "−") for each in three)
    if not math.isfinite(interval.value):
        return "not known"
    if not (math.isfinite(interval.low) and math.isfinite(interval.high)):
        return f"{value}{unit} (too few units for an interval)"
    return f"{value}{unit} [{low}, {high}]"


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
