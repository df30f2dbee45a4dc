"""The motif between layers: a shape is tiled along the tangent of the one it builds."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from curvecircuits.circuits.chance import Compared, against_chance, exchanged
from curvecircuits.circuits.intervals import resampled
from curvecircuits.circuits.kernels import Kernels, arcs, kernels, likeness, turned
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.weights import ExpandedWeights


@dataclass(frozen=True, kw_only=True)
class TangentMotif:
    """The strongest connections of each target, in the target's own frame.

    All nulls exchange the targets' orientations, with which both the frame and the relative
    orientations change.
    """

    targets: Family
    sources: Family
    radius: float
    """Of the arc that the kernels are compared with, in pixels."""
    strongest_positive: Int[ndarray, "targets k"]
    """Channels of the sources with the greatest sums of weights, greatest first."""
    strongest_negative: Int[ndarray, "targets k"]
    positive_apart: Compared
    """Mean degrees between a target and its strongest positive sources, expected below the
    quarter of the period that sources of any orientation would give."""
    negative_apart: Compared
    """The same of the strongest negative ones, expected above it."""
    positive_kernel: Float[ndarray, "n n"]
    """Mean kernel of the strongest positive sources, normals turned to the right; each target's
    largest weight counts as 1."""
    negative_kernel: Float[ndarray, "n n"]
    positive_likeness: Compared
    """Mean correlation of those kernels with the arc, expected above 0."""
    negative_likeness: Compared
    """The same of the strongest negative ones, expected below 0."""


def tangent_motif(
    weights: ExpandedWeights,
    targets: Family,
    sources: Family,
    *,
    radius: float = float("inf"),
    strongest: int = 3,
    permutations: int = 200,
    seed: int = 0,
) -> TangentMotif:
    """The strongest positive and negative connections between two families with orientations.

    Connections are ranked by Σ W over cells. Each kernel is compared with a smooth arc through
    the target's centre, perpendicular to its orientation, by correlation across cells. Degrees
    are mod 360 where both families have an inside and an outside, else mod 180: perpendicular
    lines are 90° apart, opposing curves 180°.

    Parameters
    ----------
    weights
        Expanded weights of the targets on the sources' layer.
    radius
        Of the arc, in pixels; infinite for lines.
    strongest
        How many positive and how many negative connections of each target are taken.
    permutations
        Of the targets' orientations, for the nulls.

    Raises
    ------
    InputError
        When the weights do not belong to the families or have one position only, or there are not
        twice as many sources as connections asked for.

    Examples
    --------
    >>> from curvecircuits.artificial import Constants, artificial_network
    >>> from curvecircuits.weights import expanded_weights
    >>> count = Constants().line_orientations
    >>> normals = tuple(180 / count * k for k in range(count))
    >>> def lines(layer, first):
    ...     channels = tuple(range(first, first + count))
    ...     return Family(
    ...         name="line", layer=layer, channels=channels, orientations=normals, period=180
    ...     )
    >>> built, parts = lines("3a", Constants().curve_orientations), lines("conv2d2", 0)
    >>> weights = expanded_weights(artificial_network(), "conv2d2", units=built.units)
    >>> found = tangent_motif(weights, built, parts, strongest=1, permutations=20)
    >>> found.positive_apart.measured.value < 6
    True

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section "Curve Detectors' Weights": "When
    the two shapes are aligned the weight is most positive, and most negative when they are
    perpendicular."
    """
    found = kernels(weights, targets, sources)
    if not 1 <= strongest <= len(found.sources) // 2:
        raise InputError(
            f"The {strongest} strongest of {len(found.sources)} sources cannot be both positive "
            f"and negative: ask for 1 to {max(1, len(found.sources) // 2)}."
        )
    order = found.values.sum((2, 3)).argsort(1)
    lowest, highest = order[:, :strongest], order[:, ::-1][:, :strongest]
    others = [
        found.relabelled(targets=family)
        for family in exchanged(found.targets, count=permutations, seed=seed)
    ]

    def tested(which: ndarray, how: str, *, above: bool) -> Compared:
        def of(k: Kernels) -> ndarray:
            every = k.apart if how == "apart" else likeness(k.values, arcs(k, radius=radius))
            # A flat kernel is as unlike an arc as it is unlike its negative.
            return np.nan_to_num(np.take_along_axis(every, which, 1)).mean(1)

        return against_chance(
            resampled(of(found), seed=seed),
            [float(of(other).mean()) for other in others],
            side="above" if above else "below",
            reference=found.period / 4 if how == "apart" else 0.0,
        )

    channels = np.asarray(found.sources.channels)
    frames = turned(found)
    return TangentMotif(
        targets=found.targets,
        sources=found.sources,
        radius=radius,
        strongest_positive=channels[highest],
        strongest_negative=channels[lowest],
        positive_apart=tested(highest, "apart", above=False),
        negative_apart=tested(lowest, "apart", above=True),
        positive_kernel=_mean_kernel(frames, highest),
        negative_kernel=_mean_kernel(frames, lowest),
        positive_likeness=tested(highest, "likeness", above=True),
        negative_likeness=tested(lowest, "likeness", above=False),
    )


def _mean_kernel(frames: ndarray, which: ndarray) -> ndarray:
    largest = np.abs(frames).max((1, 2, 3), keepdims=True)
    scaled = frames / np.where(largest > 0, largest, 1)
    return np.asarray(np.take_along_axis(scaled, which[:, :, None, None], 1).mean((0, 1)))
