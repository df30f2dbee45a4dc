"""Claims on pure shape detectors directly followed by applied ones."""

import numpy as np

from curvecircuits.circuits.intervals import resampled_difference
from curvecircuits.claims.evidence import Evidence, NotTestableError
from curvecircuits.claims.lines import if_tuned_to_lines
from curvecircuits.claims.verdict import Claim, Finding, judged
from curvecircuits.families import LINES, Family
from curvecircuits.families.criteria import coherence
from curvecircuits.tuning import CurveTuning

_PURE = "Pure and applied shapes"


def _purity(tuning: CurveTuning, family: Family) -> np.ndarray:
    """Coherence of the orientation over radii times how little it answers elsewhere."""
    responses = tuning.responses()[list(family.channels)]
    radial = responses.mean(2)
    n = radial.shape[1]
    peak = radial.argmax(1)
    away = np.stack(
        [np.roll(row, -k)[n // 6 : n - n // 6].max() for row, k in zip(radial, peak, strict=True)]
    )
    return coherence(responses) * (1 - away / np.maximum(radial.max(1), 1e-12))


def _pure_lines(e: Evidence) -> Finding:
    """How much of a unit's response to lines is near its own orientation, in both layers."""
    near, far = e.line_layers
    purity: list[np.ndarray] = []
    for back in (far, near):
        family = e.family(back, *LINES, least=4)
        curve = e.line_tuning(family.layer).curve()[list(family.channels)]
        at = np.exp(2j * np.radians(np.arange(curve.shape[1]) * 180 / curve.shape[1]))
        purity.append(np.abs(curve @ at) / np.maximum(curve.sum(1), 1e-12))
    note = f"{e.layer(far)} {purity[0].mean():.2f}, {e.layer(near)} {purity[1].mean():.2f}."
    found = judged(resampled_difference(purity[0], purity[1], seed=e.seed), low=0, note=note)
    return if_tuned_to_lines(e, e.family(far, *LINES, least=4), found)


def _pure_curves(e: Evidence) -> Finding:
    """Purity of the curve family against that of the curves of the next layer."""
    after = e.tuning(e.after)
    own = _purity(e.tuning(e.curves.layer), e.curves)
    responses = after.responses()
    radial = responses.mean(2)
    angle = 2j * np.pi * np.arange(radial.shape[1]) / radial.shape[1]
    first = np.abs(radial @ np.exp(angle)) / np.maximum(radial.sum(1), 1e-12)
    strong = radial.max(1) >= 0.25 * np.percentile(radial.max(1), 95)
    chosen = np.flatnonzero(strong & (first >= 0.2) & (coherence(responses) >= 0.8))
    if len(chosen) < 3:
        raise NotTestableError(f"{e.after} has {len(chosen)} curve units.")
    later = Family(
        name="curve",
        layer=e.after,
        channels=tuple(int(c) for c in chosen),
        orientations=tuple(float(o) for o in radial[chosen].argmax(1) * 360 / radial.shape[1]),
        period=360,
    )
    other = _purity(after, later)
    note = f"{e.curves.layer} {own.mean():.2f}, {len(later)} units of {e.after} {other.mean():.2f}."
    return judged(resampled_difference(own, other, seed=e.seed), low=0, note=note)


CLAIMS = (
    Claim(
        id="pure-then-applied-lines",
        section=_PURE,
        statement="The earlier lines are purer line detectors than the later ones.",
        quantity="orientation selectivity to lines, earlier less later layer",
        criterion="above 0",
        how="|Σ r e^{2iθ}| / Σ r of each line unit, over offsets.",
        figure="line-tuning",
        measure=_pure_lines,
    ),
    Claim(
        id="pure-then-applied-curves",
        section=_PURE,
        statement="The curve detectors are purer than the curves of the next layer.",
        quantity="purity of the curve family less that of the next layer's curves",
        criterion="above 0",
        how="Coherence over radii × (1 − response over 60° away).",
        figure="downstream",
        measure=_pure_curves,
    ),
)
