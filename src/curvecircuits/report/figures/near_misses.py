"""Units the rule almost took, each with the reason it did not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class NearMiss(Record):
    """A unit that fails the rule by little."""

    unit: str
    """Address, such as "3b:81"."""
    reason: str
    """Why the rule refuses it, with the number and the limit."""
    orientation: float | None = None
    """Preferred orientation, degrees."""
    fwhm: float | None = None
    """Full width of the tuning curve at half its peak, degrees."""
    echo: float | None = None
    """Largest response near the opposite orientation, as a fraction of the peak."""
    at90: float | None = None
    """Larger of the responses at +90° and −90°, as a fraction of the peak."""


@dataclass(frozen=True, kw_only=True)
class NearMisses(Record):
    """The units just outside the family."""

    kind: Literal["near-misses"] = "near-misses"
    words: Words
    rows: tuple[NearMiss, ...]
    """The units, nearest first."""


def near_misses(rows: Sequence[NearMiss], *, caption: str = "") -> NearMisses:
    """Make the figure from its rows, with its sentences.

    Parameters
    ----------
    rows
        The units, nearest to being taken first.
    caption
        What to add about the rule.

    """
    takeaway = "No unit comes close to the rule without meeting it."
    if rows:
        verbs = "comes close and is" if len(rows) == 1 else "come close and are"
        takeaway = (
            f"{count(len(rows), 'unit')} {verbs} left out; the nearest, {rows[0].unit}, because of "
            f"this: {rows[0].reason.rstrip('.')}."
        )
    return NearMisses(
        words=Words(
            title="Near misses",
            takeaway=takeaway[0].upper() + takeaway[1:],
            caption=(
                "Units that fail the rule by little, strongest first, each with the one test it "
                "fails. " + caption
            ).strip(),
        ),
        rows=tuple(rows),
    )
