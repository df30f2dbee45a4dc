"""conv2d0: Gabor filters in reciprocal pairs, and colour contrast."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.artificial.constants import Constants, Real
from curvecircuits.artificial.geometry import Geometry
from curvecircuits.artificial.layout import COLOURS, HUES, Parts
from curvecircuits.artificial.motifs import axes, bump, directions


def gabor_weights(c: Constants, g: Geometry, parts: Parts) -> Float[Tensor, "units 3 side side"]:
    """Gabors of every orientation in every phase, at a fine and at a coarse wavelength.

    w = exp(−(x² + y²) / 2σ²) cos(2π u / λ + φ), u the distance along the normal; a multiple of
    the envelope is taken off so that an even grey excites none, and the absolute weights sum
    to 2, so that the best black and white pattern gives about 1. Each phase has its negative
    among the others (reciprocal pairs). The three colours share one filter, weighed as in
    luminance. Colour contrast, if switched on, has the coarse filter with weights over the colours
    that sum to zero: it sees a hue beside its opposite.
    """
    fine, coarse = (_waves(c, g, length) for length in (c.gabor_wavelength, c.low_wavelength))
    red, blue = (torch.as_tensor(share) for share in (c.red_share, c.blue_share))
    grey = torch.stack([red, 1 - red - blue, blue])[None]
    units = [_tinted(fine, grey), _tinted(coarse, grey)]
    if parts.colour:
        hues = axes(HUES)[:, None] - directions(COLOURS)
        units.append(_tinted(coarse, torch.cos(hues) / torch.cos(hues).abs().sum(1, keepdim=True)))
    return torch.cat(units)


def _waves(c: Constants, g: Geometry, wavelength: Real) -> Float[Tensor, "n phases side side"]:
    x, y = g.cells("conv2d0")
    normal = axes(c.gabor_orientations)[:, None, None, None]
    phase = directions(c.phases)[None, :, None, None]
    envelope = bump(torch.hypot(x, y), c.gabor_width)
    u = x * torch.cos(normal) + y * torch.sin(normal)
    waves = envelope * torch.cos(2 * math.pi * u / wavelength + phase)
    waves = waves - waves.sum((2, 3), keepdim=True) / envelope.sum() * envelope
    return 2 * waves / waves.abs().sum((2, 3), keepdim=True)


def _tinted(
    waves: Float[Tensor, "n phases side side"], colours: Float[Tensor, "hues 3"]
) -> Float[Tensor, "units 3 side side"]:
    """Every filter in every tint: orientation, then tint, then phase."""
    tinted = waves[:, None, :, None] * colours[:, None, :, None, None]
    return tinted.flatten(0, 2)
