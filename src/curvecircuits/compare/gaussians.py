"""Gaussians in orientation and radius: the simplest unit that could stand for a curve detector."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.optimize import least_squares

from curvecircuits.errors import InputError
from curvecircuits.stimuli import CurveGrid

_FWHM = 2 * math.sqrt(2 * math.log(2))
"""Full width at half maximum of a Gaussian, in standard deviations."""


@dataclass(frozen=True, kw_only=True)
class GaussianTuning:
    """A response A · exp(−Δθ²/2σ²) · exp(−Δ(log₂ r)²/2τ²) to a curve of orientation θ and radius r.

    Widths are full widths at half maximum: 2.355 σ and 2.355 τ.
    """

    peak: float
    orientation: float
    """Degrees."""
    orientation_width: float
    """Degrees."""
    radius: float
    """Pixels."""
    radius_width: float
    """Octaves."""

    def responses(self, grid: CurveGrid) -> Float[ndarray, "orientations radii"]:
        """To every curve of a grid.

        >>> from curvecircuits.stimuli import quick
        >>> unit = GaussianTuning(
        ...     peak=2.0, orientation=350.0, orientation_width=30.0, radius=250.0, radius_width=1.0
        ... )
        >>> unit.responses(quick())[[70, 1], 0].round(2)
        array([2., 1.])
        """
        angle = np.asarray(grid.orientations, dtype=float) - self.orientation
        octaves = np.log2(np.asarray(grid.radii, dtype=float) / self.radius)
        around = ((angle + 180) % 360 - 180) * _FWHM / self.orientation_width
        across = octaves * _FWHM / self.radius_width
        return self.peak * np.exp(-(around[:, None] ** 2 + across[None, :] ** 2) / 2)


def common_gaussian(
    orientation: float, *, grid: CurveGrid, orientation_width: float = 50.0
) -> GaussianTuning:
    """The Gaussian that nothing was fitted for: only the unit's orientation is known.

    Its radius is the middle of the grid's radii, and as wide as half their range, in octaves.

    Raises
    ------
    InputError
        When the grid has one radius only.

    Examples
    --------
    >>> from curvecircuits.stimuli import published
    >>> unit = common_gaussian(90.0, grid=published())
    >>> round(unit.radius), round(unit.radius_width, 1)
    (51, 2.3)
    """
    octaves = np.log2(np.asarray(grid.radii, dtype=float))
    if not np.ptp(octaves) > 0:
        raise InputError("A joint map needs curves of at least two radii.")
    return GaussianTuning(
        peak=1.0,
        orientation=orientation,
        orientation_width=orientation_width,
        radius=float(2 ** ((octaves.min() + octaves.max()) / 2)),
        radius_width=float(np.ptp(octaves) / 2),
    )


def fitted_gaussian(
    responses: Float[ndarray, "orientations radii"], *, grid: CurveGrid
) -> GaussianTuning | None:
    """The Gaussian of least squared error on a joint map, started at the map's largest value.

    Its five numbers are free: the orientation anywhere on the circle, the radius up to an octave
    beyond the grid, widths from a fifth of a step of the grid to 360° and four times its octaves.

    Returns
    -------
    GaussianTuning
        None for a map that is nowhere above zero.

    Examples
    --------
    >>> from curvecircuits.stimuli import quick
    >>> unit = GaussianTuning(
    ...     peak=3.0, orientation=2.0, orientation_width=40.0, radius=60.0, radius_width=2.0
    ... )
    >>> found = fitted_gaussian(unit.responses(quick()), grid=quick())
    >>> round(found.orientation_width, 2), round(found.radius, 2)
    (40.0, 60.0)
    """
    top = float(responses.max())
    if not top > 0:
        return None
    start = common_gaussian(0.0, grid=grid)
    octaves = np.log2(np.asarray(grid.radii, dtype=float))
    row, column = np.unravel_index(int(responses.argmax()), responses.shape)
    # The peak's own orientation is the origin, so that the bounds do not cut the circle.
    origin = float(grid.orientations[row])

    def unit(p: ndarray) -> GaussianTuning:
        return GaussianTuning(
            peak=float(p[0]) * top,
            orientation=(origin + float(p[1])) % 360,
            orientation_width=float(p[2]),
            radius=float(2 ** p[3]),
            radius_width=float(p[4]),
        )

    low, high, span = octaves.min(), octaves.max(), float(np.ptp(octaves))
    bounds = (
        [0.0, -180.0, 72.0 / len(grid.orientations), low - 1, span / 5 / len(grid.radii)],
        [10.0, 180.0, 360.0, high + 1, 4 * span],
    )
    fits = [
        least_squares(
            lambda p: (unit(p).responses(grid) - responses).ravel() / top,
            [1.0, 0.0, width, octaves[column], start.radius_width],
            bounds=bounds,
            x_scale=[1.0, 10.0, 10.0, 1.0, 1.0],
        )
        for width in (25.0, 75.0)
    ]
    return unit(min(fits, key=lambda fit: float(fit.cost)).x)
