"""Expanded weights as a batched vector–Jacobian product through the linearised network.

What is kept of the network is computed by its own operations; only what is not linear is replaced.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, fx
from torch.nn import functional as F

from curvecircuits.models.network import Network
from curvecircuits.weights.compose import Kernel
from curvecircuits.weights.linear import linear_path
from curvecircuits.weights.replay import again, constant
from curvecircuits.weights.step import Step

_CHUNK = 16


def _average(step: Step, x: Tensor) -> Tensor:
    """The average pooling that stands for a pooling; padding counts as zero."""
    (top, left), (bottom, right) = step.before, step.after
    padded = F.pad(x, (left, right, top, bottom))
    if step.dilation == (1, 1):
        return F.avg_pool2d(padded, step.window, step.stride, divisor_override=1) / step.divisor
    box = x.new_ones(x.shape[1], 1, *step.window) / step.divisor
    return F.conv2d(padded, box, stride=step.stride, dilation=step.dilation, groups=x.shape[1])


def linearised(network: Network, source: str, target: str) -> Callable[[Tensor], Tensor]:
    """The linearised path as a function of the source's values.

    Branches that do not depend on the source count as zero.
    """
    steps = linear_path(network, source, target)
    path = network.path(source, target)
    start, end = network.layer(source).name, steps[-1].name

    def run(values: Tensor) -> Tensor:
        known: dict[str, Tensor] = {start: values}
        for step in steps:
            node, x = path[step.name], known[step.inputs[0]]
            if step.kind == "same":
                known[step.name] = x
            elif step.kind == "average":
                known[step.name] = _average(step, x)
            elif step.kind == "shift":
                (top, left), (bottom, right) = step.before, step.after
                known[step.name] = F.pad(x, (left, right, top, bottom))
            elif step.kind == "scale" and step.bias is None:
                assert step.factor is not None
                known[step.name] = x * step.factor[:, None, None]
            else:
                known[step.name] = again(network, node, _reader(network, known, x))
        return known[end]

    return run


def _reader(network: Network, known: dict[str, Tensor], like: Tensor) -> Callable[[fx.Node], Any]:
    """The value of what a node reads: on the path, a constant, or zeros of the right width."""

    def value_of(node: fx.Node) -> Any:
        name = node.meta["layer"]
        if name in known:
            return known[name]
        value = constant(network, node)
        if value is not None:
            return value
        return like.new_zeros(()).expand(
            len(like), network.layer(name).channels, like.shape[2], like.shape[3]
        )

    return value_of


def _window(network: Network, source: str, target: str, axis: str) -> tuple[int, int, int, int]:
    """(k, first, last, canvas) on one axis: a target unit, the source cells it reads, the room.

    The canvas leaves the same remainder under the stride as the network's own input does, as SAME
    padding depends on it.
    """
    inner = getattr(network.geometry(source), axis)
    outer = getattr(network.geometry(target), axis)
    k = max(0, -(-(inner.first - outer.first) // outer.stride))
    first = (outer.first + k * outer.stride - inner.first) // inner.stride
    last = (outer.last + k * outer.stride - inner.last) // inner.stride
    ratio = outer.stride // inner.stride
    layer = network.layer(source)
    own = layer.height if axis == "y" else layer.width
    canvas = last + 1 + (own - last - 1) % ratio
    return k, first, last, canvas


def whole_support(
    network: Network, source: str, target: str
) -> tuple[tuple[int, int], tuple[int, int]]:
    """First cell and size of what any unit of the target reads: (origin, (height, width)).

    Rows and columns are counted as those of `Kernel` are.
    """
    origin: list[int] = []
    size: list[int] = []
    for axis in ("y", "x"):
        k, first, last, _ = _window(network, source, target, axis)
        inner, outer = (getattr(network.geometry(layer), axis) for layer in (source, target))
        origin.append(first - k * (outer.stride // inner.stride))
        size.append(last - first + 1)
    return (origin[0], origin[1]), (size[0], size[1])


def gradients(network: Network, source: str, target: str, channels: Sequence[int]) -> Kernel:
    """Weights of channels of the target on the source, over their whole support.

    One canvas a unit, as large as its receptive field; units in chunks of bounded memory.
    """
    program = linearised(network, source, target)
    row, top, bottom, height = _window(network, source, target, "y")
    column, left, right, width = _window(network, source, target, "x")
    depth = network.layer(source).channels
    found: list[Tensor] = []
    for chunk in torch.as_tensor(channels).split(_CHUNK):
        canvas = torch.zeros(len(chunk), depth, height, width, device=network.device)
        canvas.requires_grad_()
        with torch.inference_mode(False), torch.enable_grad():
            units = program(canvas)[torch.arange(len(chunk)), chunk, row, column]
            (gradient,) = torch.autograd.grad(units.sum(), canvas)
        found.append(gradient[:, :, top : bottom + 1, left : right + 1])
    inner, outer = network.geometry(source), network.geometry(target)
    stride = (outer.y.stride // inner.y.stride, outer.x.stride // inner.x.stride)
    origin = (top - row * stride[0], left - column * stride[1])
    return Kernel(torch.cat(found), origin, stride)
