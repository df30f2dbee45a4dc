"""Several edited versions of one network: what they have in common is computed once."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, fx

from curvecircuits.models.applied import applied
from curvecircuits.models.edits import Edit
from curvecircuits.models.lean import lean
from curvecircuits.models.merged import Merged
from curvecircuits.models.network import Network
from curvecircuits.models.trace import needed_for, run_recording
from curvecircuits.models.wiring import IMAGES

_COUNTS = (1, 2)
"""Images of two batches, by which an axis of images is told from others."""
_WANTED = "wanted"


class Shared:
    """Versions of a network, each by its edits, with a trunk that they share and a tail each.

    The graphs of all versions are merged (see `merged`). What more than one of them needs is the
    trunk, which `before` computes; what only one needs is its tail, which `after` computes from
    what the trunk gives. Each version is what `edit` makes of the network, up to rounding.

    All that is handed from the trunk to the tails has the images as its first axis. It can be
    computed for a few images at a time and be joined: early maps are large, and stay in a
    processor's cache, while tails run faster on many images.

    Parameters
    ----------
    network
        As it is now: within `edit`, as edited.
    versions
        The edits of each; none at all are the network itself.
    to
        The layer wanted, such as `network.logits`.

    Raises
    ------
    InputError
        As `edit`, and for a layer that is not there.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.edits import ZeroUnits
    >>> from curvecircuits.models.wrap import wrap
    >>> module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3))
    >>> shared = Shared(
    ...     wrap(module, input_size=16), [[], [ZeroUnits(units=[("1", 2)])]], to="2"
    ... )
    >>> values = shared.before(torch.rand(5, 3, 16, 16))
    >>> [tuple(value.shape) for value in values.values()]
    [(5, 4, 14, 14)]
    >>> intact, without = (shared.after(values, k) for k in range(2))
    >>> bool((intact == without).all())
    False
    """

    def __init__(self, network: Network, versions: Sequence[Sequence[Edit]], *, to: str) -> None:
        layer = network.layer(to).name
        wirings = [network.wiring] * len(versions)
        for k, edits in enumerate(versions):
            for one in edits:
                wirings[k] = applied(one, network, wirings[k])
        self._network = network
        self._merged = Merged(network.module, wirings, layer)
        ends = self._merged.ends
        needed = [needed_for([end]) for end in ends]
        nodes = self._merged.graph.nodes
        carried = self._carried({n for n in nodes if sum(n in each for each in needed) > 1})
        tails = [_reached(end, carried) for end in ends]
        given = [n for n in nodes if n in carried and any(n in tail for tail in tails)]
        names = {f"given{k}": node for k, node in enumerate(given)}
        self.reads = tuple(
            tuple(name for name, node in names.items() if node in tail) for tail in tails
        )
        """What each version's tail reads of what `before` gives, by name."""
        first = self._merged.graph.find_nodes(op="placeholder")[0]
        self._before = self._program({*needed_for(given), *self._merged.guards, first}, {}, names)
        self._after = [
            self._program(tail, {names[n]: n for n in read}, {_WANTED: end})
            for tail, read, end in zip(tails, self.reads, ends, strict=True)
        ]

    def before(self, images: Float[Tensor, "n 3 h w"]) -> dict[str, Tensor]:
        """What tails read, by name, each with the images as its first axis."""
        inputs = {n.target for n in self._before.graph.find_nodes(op="placeholder")}
        extra = {IMAGES: images} if IMAGES in inputs else {}
        return self._before(self._network.prepare(images), **extra)

    def after(self, values: Mapping[str, Tensor], version: int) -> Tensor:
        """The layer wanted of a version, from what `before` gave for any number of images."""
        given = {name: values[name] for name in self.reads[version]}
        return self._after[version](**given)[_WANTED]

    # -- where the trunk ends --------------------------------------------------------------

    def _carried(self, shared: set[fx.Node]) -> set[fx.Node]:
        """Those of the nodes shared that have the images as their first axis.

        Others (sizes, weights, tensors in another order) cannot be put together from parts: tails
        compute them again.
        """
        merged, size = self._merged, self._network.input_size
        module = fx.GraphModule(merged.root, merged.graph)
        inputs = merged.graph.find_nodes(op="placeholder")
        found: list[dict[fx.Node, tuple[int, ...]]] = []
        for count in _COUNTS:
            images = torch.zeros(count, 3, size, size, device=self._network.device)
            prepared = self._network.prepare(images)
            more = [images if n.target == IMAGES else n.args[0] for n in inputs[1:]]
            found.append(run_recording(module, merged.graph, prepared, *more, only=shared))
        return {
            node
            for node in shared | {*inputs}
            if all(
                shapes.get(node, ())[:1] == (count,)
                for shapes, count in zip(found, _COUNTS, strict=True)
            )
        }

    def _program(
        self, part: set[fx.Node], given: Mapping[fx.Node, str], wanted: Mapping[str, fx.Node]
    ) -> fx.GraphModule:
        """What computes nodes from those given, some of the graph's in between."""
        graph = fx.Graph()
        twins = {node: graph.placeholder(name) for node, name in given.items()}
        for node in self._merged.graph.nodes:
            if node in part and node not in twins:
                twins[node] = graph.node_copy(node, twins.__getitem__)
        graph.output({name: twins[node] for name, node in wanted.items()})
        return lean(fx.GraphModule(self._merged.root, graph))


def _reached(end: fx.Node, stops: set[fx.Node]) -> set[fx.Node]:
    """What a node is computed from, up to and with those at which to stop."""
    found: set[fx.Node] = set()
    stack = [end]
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack += [] if node in stops else node.all_input_nodes
    return found
