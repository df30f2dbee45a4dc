"""How much of a pixel a straight edge covers, in closed form.

A pixel is a unit square. Projected on an edge's normal (nx, ny) its mass is the convolution of two
boxes of widths m = max(|nx|, |ny|) and k = min(|nx|, |ny|): a trapezoid. The share of the pixel
covered by a half-plane that reaches `depth` beyond its centre is the trapezoid's cumulated mass,
odd about 1/2; with v = 2 |depth| and p = min(v - m, k),

    F = 1/2 + sign(depth) (1/2 + (p - max(p + k, 0)^2 / (4 k)) / (2 m)).

F does not change when depth, nx and ny are scaled together, so normals need no normalising. The
functions take depths doubled, which saves a pass over the pixels: coordinates come in half pixels.
"""

import torch
from torch import Tensor

Frame = tuple[Tensor, Tensor]
"""The (m, k) of an edge's normal, up to scale."""

WIDE = 2**0.5
"""A stroke of at least a pixel's diagonal never has both edges in one pixel."""

_LEAST = 1e-12
"""Keeps the quotients above finite where their numerators are zero: k at edges along an axis, both
at a circle's very centre, which no edge is nearest to."""


def edge_frame(nx: Tensor, ny: Tensor) -> Frame:
    """Return (m, k) of edges with normals (nx, ny), whose signs do not matter."""
    nx, ny = nx.abs(), ny.abs()
    least = torch.minimum(nx, ny).clamp_(min=_LEAST)
    return torch.maximum(nx, ny).clamp_(min=_LEAST), least


def half_plane(twice: Tensor, frame: Frame) -> Tensor:
    """Return F, given twice the depth."""
    return _balance(twice, frame).add_(0.5)


def stroke(twice: Tensor, width: Tensor, frame: Frame, *, wide: bool) -> Tensor:
    """Return the share of a pixel within `width` / 2 of a line, given twice its distance.

    `wide` tells that all widths are at least `WIDE`: then one edge decides, which is faster.
    """
    if wide:
        twice = twice.abs()
        return half_plane(torch.sub(width, twice, out=twice), frame)
    return _balance(width - twice, frame).add_(_balance(width + twice, frame))


def _balance(twice: Tensor, frame: Frame) -> Tensor:
    """Return F - 1/2."""
    most, least = frame
    p = torch.minimum(twice.abs().sub_(most), least)
    q = (p + least).clamp_(min=0).square_()
    p.addcdiv_(q, least, value=-0.25)
    return torch.addcdiv(p.new_full((), 0.5), p, most, value=0.5, out=p).copysign_(twice)
