"""The echo that comes back when weights are taken away, unit by unit and condition by condition."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from curvecircuits.circuits.echo import EchoCondition, EchoExperiment
from curvecircuits.report.parts import Map2D, Words, pack_map
from curvecircuits.report.prose import count
from curvecircuits.report.values import (
    Estimate,
    OrientedUnit,
    estimate,
    numbers,
    oriented_units,
    written,
)
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class EchoRow(Record):
    """All units in one condition, as read at the orientation of the unedited unit."""

    name: str
    """Short name, such as "without_opposing"."""
    title: str
    """What was done to the weights."""
    radial: Map2D
    """Radial tuning, (units, orientations); over the network's own peak of the unit."""
    peak: tuple[float | None, ...]
    """Peak over the network's own."""
    echo: tuple[float | None, ...]
    """Largest response near the opposite orientation, over `peak`; None for a silent unit."""
    at90: tuple[float | None, ...]
    """The larger response at ±90°, over `peak`."""
    mean_echo: Estimate
    mean_at90: Estimate


@dataclass(frozen=True, kw_only=True)
class Echo(Record):
    """The experiment on one family."""

    kind: Literal["echo"] = "echo"
    words: Words
    units: tuple[OrientedUnit, ...]
    """In order of orientation."""
    conditions: tuple[EchoRow, ...]
    """The network itself first."""
    half_width: float
    """An echo is looked for this many degrees to either side of the opposite orientation."""


def echo(found: EchoExperiment, *, half_width: float = 45.0, caption: str = "") -> Echo:
    """Make the figure from the experiment, with its sentences.

    Parameters
    ----------
    found
        From `circuits.echo.echo_experiment`.
    half_width
        Half the width of the sector in which the experiment looks for echoes, degrees.
    caption
        What to add about the measurement.

    """
    own = found.condition("network").peak
    over = np.where(own > 0, own, np.nan)
    return Echo(
        words=Words(
            title="The echo that inhibition hides",
            takeaway=_takeaway(found),
            caption=(
                "Polar plots are turned so that each unit's own orientation is on top; distance "
                "from the middle is response, the outer ring the peak of the condition. The dashed "
                "outline is the network itself. The shaded sector, "
                f"{half_width:g}° to either side of the opposite orientation, is where an echo is "
                "looked for. Nothing is looked for anew after weights are taken away. Below, every "
                "unit's echo and its response at ±90°, which a general lift would raise as much; "
                "the bars are means with 95% intervals over units. " + caption
            ).strip(),
        ),
        units=oriented_units(found.targets),
        conditions=tuple(_row(each, over) for each in found.conditions),
        half_width=float(half_width),
    )


def _takeaway(found: EchoExperiment) -> str:
    base, edited = found.condition("sources"), found.condition("without_opposing")
    source = f"{found.sources.name}s"
    text = (
        f"Without the negative weights from opposing {source} the echo is "
        f"{written(edited.mean_echo)} of the peak, on average of "
        f"{count(len(found.targets), 'unit')}; "
    )
    if not found.units:
        own = found.condition("network").mean_echo
        return (
            f"{text}in the network it is {written(own)}. No unit answers in all the conditions "
            "compared, so that the edits cannot be set against each other unit by unit."
        )
    sign = "≤" if found.difference.holds else "="
    return (
        f"{text}with them, {written(base.mean_echo)}. Beyond the response at ±90° it grows "
        f"{written(found.difference.measured)} more than without all other negative weights "
        f"(with orientations exchanged: p {sign} {found.difference.p:.2g})."
    )


def _row(condition: EchoCondition, over: np.ndarray) -> EchoRow:
    return EchoRow(
        name=condition.name,
        title=condition.title,
        radial=pack_map(np.nan_to_num(condition.radial / over[:, None])),
        peak=numbers(condition.peak / over),
        echo=numbers(condition.echo),
        at90=numbers(condition.at90),
        mean_echo=estimate(condition.mean_echo),
        mean_at90=estimate(condition.mean_at90),
    )
