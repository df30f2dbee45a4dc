"""What of a network's behaviour comes back when its curve family is replaced."""

from dataclasses import dataclass
from typing import Literal

from curvecircuits.compare.transplants.records import (
    Cause,
    Published,
    Score,
    Transplant,
)
from curvecircuits.errors import InputError
from curvecircuits.report.figures.transplant_words import (
    ROWS,
    Role,
    caption_of,
    skipped_files,
    takeaway_of,
    unavailable,
)
from curvecircuits.report.parts import Words
from curvecircuits.store import Record

_METRICS = {
    "kl": ("KL", "family set to zero"),
    "kl_vs_mean": ("KL, from the mean", "family at its mean"),
    "loss": ("Loss", "family set to zero"),
    "top1": ("Top-1", "family set to zero"),
    "top5": ("Top-5", "family set to zero"),
}
_BY_CLASS = ("intact", "ablated", "transplanted")


@dataclass(frozen=True, kw_only=True)
class TransplantRow(Record):
    """One edited network and its scores."""

    title: str
    """A few words, such as "straight lines"."""
    role: Role
    score: Score


@dataclass(frozen=True, kw_only=True)
class TransplantMetric(Record):
    """One way to say how much comes back."""

    name: Literal["kl", "kl_vs_mean", "loss", "top1", "top5"]
    """Which of the recovered shares of a score."""
    title: str
    zero: str
    """What has a share of 0; the intact network has 1."""


@dataclass(frozen=True, kw_only=True)
class TransplantClass(Record):
    """One class with enough images: of the intact, ablated and transplanted network, in order."""

    name: str
    images: int
    top1: tuple[float, ...]
    top5: tuple[float, ...]
    kl: tuple[float, ...]
    """From the intact network, nats."""


@dataclass(frozen=True, kw_only=True)
class TransplantFigure(Record):
    """Recovered shares of a transplant, its controls and ceilings, and all scores."""

    kind: Literal["transplant"] = "transplant"
    words: Words
    rows: tuple[TransplantRow, ...]
    metrics: tuple[TransplantMetric, ...]
    """Those of which the transplanted family has a share; the first is shown first."""
    published: Published
    causes: tuple[Cause, ...]
    classes: tuple[TransplantClass, ...]
    least_per_class: int
    """Images below which a class is left out."""
    notes: tuple[str, ...]
    """What has to be known to read the figure, a sentence or two each."""


def transplant_figure(found: Transplant, *, notes: tuple[str, ...] = ()) -> TransplantFigure:
    """Make the figure from the record of a transplant, with its sentences.

    Shares are 1 − (cost of the variant) / (cost of the ablation), from `compare.transplants`:
    0 is what ablation leaves, 1 the intact network. All intervals are over images.

    Parameters
    ----------
    found
        From `compare.transplant` or `compare.open_transplant`.
    notes
        What to add to its own notes.

    Raises
    ------
    InputError
        If it holds a variant without a name here, or no transplanted family.

    Examples
    --------
    >>> found = open_transplant("run")  # doctest: +SKIP
    >>> transplant_figure(found).words.title  # doctest: +SKIP
    'What comes back when the family is replaced'

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, on the artificial artificial neural network.
    """
    scores = {score.name: score for score in found.scores}
    strange = [name for name in scores if name not in ROWS]
    if strange or not set(_BY_CLASS) <= set(scores):
        raise InputError(
            "A transplant is shown with its intact, ablated and transplanted networks, and others "
            f"of {', '.join(ROWS)}; this one has {', '.join(scores) or 'none'}."
        )
    shares = scores["transplanted"].recovered
    return TransplantFigure(
        words=Words(
            title="What comes back when the family is replaced",
            takeaway=takeaway_of(found),
            caption=caption_of(found),
        ),
        rows=tuple(
            TransplantRow(title=title, role=role, score=scores[name])
            for name, (title, role) in ROWS.items()
            if name in scores
        ),
        metrics=tuple(
            TransplantMetric(name=name, title=_METRICS[name][0], zero=_METRICS[name][1])
            for name in ("kl", "kl_vs_mean", "loss", "top1", "top5")
            if getattr(shares, name) is not None
        ),
        published=found.published,
        causes=found.causes,
        classes=tuple(
            TransplantClass(
                name=each.name,
                images=each.images,
                top1=tuple(each.top1[name] for name in _BY_CLASS),
                top5=tuple(each.top5[name] for name in _BY_CLASS),
                kl=tuple(each.kl[name] for name in _BY_CLASS),
            )
            for each in found.classes
        ),
        least_per_class=found.least_per_class,
        notes=(*unavailable(found), *found.notes, *skipped_files(found), *notes),
    )
