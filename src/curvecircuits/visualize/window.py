"""The part of an image that a unit can see at all: gradients are computed on nothing else."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.geometry import Axis
from curvecircuits.models.network import Network

Cells = Float[Tensor, "n 2"]


@dataclass(frozen=True, kw_only=True)
class Window:
    """As large a part of every image, each with the receptive field of one position."""

    top: Int[Tensor, " n"]
    left: Int[Tensor, " n"]
    height: int
    width: int
    stride: tuple[int, int]
    """Pixels from one position to the next, down and across."""

    def cut(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 height width"]:
        """The parts of the images."""
        return images[self._where(images)].permute(0, 3, 1, 2).contiguous()

    def put(
        self, parts: Float[Tensor, "n 3 height width"], like: Float[Tensor, "n 3 h w"]
    ) -> Float[Tensor, "n 3 h w"]:
        """Parts where they were cut, and zero around them."""
        whole = torch.zeros_like(like, dtype=parts.dtype)
        whole[self._where(like)] = parts.permute(0, 2, 3, 1)
        return whole

    def cells(self, cells: Cells) -> Cells:
        """Positions of the layer's map, counted from the first one of each part."""
        origin = torch.stack([self.top / self.stride[0], self.left / self.stride[1]], 1)
        return cells - origin.to(cells)

    def _where(self, images: Tensor) -> tuple[Tensor | slice, ...]:
        here = images.device
        rows = self.top.to(here)[:, None] + torch.arange(self.height, device=here)
        columns = self.left.to(here)[:, None] + torch.arange(self.width, device=here)
        each = torch.arange(len(images), device=here)[:, None, None]
        return each, slice(None), rows[:, :, None], columns[:, None, :]


def window_for(
    network: Network, layer: str, cells: Cells, *, size: tuple[int, int]
) -> Window | None:
    """The smallest windows in which the units at some positions see what they see in the image.

    A window begins at a multiple of the layer's stride and is as long as the image, less another
    multiple: so padding falls on the same taps of every operation. Where it ends before the image
    does, it ends beyond the receptive field.

    Returns
    -------
    Window or None
        None where the whole image is needed: for layers without geometry, with a gate that sees
        the whole image, or whose geometry is another on the smaller image.
    """
    try:
        whole = network.geometry(layer, size=size)
        if whole.context:
            return None
        top, height = _along(whole.y, cells[:, 0], size[0])
        left, width = _along(whole.x, cells[:, 1], size[1])
        if (height, width) == size or network.geometry(layer, size=(height, width)) != whole:
            return None
    except InputError:  # the layer has no geometry, or takes no smaller images
        return None
    stride = (whole.y.stride, whole.x.stride)
    return Window(top=top, left=left, height=height, width=width, stride=stride)


def _along(axis: Axis, cells: Tensor, length: int) -> tuple[Tensor, int]:
    """Where the windows begin, and how long they are."""
    step = axis.stride
    first = axis.first + step * cells.floor().long().cpu()
    last = axis.last + step * cells.ceil().long().cpu()
    needed = int((last - first).max()) + step
    size = length - max(0, (length - needed) // step) * step
    return (first.div(step, rounding_mode="floor") * step).clamp(0, length - size), size
