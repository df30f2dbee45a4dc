"""3a and 3b: curves, made by tiling lines and smaller curves along the tangent of a circle."""

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.artificial.constants import Constants
from curvecircuits.artificial.motifs import (
    agreement,
    along_arc,
    axes,
    axis_agreement,
    directions,
    normalised,
    opposing,
    perpendicular,
)


def early_curve_weights(c: Constants) -> Float[Tensor, "curves lines 3 3"]:
    """Early curves of 3a: lines of conv2d2 along the tangent of a circle.

    In each cell the line tangent to the circle excites and the perpendicular one inhibits.
    """
    tile, normal = along_arc(
        directions(c.curve_orientations),
        radius=c.early_radius,
        size=3,
        pitch=8,
        length=c.early_length,
        width=c.early_width,
    )
    angle = normal[:, None] - axes(c.line_orientations)[:, None, None]
    wanted = axis_agreement(angle, c.early_concentration)
    unwanted = perpendicular(angle, c.early_inhibition_concentration)
    return normalised(tile[:, None] * (wanted - c.early_inhibition * unwanted))


def curve_weights(
    c: Constants, orientations: Float[Tensor, " n"] | None = None
) -> Float[Tensor, "curves inputs 5 5"]:
    """Curves of 3b: early curves, then lines, of 3a along the tangent of a larger circle.

    In each cell the early curve with the circle's normal excites and the opposing one inhibits,
    which removes the echo; the tangent line excites and the perpendicular one inhibits.
    """
    own = directions(c.curve_orientations) if orientations is None else orientations
    tile, normal = along_arc(
        own,
        radius=c.curve_radius,
        size=5,
        pitch=8,
        length=c.curve_length,
        width=c.curve_width,
    )
    angle = normal[:, None] - directions(c.curve_orientations)[:, None, None]
    early = agreement(angle, c.curve_concentration)
    early = early - c.opposing_inhibition * opposing(angle, c.opposing_concentration)
    angle = normal[:, None] - axes(c.line_orientations)[:, None, None]
    lines = axis_agreement(angle, c.curve_line_concentration)
    lines = lines - c.curve_line_inhibition * perpendicular(
        angle, c.curve_line_inhibition_concentration
    )
    from_early = (1 - c.curve_lines) * normalised(tile[:, None] * early)
    return torch.cat([from_early, c.curve_lines * normalised(tile[:, None] * lines)], dim=1)
