"""How far an artificial unit answers as the natural one does, and what else would do as well."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.circuits.intervals import NOTHING, Interval, resampled
from curvecircuits.compare.turning import aligned, correlation, standardised, turned
from curvecircuits.errors import InputError
from curvecircuits.families.family import relative_orientation

APART = 45.0
"""Degrees from which on two orientations count as different ones."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Correlation of each natural unit's responses with several things set beside them.

    ===============  ==========================================================================
    name             what is set beside the natural unit
    ===============  ==========================================================================
    ``artificial``   the artificial unit of its orientation
    ``others``       another natural unit, turned to its orientation: median over the others
    ``template``     the sum of all other natural units, standardised and turned to its
                     orientation: of all single templates the one that fits those others best
    ``beside``       the same unit read one cell beside: mean over the four neighbours
    ``lines``        the unit of a line detector in its place; absent where none was given
    ``shuffled``     artificial units of orientations at least 45° away: their mean. A control,
                     which has to be low
    ===============  ==========================================================================

    NaN for natural units that never respond, and where a family has no other, or none so far away.
    """

    correlations: Mapping[str, Float[ndarray, " units"]]
    aligned: Mapping[str, Float[ndarray, " units"]]
    """The same at the best turn within ±15°, of all but `others`, `beside` and `shuffled`: what is
    left when orientations may be off. It can only be larger."""
    turns: Float[ndarray, " units"]
    """Degrees by which the artificial unit is best turned."""

    def mean(self, name: str = "artificial", *, aligned: bool = False, seed: int = 0) -> Interval:
        """Mean correlation over the units that have one, with its interval over units.

        Raises
        ------
        InputError
            When nothing of this name was set beside the units.
        """
        return mean_over_units(self._of(name, aligned=aligned), seed=seed)

    def lead(self, name: str, *, aligned: bool = False, seed: int = 0) -> Interval:
        """Mean correlation with the artificial unit less that with something else, unit by unit.

        Raises
        ------
        InputError
            As `mean`.
        """
        ours = self._of("artificial", aligned=aligned)
        return mean_over_units(ours - self._of(name, aligned=aligned), seed=seed)

    def _of(self, name: str, *, aligned: bool) -> ndarray:
        table = self.aligned if aligned else self.correlations
        if name not in table:
            raise InputError(f"Nothing was compared as {name!r}: choose {', '.join(table)}.")
        return table[name]


def mean_over_units(values: Float[ndarray, " units"], *, seed: int = 0) -> Interval:
    """Mean over the units that have a value, with its interval over those units.

    >>> mean_over_units(np.array([1.0, 2.0, 3.0, np.nan])).units
    3
    """
    heard = values[np.isfinite(values)]
    return resampled(heard, seed=seed) if len(heard) else NOTHING


def agreement(
    natural: Float[ndarray, "units conditions orientations"],
    artificial: Float[ndarray, "units conditions orientations"],
    *,
    orientations: Sequence[float],
    beside: Float[ndarray, "cells units conditions orientations"],
    lines: Float[ndarray, "units conditions orientations"] | None = None,
    more: Mapping[str, Float[ndarray, "units conditions orientations"]] | None = None,
) -> Agreement:
    """Correlate natural units with artificial ones, and with what else could stand for them.

    Parameters
    ----------
    natural, artificial
        Clipped responses; orientations of the stimuli in equal steps round the circle.
    orientations
        Of the units, in degrees.
    beside
        Responses of the natural units in the cells beside.
    lines
        Responses of line detectors of the same orientations.
    more
        Further responses to set beside each unit, by name.

    Examples
    --------
    Three units that are one unit turned, and artificial ones that are the same:

    >>> angle = np.radians(np.arange(36) * 10.0)
    >>> at = [0.0, 90.0, 180.0]
    >>> units = np.stack([np.maximum(np.cos(angle - np.radians(o)), 0) for o in at])[:, None]
    >>> found = agreement(units, units, orientations=at, beside=units[None])
    >>> {name: round(float(row[0]), 2) for name, row in found.correlations.items()}
    {'artificial': 1.0, 'template': 1.0, 'others': 1.0, 'beside': 1.0, 'shuffled': -0.41}
    """
    apart = relative_orientation(orientations, orientations)
    own = np.arange(len(natural))
    pairs = np.full(apart.shape, np.nan)
    templates = np.zeros_like(natural)
    heard: ndarray = np.asarray(standardised(natural).any(1))
    for k in own:
        others = own[heard & (own != k)]
        if len(others):
            here = turned(natural[others], -apart[k, others])
            pairs[k, others] = correlation(np.repeat(natural[k][None], len(others), 0), here)
            template = standardised(here).sum(0).reshape(natural[k].shape)
            # Turning expects what is nowhere below zero; correlations do not care.
            templates[k] = template - template.min()
    across = standardised(natural) @ standardised(artificial).T
    far = np.where((np.abs(apart) >= APART) & heard[:, None], across, np.nan)
    rivals = {"artificial": artificial, "template": templates}
    rivals |= {} if lines is None else {"lines": lines}
    rivals |= more or {}
    straight = {name: correlation(natural, other) for name, other in rivals.items()}
    best = {name: aligned(natural, other) for name, other in rivals.items()}
    alone = np.isnan(pairs).all(1)
    straight["template"][alone] = np.nan
    best["template"][0][alone] = np.nan
    near = (
        np.stack([correlation(natural, cell) for cell in beside])
        if len(beside)
        else np.full((1, len(natural)), np.nan)
    )
    with warnings.catch_warnings():
        # Rows of nothing but NaN are units without others: NaN is what is meant.
        warnings.simplefilter("ignore", RuntimeWarning)
        others_median, far_mean = np.nanmedian(pairs, 1), np.nanmean(far, 1)
    return Agreement(
        correlations={
            **straight,
            "others": others_median,
            "beside": near.mean(0),
            "shuffled": far_mean,
        },
        aligned={name: values for name, (values, _) in best.items()},
        turns=best["artificial"][1],
    )
