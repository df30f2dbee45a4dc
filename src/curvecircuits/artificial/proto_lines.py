"""conv2d1: complex Gabors, which no longer care about phase, Gabor-like and low-frequency units."""

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.artificial.constants import Constants
from curvecircuits.artificial.layout import HUES, Parts
from curvecircuits.artificial.motifs import directions


def proto_line_weights(c: Constants, parts: Parts) -> Float[Tensor, "units gabors 1 1"]:
    """Sums of Gabors of one orientation, less a share of the other orientations.

    A complex Gabor sums the fine Gabors of all phases; a Gabor-like unit weighs them by
    1 + cos Δφ and so prefers dark lines, or light ones; a low-frequency unit sums the coarse
    Gabors of all phases. The other orientations together inhibit each, so that crossings and
    texture excite less than a contour. Colour contrast, if there is any, enters complex Gabors
    whatever its hue.
    """
    own = torch.eye(c.gabor_orientations)
    weights = own - c.gabor_inhibition * (1 - own) / (1 - own).sum(1, keepdim=True)
    phase = directions(c.phases)
    every = torch.ones(1, c.phases) / c.phases
    some = (1 + torch.cos(directions(2)[:, None] - phase)) / c.phases
    fine = torch.cat([_sums(weights, every), _sums(weights, some)])
    coarse = _sums(weights, every)
    low = torch.cat([torch.zeros_like(fine), coarse])
    fine = torch.cat([fine, torch.zeros_like(coarse)])
    inputs = [fine, low]
    if parts.colour:
        hues = torch.ones(1, HUES * c.phases) / c.phases
        coloured = c.colour_gain * _sums(weights, hues)
        rest = torch.zeros(len(fine) - len(coloured), coloured.shape[1])
        inputs.append(torch.cat([coloured, rest]))
    return torch.cat(inputs, dim=1)[:, :, None, None]


def _sums(
    weights: Float[Tensor, "n n"], phases: Float[Tensor, "kinds phases"]
) -> Float[Tensor, "units gabors"]:
    """Units of each kind for each orientation, over all orientations and phases."""
    return (weights[:, None, :, None] * phases[None, :, None, :]).flatten(2).flatten(0, 1)
