"""Pairs of similar, perpendicular and opposing units, and the weight of every pair by angle."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from curvecircuits.circuits.kernels import Kernels
from curvecircuits.circuits.similarity import BAND, Similarity
from curvecircuits.families.family import relative_orientation
from curvecircuits.report.parts import Words
from curvecircuits.report.values import (
    Estimate,
    OrientedUnit,
    SignedBlock,
    estimate,
    numbers,
    oriented_units,
    pack_signed,
    written,
)
from curvecircuits.store import Record

_SHOWN = 6
_ACROSS = 15.0
"""Degrees from a right angle that count as perpendicular, as in `Similarity.perpendicular`."""


@dataclass(frozen=True, kw_only=True)
class PairedSource(Record):
    """A source with the place of its tile."""

    role: Literal["most similar", "perpendicular", "most opposing"]
    source: OrientedUnit
    sum: float
    """Of its weights, over cells."""


@dataclass(frozen=True, kw_only=True)
class PairedTarget(Record):
    """A target with its sources."""

    target: OrientedUnit
    sources: tuple[PairedSource | None, ...]
    """Most similar, perpendicular and most opposing; None where there is none so near."""


@dataclass(frozen=True, kw_only=True)
class AngleBand(Record):
    """All pairs that are `low` to `high` degrees apart."""

    low: float
    high: float
    pairs: int
    mean: Estimate


@dataclass(frozen=True, kw_only=True)
class OpposingPairs(Record):
    """Some targets with their pairs, and the sums of all pairs."""

    kind: Literal["opposing-pairs"] = "opposing-pairs"
    words: Words
    shown: tuple[PairedTarget, ...]
    """Round the circle."""
    tiles: SignedBlock
    """(shown, 3, rows, columns of cells); the largest magnitude of a row is 1."""
    pitch: float
    """Pixels between cells."""
    half: float
    """The farthest that units can be apart, degrees."""
    targets: tuple[str, ...]
    sources: tuple[str, ...]
    relative: tuple[float | None, ...]
    """Degrees from target to source, row after row of targets."""
    sums: tuple[float | None, ...]
    """Sums of weights, in the same order."""
    bands: tuple[AngleBand, ...]


def opposing_pairs(found: Kernels, measured: Similarity, *, caption: str = "") -> OpposingPairs:
    """Make the figure from the kernels between two families and how they fall with the angle.

    Parameters
    ----------
    found
        From `circuits.kernels.kernels`.
    measured
        From `circuits.similarity.similarity`, of the same weights.

    """
    rows = _round_the_circle(found)
    chosen = [_sources(found, row) for row in rows]
    targets, sources = oriented_units(found.targets), oriented_units(found.sources)
    tiles = np.full((len(rows), 3, *found.values.shape[2:]), np.nan)
    for place, (row, three) in enumerate(zip(rows, chosen, strict=True)):
        for column, source in enumerate(three):
            if source is not None:
                tiles[place, column] = found.values[row, source]
    largest = np.nanmax(np.abs(tiles), axis=(1, 2, 3), initial=np.finfo(float).tiny)
    roles = ("most similar", "perpendicular", "most opposing")
    return OpposingPairs(
        words=Words(
            title="Similar excite, opposing inhibit",
            takeaway=_takeaway(measured),
            caption=(
                f"{found.targets.name.capitalize()}s nearest to {_SHOWN} directions round the "
                f"circle, each with the {found.sources.name} of {found.sources.layer} whose "
                f"orientation is nearest to its own (less than {BAND:g}° away), nearest to a right "
                f"angle with it (within {_ACROSS:g}°) and farthest from it (at least "
                f"{found.period / 2 - BAND:g}°), whatever their weights. Tiles of a row share one "
                f"scale, {found.values.shape[2]} × {found.values.shape[3]} cells {found.pitch:g} "
                "px apart; the number is the sum of the cells, in the network's own units. Below, "
                "a dot is the sum of one pair, and bars are the means of bands with 95% intervals "
                f"over targets and sources, both drawn anew. {caption}"
            ).strip(),
        ),
        shown=tuple(
            PairedTarget(
                target=targets[row],
                sources=tuple(
                    None
                    if source is None
                    else PairedSource(
                        role=role,
                        source=sources[source],
                        sum=float(measured.sums[row, source]),
                    )
                    for role, source in zip(roles, three, strict=True)
                ),
            )
            for row, three in zip(rows, chosen, strict=True)
        ),
        tiles=pack_signed(tiles / largest[:, None, None, None]),
        pitch=float(found.pitch),
        half=found.period / 2,
        targets=tuple(each.unit for each in targets),
        sources=tuple(each.unit for each in sources),
        relative=numbers(measured.relative),
        sums=numbers(measured.sums),
        bands=tuple(
            AngleBand(low=b.low, high=b.high, pairs=b.pairs, mean=estimate(b.mean))
            for b in measured.bands
        ),
    )


def _round_the_circle(found: Kernels) -> list[int]:
    """The targets nearest to equally spaced directions, each once."""
    period = found.targets.period
    directions = [period / _SHOWN * k for k in range(_SHOWN)]
    away = np.abs(relative_orientation(directions, found.targets.orientations, period=period))
    return sorted({int(row) for row in away.argmin(1)})


def _sources(found: Kernels, row: int) -> tuple[int | None, ...]:
    """The most similar, the perpendicular and the most opposing source, as in `Similarity`."""
    apart, half = found.apart[row], found.period / 2
    near, far = int(apart.argmin()), int(apart.argmax())
    across = int(np.abs(apart - 90).argmin())
    return (
        near if apart[near] < BAND else None,
        across if abs(apart[across] - 90) <= _ACROSS else None,
        far if half > 90 and apart[far] >= half - BAND else None,
    )


def _takeaway(found: Similarity) -> str:
    first, last = found.bands[0], found.bands[-1]
    names = f"{found.sources.name}s of {found.sources.layer}"
    text = (
        f"{names[0].upper()}{names[1:]} less than {first.high:g}° from a {found.targets.name} are "
        f"joined to it by weights that sum to {written(first.mean)}, those {last.low:g}–"
        f"{last.high:g}° from it by {written(last.mean)}; at right angles the mean is "
        f"{written(found.perpendicular)} of that of similar ones. "
    )
    sign = "≤" if found.fall.holds else "="
    return f"{text}Exchanged orientations give so great a fall with p {sign} {found.fall.p:.2g}."
