"""What the chunks of an evaluation add up to, in memory that does not grow with the images."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from curvecircuits.errors import InputError

Metric = Literal["top1", "top5", "loss", "kl"]
METRICS: tuple[Metric, ...] = ("top1", "top5", "loss", "kl")
_GROUPS = 4096
"""Images are resampled in so many groups at most: sums of groups are what is kept."""
_BLOCK = 20
"""Draws made at a time."""
_TOP = {"top1": 1, "top5": 5}


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Sums over groups of images; image i is in group i mod (number of groups)."""

    names: tuple[str, ...]
    """Of the variants."""
    sums: Float[ndarray, "variants metrics groups"]
    counts: Float[ndarray, "metrics groups"]
    """Images that a sum is over: the KL divergence needs no label, all else does."""
    classes: Float[ndarray, "variants 3 classes"]
    """Right answers (top-1, top-5) and KL divergence by class."""
    class_counts: Int[ndarray, " classes"]
    read: int
    labelled: int


def tally(chunks: Iterable[Mapping[str, ndarray]], names: Sequence[str], *, classes: int) -> Tally:
    """Add up chunks in order.

    Parameters
    ----------
    chunks
        Of every variant and image what `image_figures` gives, and of every image its `label` (−1
        where it is not known) and whether it was `read`.
    names
        Of the variants, in the order in which the chunks have them.
    classes
        How many there are.

    Raises
    ------
    InputError
        If no image was read.
    """
    count = len(names)
    sums = np.zeros((count, len(METRICS), _GROUPS))
    counts = np.zeros((len(METRICS), _GROUPS))
    by_class = np.zeros((count, 3, classes))
    class_counts = np.zeros(classes, dtype=np.int64)
    seen = read = labelled = 0
    for chunk in chunks:
        ok = chunk["read"].astype(bool)
        known = ok & (chunk["label"] >= 0)
        group = (seen + np.arange(len(ok))) % _GROUPS
        seen, read, labelled = seen + len(ok), read + int(ok.sum()), labelled + int(known.sum())
        for m, metric in enumerate(METRICS):
            kept = ok if metric == "kl" else known
            values = _values(chunk, metric)[:, kept]
            np.add.at(counts[m], group[kept], 1)
            np.add.at(sums[:, m].T, group[kept], values.T)
            if metric != "loss":
                place = {"top1": 0, "top5": 1, "kl": 2}[metric]
                np.add.at(
                    by_class[:, place].T, chunk["label"][known], _values(chunk, metric)[:, known].T
                )
        np.add.at(class_counts, chunk["label"][known], 1)
    if not read:
        raise InputError("No image could be read: there is nothing to evaluate.")
    groups = min(_GROUPS, seen)
    return Tally(
        names=tuple(names),
        sums=sums[:, :, :groups],
        counts=counts[:, :groups],
        classes=by_class,
        class_counts=class_counts,
        read=read,
        labelled=labelled,
    )


def _values(chunk: Mapping[str, ndarray], metric: Metric) -> Float[ndarray, "variants images"]:
    if metric in _TOP:
        return (chunk["rank"] < _TOP[metric]).astype(np.float64)
    return chunk[metric].astype(np.float64)


@dataclass(frozen=True, kw_only=True)
class Estimates:
    """Means over images of every variant and metric, with the same images drawn anew for all."""

    names: tuple[str, ...]
    means: Float[ndarray, "variants metrics"]
    draws: Float[ndarray, "draws variants metrics"]

    def of(self, group: str, metric: Metric) -> Float[ndarray, " draws_and_value"]:
        """A metric of a variant, or its mean over the draws of a group: the value, then draws.

        Raises
        ------
        InputError
            When there is no such variant.
        """
        rows = [k for k, name in enumerate(self.names) if name == group]
        rows = rows or [k for k, name in enumerate(self.names) if name.split("/")[0] == group]
        if not rows:
            raise InputError(f"No variant is called {group}: there are {', '.join(self.names)}.")
        m = METRICS.index(metric)
        return np.concatenate([[self.means[rows, m].mean()], self.draws[:, rows, m].mean(1)])


def estimates(found: Tally, *, draws: int = 1000, seed: int = 0) -> Estimates:
    """Means, and means of images drawn with replacement, paired over all variants.

    References
    ----------
    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    groups = found.counts.shape[1]
    generator = np.random.default_rng(seed)
    drawn: list[ndarray] = []
    for start in range(0, draws, _BLOCK):  # all at once would take more memory than all else
        block = min(_BLOCK, draws - start)
        times = generator.multinomial(groups, np.full(groups, 1 / groups), size=block)
        sums = np.einsum("dg,vmg->dvm", times, found.sums, optimize=True)
        with np.errstate(invalid="ignore", divide="ignore"):  # no image has a label
            drawn.append(sums / (times @ found.counts.T)[:, None])
    with np.errstate(invalid="ignore", divide="ignore"):
        means = found.sums.sum(2) / found.counts.sum(1)
    return Estimates(names=found.names, means=means, draws=np.concatenate(drawn))
