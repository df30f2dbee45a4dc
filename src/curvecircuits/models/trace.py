"""From any module to a graph of named tensors.

`torch.fx` records the operations of a forward pass; where it cannot (a forward pass that branches
on the shape of its input, say), `torch.export` records those of an example instead, with guards
that refuse images for which the recording would not hold. Each recorded tensor gets the name of the
module that makes it (`layer1.0.conv1`), or of the function within its module (`layer1.0.add`); a
second use of the same module or function is marked `~2`. In-place operations are made ordinary,
so that every tensor keeps the value it had; what reads a tensor after it was overwritten is given
the result of the operation that overwrote it.
"""

import copy
import operator
import warnings
from collections import Counter
from collections.abc import Iterable
from typing import Any, cast

import torch
from torch import Tensor, fx, nn
from torch._ops import OpOverload
from torch.nn import functional as F

from curvecircuits.errors import InputError
from curvecircuits.models import ops
from curvecircuits.models.lean import lean

_OUT_OF_PLACE: dict[Any, Any] = {
    operator.iadd: operator.add,
    operator.imul: operator.mul,
    operator.isub: operator.sub,
    operator.itruediv: operator.truediv,
    torch.relu_: torch.relu,
    F.relu_: F.relu,
}


GUARDS = "_guards_fn"
"""The module by which `torch.export` checks that a recording holds for the images given."""


class _Tracer(fx.Tracer):
    """Keeps torch's own modules and ours whole, and traces through everything else."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return type(m).__module__ == ops.__name__ or super().is_leaf_module(
            m, module_qualified_name
        )


def frozen_copy(module: nn.Module) -> nn.Module:
    """A copy in evaluation mode, without gradients for weights and without in-place layers."""
    module = copy.deepcopy(module).eval().requires_grad_(False)
    for child in module.modules():
        if getattr(child, "inplace", None) is True:
            child.inplace = False  # pyright: ignore[reportArgumentType]
            child.overwrites = True  # pyright: ignore[reportArgumentType]
    return module


def trace(module: nn.Module, example: Tensor) -> tuple[nn.Module, fx.Graph]:
    """The graph of a module's forward pass on one image tensor, and the module its nodes name.

    Parameters
    ----------
    example
        Two images or more, as the module takes them.

    Raises
    ------
    InputError
        When the forward pass needs more than one argument or cannot be recorded.
    """
    title = type(module).__name__
    try:
        graph = _Tracer().trace(module)
    except Exception as error:
        module = _exported(module, example, error)
        graph = cast(fx.GraphModule, module).graph
    inputs = [n for n in graph.nodes if n.op == "placeholder"]
    required = [n for n in inputs if not n.args]
    if len(required) != 1 and not (not required and inputs):
        raise InputError(
            f"{title} takes {len(required)} inputs; a network under study takes one image tensor."
        )
    _make_out_of_place(module, graph)
    _name(graph)
    return module, graph


def _exported(module: nn.Module, example: Tensor, first: Exception) -> nn.Module:
    """What `torch.export` records, for any number of images and, where it can, any size."""
    free = torch.export.Dim.AUTO
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # about the exporter's own internals
            recorded = torch.export.export(
                module, (example,), dynamic_shapes=({0: free, 2: free, 3: free},)
            ).module()
    except Exception as error:
        reasons = [(str(e).strip().splitlines() or [repr(e)])[0] for e in (first, error)]
        raise InputError(
            f"{type(module).__name__} cannot be traced, neither by torch.fx ({reasons[0]}) nor by "
            f"torch.export ({reasons[1]}): its forward pass must take one image tensor and not "
            "branch on tensor values."
        ) from error
    # The exporter's graph packs its inputs and outputs in a way that cannot be copied.
    plain = fx.Graph()
    plain.output(plain.graph_copy(recorded.graph, {}))
    return fx.GraphModule(recorded, plain)


def _make_out_of_place(module: nn.Module, graph: fx.Graph) -> None:
    later = set(graph.nodes)
    for node in graph.nodes:
        later.discard(node)
        if not _made_ordinary(module, node) or not node.all_input_nodes:
            continue
        overwritten = node.all_input_nodes[0]
        for user in list(overwritten.users):
            if user in later:
                user.replace_input_with(overwritten, node)


def _made_ordinary(module: nn.Module, node: fx.Node) -> bool:
    """Replace an in-place operation by its ordinary form; say whether it was one."""
    if node.op == "call_module":
        return getattr(module.get_submodule(str(node.target)), "overwrites", False)
    if node.op == "call_function" and node.target in _OUT_OF_PLACE:
        node.target = _OUT_OF_PLACE[node.target]
        return True
    if isinstance(node.target, OpOverload) and node.target.overloadpacket.__name__.endswith("_"):
        _, packet, overload = str(node.target).split(".")  # such as aten.relu_.default
        node.target = getattr(getattr(torch.ops.aten, packet[:-1]), overload)
        return True
    if node.op == "call_method":
        plain = str(node.target).removesuffix("_")
        if plain != node.target and not plain.startswith("_") and hasattr(Tensor, plain):
            node.target = plain
            return True
    if node.kwargs.get("inplace"):
        node.kwargs = {**node.kwargs, "inplace": False}
        return True
    return False


def _name(graph: fx.Graph) -> None:
    """Give each node `meta['layer']`, its unique name."""
    seen: Counter[str] = Counter()
    for node in graph.nodes:
        if node.op in ("placeholder", "output"):
            node.meta["layer"] = "input" if node.op == "placeholder" else "output"
            continue
        named = node.op in ("call_module", "get_attr")
        name = str(node.target) if named else _name_of_call(node)
        seen[name] += 1
        node.meta["layer"] = name if seen[name] == 1 else f"{name}~{seen[name]}"


def _name_of_call(node: fx.Node) -> str:
    """The path of the module in which a function is called, and the function."""
    stack = node.meta.get("nn_module_stack") or {}
    path, kind = next(reversed(stack.values())) if stack else ("", "")
    if isinstance(node.target, OpOverload):
        if str(kind).startswith("torch.nn.modules.") and path:
            return path  # the exporter looked inside one of torch's own modules
        return f"{path}.{node.target.overloadpacket.__name__}".lstrip(".")
    label = node.target if node.op == "call_method" else getattr(node.target, "__name__", "call")
    return f"{path}.{label}".lstrip(".")


def needed_for(nodes: Iterable[fx.Node]) -> set[fx.Node]:
    """The nodes themselves and all that they are computed from."""
    needed: set[fx.Node] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if node not in needed:
            needed.add(node)
            stack.extend(node.all_input_nodes)
    return needed


def run_recording(
    module: nn.Module,
    graph: fx.Graph,
    images: Tensor,
    *more: Tensor,
    only: set[fx.Node] | None = None,
) -> dict[fx.Node, tuple[int, ...]]:
    """Shapes of all tensors of the graph, or of some nodes only, for one batch of images."""
    shapes: dict[fx.Node, tuple[int, ...]] = {}

    class Recorder(fx.Interpreter):
        def run_node(self, n: fx.Node) -> Any:
            if only is not None and n not in only and n.op != "placeholder":
                return None
            value = super().run_node(n)
            if isinstance(value, Tensor):
                shapes[n] = tuple(value.shape)
            return value

    with torch.no_grad():
        Recorder(module, garbage_collect_values=True, graph=graph).run(images, *more)
    return shapes


def program(module: nn.Module, graph: fx.Graph, wanted: dict[str, fx.Node]) -> fx.GraphModule:
    """The part of the graph that computes the wanted tensors, as a module returning a dict."""
    needed = needed_for(wanted.values())
    pruned = fx.Graph()
    twin: dict[fx.Node, fx.Node] = {}
    for node in graph.nodes:
        if node in needed or node.op == "placeholder" or node.target == GUARDS:
            twin[node] = pruned.node_copy(node, lambda n: twin[n])
    pruned.output({name: twin[node] for name, node in wanted.items()})
    return lean(fx.GraphModule(module, pruned))
