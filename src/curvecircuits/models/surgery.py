"""How an edit changes a graph: a copy of the graph with nodes put in, over modules put beside.

Nothing that is there is written to. The module tree is copied around its own tensors, so that a
wiring costs its structure and not its weights.
"""

import copy
from collections.abc import Mapping
from typing import Any

from torch import Tensor, fx, nn

from curvecircuits.models.operations import Donated, Take
from curvecircuits.models.trace import needed_for
from curvecircuits.models.wiring import IMAGES, Wiring


class Surgery:
    """A wiring in the making, from one that stays as it is.

    Parameters
    ----------
    wiring
        What to start from.
    swapped
        New tensors for old ones, by the old one's identity; all places that hold it get the new.
    """

    def __init__(self, wiring: Wiring, *, swapped: Mapping[int, Tensor] | None = None) -> None:
        module = wiring.module
        shared = {id(t): t for t in (*module.parameters(), *module.buffers())}
        # deepcopy takes what its memo holds instead of copying it, and ties stay ties.
        memo: dict[int, Any] = {**shared, **(swapped or {})}
        memo |= {id(m.by): m.by for m in module.modules() if isinstance(m, Donated)}
        self.module: nn.Module = copy.deepcopy(module, memo)
        self.graph = fx.Graph()
        twin: dict[fx.Node, fx.Node] = {}
        self.graph.output(self.graph.graph_copy(wiring.graph, twin))
        self.nodes = {name: twin[node] for name, node in wiring.nodes.items()}
        self._joined = wiring.joined

    def done(self) -> Wiring:
        """The new wiring."""
        return Wiring(module=self.module, graph=self.graph, nodes=self.nodes, joined=self._joined)

    # -- nodes put in ----------------------------------------------------------------------

    def _called(self, operation: nn.Module, *args: fx.Node) -> fx.Node:
        count = 0
        while hasattr(self.module, f"edit{count}"):
            count += 1
        self.module.add_module(f"edit{count}", operation)
        return self.graph.call_module(f"edit{count}", args)

    def _instead(self, layer: str, old: fx.Node, new: fx.Node) -> None:
        """Give every reader of a layer the new node."""
        new.meta["layer"] = layer
        old.replace_all_uses_with(new, delete_user_cb=lambda user: user is not new)
        self.nodes[layer] = new

    def after(self, layer: str, operation: nn.Module, *others: fx.Node) -> None:
        """Let an operation take the layer's values, and give what it makes to every reader."""
        old = self.nodes[layer]
        with self.graph.inserting_after(old):
            new = self._called(operation, old, *others)
        self._instead(layer, old, new)

    def images(self) -> fx.Node:
        """The images as they were given, a second input of the graph."""
        inputs = [n for n in self.graph.nodes if n.op == "placeholder"]
        for node in inputs:
            if node.target == IMAGES:
                return node
        with self.graph.inserting_after(inputs[-1]):
            node = self.graph.placeholder(IMAGES, default_value=None)
        node.meta["layer"] = IMAGES
        return node

    def depends(self, layer: str, source: str) -> bool:
        """Whether a layer is computed from another."""
        return self.nodes[source] in needed_for([self.nodes[layer]])

    def read(self, layer: str, *, before: str) -> fx.Node:
        """The node of a layer, which does not depend on the other, moved to come before it."""
        found, place = self.nodes[layer], self.nodes[before]
        needed = needed_for([found])
        passed = False
        for node in list(self.graph.nodes):
            passed |= node is place
            if passed and node in needed:
                place.prepend(node)
        return found

    def second_run(
        self, source: str, operation: nn.Module, targets: Mapping[str, list[int]]
    ) -> None:
        """Run the paths from a source to targets again on what an operation makes of the source.

        Parameters
        ----------
        targets
            The channels of each layer that take the values of the second run.
        """
        start = self.nodes[source]
        ends = {self.nodes[layer]: layer for layer in targets}
        needed, reached = needed_for(ends), {start}
        between: list[fx.Node] = []
        for node in self.graph.nodes:
            if node in needed and node is not start and reached & set(node.all_input_nodes):
                reached.add(node)
                between.append(node)
        with self.graph.inserting_after(start):
            twin = {start: self._called(operation, start)}
        for node in between:
            with self.graph.inserting_after(node):
                again = self.graph.node_copy(node, lambda n: twin.get(n, n))
            twin[node] = again
            if node in ends:
                layer = ends[node]
                with self.graph.inserting_after(again):
                    new = self._called(Take(targets[layer]), node, again)
                self._instead(layer, node, new)
                twin[new] = again
