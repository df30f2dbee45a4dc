"""Weights between two families against how alike their orientations are."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.circuits.chance import Compared, against_chance, exchanged, mean_of
from curvecircuits.circuits.intervals import Interval, resampled, resampled_pairs
from curvecircuits.circuits.kernels import Kernels, kernels
from curvecircuits.families.family import Family, relative_orientation
from curvecircuits.models.address import Unit
from curvecircuits.weights import ExpandedWeights

BAND = 30.0
"""Degrees a band of relative orientation is wide; nearer than one is *similar*."""


@dataclass(frozen=True, kw_only=True)
class Band:
    """Pairs whose orientations are `low` to `high` degrees apart."""

    low: float
    high: float
    pairs: int
    mean: Interval
    """Mean sum of weights; the interval draws targets and sources both."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A target with its most similar and its most opposed source; None where none is near."""

    target: Unit
    similar: Unit | None
    similar_sum: float
    opposing: Unit | None
    opposing_sum: float


@dataclass(frozen=True, kw_only=True)
class Similarity:
    """The matrix between two families, in order of orientation, and how it falls.

    `sums`, `norms`, `positive` and `negative` are the sum of a kernel's cells, their L2 norm, and
    the sums of its positive and of its negative cells.
    """

    targets: Family
    sources: Family
    relative: Float[ndarray, "targets sources"]
    """Degrees from target to source."""
    sums: Float[ndarray, "targets sources"]
    norms: Float[ndarray, "targets sources"]
    positive: Float[ndarray, "targets sources"]
    negative: Float[ndarray, "targets sources"]
    bands: tuple[Band, ...]
    fall: Compared
    """Mean of the first band minus that of the last; null: the sources' orientations exchanged."""
    perpendicular: Interval
    """Mean of the pairs 75–105° apart, as a share of the mean of the first band."""
    smoothness: Compared
    """Correlation of the kernels of sources under 30° apart, over targets and cells, minus that of
    all other pairs of sources; null: the sources' orientations exchanged."""
    pairs: tuple[Pair, ...]
    """The most similar and most opposed source of each target."""


def similarity(
    weights: ExpandedWeights,
    targets: Family,
    sources: Family,
    *,
    permutations: int = 200,
    seed: int = 0,
) -> Similarity:
    """How weights between two families follow from their relative orientation.

    The weight of a pair is the sum over cells, Σ W[t, s, i, j]; its relative orientation is the
    source's minus the target's. Orientations are degrees, mod 360 where both families have an
    inside and an outside, else mod 180 (the bands then end at 90°).

    Parameters
    ----------
    weights
        Expanded weights of the targets on the sources' layer.
    permutations
        Of the sources' orientations, for the nulls.

    Raises
    ------
    InputError
        When the weights do not belong to the families, or fewer than 20 permutations are asked.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.weights import expanded_weights
    >>> def family(layer):
    ...     orientations = tuple(30.0 * k for k in range(12))
    ...     channels = tuple(range(0, 24, 2))
    ...     return Family(
    ...         name="curve", layer=layer, channels=channels, orientations=orientations, period=360
    ...     )
    >>> weights = expanded_weights(artificial_network(), "3a", units=family("3b").units)
    >>> found = similarity(weights, family("3b"), family("3a"), permutations=20)
    >>> found.fall.holds, found.bands[0].mean.above(), found.bands[-1].mean.below()
    (True, True, True)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section "Early Curves".
    """
    found = kernels(weights, targets, sources)
    sums, apart = found.values.sum((2, 3)), found.apart
    return Similarity(
        targets=found.targets,
        sources=found.sources,
        relative=found.relative,
        sums=sums,
        norms=np.sqrt((found.values**2).sum((2, 3))),
        positive=found.values.clip(min=0).sum((2, 3)),
        negative=found.values.clip(max=0).sum((2, 3)),
        bands=_bands(sums, apart, found.period / 2, seed),
        fall=_fall(found, sums, permutations, seed),
        perpendicular=resampled_pairs((sums, apart), _at_right_angles, seed=seed),
        smoothness=_smoothness(found, permutations, seed),
        pairs=_pairs(found, sums),
    )


def _bands(sums: ndarray, apart: ndarray, largest: float, seed: int) -> tuple[Band, ...]:
    bands: list[Band] = []
    for low in np.arange(0, largest, BAND):
        # The last band holds exact opposites.
        high = low + BAND if low + BAND < largest else largest + 1e-6
        bands.append(
            Band(
                low=float(low),
                high=float(min(high, largest)),
                pairs=int(((apart >= low) & (apart < high)).sum()),
                mean=resampled_pairs(
                    (sums, apart),
                    lambda s, a, low=low, high=high: mean_of(s, (a >= low) & (a < high)),
                    seed=seed,
                ),
            )
        )
    return tuple(bands)


def _fall(found: Kernels, sums: ndarray, permutations: int, seed: int) -> Compared:
    far = found.period / 2 - BAND

    def statistic(s: ndarray, a: ndarray) -> float:
        return mean_of(s, a < BAND) - mean_of(s, a >= far)

    null = [
        statistic(sums, found.relabelled(sources=family).apart)
        for family in exchanged(found.sources, count=permutations, seed=seed)
    ]
    return against_chance(resampled_pairs((sums, found.apart), statistic, seed=seed), null)


def _at_right_angles(sums: ndarray, apart: ndarray) -> float:
    similar = mean_of(sums, apart < BAND)
    if not similar > 0:  # a share of nothing
        return float("nan")
    return mean_of(sums, (apart >= 75) & (apart <= 105)) / similar


def _smoothness(found: Kernels, permutations: int, seed: int) -> Compared:
    different = ~np.eye(len(found.sources), dtype=bool)

    def near(family: Family) -> ndarray:
        o = family.orientations
        return np.abs(relative_orientation(o, o, period=family.period)) < BAND

    def statistic(values: ndarray, neighbours: ndarray) -> float:
        flat = np.moveaxis(values, 1, 0).reshape(values.shape[1], -1)
        flat = flat - flat.mean(1, keepdims=True)
        length = np.sqrt((flat**2).sum(1))
        alike = (flat @ flat.T) / np.maximum(np.outer(length, length), 1e-30)
        return mean_of(alike, neighbours & different) - mean_of(alike, ~neighbours)

    neighbours = near(found.sources)
    measured = resampled(found.values, lambda v: statistic(v, neighbours), seed=seed)
    null = [
        statistic(found.values, near(family))
        for family in exchanged(found.sources, count=permutations, seed=seed)
    ]
    return against_chance(measured, null)


def _pairs(found: Kernels, sums: ndarray) -> tuple[Pair, ...]:
    pairs: list[Pair] = []
    units = found.sources.units
    for row, (target, apart) in enumerate(zip(found.targets.units, found.apart, strict=True)):
        near, far = int(apart.argmin()), int(apart.argmax())
        similar = apart[near] < BAND
        opposing = apart[far] >= found.period / 2 - BAND
        pairs.append(
            Pair(
                target=target,
                similar=units[near] if similar else None,
                similar_sum=float(sums[row, near]) if similar else float("nan"),
                opposing=units[far] if opposing else None,
                opposing_sum=float(sums[row, far]) if opposing else float("nan"),
            )
        )
    return tuple(pairs)
