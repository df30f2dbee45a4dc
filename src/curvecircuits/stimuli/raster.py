"""Drawing a shape into a batch of images, at the few pixels its outline meets.

An image is cut into horizontal strips of about 16 pixels. A shape first says which strips its
outline may touch; only those (about one in six) are evaluated, laid out as (strip, pixel). The
rest keeps the background, or the fill.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from curvecircuits.stimuli.tints import Tints

REACH = 0.71
"""How far a pixel's corner lies from its centre, and a little more."""

_BLOCK_PIXELS = 512 * 96 * 96
"""Pixels prepared at a time: bounds the memory that picking strips takes."""

_SHARE_PIXELS = 32 * 96 * 96
"""Pixels drawn at a time: few enough to stay in a core's cache, enough to hide call costs."""


@dataclass(frozen=True)
class Strips:
    """The strips of an image: `x` (S, 1) their middles, `y` (H,) their rows' middles."""

    x: Tensor
    y: Tensor
    length: int


@dataclass(frozen=True)
class Pixels:
    """The pixels of M picked strips: `x` (M, 1) the left ends, `y` (M, 1) the rows' middles.

    `twice_steps` (L,) is twice the way from a strip's left end to each pixel's centre.
    """

    x: Tensor
    y: Tensor
    twice_steps: Tensor

    def halves_from(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return dx (M, L) and dy (M, 1) from points (M, 1), in half pixels."""
        return (self.x - x) * 2 + self.twice_steps, (self.y - y) * 2


Coverage = tuple[Tensor | None, Tensor | None]
"""The shares (M, L) of pixels covered by stroke and by fill, apart; None stands for nothing."""


class Shape(Protocol):
    """What can be drawn: coverage as a function of place and of parameters."""

    params: Tensor
    """The parameters (K, N or 1) of each image, float64 on the CPU."""

    dtype: torch.dtype
    """The precision that the geometry needs."""

    def near(self, p: Tensor, strips: Strips) -> tuple[Tensor, Tensor | None]:
        """Return masks (n, S, H): strips to evaluate, and strips wholly inside the fill.

        `p` is (K, n, 1, 1).
        """
        ...

    def cover(self, q: Tensor, pixels: Pixels) -> Coverage:
        """Return the coverage of pixels; `q` is (K, M, 1)."""
        ...


@dataclass(frozen=True)
class Canvas:
    """What is drawn on: `count` square images of side `size`.

    `window` (4, N or 1), as x0, x1, y0, y1, bounds what is drawn; None leaves the whole image.
    """

    count: int
    size: int
    tints: Tints
    window: Tensor | None
    device: torch.device

    def draw(self, shape: Shape) -> Tensor:
        """Return the images (N, c, size, size) of a shape."""
        length = _strip_length(self.size)
        width = -(-self.size // length) * length
        out = torch.empty((self.count, self.tints.channels, self.size, width), device=self.device)
        block = max(1, _BLOCK_PIXELS // (self.size * self.size))
        for first in range(0, self.count, block):
            part = slice(first, min(first + block, self.count))
            self._draw_block(shape, part, out[part], length)
        return out if width == self.size else out[..., : self.size].contiguous()

    def _draw_block(self, shape: Shape, part: slice, out: Tensor, length: int) -> None:
        n, channels, height, width = out.shape
        across = width // length
        x = torch.arange(0, width, length, device=self.device).to(shape.dtype)
        y = torch.arange(height, device=self.device).to(shape.dtype) + 0.5
        strips = Strips((x + length / 2)[:, None], y, length)
        p = shape.params.expand(-1, self.count)[:, part].to(x)
        near, within = shape.near(p[:, :, None, None], strips)
        if self.window is not None:
            window = self.window.expand(-1, self.count)[:, part].to(x)
            near, within = _bounded(near, within, window[:, :, None, None], strips)
            p = torch.cat((window, p))
        tints = self.tints.part(part, self.device)

        at = _true_indices(near)
        column = _floor_div(at, height)  # counts the strips of all images, rows aside
        row = at - column * height
        image = _floor_div(column, across)
        # Rows of `length` pixels in `out`: those of the first channel.
        place = row * across + column + image * (across * (channels * height - 1))
        middle = row.to(x).add_(0.5).unsqueeze_(1)
        # One gather fetches each strip's left end and its image's parameters.
        table = torch.cat((x.expand(1, n, across), p[:, :, None].expand(-1, -1, across)))
        table = table.reshape(len(table), -1)
        steps = torch.arange(1, 2 * length, 2, device=self.device).to(x)

        share = max(1, _SHARE_PIXELS // (height * width)) if self.device.type == "cpu" else n
        bounds = [*range(0, n, share), n]
        cuts = torch.searchsorted(image, torch.tensor(bounds, device=self.device)).tolist()
        rows = out.view(-1, length)
        for first, last, begin, end in zip(bounds, bounds[1:], cuts, cuts[1:], strict=False):
            tints.lay(
                out[first:last].view(-1, channels, height, across, length),
                None if within is None else within[first:last],
                slice(first, last),
            )
            q = table.index_select(1, column[begin:end]).unsqueeze_(2)
            pixels = Pixels(q[0], middle[begin:end], steps)
            line, fill = self._cover(shape, q[1:], pixels)
            for channel, value in enumerate(tints.mix(image[begin:end], line, fill)):
                rows.index_copy_(0, place[begin:end] + channel * (height * across), value)

    def _cover(self, shape: Shape, q: Tensor, pixels: Pixels) -> Coverage:
        if self.window is None:
            return shape.cover(q, pixels)
        line, fill = shape.cover(q[4:], pixels)
        share = _window_share(q[:4], pixels)
        return (
            None if line is None else line.mul_(share),
            None if fill is None else fill.mul_(share),
        )


def _bounded(
    near: Tensor, within: Tensor | None, window: Tensor, strips: Strips
) -> tuple[Tensor, Tensor | None]:
    """Keep to the window: evaluate what its border cuts, leave what lies outside."""
    x0, x1, y0, y1 = window
    left, right = strips.x - strips.length / 2, strips.x + strips.length / 2
    top, bottom = strips.y - 0.5, strips.y + 0.5
    touched = ((right > x0) & (left < x1)) & ((bottom > y0) & (top < y1))
    if within is None:
        return near & touched, None
    whole = ((left >= x0) & (right <= x1)) & ((top >= y0) & (bottom <= y1))
    return (near | (within & ~whole)) & touched, within & whole


def _window_share(window: Tensor, pixels: Pixels) -> Tensor:
    """Return how much of each pixel lies inside the window."""
    x0, x1, y0, y1 = window
    x, y = pixels.x + pixels.twice_steps / 2, pixels.y
    wide = torch.minimum(x + 0.5, x1).sub_(torch.maximum(x - 0.5, x0)).clamp_(0, 1)
    high = torch.minimum(y + 0.5, y1).sub_(torch.maximum(y - 0.5, y0)).clamp_(0, 1)
    return wide.mul_(high)


def _strip_length(size: int) -> int:
    """Return 16, or a length near it that divides the side, which saves a copy."""
    near = (16, 15, 17, 14, 18, 13, 19, 12, 20)
    return next((length for length in near if size % length == 0), 16)


def _true_indices(mask: Tensor) -> Tensor:
    """Return the flat indices of a mask's true elements."""
    if mask.device.type == "cpu":  # NumPy is several times faster there
        return torch.from_numpy(np.flatnonzero(mask.numpy()))
    return mask.reshape(-1).nonzero().squeeze(1)


def _floor_div(index: Tensor, by: int) -> Tensor:
    """Return index // by of non-negative integers."""
    if index.device.type == "cpu":  # NumPy is several times faster there
        return torch.from_numpy(index.numpy() // by)
    return torch.div(index, by, rounding_mode="floor")
