"""How the whole family answers while the photographs that one unit answers most are turned."""

from dataclasses import dataclass
from math import isfinite
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray
from torch import Tensor

from curvecircuits.circuits.intervals import Interval
from curvecircuits.compare.natural_records import NaturalTuning, Of, On
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count
from curvecircuits.report.sprites import Sprite, sprite
from curvecircuits.report.values import (
    Estimate,
    OrientedUnit,
    SignedBlock,
    estimate,
    numbers,
    pack_signed,
)
from curvecircuits.store import Record

_LIMIT = 250_000
"""Characters of the sheet of crops."""
_SIDE = 56
"""Of a crop on it, in pixels."""
_KINDS: tuple[On, ...] = ("strongest", "random")


@dataclass(frozen=True, kw_only=True)
class TurnedResponses(Record):
    """Responses of one side to one kind of crops."""

    of: Literal["natural", "artificial"]
    on: Literal["strongest", "random"]
    values: SignedBlock
    """Mean over crops (choosing units, turns, units), over each unit's largest on the strongest."""
    peaks: tuple[float | None, ...]
    """Turn at which each unit peaks, degrees, row after row of (choosing units, units)."""


@dataclass(frozen=True, kw_only=True)
class TurnedErrors(Record):
    """Degrees between where units peak and where they should, mean over pairs of other units."""

    of: Literal["natural", "artificial"]
    error: Estimate
    shuffled: Estimate
    """A control: with orientations of other units, 45° or more away."""
    random: Estimate
    """A control: on random crops."""


@dataclass(frozen=True, kw_only=True)
class NaturalTuningFigure(Record):
    """Responses of a family to turned crops of photographs."""

    kind: Literal["natural-tuning"] = "natural-tuning"
    words: Words
    units: tuple[OrientedUnit, ...]
    """The natural ones, in order of orientation."""
    turns: tuple[float, ...]
    """Degrees clockwise, from 0, in equal steps."""
    responses: tuple[TurnedResponses, ...]
    errors: tuple[TurnedErrors, ...]
    crops: tuple[int, ...]
    """How many the strongest of each unit are; on the sheet one unit's after another's."""
    sprite: Sprite | None


def natural_tuning_figure(found: NaturalTuning, *, caption: str = "") -> NaturalTuningFigure:
    """Make the figure from joint tuning on photographs, with its sentences.

    Parameters
    ----------
    found
        From `compare.natural_tuning`.
    caption
        What to add to the caption.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.compare import Matched, Side
    >>> from curvecircuits.compare.natural_tuning import natural_tuning
    >>> from curvecircuits.stimuli import curves
    >>> at = (0.0, 90.0, 180.0, 270.0)
    >>> network = artificial_network(orientations=at)
    >>> side = Side(network=network, layer="3b", channels=(0, 1, 2, 3))
    >>> drawn = curves(orientation=at, radius=[30] * 4, size=128, width=2).expand(-1, 3, -1, -1)
    >>> pairs = Matched(natural=side, artificial=side, orientations=at)
    >>> figure = natural_tuning_figure(
    ...     natural_tuning(network, pairs, drawn, crops=1, turns=12, centres=[(0, 0)] * 4)
    ... )
    >>> figure.errors[0].error.value < 15 < figure.errors[0].shuffled.value
    True

    References
    ----------
    Cammarata et al., "Curve Detectors", Distill 2020, section on joint tuning curves.
    """
    order = np.argsort(np.asarray(found.orientations) % 360, kind="stable")
    sides: tuple[Of, ...] = ("natural", "artificial") if found.artificial else ("natural",)
    strongest = [found.crops.strongest[i] for i in order]
    squares = [_pixels(crop.square) for own in strongest for crop in own]
    return NaturalTuningFigure(
        words=Words(
            title="The family while photographs turn",
            takeaway=_takeaway(found),
            caption=(
                f"Of each unit the crops of {count(found.crops.images, 'image')} that it answers "
                "most, at most one an image, are turned clockwise about the point that it looks "
                "at, and the whole family is read there: mean over the crops, as a share of each "
                "unit’s largest. A unit of orientation o should peak at the turn o less the "
                "choosing unit’s orientation; small curves above the lines are there. The choosing "
                "unit’s own peak at 0° says little, because its crops were chosen there; errors "
                "are therefore means over pairs of different units, with 95% intervals over "
                "units. Controls: orientations of other units, 45° or more away, and as many "
                f"random crops. Crops are discs, whole to {found.field / 2**0.5:.0f} px. "
                f"Seed {found.seed}. {caption}"
            ).strip(),
        ),
        units=tuple(
            OrientedUnit(
                unit=f"{found.layer}:{found.channels[i]}",
                shape="curve",
                orientation=float(found.orientations[i]),
            )
            for i in order
        ),
        turns=found.turns,
        responses=tuple(
            TurnedResponses(
                of=of,
                on=on,
                values=pack_signed(found.mean(of, on=on)[order][:, :, order]),
                peaks=numbers(found.peaks(of, on=on)[order][:, order]),
            )
            for of in sides
            for on in _KINDS
        ),
        errors=tuple(
            TurnedErrors(
                of=of,
                error=estimate(found.error(of)),
                shuffled=estimate(found.error(of, shuffled=True)),
                random=estimate(found.error(of, on="random")),
            )
            for of in sides
        ),
        crops=tuple(len(own) for own in strongest),
        sprite=sprite(squares, limit=_LIMIT, largest=_SIDE),
    )


def _takeaway(found: NaturalTuning) -> str:
    error = found.error()
    if not isfinite(error.value):
        return "No two units could be compared: too few of them answer these photographs."
    shuffled, random = found.error(shuffled=True), found.error(on="random")
    controls = [
        (each, gain, words)
        for each, gain, words in (
            (shuffled, found.gain(over="shuffled"), "with orientations exchanged"),
            (random, found.gain(over="random"), "on random crops"),
        )
        if isfinite(each.value)
    ]
    beside = "; ".join(f"{words} {_degrees(each.value)}" for each, _, words in controls)
    if controls and all(gain.above() for _, gain, _ in controls):
        text = (
            "As photographs turn, each unit hands over to the next: peaks are off by "
            f"{_with_interval(error)}; {beside}"
        )
    else:
        text = (
            "As photographs turn, it cannot be told that units take over from each other in "
            f"order: peaks are off by {_with_interval(error)}" + (f"; {beside}" if beside else "")
        )
    if not found.artificial:
        return f"{text}."
    written = found.error("artificial")
    if not isfinite(written.value):
        return f"{text}. The artificial units do not answer."
    return f"{text}. The artificial units’ are off by {_with_interval(written)}."


def _degrees(value: float) -> str:
    """Degrees with a decimal below ten.

    >>> _degrees(4.21), _degrees(111.4)
    ('4.2°', '111°')
    """
    return f"{value:.1f}°" if value < 9.95 else f"{value:.0f}°"


def _with_interval(found: Interval) -> str:
    if not (isfinite(found.low) and isfinite(found.high)):
        return f"{_degrees(found.value)} (too few units for an interval)"
    digits = 1 if found.value < 9.95 else 0
    return f"{_degrees(found.value)} ({found.low:.{digits}f} to {found.high:.{digits}f})"


def _pixels(square: Float[Tensor, "3 side side"]) -> UInt8[ndarray, "3 side side"]:
    return (square.clamp(0, 1) * 255).round().byte().cpu().numpy()
