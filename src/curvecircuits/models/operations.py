"""What edits put into a graph: operations on some channels that leave the others, bit for bit."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from curvecircuits.errors import InputError
from curvecircuits.models.network import Network


class _OnChannels(nn.Module):
    """Base of what changes some channels and leaves the others, bit for bit."""

    channels: Tensor

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        # Not persistent: no part of the network's weights.
        self.register_buffer("channels", torch.tensor(channels, dtype=torch.long), persistent=False)


def _column(values: Tensor, like: Tensor) -> Tensor:
    """One number a channel, to go with a layer's values."""
    return values.to(like.dtype).view(1, -1, *(1 for _ in like.shape[2:]))


class Constant(_OnChannels):
    """Channels become one number each."""

    each_position = True

    values: Tensor

    def __init__(self, channels: list[int], values: Tensor) -> None:
        super().__init__(channels)
        self.register_buffer("values", values, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Values in, values out."""
        shape = (len(x), len(self.channels), *x.shape[2:])
        return x.index_copy(1, self.channels, _column(self.values, x).expand(shape))


class Scale(_OnChannels):
    """Channels are multiplied by a factor."""

    each_position = True

    def __init__(self, channels: list[int], factor: float) -> None:
        super().__init__(channels)
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Values in, values out."""
        return x.index_copy(1, self.channels, x.index_select(1, self.channels) * self.factor)


class Zero(_OnChannels):
    """Channels become 0."""

    each_position = True

    def forward(self, x: Tensor) -> Tensor:
        """Values in, values out."""
        return x.index_fill(1, self.channels, 0)


class Take(_OnChannels):
    """Channels become those of another tensor."""

    each_position = True

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        """Values and those to take from, values out."""
        return x.index_copy(1, self.channels, other.index_select(1, self.channels))


class Add(_OnChannels):
    """A linear term of another layer is added to channels; see `AddWeights` for positions."""

    used: Tensor
    values: Tensor

    def __init__(
        self,
        channels: list[int],
        values: Tensor,
        *,
        origin: tuple[int, int],
        stride: tuple[int, int],
    ) -> None:
        super().__init__(channels)
        used = values.any(3).any(2).any(0).nonzero()[:, 0]
        used = used if len(used) else torch.tensor([0])
        self.register_buffer("used", used, persistent=False)  # no need to read the others
        self.register_buffer("values", values[:, used], persistent=False)
        self.origin, self.stride = origin, stride

    def forward(self, x: Tensor, source: Tensor) -> Tensor:
        """Values and the layer that is read, values out."""
        read = source.index_select(1, self.used)
        for axis in (0, 1):
            read = self._rows(read, axis, x.shape[2 + axis])
        term = F.conv2d(read, self.values.to(x.dtype), stride=self.stride)
        return x.index_add(1, self.channels, term)

    def _rows(self, source: Tensor, axis: int, units: int) -> Tensor:
        """The rows or columns that so many units read: those outside the map are zero."""
        start, cells = self.origin[axis], source.shape[2 + axis]
        stop = start + self.stride[axis] * (units - 1) + self.values.shape[2 + axis]
        before, after = max(0, -start), max(0, stop - cells)
        room = (0, 0, before, after) if axis == 0 else (before, after, 0, 0)
        return F.pad(source, room).narrow(2 + axis, start + before, stop - start)


class Donated(_OnChannels):
    """Channels become those of another network on the same images, times a scale, plus an offset.

    The other network is no part of this one: its weights do not count among this one's.
    """

    scale: Tensor
    offset: Tensor

    def __init__(
        self,
        channels: list[int],
        by: Network,
        *,
        layer: str,
        by_channels: list[int],
        scale: Tensor,
        offset: Tensor,
    ) -> None:
        super().__init__(channels)
        self.by, self.layer, self.by_channels = by, layer, by_channels
        self.register_buffer("scale", scale, persistent=False)
        self.register_buffer("offset", offset, persistent=False)

    def forward(self, x: Tensor, images: Tensor) -> Tensor:
        """Values and the images as they were given, values out."""
        found = self.by.run(images.to(self.by.device), layers=[self.layer])[self.layer]
        if found.shape[2:] != x.shape[2:]:
            raise InputError(
                f"{self.layer} of {self.by.name} has a map of {tuple(found.shape[2:])} and the "
                f"units it replaces one of {tuple(x.shape[2:])}, for images of "
                f"{tuple(images.shape[2:])} pixels: choose layers of the same grid."
            )
        scale, offset = (_column(v, x) for v in (self.scale, self.offset))
        other = found[:, self.by_channels].to(x) * scale + offset
        return x.index_copy(1, self.channels, other.to(x.dtype))
