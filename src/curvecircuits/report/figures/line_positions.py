"""Which lines excite a curve unit at each position of its receptive field."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from curvecircuits.circuits.line_drawn import Confirmation
from curvecircuits.circuits.line_positions import LinePositions, Tolerance
from curvecircuits.report.figures.interval_groups import IntervalGroups, interval_groups, series
from curvecircuits.report.parts import Words
from curvecircuits.report.values import (
    OrientedUnit,
    SignedBlock,
    estimate,
    oriented_units,
    pack_signed,
    plain,
    written,
)
from curvecircuits.store import Record

ARTICLE_TOLERANCE = (10.0, 45.0)
"""Degrees that a line may turn about the tangent, by the article."""


@dataclass(frozen=True, kw_only=True)
class ArcCell(Record):
    """A cell on the arc of a unit; angles in degrees."""

    row: int
    col: int
    tangent: float
    """Normal of the line along the arc there, mod 180."""
    smaller: float | None
    """From the tangent to the zero towards smaller angles; None where it does not excite."""
    larger: float | None
    """The same towards larger angles."""


@dataclass(frozen=True, kw_only=True)
class PositionsOfUnit(Record):
    """One curve unit and the value of lines to it."""

    unit: OrientedUnit
    values: SignedBlock
    """By the weights: (angles, rows, columns of cells)."""
    drawn: SignedBlock | None
    """What short lines drawn there add to the real unit, where they were drawn."""
    agreement: float | None
    """Correlation of the two on the arc."""
    arc: tuple[ArcCell, ...]


@dataclass(frozen=True, kw_only=True)
class LinePositionsFigure(Record):
    """All units of a family."""

    kind: Literal["line-positions"] = "line-positions"
    words: Words
    angles: tuple[float, ...]
    """Normals of the lines, degrees, over 180°."""
    pitch: float
    """Pixels between neighbouring cells."""
    down: float
    """Pixels from the unit's centre down to that of the first cell."""
    right: float
    """The same to the right."""
    radius: float | None
    """Of the arcs, pixels; None leaves them out."""
    units: tuple[PositionsOfUnit, ...]
    """In order of orientation."""


def line_positions_figure(
    found: LinePositions,
    *,
    tolerance: Tolerance | None = None,
    drawn: Confirmation | None = None,
    radius: float | None = None,
    caption: str = "",
) -> LinePositionsFigure:
    """Make the figure from what was measured at every position, with its sentences.

    Parameters
    ----------
    found
        From `circuits.line_positions.line_positions`.
    tolerance
        From `circuits.line_positions.tolerance`.
    drawn
        From `circuits.line_drawn.confirm`.
    radius
        Of the arcs that `found` was measured with, in pixels, to draw them.
    caption
        What to add about the measurement.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.circuits.line_positions import line_positions
    >>> from curvecircuits.families.family import Family
    >>> curves = Family(name="curve", layer="3b", channels=(0, 6), orientations=(0, 90), period=360)
    >>> found = line_positions(artificial_network(), curves, "3a", radius=60.0, tile=60.0)
    >>> figure = line_positions_figure(found, radius=60.0)
    >>> figure.units[1].values.shape, figure.units[1].arc[0].tangent > 90
    ((36, 5, 5), True)
    """
    order = np.argsort(found.family.orientations, kind="stable")
    units = oriented_units(found.family)
    return LinePositionsFigure(
        words=Words(
            title="Lines along the arc",
            takeaway=_takeaway(found, tolerance, drawn),
            caption=(
                f"Each mark of the map is the line that the units of {found.source} there make "
                "most of, exciting or inhibiting, longer where it counts more. "
                "The chart is the position chosen: the value of lines of every angle, the tangent "
                "of the arc as a vertical line, and the angles over which lines about the tangent "
                "excite, shaded. The dashed curve, on its own scale, is what short lines drawn "
                "there do to the unit itself. " + caption
            ).strip(),
        ),
        angles=tuple(float(angle) for angle in found.angles),
        pitch=float(found.pitch),
        down=float(found.offset[0]),
        right=float(found.offset[1]),
        radius=None if radius is None else float(radius),
        units=tuple(
            PositionsOfUnit(
                unit=units[u],
                values=pack_signed(found.values[u]),
                drawn=None if drawn is None else pack_signed(drawn.real[u]),
                agreement=None if drawn is None else float(drawn.of_units[u]),
                arc=_arc(found, tolerance, int(u)),
            )
            for u in order
        ),
    )


def _arc(found: LinePositions, tolerance: Tolerance | None, unit: int) -> tuple[ArcCell, ...]:
    cells: list[ArcCell] = []
    for row, col in np.argwhere(found.on_arc[unit]):
        sides = (np.nan, np.nan) if tolerance is None else tolerance.degrees[unit, row, col]
        smaller, larger = (float(s) if np.isfinite(s) else None for s in sides)
        cells.append(
            ArcCell(
                row=int(row),
                col=int(col),
                tangent=float(found.tangent[unit, row, col]),
                smaller=smaller,
                larger=larger,
            )
        )
    return tuple(cells)


def _takeaway(found: LinePositions, tolerance: Tolerance | None, drawn: Confirmation | None) -> str:
    name = f"{found.family.name} units of {found.family.layer}"
    parts = [f"Lines of {found.source} at every position, for the {name}"]
    if tolerance is not None:
        parts = [
            f"Along the arcs of the {name} the tangent line excites at a share of "
            f"{written(tolerance.excited)} of positions, the perpendicular one at "
            f"{written(tolerance.excited_across)} (the tangent one with channels permuted: "
            f"{written(tolerance.excited_shuffled)}); a line may turn "
            f"{written(tolerance.side, unit='°')} to either side"
        ]
    if drawn is not None:
        parts.append(
            f"what the weights say correlates by {written(drawn.on_arc)} with lines drawn for the "
            f"network, by {written(drawn.shuffled)} with channels permuted"
        )
    return "; ".join(parts) + "."


def tolerance_groups(
    positions: LinePositions, found: Tolerance, *, caption: str = ""
) -> IntervalGroups:
    """How far a line may turn about the tangent, for each unit and over all.

    Parameters
    ----------
    positions, found
        From `circuits.line_positions`, of the same units.
    """
    order = np.argsort(positions.family.orientations, kind="stable")
    units = oriented_units(positions.family)
    flat = found.degrees.reshape(len(units), -1, 2)
    medians = np.array(
        [
            np.nanmedian(flat[u], axis=0) if np.isfinite(flat[u]).any() else (np.nan, np.nan)
            for u in order
        ]
    )
    low, high = ARTICLE_TOLERANCE
    return interval_groups(
        words=Words(
            title="How far a line may turn",
            takeaway=(
                f"A line may turn {written(found.side, unit='°')} to either side of the tangent "
                "before it no longer excites, and the two sides differ by "
                f"{written(found.asymmetry, unit='°')}; the article says {low:g}° to {high:g}°."
            ),
            caption=(
                "Each mark is a unit's median over the positions on its arc, towards smaller and "
                "towards larger angles; the last row is the mean over units of both sides with its "
                "95% interval. Shaded is what the article says. " + caption
            ).strip(),
        ),
        groups=[*(f"{units[u].unit} ({units[u].orientation:.0f}°)" for u in order), "all units"],
        group_label="Unit",
        value_label="Degrees from the tangent",
        series=[
            series("smaller angles", [*(plain(m[0]) for m in medians), plain(np.nan)]),
            series("larger angles", [*(plain(m[1]) for m in medians), plain(np.nan)]),
            series("both sides", [*(plain(np.nan) for _ in order), estimate(found.side)]),
        ],
        band=ARTICLE_TOLERANCE,
        band_label="the article",
    )
