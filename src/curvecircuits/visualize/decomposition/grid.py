"""Weights of a unit on a layer's positions, summed into fewer cells by area."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from curvecircuits.models.geometry import Axis, Geometry
from curvecircuits.store import Record
from curvecircuits.weights.expanded import ExpandedWeights

_LEAST, _MOST = 9, 13
"""Cells a side between which a support is halved."""
_SHOWN = 0.02
"""Share of the largest norm that a cell's vector needs to be shown."""
_SHUFFLES = 200


@dataclass(frozen=True, kw_only=True)
class Cell(Record):
    """What one cell of a grid sums, and where it looks."""

    row: int
    column: int
    footprint: tuple[float, float, int, int]
    """Top and left of the first pixel it sees, from the pixel in the unit's centre, then height and
    width: the union of the receptive fields of all positions that it sums."""
    norm: float
    """‖v‖₂ of its vector v over the channels of the layer."""
    opacity: float
    """The norm over the largest of the layer."""
    share: float
    """‖v‖² over the sum of all cells' of the layer."""
    positive: float
    """Sum of the numbers of v above zero."""
    negative: float
    """Sum of those below."""
    picture: int | None
    """Which of the layer's pictures shows it; None below 2 % of the largest norm."""


@dataclass(frozen=True, kw_only=True)
class Alikeness(Record):
    """Mean cosine between the vectors of cells that are shown and lie side by side.

    `shuffled` says what the vectors give in any order, `permuted` what the layout of the network
    gives without what was learned: pooling alone makes neighbours alike. None where no two cells
    lie side by side.
    """

    neighbours: float | None
    shuffled: float | None
    """With the vectors in random order, the mean of 200 orders."""
    shuffled_most: float | None
    """The highest of these."""
    permuted: float | None
    """In copies of the network whose weights are permuted, the mean of 8 copies."""
    permuted_most: float | None
    """The highest of these."""


def default_side(positions: int) -> int:
    """How many cells a side a support is shown with.

    Half its positions, to the nearest odd number, but no fewer than 9 and no more than 13; a
    support of fewer positions as it is. For the four layers below InceptionV1's 3b that makes the
    5, 9, 11 and 13 of the article's figure, whose own rule is not published.

    >>> [default_side(n) for n in (1, 5, 10, 19, 21, 43, 105)]
    [1, 5, 9, 9, 11, 13, 13]
    """
    half = 2 * (positions // 4) + 1
    return min(positions, max(_LEAST, min(_MOST, half)))


def shared_areas(positions: int, cells: int) -> Float[ndarray, "cells positions"]:
    """Share of each position that lies in each cell, where both divide one length evenly.

    Columns sum to 1, so that what is spread by them keeps its sum.

    >>> shared_areas(3, 2).round(3).tolist()
    [[1.0, 0.5, 0.0], [0.0, 0.5, 1.0]]
    """
    at, cell = np.arange(positions) * cells, np.arange(cells)[:, None] * positions
    shared = np.minimum(at + cells, cell + positions) - np.maximum(at, cell)
    return np.maximum(shared, 0) / cells  # whole numbers up to here, so that nothing is left over


def spread(
    values: Float[Tensor, "channels h w"], grid: tuple[int, int]
) -> Float[Tensor, "channels rows columns"]:
    """Weights summed into the cells of a grid over all of their support.

    V[c, g, k] = Σ_ij A[g, i] · B[k, j] · values[c, i, j], with A and B the shares of each position
    in the rows and columns of cells (`shared_areas`), so that Σ V = Σ values for each channel.
    In double precision, on the CPU.

    >>> spread(torch.ones(1, 3, 3), (2, 2)).tolist()
    [[[2.25, 2.25], [2.25, 2.25]]]
    """
    down, across = (
        torch.from_numpy(shared_areas(n, cells))
        for n, cells in zip(values.shape[1:], grid, strict=True)
    )
    return down @ values.detach().cpu().double() @ across.T


def cells_of(
    vectors: Float[Tensor, "channels rows columns"], weights: ExpandedWeights, source: Geometry
) -> tuple[Cell, ...]:
    """The cells of a grid, row by row.

    Parameters
    ----------
    vectors
        What `spread` made of the weights of the first unit.
    weights, source
        The weights themselves, and the geometry of their source.
    """
    rows, columns = vectors.shape[1:]
    height, width = weights.values.shape[2:]
    down = _spans(height, rows, weights.offset[0], source.y)
    across = _spans(width, columns, weights.offset[1], source.x)
    norms = vectors.norm(dim=0)
    shown = _shown(vectors)
    largest = float(norms.max()) or 1.0
    energy = float(norms.square().sum()) or 1.0
    numbers = torch.where(shown.flatten(), shown.flatten().cumsum(0) - 1, -1).tolist()
    return tuple(
        Cell(
            row=row,
            column=column,
            footprint=(down[row][0], across[column][0], down[row][1], across[column][1]),
            norm=float(norms[row, column]),
            opacity=float(norms[row, column]) / largest,
            share=float(norms[row, column].square()) / energy,
            positive=float(vectors[:, row, column].clamp(min=0).sum()),
            negative=float(vectors[:, row, column].clamp(max=0).sum()),
            picture=None if number < 0 else number,
        )
        for (row, column), number in zip(product(range(rows), range(columns)), numbers, strict=True)
    )


def alikeness(
    vectors: Float[Tensor, "channels rows columns"],
    permuted: Sequence[Float[Tensor, "channels rows columns"]],
    *,
    seed: int,
) -> Alikeness:
    """How alike neighbouring cells are, beside the same without their places and without training.

    Parameters
    ----------
    permuted
        Of copies of the network whose weights are permuted.
    seed
        Of the random orders.
    """
    cosines, pairs = _neighbours(vectors)
    random = np.random.default_rng(seed)
    orders = [random.permutation(len(cosines)) for _ in range(_SHUFFLES)]
    shuffled = [_mean(cosines, order[pairs]) for order in orders]
    controls = [_mean(*_neighbours(each)) for each in permuted]
    return Alikeness(
        neighbours=_mean(cosines, pairs),
        shuffled=_mean_of(shuffled),
        shuffled_most=max((x for x in shuffled if x is not None), default=None),
        permuted=_mean_of(controls),
        permuted_most=max((x for x in controls if x is not None), default=None),
    )


def _shown(vectors: Tensor) -> Tensor:
    norms = vectors.norm(dim=0)
    return (norms > 0) & (norms >= _SHOWN * norms.max())


def _spans(positions: int, cells: int, offset: float, axis: Axis) -> list[tuple[float, int]]:
    """First pixel from the unit's centre, and number of pixels, of each row or column of cells."""
    found: list[tuple[float, int]] = []
    for cell in range(cells):
        first = cell * positions // cells
        last = -(-(cell + 1) * positions // cells) - 1
        begin = offset + first * axis.stride + axis.first - axis.centre
        found.append((begin, (last - first) * axis.stride + axis.size))
    return found


def _neighbours(vectors: Tensor) -> tuple[ndarray, ndarray]:
    """Cosines between all cells that are shown, and the numbers of those side by side."""
    shown = _shown(vectors)
    kept = vectors[:, shown].T
    kept = (kept / kept.norm(dim=1, keepdim=True)).numpy()
    number = torch.full(shown.shape, -1)
    number[shown] = torch.arange(len(kept))
    pairs = torch.cat(
        [
            torch.stack([number[:-1].flatten(), number[1:].flatten()], 1),
            torch.stack([number[:, :-1].flatten(), number[:, 1:].flatten()], 1),
        ]
    )
    return kept @ kept.T, pairs[(pairs >= 0).all(1)].numpy()


def _mean(cosines: ndarray, pairs: ndarray) -> float | None:
    return float(cosines[pairs[:, 0], pairs[:, 1]].mean()) if len(pairs) else None


def _mean_of(values: Sequence[float | None]) -> float | None:
    known = [x for x in values if x is not None]
    return float(np.mean(known)) if known else None
