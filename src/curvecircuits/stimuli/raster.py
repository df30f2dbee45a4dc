"""Drawing a shape into a batch of images, at the few pixels its outline meets.

An image is cut into blocks of 4 by 8 pixels. A shape first says which blocks its outline may
touch; only those (about one in eight) are evaluated, laid out as (block, pixel). The rest keeps
the background, or the fill.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from curvecircuits.stimuli.tints import Tints

REACH = 0.71
"""How far a pixel's corner lies from its centre, and a little more."""

HIGH, LONG = 4, 8
"""A block's rows and columns: near square, to hold few pixels that the outline misses."""

RUN_X, RUN_Y = (LONG - 1) / 2, (HIGH - 1) / 2
"""How far the centres of a block's pixels lie from its middle."""

_PART_PIXELS = 512 * 96 * 96
"""Pixels prepared at a time: bounds the memory that picking blocks takes."""

_SHARE_PIXELS = 64 * 96 * 96
"""Pixels drawn at a time: few enough to stay in a core's cache, enough to hide call costs."""


@dataclass(frozen=True)
class Blocks:
    """The middles of an image's blocks: `x` (S, 1) and `y` (R,)."""

    x: Tensor
    y: Tensor


@dataclass(frozen=True)
class Pixels:
    """The pixels of M picked blocks: middles `x` and `y` (M, 1), and steps (P,) to P pixels.

    The steps are in half pixels, as all lengths that coverage is computed from.
    """

    x: Tensor
    y: Tensor
    steps_x: Tensor
    steps_y: Tensor

    def halves_from(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return dx and dy (M, P) from points (M, 1), in half pixels."""
        return (self.x - x) * 2 + self.steps_x, (self.y - y) * 2 + self.steps_y


Coverage = tuple[Tensor | None, Tensor | None]
"""The shares (M, P) of pixels covered by stroke and by fill, apart; None stands for nothing."""


@runtime_checkable
class Shape(Protocol):
    """What can be drawn: coverage as a function of place and of parameters."""

    params: Tensor
    """The parameters (K, N or 1) of each image, float64 on the CPU."""

    dtype: torch.dtype
    """The precision that the geometry needs."""

    def near(self, p: Tensor, blocks: Blocks) -> tuple[Tensor, Tensor | None]:
        """Return masks (n, S, R): blocks to evaluate, and blocks wholly inside the fill.

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
        side = self.size
        high, wide = -(-side // HIGH) * HIGH, -(-side // LONG) * LONG
        out = torch.empty((self.count, self.tints.channels, high, wide), device=self.device)
        step = max(1, _PART_PIXELS // (high * wide))
        for first in range(0, self.count, step):
            part = slice(first, min(first + step, self.count))
            self._draw_part(shape, part, out[part])
        return out if high == wide == side else out[..., :side, :side].contiguous()

    def _draw_part(self, shape: Shape, part: slice, out: Tensor) -> None:
        n, channels, high, wide = out.shape
        down, across = high // HIGH, wide // LONG
        x = (torch.arange(across, device=self.device).to(shape.dtype) + 0.5) * LONG
        y = (torch.arange(down, device=self.device).to(shape.dtype) + 0.5) * HIGH
        blocks = Blocks(x[:, None], y)
        p = shape.params.expand(-1, self.count)[:, part].to(x)
        near, within = shape.near(p[:, :, None, None], blocks)
        if self.window is not None:
            window = self.window.expand(-1, self.count)[:, part].to(x)
            near, within = _bounded(near, within, window[:, :, None, None], blocks)
            p = torch.cat((window, p))
        tints = self.tints.part(part, self.device)

        at = _true_indices(near)
        column = _floor_div(at, down)  # counts columns of blocks through all images
        row = at - column * down
        image = _floor_div(column, across)
        middle = y[row].unsqueeze_(1)
        # One gather fetches each block's x and its image's parameters.
        table = torch.cat((x.expand(1, n, across), p[:, :, None].expand(-1, -1, across)))
        table = table.reshape(len(table), -1)
        # In `out`, seen as runs of LONG pixels, the first run of a block in the first channel.
        place = row * (HIGH * across) + column + image * (across * (channels * high - 1))
        runs = place[:, None] + torch.arange(0, HIGH * across, across, device=self.device)
        steps_y, steps_x = (
            torch.arange(1 - span, span, 2, device=self.device).to(x) for span in (HIGH, LONG)
        )
        steps_x, steps_y = steps_x.repeat(HIGH), steps_y.repeat_interleave(LONG)
        tints.lay(out.view(n, channels, down, HIGH, across, LONG), within)

        share = max(1, _SHARE_PIXELS // (high * wide)) if self.device.type == "cpu" else n
        bounds = [*range(0, n, share), n]
        cuts = torch.searchsorted(image, torch.tensor(bounds, device=self.device)).tolist()
        lines = out.view(-1, LONG)
        for begin, end in pairwise(cuts):
            q = table.index_select(1, column[begin:end]).unsqueeze_(2)
            pixels = Pixels(q[0], middle[begin:end], steps_x, steps_y)
            line, fill = self._cover(shape, q[1:], pixels)
            for channel, value in enumerate(tints.mix(image[begin:end], line, fill)):
                where = (
                    runs[begin:end] if channel == 0 else runs[begin:end] + channel * high * across
                )
                lines.index_copy_(0, where.reshape(-1), value.view(-1, LONG))

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
    near: Tensor, within: Tensor | None, window: Tensor, blocks: Blocks
) -> tuple[Tensor, Tensor | None]:
    """Keep to the window: evaluate what its border cuts, leave what lies outside."""
    x0, x1, y0, y1 = window
    left, right = blocks.x - LONG / 2, blocks.x + LONG / 2
    top, bottom = blocks.y - HIGH / 2, blocks.y + HIGH / 2
    touched = ((right > x0) & (left < x1)) & ((bottom > y0) & (top < y1))
    if within is None:
        return near & touched, None
    whole = ((left >= x0) & (right <= x1)) & ((top >= y0) & (bottom <= y1))
    return (near | (within & ~whole)) & touched, within & whole


def _window_share(window: Tensor, pixels: Pixels) -> Tensor:
    """Return how much of each pixel lies inside the window."""
    x0, x1, y0, y1 = window
    x, y = pixels.x + pixels.steps_x / 2, pixels.y + pixels.steps_y / 2
    wide = torch.minimum(x + 0.5, x1).sub_(torch.maximum(x - 0.5, x0)).clamp_(0, 1)
    high = torch.minimum(y + 0.5, y1).sub_(torch.maximum(y - 0.5, y0)).clamp_(0, 1)
    return wide.mul_(high)


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
