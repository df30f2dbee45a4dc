"""The article's claims, with what was measured and whether each holds."""

from collections import Counter
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from curvecircuits.claims.records import ClaimResult, ClaimTable
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count, in_words
from curvecircuits.store import Record

Verdict = Literal["holds", "does not hold", "undecided", "says nothing", "cannot be tested"]

_SAID: tuple[tuple[Verdict, str, str], ...] = (
    ("holds", "holds", "hold"),
    ("does not hold", "does not", "do not"),
    ("undecided", "is undecided", "are undecided"),
    (
        "says nothing",
        "says nothing, as it holds on permuted weights too",
        "say nothing, as they hold on permuted weights too",
    ),
    ("cannot be tested", "cannot be tested", "cannot be tested"),
)


@dataclass(frozen=True, kw_only=True)
class ClaimRow(Record):
    """One claim, as a row."""

    id: str
    section: str
    """Of the article."""
    statement: str
    published: str | None
    quantity: str
    """What was measured, with its unit."""
    measured: float | None
    low: float | None
    """Lower end of the 95 % interval of what was measured; `measured` itself where that is exact,
    such as a count."""
    high: float | None
    count: int | None
    """`measured` to the last digit where it is a count."""
    permuted_measured: float | None
    """The same on a copy with permuted weights."""
    permuted_low: float | None
    permuted_high: float | None
    permuted_count: int | None
    verdict: Verdict
    """`says nothing` where the claim holds on the permuted copy too."""
    criterion: str
    how: str
    note: str
    figure: str | None
    """Id or kind of the figure that shows it."""


@dataclass(frozen=True, kw_only=True)
class ClaimsTableFigure(Record):
    """All claims, in the order of the article."""

    kind: Literal["claims-table"] = "claims-table"
    words: Words
    rows: tuple[ClaimRow, ...]


def claims_table(table: ClaimTable, *, caption: str = "") -> ClaimsTableFigure:
    """Make the figure from the claims, with its sentences.

    Parameters
    ----------
    table
        The claims, measured on one network.
    caption
        What to add about the measurement.

    """
    rows = tuple(_row(each) for each in table.claims)
    verdicts = Counter(row.verdict for row in rows)
    parts = [
        f"{in_words(number)} {one if number == 1 else many}"
        for verdict, one, many in _SAID
        if (number := verdicts[verdict])
    ]
    takeaway = f"Of {count(len(rows), 'claim')} of the article measured on {table.model}, "
    takeaway += f"{', '.join(parts)}." if parts else "there is none to show."
    return ClaimsTableFigure(
        words=Words(
            title="The article's claims, one by one",
            takeaway=takeaway,
            caption=(
                "Measured: with its 95% interval, by resampling units. A claim holds when the "
                "whole interval lies on its side, and is undecided when the interval lies on "
                "both. Each is measured on a copy with permuted weights too. “Says nothing” marks "
                "a claim that holds there as well: it is true of the network, but not of what the "
                "network learned. What is counted, and not estimated from units, is exact and has "
                f"no interval. Seed {table.seed}. " + caption
            ).strip(),
        ),
        rows=rows,
    )


def _verdict(claim: ClaimResult) -> Verdict:
    if claim.measured is None:
        return "cannot be tested"
    if claim.holds and claim.permuted:
        return "says nothing"
    if claim.holds is None:
        return "undecided"
    return "holds" if claim.holds else "does not hold"


def _row(claim: ClaimResult) -> ClaimRow:
    low, high = _ends(claim.interval)
    permuted_low, permuted_high = _ends(claim.permuted_interval)
    return ClaimRow(
        id=claim.id,
        section=claim.section,
        statement=claim.statement,
        published=claim.published,
        quantity=claim.quantity,
        measured=claim.measured,
        low=low,
        high=high,
        count=_count(claim.measured, claim.interval),
        permuted_measured=claim.permuted_measured,
        permuted_low=permuted_low,
        permuted_high=permuted_high,
        permuted_count=_count(claim.permuted_measured, claim.permuted_interval),
        verdict=_verdict(claim),
        criterion=claim.criterion,
        how=claim.how,
        note=claim.note,
        figure=claim.figure,
    )


def _ends(interval: tuple[float, float] | None) -> tuple[float | None, float | None]:
    if interval is None or not all(isfinite(bound) for bound in interval):
        return None, None
    return interval


def _count(value: float | None, interval: tuple[float, float] | None) -> int | None:
    """A whole number without uncertainty, which is not to be rounded."""
    if value is None or interval != (value, value) or not value.is_integer():
        return None
    return int(value)
