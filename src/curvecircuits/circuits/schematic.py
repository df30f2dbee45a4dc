"""The circuit schematic: a layered graph of families, and how many parameters it stands for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from curvecircuits.families.family import Family
from curvecircuits.families.taxonomy import LINES, Taxonomy
from curvecircuits.models.network import Network
from curvecircuits.store import Record
from curvecircuits.weights import expanded_weights
from curvecircuits.weights.support import kernel_cells

CIRCUIT = (
    "Gabor",
    "complex Gabor",
    "colour contrast",
    "low frequency",
    *LINES,
    "angle",
    "tiny curve",
    "early curve",
)
"""The families that the article's circuit is made of, besides the curves themselves."""


@dataclass(frozen=True, kw_only=True)
class SchematicNode(Record):
    """A family of a layer."""

    id: str
    """`layer/family`."""
    layer: str
    family: str
    units: int
    share: float
    """Of the units of its layer."""


@dataclass(frozen=True, kw_only=True)
class SchematicEdge(Record):
    """Expanded weights from a family to one of the next layer of the chain."""

    source: str
    target: str
    positive: float
    """Sum of the positive weights, over the sum of magnitudes of all weights into the target."""
    negative: float
    """The same of the negative weights; at most 0."""


@dataclass(frozen=True, kw_only=True)
class Schematic(Record):
    """A layered graph of families with signed, normalised edges."""

    SCHEMA = "curvecircuits.schematic/1"

    model: str
    layers: tuple[str, ...]
    nodes: tuple[SchematicNode, ...]
    edges: tuple[SchematicEdge, ...]
    parameters: int
    """Weights between the circuit's families, and of their first filters; see
    `circuit_parameters`."""


def _members(taxonomy: Taxonomy, layer: str, curves: Family) -> Mapping[str, Sequence[int]]:
    """Channels of every family of a layer; of the curve layer the curve family alone."""
    return {"curve": curves.channels} if layer == curves.layer else taxonomy.members(layer)


def schematic(network: Network, taxonomy: Taxonomy, curves: Family) -> Schematic:
    """The families of each layer and what they give to those of the next.

    An edge from family F to family G carries Σ w over the weights of one sign from units of F to
    units of G, over Σ |w| of all weights into G from its layer.

    Parameters
    ----------
    taxonomy
        From `discover_families`.
    curves
        The curve family; of its layer nothing else is shown.

    Raises
    ------
    InputError
        As `expanded_weights`.

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, "circuit schematic".
    """
    nodes: list[SchematicNode] = []
    edges: list[SchematicEdge] = []
    members = {layer: _members(taxonomy, layer, curves) for layer in taxonomy.layers}
    for layer, families in members.items():
        width = network.layer(layer).channels
        nodes += [
            SchematicNode(
                id=f"{layer}/{name}",
                layer=layer,
                family=name,
                units=len(channels),
                share=len(channels) / width,
            )
            for name, channels in families.items()
        ]
    for before, after in pairwise(taxonomy.layers):
        width = network.layer(after).channels
        weights = expanded_weights(
            network, before, units=[(after, c) for c in range(width)]
        ).values.flatten(2)
        whole = weights.abs().sum(2).sum(1)
        positive, negative = weights.clamp(min=0).sum(2), weights.clamp(max=0).sum(2)
        for target, rows in members[after].items():
            total = float(whole[list(rows)].sum()) or 1.0
            for source, columns in members[before].items():
                pair = (slice(None), list(columns))
                edges.append(
                    SchematicEdge(
                        source=f"{before}/{source}",
                        target=f"{after}/{target}",
                        positive=float(positive[list(rows)][pair].sum()) / total,
                        negative=float(negative[list(rows)][pair].sum()) / total,
                    )
                )
    return Schematic(
        model=network.name,
        layers=taxonomy.layers,
        nodes=tuple(nodes),
        edges=tuple(edges),
        parameters=circuit_parameters(network, taxonomy, curves),
    )


def circuit_parameters(network: Network, taxonomy: Taxonomy, curves: Family) -> int:
    """Parameters of the curve circuit.

    Between adjacent layers, every unit of the circuit's families is tied to every one before it by
    as many weights as the convolution kernels between them have positions (1×1 bottlenecks and
    pooling add none); the first layer has its own filters on the three colours. The article's own
    unit counts (19 units of conv2d0, 37 of conv2d1, 48 of conv2d2, 47 of 3a, 10 of 3b) give
    19·147 + 19·37 + 37·48·9 + 48·47·9 + 47·10·25 = 51,534.

    Raises
    ------
    InputError
        As `expanded_weights`.

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021: "more than 50,000 parameters".
    """
    kept = {
        layer: [
            c
            for name, channels in _members(taxonomy, layer, curves).items()
            if name == "curve" or name in CIRCUIT
            for c in channels
        ]
        for layer in taxonomy.layers
    }
    first = taxonomy.layers[0]
    field = network.geometry(network.layer(first).name)
    total = len(kept[first]) * 3 * field.y.size * field.x.size
    for before, after in pairwise(taxonomy.layers):
        if kept[before] and kept[after]:
            units = Family(
                name="circuit",
                layer=after,
                channels=tuple(kept[after]),
                orientations=(float("nan"),) * len(kept[after]),
                period=0,
            ).units
            total += len(kept[before]) * sum(kernel_cells(network, before, units=units))
    return total
