"""One frame for pictures and images: a unit's receptive field is centred on the same pixel."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from curvecircuits.models.network import Network
from curvecircuits.visualize.features.canvas import canvas_for
from curvecircuits.visualize.features.objectives import Objective
from curvecircuits.visualize.features.picture import Picture
from curvecircuits.visualize.features.robustness import straight
from curvecircuits.weights.expanded import ExpandedWeights

Cell = tuple[int, int]


def values_on(
    network: Network, asked: Objective, picture: Picture
) -> Float[Tensor, "channels h w"]:
    """The layer of a field's objective on a finished picture, at the cells that it asks for."""
    canvas = canvas_for(network, asked)
    reading = canvas.readings[0]
    assert reading.rows is not None
    assert reading.columns is not None
    layer = asked.terms[0].layer
    image = picture.rgb()[None].to(network.device)
    with torch.inference_mode():
        seen = straight(image, size=canvas.size, middle=canvas.middle)
        maps = network.run(seen, layers=[layer])[layer]
    return maps[0, :, slice(*reading.rows), slice(*reading.columns)].cpu()


def middle_of(
    network: Network, weights: ExpandedWeights, asked: Objective, picture: Picture
) -> tuple[float, float]:
    """Pixel of a field's picture on which the unit with these weights is centred."""
    canvas = canvas_for(network, asked)
    reading = canvas.readings[0]
    inner = network.geometry(weights.source, size=canvas.size)
    found: list[float] = []
    for n, (cells, axis) in enumerate(((reading.rows, inner.y), (reading.columns, inner.x))):
        assert cells is not None
        unit = axis.centre + cells[0] * axis.stride - weights.offset[n]
        found.append((picture.image.shape[1 + n] - 1) / 2 + unit - canvas.middle[n])
    return found[0], found[1]


def corner_of(
    network: Network, target: str, image: Tensor, cell: Cell, middle: tuple[float, float]
) -> Cell:
    """Pixel of the image, which may lie beyond it, that is the first of the frame."""
    outer = network.geometry(target, size=(image.shape[1], image.shape[2]))
    y, x = (a.centre + a.stride * k for a, k in zip((outer.y, outer.x), cell, strict=True))
    return round(y - middle[0]), round(x - middle[1])


def cut(
    image: Float[Tensor, "c h w"], corner: Cell, side: Cell, *, beyond: float
) -> Float[Tensor, "c p q"]:
    """The part of an image from a corner on, with one value beyond its border.

    >>> cut(torch.ones(1, 4, 4), (-1, 2), (3, 3), beyond=0.5)
    tensor([[[0.5000, 0.5000, 0.5000],
             [1.0000, 1.0000, 0.5000],
             [1.0000, 1.0000, 0.5000]]])
    """
    (top, left), (height, width) = corner, side
    bottom, right = top + height - image.shape[1], left + width - image.shape[2]
    # A negative padding crops.
    return F.pad(image, (-left, right, -top, bottom), value=beyond)
