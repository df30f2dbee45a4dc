"""How alike the saliency of two paired units is, crop by crop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray
from scipy.ndimage import gaussian_filter

from curvecircuits.circuits.intervals import Interval
from curvecircuits.compare.agreement import mean_over_units
from curvecircuits.compare.paired_records import PairedExample, PairExamples

_SMOOTH = 0.025
"""Of the saliency that is shown and compared: blur over the side of a crop."""
_FEWEST = 50
"""Pixels, for a correlation over them."""


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """Correlation of natural with artificial saliency over pixels, mean over crops and units."""

    own: Interval
    """Both on the same crop."""
    turned: Interval
    """The artificial map turned by 90°, to either side: what a common centre alone gives."""
    other: Interval
    """The artificial unit's map of another crop: what both receptive fields alone give."""
    lead_turned: Interval
    """The first less the second, unit by unit."""
    lead_other: Interval
    crops: tuple[float, ...]
    """The first, by crop."""


def smoothed(map_: Float[ndarray, "side side"]) -> Float[ndarray, "side side"]:
    """Saliency as it is shown and compared: blurred by 2.5% of the side."""
    return gaussian_filter(map_.astype(float), _SMOOTH * len(map_), mode="nearest")


def likeness(
    pairs: Sequence[PairExamples], arrays: Mapping[str, ndarray], name: str, *, seed: int = 0
) -> Likeness:
    """Correlate the saliency of both units of each pair, on one list of its crops.

    Pearson's correlation over the pixels of the smoothed maps that the image covers, in all four
    turns of the crop, so that controls are over the same pixels; mean over the crops of a unit.

    Parameters
    ----------
    pairs, arrays
        Those of a `PairedGallery`.
    name
        Of the list, such as `natural_top`.
    seed
        Of the intervals, which resample pairs of units.
    """
    rows: list[ndarray] = []
    every: list[float] = []
    for pair in pairs:
        listed: tuple[PairedExample, ...] = getattr(pair, name)
        at = [e.example.crop for e in listed]
        natural, artificial = (
            [smoothed(arrays[side][k]) for k in at] for side in ("natural", "artificial")
        )
        seen = [_seen(arrays["natural"][k], arrays["artificial"][k]) for k in at]
        n = range(len(at))
        own = [_correlation(natural[i], artificial[i], seen[i]) for i in n]
        turned = [
            _correlation(natural[i], np.rot90(artificial[i], quarter), seen[i])
            for i in n
            for quarter in (1, 3)
        ]
        other = [
            _correlation(natural[i], artificial[j], seen[i] & seen[j])
            for i in n
            for j in n
            if listed[i].example.image != listed[j].example.image
        ]
        every += own
        rows.append(np.array([_mean(values) for values in (own, turned, other)]))
    table = np.array(rows).reshape(-1, 3)
    own, turned, other = table.T
    return Likeness(
        own=mean_over_units(own, seed=seed),
        turned=mean_over_units(turned, seed=seed),
        other=mean_over_units(other, seed=seed),
        lead_turned=mean_over_units(own - turned, seed=seed),
        lead_other=mean_over_units(own - other, seed=seed),
        crops=tuple(every),
    )


def _seen(
    one: Float[ndarray, "side side"], other: Float[ndarray, "side side"]
) -> Bool[ndarray, "side side"]:
    """Pixels that either unit sees, however the crop is turned by right angles."""
    either = (one > 0) | (other > 0)
    return np.logical_and.reduce([np.rot90(either, k) for k in range(4)])


def _correlation(one: ndarray, other: ndarray, where: ndarray) -> float:
    a, b = one[where], other[where]
    if len(a) < _FEWEST or not (np.ptp(a) > 0 and np.ptp(b) > 0):
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def _mean(values: list[float]) -> float:
    kept = [v for v in values if np.isfinite(v)]
    return float(np.mean(kept)) if kept else float("nan")
