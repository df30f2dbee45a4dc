"""Claims on lines: along the tangent, their tolerance, echoes, cliffs."""

import numpy as np

from curvecircuits.circuits.intervals import NOTHING, resampled
from curvecircuits.circuits.line_matrix import smoother
from curvecircuits.claims.evidence import Evidence
from curvecircuits.claims.groups import weight_of
from curvecircuits.claims.verdict import Claim, Finding, judged, middle
from curvecircuits.families import Family
from curvecircuits.families.line_tuning import line_statistics

_LINES = "Lines"


def _tangent_lines(e: Evidence) -> Finding:
    t = e.tolerance
    difference = t.excited.value - t.excited_across.value
    note = (
        f"Perpendicular lines {t.excited_across.value:.0%}, permuted channels "
        f"{t.excited_shuffled.value:.0%}; predicted and drawn correlate "
        f"{e.confirmation.on_arc.value:+.2f} (permuted channels "
        f"{e.confirmation.shuffled.value:+.2f})."
    )
    found = judged(t.excited, low=0.5, note=note)
    if found.holds and not (
        t.excited.low > t.excited_shuffled.high and difference > 0 and e.confirmation.on_arc.low > 0
    ):
        return Finding(interval=t.excited, holds=None, note=note)
    return found


def _confirmed(e: Evidence, found: Finding) -> Finding:
    """What is read off the weights counts only where drawn lines agree with it."""
    real = e.confirmation.on_arc
    if found.holds and not real.low > max(0.0, e.confirmation.shuffled.high):
        note = f"Drawn lines do not confirm the values (correlation {real.value:+.2f})."
        return Finding(interval=found.interval, holds=None, note=note)
    return found


def _tolerance(e: Evidence) -> Finding:
    degrees = e.tolerance.degrees
    each = [x for x in (middle(unit) for unit in degrees) if np.isfinite(x)]
    note = f"Units: {min(each):.0f}° to {max(each):.0f}°." if each else "No line excites."
    return _confirmed(e, judged(e.tolerance.side, low=10, high=45, note=note))


def _asymmetry(e: Evidence) -> Finding:
    return _confirmed(e, judged(e.tolerance.asymmetry, low=10))


def _irregular(e: Evidence) -> Finding:
    near, far = e.line_layers
    earlier, later = e.line_matrix(far), e.line_matrix(near)
    found = smoother(earlier, later, seed=e.seed)
    note = (
        f"R² {earlier.smoothness.value:.2f} from {e.layer(far)} and "
        f"{later.smoothness.value:.2f} from {e.layer(near)}; shuffled at most "
        f"{max(earlier.shuffled, later.shuffled):.2f}."
    )
    return judged(found, low=0, note=note)


def _smooth_lines(e: Evidence) -> Finding:
    found = e.line_matrix(e.line_layers[1])
    verdict = judged(found.smoothness, low=0, note=f"Shuffled at most {found.shuffled:.2f}.")
    if verdict.holds and found.smoothness.value <= found.shuffled:
        return Finding(interval=verdict.interval, holds=None, note=verdict.note)
    return verdict


def _second_peaks(e: Evidence) -> Finding:
    """Largest response near 90° of the line units that were named for one orientation."""
    back = e.line_layers[0]
    family = e.family(back, "line", "line with an echo", "cliff", least=4)
    curve = e.line_tuning(family.layer).curve()[list(family.channels)]
    echo = np.array([s.echo for s in line_statistics(curve)])
    if not np.isfinite(echo).all():
        return Finding(
            interval=resampled(echo[np.isfinite(echo)]) if np.isfinite(echo).sum() else NOTHING,
            holds=False,
            note=f"{int((~np.isfinite(echo)).sum())} of the units answer to no line.",
        )
    some = int((echo >= 0.1).sum())
    note = f"{some} of {len(echo)} have an echo of a tenth of their peak or more."
    found = judged(resampled(echo, seed=e.seed), low=0.01, high=0.5, note=note)
    return if_tuned_to_lines(e, family, found)


def if_tuned_to_lines(e: Evidence, family: Family, found: Finding) -> Finding:
    """Counts only where the units prefer the lines they were named for."""
    curve = e.line_tuning(family.layer).curve()[list(family.channels)]
    measured = np.array([s.orientation for s in line_statistics(curve)])
    turned = np.abs((measured - np.array(family.orientations) + 90) % 180 - 90)
    if not middle(turned) <= 20:
        return Finding(
            interval=found.interval, holds=False, note="The units are not tuned to their lines."
        )
    return found


def _cliffs(e: Evidence) -> Finding:
    """The shorter flank of the cliffs, beside that of the other lines."""
    back = e.line_layers[0]
    family = e.family(back, "cliff", least=3)
    others = e.family(back, "line", "line with an echo", least=3)
    layer = e.line_tuning(family.layer).curve()
    sharp, plain = (
        np.array([s.sharpest for s in line_statistics(layer[list(f.channels)])])
        for f in (family, others)
    )
    if not (np.isfinite(sharp).all() and np.isfinite(plain).all()):
        return Finding(interval=NOTHING, holds=False, note="Some units answer to no line.")
    found = judged(
        resampled(sharp, seed=e.seed),
        high=15,
        note=f"{len(sharp)} cliffs; other lines {plain.mean():.0f}°.",
    )
    return if_tuned_to_lines(e, family, found)


def _bumps(e: Evidence) -> Finding:
    found = e.bumps
    low, high = found.change_chance
    note = (
        f"Cliffs drawn at random: {low:.2f} to {high:.2f}. Bumps leave the curve units "
        f"{found.kept_response.value:.0%} of their response."
    )
    verdict = judged(found.change, low=0, note=note)
    if verdict.holds and found.change.value <= high:
        return Finding(interval=verdict.interval, holds=None, note=note)
    return verdict


def _perpendicular_lines(e: Evidence) -> Finding:
    back = e.line_layers[0]
    return weight_of(e, back, e.family(back, "perpendicular line", least=3))


CLAIMS = (
    Claim(
        id="lines-along-the-tangent",
        section=_LINES,
        statement="Lines along a curve's tangent excite it.",
        quantity="share of the cells on the arc where the tangent line excites",
        criterion="above 0.5, above permuted channels, confirmed by drawn lines",
        how="Σ W (h(line) − h(blank)) at each cell, lines of 36 orientations.",
        figure="line-positions",
        measure=_tangent_lines,
    ),
    Claim(
        id="tolerance",
        section=_LINES,
        statement="Lines may turn 10° to 45° from the tangent before they cease to excite.",
        published="10° to 45°",
        quantity="degrees from the tangent to the zero crossing",
        criterion="from 10 to 45, confirmed by drawn lines",
        how="Mean over units of the median over cells and sides.",
        figure="line-positions",
        measure=_tolerance,
    ),
    Claim(
        id="tolerance-asymmetric",
        section=_LINES,
        statement="The tolerance is not always the same on both sides.",
        published="3b:406 shifts by 10°",
        quantity="degrees between the two sides",
        criterion="at least 10, confirmed by drawn lines",
        how="Mean over units of the median over cells.",
        figure="line-positions",
        measure=_asymmetry,
    ),
    Claim(
        id="earlier-lines-smooth",
        section=_LINES,
        statement="Weights from the earlier lines to curves follow the angle between them.",
        quantity="R² of a smooth function of the angle, each line left out in turn",
        criterion="above 0 and above shuffled orientations",
        how="Weights near the middle of the arc; two harmonics of twice the angle.",
        figure="line-matrix",
        measure=_smooth_lines,
    ),
    Claim(
        id="later-lines-irregular",
        section=_LINES,
        statement="Weights from the later lines are irregular where the earlier ones are smooth.",
        quantity="R² of the earlier lines less that of the later ones",
        criterion="above 0",
        how="As for the earlier lines; targets resampled together.",
        figure="line-matrix",
        measure=_irregular,
    ),
    Claim(
        id="lines-echo-at-90",
        section=_LINES,
        statement="Some line units respond weakly to lines 90° away.",
        published="some of 11 lines of 3a",
        quantity="mean response near 90° over the peak",
        criterion="between 0.01 and 0.5, of units tuned to their lines",
        how="Line tuning of the later line layer.",
        figure="line-tuning",
        measure=_second_peaks,
    ),
    Claim(
        id="cliffs-are-sharp",
        section=_LINES,
        statement="Some line units have a sharp transition on one side.",
        published="five of 3a",
        quantity="degrees from the peak to half of it on the sharper side of the cliffs",
        criterion="at most 15, of units tuned to their lines",
        how="Line tuning on 36 orientations, other than the probes that named them.",
        figure="line-tuning",
        measure=_cliffs,
    ),
    Claim(
        id="cliffs-help-with-bumps",
        section=_LINES,
        statement="Cliffs are useful on arcs with imperfections such as bumps.",
        quantity="contribution a cliff gains from bumps less that of another line, percent",
        criterion="above 0 and above cliffs drawn at random",
        how="Arcs with a wobble of 1 px, Σ W (h − h(blank)) over each group.",
        figure="line-tuning",
        measure=_bumps,
    ),
    Claim(
        id="perpendicular-lines-contribute",
        section=_LINES,
        statement="Lines perpendicular to where units are longest contribute to curves too.",
        published="five of 3a",
        quantity="their mean magnitude of weight over that of all inputs",
        criterion="above 1, beyond random units",
        how="Σ|w| of the curves on each unit.",
        figure="line-tuning",
        measure=_perpendicular_lines,
    ),
)
