"""How far the edges in crops run along the curve that a unit looks for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray

from curvecircuits.circuits.intervals import Interval
from curvecircuits.compare.agreement import APART, mean_over_units
from curvecircuits.families.family import relative_orientation
from curvecircuits.visualize.dataset.gallery import Gallery
from curvecircuits.visualize.dataset.records import UnitExamples

_REACH = 0.2
"""Of a crop's side: standard deviation of the window around its middle."""
_BEYOND = 128
"""What a crop is filled with beyond the border of its image."""

GROUPS = ("strongly negative", "negative", "positive", "strongly positive")
"""Bins by their middle: below half of the lowest edge, to 0, to half of the highest, above."""


@dataclass(frozen=True, kw_only=True)
class EdgeAlignment:
    """Mean alignment of the crops of each group of bins, over units."""

    along: Mapping[str, Interval]
    """With the unit's own orientation, by group."""
    exchanged: Mapping[str, Interval]
    """The same crops with the orientations of other units, 45° or more away modulo 180°."""
    lead: Mapping[str, Interval]
    """The first less the second, unit by unit."""


def bin_group(low: float, high: float, edges: tuple[float, ...]) -> str:
    """Which of the groups a bin is in.

    >>> bin_group(-20, -10, (-40, -20, 0, 20, 40)), bin_group(20, 40, (-40, -20, 0, 20, 40))
    ('negative', 'strongly positive')
    """
    middle = (low + high) / 2
    if middle < 0:
        return GROUPS[0] if middle < min(edges[0], 0) / 2 else GROUPS[1]
    return GROUPS[3] if middle > max(edges[-1], 0) / 2 else GROUPS[2]


def alignment(
    crop: UInt8[ndarray, "3 side side"], orientations: Float[ndarray, " angles"]
) -> Float[ndarray, " angles"]:
    """How far edges near the middle of a crop have a normal: 1 if all do, −1 if all lie across.

    Σ w |g|² cos 2(θ − o) / Σ w |g|², with g the gradient of brightness (central differences), θ its
    direction, w a Gaussian of a fifth of the side around the middle, and o the normal. Opposite
    normals are the same. Nothing is counted beyond the border of the image. NaN where nothing
    changes.

    Parameters
    ----------
    crop
        RGB; all 128 beyond the border.
    orientations
        Normals, in degrees.

    Examples
    --------
    >>> crop = np.zeros((3, 40, 40), np.uint8)
    >>> crop[..., 20:] = 255  # an upright edge has a normal of 0°
    >>> alignment(crop, np.array([0.0, 45.0, 90.0])).round(6) + 0.0
    array([ 1.,  0., -1.])
    """
    light = crop.astype(float).mean(0)
    across, down = np.zeros_like(light), np.zeros_like(light)
    across[:, 1:-1] = light[:, 2:] - light[:, :-2]
    down[1:-1] = light[2:] - light[:-2]
    at = (np.arange(len(light)) - (len(light) - 1) / 2) / (len(light) * _REACH)
    weight = np.exp(-(at[:, None] ** 2 + at**2) / 2) * _inside(crop)
    square = (across + 1j * down) ** 2  # its angle is twice the gradient's
    total = (weight * np.abs(square)).sum()
    if not total > 0:
        return np.full(len(orientations), np.nan)
    turned = np.exp(-2j * np.radians(orientations))
    return ((weight * square).sum() * turned).real / total


def edge_alignment(
    shown: Gallery, units: Mapping[str, float], *, side: str = "natural", seed: int = 0
) -> EdgeAlignment:
    """Average `alignment` over the random crops of each group of bins, then over units.

    Parameters
    ----------
    units
        Orientation of each unit in degrees, by its name.
    side
        Which examples: those of the natural units, or of others.
    seed
        Of the intervals, which resample units.
    """
    members = [u for u in shown.examples.units if u.side == side and u.unit in units]
    angles = np.array([units[u.unit] for u in members])
    own, other = ({group: np.full(len(members), np.nan) for group in GROUPS} for _ in range(2))
    for i, unit in enumerate(members):
        apart = np.abs(relative_orientation([angles[i]], list(angles), period=180))[0]
        far = apart >= APART
        for group, values in _grouped(shown, unit, angles).items():
            kept = values[np.isfinite(values[:, i])]
            if len(kept):
                own[group][i] = kept[:, i].mean()
                other[group][i] = kept[:, far].mean() if far.any() else np.nan
    return EdgeAlignment(
        along={g: mean_over_units(v, seed=seed) for g, v in own.items()},
        exchanged={g: mean_over_units(v, seed=seed) for g, v in other.items()},
        lead={g: mean_over_units(own[g] - other[g], seed=seed) for g in GROUPS},
    )


def _grouped(shown: Gallery, unit: UnitExamples, angles: ndarray) -> dict[str, ndarray]:
    """Alignment of each crop with each orientation, by group of bins."""
    found: dict[str, list[ndarray]] = {}
    for k, examples in enumerate(unit.bins):
        group = bin_group(unit.edges[k], unit.edges[k + 1], unit.edges)
        found.setdefault(group, []).extend(alignment(shown.crop(unit, e), angles) for e in examples)
    return {group: np.array(rows) for group, rows in found.items() if rows}


def _inside(crop: UInt8[ndarray, "3 side side"]) -> ndarray:
    """Where the crop shows its image, a pixel from what lies beyond: 1, elsewhere 0."""
    filled = (crop == _BEYOND).all(0)
    inside = np.ones(filled.shape)
    for axis, empty in enumerate((filled.all(1), filled.all(0))):
        # The filling begins at an end, and gradients reach one pixel into it.
        low = int(np.argmin(empty)) if empty[0] else -1
        high = int(np.argmin(empty[::-1])) if empty[-1] else -1
        rows = np.moveaxis(inside, axis, 0)
        rows[: low + 1] = 0
        rows[len(rows) - high - 1 :] = 0
    return inside
