"""What the figure of both families' pictures says in text, and what it says it of."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal

import numpy as np

from curvecircuits.compare.picture_check import PictureCheck, Share
from curvecircuits.report.parts import Family
from curvecircuits.report.prose import percent
from curvecircuits.visualize import FamilyPictures

Judge = Literal["own unit", "orientation"]
_CLEAR = 0.05
"""Share of random orders that may give as much as is found, where it is more than chance."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PicturedSide:
    """A family's pictures and what judges see in them, in order of orientation."""

    shown: FamilyPictures
    check: PictureCheck


def caption_of(sides: Mapping[Family, PicturedSide], pixels: int, more: str) -> str:
    """How the pictures were made, and who judges them."""
    made = sides["natural"].shown.pictures[0].made
    paired = (
        " Above the natural unit’s, below that of the artificial unit of the same orientation."
        if "artificial" in sides
        else ""
    )
    colour = " and ".join(
        f"{percent(side.check.colour)} of the {name} ones’" for name, side in sides.items()
    )
    return (
        f"Feature visualizations: images from noise with seed {made.seed} after {made.steps} steps "
        f"towards a higher pre-activation of one unit, the middle {pixels} px.{paired} "
        "Orientations beside units were measured with drawn curves. Two judges that had no part in "
        "making a picture read it: the units of the family, of which the strongest by z-score over "
        "the family’s pictures is named, and 24 hand-written curve units, one every 15°, of which "
        "the strongest at the same place gives the picture’s orientation. Brackets are 95% "
        "intervals over units; exchanged is the mean of 1,000 random orders of the pictures. "
        f"Colour makes {colour} variance over pixels. {more}"
    ).strip()


def sentence(name: Family, side: PicturedSide, *, first: bool) -> str:
    """What judges see in a family's pictures; the first sentence says what they were asked."""
    words: dict[Judge, str] = {
        "own unit": "excite the unit that they were made for more than any other of the family",
        "orientation": "are read within 20° of its tuning by hand-written units",
    }
    parts = [
        f"{_percent(found)} {words[judge] + ' ' if first else ''}({_control(found)})"
        for judge, found in judged(side).items()
    ]
    pictures = len(side.shown.pictures)
    of = f"the {pictures} {name} units’ pictures" if pictures > 1 else f"the {name} unit’s picture"
    if not parts:
        return f"No judge can read {of}."
    return f"Of {of}, {' and '.join(parts)}{'' if first else ' do'}."


def _percent(found: Share) -> str:
    value = found.value
    if isfinite(value.low) and isfinite(value.high) and value.low < value.high:
        return f"{percent(value.value)} [{percent(value.low)}, {percent(value.high)}]"
    return percent(value.value)


def _control(found: Share) -> str:
    if found.reached <= _CLEAR:
        return f"exchanged {percent(found.exchanged)}"
    return f"not clearly more than exchanged, {percent(found.exchanged)}"


def judged(side: PicturedSide) -> dict[Judge, Share]:
    """What each judge says of a family's pictures; of one alone, or of none read, nothing."""
    found: dict[Judge, Share] = {}
    if len(side.check.strongest) > 1:  # one unit alone is always the strongest
        found["own unit"] = side.check.own()
    if np.isfinite(side.check.read).any():
        found["orientation"] = side.check.near()
    return found
