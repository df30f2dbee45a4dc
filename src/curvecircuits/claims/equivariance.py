"""Claims on the symmetry of the circuit: copies turned, stretched and recoloured."""

from collections.abc import Callable

import numpy as np

from curvecircuits.circuits.sharing import SharedFit, total_factor
from curvecircuits.claims.evidence import Evidence, NotTestableError
from curvecircuits.claims.verdict import Claim, Finding, Measure, exact, judged
from curvecircuits.tuning import largest_gap, tuning_statistics

_EQUIVARIANCE = "Equivariance"


def _circle(e: Evidence) -> Finding:
    tuned = e.tuning(e.curves.layer)
    radial = np.maximum(tuned.responses()[list(e.curves.channels)].mean(2), 0)
    found = tuning_statistics(radial)
    measured = [s.orientation for s in found if np.isfinite(s.orientation)]
    return judged(exact(largest_gap(measured)), high=90)


def _rotation_holds(e: Evidence) -> Finding:
    fit = e.rotation
    chance = max(fit.shuffled) if fit.shuffled else float("nan")
    note = (
        f"R² {fit.r2.value:.2f} of targets left out; shuffled orientations reach {chance:.2f}, an "
        f"SVD with as many numbers {fit.svd.value:.2f}."
    )
    found = judged(fit.above_svd, low=0, note=note)
    holds = found.holds
    if holds and fit.holds is not True:
        holds = fit.holds
    return Finding(interval=found.interval, holds=holds, note=note)


def _rotation_factor(e: Evidence) -> Finding:
    found = e.compression
    if not found.holds:
        return Finding(
            interval=found.factor,
            holds=False,
            note="A tied template explains no more than one of shuffled orientations.",
        )
    return judged(
        found.factor,
        low=10,
        note=f"Read where the template reaches {found.share:.0%} of its best R² of units left out.",
    )


def _shared(fit_of: Callable[[Evidence], SharedFit], *, low: float) -> Measure:
    """The factor of one template where there could be several; none where it cannot be shared."""

    def measure(e: Evidence) -> Finding:
        fit = fit_of(e)
        chance = max(fit.control) if fit.control else float("nan")
        note = (
            f"{fit.name}: R² {fit.r2.value:.2f} shared, {fit.separate.value:.2f} apart; the "
            f"controls reach {chance:.2f}."
        )
        if not np.isfinite(fit.factor.value):
            note = f"{note} {fit.reason or 'A shared template explains no more than its controls.'}"
            return Finding(
                interval=fit.factor, holds=False if fit.holds is False else None, note=note
            )
        return judged(fit.factor, low=low, note=note)

    return measure


def _scale(e: Evidence) -> tuple[SharedFit, str] | None:
    """The scale factor that can be measured: of curves, else of lines."""
    for name, fit_of in (("curves", lambda: e.scale), ("lines", lambda: e.scale_lines)):
        try:
            fit = fit_of()
        except NotTestableError:
            continue
        if np.isfinite(fit.factor.value):
            return fit, name
    return None


def _total_factor(e: Evidence) -> Finding:
    if not e.compression.holds:
        return Finding(interval=e.compression.factor, holds=False, note="Rotation does not hold.")
    found = _scale(e)
    if found is None:
        note = "Rotation alone: no scale factor could be measured."
        return judged(e.compression.factor, low=50, note=note)
    fit, name = found
    note = f"Rotation times scale, of {name}; bounds multiplied."
    return judged(total_factor(e.compression.factor, fit.factor), low=50, note=note)


CLAIMS = (
    Claim(
        id="rotated-copies",
        section=_EQUIVARIANCE,
        statement="The curve family covers the circle with rotated copies.",
        published="10 units, largest gap 68°",
        quantity="largest gap between preferred orientations, degrees",
        criterion="at most 90",
        how="Outline curves through the units' centre.",
        figure="tuning-maps",
        measure=_circle,
    ),
    Claim(
        id="rotation-equivariant",
        section=_EQUIVARIANCE,
        statement="The weights from early curves to curves are rotated copies of one template.",
        quantity="R² of a tied template less that of an SVD with as many numbers",
        criterion="above 0, and R² beyond shuffled orientations",
        how="Each target is left out in turn; only its gain is then fitted.",
        figure="compression",
        measure=_rotation_holds,
    ),
    Claim(
        id="rotation-factor",
        section=_EQUIVARIANCE,
        statement="Rotational equivariance reduces the complexity 10 to 20 times.",
        published="10–20×",
        quantity="weights of the block over numbers kept",
        criterion="at least 10",
        how="Smallest tied template with 90 % of the best one's R² of targets left out.",
        figure="compression",
        measure=_rotation_factor,
    ),
    Claim(
        id="scale-factor",
        section=_EQUIVARIANCE,
        statement="Scale equivariance reduces it a further 2 to 3 times.",
        published="2–3×",
        quantity="numbers of separate templates over those of a shared one",
        criterion="at least 2",
        how="One template for tiny curve → early curve and early curve → curve, at the same R².",
        figure="compression",
        measure=_shared(lambda e: e.scale, low=2),
    ),
    Claim(
        id="scale-factor-lines",
        section=_EQUIVARIANCE,
        statement="Scale equivariance of lines reduces it 2 to 3 times too.",
        published="2–3×",
        quantity="numbers of separate templates over those of a shared one",
        criterion="at least 2",
        how="One template for complex Gabor → line and line → line, at the same R².",
        figure="compression",
        measure=_shared(lambda e: e.scale_lines, low=2),
    ),
    Claim(
        id="total-factor",
        section=_EQUIVARIANCE,
        statement="Together the reduction is about 50 times.",
        published="~50×",
        quantity="product of the factors",
        criterion="at least 50",
        how="Rotation times scale, of curves or else of lines, where both can be measured.",
        figure="compression",
        measure=_total_factor,
    ),
    Claim(
        id="hue-factor",
        section=_EQUIVARIANCE,
        statement="For the small colour part, hue equivariance reduces it about 8 times.",
        published="8×",
        quantity="numbers of a template that varies with hue over those of one that does not",
        criterion="at least 8",
        how=(
            "Colour contrasts on lines of the next layer, at the same R². The other template tells "
            "eight hues apart; an orientation and a gain of each unit count on both sides."
        ),
        figure="compression",
        measure=_shared(lambda e: e.hue, low=8),
    ),
)
"""Claims of equivariance, in the order of the article."""
