"""A unit decomposed over earlier layers, place by place: the article's first figure."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from typing import Literal

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray
from PIL import Image

from curvecircuits.errors import InputError
from curvecircuits.report.figures.decomposed_words import takeaway, whole_caption
from curvecircuits.report.parts import Words
from curvecircuits.report.sprites import Sprite, sprite
from curvecircuits.report.values import OrientedUnit
from curvecircuits.store import Record
from curvecircuits.visualize import Decomposition, Picture
from curvecircuits.visualize.decomposition.grid import Alikeness, Cell
from curvecircuits.visualize.features.family_pictures import framed

_LIMIT, _LARGEST = 90_000, 96
"""Characters of the sheet of one grid, and pixels of a picture's side on it."""
_OWN_LIMIT, _OWN_LARGEST = 30_000, 224
_QUALITIES = (85, 75, 65, 50, 35, 20)


@dataclass(frozen=True, kw_only=True)
class GridCell(Record):
    """What one cell sums, and where it looks."""

    top: float
    """First pixel that it sees, below the pixel in the unit's centre."""
    left: float
    """The same, to the right."""
    height: int
    """Pixels that it sees, down."""
    width: int
    norm: float
    """Length of its vector of weights over the layer's channels."""
    opacity: float
    """The norm over the largest of the grid."""
    share: float
    """Of the squared norms of all cells of the grid."""
    positive: float
    """Sum of its weights above zero."""
    negative: float
    """Sum of those below."""
    picture: int | None
    """Place on the grid's sheet; None below 2% of the largest norm."""


@dataclass(frozen=True, kw_only=True)
class DecomposedGrid(Record):
    """What a unit asks of one earlier layer, cell by cell."""

    layer: str
    rows: int
    columns: int
    cells: tuple[GridCell, ...]
    """Row by row."""
    alikeness: Alikeness
    pixels: int
    """Side of a cell's picture in the network's pixels."""
    sprite: Sprite | None
    """The cells' pictures, grey with their opacity; None where no cell has one."""


@dataclass(frozen=True, kw_only=True)
class DecomposedUnitView(Record):
    """A unit and its grids."""

    shape: OrientedUnit
    height: int
    """Of its receptive field in pixels, around its centre."""
    width: int
    steps: int
    """Of the ascents of the cells' pictures."""
    grids: tuple[DecomposedGrid, ...]
    """The latest layer first."""
    picture: Sprite
    """The unit's own feature visualization, one picture."""
    pixels: int
    """Side of that in the network's pixels; the unit's centre is in its middle."""


@dataclass(frozen=True, kw_only=True)
class DecomposedFigure(Record):
    """Some curve units, decomposed; the first is shown first."""

    kind: Literal["decomposed"] = "decomposed"
    words: Words
    units: tuple[DecomposedUnitView, ...]


def decomposed_figure(
    found: Sequence[Decomposition],
    pictures: Sequence[Picture],
    orientations: Sequence[float],
    *,
    skipped: Sequence[str] = (),
    caption: str = "",
) -> DecomposedFigure:
    """Make the figure from decomposed units, with its sentences.

    Parameters
    ----------
    found, pictures, orientations
        Of each unit what `visualize.decompose` made of it, its own feature visualization, and the
        degrees that it is tuned to.
    skipped
        Earlier layers that are not shown.
    caption
        What to add about the choice.

    Raises
    ------
    InputError
        For no unit, and pictures or orientations that are not as many.

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, first figure.
    """
    if not found or {len(pictures), len(orientations)} != {len(found)}:
        raise InputError(
            f"{len(found)} decomposed units, {len(pictures)} pictures and {len(orientations)} "
            "orientations do not belong together: give one of each for at least one unit."
        )
    return DecomposedFigure(
        words=Words(
            title="What a curve unit asks of earlier layers",
            takeaway=takeaway(found),
            caption=whole_caption(found, skipped, caption),
        ),
        units=tuple(
            _view(each, picture, angle)
            for each, picture, angle in zip(found, pictures, orientations, strict=True)
        ),
    )


def grey_sprite(
    pictures: UInt8[ndarray, "pictures channels h w"], *, limit: int, largest: int
) -> Sprite | None:
    """Put pictures with opacity on one sheet, with the best quality at which it is small enough.

    Parameters
    ----------
    pictures
        Grey or RGB, a second or fourth channel being opacity; those that are not square get
        transparent borders. None gives no sheet.
    limit
        Characters of the data URI. The lowest quality is taken where none is small enough.
    largest
        Side in pixels to which larger pictures are reduced.

    Examples
    --------
    >>> made = grey_sprite(np.full((5, 2, 8, 6), 200, np.uint8), limit=2000, largest=4)
    >>> made.columns, made.side, made.uri[:16]
    (3, 4, 'data:image/webp;')
    """
    if not len(pictures):
        return None
    whole = max(pictures.shape[2:])
    side, columns = min(whole, largest), ceil(len(pictures) ** 0.5)
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[pictures.shape[1]]
    sheet = Image.new("RGBA", (columns * side, ceil(len(pictures) / columns) * side))
    for k, each in enumerate(pictures):
        values = each[0] if mode == "L" else np.ascontiguousarray(each.transpose(1, 2, 0))
        shown = Image.fromarray(values, mode).convert("RGBA")
        square = Image.new("RGBA", (whole, whole))
        square.paste(shown, ((whole - shown.width) // 2, (whole - shown.height) // 2))
        if side < whole:
            square = square.resize((side, side), Image.Resampling.LANCZOS)
        sheet.paste(square, (k % columns * side, k // columns * side))
    uri = ""
    for quality in _QUALITIES:
        file = BytesIO()
        sheet.save(file, "webp", quality=quality, alpha_quality=quality, method=6)
        uri = f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
        if len(uri) <= limit:
            break
    return Sprite(uri=uri, columns=columns, side=side)


def _view(found: Decomposition, picture: Picture, orientation: float) -> DecomposedUnitView:
    grids: list[DecomposedGrid] = []
    for number, layer in enumerate(found.layers):
        pictures = found.arrays[f"pictures.{number}"]
        grids.append(
            DecomposedGrid(
                layer=layer.layer,
                rows=layer.grid[0],
                columns=layer.grid[1],
                cells=tuple(_cell(each) for each in layer.cells),
                alikeness=layer.alikeness,
                pixels=max(pictures.shape[2:]),
                sprite=grey_sprite(pictures, limit=_LIMIT, largest=_LARGEST),
            )
        )
    side = max(picture.image.shape[1:])
    square = np.asarray(framed(picture, side)).transpose(2, 0, 1)
    own = sprite([square], limit=_OWN_LIMIT, largest=_OWN_LARGEST)
    assert own is not None
    return DecomposedUnitView(
        shape=OrientedUnit(unit=found.made.unit, shape="curve", orientation=orientation),
        height=found.made.field[0],
        width=found.made.field[1],
        steps=found.made.steps,
        grids=tuple(grids),
        picture=own,
        pixels=side,
    )


def _cell(cell: Cell) -> GridCell:
    top, left, height, width = cell.footprint
    return GridCell(
        top=top,
        left=left,
        height=height,
        width=width,
        norm=cell.norm,
        opacity=cell.opacity,
        share=cell.share,
        positive=cell.positive,
        negative=cell.negative,
        picture=cell.picture,
    )
