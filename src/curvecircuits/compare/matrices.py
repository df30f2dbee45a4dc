"""Weights between two oriented families, beside those of another network and the published ones.

A pair of units is joined by a tile of weights. What a tile sums to follows the angle between the
two units, and what a tile looks like, once its target is turned upright, follows it too. Both can
be compared between networks whose families have other orientations and other numbers of units.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.circuits.chance import Compared, against_chance, exchanged
from curvecircuits.circuits.intervals import Interval, resampled, resampled_pairs
from curvecircuits.circuits.kernels import Kernels, turned
from curvecircuits.compare.published_matrices import Profile
from curvecircuits.compare.turning import correlation
from curvecircuits.errors import InputError


def tile_sums(
    found: Kernels, *, steps: int, within: float | None = None, seed: int = 0
) -> tuple[Interval, ...]:
    """Mean sum of tiles by the angle from target to source, in units of the largest weight.

    The mean at angle φ is over the pairs of a step's width around it; intervals are over targets
    and sources, both drawn anew. NaN where there is no pair.

    Parameters
    ----------
    steps
        Angles round the period, from 0.
    within
        Degrees to either side that count as the angle; by default half a step.

    Raises
    ------
    InputError
        For less than 2 steps, and weights that are all zero.

    Examples
    --------
    >>> from curvecircuits.families.family import Family
    >>> at = (0.0, 90.0, 180.0, 270.0)
    >>> early = Family(name="curve", layer="a", channels=(0,) * 4, orientations=at, period=360)
    >>> tiles = np.cos(np.radians(np.subtract.outer(at, at)))[..., None, None]
    >>> one = Kernels(targets=early, sources=early, values=tiles, pitch=8, offset=(0.0, 0.0))
    >>> [round(each.value, 3) + 0 for each in tile_sums(one, steps=4)]
    [1.0, 0.0, -1.0, 0.0]
    """
    if steps < 2:
        raise InputError(f"Sums are compared at 2 angles or more, not {steps}.")
    sums, period = found.values.sum((2, 3)) / _largest(found), found.period
    half = period / steps / 2 if within is None else within
    means: list[Interval] = []
    for angle in np.arange(steps) * period / steps:
        near = (_away(found.relative - angle, period) <= half + 1e-9).astype(float)
        means.append(resampled_pairs((sums * near, near), _ratio, seed=seed))
    return tuple(means)


def sums_agreement(
    found: Kernels, reference: Profile, *, permutations: int = 100, seed: int = 0
) -> Compared:
    """Correlation over pairs of what tiles sum to with what a reference has at the same angle.

    The null: the sources' orientations are exchanged among them.

    Raises
    ------
    InputError
        For a reference of another period, weights that are all zero, and under 20 permutations.

    Examples
    --------
    >>> from curvecircuits.families.family import Family
    >>> at = tuple(45.0 * k for k in range(8))
    >>> early = Family(name="curve", layer="a", channels=(0,) * 8, orientations=at, period=360)
    >>> tiles = np.cos(np.radians(np.subtract.outer(at, at)))[..., None, None]
    >>> one = Kernels(targets=early, sources=early, values=tiles, pitch=8, offset=(0.0, 0.0))
    >>> sums_agreement(one, Profile(sums=(1.0, 0.0, -1.0, 0.0), period=360)).holds
    True

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on the artificial artificial neural
    network.
    """
    if found.period != reference.period:
        raise InputError(
            f"Sums that repeat every {reference.period}° are no reference for units whose angles "
            f"repeat every {found.period}°."
        )
    sums = found.values.sum((2, 3)) / _largest(found)
    return against_chance(
        resampled_pairs((sums, reference.at(found.relative)), _pearson, seed=seed),
        [
            _pearson(sums, reference.at(found.relabelled(sources=other).relative))
            for other in exchanged(found.sources, count=permutations, seed=seed)
        ],
    )


def upright_tiles(
    found: Kernels, *, angle: float = 0.0, within: float = 15.0
) -> Float[ndarray, "targets n n"]:
    """Each target's mean tile from the sources at an angle to it, the target turned to 0°.

    Parameters
    ----------
    angle
        Degrees from target to source: 0 for the same orientation, 180 for the opposite one.
    within
        Degrees to either side.

    Returns
    -------
    tiles
        In units of the largest weight between the families; NaN for a target without a source.

    Raises
    ------
    InputError
        For weights that are all zero.
    """
    near = (_away(found.relative - angle, found.period) <= within).astype(float)
    count = near.sum(1)[:, None, None]
    total = np.einsum("tsij,ts->tij", turned(found), near) / _largest(found)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def tile_agreement(
    found: Kernels,
    tile: Float[ndarray, "n n"],
    *,
    within: float = 15.0,
    permutations: int = 100,
    seed: int = 0,
) -> Compared:
    """Correlation over cells of each target's same-orientation tile with one tile: their mean.

    The interval is over targets. The null: the sources' orientations are exchanged among them.

    Raises
    ------
    InputError
        When the tiles have other sizes, no target has a source of its orientation, and as
        `sums_agreement`.
    """

    def each(kernels: Kernels) -> ndarray:
        tiles = upright_tiles(kernels, within=within)
        if tiles.shape[1:] != tile.shape:
            raise InputError(
                f"A tile of {tile.shape[0]} × {tile.shape[1]} cells cannot be laid over tiles of "
                f"{tiles.shape[1]} × {tiles.shape[2]}."
            )
        kept = tiles[np.isfinite(tiles).all((1, 2))]
        return np.array([_pearson(own, tile) for own in kept])

    values = each(found)
    if not len(values):
        raise InputError(f"No target has a source within {within:g}° of its orientation.")
    null = [
        each(found.relabelled(sources=other))
        for other in exchanged(found.sources, count=permutations, seed=seed)
    ]
    return against_chance(
        resampled(values, seed=seed), [float(x.mean()) if len(x) else np.nan for x in null]
    )


def matrix_agreement(
    found: Kernels,
    reference: Kernels,
    *,
    within: float = 15.0,
    permutations: int = 100,
    seed: int = 0,
) -> Compared:
    """Correlation over all cells of all pairs of tiles with those of another matrix.

    All tiles are turned so that their target is at 0°. Beside the tile of each pair stands the mean
    of the reference's tiles, weighted by 1 − |Δ| / `within`, where Δ is how far the angle between
    their units is from that of the pair. The interval is over targets and sources; the null
    exchanges the sources' orientations.

    Raises
    ------
    InputError
        When the families have other periods or the cells other distances, when the reference has
        no pair near an angle, and as `sums_agreement`.

    Examples
    --------
    >>> from curvecircuits.families.family import Family
    >>> at = tuple(45.0 * k for k in range(8))
    >>> early = Family(name="curve", layer="a", channels=(0,) * 8, orientations=at, period=360)
    >>> tiles = np.cos(np.radians(np.subtract.outer(at, at)))[..., None, None]
    >>> one = Kernels(targets=early, sources=early, values=tiles, pitch=8, offset=(0.0, 0.0))
    >>> found = matrix_agreement(one, one)
    >>> found.measured.value, max(found.null) < 0.95
    (1.0, True)
    """
    if (found.pitch, found.period) != (reference.pitch, reference.period):
        raise InputError(
            "Tiles are laid over one another when their cells are equally far apart and their "
            "families repeat after the same angle."
        )
    own, other = _overlaid(turned(found), turned(reference))
    flat = other.reshape(-1, *other.shape[2:])

    def expected(kernels: Kernels) -> ndarray:
        away = kernels.relative.reshape(-1, 1) - reference.relative.reshape(1, -1)
        weights = np.clip(1 - _away(away, found.period) / within, 0, None)
        total = weights.sum(1, keepdims=True)
        if not total.all():
            raise InputError(f"The reference has no pair of units within {within:g}° of a pair's.")
        return np.einsum("pq,qij->pij", weights / total, flat).reshape(own.shape)

    return against_chance(
        resampled_pairs((own, expected(found)), _pearson, seed=seed),
        [
            _pearson(own, expected(found.relabelled(sources=family)))
            for family in exchanged(found.sources, count=permutations, seed=seed)
        ],
    )


def _overlaid(one: ndarray, other: ndarray) -> tuple[ndarray, ndarray]:
    """The cells in the middle of two stacks of square tiles that both have."""
    sides = one.shape[-1], other.shape[-1]
    if (sides[0] - sides[1]) % 2:
        raise InputError(
            f"The middle of tiles of {sides[0]} cells is not that of tiles of {sides[1]}."
        )
    a, b = ((side - min(sides)) // 2 for side in sides)
    least = min(sides)
    return one[..., a : a + least, a : a + least], other[..., b : b + least, b : b + least]


def _away(angles: ndarray, period: int) -> ndarray:
    return np.abs((angles + period / 2) % period - period / 2)


def _largest(found: Kernels) -> float:
    largest = float(np.abs(found.values).max())
    if not largest:
        raise InputError("All weights between the two families are zero.")
    return largest


def _ratio(above: ndarray, below: ndarray) -> float:
    return float(above.sum() / below.sum()) if below.any() else float("nan")


def _pearson(one: ndarray, other: ndarray) -> float:
    return float(correlation(one.reshape(1, -1), other.reshape(1, -1))[0])
