"""A network in two halves: what comes before a layer is computed once, what comes after often."""

from collections.abc import Iterable, Mapping

from jaxtyping import Float
from torch import Tensor, fx

from curvecircuits.errors import InputError
from curvecircuits.models.lean import lean
from curvecircuits.models.network import Network
from curvecircuits.models.trace import needed_for


class Split:
    """A network cut at one layer, so that many versions of that layer share all before it.

    `before` computes the layer, and whatever later layers read past it; `after` computes a later
    layer from these, with any other values in the layer's place. `after(before(images))` is the
    network itself, operation by operation.

    Parameters
    ----------
    network
        Cut as it is now: within `edit`, as edited.
    at
        The layer whose values are replaced.
    to
        The layer wanted, such as `network.logits`.
    also
        Other layers that `before` should return; they may not depend on the one cut at.

    Raises
    ------
    InputError
        For layers that are not there, a `to` that does not depend on `at`, and others that do.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3))
    >>> split = Split(wrap(module, input_size=16), at="1", to="2")
    >>> values = split.before(torch.rand(5, 3, 16, 16))
    >>> split.after(values | {"1": torch.zeros(5, 4, 14, 14)}).shape
    torch.Size([5, 2, 12, 12])
    """

    def __init__(self, network: Network, *, at: str, to: str, also: Iterable[str] = ()) -> None:
        self.network = network
        self.at, self.to = network.layer(at).name, network.layer(to).name
        self.also = tuple(network.layer(name).name for name in also)
        wiring = network.wiring
        start, end = wiring.nodes[self.at], wiring.nodes[self.to]
        later = _later(wiring.graph, start)
        if end not in later:
            raise InputError(
                f"{network.name} cannot be cut at {at} on the way to {to}, which is not computed "
                "from it: choose a later layer."
            )
        for name in self.also:
            if wiring.nodes[name] in later:
                raise InputError(
                    f"{name} of {network.name} is computed from {at}, where it is cut: it is not "
                    "there before."
                )
        needed = needed_for([end])
        between = [n for n in wiring.graph.nodes if n in later and n in needed]
        passed = dict.fromkeys(
            n for node in between for n in node.all_input_nodes if n not in later and n is not start
        )
        # What is no tensor made from the image (weights, sizes) is read again behind the cut.
        kept = {n for n in passed if n.op != "get_attr"}
        self.passed = tuple(n.meta["layer"] for n in passed if n in kept)
        """Layers before the cut that are also read behind it, such as by a residual connection."""
        self._after = self._half(between, [start, *(n for n in passed if n in kept)], end)

    def _half(self, between: list[fx.Node], given: list[fx.Node], end: fx.Node) -> fx.GraphModule:
        graph = fx.Graph()
        twin = {node: graph.placeholder(f"given{k}") for k, node in enumerate(given)}

        def of(node: fx.Node) -> fx.Node:
            if node not in twin:
                twin[node] = graph.node_copy(node, of)
            return twin[node]

        for node in between:
            twin[node] = graph.node_copy(node, of)
        graph.output(twin[end])
        return lean(fx.GraphModule(self.network.module, graph))

    def before(self, images: Float[Tensor, "n 3 h w"]) -> dict[str, Tensor]:
        """The layer cut at, those read past it, and those asked for, by their full names."""
        return self.network.run(images, layers={self.at, *self.passed, *self.also})

    def after(self, values: Mapping[str, Tensor]) -> Tensor:
        """The later layer, from values by the names that `before` gives."""
        return self._after(*(values[name] for name in (self.at, *self.passed)))


def _later(graph: fx.Graph, start: fx.Node) -> set[fx.Node]:
    """All that is computed from a node, without the node."""
    reached = {start}
    for node in graph.nodes:
        if reached & set(node.all_input_nodes):
            reached.add(node)
    return reached - {start}
