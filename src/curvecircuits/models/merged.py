"""Several wirings of one network as one graph, in which nothing is computed twice.

Two nodes are one when they do the same to the same nodes: the same function with the same
constants, or the same module with the very same tensors. Modules of the network that an edit has
copied are the same as long as their tensors are; what edits have put in is the same when its type,
settings and numbers are.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.node import map_arg

from curvecircuits.models import operations, roles
from curvecircuits.models.network import Network
from curvecircuits.models.operations import Constant, Scale, Zero
from curvecircuits.models.trace import GUARDS, needed_for
from curvecircuits.models.wiring import Wiring


class Merged:
    """One graph for several wirings of a network.

    Parameters
    ----------
    module
        The network's own, of which the wirings' modules are copies with other tensors.
    wirings
        Any number of them.
    layer
        The one that is wanted of each.
    """

    def __init__(self, module: nn.Module, wirings: Sequence[Wiring], layer: str) -> None:
        self.root: dict[str, Any] = {}
        """What the graph's nodes name: modules and tensors."""
        self.guards: list[fx.Node] = []
        """Nodes that check that a recording holds for the images, which nothing reads."""
        self.graph = fx.Graph()
        """It returns nothing."""
        self._paths = {path for path, _ in module.named_modules(remove_duplicate=False)}
        self._held = {id(t): t for t in (*module.parameters(), *module.buffers())}
        self._contents: dict[int, tuple[Tensor, object]] = {}
        self._names: dict[object, str] = {}
        self._made: dict[object, fx.Node] = {}
        self._wirings = tuple(wirings)  # what is known by its identity has to stay
        self.ends = [self._added(wiring, layer) for wiring in wirings]
        """The node that makes the layer in each wiring."""
        self.graph.output(None)

    # -- nodes -----------------------------------------------------------------------------

    def _added(self, wiring: Wiring, layer: str) -> fx.Node:
        end = wiring.nodes[layer]
        needed = needed_for([end])
        twins: dict[fx.Node, fx.Node] = {}
        for node in wiring.graph.nodes:
            guard = node.target == GUARDS
            if node in needed or (guard and set(node.all_input_nodes) <= {*twins}):
                twins[node] = self._put(wiring, node, twins)
                if guard and twins[node] not in self.guards:
                    self.guards.append(twins[node])
        return twins[end]

    def _put(self, wiring: Wiring, node: fx.Node, twins: Mapping[fx.Node, fx.Node]) -> fx.Node:
        args, kwargs = (map_arg(given, twins.__getitem__) for given in (node.args, node.kwargs))
        target: Any = node.target
        if node.op in ("call_module", "get_attr"):
            target = self._named(wiring.module, str(target))
        pools = _pools(wiring.module, node)
        return self._one(node.op, target, args, kwargs, pools=pools)

    def _one(self, op: str, target: Any, args: Any, kwargs: Any, *, pools: bool) -> fx.Node:
        """The node of an operation on nodes of the merged graph, made if there is none."""
        if pools:
            before: fx.Node = args[0]
            changes = self.root.get(str(before.target)) if before.op == "call_module" else None
            if _commutes(changes):
                # The pool of the unchanged maps is what all versions share.
                args = (*before.args, *args[1:])
                pooled = self._one(op, target, args, kwargs, pools=True)
                return self._one("call_module", before.target, (pooled,), {}, pools=False)
        key = (op, target, self._spelt(args), self._spelt(kwargs))
        if key not in self._made:
            self._made[key] = self.graph.create_node(op, target, args, kwargs)
        return self._made[key]

    # -- when two things are the same ------------------------------------------------------

    def _named(self, module: nn.Module, path: str) -> str:
        """The name in the merged graph of what a wiring's module has at a path."""
        parent, _, last = path.rpartition(".")
        what = getattr(module.get_submodule(parent), last)
        if isinstance(what, Tensor):
            key = self._spelt(what)
        elif isinstance(what, nn.Module) and path in self._paths:
            key = (path, tuple(self._spelt(t) for t in _tensors(what)))
        elif type(what).__module__ == operations.__name__:
            key = (type(what), self._spelt(_settings(what)))
        else:
            key = id(what)
        if key not in self._names:
            self._names[key] = f"{'value' if isinstance(what, Tensor) else 'part'}{len(self.root)}"
            self.root[self._names[key]] = what
        return self._names[key]

    def _spelt(self, value: Any) -> object:
        """Something that can be compared: equal for values of which it makes no difference."""
        match value:
            case Tensor():
                return self._content(value)
            case Network():
                return Network, id(value.wiring)
            case tuple() | list():
                return isinstance(value, tuple), tuple(self._spelt(each) for each in value)
            case Mapping():
                return Mapping, tuple((k, self._spelt(v)) for k, v in value.items())
            case slice():
                return slice, *(self._spelt(v) for v in (value.start, value.stop, value.step))
            case bool() | int() | float() | complex():
                return type(value), repr(value)  # 1 is not True, and 0.0 not -0.0
            case _:
                return value if value.__hash__ else id(value)

    def _content(self, tensor: Tensor) -> object:
        """A tensor of the network is known by its identity, any other by its numbers."""
        if id(tensor) in self._held:
            return Tensor, id(tensor)
        if id(tensor) not in self._contents:
            with torch.no_grad():
                plain = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
            digest = hashlib.sha256(plain.numpy().data).digest()
            self._contents[id(tensor)] = (
                tensor,
                (tensor.dtype, tensor.device, tensor.requires_grad, tuple(tensor.shape), digest),
            )
        return self._contents[id(tensor)][1]


def _tensors(module: nn.Module) -> Iterator[Tensor]:
    """Every tensor that a module and those within it hold, weights or not."""
    for each in module.modules():
        for value in vars(each).values():
            yield from _found(value)


def _found(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping | tuple | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _found(each)


def _settings(module: nn.Module) -> dict[str, Any]:
    """What an operation that an edit has put in was made with."""
    own = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return own | dict(module.named_buffers())


def _pools(module: nn.Module, node: fx.Node) -> bool:
    """Whether a node takes maxima over windows of one map, and gives nothing else."""
    if roles.kind(module, node) != "maxpool" or len(node.all_input_nodes) != 1:
        return False
    if not node.args or node.args[0] is not node.all_input_nodes[0]:
        return False
    if node.op == "call_module":
        what: Any = module.get_submodule(str(node.target))
        hooked = what._forward_hooks or what._forward_pre_hooks
        return not hooked and not getattr(what, "return_indices", False)
    return not node.kwargs.get("return_indices", len(node.args) > 6 and node.args[6])


def _commutes(what: Any) -> bool:
    """Whether maxima of what an edit makes are what it makes of maxima, bit for bit."""
    return isinstance(what, Zero | Constant) or (isinstance(what, Scale) and what.factor >= 0)
