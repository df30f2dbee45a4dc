"""What makes a unit a curve detector, as numbers, and why a unit is none."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.tuning import CurveTuning, TuningStatistics, tuning_statistics


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """Bounds on the tuning to outline curves; angles in degrees.

    The same values serve every network and every layer. `strength` is relative to the layer
    (its 95th percentile of peaks), `radius` to the tile the stimuli are drawn in.
    """

    strength: float = 0.5
    """Least peak, as a share of the 95th percentile of the layer's peaks."""
    coherence: float = 0.8
    """Least agreement of the orientation across radii: |Σ_r v_r| / Σ_r |v_r| with
    v_r = Σ_θ response(θ, r) e^{iθ}; 1 when every radius has the same preferred orientation."""
    radius: tuple[float, float] = (0.33, 2.5)
    """Preferred radius in tiles: neither a dot nor a straight line."""
    fwhm: tuple[float, float] = (15.0, 110.0)
    """Width of the radial tuning curve."""
    at90: float = 0.3
    """Largest response at ±90°, over the peak."""
    echo: float = 0.1
    """Largest echo of a *curve*; an *early curve* may have any."""
    first_harmonic: float = 0.2
    """Least first harmonic; it must also exceed the second, else the unit is tuned to lines."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the criteria say of one unit (or of its negative, on a linear layer)."""

    channel: int
    sign: int
    statistics: TuningStatistics
    radius: float
    """Preferred radius in pixels: that of the joint maximum."""
    kind: str | None
    """`curve`, `early curve`, or None."""
    strength: float
    """Peak over that of the layer's strong units."""
    reasons: tuple[str, ...]
    """The criteria for a curve that it does not meet, as sentences."""


def coherence(responses: Float[ndarray, "units o r"]) -> Float[ndarray, " units"]:
    """Agreement of the orientation across radii, as `Criteria.coherence` states it."""
    angle = 2j * np.pi * np.arange(responses.shape[1]) / responses.shape[1]
    vectors = np.einsum("uor,o->ur", responses, np.exp(angle))
    return np.abs(vectors.sum(1)) / np.maximum(np.abs(vectors).sum(1), 1e-12)


def judge(tuning: CurveTuning, criteria: Criteria) -> list[Judgement]:
    """Judge every unit of a layer; on a linear layer also its negative, keeping the stronger."""
    signs = (1, -1) if tuning.linear else (1,)
    best: list[Judgement] = []
    responses = {sign: tuning.responses(sign=sign) for sign in signs}
    peaks = np.stack([responses[s].mean(2).max(1) for s in signs])
    # A layer of mostly silent units has no 95th percentile to speak of.
    reference = max(float(np.percentile(peaks.max(0), 95)), 0.25 * float(peaks.max()))
    for sign in signs:
        joint = responses[sign]
        statistics = tuning_statistics(joint.mean(2))
        agreed = coherence(joint)
        radii = np.asarray(tuning.grid.radii)[joint.max(1).argmax(1)]
        for channel, (s, c, r) in enumerate(zip(statistics, agreed, radii, strict=True)):
            reasons = _reasons(s, float(c), float(r) / tuning.grid.tile, reference, criteria)
            best.append(
                Judgement(
                    channel=channel,
                    sign=sign,
                    statistics=s,
                    radius=float(r),
                    kind=_kind(reasons),
                    strength=s.peak / reference if reference > 0 else 0.0,
                    reasons=tuple(reasons.values()),
                )
            )
    best.sort(key=lambda j: (j.channel, len(j.reasons), -j.statistics.peak))
    return [j for i, j in enumerate(best) if i == 0 or best[i - 1].channel != j.channel]


def _kind(reasons: dict[str, str]) -> str | None:
    if not reasons:
        return "curve"
    return "early curve" if reasons.keys() <= {"echo", "at90"} else None


def _reasons(
    s: TuningStatistics, coherence: float, radius: float, reference: float, c: Criteria
) -> dict[str, str]:
    """The criteria not met, by name."""
    if not s.peak > 0:
        return {"strength": "no outline curve excites it"}
    bounds = f"{c.radius[0]:g} to {c.radius[1]:g}"
    checks = {
        "strength": (
            s.peak >= c.strength * reference,
            f"its peak is {s.peak / reference:.2f} of the layer's strong units, under "
            f"{c.strength:g}",
        ),
        "harmonics": (
            s.first_harmonic > s.second_harmonic and s.first_harmonic >= c.first_harmonic,
            f"its tuning repeats after 180° (second harmonic {s.second_harmonic:.2f}, first "
            f"{s.first_harmonic:.2f}): a line rather than a curve",
        ),
        "coherence": (
            coherence >= c.coherence,
            f"its orientation changes with radius (coherence {coherence:.2f}, under "
            f"{c.coherence:g})",
        ),
        "radius": (
            c.radius[0] <= radius <= c.radius[1],
            f"it prefers a radius of {radius:.2f} tiles, outside {bounds}",
        ),
        "fwhm": (
            c.fwhm[0] <= s.fwhm <= c.fwhm[1],
            f"its tuning is {s.fwhm:.0f}° wide, outside {c.fwhm[0]:g} to {c.fwhm[1]:g}",
        ),
        "at90": (s.at90 <= c.at90, f"it responds {s.at90:.2f} of its peak at ±90°"),
        "echo": (
            s.echo <= c.echo,
            f"it has an echo of {s.echo:.2f} on the opposite side, over {c.echo:g}",
        ),
    }
    return {name: sentence for name, (met, sentence) in checks.items() if not met}
