"""The motif that 3a and 3b share: lines tiled along a tangent, inhibited by those that cross it."""

from jaxtyping import Float
from torch import Tensor

from curvecircuits.artificial.constants import Constants, Real
from curvecircuits.artificial.motifs import (
    Cells,
    across,
    along_arc,
    along_line,
    axis_agreement,
    each,
    normalised,
    of_inputs,
    opposite,
)


def lines_along_arc(
    c: Constants,
    cells: Cells,
    normal: Float[Tensor, " n"],
    inputs: Float[Tensor, " lines"],
    *,
    radius: Real,
    length: Real,
    width: Real,
) -> Float[Tensor, "n lines side side"]:
    """Lines along the tangent of a circle.

    Inhibited by the lines that a circle bent the other way would be made of, and by lines that
    cross the tangent.
    """
    line = of_inputs(inputs)
    tiles = [
        along_arc(cells, each(own), radius=radius, length=length, width=width)
        for own in (normal, opposite(normal))
    ]
    along, against = (
        normalised(tile * axis_agreement(tangent - line, c.early_concentration))
        for tile, tangent in tiles
    )
    tile, tangent = tiles[0]
    crossing = _crossing(c, tile, tangent - line)
    return along - c.early_opposing * against - c.early_crossing * crossing


def lines_along_line(
    c: Constants,
    cells: Cells,
    normal: Float[Tensor, " n"],
    inputs: Float[Tensor, " lines"],
    *,
    length: Real,
    width: Real,
) -> Float[Tensor, "n lines side side"]:
    """Lines along a straight line, inhibited by those that cross it."""
    own = each(normal)
    tile = along_line(cells, own, length=length, width=width)
    angle = own[..., None, None] - of_inputs(inputs)
    along = normalised(tile * axis_agreement(angle, c.early_concentration))
    return along - c.early_crossing * _crossing(c, tile, angle)


def _crossing(c: Constants, tile: Tensor, angle: Tensor) -> Float[Tensor, "n lines side side"]:
    return normalised(tile * axis_agreement(across(angle), c.early_crossing_concentration))
