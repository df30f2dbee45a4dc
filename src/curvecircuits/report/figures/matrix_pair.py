"""Two matrices of weights, natural and artificial, and how alike they and the published one are."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.circuits.chance import Compared
from curvecircuits.circuits.intervals import Interval
from curvecircuits.circuits.kernels import Kernels
from curvecircuits.compare.matrices import (
    matrix_agreement,
    sums_agreement,
    tile_agreement,
    tile_sums,
    upright_tiles,
)
from curvecircuits.compare.published_matrices import Profile
from curvecircuits.errors import InputError
from curvecircuits.report.figures.weight_matrix import WeightMatrix, weight_matrix
from curvecircuits.report.parts import Words
from curvecircuits.report.values import (
    Estimate,
    Range,
    SignedBlock,
    estimate,
    numbers,
    pack_signed,
    written,
)
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class MatrixLikeness(Record):
    """One correlation, and what exchanged orientations give instead."""

    what: str
    """Of what with what."""
    measured: Estimate
    control: Range | None
    """The middle 95 % of the exchanges; None where none could be formed."""
    p: float
    """Share of exchanges that reach the measured one, itself counted among them."""


@dataclass(frozen=True, kw_only=True)
class UprightTile(Record):
    """The mean tile of pairs of the same orientation, the target at 0°: “)”."""

    name: str
    tile: SignedBlock
    """(1, 1, rows, columns), the largest magnitude 1."""


@dataclass(frozen=True, kw_only=True)
class MatrixPair(Record):
    """The matrices of two networks between families of the same kind."""

    kind: Literal["matrix-pair"] = "matrix-pair"
    words: Words
    natural: WeightMatrix
    artificial: WeightMatrix
    period: int
    """Degrees after which angles between units repeat."""
    angles: tuple[float, ...]
    """From target to source, degrees, of the sums."""
    natural_sums: tuple[Estimate, ...]
    """Mean sum of a tile at each angle, over the largest magnitude of these means."""
    artificial_sums: tuple[Estimate, ...]
    published_sums: tuple[float | None, ...]
    """Those of the published artificial network; empty where it has none."""
    tiles: tuple[UprightTile, ...]
    likeness: tuple[MatrixLikeness, ...]


def matrix_pair(
    natural: Kernels,
    artificial: Kernels,
    *,
    published: Profile | None = None,
    published_tile: Float[ndarray, "n n"] | None = None,
    permutations: int = 100,
    seed: int = 0,
    title: str | None = None,
    caption: str = "",
) -> MatrixPair:
    """Make the figure from the weights of two networks, with its sentences.

    Parameters
    ----------
    natural, artificial
        From `circuits.kernels.kernels`, between families of the same periods.
    published
        Sums of the published tiles by angle.
    published_tile
        The published tile of two units of the same orientation.
    permutations
        Exchanges of orientations, for the control.

    Raises
    ------
    InputError
        For families of other periods, and as `compare.matrices`.
    """
    if natural.period != artificial.period:
        raise InputError("Matrices are set side by side when their angles repeat alike.")
    source, target = natural.sources.name, natural.targets.name
    steps = len(published.sums) if published else natural.period // 15
    found = _likeness(natural, artificial, published, published_tile, permutations, seed)
    sums = [tile_sums(side, steps=steps, seed=seed) for side in (natural, artificial)]
    return MatrixPair(
        words=Words(
            title=title or f"{source}s to {target}s, learned and written".capitalize(),
            takeaway=_takeaway(found, published is not None),
            caption=(
                "Tiles of expanded weights, columns sources and rows targets in order of "
                "orientation; each matrix has its own scale. The chart: mean sum of a tile by the "
                "angle from target to source, each network's over its largest; bars are 95% "
                "intervals over targets and sources, both drawn anew. Below it, the mean tile of "
                "units of the same orientation (within 15°) with the target turned to “)”. Whole "
                "tiles are compared turned the same way, with the artificial tiles at the same "
                "angle between units. The control exchanges the sources' orientations "
                f"{permutations} times; its range is the middle 95%. "
                + (
                    "Published: the weights of the article's artificial network, of which only the "
                    "figures compared here are known. "
                    if published
                    else ""
                )
                + caption
            ).strip(),
        ),
        natural=weight_matrix(natural),
        artificial=weight_matrix(artificial),
        period=natural.period,
        angles=tuple(natural.period * k / steps for k in range(steps)),
        natural_sums=_scaled(sums[0]),
        artificial_sums=_scaled(sums[1]),
        published_sums=numbers(np.array(published.sums) / np.abs(published.sums).max())
        if published
        else (),
        tiles=_tiles(natural, artificial, published_tile),
        likeness=tuple(_kept(name, each) for name, each in found.items()),
    )


def _likeness(
    natural: Kernels,
    artificial: Kernels,
    published: Profile | None,
    tile: ndarray | None,
    permutations: int,
    seed: int,
) -> dict[str, Compared]:
    given = {"permutations": permutations, "seed": seed}
    found: dict[str, Compared] = {}
    with suppress(InputError):  # grids that cannot be laid over one another
        found["whole tiles: natural, artificial"] = matrix_agreement(natural, artificial, **given)
    for name, side in (("natural", natural), ("artificial", artificial)):
        if published is not None:
            found[f"sums: {name}, published"] = sums_agreement(side, published, **given)
        if tile is not None:
            with suppress(InputError):  # another number of cells, or no pair of one orientation
                found[f"same-orientation tile: {name}, published"] = tile_agreement(
                    side, tile, **given
                )
    return found


def _takeaway(found: dict[str, Compared], published: bool) -> str:
    whole = found.get("whole tiles: natural, artificial")
    text = (
        "The tiles of the two networks lie on other grids and cannot be laid over one another"
        if whole is None
        else (
            "Laid over one another at the same angle, learned and written tiles correlate by "
            f"{written(whole.measured)} (orientations exchanged: p {_sign(whole)} {whole.p:.2g})"
        )
    )
    if not published:
        return text + "."
    own, other = found["sums: artificial, published"], found["sums: natural, published"]
    return (
        f"{text}; what tiles sum to correlates with the published artificial network by "
        f"{written(own.measured)} for the written weights and {written(other.measured)} for the "
        "learned ones."
    )


def _sign(found: Compared) -> str:
    return "≤" if found.holds else "="


def _kept(name: str, found: Compared) -> MatrixLikeness:
    ends = np.percentile(found.null, [2.5, 97.5]) if found.null else None
    return MatrixLikeness(
        what=name,
        measured=estimate(found.measured),
        control=None if ends is None else Range(low=float(ends[0]), high=float(ends[1])),
        p=found.p,
    )


def _scaled(sums: tuple[Interval, ...]) -> tuple[Estimate, ...]:
    values = np.array([[each.value, each.low, each.high] for each in sums])
    largest = float(np.nanmax(np.abs(values[:, 0]), initial=0)) or 1.0
    return tuple(
        Estimate(value=value, low=low, high=high)
        for value, low, high in (numbers(row) for row in values / largest)
    )


def _tiles(
    natural: Kernels, artificial: Kernels, published: ndarray | None
) -> tuple[UprightTile, ...]:
    made: list[tuple[str, ndarray]] = []
    for name, side in (("natural", natural), ("artificial", artificial)):
        tiles = upright_tiles(side)
        kept = tiles[np.isfinite(tiles).all((1, 2))]
        if len(kept):
            made.append((name, kept.mean(0)))
    if published is not None:
        made.append(("published", published))
    return tuple(
        UprightTile(name=name, tile=pack_signed(tile[None, None] / np.abs(tile).max()))
        for name, tile in made
    )
