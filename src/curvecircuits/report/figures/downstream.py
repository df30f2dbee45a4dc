"""What the units of the next layer build from curves, as their weights show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from curvecircuits.circuits.downstream import Downstream, DownstreamShapes
from curvecircuits.circuits.downstream_drawn import ShapeResponses
from curvecircuits.circuits.shapes import SHAPES
from curvecircuits.errors import InputError
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count
from curvecircuits.report.values import (
    OrientedUnit,
    SignedBlock,
    oriented_units,
    pack_signed,
    written,
)
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class BuiltUnit(Record):
    """One unit of the later layer."""

    unit: str
    """Address, such as "4a:104"."""
    shape: str
    """The shape its weights follow best."""
    score: float
    """Correlation of its weights with that shape's template."""
    score_chance: float
    """95th percentile of the same when the curves exchange orientations."""
    share: float
    """Share of its squared weights that is on the curves."""
    share_chance: float
    """95th percentile of the same for as many matched units."""
    place: int | None
    """Place of its shape among all shapes when they are drawn, best 1; None when they were not."""
    branch: str | None
    """The branch of the network that makes it."""
    weights: SignedBlock
    """From every curve, (curves, rows, columns of cells)."""


@dataclass(frozen=True, kw_only=True)
class ShapeCount(Record):
    """How many units build one shape."""

    shape: str
    units: int


@dataclass(frozen=True, kw_only=True)
class DownstreamFigure(Record):
    """Units of a later layer by shape, the best first."""

    kind: Literal["downstream"] = "downstream"
    words: Words
    layer: str
    curves: tuple[OrientedUnit, ...]
    """The family they are built from."""
    counts: tuple[ShapeCount, ...]
    counts_chance: float | None
    """Units of any shape when the curves exchange orientations, on average."""
    units: tuple[BuiltUnit, ...]


def downstream(
    found: DownstreamShapes,
    *,
    drawn: ShapeResponses | None = None,
    branches: Mapping[str, range] | None = None,
    most: int = 6,
    caption: str = "",
) -> DownstreamFigure:
    """Make the figure from the classified units, with its sentences.

    Parameters
    ----------
    found
        From `circuits.downstream.downstream_shapes`.
    drawn
        From `circuits.downstream_drawn.drawn_shapes`.
    branches
        Channels of each branch of the layer, from `circuits.branches.branches`.
    most
        Units shown of each shape, the best first.
    caption
        What to add about the measurement.

    Raises
    ------
    InputError
        When fewer than one unit of a shape is to be shown.
    """
    if most < 1:
        raise InputError(f"At least one unit of each shape is shown, not {most}.")
    shown = [u for shape in SHAPES for u in found.of_shape(shape)[:most]]
    return DownstreamFigure(
        words=Words(
            title=f"What {found.layer} builds from curves",
            takeaway=_takeaway(found, drawn),
            caption=(
                "Each picture is a unit. At every position of its field stand two curves, of the "
                f"{count(len(found.curves), f'{found.curves.name} unit')} of "
                f"{found.curves.layer}: the one that excites most there and the one that inhibits "
                "most, larger where the weight is larger. Curves below a quarter of the "
                "unit's largest weight are left out. The score is the correlation with the shape's "
                "template, beside the 95th percentile with orientations exchanged. "
                f"At most {count(most, 'unit')} of each shape are shown. {caption}"
            ).strip(),
        ),
        layer=found.layer,
        curves=oriented_units(found.curves),
        counts=tuple(ShapeCount(shape=s, units=int(found.counts.get(s, 0))) for s in SHAPES),
        counts_chance=float(found.counts_chance) if np.isfinite(found.counts_chance) else None,
        units=tuple(
            _unit(found, found.units[_row(found.units, c)], drawn, branches or {}) for c in shown
        ),
    )


def _row(units: Sequence[Downstream], channel: int) -> int:
    return next(i for i, each in enumerate(units) if each.channel == channel)


def _unit(
    found: DownstreamShapes,
    unit: Downstream,
    drawn: ShapeResponses | None,
    branches: Mapping[str, range],
) -> BuiltUnit:
    row = _row(found.units, unit.channel)
    shape = str(unit.shape)
    place = None
    if drawn is not None:
        standing = drawn.standing[row]
        place = 1 + int((standing > standing[SHAPES.index(shape)]).sum())
    return BuiltUnit(
        unit=f"{found.layer}:{unit.channel}",
        shape=shape,
        score=float(unit.score),
        score_chance=float(unit.score_chance),
        share=float(unit.share),
        share_chance=float(unit.share_chance),
        place=place,
        branch=next((name for name, span in branches.items() if unit.channel in span), None),
        weights=pack_signed(found.weights[row]),
    )


def _takeaway(found: DownstreamShapes, drawn: ShapeResponses | None) -> str:
    total = sum(found.counts.values())
    listed = ", ".join(f"{number} {shape}" for shape, number in found.counts.items() if number)
    text = (
        f"{count(total, 'unit')} of the {len(found.units)} of {found.layer} "
        f"{'arranges' if total == 1 else 'arrange'} curves into a shape"
        f"{f' ({listed})' if listed else ''}; with the curves' orientations exchanged it is "
        f"{found.counts_chance:.1f} on average"
    )
    if drawn is not None:
        text += (
            f"; drawn for the network, the shape comes in place {written(drawn.place)} of "
            f"{len(SHAPES)}, against {drawn.place_chance:.1f} by chance"
        )
    return text[0].upper() + text[1:] + "."
