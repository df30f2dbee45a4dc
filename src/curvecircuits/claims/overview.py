"""Claims on the circuit as a whole: its size, its families, their symmetry."""

import numpy as np

from curvecircuits.circuits.intervals import Interval, resampled
from curvecircuits.circuits.schematic import circuit_parameters
from curvecircuits.circuits.sharing import total_factor
from curvecircuits.claims.evidence import Evidence, NotTestableError
from curvecircuits.claims.verdict import Claim, Finding, Measure, exact, judged
from curvecircuits.families import LINES
from curvecircuits.families.taxonomy import NAMES
from curvecircuits.tuning import largest_gap, tuning_statistics

_OVERVIEW = "Overview"
_EQUIVARIANCE = "Equivariance"


def _parameters(e: Evidence) -> Finding:
    return judged(exact(circuit_parameters(e.network, e.taxonomy, e.curves)), low=50_000)


def _leads(
    e: Evidence, back: int, families: tuple[str, ...]
) -> dict[str, tuple[Interval, Interval]]:
    """By metric, the lead of some families over the largest other one, and over their numbers.

    The first is their share of the weights less that of any other family; the second less their
    share of the units, as many units would have most of random weights too.
    """
    labels = e.taxonomy.of(e.layer(back))
    if not any(x.family in families for x in labels):
        raise NotTestableError(f"{e.layer(back)} has no units of {' or '.join(families)}.")
    values = e.weights(back).values.flatten(2).double().cpu().numpy()
    peak = (values**2).sum(1).argmax(1)
    at = values[np.arange(len(values)), :, peak]
    metrics = {
        "sum": np.abs(at),
        "energy": at**2,
        "positive": at.clip(0),
        "negative": (-at).clip(0),
    }
    leads: dict[str, tuple[Interval, Interval]] = {}
    crowd = sum(x.family in families for x in labels) / len(labels)
    for metric, m in metrics.items():
        shares = m / np.maximum(m.sum(1, keepdims=True), 1e-30)
        by = {n: shares[:, [x.channel for x in labels if x.family == n]].sum(1) for n in NAMES}
        own = np.sum([by[n] for n in families], axis=0)
        others = np.max([v for n, v in by.items() if n not in (*families, "other")], axis=0)
        leads[metric] = (
            resampled(own - others, seed=e.seed),
            resampled(own - crowd, seed=e.seed),
        )
    return leads


def _largest(back: int, *families: str) -> Measure:
    def measure(e: Evidence) -> Finding:
        leads = _leads(e, back, families)
        worst = min(leads, key=lambda m: leads[m][0].value)
        told = ", ".join(f"{m} {lead.value:+.2f}" for m, (lead, _) in leads.items())
        found = judged(leads[worst][0], low=0, note=f"By metric: {told}.")
        if found.holds and not all(beyond.above() for _, beyond in leads.values()):
            note = f"{found.note} No more than their number of units would give."
            return Finding(interval=found.interval, holds=None, note=note)
        return found

    return measure


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


def _scale_factor(e: Evidence) -> Finding:
    fit = e.scale
    if not np.isfinite(fit.factor.value):
        return Finding(
            interval=fit.factor,
            holds=False if fit.holds is False else None,
            note=fit.reason or "A shared template explains no more than its control.",
        )
    return judged(fit.factor, low=2, note=f"Kept {fit.kept.value:.0%} of the separate fits' R².")


def _total_factor(e: Evidence) -> Finding:
    factors = [e.compression.factor]
    note = "Rotation alone: no scale factor could be measured."
    try:
        if np.isfinite(e.scale.factor.value):
            factors.append(e.scale.factor)
            note = "Rotation times scale; bounds multiplied."
    except NotTestableError:
        pass
    if not e.compression.holds:
        return Finding(interval=e.compression.factor, holds=False, note="Rotation does not hold.")
    return judged(total_factor(*factors), low=50, note=note)


def _tail(e: Evidence) -> Finding:
    """Share of the energy that the largest tenth of the inputs holds, for each unit."""
    energy = e.weights(1).values.square().sum((2, 3)).double().cpu().numpy()
    energy = np.sort(energy, axis=1)[:, ::-1]
    tenth = max(1, round(energy.shape[1] / 10))
    share = energy[:, :tenth].sum(1) / np.maximum(energy.sum(1), 1e-30)
    return judged(resampled(share, seed=e.seed), low=0.5)


CLAIMS = (
    Claim(
        id="parameters",
        section=_OVERVIEW,
        statement="Curve detection involves more than 50,000 parameters.",
        published="more than 50,000 (51,534 by its unit counts)",
        quantity="parameters",
        criterion="at least 50,000",
        how="Weights between the circuit's families, layer by layer, and their first filters.",
        figure="schematic",
        measure=_parameters,
    ),
    Claim(
        id="gabors-largest",
        section=_OVERVIEW,
        statement="In the first layer Gabor filters give most to curve detectors.",
        published="65 % of conv2d0",
        quantity="share of the Gabors less that of the largest other family",
        criterion="above 0 under every metric, and more than their number of units would give",
        how="Expanded weights at the position of greatest magnitude; least lead over the metrics.",
        figure="family-shares",
        measure=lambda e: _largest(len(e.layers) - 1, "Gabor")(e),
    ),
    Claim(
        id="proto-lines-largest",
        section=_OVERVIEW,
        statement="In the second layer proto-lines, such as complex Gabors, give most.",
        published="54 % complex Gabor, 23 % Gabor-like of conv2d1",
        quantity="share of the complex Gabors less that of the largest other family",
        criterion="above 0 under every metric, and more than their number of units would give",
        how="As for the first layer.",
        figure="family-shares",
        measure=lambda e: _largest(len(e.layers) - 2, "complex Gabor")(e),
    ),
    Claim(
        id="lines-largest",
        section=_OVERVIEW,
        statement="Two layers before the curves, lines give most.",
        published="47 % line, 9 % shifted line of conv2d2",
        quantity="share of the line families less that of the largest other family",
        criterion="above 0 under every metric, and more than their number of units would give",
        how="As for the first layer; lines with an echo, perpendicular lines and cliffs counted.",
        figure="family-shares",
        measure=_largest(2, *LINES),
    ),
    Claim(
        id="early-largest",
        section="Early curves",
        statement="Early curves contribute more to curve detectors than any other family.",
        published="22 % of 3a",
        quantity="share of the early curves less that of the largest other family",
        criterion="above 0 under every metric, and more than their number of units would give",
        how="As for the first layer, of the layer before the curves.",
        figure="family-shares",
        measure=lambda e: _largest(1, e.early.name)(e),
    ),
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
        measure=_scale_factor,
    ),
    Claim(
        id="total-factor",
        section=_EQUIVARIANCE,
        statement="Together the reduction is about 50 times.",
        published="~50×",
        quantity="product of the factors",
        criterion="at least 50",
        how="Rotation times scale, where both can be measured.",
        figure="compression",
        measure=_total_factor,
    ),
    Claim(
        id="long-tail",
        section=_OVERVIEW,
        statement="A few inputs have large weights, followed by a long tail of small ones.",
        quantity="share of the energy (Σ w²) that the largest tenth of the inputs holds",
        criterion="at least 0.5",
        how="Expanded weights of each curve unit on the layer before.",
        figure="family-shares",
        measure=_tail,
    ),
)
