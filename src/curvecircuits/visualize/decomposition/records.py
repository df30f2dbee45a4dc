"""A decomposed unit as it is written: numbers of every cell as JSON, and arrays beside it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from jaxtyping import Float, UInt8
from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.store import Record, dump, json_text, open_pair, pack, unpack, write_atomic
from curvecircuits.visualize.decomposition.grid import Alikeness, Cell

RECORD, ARRAYS = "decomposition.json", "decomposition.npz"


@dataclass(frozen=True, kw_only=True)
class DecomposedLayer(Record):
    """A unit's weights on one earlier layer, as a grid of cells."""

    layer: str
    grid: tuple[int, int]
    """Rows and columns of cells."""
    positions: tuple[int, int]
    """Rows and columns of the layer that the unit can see."""
    stride: int
    """Pixels between neighbouring positions."""
    pitch: tuple[float, float]
    """Pixels between neighbouring cells, down and across."""
    cells: tuple[Cell, ...]
    """Row by row."""
    alikeness: Alikeness


@dataclass(frozen=True, kw_only=True)
class DecomposedUnit(Record):
    """A unit's weights on earlier layers, as they are written."""

    SCHEMA: ClassVar[str | None] = "curvecircuits.decomposition/1"
    unit: str
    model: str
    model_hash: str
    """SHA-256 of the weights."""
    weights: str
    """Where they came from."""
    field: tuple[int, int]
    """Height and width of the unit's receptive field in pixels, around its centre."""
    layers: tuple[DecomposedLayer, ...]
    """The latest first."""
    steps: int
    rate: float
    grey: bool
    alpha: bool
    seed: int
    arrays: str
    """SHA-256 of the file of arrays."""
    versions: dict[str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Decomposition:
    """A decomposed unit, with a picture of every cell; layers are given by their place in it."""

    made: DecomposedUnit
    arrays: Mapping[str, ndarray]
    """For each layer N: `pictures.N`, bytes (pictures, channels, h, w), grey or RGB and then
    opacity where the look has it, and `vectors.N`, (channels of the layer, rows, columns)."""

    @property
    def layers(self) -> tuple[DecomposedLayer, ...]:
        """The layers, the latest first."""
        return self.made.layers

    def picture(self, layer: int, cell: Cell) -> UInt8[ndarray, "channels h w"] | None:
        """The picture of a cell; None where its weights are too small to be shown."""
        return None if cell.picture is None else self.arrays[f"pictures.{layer}"][cell.picture]

    def vectors(self, layer: int) -> Float[ndarray, "channels rows columns"]:
        """The weights of every cell."""
        return self.arrays[f"vectors.{layer}"]

    def save(self, folder: str | Path) -> Path:
        """Write `decomposition.json` and `decomposition.npz` into a folder, each whole.

        Raises
        ------
        InputError
            When they cannot be written there.
        """
        place = Path(folder)
        write_atomic(place / ARRAYS, pack(self.arrays))
        return write_atomic(place / RECORD, json_text(dump(self.made))).parent


def open_decomposition(folder: str | Path) -> Decomposition:
    """Open what `Decomposition.save` wrote into a folder.

    Raises
    ------
    InputError
        If the folder holds no decomposition, or it is damaged.

    Examples
    --------
    >>> open_decomposition("3b-358").made.unit  # doctest: +SKIP
    '3b:358'
    """
    place = Path(folder)
    made, packed = open_pair(
        DecomposedUnit,
        place,
        record=RECORD,
        arrays=ARRAYS,
        what="decomposed unit",
        writer="`Decomposition.save`",
        again="decompose the unit again",
    )
    if hashlib.sha256(packed).hexdigest() != made.arrays:
        raise InputError(
            f"{place / ARRAYS} is not the file that {RECORD} was written with: decompose the unit "
            "again."
        )
    return Decomposition(made=made, arrays=unpack(packed))
