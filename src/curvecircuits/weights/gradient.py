"""Expanded weights as a batched vector–Jacobian product through the linearised network."""

from collections.abc import Sequence

import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from curvecircuits.models import ops, roles
from curvecircuits.models.network import Network
from curvecircuits.weights.compose import Kernel

_CHUNK = 16


class _Average(nn.Module):
    """The average pooling that stands for a max pooling; padding counts as zero."""

    def __init__(self, pool: nn.Module) -> None:
        super().__init__()
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        size = (x.shape[2], x.shape[3])
        kernel, stride = roles.pair(self.pool.kernel_size), roles.pair(self.pool.stride)
        top, left = roles.padding_before(self.pool, size)
        # Enough room below and to the right for whichever way the pooling rounds.
        padded = F.pad(x, (left, left + kernel[1], top, top + kernel[0]))
        out = F.avg_pool2d(padded, kernel, stride)
        rows, columns = (-(-n // s) for n, s in zip(size, stride, strict=True))
        return out[:, :, :rows, :columns]


class _Scale(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


def _linearised(network: Network, source: str, target: str) -> fx.GraphModule:
    """The part of the network from source to target, with its linear stand-ins, as a module."""
    modules: dict[str, nn.Module] = {}  # shared with the network, but for the stand-ins
    graph = fx.Graph()
    twin: dict[str, fx.Node] = {source: graph.placeholder("source")}

    def off_path(node: fx.Node, like: fx.Node) -> fx.Node:
        """A branch that does not depend on the source: zeros of the right width."""
        channels = network.layer(node.meta["layer"]).channels
        zeros = graph.call_function(torch.zeros_like, (like,))
        first = graph.call_function(torch.narrow, (zeros, 1, 0, 1))
        return graph.call_method("expand", (first, -1, channels, -1, -1))

    for name, node in network.path(source, target).items():
        what = network.called(node)
        on_path = (n.meta["layer"] for n in node.all_input_nodes if n.meta["layer"] in twin)
        like = twin[next(on_path)]
        if roles.is_rectifier(network.module, node):
            twin[name] = like
            continue
        if isinstance(what, nn.MaxPool2d | nn.AvgPool2d | ops.SameMaxPool2d):
            what = _Average(what)
        elif isinstance(what, ops.LocalResponseNorm):
            what = _Scale(what.k**-what.beta)

        def known(n: fx.Node, like: fx.Node = like) -> fx.Node:
            found = twin.get(n.meta["layer"])
            return off_path(n, like) if found is None else found

        twin[name] = graph.node_copy(node, known)
        if isinstance(what, nn.Module):
            key = f"step{len(modules)}"
            modules[key] = what
            twin[name].target = key
    graph.output(twin[target])
    return fx.GraphModule(modules, graph)


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


def gradients(network: Network, source: str, target: str, channels: Sequence[int]) -> Kernel:
    """Weights of channels of the target on the source, over their whole support.

    One canvas a unit, as large as its receptive field; units in chunks of bounded memory.
    """
    program = _linearised(network, source, target)
    row, top, bottom, height = _window(network, source, target, "y")
    column, left, right, width = _window(network, source, target, "x")
    depth = network.layer(source).channels
    found: list[Tensor] = []
    for chunk in torch.as_tensor(channels).split(_CHUNK):
        canvas = torch.zeros(len(chunk), depth, height, width, device=network.device)
        canvas.requires_grad_()
        with torch.enable_grad():
            units = program(canvas)[torch.arange(len(chunk)), chunk, row, column]
            (gradient,) = torch.autograd.grad(units.sum(), canvas)
        found.append(gradient[:, :, top : bottom + 1, left : right + 1])
    inner, outer = network.geometry(source), network.geometry(target)
    stride = (outer.y.stride // inner.y.stride, outer.x.stride // inner.x.stride)
    origin = (top - row * stride[0], left - column * stride[1])
    return Kernel(torch.cat(found), origin, stride, torch.arange(len(channels)))
