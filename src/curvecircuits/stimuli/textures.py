"""Random textures and noise, drawn on the CPU from a seed so that all devices agree."""

import math

import torch
from torch import Tensor

_WAVES = 12
"""Plane waves summed to a texture: so many that no one of them is seen."""


def normal_noise(mask: Tensor, seed: int) -> Tensor:
    """Return standard normal noise like `mask`; image i does not depend on how many follow."""
    generator = torch.Generator().manual_seed(seed)
    images = [torch.randn(mask.shape[1:], generator=generator) for _ in range(len(mask))]
    return torch.stack(images).to(mask)


def uniform_rows(count: int, columns: int, seed: int) -> Tensor:
    """Return numbers (count, columns) from 0 to 1; row i does not depend on how many follow."""
    generator = torch.Generator().manual_seed(seed)
    return torch.stack([torch.rand(columns, generator=generator) for _ in range(count)])


def texture(
    share: Tensor, seed: int, *, period: float | int, around: float | int, spread: float | int
) -> Tensor:
    """Return textures (N, 1, H, W) in [-1, 1] whose mean, weighted by `share`, is 0.

    Each is a sum of plane waves of one period (pixels), with random phases and with normals spread
    evenly within `spread` degrees to either side of `around`; its extremes are saturated.
    """
    count, _, height, width = share.shape
    random = uniform_rows(count, 2 * _WAVES, seed).to(share)
    phase, jitter = random.split(_WAVES, dim=1)
    steps = (torch.arange(_WAVES, device=share.device) + jitter) / _WAVES
    angle = torch.deg2rad(around + spread * (2 * steps - 1))
    pace = 2 * math.pi / period
    along_x = torch.arange(width, device=share.device) * (pace * torch.cos(angle))[:, :, None]
    along_y = torch.arange(height, device=share.device) * (pace * torch.sin(angle))[:, :, None]
    along_y = along_y + 2 * math.pi * phase[:, :, None]
    # cos(x + y) = cos x cos y - sin x sin y: two products of matrices instead of N K H W cosines.
    sums = torch.cos(along_y).mT @ torch.cos(along_x) - torch.sin(along_y).mT @ torch.sin(along_x)
    # Saturated, so that the beats of the waves leave few places without contrast.
    waves = torch.tanh(sums[:, None] * (2 / _WAVES) ** 0.5 * 1.5)
    axes = (1, 2, 3)
    weight = share.sum(dim=axes, keepdim=True).clamp_(min=1e-6)
    waves = waves - (waves * share).sum(dim=axes, keepdim=True) / weight
    return waves / waves.abs().amax(dim=axes, keepdim=True).clamp_(min=1e-6)
