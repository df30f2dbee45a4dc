"""What the exported graphs are made of, in JSON beside them, for programs in any language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from curvecircuits.artificial.constants import COUNTS, VARIABLES, Constants, Real, constant_docs
from curvecircuits.artificial.layout import Group, Parts, layout
from curvecircuits.models.network import Network
from curvecircuits.store import Record

_SIZE = 224


@dataclass(frozen=True, kw_only=True)
class ExportedGraph(Record):
    """One ONNX file beside this record."""

    file: str
    """Its name, in the same folder."""
    sha256: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ExportedConstant(Record):
    """One element of the input `constants`."""

    name: str
    value: float
    """The value that the export was made with; the graph takes any other."""
    meaning: str
    """One sentence; empty where the name says it all."""


@dataclass(frozen=True, kw_only=True)
class ExportedTensor(Record):
    """An output of the first graph that is an input of the second."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ExportedFamily(Record):
    """Units of one family that follow one another in a layer."""

    family: str
    period: int
    """360 where the orientation is a direction, 180 where it is an axis, 0 where there is none."""
    orientations: tuple[float, ...]
    """Of each unit, in degrees: the direction of a curve's outward normal (0 is ")", 90 is "U") or
    the normal of a line (0 is vertical), with y downwards."""


@dataclass(frozen=True, kw_only=True)
class ExportedLayer(Record):
    """One layer: an output of the second graph, (n, units, rows, columns)."""

    name: str
    alias: str | None
    """Its short name, such as 3b."""
    families: tuple[ExportedFamily, ...]
    """In the order of the channels, which they fill without a gap."""
    stride: float
    """Pixels of the image between neighbouring units."""
    centre: float
    """Pixel at which the first unit looks, across and down, in an image of 224 × 224 pixels."""


@dataclass(frozen=True, kw_only=True)
class ExportedArtificial(Record):
    """The artificial network as two ONNX graphs.

    The first computes every weight from the constants, the second every layer from an image
    (n, 3, height, width; RGB from 0 to 1) and those weights.
    """

    SCHEMA: ClassVar[str | None] = "curvecircuits.artificial_onnx/1"

    opset: int
    weights: ExportedGraph
    """From `constants` to the weights."""
    responses: ExportedGraph
    """From `image` and the weights to the layers, and to what 3b is before rectification."""
    constants: tuple[ExportedConstant, ...]
    """In the order of the input `constants`."""
    counts: dict[str, int]
    """The constants that fix the shapes of the weights, and so cannot be varied."""
    tensors: tuple[ExportedTensor, ...]
    """The weights, in the order of both graphs."""
    layers: tuple[ExportedLayer, ...]
    """Those that are rectified, from the image on."""


def constants_of(constants: Constants) -> tuple[ExportedConstant, ...]:
    """The constants of `VARIABLES`, in order, with what the source says about each."""
    meanings = constant_docs()
    return tuple(
        ExportedConstant(
            name=name,
            value=_number(getattr(constants, name)),
            meaning=meanings[name],
        )
        for name in VARIABLES
    )


def _number(value: Real) -> float:
    return value.detach().item() if isinstance(value, Tensor) else float(value)


def counts_of(constants: Constants) -> dict[str, int]:
    """The constants that cannot be varied continuously."""
    return {name: getattr(constants, name) for name in COUNTS}


def tensors_of(weights: Mapping[str, Float[Tensor, "..."]]) -> tuple[ExportedTensor, ...]:
    """Names and shapes."""
    return tuple(ExportedTensor(name=k, shape=tuple(v.shape)) for k, v in weights.items())


def layers_of(
    network: Network, constants: Constants, parts: Parts, curves: Float[Tensor, " n"] | None
) -> tuple[ExportedLayer, ...]:
    """Every layer with its families; `curves` are the orientations of 3b in radians."""
    found: list[ExportedLayer] = []
    for name, groups in layout(constants, parts, curves).items():
        where = network.geometry(name, size=_SIZE).x
        found.append(
            ExportedLayer(
                name=name,
                alias=network.layer(name).alias,
                families=tuple(_family(group) for group in groups),
                stride=where.stride,
                centre=where.centre,
            )
        )
    return tuple(found)


def _family(group: Group) -> ExportedFamily:
    degrees = tuple(round(d, 4) for d in group.degrees())
    return ExportedFamily(family=group.family, period=group.period, orientations=degrees)
