"""Joint tuning maps: response over orientation and radius, natural beside artificial."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from curvecircuits.errors import InputError
from curvecircuits.report.parts import Map2D, UnitPair, Words, nearest_pairs
from curvecircuits.report.prose import count, degrees
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class TuningMap(Record):
    """Responses of one unit to curves of every orientation and radius."""

    unit: str
    """Address, such as "3b:379"."""
    orientation: float
    """Preferred orientation, degrees."""
    map: Map2D
    """Responses: row i is radius i of the figure, column j the orientation 360·j / columns."""


@dataclass(frozen=True, kw_only=True)
class TuningMaps(Record):
    """The two families as maps, one row per natural unit."""

    kind: Literal["tuning-maps"] = "tuning-maps"
    words: Words
    radii: tuple[float, ...]
    """Radii of the curves, pixels, increasing."""
    natural: tuple[TuningMap, ...]
    """The units found in the network."""
    artificial: tuple[TuningMap, ...]
    """The units of the hand-written network; empty when it was not run."""
    pairs: tuple[UnitPair, ...]
    """The rows, in order of orientation."""


def tuning_maps(
    *,
    natural: Sequence[TuningMap],
    artificial: Sequence[TuningMap],
    radii: Sequence[float],
    caption: str = "",
) -> TuningMaps:
    """Make the figure from its maps, with pairs and sentences.

    Parameters
    ----------
    natural, artificial
        Maps of both families, in any order.
    radii
        Radii of the maps' rows, pixels, increasing.
    caption
        What to add about the measurement, such as the size and the contrast of the stimuli.

    Raises
    ------
    InputError
        When the radii do not increase, or are not as many as a map has rows.

    Examples
    --------
    Responses come as (orientations, radii) from a grid whose radii fall; a map has the smallest
    radius first.

    >>> tuning_maps(  # doctest: +SKIP
    ...     natural=[
    ...         TuningMap(unit="3b:379", orientation=62.0, map=pack_map(responses.T[::-1])),
    ...     ],
    ...     artificial=[],
    ...     radii=radii[::-1],
    ... )

    """
    if any(after <= before for before, after in pairwise(radii)):
        raise InputError("The radii of tuning maps increase, the smallest first.")
    for each in (*natural, *artificial):
        if each.map.rows != len(radii):
            raise InputError(
                f"The map of {each.unit} has {each.map.rows} rows; there are {len(radii)} radii."
            )
    pairs = nearest_pairs(
        {each.unit: each.orientation for each in natural},
        {each.unit: each.orientation for each in artificial},
    )
    offsets = sorted(abs(pair.difference) for pair in pairs if pair.difference is not None)
    takeaway = (
        f"{count(len(natural), 'natural unit')} and {count(len(artificial), 'artificial one')} "
        "respond to curves of every orientation and radius"
    )
    takeaway += (
        f"; the two units of a row peak within {degrees(offsets[-1])} of each other."
        if offsets
        else "."
    )
    return TuningMaps(
        words=Words(
            title="Two families, one tuning",
            takeaway=takeaway[0].upper() + takeaway[1:],
            caption=(
                "Response to curves of "
                f"{count(natural[0].map.cols if natural else 0, 'orientation')} (across) and "
                f"{count(len(radii), 'radius', 'radii')} from {min(radii, default=0):.3g} to "
                f"{max(radii, default=0):.3g} px (upwards), as in the strip of stimuli on top. "
                "Rows are sorted by preferred orientation; beside each natural unit stands the "
                "artificial unit nearest to it. " + caption
            ).strip(),
        ),
        radii=tuple(float(radius) for radius in radii),
        natural=tuple(natural),
        artificial=tuple(artificial),
        pairs=pairs,
    )
