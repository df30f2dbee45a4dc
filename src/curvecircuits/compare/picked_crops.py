"""Which crops of photographs each unit answers most, and as many at random."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor
from tqdm import tqdm

from curvecircuits.compare.matched import Side
from curvecircuits.compare.photo_maps import Photographs, batches
from curvecircuits.compare.turned_crops import Crop, Window, cut
from curvecircuits.errors import InputError
from curvecircuits.images import Framing, ImageSet, framing_for, load_batch
from curvecircuits.tuning.measure import is_linear

_GREY = 0.5
_Grid = tuple[ndarray, ndarray]
"""Continuous x of the columns of a map, and y of its rows, in pixels."""


@dataclass(frozen=True, kw_only=True)
class Choosers:
    """The units that crops are picked for, and where they look."""

    side: Side
    signs: tuple[int, ...]
    centres: tuple[tuple[float, float], ...]
    """Pixels right and down from the centre of the theoretical receptive field."""


@dataclass(kw_only=True)
class _Best:
    """The crops of one unit so far: whole ones, and those that reach beyond their photograph."""

    count: int
    whole: list[Crop] = field(default_factory=list[Crop])
    mirrored: list[Crop] = field(default_factory=list[Crop])

    def wants(self, value: float, *, mirrored: bool) -> bool:
        kept = self.mirrored if mirrored else self.whole
        if mirrored and len(self.whole) == self.count:
            return False
        return len(kept) < self.count or value > kept[-1].value

    def add(self, crop: Crop) -> None:
        kept = self.mirrored if crop.reflected else self.whole
        kept.append(crop)
        kept.sort(key=lambda c: -c.value)
        del kept[self.count :]

    def chosen(self) -> tuple[Crop, ...]:
        used = {crop.image for crop in self.whole}
        others = [crop for crop in self.mirrored if crop.image not in used]
        return tuple((self.whole + others)[: self.count])


@dataclass(frozen=True, kw_only=True)
class PickedCrops:
    """Crops of every unit: those it answers most, strongest first, and as many at random."""

    strongest: tuple[tuple[Crop, ...], ...]
    random: tuple[tuple[Crop, ...], ...]
    images: int
    """How many were looked at."""


def pick_crops(
    choosers: Choosers,
    images: Photographs | ImageSet,
    *,
    window: Window,
    count: int = 8,
    most: int | None = 500,
    framing: Framing | None = None,
    seed: int = 0,
    batch: int = 16,
    progress: bool = False,
) -> PickedCrops:
    """Pick the crops that each unit answers most, and as many at random.

    A crop is the square of `window.side` pixels around the point that a unit looks at from one
    position of its layer. Of each image and unit the strongest position competes, if the unit
    answers there: its pre-activation is above zero, or on a linear layer what the image adds to a
    grey canvas, times the unit's sign. Positions whose square leaves the image count only while
    there are fewer than `count` others. For random crops a random number takes the place of the
    response, so that every position is as likely.

    Memory is bounded by the crops kept: 12 × side² bytes each, up to 4 × units × count of them.

    Parameters
    ----------
    count
        Crops a unit, at most one an image. A unit that answers in fewer images has fewer.
    most
        Images at most, evenly spread; None for all. Of batches and iterators, the first so many.
    framing
        For files: how to cut out the square; by default as the network was trained.
    seed
        Of the random crops; they do not depend on `batch`.
    batch
        Images at a time, where they are not given in batches.

    Raises
    ------
    InputError
        For counts below 1, images that are not sound, and none that can be read.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> side = Side(network=artificial_network(), layer="3b", channels=(0,))
    >>> one = Choosers(side=side, signs=(1,), centres=((0.0, 0.0),))
    >>> images = torch.rand(3, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    >>> picked = pick_crops(one, images, window=Window(field=40.0), count=2)
    >>> picked.images, [crop.reflected for crop in picked.random[0]]
    (3, [False, False])
    """
    if count < 1 or batch < 1 or (most is not None and most < 1):
        raise InputError("Crops, images, and images at a time are 1 or more.")
    units = range(len(choosers.signs))
    best = [_Best(count=count) for _ in units]
    random = [_Best(count=count) for _ in units]
    generator = torch.Generator().manual_seed(seed)
    framing = framing or framing_for(choosers.side.network)
    reader = _Reader(choosers)
    seen = 0
    with torch.inference_mode(), tqdm(desc="images", unit="image", disable=not progress) as bar:
        for shown, names in _spread(images, framing=framing, most=most, batch=batch):
            values = reader.responses(shown)
            points = reader.points(shown, values)
            for pixels, answers, (index, name) in zip(shown, values, names, strict=True):
                noise = torch.rand(answers.shape, generator=generator)
                for unit, at in enumerate(points):
                    for ranks, kept in ((answers[unit], best[unit]), (noise[unit], random[unit])):
                        for value, point, out in _candidates(ranks, at, shown, window.side):
                            if value > 0 and kept.wants(value, mirrored=out):
                                found = cut(
                                    pixels, point, window, image=index, path=name, value=value
                                )
                                kept.add(found)
            seen += len(shown)
            bar.update(len(shown))
    if not seen:
        raise InputError("Crops are cut from at least one image: there is none that can be read.")
    return PickedCrops(
        strongest=tuple(kept.chosen() for kept in best),
        random=tuple(kept.chosen() for kept in random),
        images=seen,
    )


class _Reader:
    """What the units answer at every position of images, and which points those look at."""

    def __init__(self, choosers: Choosers) -> None:
        self._choosers = choosers
        side = choosers.side
        self._network, self._channels = side.network, list(side.channels)
        self._layer = self._network.layer(side.layer).pre_activation
        self._linear = is_linear(self._network, self._layer)
        self._signs = torch.tensor(choosers.signs)[:, None, None]
        self._blanks: dict[torch.Size, Tensor] = {}

    def _maps(self, images: Tensor) -> Tensor:
        shown = images.to(self._network.device, torch.float32)
        maps = self._network.activations(shown, layers=[self._layer])[self._layer]
        return maps[:, self._channels].cpu()

    def responses(self, images: Tensor) -> Float[Tensor, "images units rows columns"]:
        values = self._maps(images)
        if self._linear:
            size = images.shape[-2:]
            if size not in self._blanks:
                self._blanks[size] = self._maps(torch.full((1, 3, *size), _GREY))
            values = values - self._blanks[size]
        return values * self._signs

    def points(self, images: Tensor, maps: Tensor) -> list[_Grid]:
        height, width = images.shape[-2:]
        geometry = self._network.geometry(self._layer, size=(int(height), int(width)))
        y, x = (
            axis.centre + axis.stride * np.arange(count) + 0.5
            for axis, count in zip((geometry.y, geometry.x), maps.shape[-2:], strict=True)
        )
        return [(x + right, y + down) for right, down in self._choosers.centres]


def _candidates(
    ranks: Float[Tensor, "rows columns"], at: _Grid, images: Tensor, side: int
) -> Iterator[tuple[float, tuple[float, float], bool]]:
    """The largest value and its point, of squares inside the image and of squares not."""
    x, y = at
    across, down = (
        (np.floor(points) - side // 2 >= 0) & (np.floor(points) + side // 2 < length)
        for points, length in ((x, images.shape[-1]), (y, images.shape[-2]))
    )
    inside = down[:, None] & across[None]
    values = ranks.numpy()
    for where, out in ((inside, False), (~inside, True)):
        if where.any():
            row, column = divmod(int(np.where(where, values, -np.inf).argmax()), len(x))
            yield float(values[row, column]), (float(x[column]), float(y[row])), out


def _spread(
    images: Photographs | ImageSet, *, framing: Framing, most: int | None, batch: int
) -> Iterator[tuple[Tensor, Sequence[tuple[int, str | None]]]]:
    """Images in batches, each with its index among those given and its name."""
    if isinstance(images, str | Path):
        raise InputError(f"{images} is one path: open a folder with open_images, or give a list.")
    if isinstance(images, ImageSet):
        wanted = _even(len(images), most)
        for start in range(0, len(wanted), batch):
            part = wanted[start : start + batch]
            loaded = load_batch(images, part, framing=framing)
            read = [k for k, good in zip(part, loaded.read.tolist(), strict=True) if good]
            if read:
                yield loaded.pixels[loaded.read], [(k, images.name(k)) for k in read]
        return
    indices: Sequence[int] | None = None
    if isinstance(images, Tensor):
        indices = _even(len(images), most)
        images = images[torch.tensor(indices, dtype=torch.long)]
    elif isinstance(images, Sequence) and not any(isinstance(i, Tensor) for i in images):
        indices = _even(len(images), most)
        images = [images[k] for k in indices]
    seen = 0
    for shown, paths in batches(images, framing=framing, batch=batch):
        kept = len(shown) if most is None else min(len(shown), most - seen)
        numbers = range(seen, seen + kept)
        named = [indices[k] if indices is not None else k for k in numbers]
        yield shown[:kept], list(zip(named, islice(paths, kept), strict=True))
        seen += kept
        if seen == most:
            return


def _even(length: int, most: int | None) -> list[int]:
    few = length if most is None else min(most, length)
    return [k * length // few for k in range(few)]
