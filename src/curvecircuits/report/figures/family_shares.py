"""What the curve units are built from: shares of their expanded weights, under several measures."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from curvecircuits.circuits.intervals import Interval
from curvecircuits.circuits.shares import (
    SHARE_METRICS,
    FamilyShares,
    Place,
    ShareMetric,
)
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count, in_words, percent
from curvecircuits.store import Record

_PUBLISHED: Mapping[str, str] = {
    "conv2d0": "Gabor 65%, Color Contrast 21%, Other 14%",
    "conv2d1": "Complex Gabor 54%, Gabor Like 23%, Low Frequency 19%",
    "conv2d2": "Line 47%, Color Contrast 19%, Shifted Line 9%",
    "3a": "Curves 22%, Lines 16%, Angles 16%",
}
"""The article's shares, of unit 3b:379 in InceptionV1, at the position of greatest magnitude."""


@dataclass(frozen=True, kw_only=True)
class ShareBar(Record):
    """The share of one family, under one measure, in one place."""

    family: str
    place: Place
    metric: ShareMetric
    share: float
    """Mean over the target units."""
    low: float | None
    """Lower end of its 95 % interval, by resampling the targets; None when they are too few."""
    high: float | None


@dataclass(frozen=True, kw_only=True)
class SharedFamily(Record):
    """A family of the layer and its size."""

    family: str
    units: int
    evenly: float
    """Its share of the layer's units, which it would hold if all had the same weights."""


@dataclass(frozen=True, kw_only=True)
class LayerShares(Record):
    """The families of one layer and their shares."""

    layer: str
    families: tuple[SharedFamily, ...]
    bars: tuple[ShareBar, ...]
    published: str | None
    """The article's figures for a layer of this name."""


@dataclass(frozen=True, kw_only=True)
class FamilySharesFigure(Record):
    """The shares of every layer before the targets."""

    kind: Literal["family-shares"] = "family-shares"
    words: Words
    layers: tuple[LayerShares, ...]


def family_shares_figure(shares: FamilyShares, *, caption: str = "") -> FamilySharesFigure:
    """Make the figure from the shares, with its sentences.

    Parameters
    ----------
    shares
        From `curvecircuits.circuits.family_shares`.
    caption
        What to add about the measurement.

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, on the families at the highest magnitude
    position of each layer.
    """
    names = tuple(dict.fromkeys(each.layer for each in shares.shares))
    layers = tuple(_layer(shares, name) for name in names)
    first = [(name, next(iter(shares.of(name).items()), None)) for name in names]
    largest = [
        f"{family} {percent(share.value)}{_range(share)} in {name}"
        for name, found in first
        if found is not None
        for family, share in [found]
    ]
    takeaway = "No layer before the curves has labelled units."
    if largest:
        same = sum(
            len({next(iter(shares.of(name, metric=m)), "") for m in SHARE_METRICS}) == 1
            for name in names
        )
        takeaway = (
            f"Where the weights of {count(len(shares.targets), 'unit')} of {shares.targets.layer} "
            f"are largest, the largest shares of |w| are {', '.join(largest)}; the same family "
            f"leads under all {count(len(SHARE_METRICS), 'measure')} in "
            f"{in_words(same) if same else 'none'} of "
            f"{count(len(names), 'layer') if len(names) > 1 else 'the layers'}."
        )
    return FamilySharesFigure(
        words=Words(
            title="What curves are built from",
            takeaway=takeaway,
            caption=(
                "Bars are shares of the expanded weights, means over the target units; whiskers "
                "are 95% intervals by resampling those units. The upright mark is the share of "
                "the layer's units that the family has, which its weights would have too if all "
                "units counted alike. Sum: |w|; energy: w²; positive and negative: weights of one "
                "sign; active: |w| times the unit's mean activation while curves are shown. There "
                "is a long tail of small weights, so the measure matters. " + caption
            ).strip(),
        ),
        layers=layers,
    )


def _layer(shares: FamilyShares, name: str) -> LayerShares:
    found = [each for each in shares.shares if each.layer == name]
    units = {each.family: each.units for each in found}
    whole = max(sum(units.values()), 1)
    return LayerShares(
        layer=name,
        families=tuple(
            SharedFamily(family=family, units=n, evenly=n / whole) for family, n in units.items()
        ),
        bars=tuple(
            ShareBar(
                family=each.family,
                place=each.place,
                metric=each.metric,
                share=each.share.value,
                low=_bound(each.share.low),
                high=_bound(each.share.high),
            )
            for each in found
        ),
        published=_PUBLISHED.get(name),
    )


def _bound(value: float) -> float | None:
    return value if isfinite(value) else None


def _range(share: Interval) -> str:
    if not (isfinite(share.low) and isfinite(share.high)):
        return ""
    return f" ({percent(share.low)} to {percent(share.high)})"
