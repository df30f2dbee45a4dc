"""The units and their numbers, as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from curvecircuits.report.parts import UnitRow, Words
from curvecircuits.report.prose import count, degrees
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class UnitTable(Record):
    """Every unit of both families with its statistics."""

    kind: Literal["unit-table"] = "unit-table"
    words: Words
    rows: tuple[UnitRow, ...]
    """The units, in the order first shown."""


def unit_table(rows: Sequence[UnitRow], *, caption: str = "") -> UnitTable:
    """Make the table from its rows, sorted and with its sentences.

    Parameters
    ----------
    rows
        Units of both families, in any order.
    caption
        What to add about the measurement.

    """
    widths = [row.fwhm for row in rows if row.family == "natural" and row.fwhm is not None]
    natural = sum(row.family == "natural" for row in rows)
    takeaway = (
        f"{count(natural, 'natural unit')} and {count(len(rows) - natural, 'artificial one')}"
    )
    if widths:
        takeaway += (
            f"; the tuning curves of the natural ones are {degrees(min(widths))} to "
            f"{degrees(max(widths))} wide at half their peak, with a median of "
            f"{degrees(median(widths))}"
        )
    order = {"natural": 0, "artificial": 1}
    return UnitTable(
        words=Words(
            title="The units in numbers",
            takeaway=takeaway[0].upper() + takeaway[1:] + ".",
            caption=(
                "Orientation: direction of the outward normal, clockwise, 0° is “)” and 90° is "
                "“U”. FWHM: width of the tuning curve at half its peak. Echo and ±90°: response "
                "opposite and at right angles, as fractions of the peak. Peak: in the unit's own "
                "activation, so not comparable between the two networks. " + caption
            ).strip(),
        ),
        rows=tuple(sorted(rows, key=lambda row: (order[row.family], row.orientation % 360))),
    )
