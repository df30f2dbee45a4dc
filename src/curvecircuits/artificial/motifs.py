"""The two ideas that every weight is made of: agreement of angles, and tiling along a tangent."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

_NEGLIGIBLE = 1e-6


def directions(count: int) -> Float[Tensor, " n"]:
    """Evenly spaced directions over the full circle, in radians: 0, 360/n, … degrees."""
    return torch.arange(count) * (2 * math.pi / count)


def axes(count: int) -> Float[Tensor, " n"]:
    """Evenly spaced axes over half the circle, in radians: 0, 180/n, … degrees."""
    return torch.arange(count) * (math.pi / count)


def agreement(angle: Tensor, concentration: float) -> Tensor:
    """How well two directions agree: exp(κ (cos Δ − 1)), 1 when they are the same."""
    return torch.exp(concentration * (torch.cos(angle) - 1))


def axis_agreement(angle: Tensor, concentration: float) -> Tensor:
    """How well two axes agree: as for directions, of twice the angle."""
    return agreement(2 * angle, concentration)


def perpendicular(angle: Tensor, concentration: float) -> Tensor:
    """How near to perpendicular two axes are, 1 when they are."""
    return agreement(2 * angle + math.pi, concentration)


def opposing(angle: Tensor, concentration: float) -> Tensor:
    """How near to opposite two directions are, 1 when they are."""
    return agreement(angle + math.pi, concentration)


def cells(size: int, pitch: float) -> tuple[Float[Tensor, "size size"], Float[Tensor, "size size"]]:
    """Where the cells of a kernel look, (x, y) in pixels from its centre."""
    offset = (torch.arange(size) - (size - 1) / 2) * pitch
    return offset.expand(size, size), offset[:, None].expand(size, size)


def along_line(
    normal: Float[Tensor, " n"], *, size: int, pitch: float, length: float, width: float
) -> Float[Tensor, "n size size"]:
    """Gaussian tile along straight lines with the given normals."""
    x, y = cells(size, pitch)
    cos, sin = torch.cos(normal)[:, None, None], torch.sin(normal)[:, None, None]
    across, along = x * cos + y * sin, y * cos - x * sin
    return torch.exp(-(across.square()) / (2 * width**2) - along.square() / (2 * length**2))


def along_arc(
    normal: Float[Tensor, " n"],
    *,
    radius: float,
    size: int,
    pitch: float,
    length: float,
    width: float,
) -> tuple[Float[Tensor, "n size size"], Float[Tensor, "n size size"]]:
    """Gaussian tile along circles through the kernel's centre, and their normal in each cell.

    A circle of the given radius passes through the centre with the given outward normal; `width`
    is the standard deviation of the distance to it, `length` that along its tangent.
    """
    x, y = cells(size, pitch)
    cos, sin = torch.cos(normal)[:, None, None], torch.sin(normal)[:, None, None]
    from_middle_x, from_middle_y = x + radius * cos, y + radius * sin
    distance = torch.hypot(from_middle_x, from_middle_y) - radius
    along = y * cos - x * sin
    tile = torch.exp(-distance.square() / (2 * width**2) - along.square() / (2 * length**2))
    return tile, torch.atan2(from_middle_y, from_middle_x)


def normalised(weights: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """Scaled so that each unit's positive weights sum to 1."""
    return weights / weights.clamp(min=0).sum((1, 2, 3), keepdim=True)


def without_tails(weights: Tensor) -> Tensor:
    """The weights with everything below 1e-6 of the largest exactly zero.

    The far tails of Gaussians are subnormal numbers, which processors handle ten times slower.
    """
    return weights * (weights.abs() >= _NEGLIGIBLE * weights.abs().amax())
