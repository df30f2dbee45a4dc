"""One node of a network's graph, read as an affine step.

The same operation comes as a module, as a function, or as what `torch.export` recorded; all three
are read here.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn

from curvecircuits.errors import InputError
from curvecircuits.models import ops, roles
from curvecircuits.models.layer import Layer
from curvecircuits.models.network import Network
from curvecircuits.weights.replay import constant
from curvecircuits.weights.step import Step, operands, refusal
from curvecircuits.weights.sums import read_product, read_sum

_SAME_MODULES = (nn.Dropout, nn.Dropout2d, nn.Identity)
_SAME = {"dropout", "contiguous", "clone", "float", "to", "detach", "alias", "_to_copy"}
_PADDING = (nn.ZeroPad2d, nn.ConstantPad2d, nn.ReflectionPad2d, nn.ReplicationPad2d)
_POOLS = (nn.MaxPool2d, nn.AvgPool2d, ops.SameMaxPool2d)
_POOLING = {"max_pool2d", "avg_pool2d"}
_GLOBAL = {"adaptive_avg_pool2d", "adaptive_max_pool2d", "mean", "amax"}
_SUMS = {"add", "sub", "rsub", "neg", "iadd", "isub"}
_PRODUCTS = {"mul", "div", "truediv", "imul", "itruediv"}


def read_step(network: Network, node: fx.Node, source: str, path: set[str]) -> Step:
    """The affine step of one node of the path from a source.

    Parameters
    ----------
    path
        Names of the tensors that depend on the source, and its own.

    Raises
    ------
    InputError
        When the operation has no affine counterpart here.
    """
    reader = _Reader(network=network, node=node, path=path)
    what = network.called(node)
    match what:
        case _ if roles.is_rectifier(network.module, node) or isinstance(what, _SAME_MODULES):
            return reader.step("same")
        case nn.Conv2d() | "conv2d":
            return reader.conv(what)
        case nn.BatchNorm2d() | "batch_norm":
            return reader.batch_norm(what)
        case ops.LocalResponseNorm() | nn.LocalResponseNorm() | "local_response_norm":
            return reader.response_norm(what)
        case nn.AdaptiveAvgPool2d() | nn.AdaptiveMaxPool2d() | ops.GlobalAveragePool():
            raise reader.refused(_EVERYWHERE)
        case _ if isinstance(what, _POOLS) or what in _POOLING:
            return reader.average(what)
        case _ if isinstance(what, _PADDING) or what in ("pad", "constant_pad_nd"):
            return reader.shift(what)
        case str() if what in _SAME:
            return reader.step("same")
        case str() if what in _SUMS:
            return read_sum(network, node, path)
        case str() if what in _PRODUCTS:
            return read_product(network, node, source, path)
        case str() if what in _GLOBAL:
            raise reader.refused(_EVERYWHERE)
        case _ if roles.is_concat(network.module, node):
            return reader.concat()
        case _:
            raise reader.refused()


_EVERYWHERE = "it reads the whole map, so its weights have no position"


@dataclass(frozen=True, kw_only=True)
class _Reader:
    """Reads the arguments of one node."""

    network: Network
    node: fx.Node
    path: set[str]

    def step(self, kind: str, **extra: Any) -> Step:
        name = self.node.meta["layer"]
        inputs = tuple(n.meta["layer"] for n in operands(self.node) if n.meta["layer"] in self.path)
        return Step(name=name, inputs=inputs, kind=kind, channels=self._layer.channels, **extra)

    @property
    def _layer(self) -> Layer:
        found = self.network.layers.get(self.node.meta["layer"])
        if found is None:
            raise self.refused()
        return found

    def refused(self, why: str = "") -> InputError:
        return refusal(self.network, self.node, why)

    def argument(self, position: int, name: str, default: Any = None) -> Any:
        """An argument of a function: as it is, or the constant that a node stands for."""
        args, kwargs = self.node.args, self.node.kwargs
        given = kwargs.get(name, args[position] if len(args) > position else default)
        if given is None:
            return default
        value = constant(self.network, given)
        if value is None:
            raise self.refused(f"its {name} depends on the image")
        return value

    def _input(self) -> Layer:
        found = self.network.layers.get(self.node.all_input_nodes[0].meta["layer"])
        if found is None or len(self.node.all_input_nodes) == 0:
            raise self.refused()
        return found

    def conv(self, conv: Any) -> Step:
        if isinstance(conv, nn.Conv2d):
            size = self._input()
            before = roles.padding_before(conv, (size.height, size.width))
            kernel, bias, groups = conv.weight, conv.bias, conv.groups
            stride, dilation = roles.pair(conv.stride), roles.pair(conv.dilation)
        else:
            kernel, bias = self.argument(1, "weight"), self.argument(2, "bias")
            stride = roles.pair(self.argument(3, "stride", 1))
            padding = self.argument(4, "padding", 0)
            dilation = roles.pair(self.argument(5, "dilation", 1))
            groups = self.argument(6, "groups", 1)
            if padding == "same":
                extent = [d * (k - 1) for d, k in zip(dilation, kernel.shape[2:], strict=True)]
                before = (extent[0] // 2, extent[1] // 2)
            else:
                before = (0, 0) if padding == "valid" else roles.pair(padding)
        return self.step(
            "conv",
            kernel=kernel.detach(),
            bias=None if bias is None else bias.detach(),
            stride=stride,
            before=before,
            dilation=dilation,
            groups=groups,
        )

    def batch_norm(self, norm: Any) -> Step:
        if isinstance(norm, nn.BatchNorm2d):
            mean, variance, weight, bias, eps = (
                norm.running_mean, norm.running_var, norm.weight, norm.bias, norm.eps
            )  # fmt: skip
        else:
            # torch.batch_norm and the exporter put weight and bias first, F.batch_norm last.
            functional = getattr(self.node.target, "__module__", "") == "torch.nn.functional"
            m, w = (1, 3) if functional else (3, 1)
            mean, variance = self.argument(m, "running_mean"), self.argument(m + 1, "running_var")
            weight, bias = self.argument(w, "weight"), self.argument(w + 1, "bias")
            eps = self.argument(7, "eps", 1e-5)
        if mean is None or variance is None:
            raise self.refused("it keeps no running statistics")
        slope = torch.rsqrt(variance.detach() + eps)
        slope = slope if weight is None else slope * weight.detach()
        shift = -mean.detach() * slope
        return self.step("scale", factor=slope, bias=shift if bias is None else shift + bias)

    def response_norm(self, norm: Any) -> Step:
        k, beta = (
            (self.argument(4, "k", 1.0), self.argument(3, "beta", 0.75))
            if isinstance(norm, str)
            else (norm.k, norm.beta)
        )
        factor = torch.full((self._layer.channels,), float(k) ** -float(beta))
        return self.step("scale", factor=factor.to(self.network.device))

    def average(self, pool: Any) -> Step:
        size, out = self._input(), self._layer
        if isinstance(pool, str):
            window = roles.pair(self.argument(1, "kernel_size"))
            stride = roles.pair(self.argument(2, "stride", None) or window)
            before = roles.pair(self.argument(3, "padding", 0))
            maximal = pool == "max_pool2d"
            dilation = roles.pair(self.argument(4, "dilation", 1) if maximal else 1)
            divisor = None if maximal else self.argument(6, "divisor_override")
        else:
            window, stride = roles.pair(pool.kernel_size), roles.pair(pool.stride)
            before = roles.padding_before(pool, (size.height, size.width))
            dilation = roles.pair(getattr(pool, "dilation", 1))
            divisor = getattr(pool, "divisor_override", None)
        counts = zip(
            (out.height, out.width), (size.height, size.width), stride, window, dilation, before,
            strict=True,
        )  # fmt: skip
        rows, columns = ((o - 1) * s + d * (k - 1) + 1 - n - b for o, n, s, k, d, b in counts)
        return self.step(
            "average",
            window=window,
            divisor=float(divisor or math.prod(window)),
            stride=stride,
            before=before,
            after=(rows, columns),
            dilation=dilation,
        )

    def shift(self, pad: Any) -> Step:
        sides = self.argument(1, "pad") if isinstance(pad, str) else pad.padding
        if len(sides) > 4 and any(sides[4:]):
            raise self.refused("it pads the channels")
        left, right, top, bottom = (*sides, 0, 0)[:4]
        return self.step("shift", before=(top, left), after=(bottom, right))

    def concat(self) -> Step:
        branches = operands(self.node)
        layers = [self.network.layers.get(n.meta["layer"]) for n in branches]
        if any(x is None for x in layers):
            raise self.refused("one of its branches is no map")
        parts = tuple((x.name, x.channels) for x in layers if x is not None)
        return self.step("concat", parts=parts)
