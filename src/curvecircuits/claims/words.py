"""The results of claims in words and figures, as the tables print them."""

from curvecircuits.claims.records import ClaimResult, ClaimTable

VERDICTS = {True: "holds", False: "does not hold", None: "undecided"}
"""Whether a claim holds, in words."""


def number(value: float | None) -> str:
    """Three digits, or a dash where there is no number.

    >>> number(0.12345), number(None)
    ('0.123', '–')
    """
    return "–" if value is None else f"{value:.3g}"


def measured(claim: ClaimResult) -> str:
    """The figure of a claim with its interval, where resampling could change it."""
    if claim.interval is None or claim.interval[0] == claim.interval[1]:
        return number(claim.measured)
    low, high = claim.interval
    return f"{number(claim.measured)} [{number(low)}, {number(high)}]"


def verdict(claim: ClaimResult) -> str:
    """Whether a claim holds; `says nothing` where it holds on the permuted copy too."""
    return "says nothing" if claim.holds and claim.permuted else VERDICTS[claim.holds]


def control(claim: ClaimResult) -> str:
    """The figure of the permuted copy, and whether the claim holds there."""
    if claim.permuted_measured is None:
        return "nothing to measure"
    return f"{number(claim.permuted_measured)}, {VERDICTS[claim.permuted]}"


def said(table: ClaimTable) -> str:
    """A few lines on each claim: the verdict, what was measured, and the permuted copy."""
    lines: list[str] = []
    for claim in table.claims:
        lines.append(f"{verdict(claim)}: {claim.statement}")
        lines.append(f"    {measured(claim)} — {claim.quantity}; claimed: {claim.criterion}")
        lines.append(f"    permuted copy: {control(claim)}")
        lines += [f"    {claim.note}"] if claim.note else []
    return "\n".join(lines)
