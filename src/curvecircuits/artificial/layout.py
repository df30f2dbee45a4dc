"""Which unit of which layer is what: the families of the artificial network, in order."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.artificial.constants import Constants
from curvecircuits.artificial.motifs import axes, directions

COLOURS = 3
HUES = COLOURS - 1
"""Of colour contrast: as many as the colours have differences."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What can be switched on and off, so that its worth can be measured."""

    contrast: bool = True
    """Contrast normalisation: conv2d1 is divided by the contrast around."""
    colour: bool = False
    """Colour contrast in conv2d0, which complex Gabors take in beside luminance."""
    texture: bool = False
    """A texture unit in 3a, which inhibits curves."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Units of one family that follow one another in a layer."""

    family: str
    orientations: Float[Tensor, " n"]
    """Radians; of colour contrast and texture, zeros."""
    period: int
    """360 where the orientation is a direction, 180 where it is an axis, 0 where there is none."""
    repeats: int = 1
    """How many units share each orientation, one after the other."""

    @property
    def units(self) -> int:
        """How many units the group has."""
        return len(self.orientations) * self.repeats

    def degrees(self) -> list[float]:
        """Orientation of each unit."""
        return [math.degrees(o) for o in self.orientations.tolist() for _ in range(self.repeats)]


def layout(
    c: Constants, parts: Parts, curves: Float[Tensor, " n"] | None = None
) -> dict[str, tuple[Group, ...]]:
    """The families of each layer, in the order of their channels.

    Parameters
    ----------
    curves
        Orientations of the curves of 3b, in radians; by default evenly spaced.
    """
    gabor, line = axes(c.gabor_orientations), axes(c.line_orientations)
    curve, small = directions(c.curve_orientations), directions(c.small_orientations)
    first = [
        Group(family="Gabor", orientations=gabor, period=180, repeats=c.phases),
        Group(family="coarse Gabor", orientations=gabor, period=180, repeats=c.phases),
    ]
    if parts.colour:
        first.append(
            Group(
                family="colour contrast",
                orientations=gabor,
                period=180,
                repeats=HUES * c.phases,
            )
        )
    third = [
        Group(family="early curve", orientations=curve, period=360),
        Group(family="line", orientations=line, period=180),
        Group(family="angle", orientations=small, period=360),
        Group(family="line end", orientations=small, period=360),
    ]
    if parts.texture:
        third.append(Group(family="texture", orientations=torch.zeros(1), period=0))
    own = curve if curves is None else curves
    return {
        "conv2d0": tuple(first),
        "conv2d1": (
            Group(family="complex Gabor", orientations=gabor, period=180),
            Group(family="Gabor-like", orientations=gabor, period=180, repeats=2),
            Group(family="low frequency", orientations=gabor, period=180),
        ),
        "conv2d2": (
            Group(family="line", orientations=line, period=180),
            Group(family="shifted line", orientations=small, period=360),
            Group(family="tiny curve", orientations=small, period=360),
        ),
        "mixed3a": tuple(third),
        "mixed3b": (Group(family="curve", orientations=own, period=360),),
    }
