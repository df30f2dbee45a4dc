"""The circuit as a graph: families of each layer, and what they give to those of the next."""

from dataclasses import dataclass
from typing import Literal

from curvecircuits.circuits.schematic import CIRCUIT, Schematic, SchematicEdge, SchematicNode
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count, percent
from curvecircuits.store import Record

_CURVES = "curve"


@dataclass(frozen=True, kw_only=True)
class SchematicFigure(Record):
    """A layered graph of families; layers are columns, in the order of the network."""

    kind: Literal["schematic"] = "schematic"
    words: Words
    layers: tuple[str, ...]
    nodes: tuple[SchematicNode, ...]
    edges: tuple[SchematicEdge, ...]
    core: tuple[str, ...]
    """Ids of the nodes whose families the curve circuit is made of."""


def schematic_figure(graph: Schematic, *, caption: str = "") -> SchematicFigure:
    """Make the figure from the graph, with its sentences.

    Parameters
    ----------
    graph
        From `curvecircuits.circuits.schematic`.
    caption
        What to add about the measurement.

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, "circuit schematic".
    """
    core = tuple(x.id for x in graph.nodes if x.family in CIRCUIT or x.family == _CURVES)
    ends = {x.id for x in graph.nodes if x.family == _CURVES}
    into = sorted((x for x in graph.edges if x.target in ends), key=_net)
    kept = sum(x.units for x in graph.nodes if x.id in core)
    takeaway = (
        f"{count(kept, 'unit')} in {count(len(graph.layers), 'layer')} and "
        f"{graph.parameters:,} weights make up the curve circuit of {graph.model}"
    )
    if into and _net(into[-1]) > 0:
        takeaway += (
            f"; the curves are excited most by {_name(into[-1].source)} "
            f"(net {_signed(_net(into[-1]))} of all weights into them)"
        )
        if _net(into[0]) < 0:
            takeaway += f" and inhibited most by {_name(into[0].source)} ({_signed(_net(into[0]))})"
    return SchematicFigure(
        words=Words(
            title="The circuit in families",
            takeaway=takeaway[0].upper() + takeaway[1:] + ".",
            caption=(
                "Columns are layers; the area of a circle is the number of units in the family. "
                "A line is the net weight from one family to another, the sum of its positive and "
                "negative expanded weights over the sum of magnitudes of all weights into the "
                "family on the right: red excites, dashed blue inhibits, and width is the "
                "size. A net weight near zero can stand for strong weights of both signs. "
                + caption
            ).strip(),
        ),
        layers=graph.layers,
        nodes=graph.nodes,
        edges=graph.edges,
        core=core,
    )


def _net(edge: SchematicEdge) -> float:
    return edge.positive + edge.negative


def _name(node: str) -> str:
    layer, family = node.rsplit("/", 1)
    return f"“{family}” of {layer}"


def _signed(fraction: float) -> str:
    return f"{'+' if fraction >= 0 else '−'}{percent(abs(fraction))}"
