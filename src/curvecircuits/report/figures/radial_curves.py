"""Radial tuning curves: response over orientation, as a polar plot per unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from curvecircuits.report.parts import UnitPair, Words, nearest_pairs
from curvecircuits.report.prose import count, percent
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class RadialCurve(Record):
    """The tuning curve of one unit."""

    unit: str
    """Address, such as "3b:379"."""
    orientation: float
    """Preferred orientation, degrees."""
    peak: float
    """Largest response, in the unit's own activation."""
    echo: float | None
    """Largest response near the opposite orientation, as a fraction of the peak."""
    values: tuple[float, ...]
    """Response as a fraction of the peak; value i is at orientation 360·i / length."""


@dataclass(frozen=True, kw_only=True)
class RadialCurves(Record):
    """Polar plots, one per natural unit, its artificial neighbour drawn over it."""

    kind: Literal["radial-curves"] = "radial-curves"
    words: Words
    natural: tuple[RadialCurve, ...]
    """The units found in the network."""
    artificial: tuple[RadialCurve, ...]
    """The units of the hand-written network; empty when it was not run."""
    pairs: tuple[UnitPair, ...]
    """The plots, in order of orientation."""
    echo_half_width: float
    """An echo is looked for this many degrees to either side of the opposite orientation."""


def radial_curves(
    *,
    natural: Sequence[RadialCurve],
    artificial: Sequence[RadialCurve],
    echo_half_width: float,
    caption: str = "",
) -> RadialCurves:
    """Make the figure from its curves, with pairs and sentences.

    Parameters
    ----------
    natural, artificial
        Curves of both families, in any order.
    echo_half_width
        Half the width of the marked sector opposite the preferred orientation, degrees.
    caption
        What to add about the measurement.

    """
    sentences: list[str] = []
    for curves, name in ((natural, "natural"), (artificial, "artificial")):
        echoes = [curve.echo for curve in curves if curve.echo is not None]
        if echoes:
            verb = "reaches" if len(curves) == 1 else "reach"
            sentences.append(
                f"the {count(len(curves), f'{name} unit')} {verb} at most {percent(max(echoes))}"
            )
    takeaway = "Opposite to its preferred orientation a curve detector should be silent"
    if sentences:
        takeaway += ": there " + " and ".join(sentences) + " of the peak"
    return RadialCurves(
        words=Words(
            title="Tuning, and the echo opposite",
            takeaway=takeaway + ".",
            caption=(
                "Distance from the middle is the response as a fraction of the unit's own peak, "
                "direction is the orientation of the curve shown. The shaded sector, "
                f"{echo_half_width:g}° to either side of the opposite orientation, is where an "
                "echo is looked for. " + caption
            ).strip(),
        ),
        natural=tuple(natural),
        artificial=tuple(artificial),
        pairs=nearest_pairs(
            {each.unit: each.orientation for each in natural},
            {each.unit: each.orientation for each in artificial},
        ),
        echo_half_width=float(echo_half_width),
    )
