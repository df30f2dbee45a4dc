"""The two ideas that every weight is made of: agreement of angles, and tiling along a tangent.

Angles are radians. All functions are differentiable functions of the constants given to them, and
none branches on a value. Tiles are Gaussian: `along` the tangent with standard deviation `length`,
across it with standard deviation `width`.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.artificial.constants import Real

Cells = tuple[Float[Tensor, "... side side"], Float[Tensor, "... side side"]]
_NEGLIGIBLE = 1e-6


def directions(count: int) -> Float[Tensor, " n"]:
    """Evenly spaced directions over the full circle: 0, 360/n, … degrees."""
    return torch.arange(count) * (2 * math.pi / count)


def axes(count: int) -> Float[Tensor, " n"]:
    """Evenly spaced axes over half the circle: 0, 180/n, … degrees."""
    return torch.arange(count) * (math.pi / count)


def opposite(direction: Tensor) -> Tensor:
    """The direction turned by 180°."""
    return direction + math.pi


def across(direction: Tensor) -> Tensor:
    """The direction turned by 90°: the normal of a line that runs along it."""
    return direction + math.pi / 2


def agreement(angle: Tensor, concentration: Real) -> Tensor:
    """How well two directions agree: exp(κ (cos Δ − 1)), 1 when they are the same."""
    return torch.exp(concentration * (torch.cos(angle) - 1))


def axis_agreement(angle: Tensor, concentration: Real) -> Tensor:
    """How well two axes agree: as for directions, of twice the angle."""
    return agreement(2 * angle, concentration)


def bump(distance: Tensor, width: Real) -> Tensor:
    """Gaussian of a distance, exp(−d² / 2σ²)."""
    return torch.exp(-distance.square() / (2 * width * width))


def along_line(
    cells: Cells, normal: Float[Tensor, "..."], *, length: Real, width: Real, shift: Real = 0.0
) -> Float[Tensor, "... side side"]:
    """Tile along straight lines with the given normals, `shift` from the centre along them."""
    x, y = cells
    cos, sin = torch.cos(normal)[..., None, None], torch.sin(normal)[..., None, None]
    return bump(x * cos + y * sin - shift, width) * bump(y * cos - x * sin, length)


def along_ray(
    cells: Cells, direction: Float[Tensor, "..."], *, length: Real, width: Real
) -> Float[Tensor, "... side side"]:
    """Tile along half a line, which leaves the centre in the given direction."""
    x, y = cells
    cos, sin = torch.cos(direction)[..., None, None], torch.sin(direction)[..., None, None]
    return bump(x * cos + y * sin - length, length) * bump(y * cos - x * sin, width)


def along_arc(
    cells: Cells, normal: Float[Tensor, "..."], *, radius: Real, length: Real, width: Real
) -> tuple[Float[Tensor, "... side side"], Float[Tensor, "... side side"]]:
    """Tile along circles through the centre, and the circle's normal in each cell.

    A circle of the given radius passes through the centre with the given outward normal; across
    is the distance to it, along is measured on its tangent.
    """
    x, y = cells
    cos, sin = torch.cos(normal)[..., None, None], torch.sin(normal)[..., None, None]
    from_middle_x, from_middle_y = x + radius * cos, y + radius * sin
    distance = torch.hypot(from_middle_x, from_middle_y) - radius
    tile = bump(distance, width) * bump(y * cos - x * sin, length)
    return tile, torch.atan2(from_middle_y, from_middle_x)


def moved(cells: Cells, direction: Float[Tensor, " n"], by: Float[Tensor, " n"]) -> Cells:
    """The cells as seen by inputs that look so far beside their centre."""
    x, y = cells
    return (
        x + (by * torch.cos(direction))[..., None, None],
        y + (by * torch.sin(direction))[..., None, None],
    )


def each(orientations: Float[Tensor, " n"]) -> Float[Tensor, "n 1"]:
    """Orientations of the units of a layer, beside those of its inputs."""
    return orientations[:, None]


def of_inputs(orientations: Float[Tensor, " n"]) -> Float[Tensor, "n 1 1"]:
    """Orientations of the inputs, beside the cells of the kernel."""
    return orientations[:, None, None]


def normalised(weights: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """Scaled so that each unit's weights sum to 1."""
    return weights / weights.sum((1, 2, 3), keepdim=True)


def excitation(weights: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """Scaled so that each unit's positive weights sum to 1."""
    return weights / torch.relu(weights).sum((1, 2, 3), keepdim=True)


def without_tails(weights: Tensor) -> Tensor:
    """The weights with everything below 1e-6 of the largest exactly zero.

    The far tails of Gaussians are subnormal numbers, which processors handle ten times slower.
    """
    size = weights.abs()
    return torch.where(size < _NEGLIGIBLE * size.amax(), 0.0, weights)
