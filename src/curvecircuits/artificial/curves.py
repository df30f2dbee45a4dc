"""3b: curves, made by tiling early curves and lines along the tangent of a circle."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.artificial.constants import Constants
from curvecircuits.artificial.geometry import Geometry
from curvecircuits.artificial.layout import Parts
from curvecircuits.artificial.motifs import (
    Cells,
    agreement,
    along_arc,
    along_line,
    axes,
    directions,
    each,
    normalised,
    of_inputs,
    opposite,
)
from curvecircuits.artificial.tiled_lines import lines_along_arc, lines_along_line

Detector = Literal["curves", "lines", "energy"]
DETECTORS: tuple[Detector, ...] = ("curves", "lines", "energy")


def curve_layer_weights(
    c: Constants,
    g: Geometry,
    parts: Parts,
    *,
    orientations: Float[Tensor, " n"],
    centres: Float[Tensor, "n 2"],
    detector: Detector = "curves",
) -> Float[Tensor, "n inputs side side"]:
    """Curves of the given orientations, each around its centre (pixels right and down).

    In their place may stand what curves are compared with: `lines`, tangent lines of 3a along a
    straight line, or `energy`, lines of any orientation around the centre.
    """
    x, y = g.cells("mixed3b")
    centres = centres / g.scale
    cells = (x - centres[:, :1, None, None], y - centres[:, 1:, None, None])
    side = x.shape
    early = torch.zeros(len(orientations), c.curve_orientations, *side)
    small = torch.zeros(len(orientations), c.small_orientations, *side)
    line = axes(c.line_orientations)
    reach = {"length": c.curve_length, "width": c.curve_width}
    if detector == "curves":
        early = _from_curves(c, cells, orientations, directions(c.curve_orientations))
        lines = c.curve_lines * lines_along_arc(
            c, cells, orientations, line, radius=c.curve_radius, **reach
        )
        angles = _from_curves(c, cells, orientations, directions(c.small_orientations))
        kinds = [early, lines, c.small_share * angles, small]
    elif detector == "lines":
        kinds = [early, lines_along_line(c, cells, orientations, line, **reach), small, small]
    else:
        kinds = [early, _energy(c, cells, orientations), small, small]
    if parts.texture:
        inhibition = c.texture_inhibition * normalised(torch.ones(len(orientations), 1, *side))
        kinds.append(-inhibition if detector == "curves" else torch.zeros_like(inhibition))
    return torch.cat(kinds, dim=1)


def _from_curves(
    c: Constants, cells: Cells, normal: Float[Tensor, " n"], inputs: Float[Tensor, " m"]
) -> Float[Tensor, "n m side side"]:
    """Early curves, or angles, along a circle.

    Curve = early curves tiled along the tangent of a circle of radius r, each with the circle's
    normal in its place; inhibited by those of the opposite orientation, which removes the echo.
    """
    tile, tangent = along_arc(
        cells, each(normal), radius=c.curve_radius, length=c.curve_length, width=c.curve_width
    )
    angle = tangent - of_inputs(inputs)
    along = normalised(tile * agreement(angle, c.curve_concentration))
    against = normalised(tile * agreement(opposite(angle), c.opposing_concentration))
    return along - c.opposing_inhibition * against


def _energy(
    c: Constants, cells: Cells, normal: Float[Tensor, " n"]
) -> Float[Tensor, "n lines side side"]:
    """Lines of 3a of every orientation around the centre, whatever the unit's orientation."""
    tile = along_line(cells, each(normal), length=c.curve_length, width=c.curve_length)
    return normalised(tile.expand(-1, c.line_orientations, -1, -1))
