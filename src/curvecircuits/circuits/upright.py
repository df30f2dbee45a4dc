"""Mean kernels between two families by the angle between units, also with all targets upright.

Every target's largest weight counts as 1: how strong a unit is says nothing about its shape.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from curvecircuits.circuits.intervals import Interval, resampled_pairs
from curvecircuits.circuits.kernels import Kernels, turned
from curvecircuits.errors import InputError


@dataclass(frozen=True, kw_only=True)
class TurnedTiles:
    """The mean kernel of each target from the sources at each angle to it.

    Kernels are NaN where a target has no source at that angle.
    """

    angles: Float[ndarray, " angles"]
    """Degrees from target to source, the middle of each step."""
    column: Int[ndarray, "targets sources"]
    """Which of the angles each pair counts at."""
    plain: Float[ndarray, "targets angles h w"]
    """As the weights are."""
    upright: Float[ndarray, "targets angles n n"]
    """Turned about the target's centre by minus its orientation, so that its normal points to the
    right: bilinear between cells, 0 beyond the kernel."""
    largest: Float[ndarray, " targets"]
    """The weight that counts as 1; 1 for a target with none."""


@dataclass(frozen=True, kw_only=True)
class FoldedTiles:
    """The mean upright kernel of all pairs of two families by how far apart they are."""

    angles: Float[ndarray, " angles"]
    """Degrees apart, from 0 to half the period, the middle of each step."""
    pairs: Int[ndarray, " angles"]
    tiles: Float[ndarray, "angles n n"]
    """Sources turned counterclockwise from their target are mirrored in its normal first, so that
    what both sides have in common adds up; NaN where there is no pair."""
    sums: tuple[Interval, ...]
    """Mean sum of the kernels' cells; the interval draws targets and sources both."""


def angle_steps(found: Kernels) -> int:
    """Steps round the period that are as wide as the sources lie apart: 4, 8 or 12."""
    return 4 * max(1, min(3, len(found.sources) // 4))


def turned_tiles(found: Kernels, *, steps: int | None = None) -> TurnedTiles:
    """Each target's kernels by the angle to the source, as they are and turned upright.

    A source counts at the angle nearest to its own, from −period/2 (excluded) to period/2.

    Parameters
    ----------
    steps
        Angles round the period, an even number; by default `angle_steps`.

    Raises
    ------
    InputError
        For an odd number of steps.

    Examples
    --------
    >>> from curvecircuits.families.family import Family
    >>> at = (0.0, 90.0, 180.0, 270.0)
    >>> curves = Family(name="curve", layer="a", channels=(0, 1, 2, 3), orientations=at, period=360)
    >>> one = np.zeros((4, 4, 3, 3))
    >>> for k, (row, column) in enumerate([(1, 2), (2, 1), (1, 0), (0, 1)]):
    ...     one[k, k, row, column] = k + 1  # where each curve points to
    >>> tiles = turned_tiles(
    ...     Kernels(targets=curves, sources=curves, values=one, pitch=8, offset=(-8.0, -8.0))
    ... )
    >>> tiles.angles.tolist()
    [-90.0, 0.0, 90.0, 180.0]
    >>> tiles.upright[:, 1, 1, 2].round(6).tolist()
    [1.0, 1.0, 1.0, 1.0]

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, on the rotational equivariance motif.
    """
    count = angle_steps(found) if steps is None else steps
    if count < 2 or count % 2:
        raise InputError(f"Steps of angle are an even number of at least 2, not {count}.")
    angles = found.period / count * np.arange(1 - count // 2, count // 2 + 1)
    nearest = np.floor(found.relative * count / found.period + 0.5).astype(int)
    column = (nearest + count // 2 - 1) % count
    chosen = (column[..., None] == np.arange(count)).astype(float)
    largest = _largest(found)
    pairs = chosen.sum(1)
    plain, upright = (
        np.einsum("tsij,tsa->taij", values / largest[:, None, None, None], chosen)
        / np.where(pairs > 0, pairs, np.nan)[..., None, None]
        for values in (found.values, turned(found))
    )
    return TurnedTiles(angles=angles, column=column, plain=plain, upright=upright, largest=largest)


def folded_tiles(found: Kernels, *, steps: int = 5, seed: int = 0) -> FoldedTiles:
    """The mean upright kernel of two families by how far apart their orientations are.

    Parameters
    ----------
    steps
        Angles from 0 to half the period, both ends among them.

    Raises
    ------
    InputError
        For fewer than 2 steps.

    Examples
    --------
    >>> from curvecircuits.families.family import Family
    >>> lines = Family(name="line", layer="a", channels=(0, 1), orientations=(0, 90), period=180)
    >>> upright = np.array([[0.0, 1, 0]] * 3)
    >>> values = np.array([[upright, -upright], [-upright.T, upright.T]])
    >>> found = folded_tiles(
    ...     Kernels(targets=lines, sources=lines, values=values, pitch=8, offset=(-8.0, -8.0)),
    ...     steps=2,
    ... )
    >>> found.angles.tolist(), found.tiles[:, 1].round(6).tolist()
    ([0.0, 90.0], [[0.0, 1.0, 0.0], [0.0, -1.0, 0.0]])

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021: "each layer builds a contrast detector by
    tiling a simpler contrast detector along its tangent".
    """
    if steps < 2:
        raise InputError(f"Kernels are averaged at 2 angles or more, not {steps}.")
    width = found.period / 2 / (steps - 1)
    column = np.floor(found.apart / width + 0.5).astype(int)
    chosen = (column[..., None] == np.arange(steps)).astype(float)
    largest = _largest(found)[:, None]
    frames = turned(found)
    mirrored = np.where((found.relative < 0)[..., None, None], frames[:, :, ::-1], frames)
    pairs = chosen.sum((0, 1))
    tiles = np.einsum("tsij,tsa->aij", mirrored / largest[..., None, None], chosen)
    sums = found.values.sum((2, 3)) / largest
    return FoldedTiles(
        angles=width * np.arange(steps),
        pairs=pairs.astype(int),
        tiles=tiles / np.where(pairs > 0, pairs, np.nan)[:, None, None],
        sums=tuple(
            resampled_pairs((sums * chosen[..., a], chosen[..., a]), _ratio, seed=seed)
            for a in range(steps)
        ),
    )


def _largest(found: Kernels) -> Float[ndarray, " targets"]:
    """1 for a target that is not joined to any source, as in layers of one channel each."""
    largest = np.abs(found.values).max((1, 2, 3))
    return np.where(largest > 0, largest, 1)


def _ratio(above: ndarray, below: ndarray) -> float:
    return float(above.sum() / below.sum()) if below.any() else float("nan")
