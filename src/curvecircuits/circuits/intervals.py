"""Intervals of what is measured on units, by resampling the units.

Units are what a family has few of: stimuli and pairs of units are not independent and are never
resampled. Of a matrix whose entries are pairs, rows and columns are drawn apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.errors import InputError

_DRAWS = 2000
_LEVEL = 95.0


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate with its 95 % percentile interval; NaN bounds where units are too few.

    Examples
    --------
    >>> print(Interval(value=0.29, low=0.12, high=0.5, units=12))
    0.29 [0.12, 0.50]
    """

    value: float
    low: float
    high: float
    units: int
    """How many were resampled."""

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"

    def above(self, bound: float = 0.0) -> bool:
        """Whether the whole interval is above a bound."""
        return self.low > bound

    def below(self, bound: float = 0.0) -> bool:
        """Whether the whole interval is below a bound."""
        return self.high < bound


NOTHING = Interval(value=float("nan"), low=float("nan"), high=float("nan"), units=0)
"""What is said of no units."""


def _interval(value: float, draws: Sequence[float] | ndarray, units: int) -> Interval:
    kept = np.asarray(draws)[np.isfinite(draws)]
    if units < 3 or len(kept) < len(draws) / 2:
        return Interval(value=value, low=float("nan"), high=float("nan"), units=units)
    low, high = np.percentile(kept, [(100 - _LEVEL) / 2, (100 + _LEVEL) / 2])
    return Interval(value=value, low=float(low), high=float(high), units=units)


def resampled(
    values: Float[ndarray, "units *rest"],
    statistic: Callable[[ndarray], float] | None = None,
    *,
    seed: int = 0,
) -> Interval:
    """A statistic of units with its percentile bootstrap interval.

    Parameters
    ----------
    values
        One row a unit; a draw is as many rows, with replacement.
    statistic
        From such rows to a number; their mean by default.

    Raises
    ------
    InputError
        When there is no unit.

    Examples
    --------
    >>> found = resampled(np.arange(20.0))
    >>> found.value, found.low < 9.5 < found.high
    (9.5, True)

    References
    ----------
    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    if not len(values):
        raise InputError("An interval over units needs at least one unit.")
    generator = np.random.default_rng(seed)
    n = len(values)
    # All at once: drawing them one after the other takes longer than most statistics do.
    chosen = generator.integers(n, size=(_DRAWS, n))
    if statistic is None:
        each = values.reshape(n, -1).mean(1)
        return _interval(float(values.mean()), each[chosen].mean(1), n)
    return _interval(statistic(values), [statistic(values[units]) for units in chosen], n)


def resampled_pairs(
    matrices: tuple[Float[ndarray, "targets sources *rest"], ...],
    statistic: Callable[..., float],
    *,
    seed: int = 0,
) -> Interval:
    """A statistic of pairs of units, its interval by drawing targets and sources both.

    Parameters
    ----------
    matrices
        Values of every pair, all indexed by (target, source), that `statistic` takes.

    Raises
    ------
    InputError
        When there is no pair.
    """
    rows, columns = matrices[0].shape[:2]
    if not rows * columns:
        raise InputError("An interval over pairs needs at least one target and one source.")
    generator = np.random.default_rng(seed)
    bounds = np.repeat([rows, columns], [rows, columns])
    targets, sources = np.split(generator.integers(bounds, size=(_DRAWS, len(bounds))), [rows], 1)
    draws = [
        statistic(*(m[chosen] for m in matrices))
        for chosen in zip(targets[:, :, None], sources[:, None], strict=True)
    ]
    return _interval(statistic(*matrices), draws, min(rows, columns))


def resampled_difference(
    a: Float[ndarray, " units"], b: Float[ndarray, " others"], *, seed: int = 0
) -> Interval:
    """Mean of one group of units less that of another, both groups drawn anew.

    Examples
    --------
    >>> found = resampled_difference(np.arange(9.0) + 20, np.arange(7.0))
    >>> found.value, found.above(), found.units
    (21.0, True, 7)
    """
    generator = np.random.default_rng(seed)
    bounds = np.repeat([len(a), len(b)], [len(a), len(b)])
    of_a, of_b = np.split(generator.integers(bounds, size=(_DRAWS, len(bounds))), [len(a)], 1)
    draws = a[of_a].mean(1) - b[of_b].mean(1)
    return _interval(float(a.mean() - b.mean()), draws, min(len(a), len(b)))
