"""What a radial tuning curve says: orientation, width, echo.

A radial tuning curve is the response of a unit to curves of every orientation, over the full
circle. It is first resampled to the article's half-degree steps (periodic cubic), so that
statistics of coarse and fine grids mean the same, and then measured:

- *orientation*: where the response is largest;
- *circular mean*: the direction of Σ r(θ) e^{iθ};
- *FWHM*: from the last step below half of the peak before it to the first one after it;
- *echo*: the largest response within 45° of the opposite orientation, over the peak;
- *at90*: the larger response at ±90°, over the peak: an echo that does not exceed it is only a
  general lift;
- *harmonics*: |Σ r(θ) e^{ikθ}| / Σ r(θ) for k = 1 and 2. A detector of curves has the first above
  the second, a detector of lines the second above the first.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.errors import InputError

STEPS = 720


@dataclass(frozen=True, kw_only=True)
class TuningStatistics:
    """Statistics of one unit's radial tuning curve; angles in degrees.

    All are NaN for a unit that never responds, except `peak`, which is 0.
    """

    peak: float
    orientation: float
    circular_mean: float
    fwhm: float
    echo: float
    at90: float
    first_harmonic: float
    second_harmonic: float


def resample(radial: Float[ndarray, "units n"], steps: int = STEPS) -> Float[ndarray, "units m"]:
    """Periodic Catmull–Rom interpolation to `steps` values, never below zero.

    Values at the original orientations are kept exactly.
    """
    n = radial.shape[1]
    if n == steps:
        return radial
    position = np.arange(steps) * n / steps
    base = np.floor(position).astype(int)
    t = position - base
    before, here, after, beyond = (radial[:, (base + k) % n] for k in (-1, 0, 1, 2))
    bend = 2 * before - 5 * here + 4 * after - beyond
    twist = -before + 3 * here - 3 * after + beyond
    return np.maximum(here + 0.5 * t * (after - before + t * (bend + t * twist)), 0)


def _half_width(aligned: ndarray) -> int:
    """Steps from the peak (index 0) to the first value below half of it; all if there is none."""
    below = aligned < aligned[0] / 2
    return int(below.argmax()) if below.any() else len(aligned) // 2


def _statistics(radial: ndarray) -> TuningStatistics:
    peak_at = int(radial.argmax())
    peak = float(radial[peak_at])
    if not peak > 0:
        nan = float("nan")
        return TuningStatistics(
            peak=0.0,
            orientation=nan,
            circular_mean=nan,
            fwhm=nan,
            echo=nan,
            at90=nan,
            first_harmonic=nan,
            second_harmonic=nan,
        )
    n = len(radial)
    aligned = np.roll(radial, -peak_at)
    angle = np.arange(n) * 360 / n
    from_opposite = np.abs(angle - 180)
    spectrum = np.fft.fft(radial)[1:3] / radial.sum()
    steps = _half_width(aligned) + _half_width(np.roll(aligned[::-1], 1))
    return TuningStatistics(
        peak=peak,
        orientation=peak_at * 360 / n,
        circular_mean=float(np.degrees(-np.angle(spectrum[0])) % 360),
        fwhm=steps * 360 / n,
        echo=float(aligned[from_opposite <= 45].max() / peak),
        at90=float(max(aligned[n // 4], aligned[-(n // 4)]) / peak),
        first_harmonic=float(abs(spectrum[0])),
        second_harmonic=float(abs(spectrum[1])),
    )


def tuning_statistics(radial: Float[ndarray, "units n"]) -> list[TuningStatistics]:
    """Statistics of radial tuning curves, one a row, over orientations 0, 360/n, ….

    Raises
    ------
    InputError
        For fewer than 8 orientations, or values that are negative or not finite.

    Examples
    --------
    >>> angle = np.radians(np.arange(72) * 5 - 40)
    >>> found, = tuning_statistics(np.maximum(np.cos(angle), 0)[None])
    >>> found.orientation, found.fwhm, round(found.echo, 2)
    (40.0, 121.0, 0.0)

    References
    ----------
    Cammarata et al., "Curve Detectors", Distill 2020, sections on radial tuning and the echo.
    """
    radial = np.asarray(radial, dtype=np.float64)
    if radial.ndim != 2 or radial.shape[1] < 8:
        raise InputError("Radial tuning curves are (units, n) with at least 8 orientations.")
    if not np.isfinite(radial).all() or (radial < 0).any():
        raise InputError("Radial tuning curves hold responses, finite and never negative.")
    return [_statistics(row) for row in resample(radial)]


def angular_distance(a: float, b: float) -> float:
    """Degrees between two directions, 0 to 180.

    >>> angular_distance(350, 20)
    30.0
    """
    return abs((float(a) - float(b) + 180) % 360 - 180)


def largest_gap(orientations: list[float]) -> float:
    """The largest arc of the circle, in degrees, that no orientation falls in.

    >>> largest_gap([0, 90, 200])
    160.0
    """
    if not orientations:
        return 360.0
    ordered = np.sort(np.asarray(orientations, dtype=np.float64) % 360)
    return float(np.diff(ordered, append=ordered[0] + 360).max())
