"""The same shapes carried by something other than black ink: texture, shading, noise, colour."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.stimuli.luminance import colour_pair, encoded
from curvecircuits.stimuli.options import Bounds, numbers, whole
from curvecircuits.stimuli.textures import normal_noise, texture, uniform_rows


@dataclass(frozen=True)
class _Look:
    seed: int
    period: float | int
    contrast: float | int
    hue: float | int
    luminance_contrast: float | int


def carry(
    mask: Float[Tensor, "n 1 h w"],
    *,
    kind: str,
    seed: int,
    period: float | int = 6.0,
    contrast: float | int = 1.0,
    hue: float | int = 0.0,
    luminance_contrast: float | int = 0.0,
) -> Float[Tensor, "n c h w"]:
    r"""Give shapes another appearance; all follow from their coverage m.

    ====================  ==========================================================================
    kind                  image, with contrast c
    ====================  ==========================================================================
    ``ink``               1/2 + c/2 (1 - 2 m): dark on light
    ``reversed``          1/2 - c/2 (1 - 2 m): light on dark
    ``texture-boundary``  1/2 + c/2 (m A + (1 - m) B), A and B textures of directions 90 degrees
                          apart. The means of m A and of (1 - m) B are 0, so that inside and outside
                          of a filled shape have the same mean
    ``textured-stroke``   1/2 + c/2 m A, A of all directions: the stroke's mean is the background's
    ``shading``           (1 - m) (1 - 0.8 c g), g rising evenly from 0 to 1 across the image
    ``noise``             3/4 - m/2 + c/4 times normal noise, clipped to [0, 1]
    ``isoluminant``       two colours of equal luminance, c times as saturated as can be shown
    ``colour``            the same with (Y1 - Y0) / (Y1 + Y0) = `luminance_contrast`, Y1 of the
                          shape and Y0 of the ground
    ====================  ==========================================================================

    A texture is a sum of plane waves of the period, random in phase and direction, centred and
    scaled to [-1, 1]. Equal means are those of pixel values, which the networks see. Colours come
    from `colour_pair` and mix in linear light, so that luminance stays equal through edges too.

    Parameters
    ----------
    mask
        Coverage in [0, 1]: a shape drawn with ink 1 on paper 0, filled for ``texture-boundary``.
    kind
        One of `carriers()`.
    seed
        Makes what is random; the same on all devices. Image i does not depend on how many follow.
    period
        Of the textures' waves, in pixels, at least 2.
    contrast
        c, from 0 to 1.
    hue
        Degrees round the plane of equal luminance: 0 is red on green, 90 blue on yellow.
    luminance_contrast
        For ``colour`` alone: above -1 and below 1.

    Returns
    -------
    Tensor
        Images in [0, 1]: (N, 3, h, w) for the colours, else (N, 1, h, w).

    Raises
    ------
    InputError
        If the kind is unknown, or another argument is out of range.

    Examples
    --------
    >>> from curvecircuits.stimuli import curves
    >>> disc = curves(orientation=0, radius=9, size=32, filled=True, ink=1, paper=0)
    >>> image = carry(disc, kind="texture-boundary", seed=0)
    >>> round(float((image * disc).sum() / disc.sum()), 2)
    0.5
    """
    draw = _KINDS.get(kind)
    if draw is None:
        raise InputError(f"There is no carrier {kind!r}; give one of {', '.join(_KINDS)}.")
    if mask.ndim != 4 or mask.shape[1] != 1 or not mask.is_floating_point():
        raise InputError(f"mask has shape {tuple(mask.shape)}; give floats of shape (N, 1, H, W).")
    if mask.numel() and not 0 <= float(mask.min()) <= float(mask.max()) <= 1:
        raise InputError("mask must lie in [0, 1]; draw the shape with ink 1 on paper 0.")
    seed = whole("seed", seed, least=0, most=2**63 - 1)
    for name, value, bounds in (
        ("period", period, Bounds(least=2)),
        ("contrast", contrast, Bounds(least=0, most=1)),
        ("hue", hue, Bounds()),
        ("luminance_contrast", luminance_contrast, Bounds(above=-1, below=1)),
    ):
        bounds.check(name, numbers(name, value))
    return draw(mask, _Look(seed, period, contrast, hue, luminance_contrast))


def carriers() -> tuple[str, ...]:
    """Return the names of the kinds that `carry` knows.

    Examples
    --------
    >>> carriers()[:2]
    ('ink', 'reversed')
    """
    return tuple(_KINDS)


def _ink(mask: Tensor, look: _Look) -> Tensor:
    return 0.5 + look.contrast * (0.5 - mask)


def _reversed(mask: Tensor, look: _Look) -> Tensor:
    return 0.5 - look.contrast * (0.5 - mask)


def _texture_boundary(mask: Tensor, look: _Look) -> Tensor:
    ground = 1 - mask
    # One direction for the whole batch: what differs between its images is the shape alone.
    around = 180 * float(uniform_rows(1, 1, look.seed))
    inside = texture(mask, look.seed + 1, period=look.period, around=around, spread=20)
    outside = texture(ground, look.seed + 2, period=look.period, around=around + 90, spread=20)
    return 0.5 + look.contrast / 2 * (mask * inside + ground * outside)


def _textured_stroke(mask: Tensor, look: _Look) -> Tensor:
    waves = texture(mask, look.seed, period=look.period, around=0, spread=90)
    return 0.5 + look.contrast / 2 * mask * waves


def _shading(mask: Tensor, look: _Look) -> Tensor:
    count, _, height, width = mask.shape
    angle = 2 * math.pi * uniform_rows(count, 1, look.seed).to(mask)[:, :, None, None]
    x = torch.linspace(-1, 1, width).to(mask)
    y = torch.linspace(-1, 1, height).to(mask)[:, None]
    cos, sin = torch.cos(angle), torch.sin(angle)
    ramp = (x * cos + y * sin) / (cos.abs() + sin.abs()) / 2 + 0.5
    return (1 - mask) * (1 - 0.8 * look.contrast * ramp)


def _noise(mask: Tensor, look: _Look) -> Tensor:
    noise = normal_noise(mask, look.seed)
    return (0.75 - mask / 2 + look.contrast / 4 * noise).clamp_(0, 1)


def _colour(mask: Tensor, look: _Look, luminance_contrast: float | int) -> Tensor:
    pair = colour_pair(
        hue=look.hue, luminance_contrast=luminance_contrast, saturation=look.contrast
    )
    shape, ground = pair.to(mask)[:, None, :, None, None]
    return encoded(ground + mask * (shape - ground)).clamp_(0, 1)


_KINDS: dict[str, Callable[[Tensor, _Look], Tensor]] = {
    "ink": _ink,
    "reversed": _reversed,
    "texture-boundary": _texture_boundary,
    "textured-stroke": _textured_stroke,
    "shading": _shading,
    "noise": _noise,
    "isoluminant": lambda mask, look: _colour(mask, look, 0.0),
    "colour": lambda mask, look: _colour(mask, look, look.luminance_contrast),
}
