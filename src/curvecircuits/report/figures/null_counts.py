"""The null: what the finding rule accepts where nothing was learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Literal

from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class NullCounts(Record):
    """How many units the rule takes on copies with permuted weights."""

    kind: Literal["null-counts"] = "null-counts"
    words: Words
    found: int
    """Units the rule takes in the network itself."""
    counts: tuple[int, ...]
    """Units it takes in each permuted copy."""


def null_counts(*, found: int, counts: Sequence[int], caption: str = "") -> NullCounts:
    """Make the figure from its counts, with its sentences.

    Parameters
    ----------
    found
        Units the rule takes in the network.
    counts
        Units it takes in each permuted copy.
    caption
        How the copies were made, with the seed.

    """
    takeaway = f"The rule takes {count(found, 'unit')} in this network; no permuted copy was run."
    if counts:
        share = (1 + sum(each >= found for each in counts)) / (1 + len(counts))
        takeaway = (
            f"The rule takes {count(found, 'unit')} in this network and "
            f"{f'at most {max(counts)}' if max(counts) else 'none'} in "
            f"{count(len(counts), 'copy', 'copies')} with permuted weights "
            f"(on average {mean(counts):.2g}; p ≤ {share:.2g})."
        )
    return NullCounts(
        words=Words(
            title="What chance would find",
            takeaway=takeaway,
            caption=(
                "Each square is a copy of the network with its weights permuted, measured and "
                "judged by the same rule; the line is the network itself. p is the share of copies "
                "with as many units or more, counting the network as one of them. " + caption
            ).strip(),
        ),
        found=int(found),
        counts=tuple(int(each) for each in counts),
    )
