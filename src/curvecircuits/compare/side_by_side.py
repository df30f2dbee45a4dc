"""The paths of natural and of artificial curve detectors side by side, and how alike they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.artificial.constants import Constants
from curvecircuits.circuits.intervals import NOTHING, Interval, resampled
from curvecircuits.compare.agreement import APART
from curvecircuits.compare.matched import Matched
from curvecircuits.compare.paths import KINDS, PathTile, strongest_path
from curvecircuits.compare.turning import standardised
from curvecircuits.compare.written import written_families
from curvecircuits.families.family import relative_orientation
from curvecircuits.families.taxonomy import Taxonomy
from curvecircuits.models.address import Unit


@dataclass(frozen=True, kw_only=True)
class PathAgreement:
    """How alike the tiles of natural and of artificial paths are at one step."""

    layer: str
    """Of the natural unit where the tiles end."""
    own: Interval
    """Mean over units of the correlation over cells with the artificial unit's path."""
    shuffled: Interval
    """The same with paths of artificial units of orientations at least 45° away: a control."""
    lead: Interval
    """The first less the second, unit by unit."""


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """The paths of every pair of units, from the image to the curve."""

    matched: Matched
    natural: tuple[tuple[PathTile, ...], ...]
    artificial: tuple[tuple[PathTile, ...], ...]
    agreements: tuple[PathAgreement, ...]
    """Of the steps whose tiles have more than one cell, over the middle cells that all have."""


def side_by_side(
    matched: Matched, *, taxonomy: Taxonomy, seed: int = 0, constants: Constants | None = None
) -> SideBySide:
    """The strongest paths of all natural units, and of the artificial units paired with them.

    Parameters
    ----------
    taxonomy
        Families of the natural network.
    constants
        Of the artificial network, as far as its numbers of units are not the default ones.

    Raises
    ------
    InputError
        As `strongest_path`.
    """
    natural = {
        layer: {kind: taxonomy.family(layer, kind) for kind in KINDS} for layer in taxonomy.layers
    }
    at = matched.orientations
    written = written_families(constants, orientations=at)
    first, second = (
        tuple(
            strongest_path(side.network, Unit(side.layer, c), orientation=o, families=families)
            for c, o in zip(side.channels, at, strict=True)
        )
        for side, families in ((matched.natural, natural), (matched.artificial, written))
    )
    return SideBySide(
        matched=matched,
        natural=first,
        artificial=second,
        agreements=_agreements(first, second, at, seed),
    )


def _agreements(
    natural: Sequence[Sequence[PathTile]],
    artificial: Sequence[Sequence[PathTile]],
    orientations: Sequence[float],
    seed: int,
) -> tuple[PathAgreement, ...]:
    """Step by step from the curves back, as far as both networks go."""
    far = np.abs(relative_orientation(orientations, orientations)) >= APART
    found: list[PathAgreement] = []
    for back in range(1, min(len(natural[0]), len(artificial[0])) + 1):
        one, other = [path[-back] for path in natural], [path[-back] for path in artificial]
        sides = {side for tile in (*one, *other) for side in tile.values.shape}
        if min(sides) == 1 or len({side % 2 for side in sides}) > 1:
            continue  # one cell has no pattern, and even tiles have another middle than odd ones
        across = _across(one, other, min(sides))
        own = np.diagonal(across)
        apart = np.array(
            [r[c].mean() if c.any() else np.nan for r, c in zip(across, far, strict=True)]
        )
        kept = np.isfinite(apart)
        found.append(
            PathAgreement(
                layer=one[0].unit.layer,
                own=resampled(own, seed=seed),
                shuffled=resampled(apart[kept], seed=seed) if kept.any() else NOTHING,
                lead=resampled((own - apart)[kept], seed=seed) if kept.any() else NOTHING,
            )
        )
    return tuple(reversed(found))


def _across(
    one: Sequence[PathTile], other: Sequence[PathTile], side: int
) -> Float[ndarray, "units others"]:
    """Correlation of every tile with every other over the cells in the middle that all have."""
    first, second = (
        standardised(np.stack([_middle(tile.values, side) for tile in tiles]))
        for tiles in (one, other)
    )
    return first @ second.T


def _middle(values: Float[ndarray, "h w"], side: int) -> Float[ndarray, "side side"]:
    top, left = ((size - side) // 2 for size in values.shape)
    return values[top : top + side, left : left + side]
