"""Many small pictures on one sheet, small enough for the page."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray
from PIL import Image

from curvecircuits.store import Record

_QUALITIES = (80, 70, 60, 50, 40, 30, 20)


@dataclass(frozen=True, kw_only=True)
class Sprite(Record):
    """Square pictures of one size on a sheet, row after row."""

    uri: str
    """WebP as a data URI."""
    columns: int
    """Pictures in a row."""
    side: int
    """Of a picture, in pixels."""


def sprite(
    pictures: Sequence[UInt8[ndarray, "3 side side"]], *, limit: int, largest: int = 72
) -> Sprite | None:
    """Put pictures on one sheet, with the best quality at which it is small enough.

    Parameters
    ----------
    pictures
        RGB, all of one size; picture k is in row k // columns. None gives no sheet.
    limit
        Characters of the data URI. The lowest quality is taken where none is small enough.
    largest
        Side in pixels to which larger pictures are reduced.

    Examples
    --------
    >>> made = sprite([np.full((3, 20, 20), k, np.uint8) for k in range(5)], limit=2000)
    >>> made.columns, made.side, made.uri[:16]
    (3, 20, 'data:image/webp;')
    """
    if not pictures:
        return None
    width = int(pictures[0].shape[-1])
    side, columns = min(width, largest), ceil(len(pictures) ** 0.5)
    sheet = Image.new("RGB", (columns * side, ceil(len(pictures) / columns) * side))
    for k, each in enumerate(pictures):
        shown = Image.fromarray(np.ascontiguousarray(each.transpose(1, 2, 0)))
        if side < width:
            shown = shown.resize((side, side), Image.Resampling.LANCZOS)
        sheet.paste(shown, (k % columns * side, k // columns * side))
    uri = ""
    for quality in _QUALITIES:
        file = BytesIO()
        sheet.save(file, "webp", quality=quality, method=6)
        uri = f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
        if len(uri) <= limit:
            break
    return Sprite(uri=uri, columns=columns, side=side)
