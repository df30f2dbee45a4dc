"""Claims on how early curves build curves."""

from dataclasses import replace

from curvecircuits.claims.evidence import Evidence
from curvecircuits.claims.verdict import Claim, Finding, Measure, beyond_chance, judged

_EARLY = "Early curves"
_SMALL = 0.25
"""What counts as about zero, as a share of the weights of similar pairs."""


def _band(first: bool) -> Measure:
    def measure(e: Evidence) -> Finding:
        bands = [b for b in e.similarity.bands if b.pairs]
        chosen = bands[0] if first else bands[-1]
        fall = beyond_chance(e.similarity.fall, note=f"{chosen.pairs} pairs.")
        found = judged(chosen.mean, low=0) if first else judged(chosen.mean, high=0)
        holds = found.holds
        if holds and fall.holds is not True:
            holds = None
        return Finding(interval=found.interval, holds=holds, note=fall.note)

    return measure


def _steps(similar: bool) -> Measure:
    """The least favourable place along the arc, among those within the middle of it."""

    def measure(e: Evidence) -> Finding:
        arc = e.arc
        steps = arc.similar_steps if similar else arc.opposing_steps
        near = [i for i, s in enumerate(arc.steps) if abs(s) <= e.radius / 2]
        chosen = [steps[i] for i in near]
        whole = arc.similar if similar else arc.opposing
        worst = (
            min(chosen, key=lambda i: i.value) if similar else max(chosen, key=lambda i: i.value)
        )
        note = (
            f"Worst of {len(chosen)} places along the arc; correlation of the tiles with the arc "
            f"{whole.measured.value:+.2f}."
        )
        found = judged(worst, low=0) if similar else judged(worst, high=0)
        chance = beyond_chance(whole, note=note)
        holds = found.holds if chance.holds else (False if found.holds is False else None)
        return Finding(interval=worst, holds=holds, note=chance.note)

    return measure


def _likeness(similar: bool) -> Measure:
    def measure(e: Evidence) -> Finding:
        return beyond_chance(e.arc.similar if similar else e.arc.opposing, note="")

    return measure


def _slope(e: Evidence) -> Finding:
    found = beyond_chance(e.arc.slope, note="Slope weighted by agreement of the sources.")
    tracking = e.arc.tracking
    if found.holds and not tracking.holds:
        return replace(found, holds=None)
    return found


def _smooth(e: Evidence) -> Finding:
    return beyond_chance(e.similarity.smoothness, note="")


def _perpendicular(e: Evidence) -> Finding:
    found = e.similarity.perpendicular
    if not e.similarity.fall.holds:
        return Finding(
            interval=found,
            holds=False,
            note="Weights do not fall with relative orientation, so there is no zero to cross.",
        )
    return judged(found, low=-_SMALL, high=_SMALL)


CLAIMS = (
    Claim(
        id="similar-excite",
        section=_EARLY,
        statement="Curves are excited by early curves of a similar orientation.",
        published="positive within about 45°",
        quantity="mean sum of weights of pairs under 30° apart",
        criterion="above 0, and the fall with relative orientation beyond shuffled orientations",
        how="Expanded weights, summed over positions; targets and sources resampled.",
        figure="weight-bands",
        measure=_band(True),
    ),
    Claim(
        id="opposing-inhibit",
        section=_EARLY,
        statement="Curves are inhibited by early curves of the opposing orientation.",
        published="most negative at 180°",
        quantity="mean sum of weights of pairs over 150° apart",
        criterion="below 0, and the fall with relative orientation beyond shuffled orientations",
        how="As for similar ones.",
        figure="weight-bands",
        measure=_band(False),
    ),
    Claim(
        id="similar-at-every-position",
        section=_EARLY,
        statement="At every position of the arc similar early curves excite.",
        quantity="mean weight of similar pairs at the weakest place of the arc",
        criterion="above 0, and tiles like the arc beyond shuffled orientations",
        how="Weights along the arc through the curve's centre, half a radius to each side.",
        figure="arc-weights",
        measure=_steps(True),
    ),
    Claim(
        id="opposing-at-every-position",
        section=_EARLY,
        statement="At every position of the arc opposing early curves inhibit.",
        quantity="mean weight of opposing pairs at the weakest place of the arc",
        criterion="below 0, and tiles unlike the arc beyond shuffled orientations",
        how="As for similar ones.",
        figure="arc-weights",
        measure=_steps(False),
    ),
    Claim(
        id="tiles-follow-the-arc",
        section=_EARLY,
        statement="The weights of similar early curves lie along the curve's arc.",
        quantity="mean correlation of similar pairs' tiles with the arc",
        criterion="above 0, beyond shuffled orientations",
        how="Each tile against a smooth arc of the curves' preferred radius.",
        figure="weight-matrix",
        measure=_likeness(True),
    ),
    Claim(
        id="opposing-tiles",
        section=_EARLY,
        statement="The weights of opposing early curves are the arc with the other sign.",
        quantity="mean correlation of opposing pairs' tiles with the arc",
        criterion="below 0, beyond shuffled orientations",
        how="As for similar ones.",
        figure="weight-matrix",
        measure=_likeness(False),
    ),
    Claim(
        id="preference-shifts",
        section=_EARLY,
        statement="The preferred early curve turns with the tangent along the arc.",
        quantity="degrees that the preference turns a degree of the arc's normal",
        criterion="above 0, beyond places exchanged",
        how="Direction of Σ W e^{iφ} over early curves at each place of the arc.",
        figure="arc-preference",
        measure=_slope,
    ),
    Claim(
        id="smooth-transition",
        section=_EARLY,
        statement="Neighbouring early curves have similar weights: the transition is smooth.",
        quantity="correlation of neighbours' tiles less that of other pairs",
        criterion="above 0, beyond shuffled orientations",
        how="Kernels of early curves under 30° apart against all others, over targets and cells.",
        figure="weight-matrix",
        measure=_smooth,
    ),
    Claim(
        id="zero-at-90",
        section=_EARLY,
        statement="Curves 90° apart neither excite nor inhibit much.",
        published="weak weights at 90°",
        quantity="mean weight of pairs 75–105° apart over that of similar pairs",
        criterion="between −0.25 and 0.25",
        how="Sums of weights; targets and sources resampled.",
        figure="weight-bands",
        measure=_perpendicular,
    ),
)
