"""How smoothly the weights of lines on curves follow the angle between line and curve.

For curve t and line s, w[t, s] is the mean weight over the cells near the middle of the curve's
arc, where the arc's tangent is that of its middle. A smooth function of the angle ψ between
them has few harmonics:

    w ≈ a₀ + a₁ cos 2ψ + b₁ sin 2ψ + a₂ cos 4ψ + b₂ sin 4ψ.

It is fitted with each line left out in turn, so that R² may be negative where there is no pattern.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from curvecircuits.circuits.intervals import Interval, resampled_pairs
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family, relative_orientation
from curvecircuits.models.network import Network
from curvecircuits.weights import ExpandedWeights, expanded_weights

_DRAWS = 1000


@dataclass(frozen=True, kw_only=True)
class LineMatrix:
    """Weights of lines on curves by the angle between them, and how smooth they are."""

    targets: Family
    sources: Family
    values: Float[ndarray, "targets sources"]
    relative: Float[ndarray, "targets sources"]
    """Degrees from the curve's tangent line to the line, in [−90, 90)."""
    predicted: Float[ndarray, "targets sources"]
    """By the smooth function, fitted without that source."""
    smoothness: Interval
    """R² of what is predicted, over targets and sources."""
    shuffled: float
    """The largest R² of 20 fits in which the sources exchanged their orientations."""

    def bins(self, width: float = 15.0) -> dict[float, Interval]:
        """Mean weight by relative angle; keys are the bins' middles in degrees."""
        edges = np.arange(-90, 90, width)
        found: dict[float, Interval] = {}
        for edge in edges:
            inside = (self.relative >= edge) & (self.relative < edge + width)
            if inside.any():
                found[float(edge + width / 2)] = resampled_pairs(
                    (np.where(inside, self.values, 0), inside.astype(float)), _ratio
                )
        return found


def line_matrix(
    network: Network,
    *,
    targets: Family,
    sources: Family,
    radius: float,
    reach: float = 8.0,
    spread: float = 20.0,
    seed: int = 0,
) -> LineMatrix:
    """Weights of a family of lines on a family of curves, by the angle between them.

    Parameters
    ----------
    targets
        Curves, of period 360.
    sources
        Lines of an earlier layer, of period 180.
    radius
        Of the curves' preferred radius, in pixels: which cells lie on the arc.
    reach, spread
        Cells count within `reach` pixels of the arc and `spread` degrees of its middle: the same
        places for every layer, whatever its grid.
    seed
        Of the control in which lines exchange orientations.

    Raises
    ------
    InputError
        For families of other periods, fewer than 8 lines, and as `expanded_weights`.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> curves = Family(name="curve", layer="3b", channels=(0, 6), orientations=(0, 90), period=360)
    >>> lines = Family(
    ...     name="line",
    ...     layer="3a",
    ...     channels=tuple(range(24, 42)),
    ...     orientations=tuple(10.0 * k for k in range(18)),
    ...     period=180,
    ... )
    >>> network = artificial_network()
    >>> found = line_matrix(network, targets=curves, sources=lines, radius=60.0)
    >>> found.smoothness.value > 0.3 > found.shuffled
    True

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021: the lines of conv2d2 act on the curves of 3b
    in an elegant pattern, those of 3a do not.
    """
    if targets.period != 360 or sources.period != 180 or len(sources) < 8:
        raise InputError("Give curves of period 360, and at least 8 lines of period 180.")
    weights = expanded_weights(network, sources.layer, units=targets.units)
    of_lines = weights.values.double().cpu().numpy()[:, list(sources.channels)]
    near = _near_middle(targets, weights, radius=radius, reach=reach, spread=spread)
    counts = near.sum((1, 2))
    if not counts.all():
        raise InputError("Some curve has no cell near its middle: give a larger reach or spread.")
    values = np.einsum("tsij,tij->ts", of_lines, near.astype(float)) / counts[:, None]
    relative = relative_orientation(targets.orientations, sources.orientations, period=180)
    predicted = _predicted(values, relative)
    generator = np.random.default_rng(seed)
    chance: list[float] = []
    for _ in range(20):
        order = generator.permutation(len(sources))
        chance.append(_r2(values, _predicted(values, relative[:, order])))
    return LineMatrix(
        targets=targets,
        sources=sources,
        values=values,
        relative=relative,
        predicted=predicted,
        smoothness=resampled_pairs((values, predicted), _r2),
        shuffled=max(chance),
    )


def smoother(one: LineMatrix, other: LineMatrix, *, seed: int = 0) -> Interval:
    """R² of one matrix minus that of another onto the same curves, which are drawn together.

    Raises
    ------
    InputError
        When the matrices are not of the same curves.
    """
    if one.targets != other.targets:
        raise InputError("Two line matrices are compared on the same family of curves.")
    generator = np.random.default_rng(seed)

    def difference(rows: ndarray, first: ndarray, second: ndarray) -> float:
        a, b = np.ix_(rows, first), np.ix_(rows, second)
        return _r2(one.values[a], one.predicted[a]) - _r2(other.values[b], other.predicted[b])

    sizes = len(one.targets), len(one.sources), len(other.sources)
    draws = [difference(*(generator.integers(n, size=n) for n in sizes)) for _ in range(_DRAWS)]
    low, high = np.percentile(draws, [2.5, 97.5]) if min(sizes) >= 3 else (np.nan, np.nan)
    every = difference(*(np.arange(n) for n in sizes))
    return Interval(value=every, low=float(low), high=float(high), units=min(sizes))


def _near_middle(
    targets: Family, weights: ExpandedWeights, *, radius: float, reach: float, spread: float
) -> Bool[ndarray, "targets h w"]:
    """Cells beside the arc through each target's centre, and near its middle."""
    rows, columns = weights.values.shape[2:]
    turn = np.radians(np.asarray(targets.orientations))[:, None, None]
    dy = (weights.offset[0] + weights.pitch * np.arange(rows))[None, :, None] + radius * np.sin(
        turn
    )
    dx = (weights.offset[1] + weights.pitch * np.arange(columns))[None, None] + radius * np.cos(
        turn
    )
    along = np.degrees(np.angle(np.exp(1j * (np.arctan2(dy, dx) - turn))))
    return (np.abs(np.hypot(dx, dy) - radius) <= reach) & (np.abs(along) <= spread)


def _ratio(above: ndarray, below: ndarray) -> float:
    return float(above.sum() / below.sum()) if below.any() else float("nan")


def _terms(relative: ndarray) -> ndarray:
    turn = np.radians(relative)[..., None] * np.array([2.0, 4.0])
    return np.concatenate([np.ones((*relative.shape, 1)), np.cos(turn), np.sin(turn)], axis=-1)


def _predicted(values: ndarray, relative: ndarray) -> ndarray:
    """The smooth function at each entry, fitted to all sources but the entry's own."""
    terms = _terms(relative)
    result = np.empty_like(values)
    for s in range(values.shape[1]):
        kept = np.arange(values.shape[1]) != s
        design = terms[:, kept].reshape(-1, terms.shape[-1])
        fit = np.linalg.lstsq(design, values[:, kept].ravel(), rcond=None)[0]
        result[:, s] = terms[:, s] @ fit
    return result


def _r2(values: ndarray, predicted: ndarray) -> float:
    total = float(((values - values.mean()) ** 2).sum())
    return 1 - float(((values - predicted) ** 2).sum()) / total if total > 0 else float("nan")
