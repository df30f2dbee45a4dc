"""Units in pixels: their linear receptive fields.

A unit that sums over the phases of what it sees has an empty linear field, as the phases cancel:
for units behind the first layers feature visualization says more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
from curvecircuits.models.geometry import Axis
from curvecircuits.models.network import Network
from curvecircuits.weights.gradient import linearised
from curvecircuits.weights.replay import needs

_CHUNK = 16


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """Units of one layer, and the canvas around the receptive field of one position."""

    target: str
    channels: tuple[int, ...]
    size: tuple[int, int]
    position: tuple[int, int]
    y: slice
    x: slice


def pixel_weights(
    network: Network, units: Sequence[Unit | tuple[str, int]]
) -> Float[Tensor, "units 3 h w"]:
    """Linear receptive fields: the derivative of units' pre-activations by each pixel of an image.

    With E the expanded weights of a unit on the network's first convolution and F the derivative
    of that convolution by the image, given as RGB in [0, 1], the field is the product E · F. Like
    all expanded weights it is what the unit would do if everything after the first convolution
    were linear; the unit's own response differs. h and w are the sides of the layer's receptive
    field, so row i is the pixel row `first + i` of its geometry.

    Parameters
    ----------
    units
        Units of one layer, as `Unit` or (layer, channel).

    Raises
    ------
    InputError
        For unknown layers and units, units of several layers, a layer that some of the image
        reaches by another way than through one first convolution, and operations without a linear
        counterpart.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> layers = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU(), nn.Conv2d(4, 5, 3))
    >>> found = pixel_weights(wrap(layers, input_size=32), [("2", 0), ("2", 4)])
    >>> tuple(found.shape)
    (2, 3, 7, 7)

    References
    ----------
    Voss et al., "Visualizing Weights", Distill 2021, on expanded weights.
    """
    frame = _frame(network, units)
    first = _first_convolution(network, frame.target)
    after = None if first == frame.target else linearised(network, first, frame.target)

    def end(images: Tensor) -> Tensor:
        values = network.run(images, layers=[first])[first]
        return values if after is None else after(values)

    found: list[Tensor] = []
    for channels in torch.tensor(frame.channels).split(_CHUNK):
        canvas = torch.full((len(channels), 3, *frame.size), 0.5, device=network.device)
        found.append(_gradient(end, canvas, frame, channels)[:, :, frame.y, frame.x])
    return torch.cat(found)


def sees_pixels(network: Network, layer: str) -> bool:
    """Whether a layer is the first convolution, so that its linear fields are its own filters.

    A batch normalisation between it and the rectifier only scales them.

    Raises
    ------
    InputError
        For an unknown layer.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3))
    >>> [sees_pixels(wrap(layers, input_size=32), name) for name in ("0", "1", "2")]
    [True, True, False]
    """
    target = network.layer(layer).pre_activation
    convolutions = (name for name, x in network.layers.items() if x.kind == "conv")
    before = (name for name in convolutions if name == target or network.path(name, target))
    first = next(before, None)
    if first is None or first == target:
        return first == target
    return all(network.layers[n].kind == "batchnorm" for n in network.path(first, target))


def _gradient(
    end: Callable[[Tensor], Tensor], images: Tensor, frame: _Frame, channels: Tensor
) -> Tensor:
    """The derivative of one unit an image, at the frame's position, by its image."""
    with torch.inference_mode(False), torch.enable_grad():
        canvas = images.detach().clone().requires_grad_()
        read = end(canvas)[torch.arange(len(channels)), channels, *frame.position]
        return torch.autograd.grad(read.sum(), canvas)[0]


def _frame(network: Network, units: Sequence[Unit | tuple[str, int]]) -> _Frame:
    chosen = [u if isinstance(u, Unit) else Unit(*u) for u in units]
    for unit in chosen:
        network.check(unit)
    layers = sorted({network.layer(u.layer).name for u in chosen})
    if len(layers) != 1:
        raise InputError(
            "Units are shown in pixels for one layer at a time: "
            + (f"these are of {', '.join(layers)}." if layers else "name at least one unit.")
        )
    target = network.layer(layers[0]).pre_activation
    own = network.geometry(target)
    size = (_side(own.y, network.input_size), _side(own.x, network.input_size))
    field = network.geometry(target, size=size)
    (row, top), (column, left) = (_place(axis) for axis in (field.y, field.x))
    return _Frame(
        target=target,
        channels=tuple(u.channel for u in chosen),
        size=size,
        position=(row, column),
        y=slice(top, top + field.y.size),
        x=slice(left, left + field.x.size),
    )


def _first_convolution(network: Network, target: str) -> str:
    """The first convolution that the whole image passes through on its way to the target."""
    for name, layer in network.layers.items():
        if layer.kind != "conv":
            continue
        if name == target:
            return name
        path = network.path(name, target)
        if path and not needs(path[target], {name: None})[1]:
            return name
    raise InputError(
        f"{target} of {network.name} reads the image by several ways: pixel weights are of layers "
        "behind one first convolution."
    )


def _side(axis: Axis, size: int) -> int:
    """The smallest image with room for one unit, and the remainder of the network's own size.

    Where padding depends on the size of the image, it depends on that remainder.
    """
    needed = axis.size + 2 * axis.stride
    return needed + (size - needed) % axis.stride


def _place(axis: Axis) -> tuple[int, int]:
    """The first unit whose receptive field is whole, and the first pixel of it."""
    unit = max(0, -(axis.first // axis.stride))
    return unit, axis.first + unit * axis.stride
