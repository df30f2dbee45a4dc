"""Claims on what a transplant brings back; they read a transplant that was measured before."""

from collections.abc import Callable

from curvecircuits.circuits.intervals import Interval
from curvecircuits.claims.evidence import Evidence, NotTestableError
from curvecircuits.claims.verdict import Claim, Finding, judged
from curvecircuits.compare.transplants.candidates import CONTROLS
from curvecircuits.compare.transplants.records import Measured, Transplant

_SECTION = "The artificial artificial neural network"
_PUBLISHED = "top-5 88.6 %, without the family 86.3 %, with artificial units 87.6 %"
_MOST = 0.5


def _transplant(e: Evidence) -> Transplant:
    if e.transplant is None:
        raise NotTestableError(
            "nothing was transplanted; `curvecircuits transplant --out DIR` measures it, and "
            "--transplant DIR reads it."
        )
    return e.transplant


def _interval(found: Measured | None, images: int, what: str) -> Interval:
    """The interval over images."""
    if found is None or found.low is None or found.high is None:
        raise NotTestableError(f"{what} has no interval on {images} images.")
    return Interval(value=found.value, low=found.low, high=found.high, units=images)


def _matters(e: Evidence) -> Finding:
    found = _transplant(e)
    ablated = found.score("ablated")
    change = _interval(ablated.loss_change, found.images, "The change in loss")
    note = f"KL {ablated.kl.value:.4f}"
    others = {s.name: s.kl.value for s in found.scores if s.name in ("random", "random_rms")}
    for name, words in (("random", "as many random units"), ("random_rms", "of like strength")):
        note += f"; {words} {others[name]:.4f}" if name in others else ""
    return judged(change, low=0, note=f"{note}.")


def _recovers(e: Evidence) -> Finding:
    found = _transplant(e)
    share = found.score("transplanted").recovered
    note = "" if share.loss is None else f"Of the loss, {share.loss.value:.2f}."
    return judged(
        _interval(share.kl, found.images, "The share of the KL divergence"), low=0, note=note
    )


def _by_orientation(e: Evidence) -> Finding:
    """The lead over the control that comes closest."""
    found = _transplant(e)
    behind = {s.name: s.behind for s in found.scores if s.name in CONTROLS and s.behind is not None}
    if not behind:
        raise NotTestableError("no control was transplanted.")
    closest = min(behind, key=lambda name: behind[name].value)
    lead = _interval(behind[closest], found.images, "The lead")
    return judged(lead, low=0, note=f"The closest control: {closest}.")


def _cause(name: str) -> Callable[[Evidence], Finding]:
    def measure(e: Evidence) -> Finding:
        found = _transplant(e)
        causes = {c.name: c for c in found.causes}
        if name not in causes or causes[name].of_gap is None:
            raise NotTestableError("there is no gap to explain, or its causes were not measured.")
        share = _interval(causes[name].of_gap, found.images, "The share of the gap")
        return judged(share, low=_MOST, note=causes[name].sentence)

    return measure


_HOW = (
    "The family is replaced under one calibration rule; intervals are over images, and controls "
    "are in the same run."
)


def _gap(name: str, statement: str) -> Claim:
    return Claim(
        id=f"gap-is-{name}",
        section=_SECTION,
        statement=statement,
        published="suspected",
        quantity="what natural units lose by this alone, as a share of what does not come back",
        criterion=f"above {_MOST:g}",
        how=_HOW,
        figure="transplant",
        measure=_cause(name),
    )


CLAIMS = (
    Claim(
        id="family-matters",
        section=_SECTION,
        statement="Removing the curve family makes the network classify worse.",
        published=_PUBLISHED,
        quantity="cross-entropy without the family less that of the intact network, in nats",
        criterion="above 0",
        how=_HOW,
        figure="transplant",
        measure=_matters,
    ),
    Claim(
        id="transplant-recovers",
        section=_SECTION,
        statement="Artificial curve detectors bring back some of what removing the family costs.",
        published=_PUBLISHED,
        quantity="1 − KL(intact ‖ transplanted) / KL(intact ‖ family set to zero)",
        criterion="above 0",
        how=_HOW,
        figure="transplant",
        measure=_recovers,
    ),
    Claim(
        id="transplant-is-specific",
        section=_SECTION,
        statement="What comes back is owed to curves of the right orientations.",
        quantity="that share less the one of the best control",
        criterion="above 0",
        how=f"Controls: orientations exchanged, turned by 90° and 180°, lines, edges. {_HOW}",
        figure="transplant",
        measure=_by_orientation,
    ),
    _gap("grey", "What does not come back is lost because artificial units see no colour."),
    _gap("centring", "What does not come back is lost because units are not centred alike."),
    _gap("scale", "What does not come back is lost because responses are not scaled alike."),
)
