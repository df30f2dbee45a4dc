"""The labelled sheet: the units of every family, each as a thumbnail in pixels."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image

from curvecircuits.errors import InputError
from curvecircuits.families.taxonomy import NAMES, Taxonomy, UnitLabel
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.report.parts import Words, spread
from curvecircuits.report.prose import count, in_words
from curvecircuits.store import Record
from curvecircuits.visualize import Objective, feature_visualization
from curvecircuits.visualize.features.family_pictures import framed

_COLUMNS = 16
_CELL = 48
_LIMIT = 120_000
"""Characters of a sprite as a data URI."""
_ENERGY = 0.95
_STEPS, _LEAST, _FIELD = 64, 24, 96
"""Steps of the ascents: few, as thumbnails are small and many, and fewer, but so many at least,
where pictures are wider than so many pixels."""


@dataclass(frozen=True, kw_only=True)
class SheetUnit(Record):
    """One unit of a family."""

    channel: int
    sign: int
    """−1 where the negative of a unit of a linear layer is meant."""
    orientation: float | None
    """Degrees: outward normal of curves and angles, normal of lines."""
    score: float
    cell: int
    """Place of its thumbnail in the sprite, row by row."""


@dataclass(frozen=True, kw_only=True)
class SheetRow(Record):
    """A family of a layer, the units of the highest score first."""

    family: str
    members: int
    """Units of the family, those not shown too."""
    period: int
    """360 for shapes with two sides, 180 for lines, 0 without orientation."""
    units: tuple[SheetUnit, ...]


@dataclass(frozen=True, kw_only=True)
class SheetLayer(Record):
    """The families of a layer, and one picture with all their thumbnails."""

    layer: str
    shown: Literal["filter", "image"]
    """`filter`: the weights on the pixels; `image`: a feature visualization."""
    pixels: int
    """Side of a thumbnail in the network's pixels."""
    columns: int
    """Thumbnails in a row of the sprite."""
    cell: int
    """Side of a thumbnail in the sprite's pixels."""
    sprite: str
    """Data URI of a picture."""
    rows: tuple[SheetRow, ...]


@dataclass(frozen=True, kw_only=True)
class FamilySheet(Record):
    """The sheet, layer by layer."""

    kind: Literal["family-sheet"] = "family-sheet"
    words: Words
    layers: tuple[SheetLayer, ...]


def family_sheet(
    network: Network,
    taxonomy: Taxonomy,
    *,
    layers: Sequence[str] | None = None,
    most: int = 12,
    budget: float | None = None,
    seed: int = 0,
    cache: Path | None = None,
    progress: bool = False,
    caption: str = "",
) -> FamilySheet:
    """Make the sheet: thumbnails of the units with the highest scores of every family.

    A unit of the first layer is shown by its weights on the pixels, any other by a short feature
    visualization.

    Parameters
    ----------
    network, taxonomy
        The network that the families were found in.
    layers
        By default all of the taxonomy.
    most
        Units of a family that are shown.
    budget
        Pixels times steps that all pictures together may take. Where that is too few for so many
        units of every family, fewer are shown of the layers that cost most, one at least; where it
        is too few for that too, layers are left out, evenly.
    seed
        Of the noise.
    cache
        A folder of finished pictures, as `feature_visualization` keeps them.
    progress
        Show bars.
    caption
        What to add about the measurement.

    Raises
    ------
    InputError
        For layers that were not labelled, and when no unit of a family is to be shown.

    References
    ----------
    Olah et al., "An Overview of Early Vision in InceptionV1", Distill 2020, whose tables of
    families are of this form.
    """
    if most < 1:
        raise InputError(f"A sheet shows at least one unit of a family, not {most}.")
    named = list(taxonomy.layers if layers is None else layers)
    units = dict.fromkeys(named, most)
    if budget is not None:
        units = _affordable(network, taxonomy, named, most, budget)
    sheets = tuple(
        _layer(network, taxonomy, layer, most=each, seed=seed, cache=cache, progress=progress)
        for layer, each in units.items()
    )
    left = [layer for layer in named if layer not in units]
    rows = [row for sheet in sheets for row in sheet.rows if row.family != "other"]
    shown = sum(len(row.units) for row in rows)
    return FamilySheet(
        words=Words(
            title="The families, unit by unit",
            takeaway=(
                f"{count(sum(row.members for row in rows), 'unit')} of "
                f"{count(len(sheets), 'layer')} are in "
                f"{count(len({row.family for row in rows}), 'family', 'families')}; the "
                f"{in_words(shown)} with the highest scores are shown, at most "
                f"{in_words(most)} of a family."
                + (f" Left out for their size: {', '.join(left)}." if left else "")
            ),
            caption=(
                "Units of the first layer are shown by their weights on the pixels (grey is "
                f"zero); all others by short feature visualizations, of {_STEPS} steps from noise "
                f"with seed {seed}, fewer for wide receptive fields. Each thumbnail has the "
                "unit's number and the orientation that was measured with drawn stimuli, not read "
                "off the picture. " + caption
            ).strip(),
        ),
        layers=sheets,
    )


def _layer(
    network: Network,
    taxonomy: Taxonomy,
    layer: str,
    *,
    most: int,
    seed: int,
    cache: Path | None,
    progress: bool,
) -> SheetLayer:
    labels = taxonomy.of(layer)
    families: list[tuple[str, int, list[UnitLabel]]] = []
    for name in NAMES:
        members = [x for x in labels if x.family == name]
        best = sorted(members, key=lambda x: -x.score)[:most]
        if best:
            families.append((name, len(members), best))
    chosen = [x for _, _, best in families for x in best]
    asked = [Objective.unit(Unit(layer, x.channel)) for x in chosen]
    pictures = feature_visualization(
        network,
        [-o if x.sign < 0 else o for o, x in zip(asked, chosen, strict=True)],
        steps=_steps(network, layer),
        seed=seed,
        cache=cache,
        progress=progress,
    )
    linear = all(p.made.kind == "weights" for p in pictures)
    side = max(max(p.image.shape[1:]) for p in pictures)
    images = np.stack([np.asarray(framed(p, side), float).transpose(2, 0, 1) for p in pictures])
    images = images / 255 if linear else _cropped(images / 255)
    sprite, cell = _sprite(images)
    place = {x.unit: i for i, x in enumerate(chosen)}
    return SheetLayer(
        layer=layer,
        shown="filter" if linear else "image",
        pixels=images.shape[-1],
        columns=_COLUMNS,
        cell=cell,
        sprite=sprite,
        rows=tuple(
            SheetRow(
                family=name,
                members=members,
                period=taxonomy.family(layer, name).period,
                units=tuple(
                    SheetUnit(
                        channel=x.channel,
                        sign=x.sign,
                        orientation=x.orientation,
                        score=x.score,
                        cell=place[x.unit],
                    )
                    for x in best
                ),
            )
            for name, members, best in families
        ),
    )


def _affordable(
    network: Network, taxonomy: Taxonomy, layers: list[str], most: int, budget: float
) -> dict[str, int]:
    """Units of a family in each layer that pixels times steps suffice for.

    The most costly layer gives way first.
    """

    def cost(layer: str) -> float:
        units = sum(min(n, shown[layer]) for n in taxonomy.counts(layer).values())
        return units * _field(network, layer) ** 2 * _steps(network, layer)

    shown = dict.fromkeys(layers, most)
    while sum(map(cost, shown)) > budget:
        more = [layer for layer, units in shown.items() if units > 1]
        if not more:
            break
        shown[max(more, key=cost)] -= 1
    while len(shown) > 2 and sum(map(cost, shown)) > budget:
        shown = dict.fromkeys(spread(list(shown), len(shown) - 1), 1)
    return shown


def _field(network: Network, layer: str) -> int:
    return min(network.geometry(layer).receptive_field, network.input_size)


def _steps(network: Network, layer: str) -> int:
    return max(_LEAST, min(_STEPS, round(_STEPS * _FIELD / _field(network, layer))))


def _cropped(images: Float[ndarray, "units 3 h w"]) -> Float[ndarray, "units 3 side side"]:
    """The middle square that holds most of the contrast of all units together."""
    energy = ((images - 0.5) ** 2).mean((0, 1))
    height, width = energy.shape
    side = min(height, width)
    for smaller in range(side, 6, -2):
        top, left = (height - smaller) // 2, (width - smaller) // 2
        if energy[top : top + smaller, left : left + smaller].sum() < _ENERGY * energy.sum():
            break
        side = smaller
    top, left = (height - side) // 2, (width - side) // 2
    return images[:, :, top : top + side, left : left + side]


def _sprite(images: Float[ndarray, "units 3 h w"]) -> tuple[str, int]:
    """All thumbnails in one picture, as a data URI, and the side of one in its pixels.

    Lossless where they are small enough, else as JPEG of the best quality that is.
    """
    cell = min(_CELL, images.shape[-1])
    sheet = Image.new("RGB", (_COLUMNS * cell, ceil(len(images) / _COLUMNS) * cell), (128,) * 3)
    for i, image in enumerate(images):
        pixels = np.clip(np.rint(image.transpose(1, 2, 0) * 255), 0, 255).astype(np.uint8)
        thumb = Image.fromarray(pixels).resize((cell, cell), Image.Resampling.LANCZOS)
        sheet.paste(thumb, (i % _COLUMNS * cell, i // _COLUMNS * cell))
    uri = _encoded(sheet, "png")
    for quality in range(88, 20, -8):
        if len(uri) <= _LIMIT:
            break
        uri = _encoded(sheet, "jpeg", quality=quality)
    return uri, cell


def _encoded(picture: Image.Image, form: Literal["png", "jpeg"], *, quality: int = 75) -> str:
    file = BytesIO()
    picture.save(file, form, quality=quality, optimize=True)
    return f"data:image/{form};base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
