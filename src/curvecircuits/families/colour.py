"""The two colours of a unit of colour contrast, and on which side it wants the first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.families.probes import EDGE_ORIENTATIONS, HUES

EDGE_HUES = HUES[: len(HUES) // 2]
"""Hues of the probe `hue_edge`, degrees; the opposite ones are the same edges, turned."""


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """What edges between opposite hues say of a unit; degrees."""

    hue: float
    """Of the first colour, 0 up to 180, as in `stimuli.colour_pair`."""
    direction: float
    """Where the first colour lies as seen from the middle of the edge, 0 up to 360."""
    share: float
    """Of the variance over all edges that this hue and this direction account for."""


def contrasts(
    responses: Float[ndarray, "units hues orientations"],
    *,
    hues: Sequence[float] = EDGE_HUES,
    orientations: Sequence[float] = EDGE_ORIENTATIONS,
) -> tuple[Contrast, ...]:
    """Hue and direction of the colour contrast that each unit prefers.

    With A(h, θ) the response to an edge whose first colour, of hue h, lies in direction θ, the
    first odd harmonic is C(h) = Σ_θ A(h, θ) e^{iθ}. An edge of the opposite hue is the same edge
    turned by half a turn, so that C(h + 180°) = −C(h). The model is C(h) ≈ e^{iθ₀} (a cos h +
    b sin h) with real a and b, by least squares (the first singular pair); the hue is
    h₀ = atan2(b, a). (h₀, θ₀) and (h₀ + 180°, θ₀ + 180°) are one unit: h₀ is taken below 180°.

    Parameters
    ----------
    responses
        Of each unit, before clipping, to edges of every hue in every direction.
    hues
        Of the first colour, degrees: evenly spaced over 180°, at least 2.
    orientations
        Directions, degrees: evenly spaced over 360°, at least 3.

    Raises
    ------
    InputError
        When responses do not fit the hues and orientations, or either is not evenly spaced.

    Examples
    --------
    >>> hue, at = np.radians(EDGE_HUES)[:, None], np.radians(EDGE_ORIENTATIONS)
    >>> found = contrasts((np.cos(hue - np.radians(100)) * np.cos(at - np.radians(30)))[None])
    >>> round(found[0].hue), round(found[0].direction), round(found[0].share, 2)
    (100, 30, 1.0)

    References
    ----------
    Olah et al., "Naturally Occurring Equivariance in Neural Networks", Distill 2020: of colour
    contrasts "a 180 degree hue shift is the same as a 180 degree rotation".
    """
    if responses.ndim != 3 or responses.shape[1:] != (len(hues), len(orientations)):
        raise InputError(
            f"Responses to edges of {len(hues)} hues in {len(orientations)} directions have a "
            f"shape (units, {len(hues)}, {len(orientations)}), not {responses.shape}."
        )
    if not (_even(hues, 180, 2) and _even(orientations, 360, 3)):
        raise InputError(
            "Hues are evenly spaced over 180° (at least 2), directions over 360° (at least 3)."
        )
    h, at = np.radians(hues), np.radians(orientations)
    harmonic = responses @ np.exp(1j * at) * 2 / len(at)
    first, second = (harmonic @ wave(h) * 2 / len(h) for wave in (np.cos, np.sin))
    parts = np.stack([[first.real, second.real], [first.imag, second.imag]]).transpose(2, 0, 1)
    left, sizes, right = np.linalg.svd(parts)
    variance = responses.reshape(len(responses), -1).var(1)
    # The mean over hues and directions of the square of two cosines is a quarter.
    share = np.square(sizes[:, 0]) / 4 / np.maximum(variance, 1e-30)
    hue = np.degrees(np.arctan2(right[:, 0, 1], right[:, 0, 0])) % 360
    direction = np.degrees(np.arctan2(left[:, 1, 0], left[:, 0, 0])) % 360
    opposite = hue >= 180
    hue, direction = hue - 180 * opposite, (direction + 180 * opposite) % 360
    return tuple(
        Contrast(hue=float(x), direction=float(y), share=float(z))
        for x, y, z in zip(hue, direction, share, strict=True)
    )


def _even(angles: Sequence[float], period: float, least: int) -> bool:
    steps = np.diff(angles)
    return len(angles) >= least and bool(np.allclose(steps, period / len(angles)))
