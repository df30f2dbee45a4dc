"""Claims on how early curves build curves, and on what their negative weights are for."""

from dataclasses import replace

import numpy as np

from curvecircuits.circuits.chance import Compared
from curvecircuits.circuits.echo import EchoCondition
from curvecircuits.circuits.intervals import Interval, resampled
from curvecircuits.circuits.motif import TangentMotif
from curvecircuits.claims.evidence import Evidence, NotTestableError
from curvecircuits.claims.verdict import Claim, Finding, Measure, beyond_chance, judged, middle
from curvecircuits.families import Family
from curvecircuits.tuning import tuning_statistics

_EARLY = "Early curves"
_MOTIF = "Circuit motifs"
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
        reach = max(abs(s) for s in arc.steps) if arc.steps else 0.0
        near = [i for i, s in enumerate(arc.steps) if abs(s) <= min(reach, e.radius / 2)]
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


def _cofiring(e: Evidence) -> Finding:
    return beyond_chance(e.cofiring.measured, note="")


def _echo_of(radial: np.ndarray) -> np.ndarray:
    return np.array([s.echo for s in tuning_statistics(radial)])


def _no_echo(e: Evidence) -> Finding:
    tuned = e.tuning(e.curves.layer)
    echo = _echo_of(tuned.radial()[list(e.curves.channels)])
    if not np.isfinite(echo).all():
        silent = int((~np.isfinite(echo)).sum())
        return Finding(
            interval=resampled(echo[np.isfinite(echo)]) if np.isfinite(echo).any() else _nothing(),
            holds=False,
            note=f"{silent} of the units answer to no curve.",
        )
    early = _echo_of(e.tuning(e.before).radial()[list(e.early.channels)])
    note = f"Early curves: {np.nanmean(early):.2f}."
    found = judged(resampled(echo, seed=e.seed), high=0.1, note=note)
    return _if_tuned(e, found)


def _if_tuned(e: Evidence, found: Finding) -> Finding:
    """Units without tuning have no echo either: the claim is about units that have a peak."""
    tuned = e.tuning(e.curves.layer)
    orientations = [s.orientation for s in tuning_statistics(tuned.radial())]
    turned = [
        abs((orientations[c] - o + 180) % 360 - 180)
        for c, o in zip(e.curves.channels, e.curves.orientations, strict=True)
    ]
    if not middle(np.array(turned)) <= 30:
        return replace(found, holds=False, note="The units are not tuned to their orientations.")
    return found


def _early_echo(e: Evidence) -> Finding:
    echo = _echo_of(e.tuning(e.before).radial()[list(e.early.channels)])
    own = _echo_of(e.tuning(e.curves.layer).radial()[list(e.curves.channels)])
    if not np.isfinite(echo).all() or not np.isfinite(own).all():
        return Finding(interval=_nothing(), holds=False, note="Some units answer to no curve.")
    generator = np.random.default_rng(e.seed)
    draws = [
        generator.choice(echo, len(echo)).mean() - generator.choice(own, len(own)).mean()
        for _ in range(2000)
    ]
    low, high = (float(x) for x in np.percentile(draws, [2.5, 97.5]))
    found = Interval(
        value=float(echo.mean() - own.mean()), low=low, high=high, units=min(len(echo), len(own))
    )
    return _if_tuned(e, judged(found, low=0))


def _nothing() -> Interval:
    nan = float("nan")
    return Interval(value=nan, low=nan, high=nan, units=0)


def _echo_returns(e: Evidence) -> Finding:
    found = e.echo
    told = ", ".join(
        f"{c.name.replace('_', ' ')} {_shown(c)}" for c in found.conditions if c.name != "linear"
    )
    if found.units >= 3:
        return _if_tuned(e, beyond_chance(found.difference, note=f"Mean echo: {told}."))
    note = f"Mean echo: {told}. As shares of the network's own peaks: alone the early curves leave"
    return _if_tuned(e, beyond_chance(found.absolute, note=f"{note} most units silent."))


def _shown(condition: EchoCondition) -> str:
    return f"{condition.mean_echo.value:.2f}"


def _opposing_effect(e: Evidence) -> Finding:
    if e.echo.units < 3:
        raise NotTestableError("Early curves alone leave most of the curve units silent.")
    return _if_tuned(e, judged(e.echo.opposing, low=0))


def _motif(
    e: Evidence, targets: Family, sources: Family, radius: float, *, part: str
) -> tuple[TangentMotif, Compared]:
    found = e.motif(targets, sources, radius=radius)
    return found, getattr(found, part)


def _tangent(e: Evidence) -> Finding:
    """The weakest link of the chain of tangent motifs that can be measured."""
    links: list[tuple[str, Compared]] = []
    for name, targets, sources, radius in _links(e):
        found, likeness = _motif(e, targets, sources, radius, part="positive_likeness")
        del found
        links.append((name, likeness))
    if not links:
        raise NotTestableError("No two adjacent layers have families with orientations.")
    told = ", ".join(f"{n} {t.measured.value:+.2f} (p {t.p:.2f})" for n, t in links)
    _, weakest = min(links, key=lambda link: link[1].measured.value)
    return beyond_chance(weakest, note=f"{told}.")


def _links(e: Evidence) -> list[tuple[str, Family, Family, float]]:
    found: list[tuple[str, Family, Family, float]] = []
    found.append((f"{e.early.layer} → {e.curves.layer}", e.curves, e.early, e.radius))
    for back in range(1, len(e.layers) - 1):
        try:
            targets = e.early if back == 1 else e.lines(back, least=4)
            sources = _lines_or_gabors(e, back + 1)
        except NotTestableError:
            continue
        if len(sources) < 6 or len(targets) < 4:
            continue
        weights = e.network.geometry(targets.layer).receptive_field
        if weights == e.network.geometry(sources.layer).receptive_field:
            continue
        found.append((f"{sources.layer} → {targets.layer}", targets, sources, float("inf")))
    return found


def _lines_or_gabors(e: Evidence, back: int) -> Family:
    try:
        return e.lines(back, least=6)
    except NotTestableError:
        return e.family(back, "complex Gabor", least=6)


def _perpendicular_motif(e: Evidence) -> Finding:
    """Strongest negative connections of lines and early curves: how far from the tangent."""
    links = [link for link in _links(e) if link[2].period == 180]
    if not links:
        raise NotTestableError("No adjacent layers have lines that build on oriented units.")
    told: list[str] = []
    worst: Compared | None = None
    for name, targets, sources, radius in links:
        _, apart = _motif(e, targets, sources, radius, part="negative_apart")
        told.append(f"{name} {apart.measured.value:.0f}°")
        if worst is None or apart.measured.value < worst.measured.value:
            worst = apart
    assert worst is not None
    return beyond_chance(worst, note=f"{', '.join(told)}.")


CLAIMS = (
    Claim(
        id="similar-excite",
        section=_EARLY,
        statement="Curves are excited by early curves of a similar orientation.",
        published="positive within about 45°",
        quantity="mean sum of weights of pairs under 30° apart",
        criterion="above 0, and the fall with relative orientation beyond shuffled orientations",
        how="Expanded weights, summed over positions; targets and sources resampled.",
        figure="weight-matrix",
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
        figure="weight-matrix",
        measure=_band(False),
    ),
    Claim(
        id="similar-at-every-position",
        section=_EARLY,
        statement="At every position of the arc similar early curves excite.",
        quantity="mean weight of similar pairs at the weakest place of the arc",
        criterion="above 0, and tiles like the arc beyond shuffled orientations",
        how="Weights along the arc through the curve's centre, half a radius to each side.",
        figure="weight-matrix",
        measure=_steps(True),
    ),
    Claim(
        id="opposing-at-every-position",
        section=_EARLY,
        statement="At every position of the arc opposing early curves inhibit.",
        quantity="mean weight of opposing pairs at the weakest place of the arc",
        criterion="below 0, and tiles unlike the arc beyond shuffled orientations",
        how="As for similar ones.",
        figure="weight-matrix",
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
        figure="arc-weights",
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
        figure="weight-matrix",
        measure=_perpendicular,
    ),
    Claim(
        id="negatives-prevent-mistakes",
        section=_EARLY,
        statement="Negative weights go to inputs similar enough to be mistaken.",
        quantity="correlation of input activity with weight, over unlike inputs",
        criterion="below 0, beyond exchanged curves",
        how="Activity along the curve that each unit prefers, of early curves over 60° from it.",
        figure="echo",
        measure=_cofiring,
    ),
    Claim(
        id="early-curves-echo",
        section=_EARLY,
        statement="Early curves respond to opposite curves a little, an echo; curves do not.",
        published="3a 0.04–0.53, 3b at most 0.03",
        quantity="mean echo of early curves less that of curves",
        criterion="above 0",
        how="Largest response within 45° of the opposite orientation over the peak, outlines.",
        figure="echo",
        measure=_early_echo,
    ),
    Claim(
        id="curves-have-no-echo",
        section=_EARLY,
        statement="Curve detectors have no echo.",
        published="at most 0.03",
        quantity="mean echo of the curve units",
        criterion="at most 0.1, of units tuned to their orientations",
        how="As for early curves.",
        figure="echo",
        measure=_no_echo,
    ),
    Claim(
        id="echo-returns",
        section=_EARLY,
        statement="Without the negative weights from opposing early curves the echo returns.",
        published="echoes of 0.04–0.66 with positive weights only",
        quantity="rise of echo − response at ±90°, over that without other negative weights",
        criterion="above 0, beyond shuffled orientations",
        how="Linearised early curves only; paired over units; the unedited orientation is kept.",
        figure="echo",
        measure=_echo_returns,
    ),
    Claim(
        id="opposing-removal-raises-echo",
        section=_EARLY,
        statement="Removing those weights raises the echo by itself, not all responses alike.",
        quantity="rise of echo − response at ±90°",
        criterion="above 0",
        how="The same experiment, against all early-curve weights kept.",
        figure="echo",
        measure=_opposing_effect,
    ),
    Claim(
        id="tangent-motif",
        section=_MOTIF,
        statement="Each layer tiles a simpler contrast detector along its tangent.",
        quantity="correlation of the strongest positive tiles with the tangent, weakest link",
        criterion="above 0, beyond shuffled orientations",
        how="Three strongest positive inputs of each unit, turned into its frame.",
        figure="motif",
        measure=_tangent,
    ),
    Claim(
        id="perpendicular-inhibits",
        section=_MOTIF,
        statement="Weights are most negative where lines are perpendicular.",
        quantity="mean degrees to the strongest negative inputs, least link",
        criterion="above 45 (what any orientation would give), beyond shuffled orientations",
        how="Three strongest negative inputs among lines or complex Gabors, mod 180°.",
        figure="motif",
        measure=_perpendicular_motif,
    ),
)
