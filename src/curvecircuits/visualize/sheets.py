"""Sheets of examples: a quilt of what a unit sees in every range of its pre-activation."""

import io
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from curvecircuits.store import RunFolder
from curvecircuits.visualize.dataset.gallery import Gallery
from curvecircuits.visualize.dataset.records import UnitExamples

_CELL, _GAP, _EDGE, _LINE = 64, 6, 20, 16
_INK, _PALE = (34, 34, 34), (120, 120, 120)
_SMOOTH = 0.025
"""Of the saliency that is shown: blur over the side of a crop."""
_BRIGHT = 97
"""Percentile of the saliency that is shown in full."""


def quilt(shown: Gallery, unit: UnitExamples) -> Image.Image:
    """Draw a unit's strongest examples with their saliency, and a column for each bin.

    Columns go from the most negative pre-activation to the most positive; under each are its edges
    and how many positions it has. Saliency is drawn as the crop, lit where it is high.

    Parameters
    ----------
    shown, unit
        The gallery and one of its units.

    Examples
    --------
    >>> from pathlib import Path
    >>> import tempfile
    >>> from torch import nn
    >>> from curvecircuits.models.address import Unit
    >>> from curvecircuits.models.wrap import wrap
    >>> from curvecircuits.visualize import dataset_examples
    >>> network = wrap(nn.Conv2d(3, 1, 7, 3), input_size=48)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.effect_noise((60, 60), 40).save(Path(folder, "a.png"))
    ...     found = dataset_examples(network, [Unit("conv2d", 0)], folder, bins=8)
    >>> quilt(found, found.examples.units[0]).width
    594

    References
    ----------
    Cammarata et al., "Curve Detectors", Distill 2020, section "The Dataset Perspective".
    """
    columns = max(len(unit.bins), 6)
    sheet = Sheet(columns=columns)
    best = f", {unit.top[0].value:,.4g} at most" if unit.top else ""
    sheet.title(
        f"{unit.model} {unit.unit}",
        f"{sum(unit.counts):,} positions of {shown.examples.images:,} images{best}",
    )
    sheet.heading("Strongest, one an image, and the saliency of each")
    for start in range(0, len(unit.top), columns):
        part = unit.top[start : start + columns]
        crops = [shown.crop(unit, e) for e in part]
        sheet.row([picture(c) for c in crops])
        sheet.row([lit(c, shown.saliency(unit, e)) for c, e in zip(crops, part, strict=True)])
        sheet.labels([f"{e.value:,.3g}" for e in part])
    sheet.heading("Random positions by pre-activation, from the lowest to the highest")
    for place in range(max((len(each) for each in unit.bins), default=0)):
        sheet.row(
            [
                picture(shown.crop(unit, each[place])) if place < len(each) else None
                for each in unit.bins
            ]
        )
    sheet.labels(bin_names(unit.edges))
    sheet.labels([f"{count:,}" for count in unit.counts], pale=True)
    return sheet.image()


def write_quilts(folder: RunFolder, shown: Gallery) -> None:
    """A quilt of every unit, as `quilt-3b-379.png`; other sides have their name in it."""
    for unit in shown.examples.units:
        side = "" if unit.side == "natural" else f"{unit.side}-"
        write_sheet(folder, f"quilt-{side}{unit.unit}", quilt(shown, unit))


def write_sheet(folder: RunFolder, name: str, sheet: Image.Image) -> None:
    """Write a sheet as PNG, under a name with other characters made dashes."""
    folder.write(re.sub(r"[^A-Za-z0-9._-]+", "-", name) + ".png", png(sheet))


def png(sheet: Image.Image) -> bytes:
    """A sheet as the bytes of a PNG file."""
    stream = io.BytesIO()
    sheet.save(stream, format="PNG", optimize=True)
    return stream.getvalue()


def bin_names(edges: Sequence[float]) -> list[str]:
    """What to write under each bin: its edges; the outermost bins are open.

    >>> bin_names([-200.0, -100.0, 0.0, 100.0])
    ['< -100', '-100 to 0', '> 0']
    """
    short = [f"{edge:.3g}" for edge in edges]
    if len(short) < 3:
        return ["all"]
    between = [f"{a} to {b}" for a, b in itertools.pairwise(short[1:-1])]
    return [f"< {short[1]}", *between, f"> {short[-2]}"]


def picture(crop: UInt8[ndarray, "3 side side"]) -> Image.Image:
    """A crop as it is."""
    return Image.fromarray(np.ascontiguousarray(crop.transpose(1, 2, 0)))


def lit(crop: UInt8[ndarray, "3 side side"], saliency: Float[ndarray, "side side"]) -> Image.Image:
    """A crop that is black where its saliency, slightly smoothed, is zero."""
    largest = float(saliency.max())
    light = Image.fromarray((255 * saliency / (largest or 1.0)).astype(np.uint8))
    light = np.asarray(light.filter(ImageFilter.GaussianBlur(_SMOOTH * len(saliency))), float)
    full = float(np.percentile(light, _BRIGHT))
    share = np.clip(light / (full or 1.0), 0, 1)
    return picture((crop * share).astype(np.uint8))


@dataclass(kw_only=True)
class Sheet:
    """Rows of square pictures under headings, drawn from top to bottom."""

    columns: int
    cell: int = _CELL
    indent: int = 0
    """Pixels left of the pictures, for the names of rows."""

    def __post_init__(self) -> None:
        self._parts: list[tuple[str, list[Image.Image | None] | list[str], int]] = []

    def title(self, text: str, below: str) -> None:
        """The name of the sheet, and a line under it."""
        self._parts += [("title", [text], 26), ("pale", [below], 18)]

    def heading(self, text: str) -> None:
        """A line above rows."""
        self._parts.append(("heading", [text], 30))

    def row(self, pictures: list[Image.Image | None] | list[Image.Image], name: str = "") -> None:
        """Pictures side by side; None leaves a place empty."""
        self._parts.append((f"row {name}", list(pictures), self.cell + _GAP))

    def labels(self, texts: list[str], *, pale: bool = False) -> None:
        """A text under each picture."""
        self._parts.append(("pale labels" if pale else "labels", texts, _LINE))

    def image(self) -> Image.Image:
        """The sheet as it is so far."""
        width = 2 * _EDGE + self.indent + self.columns * (self.cell + _GAP) - _GAP
        height = 2 * _EDGE + sum(step for *_, step in self._parts)
        canvas = Image.new("RGB", (width, height), "white")
        draw = ImageDraw.Draw(canvas)
        y = _EDGE
        for kind, items, step in self._parts:
            for k, item in enumerate(items):
                x = _EDGE + self.indent + k * (self.cell + _GAP)
                if isinstance(item, Image.Image):
                    size = (self.cell, self.cell)
                    # Small crops keep their pixels, as the stimuli in the article do.
                    how = Image.Resampling.LANCZOS if item.width > 32 else Image.Resampling.NEAREST
                    canvas.paste(item.resize(size, how), (x, y), self._corners)
                elif isinstance(item, str):
                    self._write(draw, kind, item, x, y, step)
            if kind.startswith("row ") and kind[4:]:
                middle = y + self.cell // 2
                draw.text((_EDGE, middle), kind[4:], fill=_PALE, font=_font(11), anchor="lm")
            y += step
        return canvas

    def _write(
        self, draw: ImageDraw.ImageDraw, kind: str, text: str, x: int, y: int, step: int
    ) -> None:
        if kind.endswith("labels"):
            ink = _PALE if kind.startswith("pale") else _INK
            draw.text((x + self.cell // 2, y), text, fill=ink, font=_font(10), anchor="ma")
            return
        size = {"title": 18, "heading": 13, "pale": 12}[kind]
        ink = _PALE if kind == "pale" else _INK
        draw.text((_EDGE, y + step - 8), text, fill=ink, font=_font(size), anchor="ls")

    @cached_property
    def _corners(self) -> Image.Image:
        mask = Image.new("L", (self.cell, self.cell), 0)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, self.cell - 1, self.cell - 1), 6, fill=255)
        return mask


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)
