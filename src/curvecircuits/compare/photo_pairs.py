"""How far two units agree on photographs: ranks, overlap of what each likes most, correlation.

An interval over images takes some of them again and others not, and ranks what it then has anew:
the positions that a unit likes most lie in few images, so which these are is much of what is not
known. A draw is a weight for each image, so that nothing but the highest positions is looked at
again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.compare.photo_figures import FIGURES, Figure, Figures
from curvecircuits.errors import InputError

_BINS = 512
"""Quantiles of the scores that draws of the AUROC tell apart; the value itself is exact."""
_ROUNDING = 1e-6
"""Of a number of positions."""


def paired_figures(
    reference: Float[ndarray, "units images rows columns"],
    scores: Float[ndarray, "others images rows columns"],
    *,
    partners: Sequence[Sequence[int]],
    weights: Float[ndarray, "draws images"],
    share: float = 0.01,
) -> Figures:
    """Agreement of each reference unit with its partners among the scores, averaged over these.

    Positions of all images are ranked together. The top of a unit is its highest `share` of them;
    where equal values straddle the bound, each is in it by the fraction that there is room for. A
    unit that does not vary correlates by 0.

    Parameters
    ----------
    partners
        For each reference unit, the indices of the scores it is compared with; none gives NaN.
    weights
        From `image_draws`.
    share
        Of all positions, above 0 and below 1.

    Raises
    ------
    InputError
        For a share outside these bounds.

    Examples
    --------
    >>> from curvecircuits.compare.photo_figures import image_draws
    >>> maps = np.random.default_rng(0).normal(size=(2, 20, 10, 10)).astype(np.float32)
    >>> draws = image_draws(20)
    >>> same = paired_figures(maps, maps, partners=[[0], [1]], weights=draws)
    >>> bool((same.values > 0.999).all())
    True
    >>> other = paired_figures(maps, maps, partners=[[1], [0]], weights=draws)
    >>> bool((other.of("precision") < 0.2).all())
    True

    References
    ----------
    Fawcett, "An introduction to ROC analysis", 2006.
    """
    if not 0 < share < 1:
        raise InputError(f"The top is a share above 0 and below 1, not {share:g}.")
    count = len(reference)
    # The first row is the value itself: every image once.
    weights = np.concatenate([np.ones_like(weights[:1]), weights])
    ranked = [_Ranked.of(unit, share, weights) for unit in reference]
    found = np.zeros((len(weights), count, len(FIGURES)))
    for other in sorted({o for own in partners for o in own}):
        score = _Score.of(scores[other], share, weights)
        for unit in (u for u in range(count) if other in partners[u]):
            figures: dict[Figure, ndarray] = {
                "auroc": _auroc(ranked[unit], score, weights),
                "precision": _precision(ranked[unit], score.ranked, weights),
                "clipped": _pearson(reference[unit], scores[other], weights, clipped=True),
                "correlation": _pearson(reference[unit], scores[other], weights, clipped=False),
            }
            found[:, unit] += np.stack([figures[f] for f in FIGURES], 1) / len(partners[unit])
    found[:, [u for u, own in enumerate(partners) if not len(own)]] = np.nan
    return Figures(values=found[0], draws=found[1:], images=reference.shape[1])


@dataclass(frozen=True, kw_only=True)
class _Ranked:
    """A unit's positions of all images, of which the highest are in order."""

    flat: ndarray
    inside: ndarray
    """Places that are in the top, as indices into `flat`."""
    part: ndarray
    """How far each of them is: less than 1 where equal values share what room is left."""
    order: ndarray
    """Places from the highest down, at least as many as the top of any draw takes."""
    images: ndarray
    """The image of each of these."""
    cuts: list[int]
    """How many of them each draw's top takes."""

    @staticmethod
    def of(
        maps: Float[ndarray, "images rows columns"],
        share: float,
        weights: Float[ndarray, "draws images"],
    ) -> "_Ranked":
        flat, each = maps.ravel(), maps[0].size
        room = share * flat.size
        inside, bound = _highest(flat, math.ceil(room))
        tied = flat[inside] == bound
        part = np.where(tied, (room - (~tied).sum()) / tied.sum(), 1.0)
        size = math.ceil(2 * room)
        while True:
            places = _highest(flat, min(size, flat.size))[0]
            # Equal values in random order: in that of the images, the first would be preferred.
            places = np.random.default_rng(0).permutation(places)
            order = places[np.argsort(-flat[places], kind="stable")]
            images = order // each
            cuts = [int(np.searchsorted(w[images].cumsum(), room - _ROUNDING)) + 1 for w in weights]
            if max(cuts) <= len(order) or len(order) == flat.size:
                break
            size *= 2
        return _Ranked(flat=flat, inside=inside, part=part, order=order, images=images, cuts=cuts)


def _highest(flat: Float[ndarray, " n"], count: int) -> tuple[ndarray, float]:
    """Places of the highest values, with all that equal the lowest of them, and that value."""
    bound = np.partition(flat, flat.size - count)[flat.size - count]
    return np.flatnonzero(flat >= bound), float(bound)


@dataclass(frozen=True, kw_only=True)
class _Score:
    """A unit whose values are taken as a prediction, ready to be compared with several others."""

    ranked: _Ranked
    sorted: ndarray
    bins: ndarray
    below: Float[ndarray, "draws bins"]
    """Weight of the positions in lower bins and half of those in it, as a share of all."""

    @staticmethod
    def of(
        maps: Float[ndarray, "images rows columns"],
        share: float,
        weights: Float[ndarray, "draws images"],
    ) -> "_Score":
        ranked = _Ranked.of(maps, share, weights)
        ordered = np.sort(ranked.flat)
        edges = np.unique(ordered[np.linspace(0, len(ordered) - 1, _BINS).astype(int)])
        bins = np.searchsorted(edges, ranked.flat)
        at = bins + np.repeat(np.arange(len(maps)) * _BINS, maps[0].size)
        histogram = np.bincount(at, minlength=len(maps) * _BINS).reshape(len(maps), _BINS)
        count = (weights @ histogram.astype(np.float32)).astype(float)
        return _Score(
            ranked=ranked,
            sorted=ordered,
            bins=bins.astype(np.uint16),
            below=(count.cumsum(1) - count / 2) / count.sum(1, keepdims=True),
        )


def _auroc(
    of: _Ranked, score: _Score, weights: Float[ndarray, "draws images"]
) -> Float[ndarray, " draws"]:
    """With m how far a position is in, a share s in all: (Σ m·rank / Σ m − s/2) / (1 − s)."""
    values = score.ranked.flat[of.inside]
    left, right = (np.searchsorted(score.sorted, values, side) for side in ("left", "right"))
    rank = np.average((left + right) / 2 / of.flat.size, weights=of.part)
    ranks = np.empty(len(weights))
    inside = np.empty(len(weights))
    bins = score.bins[of.order]
    for draw, (cut, weight, below) in enumerate(zip(of.cuts, weights, score.below, strict=True)):
        own = weight[of.images[:cut]]
        inside[draw] = own.sum() / (weight.sum() * (of.flat.size / len(weight)))
        ranks[draw] = own @ below[bins[:cut]] / own.sum()
    ranks += rank - ranks[0]  # what the bins lose
    inside += of.part.sum() / of.flat.size - inside[0]
    return (ranks - inside / 2) / (1 - inside)


def _precision(
    of: _Ranked, said: _Ranked, weights: Float[ndarray, "draws images"]
) -> Float[ndarray, " draws"]:
    _, a, b = np.intersect1d(of.inside, said.inside, assume_unique=True, return_indices=True)
    exact = (of.part[a] * said.part[b]).sum() / said.part.sum()
    _, a, b = np.intersect1d(of.order, said.order, assume_unique=True, return_indices=True)
    images = said.images[b]
    drawn = np.empty(len(weights))
    for draw, (cut, other, weight) in enumerate(zip(of.cuts, said.cuts, weights, strict=True)):
        hit = images[(a < cut) & (b < other)]
        drawn[draw] = weight[hit].sum() / weight[said.images[:other]].sum()
    return drawn + exact - drawn[0]  # where equal values were put in some order


def _pearson(
    one: Float[ndarray, "images rows columns"],
    other: Float[ndarray, "images rows columns"],
    weights: Float[ndarray, "draws images"],
    *,
    clipped: bool,
) -> Float[ndarray, " draws"]:
    x, y = (m.reshape(len(m), -1).astype(float) for m in (one, other))
    if clipped:
        x, y = np.maximum(x, 0), np.maximum(y, 0)
    x, y = x - x.mean(), y - y.mean()
    n = weights.sum(1) * x.shape[1]
    sx, sy = weights @ x.sum(1) / n, weights @ y.sum(1) / n
    sxx, syy, sxy = (weights @ np.einsum("ip,ip->i", a, b) / n for a, b in ((x, x), (y, y), (x, y)))
    vx, vy = sxx - sx**2, syy - sy**2
    # Rounding leaves some variance where there is none.
    varies = (vx > 1e-12 * sxx[0]) & (vy > 1e-12 * syy[0]) & (np.ptp(x) > 0) & (np.ptp(y) > 0)
    return np.where(varies, (sxy - sx * sy) / np.sqrt(np.where(varies, vx * vy, 1)), 0.0)
