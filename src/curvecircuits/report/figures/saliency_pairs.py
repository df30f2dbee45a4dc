"""What moves a natural unit in a crop, beside what moves the artificial one."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray

from curvecircuits.compare.paired_records import PairedExample, PairedExamples, PairExamples
from curvecircuits.errors import InputError
from curvecircuits.report.figures.saliency_likeness import Likeness, likeness, smoothed
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count
from curvecircuits.report.sprites import Sprite, sprite
from curvecircuits.report.values import Estimate, OrientedUnit, estimate, written
from curvecircuits.store import Record

ListName = Literal["natural_top", "artificial_top", "natural_only", "artificial_only"]
_LISTS: dict[ListName, tuple[str, int]] = {
    "natural_top": ("Strongest of the natural unit", 6),
    "artificial_top": ("Strongest of the artificial unit", 6),
    "natural_only": ("Natural unit strong, artificial one weak", 4),
    "artificial_only": ("Artificial unit strong, natural one weak", 4),
}
"""Title of each list, and how many of its crops are shown."""
_BUDGET, _LARGEST = 1_500_000, 110_000
"""Characters of all sheets together, and of one."""
_BRIGHT = 97
"""Percentile of the saliency that is shown in full."""


@dataclass(frozen=True, kw_only=True)
class SaliencyCrop(Record):
    """One crop, and what moves either unit in it."""

    image: str
    x: float
    """Of the centre of the receptive field, pixels of the framed image."""
    y: float
    natural: float
    """Percentile of the natural unit's pre-activation, 0 to 100."""
    artificial: float
    likeness: float | None
    """Correlation of the two maps over pixels."""
    cell: int
    """Place of the crop on the pair's sheet; natural and artificial saliency follow."""


@dataclass(frozen=True, kw_only=True)
class SaliencyList(Record):
    """The crops of one kind, of one pair."""

    name: ListName
    crops: tuple[SaliencyCrop, ...]


@dataclass(frozen=True, kw_only=True)
class SaliencyPair(Record):
    """A natural unit and the artificial one of its orientation."""

    shape: OrientedUnit
    """Of the natural unit."""
    artificial: str
    lists: tuple[SaliencyList, ...]
    sprite: Sprite | None


@dataclass(frozen=True, kw_only=True)
class SaliencyLikeness(Record):
    """Correlation of the maps of both units on one kind of crops, mean over units."""

    name: ListName
    title: str
    own: Estimate
    turned: Estimate
    """A control: with the artificial map turned by 90°."""
    other: Estimate
    """A control: with the artificial map of another crop."""


@dataclass(frozen=True, kw_only=True)
class SaliencyPairs(Record):
    """Crops with both saliency maps, and how alike these are."""

    kind: Literal["saliency-pairs"] = "saliency-pairs"
    words: Words
    pairs: tuple[SaliencyPair, ...]
    """In order of orientation."""
    likeness: tuple[SaliencyLikeness, ...]


def saliency_pairs(
    found: PairedExamples, arrays: Mapping[str, ndarray], *, seed: int = 0
) -> SaliencyPairs:
    """Make the figure from the examples of pairs, with its sentences.

    Parameters
    ----------
    found, arrays
        `pairs` and `arrays` of a `compare.paired_examples.PairedGallery`.
    seed
        Of the intervals over pairs of units.

    Raises
    ------
    InputError
        If there are no pairs.

    Examples
    --------
    >>> run = open_shown("run")  # doctest: +SKIP
    >>> saliency_pairs(run.pairs, run.arrays).words.title  # doctest: +SKIP
    'What moves either unit in a crop'

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on the artificial artificial neural
    network: saliency of natural and artificial curve detectors.
    """
    if not found.pairs:
        raise InputError("There are no pairs of units: give a run of `curvecircuits examples`.")
    like: dict[ListName, Likeness] = {
        name: likeness(found.pairs, arrays, name, seed=seed) for name in _LISTS
    }
    pairs = sorted(found.pairs, key=lambda p: p.orientation % 360)
    limit = min(_LARGEST, _BUDGET // len(pairs))
    by_crop: dict[ListName, dict[int, float]] = {
        name: dict(zip(_numbers(found.pairs, name), each.crops, strict=True))
        for name, each in like.items()
    }
    return SaliencyPairs(
        words=Words(
            title="What moves either unit in a crop",
            takeaway=_takeaway(like["natural_top"], len(pairs)),
            caption=(
                "Of each crop: as it is, then lit by the natural unit’s saliency and by the "
                "artificial unit’s, ‖∂z/∂(r, g, b)‖ of its pre-activation z, blurred by 2.5% of "
                "the side and lit in full from the 97th percentile on. Numbers are percentiles of "
                f"the two units’ pre-activations over {count(found.images, 'image')}; where the "
                "two disagree, the difference of these is largest. Likeness: Pearson’s "
                "correlation of the two maps over pixels, mean over the crops of a unit, then over "
                "units, with 95% intervals over units. Hollow marks are controls: the artificial "
                "map turned by 90°, which keeps only that both look at the middle, and that of "
                "another crop, which keeps only where either unit looks. "
                f"Images {found.data_fingerprint[:12]}, seed {found.seed}."
            ),
        ),
        pairs=tuple(_pair(pair, arrays, by_crop, limit) for pair in pairs),
        likeness=tuple(
            SaliencyLikeness(
                name=name,
                title=title,
                own=estimate(like[name].own),
                turned=estimate(like[name].turned),
                other=estimate(like[name].other),
            )
            for name, (title, _) in _LISTS.items()
        ),
    )


def lit(
    crop: UInt8[ndarray, "3 side side"], saliency: Float[ndarray, "side side"]
) -> UInt8[ndarray, "3 side side"]:
    """A crop that is black where its smoothed saliency is zero.

    >>> lit(np.full((3, 2, 2), 200, np.uint8), np.array([[0.0, 0.0], [0.0, 1.0]]))[0]
    array([[  0,   0],
           [  0, 200]], dtype=uint8)
    """
    light = smoothed(saliency)
    full = float(np.percentile(light, _BRIGHT))
    return (crop * np.clip(light / (full or 1.0), 0, 1).round(9)).astype(np.uint8)


def _numbers(pairs: tuple[PairExamples, ...], name: ListName) -> list[int]:
    return [e.example.crop for pair in pairs for e in getattr(pair, name)]


def _takeaway(found: Likeness, units: int) -> str:
    if not isfinite(found.own.value):
        return "No saliency of the pairs of units can be compared."
    text = (
        f"On the strongest crops of {count(units, 'natural unit')}, natural and artificial "
        f"saliency correlate by {written(found.own)} over pixels"
    )
    controls = [
        (lead, f"with the artificial map {what} by {written(value)}")
        for lead, value, what in (
            (found.lead_other, found.other, "of another crop"),
            (found.lead_turned, found.turned, "turned by 90°"),
        )
        if isfinite(value.value)
    ]
    if not controls:
        return f"{text}; there is no control."
    beside = ", ".join(words for _, words in controls)
    if all(lead.above() for lead, _ in controls):
        return f"{text}; {beside}."
    return f"{text}, which is not clearly more than its controls: {beside}."


def _pair(
    pair: PairExamples,
    arrays: Mapping[str, ndarray],
    likeness_of: Mapping[ListName, Mapping[int, float]],
    limit: int,
) -> SaliencyPair:
    lists: list[SaliencyList] = []
    shown: list[ndarray] = []
    for name, (_, most) in _LISTS.items():
        listed: tuple[PairedExample, ...] = getattr(pair, name)[:most]
        crops: list[SaliencyCrop] = []
        for each in listed:
            k = each.example.crop
            like = likeness_of[name][k]
            crops.append(
                SaliencyCrop(
                    image=each.example.image,
                    x=each.example.centre[0],
                    y=each.example.centre[1],
                    natural=each.natural_rank,
                    artificial=each.artificial_rank,
                    likeness=like if isfinite(like) else None,
                    cell=len(shown),
                )
            )
            crop = arrays["crops"][k]
            shown += [crop, *(lit(crop, arrays[side][k]) for side in ("natural", "artificial"))]
        lists.append(SaliencyList(name=name, crops=tuple(crops)))
    return SaliencyPair(
        shape=OrientedUnit(unit=pair.natural, shape="curve", orientation=pair.orientation),
        artificial=pair.artificial,
        lists=tuple(lists),
        sprite=sprite(shown, limit=limit),
    )
