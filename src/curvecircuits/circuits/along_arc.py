"""Weights position by position: along the arc that a curve follows, and off it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.circuits.chance import Compared, against_chance, exchanged, mean_of
from curvecircuits.circuits.intervals import Interval, resampled, resampled_pairs
from curvecircuits.circuits.kernels import Kernels, along, arcs, kernels, likeness
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.weights import ExpandedWeights

_SIMILAR, _OPPOSING = 30.0, 150.0
_BESIDE = 2
"""Cells to either side of the arc that are looked at."""


@dataclass(frozen=True, kw_only=True)
class ArcWeights:
    """How the weights from early curves lie along the arc of the curve they build.

    Similar pairs are under 30° apart, opposing ones at least 150°. Unless another is named, a null
    exchanges the sources' orientations.
    """

    targets: Family
    sources: Family
    radius: float
    """Of the arc, in pixels."""
    steps: tuple[float, ...]
    """Places along the arc, in pixels from its centre, clockwise on screen."""
    beside: tuple[float, ...]
    """Distances off the arc, in pixels outwards."""
    likeness: Float[ndarray, "targets sources"]
    """Correlation of each kernel with a smooth arc; NaN for a flat kernel."""
    similar: Compared
    """Mean likeness of similar pairs, expected above 0."""
    opposing: Compared
    """Mean likeness of opposing pairs, expected below 0."""
    similar_profile: Float[ndarray, "beside steps"]
    """Mean weight of similar pairs at each place."""
    opposing_profile: Float[ndarray, "beside steps"]
    similar_steps: tuple[Interval, ...]
    """The same on the arc, each place with its interval."""
    opposing_steps: tuple[Interval, ...]
    flank: Interval
    """Mean weight of similar pairs two cells off the arc, over their mean weight on it."""
    preferred: Float[ndarray, "targets steps"]
    """Direction of Σ_s W[t, s] e^{i orientation(s)} at each place, in degrees from the target's
    orientation."""
    normals: tuple[float, ...]
    """Direction of the arc's normal at each place, in degrees from the target's orientation."""
    slope: Compared
    """Degrees that the preferred orientation turns by for each degree of the arc's normal: 1 if it
    follows the arc. Least squares with all targets together, places weighted by how much the
    sources agree there. Null: the places of each target exchanged."""
    tracking: Compared
    """The same turn counted in proportion to how much the sources agree, |Σ W e^{iφ}| / Σ |W|,
    which is little where orientations mean nothing."""


def along_arc(
    weights: ExpandedWeights,
    targets: Family,
    sources: Family,
    *,
    radius: float,
    permutations: int = 200,
    seed: int = 0,
) -> ArcWeights:
    """Weights of curves on smaller curves, along the arc through each curve's centre.

    Parameters
    ----------
    weights
        Expanded weights of the targets on the sources' layer.
    radius
        Preferred radius of the targets, in pixels.
    permutations
        Of the sources' orientations, for the nulls.

    Raises
    ------
    InputError
        When a family has no inside and outside (period 360), the weights do not belong to the
        families, or the radius is not above 0.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.weights import expanded_weights
    >>> def family(layer):
    ...     orientations = tuple(30.0 * k for k in range(12))
    ...     channels = tuple(range(0, 24, 2))
    ...     return Family(
    ...         name="curve", layer=layer, channels=channels, orientations=orientations, period=360
    ...     )
    >>> weights = expanded_weights(artificial_network(), "3a", units=family("3b").units)
    >>> found = along_arc(weights, family("3b"), family("3a"), radius=66, permutations=20)
    >>> found.similar.measured.value > 0.5, found.opposing.measured.value < -0.5
    (True, True)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section "Early Curves": "at every position
    curve neurons are excited by early curves in a similar orientation and inhibited by ones in the
    opposing orientation".
    """
    found = kernels(weights, targets, sources)
    if found.period != 360:
        raise InputError(
            f"Curves opposing {targets.name} need an inside and an outside: choose two families "
            "of period 360."
        )
    alike = likeness(found.values, arcs(found, radius=radius))
    steps = np.arange(-found.reach, found.reach + 1.0) * found.pitch
    beside = np.arange(-_BESIDE, _BESIDE + 1.0) * found.pitch
    # (targets, sources, beside, steps)
    places = np.stack([along(found, radius=radius, steps=steps, beside=b) for b in beside], 2)
    apart, middle = found.apart, places[:, :, _BESIDE]
    # Of a straight arc no orientation is preferred over another along it.
    normals = np.degrees(steps / radius)
    shuffled = [
        found.relabelled(sources=family)
        for family in exchanged(found.sources, count=permutations, seed=seed)
    ]

    def tested(low: float, high: float, side: str) -> Compared:
        def statistic(a: ndarray, values: ndarray) -> float:
            return mean_of(values, (a >= low) & (a < high))

        return against_chance(
            resampled_pairs((apart, alike), statistic, seed=seed),
            [statistic(other.apart, alike) for other in shuffled],
            side="above" if side == "above" else "below",
        )

    def profile(chosen: ndarray) -> ndarray:
        mean = places[chosen].mean(0) if chosen.any() else np.full(places.shape[2:], np.nan)
        return np.asarray(mean)

    def on_arc(low: float, high: float) -> tuple[Interval, ...]:
        return tuple(
            resampled_pairs(
                (apart, middle[:, :, k]),
                lambda a, v: mean_of(v, (a >= low) & (a < high)),
                seed=seed,
            )
            for k in range(len(steps))
        )

    vectors, magnitude = _vectors(middle, found), np.abs(middle).sum(1)
    parts = np.stack([np.real(vectors), np.imag(vectors), magnitude], 1)  # (targets, 3, steps)
    return ArcWeights(
        targets=found.targets,
        sources=found.sources,
        radius=radius,
        steps=tuple(map(float, steps)),
        beside=tuple(map(float, beside)),
        likeness=alike,
        similar=tested(0, _SIMILAR, "above"),
        opposing=tested(_OPPOSING, 181, "below"),
        similar_profile=profile(apart < _SIMILAR),
        opposing_profile=profile(apart >= _OPPOSING),
        similar_steps=on_arc(0, _SIMILAR),
        opposing_steps=on_arc(_OPPOSING, 181),
        flank=_flank(apart, places, seed),
        preferred=np.degrees(np.angle(vectors)),
        normals=tuple(map(float, normals)),
        slope=against_chance(
            resampled(parts, lambda p: _slope(_complex(p), normals), seed=seed),
            [_slope(v, normals) for v in _displaced(vectors, permutations, seed)],
        ),
        tracking=against_chance(
            resampled(parts, lambda p: _tracking(_complex(p), p[:, 2], normals), seed=seed),
            [_tracking(_vectors(middle, other), magnitude, normals) for other in shuffled],
        ),
    )


def _flank(apart: ndarray, places: ndarray, seed: int) -> Interval:
    sides = (places[:, :, 0] + places[:, :, -1]).mean(2) / 2

    def statistic(a: ndarray, off: ndarray, on: ndarray) -> float:
        on_arc = mean_of(on, a < _SIMILAR)
        return mean_of(off, a < _SIMILAR) / on_arc if on_arc > 0 else float("nan")

    return resampled_pairs((apart, sides, places[:, :, _BESIDE].mean(2)), statistic, seed=seed)


def _vectors(middle: ndarray, found: Kernels) -> ndarray:
    """Σ_s W[t, s] e^{iφ} at each place, φ the source's orientation from the target's."""
    return np.einsum("tsn,ts->tn", middle, np.exp(1j * np.radians(found.relative)))


def _complex(parts: ndarray) -> ndarray:
    return parts[:, 0] + 1j * parts[:, 1]


def _displaced(vectors: ndarray, count: int, seed: int) -> Iterator[ndarray]:
    """The same with the places of each target in another order."""
    generator = np.random.default_rng(seed)
    for _ in range(count):
        yield generator.permuted(vectors, axis=1)


def _turn(vectors: ndarray) -> ndarray:
    """Degrees from each target's mean direction, so that no angle wraps around."""
    return np.degrees(np.angle(vectors * np.conj(vectors.sum(1, keepdims=True))))


def _slope(vectors: ndarray, normals: ndarray) -> float:
    length = np.abs(vectors)
    total = length.sum(1, keepdims=True)
    share = length / np.where(total > 0, total, 1)
    turn = _turn(vectors)
    x = normals - (share * normals).sum(1, keepdims=True)
    y = turn - (share * turn).sum(1, keepdims=True)
    spread = float((share * x * x).sum())
    return float((share * x * y).sum()) / spread if spread > 0 else float("nan")


def _tracking(vectors: ndarray, magnitude: ndarray, normals: ndarray) -> float:
    agreement = np.abs(vectors) / np.where(magnitude > 0, magnitude, 1)
    x = normals - normals.mean()
    spread = float((x * x).sum()) * len(vectors)
    return float((agreement * _turn(vectors) * x).sum()) / spread if spread > 0 else float("nan")
