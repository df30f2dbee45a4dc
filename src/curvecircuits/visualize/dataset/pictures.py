"""Crops of chosen images and the saliency in them: the images are read again, and no others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from numpy import ndarray
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from curvecircuits.images import Framing, ImageSet, load_batch
from curvecircuits.visualize.dataset.views import View
from curvecircuits.visualize.saliency import value_and_gradient

_GREY = 0.5
"""What a crop shows beyond the border of its image."""
_IMAGES, _AT_ONCE = 16, 32
"""Images in memory, and gradients computed together."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Points of images, each with the unit whose saliency is wanted."""

    view: View
    unit: Int[ndarray, " n"]
    """Index in the view."""
    image: Int[ndarray, " n"]
    row: Int[ndarray, " n"]
    """Of the view's points."""
    column: Int[ndarray, " n"]


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """What is seen at some points."""

    crops: UInt8[ndarray, "n 3 side side"]
    """RGB; grey beyond a border."""
    saliency: Float[ndarray, "n side side"]
    """‖∂z / ∂(r, g, b)‖₂ as a share of the largest in the crop; 0 beyond a border."""
    strength: Float[ndarray, " n"]
    """The largest: what `saliency` is a share of."""
    values: Float[ndarray, " n"]
    """Of the unit at the point."""

    def arrays(self) -> dict[str, ndarray]:
        """All arrays by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def take(self, rows: slice) -> "Pictures":
        """Some of them."""
        return Pictures(**{name: values[rows] for name, values in self.arrays().items()})


def pictures(
    wanted: Sequence[Wanted],
    images: ImageSet,
    *,
    framing: Framing,
    progress: bool = False,
) -> list[Pictures]:
    """Crop and saliency at every point, for each request in turn.

    Each image is read once. The crop is the view's tile around the centre of the receptive field.
    """
    found = [_empty(each) for each in wanted]
    if not wanted:
        return found
    which = np.unique(np.concatenate([each.image for each in wanted]))
    total = sum(len(each.image) for each in wanted)
    with tqdm(total=total, desc="pictures", unit=" crops", disable=not progress) as bar:
        for start in range(0, len(which), _IMAGES):
            part = which[start : start + _IMAGES]
            pixels = load_batch(images, part.tolist(), framing=framing).pixels
            for each, filled in zip(wanted, found, strict=True):
                rows = np.flatnonzero(np.isin(each.image, part))
                for some in np.split(rows, range(_AT_ONCE, len(rows), _AT_ONCE)):
                    if len(some):
                        shown = pixels[np.searchsorted(part, each.image[some])]
                        _fill(filled, each, some, shown)
                        bar.update(len(some))
    return found


def cut(
    images: Float[Tensor, "n c h w"], corners: Int[Tensor, "n 2"], *, side: int, fill: float
) -> Float[Tensor, "n c side side"]:
    """A square of each image, from its own (left, top); `fill` beyond the border.

    >>> cut(torch.ones(1, 1, 4, 4), torch.tensor([[-1, 2]]), side=3, fill=0.5)[0, 0].tolist()
    [[0.5, 1.0, 1.0], [0.5, 1.0, 1.0], [0.5, 0.5, 0.5]]
    """
    room = F.pad(images, (side, side, side, side), value=fill)
    last = torch.tensor([images.shape[3], images.shape[2]]) + side
    left, top = (torch.minimum(corners + side, last)).clamp(min=0).to(images.device).unbind(1)
    along = torch.arange(side, device=images.device)
    each = torch.arange(len(images), device=images.device)[:, None, None]
    rows, columns = (top[:, None] + along)[:, :, None], (left[:, None] + along)[:, None, :]
    return room[each, :, rows, columns].permute(0, 3, 1, 2)


def _empty(wanted: Wanted) -> Pictures:
    count, side = len(wanted.image), wanted.view.tile
    return Pictures(
        crops=np.zeros((count, 3, side, side), dtype=np.uint8),
        saliency=np.zeros((count, side, side), dtype=np.float16),
        strength=np.zeros(count, dtype=np.float32),
        values=np.zeros(count, dtype=np.float32),
    )


def _fill(filled: Pictures, wanted: Wanted, some: ndarray, shown: Tensor) -> None:
    view = wanted.view
    places = [(int(r), int(c)) for r, c in zip(wanted.row[some], wanted.column[some], strict=True)]
    units = [int(u) for u in wanted.unit[some]]
    raw, gradient = value_and_gradient(
        view.network,
        shown,
        [view.units[u] for u in units],
        position=torch.tensor([view.cell(*place) for place in places], dtype=torch.float64),
    )
    corners = torch.tensor([view.box(*place)[:2] for place in places])
    crops = cut(shown, corners, side=view.tile, fill=_GREY)
    map_ = cut(gradient.norm(dim=1, keepdim=True).cpu(), corners, side=view.tile, fill=0.0)[:, 0]
    largest = map_.amax((1, 2))
    filled.crops[some] = (crops * 255).round().to(torch.uint8).numpy()
    filled.saliency[some] = (map_ / largest.clamp(min=1e-30)[:, None, None]).half().numpy()
    filled.strength[some] = largest.numpy()
    filled.values[some] = [
        view.value(float(z), unit=u, row=r, column=c)
        for z, u, (r, c) in zip(raw.tolist(), units, places, strict=True)
    ]
