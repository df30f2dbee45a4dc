"""What a line tuning curve says: a line, a line with an echo, or a cliff.

A line tuning curve is the response of a unit to lines of every orientation, over 180° of the
line's normal. It is resampled to half-degree steps and smoothed a little (a Gaussian of 2.5°), so
that the statistics of coarse, fine and noisy curves mean the same, and then measured:

- *flank*: degrees from the peak to half of it, towards smaller and larger angles;
- *foot*: the same to a twentieth of the peak;
- *tolerance*: how much more is accepted on the side of the longer flank: that flank over the
  shorter, or Σ r within 45° of the peak on that side over the other, whichever is more;
- *dip*: how far the response sinks between two summits that are both above half of the peak;
- *axis*: half the angle of Σ r(θ) e^{2iθ}: steadier than the peak where the top is flat;
- *at90*: the response at 90° from the peak, and *echo* the largest within 25° of there;
- *elsewhere*: the largest response more than 45° from the peak;
- *harmonics*: |Σ r(θ) e^{2ikθ}| / Σ r(θ).
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.tuning import resample

_STEPS = 360
_SMOOTHING = 2.5
_NEAR = 45.0
_FOOT = 0.05


@dataclass(frozen=True, kw_only=True)
class LineStatistics:
    """Statistics of one unit's line tuning curve; angles in degrees.

    Responses other than `peak` are shares of it. All but `peak` are NaN for a silent unit.
    """

    peak: float
    orientation: float
    """Normal of the preferred line, 0 to 180."""
    axis: float
    """Mean normal, 0 to 180."""
    flanks: tuple[float, float]
    """From the peak to half of it, towards smaller and towards larger angles; at most 90."""
    feet: tuple[float, float]
    """From the peak to a twentieth of it."""
    tolerance: float
    """How many times more is accepted on the side of the longer flank, at least 1."""
    dip: float
    """Sinking between summits of one peak; 0 where there is one."""
    at90: float
    echo: float
    elsewhere: float
    first_harmonic: float
    second_harmonic: float

    @property
    def fwhm(self) -> float:
        """Full width at half maximum."""
        return sum(self.flanks)

    @property
    def sharpest(self) -> float:
        """The shorter flank."""
        return min(self.flanks)


@dataclass(frozen=True, kw_only=True)
class LineCriteria:
    """Bounds on line tuning curves; the same values serve every layer."""

    strength: float = 0.25
    """Least peak, as a share of the 95th percentile of the layer's peaks."""
    fwhm: float = 90.0
    """Greatest width: beyond half the half-circle a unit does not choose between lines."""
    elsewhere: float = 0.5
    """Largest response more than 45° from a line's peak; above half of it there are two peaks."""
    echo: float = 0.1
    """Least response near 90° that is called an echo."""
    sharp: float = 15.0
    """Greatest length in degrees of a cliff's sharper flank."""
    tolerance: float = 1.25
    """Least tolerance of a cliff on its other side."""
    dip: float = 0.1
    """Greatest dip of a cliff: of a top with two summits, either has a flank that is short."""


@dataclass(frozen=True, kw_only=True)
class LineJudgement:
    """What the criteria say of one unit."""

    channel: int
    statistics: LineStatistics
    strength: float
    """Peak over that of the layer's strong units."""
    kind: str | None
    """`line`, `line with an echo`, `cliff`, or None."""


def line_statistics(curves: Float[ndarray, "units n"]) -> list[LineStatistics]:
    """Statistics of line tuning curves, one a row, over normals 0, 180/n, ….

    Raises
    ------
    InputError
        For fewer than 12 orientations, or values that are negative or not finite.

    Examples
    --------
    >>> angle = np.radians(np.arange(36) * 5 - 40)
    >>> found, = line_statistics(np.maximum(np.cos(2 * angle), 0)[None])
    >>> found.orientation, round(found.fwhm), round(found.tolerance, 2)
    (40.0, 60, 1.0)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on lines.
    """
    curves = np.asarray(curves, dtype=np.float64)
    if curves.ndim != 2 or curves.shape[1] < 12:
        raise InputError("Line tuning curves are (units, n) with at least 12 orientations.")
    if not np.isfinite(curves).all() or (curves < 0).any():
        raise InputError("Line tuning curves hold responses, finite and never negative.")
    return [_statistics(row) for row in _smoothed(resample(curves, _STEPS))]


def judge_lines(
    curves: Float[ndarray, "units n"], *, criteria: LineCriteria | None = None
) -> list[LineJudgement]:
    """Class of every unit of a layer from its line tuning curve.

    A *line* has one peak, at most `fwhm` wide; with a second one near 90°, below half of the
    first, it is a *line with an echo*. A *cliff* has one flank of at most `sharp` degrees and
    tolerates more on its other side (`tolerance`); it may respond to other lines as well.

    Parameters
    ----------
    curves
        All units of one layer: strength is relative to the layer.

    Raises
    ------
    InputError
        As `line_statistics`.

    Examples
    --------
    >>> angle = np.arange(180) - 90.0
    >>> slope = np.where(angle > 0, np.exp(-angle / 4), np.exp(angle / 40))
    >>> both = np.stack([np.exp(-((angle / 20) ** 2)), slope * (np.abs(angle) < 50)])
    >>> [j.kind for j in judge_lines(both)]
    ['line', 'cliff']

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on lines.
    """
    bounds = criteria or LineCriteria()
    statistics = line_statistics(curves)
    peaks = np.array([s.peak for s in statistics])
    # A layer of mostly silent units has no 95th percentile to speak of.
    reference = max(float(np.percentile(peaks, 95)), 0.25 * float(peaks.max())) if len(peaks) else 0
    return [
        LineJudgement(
            channel=channel,
            statistics=s,
            strength=s.peak / reference if reference > 0 else 0.0,
            kind=_kind(s, reference, bounds),
        )
        for channel, s in enumerate(statistics)
    ]


def _kind(s: LineStatistics, reference: float, c: LineCriteria) -> str | None:
    if not s.peak > 0 or s.peak < c.strength * reference or s.fwhm > c.fwhm:
        return None
    if s.sharpest <= c.sharp and s.tolerance >= c.tolerance and s.dip <= c.dip:
        return "cliff"
    if s.elsewhere > c.elsewhere:
        return None
    return "line with an echo" if s.echo >= c.echo else "line"


def _smoothed(curves: ndarray) -> ndarray:
    angle = np.arange(_STEPS) * 180 / _STEPS
    kernel = np.exp(-((np.minimum(angle, 180 - angle) / _SMOOTHING) ** 2) / 2)
    spectrum = np.fft.rfft(curves, axis=1) * np.fft.rfft(kernel / kernel.sum())
    smooth = np.maximum(np.fft.irfft(spectrum, n=_STEPS, axis=1), 0)
    # Transforms leave rounding where a unit is silent.
    return np.where(smooth > 1e-9 * curves.max(1, keepdims=True), smooth, 0)


def _crossing(side: ndarray, level: float) -> float:
    """Degrees from the peak (index 0) to where a side first falls below a level, at most 90."""
    below = np.flatnonzero(side[: _STEPS // 2 + 1] < level)
    if not len(below):
        return 90.0
    i = int(below[0])
    return float(i - 1 + (side[i - 1] - level) / (side[i - 1] - side[i])) * 180 / _STEPS


def _statistics(curve: ndarray) -> LineStatistics:
    at = int(curve.argmax())
    peak = float(curve[at])
    if not peak > 0:
        nan = math.nan
        return LineStatistics(
            peak=0.0,
            orientation=nan,
            axis=nan,
            flanks=(nan, nan),
            feet=(nan, nan),
            tolerance=nan,
            dip=nan,
            at90=nan,
            echo=nan,
            elsewhere=nan,
            first_harmonic=nan,
            second_harmonic=nan,
        )
    larger = np.roll(curve, -at) / peak
    smaller = np.roll(larger[::-1], 1)
    away = np.minimum(np.arange(_STEPS), _STEPS - np.arange(_STEPS)) * 180 / _STEPS
    near = slice(1, int(_NEAR * _STEPS / 180) + 1)
    within = [max(float(side[near].sum()), 1e-6) for side in (smaller, larger)]
    flanks = (_crossing(smaller, 0.5), _crossing(larger, 0.5))
    long, short = (1, 0) if flanks[1] >= flanks[0] else (0, 1)
    top = np.concatenate([smaller[int(2 * flanks[0]) : 0 : -1], larger[: int(2 * flanks[1]) + 1]])
    lower = np.minimum(np.maximum.accumulate(top), np.maximum.accumulate(top[::-1])[::-1])
    spectrum = np.fft.rfft(curve)[1:3] / curve.sum()
    return LineStatistics(
        peak=peak,
        orientation=at * 180 / _STEPS,
        axis=float(-np.degrees(np.angle(spectrum[0])) / 2 % 180),
        flanks=flanks,
        feet=(_crossing(smaller, _FOOT), _crossing(larger, _FOOT)),
        tolerance=max(flanks[long] / flanks[short], within[long] / within[short]),
        dip=float((lower - top).max()),
        at90=float(larger[_STEPS // 2]),
        echo=float(larger[away >= 65].max()),
        elsewhere=float(larger[away > _NEAR].max()),
        first_harmonic=float(abs(spectrum[0])),
        second_harmonic=float(abs(spectrum[1])),
    )
