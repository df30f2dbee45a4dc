"""Patterns that fill the image: gratings, ramps, discs on their surround, isotropic textures."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.stimuli.options import Bounds, Numbers, Place, centres, numbers, together, whole
from curvecircuits.stimuli.textures import texture


def _coordinates(
    size: int, centre: Place, values: dict[str, Tensor]
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Pixel centres from the middle, (N, 1, H, W) when broadcast, and the numbers alike."""
    x, y = centres(centre, size)
    count = together(values | {"centre x": x, "centre y": y})
    at = torch.arange(size, dtype=torch.float64) + 0.5
    across = at[None, None, None, :] - x[:, None, None, None]
    down = at[None, None, :, None] - y[:, None, None, None]
    return across, down, [v.expand(count)[:, None, None, None] for v in values.values()]


def gratings(
    *,
    orientation: Numbers,
    wavelength: Numbers,
    size: int,
    phase: Numbers = 0.0,
    contrast: Numbers = 1.0,
    centre: Place = None,
    device: str | torch.device = "cpu",
) -> Float[Tensor, "n 1 size size"]:
    """Draw sinusoidal gratings: (1 + C cos(2π u / λ + φ)) / 2, u the distance along the normal.

    Parameters
    ----------
    orientation
        Direction of the normal, in degrees.
    wavelength
        λ in pixels, at least 2.
    phase
        φ in degrees, at the centre.
    contrast
        C, from 0 to 1.
    size, centre, device
        As for `curves`.

    Raises
    ------
    InputError
        If a number is not finite or out of range, or lengths do not agree.

    Examples
    --------
    >>> gratings(orientation=0, wavelength=4, size=8, phase=90, centre=(3.5, 3.5))[0, 0, 0, 3:6]
    tensor([0.5000, 0.0000, 0.5000])
    """
    given = {
        "orientation": numbers("orientation", orientation),
        "wavelength": numbers("wavelength", wavelength),
        "phase": numbers("phase", phase),
        "contrast": numbers("contrast", contrast),
    }
    Bounds(least=2).check("wavelength", given["wavelength"])
    Bounds(least=0, most=1).check("contrast", given["contrast"])
    x, y, (turn, period, shift, depth) = _coordinates(whole("size", size), centre, given)
    angle = torch.deg2rad(turn)
    u = x * torch.cos(angle) + y * torch.sin(angle)
    wave = torch.cos(2 * math.pi * u / period + torch.deg2rad(shift))
    return ((1 + depth * wave) / 2).float().to(device)


def ramps(
    *,
    orientation: Numbers,
    extent: Numbers,
    size: int,
    contrast: Numbers = 1.0,
    centre: Place = None,
    device: str | torch.device = "cpu",
) -> Float[Tensor, "n 1 size size"]:
    """Draw smooth gradients of brightness: dark to light along the orientation.

    The level rises from (1 − C)/2 to (1 + C)/2 over `extent` pixels through the centre, and is
    even beyond.

    Parameters
    ----------
    orientation
        Direction of increasing brightness, in degrees.
    extent
        Pixels from darkest to lightest.
    contrast
        C, from 0 to 1.
    size, centre, device
        As for `curves`.

    Raises
    ------
    InputError
        If a number is not finite or out of range, or lengths do not agree.

    Examples
    --------
    >>> ramps(orientation=0, extent=4, size=6)[0, 0, 0]
    tensor([0.0000, 0.1250, 0.3750, 0.6250, 0.8750, 1.0000])
    """
    given = {
        "orientation": numbers("orientation", orientation),
        "extent": numbers("extent", extent),
        "contrast": numbers("contrast", contrast),
    }
    Bounds(above=0).check("extent", given["extent"])
    Bounds(least=0, most=1).check("contrast", given["contrast"])
    x, y, (turn, width, depth) = _coordinates(whole("size", size), centre, given)
    angle = torch.deg2rad(turn)
    u = (x * torch.cos(angle) + y * torch.sin(angle)) / width
    return (0.5 + depth * u.clamp(-0.5, 0.5)).float().to(device)


def discs(
    *,
    radius: Numbers,
    size: int,
    centre: Place = None,
    device: str | torch.device = "cpu",
) -> Float[Tensor, "n 1 size size"]:
    """Coverage masks of discs, 1 inside and 0 outside, antialiased over one pixel.

    Parameters
    ----------
    radius
        In pixels.
    size, centre, device
        As for `curves`.

    Raises
    ------
    InputError
        If a number is not finite or out of range, or lengths do not agree.

    Examples
    --------
    >>> mask = discs(radius=4, size=16)
    >>> mask[0, 0, 8, 8].item(), mask[0, 0, 0, 0].item(), round(mask.sum().item() / 3.14)
    (1.0, 0.0, 16)
    """
    given = {"radius": numbers("radius", radius)}
    Bounds(above=0).check("radius", given["radius"])
    x, y, (limit,) = _coordinates(whole("size", size), centre, given)
    return (limit - torch.hypot(x, y) + 0.5).clamp(0, 1).float().to(device)


def wave_textures(
    *,
    count: int,
    period: float,
    size: int,
    seed: int,
    around: float = 0.0,
    spread: float = 90.0,
    device: str | torch.device = "cpu",
) -> Float[Tensor, "n 1 size size"]:
    """Textures of one scale: sums of plane waves with random phases and directions.

    Parameters
    ----------
    count
        How many; texture i does not depend on how many follow.
    period
        Of the waves, in pixels.
    around, spread
        Normals of the waves lie within `spread` degrees to either side of `around`; 90 makes an
        isotropic texture, a few degrees a hatched one.
    size, device
        As for `curves`.

    Raises
    ------
    InputError
        If the period is less than 2 pixels, or a count is no positive whole number.

    Examples
    --------
    >>> found = wave_textures(count=2, period=6, size=24, seed=0)
    >>> found.shape, bool((found >= 0).all() & (found <= 1).all())
    (torch.Size([2, 1, 24, 24]), True)
    """
    if not period >= 2:
        raise InputError(f"The period of a texture is at least 2 pixels, not {period:g}.")
    share = torch.ones(whole("count", count), 1, whole("size", size), size)
    drawn = texture(share, seed, period=period, around=around, spread=spread)
    return ((1 + drawn) / 2).to(device)
