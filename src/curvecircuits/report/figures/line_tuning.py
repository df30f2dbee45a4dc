"""Line tuning curves of a layer's units, by what the judgement calls them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from curvecircuits.errors import InputError
from curvecircuits.families.line_tuning import LineJudgement
from curvecircuits.report.parts import Map2D, Words, pack_map
from curvecircuits.report.prose import count
from curvecircuits.store import Record
from curvecircuits.tuning.lines import LineTuning

CLASSES = ("line", "line with an echo", "cliff")
"""What the judgement may call a unit, in the order shown."""


@dataclass(frozen=True, kw_only=True)
class LineCurve(Record):
    """The line tuning curve of one unit; angles in degrees, shares of the unit's peak."""

    unit: str
    """Address, such as "conv2d2:12"."""
    label: str
    """What the judgement calls it, such as "line"."""
    orientation: float
    """Normal of the preferred line, 0 to 180."""
    fwhm: float
    """Full width at half the peak."""
    tolerance: float
    """How many times more is accepted on the side of the longer flank."""
    echo: float
    """Largest response within 25° of the perpendicular."""
    peak: float
    """Largest response, in the unit's own activation."""


@dataclass(frozen=True, kw_only=True)
class LineTunings(Record):
    """Polar plots over 180°, one a unit."""

    kind: Literal["line-tuning"] = "line-tuning"
    words: Words
    layer: str
    """The layer of all units."""
    units: tuple[LineCurve, ...]
    """By label, then in order of orientation."""
    curves: Map2D | None
    """One row a unit: response over its peak, column j at the normal 180·j / columns."""


def line_tuning(
    tuning: LineTuning, judged: Sequence[LineJudgement], *, layer: str, caption: str = ""
) -> LineTunings:
    """Make the figure from a layer's line tuning and its judgement, with its sentences.

    Parameters
    ----------
    tuning
        Of all units of the layer.
    judged
        From `families.line_tuning.judge_lines`, of the same tuning.
    layer
        Name as it is to be read; units are addressed by it.
    caption
        What to add about the measurement.

    Raises
    ------
    InputError
        When a judgement is of a unit that the tuning does not have.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.families.line_tuning import judge_lines
    >>> from curvecircuits.tuning.lines import line_grid, tune_lines
    >>> found = tune_lines(artificial_network(), ["conv2d2"], grid=line_grid(28.0))["conv2d2"]
    >>> figure = line_tuning(found, judge_lines(found.curve()), layer="conv2d2")
    >>> unit = next(each for each in figure.units if each.unit == "conv2d2:8")
    >>> abs(unit.orientation - 80) < 5
    True
    """
    curves = tuning.curve()
    if any(not 0 <= each.channel < len(curves) for each in judged):
        raise InputError(f"The judgement is of another layer: {layer} has {len(curves)} units.")
    classed = sorted(
        (each for each in judged if each.kind in CLASSES),
        key=lambda each: (CLASSES.index(str(each.kind)), each.statistics.orientation),
    )
    counts = {name: sum(each.kind == name for each in classed) for name in CLASSES}
    listed = ", ".join(
        count(number, name, "lines with an echo" if name.endswith("echo") else None)
        for name, number in counts.items()
    )
    return LineTunings(
        words=Words(
            title=f"Lines and cliffs in {layer}",
            takeaway=f"Of {count(len(judged), 'unit')} of {layer}, {len(classed)} choose between "
            f"lines: {listed}.",
            caption=(
                "Direction is the normal of the line shown, distance from the middle the response "
                "as a fraction of the unit's own peak; a normal and its opposite are one line, so "
                "that each curve is drawn twice. "
                "A line tunes to one orientation; a line with an echo answers to the perpendicular "
                "too; a cliff falls off sharply on one side and tolerates more on the other. "
                + caption
            ).strip(),
        ),
        layer=layer,
        units=tuple(
            LineCurve(
                unit=f"{layer}:{each.channel}",
                label=str(each.kind),
                orientation=each.statistics.orientation,
                fwhm=each.statistics.fwhm,
                tolerance=each.statistics.tolerance,
                echo=each.statistics.echo,
                peak=each.statistics.peak,
            )
            for each in classed
        ),
        curves=pack_map([curves[each.channel] / curves[each.channel].max() for each in classed])
        if classed
        else None,
    )
