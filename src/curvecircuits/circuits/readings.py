"""Radial tuning curves read at an orientation given beforehand, edited networks' above all."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.tuning import resample

_NEAR = 45.0


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Responses of units around their own orientation, in their own units."""

    peak: Float[ndarray, " units"]
    """Largest within 45° of the orientation."""
    echo: Float[ndarray, " units"]
    """Largest within 45° of the opposite."""
    at90: Float[ndarray, " units"]
    """The larger at ±90°."""

    def take(self, chosen: ndarray) -> "Reading":
        """Some of the units."""
        return Reading(peak=self.peak[chosen], echo=self.echo[chosen], at90=self.at90[chosen])

    def excess(self, over: Float[ndarray, " units"]) -> Float[ndarray, " units"]:
        """How far the echo exceeds the response at ±90°, as a share of something."""
        return (self.echo - self.at90) / over


def read_at(
    radial: Float[ndarray, "units angles"], orientations: Float[ndarray, " units"]
) -> Reading:
    """Radial tuning curves over 0, 360/n, … degrees, each read at its unit's own orientation.

    Nothing is looked for: a curve that has turned over is read where the unit was tuned before.

    Examples
    --------
    >>> angles = np.arange(72) * 5.0
    >>> curve = np.maximum(np.cos(np.radians(angles - 40)), 0)
    >>> found = read_at(np.stack([curve, curve]), np.array([40.0, 220.0]))
    >>> found.peak.round(2), found.echo.round(2)
    (array([1., 0.]), array([0., 1.]))
    """
    fine = resample(radial)
    steps = fine.shape[1]
    shift = np.round(orientations / 360 * steps).astype(int)
    aligned = fine[np.arange(len(fine))[:, None], (np.arange(steps) + shift[:, None]) % steps]
    away = np.minimum(np.arange(steps), steps - np.arange(steps)) * 360 / steps
    return Reading(
        peak=aligned[:, away <= _NEAR].max(1),
        echo=aligned[:, away >= 180 - _NEAR].max(1),
        at90=aligned[:, [steps // 4, -(steps // 4)]].max(1),
    )
