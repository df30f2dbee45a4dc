"""What a network runs: a graph of named tensors over a module, and programs made from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor, fx, nn

from curvecircuits.models.cropped import Area, cropped
from curvecircuits.models.trace import program, run_recording

IMAGES = "images_as_given"
"""The second input of a graph that also reads the images before they are preprocessed."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Wiring:
    """A module and the graph that calls it, neither of them ever changed.

    An edit makes another wiring, which the network runs within a block.
    """

    module: nn.Module
    graph: fx.Graph
    nodes: Mapping[str, fx.Node]
    """The node of the graph that makes each layer."""
    joined: Mapping[str, tuple[str, ...]]
    """Concatenations that the network never computes, each with the branches it joins."""
    programs: dict[object, fx.GraphModule] = field(default_factory=dict)
    """Those made so far, by the layers they compute and, of parts of maps, the size and areas."""

    def run(
        self,
        wanted: frozenset[str],
        prepared: Tensor,
        images: Tensor,
        within: Mapping[str, Area] | None = None,
    ) -> dict[str, Tensor]:
        """Values of layers, by name, for images preprocessed and as they were given.

        `within` names layers of which an area is enough.
        """
        inputs = (n.target for n in self.graph.nodes if n.op == "placeholder")
        extra = {IMAGES: images} if IMAGES in inputs else {}
        if wanted not in self.programs:
            nodes = {name: self.nodes[name] for name in sorted(wanted)}
            self.programs[wanted] = program(self.module, self.graph, nodes)
        whole = self.programs[wanted]
        if not within:
            return whole(prepared, **extra)
        key = (wanted, prepared.shape[2:], images.shape[2:], tuple(sorted(within.items())))
        if key not in self.programs:
            one = [value[:1] for value in extra.values()]
            shapes = run_recording(whole, whole.graph, prepared[:1], *one)
            self.programs[key] = cropped(whole, shapes, within)
        return self.programs[key](prepared, **extra)
