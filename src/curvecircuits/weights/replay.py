"""Parts of a network's graph computed again, from values given for some of its tensors."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, fx
from torch.fx.node import map_arg

from curvecircuits.models.network import Network


def again(network: Network, node: fx.Node, value_of: Callable[[fx.Node], Any]) -> Any:
    """What one node of the graph computes from the values of those it reads."""
    if node.op == "get_attr":
        owner, _, name = str(node.target).rpartition(".")
        return getattr(network.module.get_submodule(owner), name)
    args, kwargs = map_arg((node.args, node.kwargs), value_of)
    if node.op == "call_module":
        return network.module.get_submodule(str(node.target))(*args, **kwargs)
    if node.op == "call_method":
        return getattr(args[0], str(node.target))(*args[1:], **kwargs)
    assert callable(node.target)
    return node.target(*args, **kwargs)


def needs(node: fx.Node, given: Mapping[str, Any]) -> tuple[list[fx.Node], bool]:
    """The nodes to compute for one, in order, and whether the image itself is among them."""
    needed: set[fx.Node] = set()
    stack = [node]
    image = False
    while stack:
        each = stack.pop()
        if each in needed or each.meta["layer"] in given:
            continue
        image |= each.op == "placeholder"
        needed.add(each)
        stack.extend(each.all_input_nodes)
    if len(needed) == 1:
        return list(needed), image
    return [n for n in node.graph.nodes if n in needed], image


def replayed(network: Network, node: fx.Node, given: Mapping[str, Tensor]) -> Any:
    """The value of a node when some tensors have the values given; None if it needs the image."""
    order, image = needs(node, given)
    if image:
        return None
    values: dict[fx.Node, Any] = {}

    def value_of(read: fx.Node) -> Any:
        name = read.meta["layer"]
        return given[name] if name in given else values[read]

    if not order:
        return given[node.meta["layer"]]
    with torch.no_grad():
        for each in order:
            values[each] = again(network, each, value_of)
    return values[node]


def constant(network: Network, node: Any) -> Any:
    """A number or tensor that does not depend on the image; None for one that does."""
    return replayed(network, node, {}) if isinstance(node, fx.Node) else node
