"""3a: early curves, lines, angles and line ends: lines tiled along a tangent."""

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.artificial.constants import Constants
from curvecircuits.artificial.geometry import Geometry
from curvecircuits.artificial.layout import Parts
from curvecircuits.artificial.motifs import (
    across,
    agreement,
    along_arc,
    along_ray,
    axes,
    axis_agreement,
    directions,
    each,
    moved,
    normalised,
    of_inputs,
    opposite,
)
from curvecircuits.artificial.tiled_lines import lines_along_arc, lines_along_line


def early_layer_weights(
    c: Constants, g: Geometry, parts: Parts
) -> Float[Tensor, "units inputs side side"]:
    """Early curves, lines, angles, line ends, and texture if it is switched on."""
    small = directions(c.small_orientations)
    no_tiny = torch.zeros(1, c.small_orientations, *g.cells("mixed3a")[0].shape)
    straight = [
        lines_along_line(
            c,
            _line_cells(c, g),
            axes(c.line_orientations),
            _line_normals(c),
            length=c.early_length,
            width=c.early_width,
        ),
        _angles(c, g, small),
        _line_ends(c, g, small),
    ]
    if parts.texture:
        straight.append(normalised(torch.ones_like(straight[0][:1])))
    rest = torch.cat(straight)
    return torch.cat(
        [
            _early_curves(c, g, directions(c.curve_orientations)),
            torch.cat([rest, no_tiny.expand(len(rest), -1, -1, -1)], dim=1),
        ]
    )


def _early_curves(
    c: Constants, g: Geometry, normal: Float[Tensor, " n"]
) -> Float[Tensor, "n inputs side side"]:
    """Lines, and a share of tiny curves, along the tangent of a circle.

    Early curve = lines tiled along the tangent of a circle of radius r; inhibited by the lines
    that a circle bent the other way would be made of, and by lines that cross the tangent.
    """
    tiny = of_inputs(directions(c.small_orientations))
    shape = {"radius": c.early_radius, "length": c.early_length, "width": c.early_width}
    lines = lines_along_arc(c, _line_cells(c, g), normal, _line_normals(c), **shape)
    curves: list[Tensor] = []
    for own in (each(normal), each(opposite(normal))):
        tile, tangent = along_arc(g.cells("mixed3a"), own, **shape)
        curves.append(normalised(tile * agreement(tangent - tiny, c.early_concentration)))
    return torch.cat(
        [lines, c.small_share * (curves[0] - c.early_opposing * curves[1])],
        dim=1,
    )


def _angles(
    c: Constants, g: Geometry, normal: Float[Tensor, " n"]
) -> Float[Tensor, "n lines side side"]:
    """Lines along two arms that meet in the centre, inhibited by lines that go on beyond it."""
    half = torch.deg2rad(torch.as_tensor(c.angle)) / 2
    inward = opposite(normal)
    arms = [_along_ray(c, g, inward + turn) for turn in (half, -half)]
    beyond = [_along_ray(c, g, normal + turn) for turn in (half, -half)]
    return (arms[0] + arms[1] - c.early_opposing * (beyond[0] + beyond[1])) / 2


def _line_ends(
    c: Constants, g: Geometry, direction: Float[Tensor, " n"]
) -> Float[Tensor, "n lines side side"]:
    """Lines along one half of a line, inhibited by those along the half that it points to."""
    behind, ahead = _along_ray(c, g, opposite(direction)), _along_ray(c, g, direction)
    return behind - ahead


def _along_ray(
    c: Constants, g: Geometry, direction: Float[Tensor, " n"]
) -> Float[Tensor, "n lines side side"]:
    own = each(direction)
    tile = along_ray(_line_cells(c, g), own, length=c.early_length, width=c.early_width)
    angle = across(own)[..., None, None] - of_inputs(_line_normals(c))
    return normalised(tile * axis_agreement(angle, c.early_concentration))


def _line_normals(c: Constants) -> Float[Tensor, " lines"]:
    """Of the lines of conv2d2, then of its shifted lines."""
    return torch.cat([axes(c.line_orientations), directions(c.small_orientations)])


def _line_cells(c: Constants, g: Geometry) -> tuple[Tensor, Tensor]:
    """Where each line of conv2d2 lies, seen from a unit of 3a: shifted lines lie beside."""
    lines, shifted = torch.zeros(c.line_orientations), torch.ones(c.small_orientations)
    by = torch.cat([lines, c.line_shift * shifted])
    return moved(g.cells("mixed3a"), _line_normals(c), by)
