"""conv2d2: lines, shifted lines and tiny curves: proto-lines tiled along a tangent."""

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.artificial.constants import Constants
from curvecircuits.artificial.geometry import Geometry
from curvecircuits.artificial.motifs import (
    along_arc,
    along_line,
    axes,
    axis_agreement,
    directions,
    each,
    excitation,
    normalised,
    of_inputs,
    opposite,
)


def line_layer_weights(c: Constants, g: Geometry) -> Float[Tensor, "units proto side side"]:
    """Lines, then shifted lines, then tiny curves.

    Line = proto-lines of its orientation along it, inhibited evenly by those of any orientation
    and by parallel ones on both sides. A shifted line lies beside the centre. Tiny curve =
    proto-lines along the tangent of a small circle, inhibited by those of the circle bent the
    other way.
    """
    gabor = axes(c.gabor_orientations)
    # Proto-lines of three kinds, the second in two phases: all are lines of one orientation.
    proto = of_inputs(torch.cat([gabor, gabor.repeat_interleave(2), gabor]))
    small = directions(c.small_orientations)
    lines = _lines(c, g, axes(c.line_orientations), proto, shifted=False)
    shifted = _lines(c, g, small, proto, shifted=True)
    return torch.cat([lines, shifted, _tiny_curves(c, g, small, proto)])


def _lines(
    c: Constants, g: Geometry, normal: Float[Tensor, " n"], proto: Tensor, *, shifted: bool
) -> Float[Tensor, "n proto side side"]:
    cells = g.cells("conv2d2")
    shift = c.line_shift if shifted else 0.0
    own = each(normal)
    tile = along_line(cells, own, length=c.line_length, width=c.line_width, shift=shift)
    wide = along_line(cells, own, length=c.line_length, width=c.line_length, shift=shift)
    accepted = axis_agreement(own[..., None, None] - proto, c.line_concentration)
    along = excitation(tile * (accepted - c.line_inhibition))
    return along - c.line_flanks * normalised((1 - tile) * wide * accepted)


def _tiny_curves(
    c: Constants, g: Geometry, normal: Float[Tensor, " n"], proto: Tensor
) -> Float[Tensor, "n proto side side"]:
    both: list[Tensor] = []
    for own in (each(normal), each(opposite(normal))):
        tile, tangent = along_arc(
            g.cells("conv2d2"),
            own,
            radius=c.tiny_radius,
            length=c.line_length,
            width=c.line_width,
        )
        accepted = axis_agreement(tangent - proto, c.line_concentration)
        both.append(excitation(tile * (accepted - c.line_inhibition)))
    return both[0] - c.early_opposing * both[1]
