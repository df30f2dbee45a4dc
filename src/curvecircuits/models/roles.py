"""What each operation of a graph is, and what it does to geometry."""

import operator
from typing import Any

from torch import fx, nn
from torch._ops import OpOverload

from curvecircuits.models import ops
from curvecircuits.models.geometry import Axis, Geometry

_RECTIFIERS = (
    nn.ReLU,
    nn.ReLU6,
    nn.LeakyReLU,
    nn.PReLU,
    nn.ELU,
    nn.GELU,
    nn.SiLU,
    nn.Mish,
    nn.Hardswish,
    nn.Hardtanh,
    nn.Softplus,
    nn.Sigmoid,
    nn.Tanh,
)
_RECTIFYING = {
    "relu", "relu6", "leaky_relu", "prelu", "elu", "gelu", "silu", "mish", "hardswish",
    "hardtanh", "softplus", "sigmoid", "tanh", "clamp", "clamp_min",
}  # fmt: skip
_POINTWISE_MODULES = (
    *_RECTIFIERS,
    nn.BatchNorm2d,
    nn.Dropout,
    nn.Dropout2d,
    nn.Identity,
    ops.LocalResponseNorm,
    nn.LocalResponseNorm,
)
_POINTWISE = _RECTIFYING | {
    "dropout", "batch_norm", "contiguous", "clone", "float", "local_response_norm", "neg", "to",
    "_assert",
}  # fmt: skip
_JOINS: set[Any] = {operator.add, operator.mul, operator.sub, operator.truediv}
_KINDS = {
    "conv2d": "conv",
    "batch_norm": "batchnorm",
    "max_pool2d": "maxpool",
    "avg_pool2d": "avgpool",
}
_JOIN_NAMES = {"add", "mul", "sub", "div", "cat", "concat"}


def called(module: nn.Module, node: fx.Node) -> Any:
    """The module a node calls, or the name of its function."""
    if node.op == "call_module":
        return module.get_submodule(str(node.target))
    return _name(node)


def kind(module: nn.Module, node: fx.Node) -> str:
    """A short word for the operation: `conv`, `relu`, `batchnorm`, `concat`, `add` and so on."""
    what = called(module, node)
    if isinstance(what, nn.Conv2d):
        return "conv"
    if isinstance(what, ops.Concat) or what in ("cat", "concat"):
        return "concat"
    if isinstance(what, nn.Module):
        return type(what).__name__.lower().removesuffix("2d").removeprefix("same")
    return _KINDS.get(str(what), str(what))


def is_rectifier(module: nn.Module, node: fx.Node) -> bool:
    """Whether a node's output is a clipped or squashed version of its input."""
    what = called(module, node)
    return isinstance(what, _RECTIFIERS) or (isinstance(what, str) and what in _RECTIFYING)


def is_concat(module: nn.Module, node: fx.Node) -> bool:
    """Whether a node joins branches on the channel axis."""
    if kind(module, node) != "concat":
        return False
    axis = node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else 1)
    return node.op == "call_module" or axis in (1, -3)


def is_plain(module: Any) -> bool:
    """Whether something is a module that does what its class says, and nothing besides."""
    if not isinstance(module, nn.Module):
        return False
    hooks = (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks)  # pyright: ignore[reportPrivateUsage]
    return not module.training and not any(hooks)


def is_pointwise(module: nn.Module) -> bool:
    """Whether a module treats every position by itself; one may say so as `each_position`."""
    return type(module) in _POINTWISE_MODULES or getattr(type(module), "each_position", False)


def is_pointwise_call(node: fx.Node) -> bool:
    """Whether a function, or method of a tensor, treats every position of its first by itself."""
    return node.op in ("call_function", "call_method") and _name(node) in _POINTWISE


def is_join_call(node: fx.Node) -> bool:
    """Whether a function sums, multiplies or stacks maps, position by position."""
    if node.op not in ("call_function", "call_method"):
        return False
    if _name(node) in ("cat", "concat"):
        return _channel_axis(node)
    return node.target in _JOINS or _name(node) in _JOIN_NAMES


def _name(node: fx.Node) -> str:
    if isinstance(node.target, OpOverload):
        return node.target.overloadpacket.__name__
    return str(getattr(node.target, "__name__", node.target))


def _channel_axis(node: fx.Node) -> bool:
    return node.kwargs.get("dim", node.args[1] if len(node.args) > 1 else 0) in (1, -3)


def concat_inputs(node: fx.Node) -> list[fx.Node]:
    """The branches that a concatenation joins, in order."""
    return list(node.all_input_nodes)


def pair(value: Any) -> tuple[int, int]:
    """A size as torch writes it, `3` or `(3, 5)`, as (rows, columns)."""
    if isinstance(value, int):
        return value, value
    return int(value[0]), int(value[-1])  # the exporter writes a square as one number


def _windowed(
    inner: Geometry, kernel: Any, stride: Any, before: tuple[int, int], dilation: Any = 1
) -> Geometry:
    (kh, kw), (sh, sw), (dh, dw) = pair(kernel), pair(stride), pair(dilation)
    axes: list[Axis] = []
    for axis, k, s, p, d in ((inner.y, kh, sh, before[0], dh), (inner.x, kw, sw, before[1], dw)):
        axes.append(axis.window(kernel=k, stride=s, before=p, dilation=d))
    return Geometry(y=axes[0], x=axes[1], context=inner.context)


def _conv_padding(conv: nn.Conv2d) -> tuple[int, int]:
    if conv.padding == "valid":
        return 0, 0
    if conv.padding == "same":
        d, k = pair(conv.dilation), pair(conv.kernel_size)
        return d[0] * (k[0] - 1) // 2, d[1] * (k[1] - 1) // 2
    return pair(conv.padding)


def padding_before(window: Any, size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of padding before a map of one size, for a convolution or a pooling."""
    if isinstance(window, ops.SameConv2d | ops.SameMaxPool2d):
        kernel, stride = pair(window.kernel_size), pair(window.stride)
        rows, columns = (ops.same_padding(size[a], kernel[a], stride[a])[0] for a in (0, 1))
        return rows, columns
    return _conv_padding(window) if isinstance(window, nn.Conv2d) else pair(window.padding)


def geometry_after(
    module: nn.Module,
    node: fx.Node,
    inputs: list[Geometry | None],
    shapes: list[tuple[int, ...]],
) -> Geometry | None:
    """Geometry of a node's output from that of its tensor inputs; None where there is no map.

    None also stands for an operation this table does not know: such a layer can be read, but
    nothing says where its units look.
    """
    what = called(module, node)
    if not inputs or inputs[0] is None or len(shapes[0]) != 4:
        joined = [g for g, s in zip(inputs, shapes, strict=True) if g and len(s) == 4]
        if not (joined and (what in _JOIN_NAMES or node.target in _JOINS)):
            return None
    first = inputs[0]
    if isinstance(what, ops.Concat) or node.target in _JOINS or what in _JOIN_NAMES:
        return _join(inputs, shapes)
    assert first is not None
    size = shapes[0][2:]
    match what:
        case ops.SameConv2d() | ops.SameMaxPool2d():
            before = padding_before(what, (size[0], size[1]))
            return _windowed(first, what.kernel_size, what.stride, before)
        case nn.Conv2d():
            padding = _conv_padding(what)
            return _windowed(first, what.kernel_size, what.stride, padding, what.dilation)
        case nn.MaxPool2d() | nn.AvgPool2d():
            dilation = what.dilation if isinstance(what, nn.MaxPool2d) else 1
            return _windowed(first, what.kernel_size, what.stride, pair(what.padding), dilation)
        case nn.ZeroPad2d() | nn.ConstantPad2d() | nn.ReflectionPad2d() | nn.ReplicationPad2d():
            left, _, top, _ = what.padding
            return _windowed(first, 1, 1, (top, left))
        case "pad" | "constant_pad_nd":
            left, _, top, _ = (*_argument(node, 1, "pad", ()), 0, 0)[:4]
            return _windowed(first, 1, 1, (top, left))
        case "conv2d":
            return _functional_conv(node, first, shapes)
        case "max_pool2d" | "avg_pool2d":
            kernel = _argument(node, 1, "kernel_size", 1)
            stride = _argument(node, 2, "stride", None) or kernel
            dilation = _argument(node, 4, "dilation", 1) if what == "max_pool2d" else 1
            padding = pair(_argument(node, 3, "padding", 0))
            return _windowed(first, kernel, stride, padding, dilation)
        case _ if isinstance(what, _POINTWISE_MODULES):
            return first
        case str() if what in _POINTWISE:
            return first
        case _:
            return None


def _argument(node: fx.Node, position: int, name: str, default: Any) -> Any:
    if name in node.kwargs:
        return node.kwargs[name]
    return node.args[position] if len(node.args) > position else default


def _functional_conv(
    node: fx.Node, first: Geometry, shapes: list[tuple[int, ...]]
) -> Geometry | None:
    kernel = shapes[1][2:] if len(shapes) > 1 and len(shapes[1]) == 4 else None
    padding = _argument(node, 4, "padding", 0)
    if kernel is None or isinstance(padding, str):
        return None
    stride, dilation = _argument(node, 3, "stride", 1), _argument(node, 5, "dilation", 1)
    return _windowed(first, kernel, stride, pair(padding), dilation)


def _join(inputs: list[Geometry | None], shapes: list[tuple[int, ...]]) -> Geometry | None:
    """Sum or concatenation; a gate of one value an image (1 × 1) only adds context."""
    maps = [(g, s) for g, s in zip(inputs, shapes, strict=True) if len(s) == 4]
    if not maps:
        return None
    height = max(s[2] for _, s in maps)
    local = [g for g, s in maps if s[2] == height]
    if any(g is None for g in local):
        return None
    joined = local[0]
    for other in local[1:]:
        assert joined is not None
        assert other is not None
        if joined.stride != other.stride:
            return None
        joined = joined.join(other)
    if joined is not None and len(local) < len(maps):
        return Geometry(y=joined.y, x=joined.x, context=True)
    return joined
