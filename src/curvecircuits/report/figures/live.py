"""The artificial network itself, to be run in the page on what a reader draws."""

import base64
import gzip
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.artificial import Constants, Parts, artificial_network
from curvecircuits.artificial.export import OnnxExport, export_onnx
from curvecircuits.artificial.export_record import ExportedLayer
from curvecircuits.models.network import Network
from curvecircuits.report.figures.live_constants import LiveConstant, live_constants
from curvecircuits.report.figures.live_words import CUT, RADIUS, SIDE, STROKE, live_words
from curvecircuits.report.parts import Words
from curvecircuits.stimuli import angles, curves, lines
from curvecircuits.store import Record

_TILE = 60.0
_PARTS = Parts(colour=True, texture=True)
_TOP_RADII = (10.0, 15.0, 30.0, 60.0, 200.0)


@dataclass(frozen=True, kw_only=True)
class LiveGraph(Record):
    """An ONNX graph inside the page."""

    data: str
    """The file, gzipped, in base64."""
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LiveFamily(Record):
    """Units of one family, which follow one another in a layer."""

    family: str
    period: int
    """360 where the orientation is a direction, 180 where it is an axis, 0 where there is none."""
    first: int
    """Channel of its first unit."""
    orientations: tuple[float, ...]
    """Of each unit, degrees; units that share one follow one another."""
    top: float
    """Largest response to curves, lines and angles: what is drawn in full."""


@dataclass(frozen=True, kw_only=True)
class LiveLayer(Record):
    """A layer; unit k looks at pixel `centre` + k × `stride`, across and down."""

    name: str
    alias: str
    families: tuple[LiveFamily, ...]
    stride: float
    centre: float


@dataclass(frozen=True, kw_only=True)
class Live(Record):
    """A pad to draw on, and the artificial network to run on it."""

    kind: Literal["live"] = "live"
    words: Words
    weights: LiveGraph
    """From `constants` to the weights."""
    responses: LiveGraph
    """From `image` (1, 3, side, side), RGB from 0 to 1, and the weights to every layer."""
    constants: tuple[LiveConstant, ...]
    """In the order of the input `constants`."""
    layers: tuple[LiveLayer, ...]
    """The last one holds the curves."""
    cut: tuple[str, ...]
    """Layers whose negative weights can be taken away, by their names."""
    side: int
    """Of the pad, pixels."""
    read: float
    """Where units are read at first, across and down, in continuous pixels."""
    tile: float
    """Side of the square that a curve unit looks at, about that point, pixels."""
    width: float
    """Of strokes, pixels."""
    radius: float
    """Of the curve shown at first, pixels."""


def live_figure(*, side: int = SIDE) -> Live:
    """Make the figure in which the artificial network runs on what the reader draws.

    The page holds two ONNX graphs, constants → weights and image → responses
    (`artificial.export.export_onnx`), and runs both. Colour contrast and texture are switched on in
    the graphs, so that their two constants can be varied, and begin at 0, where the network is
    `artificial_network()` to the last bit.

    Parameters
    ----------
    side
        Of the pad, in pixels; units are read at the position of 3b nearest to its middle.

    Raises
    ------
    UnavailableError
        Without the packages of the extra `curvecircuits[onnx]`.

    Examples
    --------
    >>> figure = live_figure()  # doctest: +SKIP
    >>> figure.layers[-1].families[0].orientations[:3]  # doctest: +SKIP
    (0.0, 15.0, 30.0)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on the artificial artificial neural
    network.
    """
    export, data = _exported()
    contents = export.contents
    layers = _layers(contents.layers, side)
    curve = layers[-1]
    at = curve.centre + round(((side - 1) / 2 - curve.centre) / curve.stride) * curve.stride + 0.5
    return Live(
        words=live_words(side, at),
        weights=LiveGraph(
            data=data[0], inputs=contents.weights.inputs, outputs=contents.weights.outputs
        ),
        responses=LiveGraph(
            data=data[1], inputs=contents.responses.inputs, outputs=contents.responses.outputs
        ),
        constants=live_constants(contents.constants),
        layers=layers,
        cut=CUT,
        side=side,
        read=at,
        tile=_TILE,
        width=STROKE,
        radius=RADIUS,
    )


def live_network() -> Network:
    """The network that the page runs before any constant is moved.

    Examples
    --------
    >>> live_network().layer("3a").channels - artificial_network().layer("3a").channels
    1
    """
    return artificial_network(_start(), parts=_PARTS)


def _start() -> Constants:
    """The constants chosen by hand, without colour contrast and texture."""
    return Constants(colour_gain=0.0, texture_inhibition=0.0)


@lru_cache(maxsize=1)
def _exported() -> tuple[OnnxExport, tuple[str, str]]:
    """The export, which takes ten seconds, and both files as the page holds them."""
    with TemporaryDirectory() as folder:
        export = export_onnx(folder, constants=_start(), parts=_PARTS)
        return export, (_packed(export.weights), _packed(export.responses))


def _packed(path: Path) -> str:
    return base64.b64encode(gzip.compress(path.read_bytes(), 9, mtime=0)).decode("ascii")


def _layers(exported: tuple[ExportedLayer, ...], side: int) -> tuple[LiveLayer, ...]:
    network = live_network()
    shown = _shapes(side)
    with torch.inference_mode():
        found = network.activations(shown, layers=[layer.name for layer in exported])
    made: list[LiveLayer] = []
    for layer in exported:
        families: list[LiveFamily] = []
        first = 0
        for family in layer.families:
            units = len(family.orientations)
            top = float(found[layer.name][:, first : first + units].max())
            families.append(
                LiveFamily(
                    family=family.family,
                    period=family.period,
                    first=first,
                    orientations=tuple(o % (family.period or 360) for o in family.orientations),
                    top=top or 1.0,
                )
            )
            first += units
        made.append(
            LiveLayer(
                name=layer.name,
                alias=layer.alias or layer.name,
                families=tuple(families),
                stride=layer.stride,
                centre=layer.centre,
            )
        )
    return tuple(made)


def _shapes(side: int) -> Float[Tensor, "n 3 side side"]:
    """Curves, lines with and without ends, and angles, in 24 directions; the last in colour."""
    around = [15.0 * k for k in range(24)]
    drawn = [
        *(curves(orientation=around, radius=r, size=side, width=STROKE) for r in _TOP_RADII),
        lines(orientation=around, size=side, width=STROKE),
        lines(orientation=around, size=side, width=STROKE, length=30, along=15),
        angles(orientation=around, opening=125, size=side, width=STROKE),
    ]
    grey = torch.cat(drawn).expand(-1, 3, -1, -1)
    red, green = (0.8, 0.2, 0.2), (0.2, 0.6, 0.2)
    return torch.cat((grey, lines(orientation=around, size=side, width=6, ink=red, paper=green)))
