"""Pairs of colours of equal, or of set, luminance."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.stimuli.options import Bounds, numbers

REC709 = (0.2126, 0.7152, 0.0722)
"""Luminance of linear red, green and blue in the colour space of sRGB."""


def encoded(linear: Tensor) -> Tensor:
    """Return sRGB values of linear light, both in [0, 1] (IEC 61966-2-1)."""
    low = linear * 12.92
    high = 1.055 * linear.clamp(min=0.0031308).pow(1 / 2.4) - 0.055
    return torch.where(linear <= 0.0031308, low, high)


def luminance(image: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 1 h w"]:
    """Return the relative luminance of sRGB images.

    It is 0.2126 R + 0.7152 G + 0.0722 B (Rec. 709) of the decoded, linear components.

    Examples
    --------
    >>> luminance(torch.ones(1, 3, 1, 1)).item()
    1.0
    """
    low, high = image / 12.92, ((image + 0.055) / 1.055).pow(2.4)
    linear = torch.where(image <= 0.04045, low, high)
    weights = torch.tensor(REC709, dtype=image.dtype, device=image.device)
    return torch.einsum("nchw,c->nhw", linear, weights)[:, None]


def colour_pair(
    *, hue: float | int = 0.0, luminance_contrast: float | int = 0.0, saturation: float | int = 1.0
) -> Float[Tensor, "2 3"]:
    """Return two opposite hues, in linear light, with a set contrast of luminance.

    In linear RGB, directions d of no luminance (Rec. 709) form a plane, spanned by red against
    green (hue 0) and by blue against both (hue 90). With d of largest component 1 and C the
    contrast, the colours are (1 + C) Y (1 + s d) and (1 - C) Y (1 - s d), Y = 1 / (2 (1 + |C|)):
    luminances (1 + C) Y and (1 - C) Y, and at saturation s = 1 the strongest that can be shown.

    Parameters
    ----------
    hue
        Degrees from red against green towards blue against yellow.
    luminance_contrast
        C, the difference of the two luminances by their sum, above -1 and below 1.
    saturation
        s, from 0 to 1.

    Returns
    -------
    Tensor
        The two colours (2, 3), in linear light.

    Raises
    ------
    InputError
        If a number is not finite or out of range.

    Examples
    --------
    >>> pair = colour_pair(hue=0)
    >>> pair @ torch.tensor(REC709)
    tensor([0.5000, 0.5000])
    """
    Bounds().check("hue", numbers("hue", hue))
    contrast = numbers("luminance_contrast", luminance_contrast)
    Bounds(above=-1, below=1).check("luminance_contrast", contrast)
    Bounds(least=0, most=1).check("saturation", numbers("saturation", saturation))
    red, green, blue = REC709
    warm = torch.tensor([1.0, -red / green, 0.0])
    cool = torch.tensor([-blue / (red + green)] * 2 + [1.0])
    angle = math.radians(hue)
    toward = warm * math.cos(angle) + cool * math.sin(angle)
    toward = saturation * toward / toward.abs().max()
    level = 0.5 / (1 + abs(luminance_contrast))
    return torch.stack(
        (
            (1 + luminance_contrast) * level * (1 + toward),
            (1 - luminance_contrast) * level * (1 - toward),
        )
    )
