"""Claims on the circuit as a whole: its size, and the families that give most."""

import numpy as np

from curvecircuits.circuits.intervals import Interval, resampled
from curvecircuits.circuits.schematic import circuit_parameters
from curvecircuits.claims.evidence import Evidence, NotTestableError
from curvecircuits.claims.verdict import Claim, Finding, Measure, exact, judged
from curvecircuits.families import LINES

_OVERVIEW = "Overview"


def _parameters(e: Evidence) -> Finding:
    return judged(exact(circuit_parameters(e.network, e.taxonomy, e.curves)), low=50_000)


def _leads(
    e: Evidence, back: int, families: tuple[str, ...]
) -> dict[str, tuple[Interval, Interval]]:
    """By metric, the lead of some families over the largest other one, and over their numbers.

    The first is their share of the weights less that of any other family; the second less their
    share of the units, as many units would have most of random weights too.
    """
    members = e.taxonomy.members(e.layer(back))
    present = [n for n in families if n in members]
    if not present:
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
    crowd = sum(len(members[n]) for n in present) / sum(map(len, members.values()))
    for metric, m in metrics.items():
        shares = m / np.maximum(m.sum(1, keepdims=True), 1e-30)
        by = {name: shares[:, channels].sum(1) for name, channels in members.items()}
        own = np.sum([by[n] for n in present], axis=0)
        rest = [share for name, share in by.items() if name not in (*families, "other")]
        others = np.max(rest, axis=0, initial=0.0)
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
"""Claims of the overview."""

EARLY = (
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
)
"""The same measure, of early curves: the first claim of their section."""
