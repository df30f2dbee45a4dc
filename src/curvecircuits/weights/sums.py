"""Sums and products of the path, read as affine steps."""

from typing import Any

import torch
from torch import Tensor, fx

from curvecircuits.models import roles
from curvecircuits.models.network import Network
from curvecircuits.weights.replay import constant, replayed
from curvecircuits.weights.step import Step, refusal


def read_sum(network: Network, node: fx.Node, path: set[str]) -> Step:
    """A sum or difference of maps, numbers, and constants of one value a channel."""
    what = network.called(node)
    operands: list[Any] = list(node.args[:2])
    if "other" in node.kwargs:
        operands.append(node.kwargs["other"])
    alpha = float(constant(network, node.kwargs.get("alpha", 1)))
    if what == "neg":
        signs = [-1.0]
    elif what == "rsub":
        signs = [-alpha, 1.0]
    else:
        signs = [1.0, -alpha if "sub" in str(what) else alpha]
    inputs: list[str] = []
    kept: list[float] = []
    bias: Tensor | None = None
    for operand, sign in zip(operands, signs, strict=False):
        if isinstance(operand, fx.Node) and operand.meta["layer"] in path:
            inputs.append(operand.meta["layer"])
            kept.append(sign)
            continue
        value = constant(network, operand)
        if value is not None:  # a branch that depends on the image alone is no part of the path
            added = sign * _a_channel(network, node, value)
            bias = added if bias is None else bias + added
    _check_sizes(network, node, inputs)
    return Step(
        name=node.meta["layer"],
        inputs=tuple(inputs),
        kind="add",
        channels=_channels(network, node),
        signs=tuple(kept),
        bias=bias,
    )


def read_product(network: Network, node: fx.Node, source: str, path: set[str]) -> Step:
    """A product or quotient of a map with a constant, or with a gate.

    What a map is multiplied with is held at the value it has where the source is zero; that must be
    one number a channel. A map times its own sigmoid is SiLU, whose stand-in is the identity.
    """
    quotient = "div" in str(network.called(node))
    operands: list[Any] = [*node.args[:2], *node.kwargs.values()]
    first, second = operands[:2]
    name, channels = node.meta["layer"], _channels(network, node)

    def step(kept: fx.Node, factor: Tensor | None) -> Step:
        kind = "same" if factor is None else "scale"
        return Step(
            name=name, inputs=(kept.meta["layer"],), kind=kind, channels=channels, factor=factor
        )

    if not quotient and not _is_map(network, first, path):
        first, second = second, first
    if not _is_map(network, first, path):
        raise refusal(network, node, "it divides by a map")
    value = constant(network, second)
    if value is None and _is_map(network, second, path) and not quotient:
        for one, other in ((first, second), (second, first)):
            if other.all_input_nodes == [one] and roles.is_rectifier(network.module, other):
                return step(one, None)
        raise refusal(network, node, "it multiplies two maps that both depend on the source")
    if value is None:
        layer = network.layer(source)
        empty = torch.zeros(1, layer.channels, layer.height, layer.width, device=network.device)
        value = replayed(network, second, {source: empty})
        if value is None:
            raise refusal(network, node, "it multiplies by a map that depends on the image itself")
    factor = _a_channel(network, node, value)
    return step(first, 1 / factor if quotient else factor)


def _channels(network: Network, node: fx.Node) -> int:
    layer = network.layers.get(node.meta["layer"])
    if layer is None:
        raise refusal(network, node)
    return layer.channels


def _is_map(network: Network, operand: Any, path: set[str]) -> bool:
    """Whether an operand is a map on the path, rather than a gate of one position."""
    if not isinstance(operand, fx.Node) or operand.meta["layer"] not in path:
        return False
    layer = network.layers.get(operand.meta["layer"])
    return layer is not None and layer.height * layer.width > 1


def _check_sizes(network: Network, node: fx.Node, inputs: list[str]) -> None:
    own = network.layers[node.meta["layer"]]
    for name in inputs:
        other = network.layers.get(name)
        if other is None or (other.channels, other.height, other.width) != (
            own.channels,
            own.height,
            own.width,
        ):
            raise refusal(network, node, "its terms are of different sizes")


def _a_channel(network: Network, node: fx.Node, value: Any) -> Tensor:
    """A number or tensor as one number a channel; refused when it differs between positions."""
    channels = _channels(network, node)
    tensor = torch.as_tensor(value, device=network.device, dtype=torch.get_default_dtype())
    if tensor.ndim > 4:
        raise refusal(network, node, "one of its factors or terms is no map")
    tensor = tensor.detach().reshape((1,) * (4 - tensor.ndim) + tensor.shape)
    flat = tensor.flatten(2).movedim(2, 0).flatten(1)  # positions, images × channels
    uniform = bool(((flat - flat[:1]).abs() <= 1e-6 * flat.abs().amax().clamp(min=1e-30)).all())
    if len(tensor) != 1 or tensor.shape[1] not in (1, channels) or not uniform:
        raise refusal(network, node, "one of its factors or terms differs between positions")
    return flat[0].expand(channels)
