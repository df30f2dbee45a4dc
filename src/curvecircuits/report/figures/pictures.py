"""What the units of both families want to see, natural above artificial, as two judges read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

import numpy as np
from numpy import ndarray

from curvecircuits.compare.picture_check import Share
from curvecircuits.errors import InputError
from curvecircuits.report.figures.picture_words import (
    Judge,
    PicturedSide,
    caption_of,
    judged,
    sentence,
)
from curvecircuits.report.parts import Family, Words, turn
from curvecircuits.report.sprites import Sprite, sprite
from curvecircuits.report.values import Estimate, estimate
from curvecircuits.store import Record
from curvecircuits.visualize.features.family_pictures import framed

_LIMIT, _LARGEST = 400_000, 128
"""Characters of the sheet, and pixels of a picture's side on it."""
_ENERGY = 0.97
"""Of the contrast of all pictures, in the square that is shown."""


@dataclass(frozen=True, kw_only=True)
class UnitPicture(Record):
    """A picture of a unit, and what is seen in it."""

    unit: str
    """Address, such as "3b:379"."""
    orientation: float
    """Degrees that the unit is tuned to, of drawn curves."""
    activation: float
    """Of the unit on its picture, before clipping."""
    strongest: str
    """The unit of its family that is strongest on the picture, for what it is on the others."""
    read: float | None
    """Degrees that hand-written units read off the picture; None where none of them responds."""
    other: str | None
    """The unit of the other family that is tuned nearest to what is read."""
    other_orientation: float | None
    """Degrees that it is tuned to."""
    cell: int
    """Place of the picture on the sheet."""


@dataclass(frozen=True, kw_only=True)
class PicturePair(Record):
    """A natural unit's picture, and that of the artificial unit of its orientation."""

    natural: UnitPicture
    artificial: UnitPicture | None


@dataclass(frozen=True, kw_only=True)
class PictureShare(Record):
    """A share of a family's pictures, beside the same with pictures exchanged among units."""

    family: Family
    judge: Judge
    """Whether its strongest unit is its own, or it is read within 20° of the unit's tuning."""
    value: Estimate
    exchanged: float
    """The mean of 1,000 random orders."""
    reached: float
    """Share of these orders that give as much."""


@dataclass(frozen=True, kw_only=True)
class PicturesFigure(Record):
    """Pictures of both families in order of orientation."""

    kind: Literal["pictures"] = "pictures"
    words: Words
    pairs: tuple[PicturePair, ...]
    """In order of orientation."""
    shares: tuple[PictureShare, ...]
    sprite: Sprite
    pixels: int
    """Side of a picture in the network's pixels; all are of one scale."""


def pictures_figure(
    natural: PicturedSide, artificial: PicturedSide | None, *, caption: str = ""
) -> PicturesFigure:
    """Make the figure, with its sentences.

    Parameters
    ----------
    natural, artificial
        Both sides, unit k of one for unit k of the other.
    caption
        What to add about the measurement.

    Raises
    ------
    InputError
        If the sides have not equally many units.

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on the artificial artificial neural
    network, whose figure shows natural above artificial pictures of the same orientation.
    """
    if artificial is not None and len(artificial.shown.pictures) != len(natural.shown.pictures):
        raise InputError(
            f"{len(natural.shown.pictures)} natural and {len(artificial.shown.pictures)} "
            "artificial pictures cannot be paired: give equally many."
        )
    sides: dict[Family, PicturedSide] = {"natural": natural}
    if artificial is not None:
        sides["artificial"] = artificial
    units = len(natural.shown.pictures)
    records = {
        name: [
            _unit(side, name, k, sides, cell=k + units * (name == "artificial"))
            for k in range(units)
        ]
        for name, side in sides.items()
    }
    sheet, pixels = _sheet(list(sides.values()))
    return PicturesFigure(
        words=Words(
            title="What the units want to see",
            takeaway=" ".join(
                sentence(name, side, first=name == "natural") for name, side in sides.items()
            ),
            caption=caption_of(sides, pixels, caption),
        ),
        pairs=tuple(
            PicturePair(natural=one, artificial=other)
            for one, other in zip(
                records["natural"], records.get("artificial", [None] * units), strict=True
            )
        ),
        shares=tuple(
            _share(name, judge, found)
            for name, side in sides.items()
            for judge, found in judged(side).items()
        ),
        sprite=sheet,
        pixels=pixels,
    )


def _unit(
    side: PicturedSide, name: Family, k: int, sides: Mapping[Family, PicturedSide], *, cell: int
) -> UnitPicture:
    family = side.shown.family
    read = float(side.check.read[k])
    facing = sides.get("natural" if name == "artificial" else "artificial")
    other = None
    if facing is not None and isfinite(read):
        angles = facing.shown.family.orientations
        other = min(range(len(angles)), key=lambda i: abs(turn(read, angles[i])))
    return UnitPicture(
        unit=str(family.units[k]),
        orientation=family.orientations[k],
        activation=float(side.check.activations[k]),
        strongest=str(family.units[int(side.check.strongest[k])]),
        read=read if isfinite(read) else None,
        other=None if facing is None or other is None else str(facing.shown.family.units[other]),
        other_orientation=None
        if facing is None or other is None
        else facing.shown.family.orientations[other],
        cell=cell,
    )


def _sheet(sides: Sequence[PicturedSide]) -> tuple[Sprite, int]:
    """All pictures at one scale, and the side of one in the network's pixels."""
    pictures = [p for side in sides for p in side.shown.pictures]
    side = max(max(p.image.shape[1:]) for p in pictures)
    images = [np.asarray(framed(p, side)).transpose(2, 0, 1) for p in pictures]
    margin = _margin(images)
    cut = slice(margin, side - margin)
    sheet = sprite([each[:, cut, cut] for each in images], limit=_LIMIT, largest=_LARGEST)
    assert sheet is not None
    return sheet, side - 2 * margin


def _margin(images: Sequence[ndarray]) -> int:
    """Pixels at each border in which hardly any contrast is."""
    energy = np.mean([((each.astype(float) - 128) ** 2).mean(0) for each in images], axis=0)
    margin = 0
    while energy.shape[0] - 2 * margin > 8:
        cut = slice(margin + 1, energy.shape[0] - margin - 1)
        if energy[cut, cut].sum() < _ENERGY * energy.sum():
            break
        margin += 1
    return margin


def _share(family: Family, judge: Judge, found: Share) -> PictureShare:
    return PictureShare(
        family=family,
        judge=judge,
        value=estimate(found.value),
        exchanged=found.exchanged,
        reached=found.reached,
    )
