"""Whom negative weights go to: inputs that fire on the target's own curve without being like it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.circuits.chance import Compared, against_chance
from curvecircuits.circuits.intervals import resampled
from curvecircuits.circuits.kernels import arcs
from curvecircuits.circuits.linear_view import LinearView
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family


@dataclass(frozen=True, kw_only=True)
class Cofiring:
    """How sources answer along a target's preferred curve, and the weight each has there."""

    targets: Family
    sources: Family
    radii: tuple[float, ...]
    """Preferred radius of each target, in pixels."""
    responses: Float[ndarray, "targets sources"]
    """Mean real activation along the arc of the target's preferred curve, when it is shown."""
    weights: Float[ndarray, "targets sources"]
    """Mean weight along the same arc."""
    dissimilar: Float[ndarray, "targets sources"]
    """1 for pairs far enough apart in orientation to count, else 0."""
    correlations: tuple[float, ...]
    """Of responses with weights across the dissimilar sources of each target; NaN where fewer
    than 3 are, or they do not vary."""
    measured: Compared
    """Their mean, expected below 0. Null: the curves shown are exchanged among the targets."""


def cofiring(
    view: LinearView, *, apart: float = 60.0, permutations: int = 200, seed: int = 0
) -> Cofiring:
    """Whether negative weights go to sources that fire on the target's curve but are unlike it.

    Each target is shown the curve of its own orientation and preferred radius. For every source
    at least `apart` degrees away, the real activation h and the weight W are averaged along the
    arc (a smooth arc of half a cell's width); their Pearson correlation across sources is
    negative if inhibition goes to what could be mistaken for the target's shape. Were it only
    that some sources are strong and have large weights everywhere, the curves of other targets
    would show the same: they are the null. The answer is about the family given: it needs the
    inputs that have an echo.

    Parameters
    ----------
    view
        From `linear_view`.
    apart
        Degrees from the target's orientation from which sources are unlike it.
    permutations
        Of the curves shown, for the null; at least 20.

    Raises
    ------
    InputError
        When no target has 3 such sources that differ in response and weight.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.circuits.linear_view import linear_view
    >>> from curvecircuits.stimuli import CurveGrid
    >>> from curvecircuits.weights import expanded_weights
    >>> def family(layer):
    ...     around = tuple(30.0 * k for k in range(12))
    ...     units = tuple(range(0, 24, 2))
    ...     return Family(
    ...         name="curve", layer=layer, channels=units, orientations=around, period=360
    ...     )
    >>> network = artificial_network()
    >>> weights = expanded_weights(network, "3a", units=family("3b").units)
    >>> grid = CurveGrid(orientations=family("3b").orientations, radii=(60,), tile=60, width=2)
    >>> view = linear_view(network, weights, family("3b"), family("3a"), grid=grid)
    >>> cofiring(view, permutations=20).measured.measured.value < -0.5
    True

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021: "negative weights are used for things that
    are in some way similar enough that they could be mistaken".
    """
    if permutations < 20:
        raise InputError(f"A null needs at least 20 permutations, not {permutations}.")
    k = view.kernels
    shown, radii = _preferred(view)
    arc = np.stack([arcs(k, radius=r)[t] for t, r in enumerate(radii)])
    arc = arc / arc.sum((1, 2), keepdims=True)
    weights = np.einsum("tsij,tij->ts", k.values, arc)
    inputs = np.stack([view.inputs[o, r] for o, r in shown])
    responses = np.einsum("tsij,tij->ts", inputs, arc)
    unlike = k.apart >= apart

    def correlations(responses: ndarray) -> ndarray:
        return np.array(
            [_correlation(x[m], y[m]) for x, y, m in zip(responses, weights, unlike, strict=True)]
        )

    own = correlations(responses)
    kept = own[np.isfinite(own)]
    if not kept.size:
        raise InputError(
            f"No {k.targets.name} has 3 inputs that are {apart:g}° from it and differ: take more "
            f"units of {k.sources.name}, or a smaller distance."
        )
    generator = np.random.default_rng(seed)
    null: list[float] = []
    for _ in range(permutations):
        other = correlations(responses[generator.permutation(len(responses))])
        other = other[np.isfinite(other)]
        null.append(float(other.mean()) if other.size else float("nan"))
    return Cofiring(
        targets=k.targets,
        sources=k.sources,
        radii=tuple(radii),
        responses=responses,
        weights=weights,
        dissimilar=unlike.astype(float),
        correlations=tuple(map(float, own)),
        measured=against_chance(resampled(kept, seed=seed), null, side="below"),
    )


def _preferred(view: LinearView) -> tuple[list[tuple[int, int]], list[float]]:
    """Which stimulus is nearest each target's orientation, at the radius it answers to most."""
    angles = np.asarray(view.grid.orientations, dtype=float)
    shown: list[tuple[int, int]] = []
    for t, orientation in enumerate(view.kernels.targets.orientations):
        nearest = int(np.abs((angles - orientation + 180) % 360 - 180).argmin())
        shown.append((nearest, int(view.real[t, nearest].argmax())))
    return shown, [float(view.grid.radii[r]) for _, r in shown]


def _correlation(x: ndarray, y: ndarray) -> float:
    if len(x) < 3 or not (np.ptp(x) > 0 and np.ptp(y) > 0):
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])
