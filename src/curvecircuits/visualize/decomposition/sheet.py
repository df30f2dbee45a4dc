"""A sheet of a decomposed unit: for each earlier layer the grid of what it asks for there."""

from math import ceil

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray
from PIL import Image, ImageDraw, ImageFont

from curvecircuits.visualize.decomposition.grid import Cell
from curvecircuits.visualize.decomposition.records import (
    DecomposedLayer,
    DecomposedUnit,
    Decomposition,
)

_PANEL, _EDGE, _BETWEEN, _ROW = 400, 28, 36, 4
_GAP = 0.1
"""Of a cell, white between it and the next."""
_HEAD, _NAME, _KEY = 58, 44, 118
"""Heights of the title, of a layer's name above its grid, and of the key to scale below it."""
_FIELD = 78
"""Side of the unit's receptive field in the key."""
_INK, _PALE, _FAINT = (34, 34, 34), (120, 120, 120), (222, 222, 222)
_BEHIND = 0.75
"""Light grey that a picture with opacity stands before, so that light strokes are seen too."""


def decomposition_sheet(shown: Decomposition) -> Image.Image:
    """Draw a unit's grids side by side, the latest layer first, all over the same field.

    A cell is its picture before light grey, let through to white by the cell's opacity; a cell
    without a picture is left white. Under each grid, to one scale, are the unit's receptive field,
    the area that the grid covers, and what its strongest cell sees.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.visualize.decomposition.decompose import decompose
    >>> found = decompose(artificial_network(), "3b:0", layers=["conv2d0", "conv2d1"], steps=2)
    >>> decomposition_sheet(found).size
    (892, 692)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, first figure.
    """
    layers = shown.layers
    across = min(len(layers), _ROW)
    down = ceil(len(layers) / _ROW)
    step = _PANEL + _BETWEEN
    high = _NAME + _PANEL + _KEY
    size = (2 * _EDGE + across * step - _BETWEEN, _EDGE + _HEAD + down * (high + 16) + _EDGE)
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    draw.text((_EDGE, _EDGE), _title(shown.made), fill=_INK, font=_font(19))
    for number, layer in enumerate(layers):
        left = _EDGE + number % _ROW * step
        top = _EDGE + _HEAD + number // _ROW * (high + 16)
        draw.text((left, top), layer.layer, fill=_INK, font=_font(15))
        draw.text((left, top + 20), _grid_text(layer), fill=_PALE, font=_font(12))
        _draw_grid(sheet, shown, number, (left, top + _NAME))
        _draw_key(draw, shown.made, layer, (left, top + _NAME + _PANEL + 14))
    return sheet


def cell_image(picture: UInt8[ndarray, "channels h w"], opacity: float) -> UInt8[ndarray, "h w 3"]:
    """A cell's picture as it lies on white, opaque by its share of the strongest.

    One or three channels are grey or RGB; a second or fourth is the picture's own opacity.

    >>> grey = np.array([[[255]], [[0]]], dtype=np.uint8)  # nothing of it opaque
    >>> [int(cell_image(grey, opacity)[0, 0, 0]) for opacity in (1.0, 0.5, 0.0)]
    [191, 223, 255]
    """
    values = picture.astype(np.float64) / 255
    if len(values) in (2, 4):
        own = values[-1:]
        values = values[:-1] * own + _BEHIND * (1 - own)
    values = np.broadcast_to(values, (3, *values.shape[1:]))
    laid = values * opacity + (1 - opacity)
    return (laid * 255).round().astype(np.uint8).transpose(1, 2, 0)


def _title(made: DecomposedUnit) -> str:
    return f"{made.model} {made.unit}, decomposed over earlier layers"


def _grid_text(layer: DecomposedLayer) -> str:
    rows, columns = layer.grid
    cells = f"{rows} by {columns} cells, {layer.pitch[1]:.3g} px apart"
    if layer.grid == layer.positions:
        return f"{cells}, one a position"
    return f"{cells}, of {layer.positions[0]} by {layer.positions[1]} positions"


def _draw_grid(sheet: Image.Image, shown: Decomposition, number: int, at: tuple[int, int]) -> None:
    layer = shown.layers[number]
    side = _PANEL / max(layer.grid)
    for cell in layer.cells:
        picture = shown.picture(number, cell)
        left, top = at[0] + round(cell.column * side), at[1] + round(cell.row * side)
        width = max(1, round(side * (1 - _GAP)))
        if picture is not None:
            drawn = Image.fromarray(cell_image(picture, cell.opacity))
            # Smooth: the pixels of pictures that are a few wide would hide their lines.
            sheet.paste(drawn.resize((width, width), Image.Resampling.BICUBIC), (left, top))


def _draw_key(
    draw: ImageDraw.ImageDraw, made: DecomposedUnit, layer: DecomposedLayer, at: tuple[int, int]
) -> None:
    """The field, the grid and one footprint at one scale, and a bar of pixels."""
    scale = _FIELD / max(made.field)
    middle = (at[0] + _FIELD / 2, at[1] + _FIELD / 2)
    strongest = max(layer.cells, key=lambda cell: cell.norm)
    extent = (layer.grid[0] * layer.pitch[0], layer.grid[1] * layer.pitch[1])
    _box(draw, middle, scale, (-made.field[0] / 2, -made.field[1] / 2, *made.field), _FAINT)
    _box(draw, middle, scale, (-extent[0] / 2, -extent[1] / 2, *extent), _PALE)
    _box(draw, middle, scale, _edges(strongest), _INK)
    seen = f"{strongest.footprint[2]} by {strongest.footprint[3]} px"
    texts = (
        (f"the strongest cell sees {seen}", _INK),
        (f"the grid covers {extent[0]:.0f} by {extent[1]:.0f} px", _PALE),
        (f"{made.unit} sees {made.field[0]} by {made.field[1]} px", _PALE),
    )
    for line, (text, ink) in enumerate(texts):
        draw.text((at[0] + _FIELD + 14, at[1] + 2 + 17 * line), text, fill=ink, font=_font(12))
    length = _round_length(max(made.field) / 4)
    left, low = at[0] + _FIELD + 14, at[1] + _FIELD - 8
    draw.line((left, low, left + length * scale, low), fill=_INK, width=2)
    draw.text(
        (left + length * scale + 7, low), f"{length} px", fill=_PALE, font=_font(12), anchor="lm"
    )


def _edges(cell: Cell) -> tuple[float, float, float, float]:
    """Top and left edge of the first pixel of a footprint, where the unit's centre is a point."""
    top, left, height, width = cell.footprint
    return top - 0.5, left - 0.5, height, width


def _box(
    draw: ImageDraw.ImageDraw,
    middle: tuple[float, float],
    scale: float,
    box: tuple[float, float, float, float],
    ink: tuple[int, int, int],
) -> None:
    top, left, height, width = (scale * x for x in box)
    x, y = middle[0] + left, middle[1] + top
    draw.rectangle((round(x), round(y), round(x + width), round(y + height)), outline=ink)


def _round_length(pixels: float) -> int:
    """The largest of 1, 2, 5, 10, 20 … that is not longer; 1 at least.

    >>> [_round_length(x) for x in (0.5, 4.9, 22.75, 53)]
    [1, 2, 20, 50]
    """
    found = [m * 10**k for k in range(5) for m in (1, 2, 5) if m * 10**k <= pixels]
    return max(found, default=1)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)
