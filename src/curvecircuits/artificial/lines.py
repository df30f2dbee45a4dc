"""conv2d2 and the line units of 3a: a simpler contrast detector tiled along a straight line."""

from jaxtyping import Float
from torch import Tensor

from curvecircuits.artificial.constants import Constants
from curvecircuits.artificial.motifs import (
    along_line,
    axes,
    axis_agreement,
    normalised,
    perpendicular,
)


def line_weights(c: Constants) -> Float[Tensor, "lines gabors 3 3"]:
    """Lines of conv2d2: complex Gabors of the line's orientation along it.

    w = tile(y, x) · (agreement of the axes − inhibition): excited by its own orientation,
    inhibited evenly by those far from it.
    """
    line, gabor = axes(c.line_orientations), axes(c.gabor_orientations)
    tile = along_line(line, size=3, pitch=4, length=c.line_length, width=c.line_width)
    accepted = axis_agreement(line[:, None] - gabor, c.line_concentration)
    return normalised((accepted - c.line_inhibition)[:, :, None, None] * tile[:, None])


def later_line_weights(c: Constants) -> Float[Tensor, "lines lines 3 3"]:
    """Lines of 3a: lines of conv2d2 along the line, inhibited by perpendicular ones."""
    line = axes(c.line_orientations)
    tile = along_line(line, size=3, pitch=8, length=c.early_length, width=c.early_width)
    angle = line[:, None] - line
    wanted = axis_agreement(angle, c.early_concentration)
    unwanted = perpendicular(angle, c.early_inhibition_concentration)
    weights = wanted - c.early_inhibition * unwanted
    return normalised(weights[:, :, None, None] * tile[:, None])
