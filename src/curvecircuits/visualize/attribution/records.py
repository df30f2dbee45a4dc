"""Attribution pictures as they are returned, and what is recorded beside each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from curvecircuits.circuits.intervals import NOTHING, Interval, resampled
from curvecircuits.store import Record
from curvecircuits.visualize.features.picture import Picture
from curvecircuits.weights.sampling import correlations

Signed = Literal["absolute", "positive", "negative"]
SIGNS: tuple[Signed, ...] = get_args(Signed)


@dataclass(frozen=True, kw_only=True)
class Alike(Record):
    """Whether a picture depends on its image: Pearson correlations between attributions A.

    That of the finished picture is measured as that of an image is. None where an attribution does
    not vary, and for what takes other images, where the unit is shown on one only.
    """

    own: float | None
    """Of the picture's attribution with that of its own image."""
    other: float | None
    """With those of other images of the unit, in the mean: what any picture of it would have."""
    between: float | None
    """Of the image's attribution with those of other images of the unit, in the mean."""
    best: bool | None
    """Whether the picture agrees more with its own image than with every other."""


@dataclass(frozen=True, kw_only=True)
class Attributed(Record):
    """What an attribution picture shows, and how far it can be believed."""

    SCHEMA = "curvecircuits.attribution/1"

    model: str
    model_hash: str
    """SHA-256 of the weights."""
    weights: str
    """Where they came from."""
    unit: str
    layer: str
    """Whose activations are weighed."""
    image: int
    """Number of the image among those given."""
    position: tuple[int, int]
    """Row and column of the unit's layer."""
    signed: Signed
    predicted: float
    """Σ W · h + b, with b the bias of the linear approximation."""
    actual: float
    """The unit's pre-activation there."""
    alike: Alike
    """Over all channels and cells of A."""
    alike_summed: Alike
    """Over the cells of Σ_c A, whose envelope all images of a unit have in common."""


@dataclass(frozen=True, kw_only=True, eq=False)
class AttributionPicture:
    """What of an image moves a unit, as a picture; all in one frame, with the unit at one pixel."""

    found: Attributed
    picture: Picture
    values: Float[Tensor, "channels rows columns"]
    """A, the attribution of each cell of the upstream layer; never negative."""
    middle: tuple[float, float]
    """Pixel of the frame, down and right, on which the unit's receptive field is centred."""
    crop: Float[Tensor, "3 h w"]
    """Of the image, in [0, 1]; mid-grey beyond its border."""
    saliency: Float[Tensor, "h w"]
    """‖∂z / ∂(r, g, b)‖₂ of the unit on the image."""


def compared(
    picture: Float[Tensor, "*cells"],
    own: Float[Tensor, "*cells"],
    others: Sequence[Float[Tensor, "*cells"]],
) -> Alike:
    """Correlations of attributions: of a picture, of its image, and of other images."""
    agreed = _correlation(picture, own)
    with_others = [_correlation(picture, o) for o in others]
    best = None
    if others:
        best = agreed is not None and all(c is None or agreed > c for c in with_others)
    return Alike(
        own=agreed,
        other=_mean(with_others),
        between=_mean([_correlation(own, o) for o in others]),
        best=best,
    )


def _correlation(a: Tensor, b: Tensor) -> float | None:
    found = float(correlations(a.flatten(), b.flatten()))
    return None if isnan(found) else found


def _mean(values: Sequence[float | None]) -> float | None:
    there = [v for v in values if v is not None]
    return sum(there) / len(there) if there else None


def truth(pictures: Sequence[AttributionPicture]) -> Interval:
    """Σ W · h + b over the real pre-activation: the ratio of their means; interval over units.

    Shares of single pre-activations, which may be near zero, would say nothing.
    """
    rows = _by_unit([(p.found.unit, p.found.predicted, p.found.actual) for p in pictures])
    return _resampled(rows, lambda some: float(some[:, 0].sum() / some[:, 1].sum()))


def dependence(pictures: Sequence[AttributionPicture]) -> Interval:
    """Mean of `alike.own` − `alike.other`, that is of own images less others; interval over units.

    Zero where pictures show the unit and nothing of the image.
    """
    rows = _by_unit([(p.found.unit, p.found.alike.own, p.found.alike.other) for p in pictures])
    return _resampled(rows, lambda some: float((some[:, 0] - some[:, 1]).mean()))


def _by_unit(values: Sequence[tuple[str, float | None, float | None]]) -> Float[ndarray, "units 2"]:
    """Means of two figures for each unit, over the images that have both."""
    units: dict[str, list[tuple[float, float]]] = {}
    for unit, a, b in values:
        if a is not None and b is not None:
            units.setdefault(unit, []).append((a, b))
    return np.array([np.mean(some, 0) for some in units.values()]).reshape(-1, 2)


def _resampled(rows: Float[ndarray, "units 2"], statistic: Callable[[ndarray], float]) -> Interval:
    return resampled(rows, statistic) if len(rows) else NOTHING
