"""How strongly a unit responds to pictures, by a judge that no method has optimised against.

A picture is put, unchanged, in the middle of an image of the network's own size and shown to the
plain network once: no jitter, no padding of a method's own, no gradient that is redirected.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from curvecircuits.errors import InputError
from curvecircuits.models.address import Address, Unit
from curvecircuits.models.network import Network

# Cells to either side of the centre that `around` looks at: 5 × 5 in all.
_REACH = 2


@dataclass(frozen=True, kw_only=True)
class Reading:
    """An activation before and after the rectifier; the same where the layer has none."""

    pre: float
    rectified: float


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What a unit makes of a picture."""

    unit: str
    centre: Reading  # at row h // 2 and column w // 2 of the map, the picture at its own size
    around: Reading  # the largest of the 5 × 5 cells around that one
    enlarged: Reading  # the same of the picture enlarged


def framed(picture: Float[Tensor, "3 h w"], *, size: int) -> Float[Tensor, "3 size size"]:
    """The picture in the middle of a square of its own mean colour.

    Where the borders cannot be equal, the odd pixel goes after the picture.
    """
    height, width = picture.shape[1:]
    top, left = (size - height) // 2, (size - width) // 2
    frame = picture.mean((1, 2))[:, None, None].repeat(1, size, size)
    frame[:, top : top + height, left : left + width] = picture
    return frame


def resized(picture: Float[Tensor, "3 h w"], *, size: int) -> Float[Tensor, "3 p q"]:
    """The picture with its longer side of this many pixels, bilinear with antialiasing."""
    factor = size / max(picture.shape[1:])
    height, width = (max(1, round(side * factor)) for side in picture.shape[1:])
    return F.interpolate(picture[None], (height, width), mode="bilinear", antialias=True)[0]


def judged(
    network: Network,
    images: Sequence[Float[Tensor, "3 h w"]],
    units: Sequence[str],
    *,
    enlarged_to: int | None = None,
) -> list[Judged]:
    """Three readings of each picture by the unit that it was drawn for.

    Parameters
    ----------
    network
        The judge.
    images
        RGB in [0, 1], none larger than the network's input.
    units
        One a picture, such as `3b:358`.
    enlarged_to
        Longer side in pixels of the picture enlarged; the network's input size if not given.

    Raises
    ------
    InputError
        For pictures of another form, larger than the input, or not as many as units.
    """
    if len(images) != len(units):
        raise InputError(
            f"{len(images)} pictures and {len(units)} units cannot be matched: give one unit a "
            "picture."
        )
    size = enlarged_to or network.input_size
    return [
        _judge(network, image, network.check(Unit.parse(unit)), size)
        for image, unit in zip(images, units, strict=True)
    ]


def _judge(network: Network, picture: Tensor, unit: Address, size: int) -> Judged:
    side = network.input_size
    if picture.ndim != 3 or picture.shape[0] != 3 or max(*picture.shape[1:], size) > side:
        raise InputError(
            f"A picture of shape {tuple(picture.shape)}, enlarged to {size}, cannot be judged: "
            f"give RGB (3, h, w) and sizes up to the network's {side} pixels."
        )
    layer = network.layer(unit.layer)
    if not layer.spatial:
        raise InputError(f"{layer.title} has no map with a centre: choose a layer that has one.")
    with torch.no_grad():
        shown = torch.stack(
            [framed(picture, size=side), framed(resized(picture, size=size), size=side)]
        ).to(network.device)
        values = network.activations(shown, layers=[layer.name, layer.pre_activation])
    pre = network.project(values[layer.pre_activation], unit)
    post = network.project(values[layer.name], unit)
    row, column = pre.shape[1] // 2, pre.shape[2] // 2

    def largest(image: int, reach: int) -> Reading:
        rows = slice(max(0, row - reach), row + reach + 1)
        columns = slice(max(0, column - reach), column + reach + 1)
        return Reading(
            pre=float(pre[image, rows, columns].max()),
            rectified=float(post[image, rows, columns].max()),
        )

    return Judged(
        unit=str(unit),
        centre=largest(0, 0),
        around=largest(0, _REACH),
        enlarged=largest(1, _REACH),
    )
