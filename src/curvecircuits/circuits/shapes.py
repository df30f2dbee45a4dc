"""What a unit that is built from curves would look like in its weights, for several shapes.

With θ the orientation of a curve unit, α the direction of a cell from the middle, and (s, t) the
cell's place along the normal and the tangent of the shape's own orientation φ, in units of the
support's half width, the weights of a shape are

- *circle*: cos(θ − α): curves whose normals point outwards;
- *evolute*: −cos(θ − α): curves that face away from the middle;
- *spiral*: cos(θ − α ∓ 67.5°), either hand;
- *curve*: cos(θ − φ) · e^{−s²/2σ²}: one orientation along a line;
- *S*: sin(π t) · cos(θ − φ) · e^{−s²/2σ²}: opposite curves on two sides;
- *divot*: cos(π t) · cos(θ − φ) · e^{−s²/2σ²}: a bend between two that turn the other way.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy import ndarray

SHAPES = ("circle", "evolute", "spiral", "curve", "S", "divot")
_ORIENTATIONS = 24
_ACROSS = 0.35
"""Standard deviation σ of a shape's weights across its line."""
_HAND = 67.5


def shape_templates(
    orientations: Sequence[float], *, rows: int, columns: int
) -> dict[str, Float[ndarray, "variants curves rows columns"]]:
    """Templates of every shape, in each of its orientations or hands.

    Parameters
    ----------
    orientations
        Of the curve units, in degrees.
    rows, columns
        Of the grid of cells, whose middle is the unit's.

    Examples
    --------
    >>> found = shape_templates([0, 90, 180, 270], rows=3, columns=3)
    >>> found["circle"].shape, round(float(found["circle"][0, 0, 1, 2]), 2)
    ((1, 4, 3, 3), 1.0)
    """
    theta = np.radians(np.asarray(orientations, dtype=float))[:, None, None]
    y, x = np.meshgrid(_axis(rows), _axis(columns), indexing="ij")
    alpha = np.arctan2(y, x)
    away = (np.hypot(x, y) > 1e-9).astype(float)
    hand = np.radians(_HAND)
    found: dict[str, list[ndarray]] = {
        "circle": [np.cos(theta - alpha) * away],
        "evolute": [-np.cos(theta - alpha) * away],
        "spiral": [np.cos(theta - alpha - turn) * away for turn in (-hand, hand)],
        "curve": [],
        "S": [],
        "divot": [],
    }
    for phi in np.arange(_ORIENTATIONS) * 2 * np.pi / _ORIENTATIONS:
        across = x * np.cos(phi) + y * np.sin(phi)
        along = y * np.cos(phi) - x * np.sin(phi)
        here = np.cos(theta - phi) * np.exp(-(across**2) / (2 * _ACROSS**2))
        found["curve"].append(here)
        found["S"].append(here * np.sin(np.pi * along))
        found["divot"].append(here * np.cos(np.pi * along))
    return {name: np.stack(variants) for name, variants in found.items()}


def _axis(cells: int) -> Float[ndarray, " cells"]:
    return np.linspace(-1, 1, cells) if cells > 1 else np.zeros(1)


def shape_scores(
    weights: Float[ndarray, "units curves h w"], orientations: Sequence[float]
) -> dict[str, Float[ndarray, " units"]]:
    """Correlation of each unit's weights with its best variant of every shape.

    Parameters
    ----------
    weights
        All of one support; scores of units that have no weight are 0.

    Examples
    --------
    >>> around = [45.0 * k for k in range(8)]
    >>> ring = shape_templates(around, rows=5, columns=5)["evolute"]
    >>> scores = shape_scores(ring, around)
    >>> max(scores, key=lambda name: float(scores[name][0]))
    'evolute'
    """
    units, _, rows, columns = weights.shape
    flat = weights.reshape(units, -1)
    flat = flat - flat.mean(1, keepdims=True)
    size = np.linalg.norm(flat, axis=1, keepdims=True)
    flat = np.divide(flat, size, out=np.zeros_like(flat), where=size > 0)
    found: dict[str, Float[ndarray, " units"]] = {}
    for name, variants in shape_templates(orientations, rows=rows, columns=columns).items():
        wanted = variants.reshape(len(variants), -1)
        wanted = wanted - wanted.mean(1, keepdims=True)
        wanted = wanted / np.maximum(np.linalg.norm(wanted, axis=1, keepdims=True), 1e-12)
        found[name] = (flat @ wanted.T).max(1)
    return found
