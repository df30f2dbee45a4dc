"""Arcs with bumps: a radius that swings about its mean."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.stimuli.options import Colour
from curvecircuits.stimuli.strokes import lines

_STEP = 2.0
"""Pixels of arc that one straight piece covers."""


def bumpy_arcs(
    *,
    orientation: float,
    radius: float,
    amplitude: float,
    wavelength: float,
    size: int,
    phases: int = 4,
    arc: float = 120.0,
    width: float = 2.0,
    centre: tuple[float, float] | None = None,
    ink: Colour = 0.0,
    paper: Colour = 1.0,
    device: str | torch.device = "cpu",
) -> Float[Tensor, "phases c size size"]:
    """Draw an arc whose distance from its centre is r + a sin(2π s / λ + phase), s along the arc.

    It is drawn as short straight strokes, each as dark as its share of a pixel; the darkest of
    them counts where they meet. With amplitude 0 it is the arc that `curves` draws, but for the
    joints.

    Parameters
    ----------
    orientation, radius, arc
        As for `curves`: of the arc without bumps, in degrees and pixels.
    amplitude, wavelength
        Of the bumps, in pixels across and along the arc.
    size
        Side of the images, in pixels.
    phases
        How many images, with phases evenly spaced over 360°.
    width, centre, ink, paper, device
        As for `curves`; `ink` is darker than `paper`.

    Raises
    ------
    InputError
        If a number is out of range.

    Examples
    --------
    >>> from curvecircuits.stimuli import curves
    >>> smooth = bumpy_arcs(
    ...     orientation=90, radius=20, amplitude=0, wavelength=10, size=48, phases=1, arc=90
    ... )
    >>> bool((smooth - curves(orientation=90, radius=20, arc=90, size=48)).abs().mean() < 0.005)
    True
    """
    if not (radius > 0 and wavelength > 0 and 0 <= amplitude < radius and phases >= 1):
        raise InputError(
            "Bumps need a radius and a wavelength above 0, an amplitude below the radius and at "
            "least one phase."
        )
    extent = math.radians(min(arc, 360.0))
    pieces = max(2, round(extent * radius / _STEP))
    middle = centre or (size / 2, size / 2)
    turn = math.radians(orientation)
    origin = (middle[0] - radius * math.cos(turn), middle[1] - radius * math.sin(turn))
    images: list[Tensor] = []
    for phase in torch.arange(phases, dtype=torch.float64) * 2 * math.pi / phases:
        steps = torch.linspace(-extent / 2, extent / 2, pieces + 1, dtype=torch.float64)
        distance = radius + amplitude * torch.sin(2 * math.pi * steps * radius / wavelength + phase)
        x = origin[0] + distance * torch.cos(turn + steps)
        y = origin[1] + distance * torch.sin(turn + steps)
        dx, dy = x.diff(), y.diff()
        strokes = lines(
            # The normal of a piece is its direction turned by a right angle.
            orientation=torch.rad2deg(torch.atan2(dy, dx)) - 90,
            length=torch.hypot(dx, dy),
            width=width,
            centre=torch.stack([(x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2], dim=1),
            size=size,
            ink=ink,
            paper=paper,
            device=device,
        )
        images.append(strokes.amin(0))
    return torch.stack(images)
