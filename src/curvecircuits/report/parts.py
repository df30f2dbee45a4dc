"""The plain data that several figures share.

Angles are degrees, clockwise on screen (y down). A curve's orientation is the direction of its
outward normal: 0 is ")", 90 is "U", 180 is "(".
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np

from curvecircuits.errors import InputError
from curvecircuits.store import Record

Family = Literal["natural", "artificial"]

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Words(Record):
    """What a figure says in text."""

    title: str
    """A few words, without a full stop."""
    takeaway: str
    """What the figure shows, in one sentence with its numbers."""
    caption: str
    """How it was measured, and how to read it."""


@dataclass(frozen=True, kw_only=True)
class Map2D(Record):
    """A table of values of 0 and more, kept as one byte each."""

    rows: int
    """Number of rows; the first row is the first in `data`."""
    cols: int
    """Number of columns."""
    scale: float
    """The value of one step: a cell's value is its byte times this."""
    data: str
    """The bytes, row after row, in base64."""


@dataclass(frozen=True, kw_only=True)
class UnitRow(Record):
    """One unit and the statistics of its tuning curve over orientation."""

    unit: str
    """Address, such as "3b:379"."""
    family: Family
    """Whether the network learned it or it was written by hand."""
    kind: str
    """What the finder calls it, such as "curve"."""
    orientation: float
    """Preferred orientation, degrees."""
    radius: float
    """Radius of the curve that drives it most, pixels."""
    fwhm: float | None
    """Full width of the tuning curve at half its peak, degrees; None if it never falls to half."""
    echo: float | None
    """Largest response near the opposite orientation, as a fraction of the peak."""
    at90: float | None
    """Larger of the responses at +90° and −90°, as a fraction of the peak."""
    peak: float
    """Largest response, in the unit's own activation."""


@dataclass(frozen=True, kw_only=True)
class UnitPair(Record):
    """A natural unit and the artificial one nearest to it in orientation."""

    natural: str
    """Address of the natural unit."""
    artificial: str | None
    """Address of the artificial unit; None when there is none."""
    difference: float | None
    """Artificial minus natural orientation, degrees in [−180, 180)."""


def pack_map(values: Any) -> Map2D:
    """Pack a table of responses into bytes, its largest value becoming 255.

    Parameters
    ----------
    values
        Array or nested sequence of finite numbers, (rows, columns); anything below 0 becomes 0.

    Raises
    ------
    InputError
        When it is not a table, is empty or holds a number that is not finite.

    Examples
    --------
    >>> pack_map([[0.0, 1.0], [0.5, 2.55]]).data
    'AGQy/w=='

    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or table.size == 0:
        raise InputError(f"A map has rows and columns; this has the shape {table.shape}.")
    if not np.isfinite(table).all():
        raise InputError("A map holds finite numbers only; this one has a NaN or an infinity.")
    peak = float(table.max())
    scale = peak / 255 if peak > 0 else 1.0
    steps = np.clip(np.rint(table / scale), 0, 255).astype(np.uint8)
    return Map2D(
        rows=int(table.shape[0]),
        cols=int(table.shape[1]),
        scale=scale,
        data=base64.b64encode(steps.tobytes()).decode("ascii"),
    )


def turn(start: float, end: float) -> float:
    """Measure the signed angle from `start` to `end`, degrees in [−180, 180).

    Examples
    --------
    >>> turn(350, 10)
    20.0

    """
    return float((end - start + 180) % 360 - 180)


def nearest_pairs(
    natural: Mapping[str, float], artificial: Mapping[str, float]
) -> tuple[UnitPair, ...]:
    """Pair each natural unit, in order of orientation, with the nearest artificial one.

    Parameters
    ----------
    natural, artificial
        Preferred orientation in degrees, by unit address. One artificial unit may be nearest to
        several natural ones.

    Examples
    --------
    >>> nearest_pairs({"3b:379": 98.0}, {"u0": 90.0, "u1": 126.0})[0].artificial
    'u0'

    """
    pairs: list[UnitPair] = []
    for unit in sorted(natural, key=lambda name: natural[name] % 360):
        angle = natural[unit]
        best = min(artificial, key=lambda name: abs(turn(angle, artificial[name])), default=None)
        pairs.append(
            UnitPair(
                natural=unit,
                artificial=best,
                difference=None if best is None else turn(angle, artificial[best]),
            )
        )
    return tuple(pairs)


def spread(items: Sequence[_T], most: int) -> list[_T]:
    """At most so many, evenly spread from the first to the last.

    Examples
    --------
    >>> spread("abcdefg", 3)
    ['a', 'd', 'g']
    """
    if len(items) <= most:
        return list(items)
    return [items[round(k * (len(items) - 1) / max(1, most - 1))] for k in range(most)]
