"""What a measurement would be by chance: the same on units whose orientations are exchanged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy import ndarray

from curvecircuits.circuits.intervals import Interval
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family

Side = Literal["above", "below"]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A measurement with its interval over units, and what exchanged labels give."""

    measured: Interval
    null: tuple[float, ...]
    """The same statistic for each exchange of labels; those that could not be formed left out."""
    side: Side
    """Where the measurement is expected to be."""
    reference: float = 0.0
    """What it is without any effect."""

    @property
    def p(self) -> float:
        """Share of exchanges at least as far to that side, the measurement counted among them."""
        sign = 1 if self.side == "above" else -1
        beyond = sum(sign * x >= sign * self.measured.value for x in self.null)
        return (1 + beyond) / (1 + len(self.null))

    @property
    def holds(self) -> bool:
        """Whether the interval is off the reference to that side, and p is at most 5 %."""
        clear = self.measured.above if self.side == "above" else self.measured.below
        return clear(self.reference) and self.p <= 0.05


def against_chance(
    measured: Interval,
    null: Sequence[float],
    *,
    side: Side = "above",
    reference: float = 0.0,
) -> Compared:
    """A measurement beside its null.

    Examples
    --------
    >>> found = against_chance(Interval(value=0.5, low=0.3, high=0.7, units=9), [0.1, -0.2] * 20)
    >>> found.holds, round(found.p, 3)
    (True, 0.024)
    """
    kept = tuple(float(x) for x in null if np.isfinite(x))
    return Compared(measured=measured, null=kept, side=side, reference=reference)


def exchanged(family: Family, *, count: int, seed: int) -> Iterator[Family]:
    """The family with its orientations dealt out anew among its units, `count` times.

    Examples
    --------
    >>> family = Family(
    ...     name="curve", layer="3b", channels=(1, 2), orientations=(0, 90), period=360
    ... )
    >>> sorted({other.orientations for other in exchanged(family, count=20, seed=0)})
    [(0, 90), (90, 0)]

    Raises
    ------
    InputError
        For fewer than 20 exchanges, by which nothing could be told from chance.
    """
    if count < 20:
        raise InputError(f"A null needs at least 20 permutations, not {count}.")
    generator = np.random.default_rng(seed)
    for _ in range(count):
        order = generator.permutation(len(family))
        yield replace(family, orientations=tuple(family.orientations[i] for i in order))


def mean_of(values: ndarray, chosen: ndarray) -> float:
    """The mean of the chosen values; NaN where there are none or all are NaN.

    >>> mean_of(np.array([1.0, 2.0, np.nan]), np.array([False, True, True]))
    2.0
    """
    kept = values[chosen & np.isfinite(values)]
    return float(kept.mean()) if kept.size else float("nan")
