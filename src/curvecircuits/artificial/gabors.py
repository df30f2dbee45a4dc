"""conv2d0 and conv2d1: Gabor filters, and complex Gabors that no longer care about phase."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.artificial.constants import Constants
from curvecircuits.artificial.motifs import axes, axis_agreement, cells

PHASES = 4
_SIDE, _COLOURS = 7, 3


def gabor_weights(c: Constants) -> Float[Tensor, "units 3 7 7"]:
    """Gabors of every orientation in four phases: dark and light lines, and edges both ways.

    w = exp(−(x² + y²) / 2σ²) cos(2π u / λ + φ), u the distance along the normal; a multiple of
    the envelope is taken off so that an even grey excites none, and the absolute weights sum
    to 2, so that the best black and white pattern gives about 1. Each phase has its negative
    among the others (reciprocal pairs). The three colours share one filter: it sees luminance.
    """
    x, y = cells(_SIDE, 1.0)
    normal = axes(c.gabor_orientations)[:, None, None, None]
    phase = torch.arange(PHASES)[None, :, None, None] * (2 * math.pi / PHASES)
    envelope = torch.exp(-(x.square() + y.square()) / (2 * c.gabor_width**2))
    u = x * torch.cos(normal) + y * torch.sin(normal)
    waves = envelope * torch.cos(2 * math.pi * u / c.gabor_wavelength + phase)
    balance = waves.sum((2, 3), keepdim=True) / envelope.sum()
    waves = waves - balance * envelope
    waves = 2 * waves / waves.abs().sum((2, 3), keepdim=True)
    return waves.reshape(-1, 1, _SIDE, _SIDE).expand(-1, _COLOURS, -1, -1) / _COLOURS


def complex_gabor_weights(c: Constants) -> Float[Tensor, "units gabors 1 1"]:
    """Complex Gabors: the sum over the phases of one orientation, less a share of the others.

    Other orientations inhibit in proportion to their disagreement, 1 − agreement, so that
    crossings and texture excite less than a contour.
    """
    normal = axes(c.gabor_orientations)
    disagreement = 1 - axis_agreement(normal[:, None] - normal, 1.0)
    inhibition = disagreement / disagreement.sum(1, keepdim=True)
    weights = torch.eye(len(normal)) - c.gabor_inhibition * inhibition
    return weights.repeat_interleave(PHASES, dim=1)[:, :, None, None]
