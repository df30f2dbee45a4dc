"""Figures of how far units agree on photographs, with intervals over units and over images.

Units are few, and images are what was sampled, so both are resampled, each by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.circuits.intervals import Interval, resampled
from curvecircuits.errors import InputError

Figure = Literal["auroc", "precision", "clipped", "correlation"]
FIGURES: tuple[Figure, ...] = get_args(Figure)

_FEW = 3
"""Images below which nothing is said of others."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean over units, with an interval for each of the things it was sampled from."""

    values: Float[ndarray, " units"]
    units: Interval
    """95 % interval when units are resampled."""
    images: Interval
    """The same when images are; its `units` counts images."""

    @property
    def value(self) -> float:
        """The mean over units."""
        return self.units.value

    def above(self, bound: float = 0.0) -> bool:
        """Whether both intervals are above a bound."""
        return self.units.above(bound) and self.images.above(bound)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of some pairs of units, in the order of `FIGURES`.

    `auroc`
        Chance that the score of one of the reference's top positions is above that of another
        position; equal scores count half.
    `precision`
        Share of the score's own top positions that are among the reference's.
    `clipped`
        Pearson correlation of the two, both clipped at zero.
    `correlation`
        Pearson correlation of the two as they are.
    """

    values: Float[ndarray, "units figures"]
    """NaN for units that were compared with none."""
    draws: Float[ndarray, "draws units figures"]
    """The same with images resampled."""
    images: int

    def of(self, figure: Figure) -> Float[ndarray, " units"]:
        """One figure of every unit."""
        return self.values[:, FIGURES.index(figure)]

    def estimate(self, figure: Figure, *, less: "Figures | None" = None, seed: int = 0) -> Estimate:
        """The mean of a figure over units; less that of other figures of the same units.

        Units without a value are left out, on both sides of a difference.

        Raises
        ------
        InputError
            When no unit has a value, or the two are of other draws.
        """
        column = FIGURES.index(figure)
        values, draws = self.values[:, column], self.draws[:, :, column]
        if less is not None:
            if (less.draws.shape, less.images) != (self.draws.shape, self.images):
                raise InputError("Figures are subtracted for the same units, images and draws.")
            values, draws = values - less.values[:, column], draws - less.draws[:, :, column]
        kept = np.isfinite(values)
        over_units = resampled(values[kept], seed=seed)
        means = draws[:, kept].mean(1)
        means = means[np.isfinite(means)]  # a draw may have none of a unit's top
        few = self.images < _FEW or len(means) < len(draws) / 2
        low, high = (np.nan, np.nan) if few else np.percentile(means, [2.5, 97.5])
        over_images = Interval(
            value=over_units.value, low=float(low), high=float(high), units=self.images
        )
        return Estimate(values=values, units=over_units, images=over_images)


def image_draws(images: int, *, draws: int = 200, seed: int = 0) -> Float[ndarray, "draws images"]:
    """How often each image occurs in each of some draws with replacement.

    >>> image_draws(10, draws=3).sum(1)
    array([10., 10., 10.], dtype=float32)
    """
    generator = np.random.default_rng(seed)
    return generator.multinomial(images, np.full(images, 1 / images), size=draws).astype(np.float32)


def average(figures: Sequence[Figures]) -> Figures:
    """The mean of figures of the same units, such as those of several shifts.

    >>> one, other = (
    ...     Figures(values=np.full((1, 4), v), draws=np.full((20, 1, 4), v), images=9)
    ...     for v in (0.2, 0.4)
    ... )
    >>> average([one, other]).of("auroc").round(6)
    array([0.3])
    """
    return Figures(
        values=np.mean([f.values for f in figures], axis=0),
        draws=np.mean([f.draws for f in figures], axis=0),
        images=figures[0].images,
    )
