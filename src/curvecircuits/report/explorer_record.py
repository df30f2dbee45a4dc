"""What the page knows of every unit, column by column so that it stays small."""

from dataclasses import dataclass
from typing import Literal

from curvecircuits.report.sprites import Sprite
from curvecircuits.store import Record

Key = Literal["", "artificial", "matched"]
"""What stands before the addresses of a network's units: nothing for the one that was measured."""


@dataclass(frozen=True, kw_only=True)
class Links(Record):
    """The strongest connections of every unit of a layer with units of a neighbouring one.

    `channels` and `shares` hold `each` entries a unit, unit after unit: the units that excite most,
    strongest first, then those that inhibit most. Where a unit has fewer, the share is 0.
    """

    layer: str
    """The other layer."""
    each: int
    channels: str
    """Channels of the other layer: unsigned 16-bit numbers, little-endian, in base64."""
    shares: str
    """Sum of the weights from one unit to the other over all positions, as a share of the sum of
    magnitudes of all weights into the later of the two: signed 16-bit numbers, little-endian, in
    base64; 32767 is the whole."""


@dataclass(frozen=True, kw_only=True)
class Tuned(Record):
    """Responses of every unit of a layer over the orientation of a shape."""

    shape: Literal["curve", "line"]
    """Curves go round 360°, lines 180°."""
    tile: float
    """Side in pixels of the square that the shapes were drawn in."""
    steps: int
    """Orientations, evenly spaced from 0°."""
    peaks: tuple[float, ...]
    """Largest mean response of each unit, in its own activation; 0 where it never responds."""
    data: str
    """One byte a response, unit after unit, in base64; 255 is the unit's peak."""


@dataclass(frozen=True, kw_only=True)
class ExploredLayer(Record):
    """The units of one layer."""

    layer: str
    """As addresses have it, such as "3b"."""
    name: str
    """Its full name, such as "mixed3b"; addresses may have this too."""
    units: int
    field: int
    """Width of the receptive field in pixels, before the image's border cuts it."""
    effective: float | None
    """Side of the square that really moves the units, in pixels; None for a silent layer."""
    stride: int
    """Pixels between neighbouring units."""
    names: tuple[str, ...]
    """Families that the layer has."""
    periods: tuple[int, ...]
    """Of each family, degrees after which its orientation repeats; 0 where it has none."""
    families: tuple[int, ...]
    """Of each unit, the place of its family in `names`; empty for a layer without labels."""
    orientations: tuple[float | None, ...]
    """Of each unit, degrees; empty for a layer without labels."""
    negative: tuple[int, ...]
    """Channels of which the negative is meant: units of layers that are never clipped."""
    inputs: Links | None
    outputs: Links | None
    tuned: tuple[Tuned, ...]
    pictured: tuple[int, ...]
    """Channels that have a picture, in the order of the sprite."""
    sprite: Sprite | None
    shown: Literal["filter", "image"]
    """`filter`: pictures are the weights on the pixels; `image`: feature visualizations."""


@dataclass(frozen=True, kw_only=True)
class ExploredNetwork(Record):
    """A network whose units can be looked up."""

    key: Key
    """What stands before the address of a unit."""
    title: str
    """What it is, in a few words."""
    command: str | None
    """What makes a picture of a unit, whose address stands as UNIT; None where no command does."""
    layers: tuple[ExploredLayer, ...]
    """In the order of the network."""
    partners: tuple[str, ...]
    """Of the last layer's units, the measured network's units that they were written for."""


@dataclass(frozen=True, kw_only=True)
class Explorer(Record):
    """Every unit that can be looked up; the first network is the one that was measured."""

    networks: tuple[ExploredNetwork, ...]
