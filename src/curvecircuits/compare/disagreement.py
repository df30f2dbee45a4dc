"""Where on photographs an artificial unit and its natural one disagree most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from curvecircuits.compare.photo_maps import Photographs, PhotoMaps, batches
from curvecircuits.errors import InputError
from curvecircuits.images.framing import load_image

Miss = Literal["false positive", "false negative"]

_GREY = 0.5
"""What a crop shows beyond the border of its photograph."""


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """One position where one of two paired units is at its strongest and the other is not."""

    unit: int
    """Index of the pair."""
    miss: Miss
    """`false positive`: the artificial unit is the strong one; `false negative`: the natural."""
    image: int
    """Index of the photograph."""
    path: str | None
    row: int
    column: int
    """Row and column in the maps."""
    centre: tuple[float, float]
    """(x, y) of the centre of the receptive field, as pixel indices."""
    natural: float
    """Percentile of the unit's pre-activation among all its positions, 0 to 100."""
    artificial: float
    natural_value: float
    """The pre-activation itself."""
    artificial_value: float
    box: tuple[int, int, int, int]
    """Left, top, right and bottom of the crop, in pixels; it may reach beyond the photograph."""


def disagreements(
    maps: PhotoMaps, *, count: int = 8, share: float = 0.01, side: int = 60
) -> tuple[Disagreement, ...]:
    """The worst false positives and false negatives of every pair, at most one an image.

    A false positive is a position in the artificial unit's top `share`; the worst are those where
    the natural unit's percentile is lowest. A false negative is the same with the units exchanged.
    Percentiles are of pre-activations over all positions of all images; equal values have the
    middle one of theirs, so that a unit which is never strong has no top.

    Parameters
    ----------
    count
        Of each kind and unit; fewer where a top lies in fewer images.
    side
        Of the crop, in pixels.

    Returns
    -------
    tuple
        By unit, false positives before false negatives, the worst first.

    Raises
    ------
    InputError
        For a count or side below 1, and a share that is not above 0 and below 1.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.compare.matched import Matched, Side
    >>> from curvecircuits.compare.photo_maps import photo_maps
    >>> from curvecircuits.stimuli import CurveGrid
    >>> network = artificial_network(orientations=[0, 180])
    >>> one, other = (Side(network=network, layer="3b", channels=(c,)) for c in (0, 1))
    >>> grid = CurveGrid(orientations=(0, 90, 180), radii=(30, 60), tile=60, width=2)
    >>> images = [drawn.expand(-1, 3, -1, -1) for _, drawn in grid.batches(size=96)]
    >>> maps = photo_maps(Matched(natural=one, artificial=other, orientations=(0,)), images)
    >>> found = disagreements(maps, count=2, share=0.05)
    >>> [f.miss for f in found]
    ['false positive', 'false positive', 'false negative', 'false negative']
    >>> found[0].artificial > 95, found[0].natural < found[1].natural
    (True, True)
    """
    if count < 1 or side < 1:
        raise InputError("Disagreements are counted from 1, and a crop is 1 pixel wide or more.")
    if not 0 < share < 1:
        raise InputError(f"The top is a share above 0 and below 1, not {share:g}.")
    found: list[Disagreement] = []
    misses: tuple[Miss, Miss] = ("false positive", "false negative")
    for unit, (natural, artificial) in enumerate(zip(maps.natural, maps.artificial, strict=True)):
        ranks = _percentiles(natural), _percentiles(artificial)
        for miss, (quiet, strong) in zip(misses, (ranks, ranks[::-1]), strict=True):
            for place in _worst(quiet, strong, share, count):
                found.append(_record(maps, unit, miss, place, ranks, side))
    return tuple(found)


def crops(
    found: Sequence[Disagreement], maps: PhotoMaps, *, images: Photographs | None = None
) -> Float[Tensor, "crops 3 side side"]:
    """The squares of photographs that disagreements are about, in [0, 1]; grey beyond a border.

    Parameters
    ----------
    images
        The photographs again, where they were not read from files.

    Raises
    ------
    InputError
        When there is nothing to cut, and when the photographs are not those of the maps.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.compare.matched import Matched, Side
    >>> from curvecircuits.compare.photo_maps import photo_maps
    >>> from curvecircuits.stimuli import CurveGrid
    >>> one = Side(network=artificial_network(), layer="3b", channels=(0,))
    >>> grid = CurveGrid(orientations=(0, 90, 180), radii=(30, 60), tile=60, width=2)
    >>> images = [drawn.expand(-1, 3, -1, -1) for _, drawn in grid.batches(size=96)]
    >>> maps = photo_maps(Matched(natural=one, artificial=one, orientations=(0,)), images)
    >>> tuple(crops(disagreements(maps, count=1, side=20), maps, images=images).shape)
    (2, 3, 20, 20)
    """
    if not found:
        raise InputError("There is no disagreement to cut a crop for.")
    shown: dict[int, Tensor] = {}
    wanted = {f.image for f in found}
    for index, image in _images(maps, wanted, images):
        shown[index] = image
    return torch.stack([_cut(shown[f.image], f.box) for f in found])


def _percentiles(values: Float[ndarray, "images *map"]) -> Float[ndarray, "images *map"]:
    ordered = np.sort(values, axis=None)
    left, right = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    return 50 * (left + right) / values.size


def _worst(
    quiet: Float[ndarray, "images rows columns"],
    strong: Float[ndarray, "images rows columns"],
    share: float,
    count: int,
) -> list[tuple[int, int, int]]:
    """Positions in the top of one unit in the order of the other's percentile, one an image."""
    top = np.flatnonzero(strong >= 100 * (1 - share))
    order = top[np.lexsort((-strong.ravel()[top], quiet.ravel()[top]))]
    _, first = np.unique(order // strong[0].size, return_index=True)
    chosen = order[np.sort(first)][:count]
    return [tuple(map(int, np.unravel_index(p, strong.shape))) for p in chosen]  # pyright: ignore[reportReturnType]


def _record(
    maps: PhotoMaps,
    unit: int,
    miss: Miss,
    place: tuple[int, int, int],
    ranks: tuple[ndarray, ndarray],
    side: int,
) -> Disagreement:
    image, row, column = place
    x, y = maps.columns[column], maps.rows[row]
    # Pixel i covers [i, i + 1), so its centre is at i + 0.5.
    left, top = (round(centre + 0.5 - side / 2) for centre in (x, y))
    return Disagreement(
        unit=unit,
        miss=miss,
        image=image,
        path=maps.paths[image],
        row=row,
        column=column,
        centre=(x, y),
        natural=float(ranks[0][place]),
        artificial=float(ranks[1][place]),
        natural_value=float(maps.natural[unit][place]),
        artificial_value=float(maps.artificial[unit][place]),
        box=(left, top, left + side, top + side),
    )


def _images(
    maps: PhotoMaps, wanted: set[int], images: Photographs | None
) -> Iterator[tuple[int, Tensor]]:
    if images is None:
        for index in wanted:
            path = maps.paths[index]
            if path is None or maps.framing is None:
                raise InputError(f"Photograph {index} was read from no file: give the images.")
            yield index, load_image(path, framing=maps.framing)
        return
    seen = 0
    for shown, _ in batches(images, framing=maps.framing):
        if tuple(shown.shape[-2:]) != maps.size:
            raise InputError("Crops are cut from the photographs that the maps are of.")
        for index in wanted.intersection(range(seen, seen + len(shown))):
            yield index, shown[index - seen].float().cpu()
        seen += len(shown)
    if seen != len(maps.paths):
        raise InputError(
            f"The maps are of {len(maps.paths)} photographs, not {seen}: give the same again."
        )


def _cut(image: Float[Tensor, "3 h w"], box: tuple[int, int, int, int]) -> Tensor:
    left, top, right, bottom = box
    height, width = image.shape[1:]
    square = torch.full((3, bottom - top, right - left), _GREY)
    x, y = slice(max(left, 0), min(right, width)), slice(max(top, 0), min(bottom, height))
    inside = (slice(y.start - top, y.stop - top), slice(x.start - left, x.stop - left))
    square[:, inside[0], inside[1]] = image[:, y, x]
    return square
