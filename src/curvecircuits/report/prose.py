"""Numbers in sentences."""

from collections.abc import Sequence

from curvecircuits.report.parts import UnitRow
from curvecircuits.tuning import largest_gap

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def in_words(number: int) -> str:
    """Write a number, up to ten in words."""
    return _SMALL[number] if 0 <= number < len(_SMALL) else f"{number:,}"


def count(number: int, one: str, many: str | None = None) -> str:
    """Write a counted noun, small numbers in words.

    Examples
    --------
    >>> count(1, "unit"), count(12, "unit"), count(2, "copy", "copies")
    ('one unit', '12 units', 'two copies')

    """
    return f"{in_words(number)} {one if number == 1 else many or one + 's'}"


def degrees(angle: float) -> str:
    """Write an angle, to the degree."""
    return f"{angle:.0f}°"


def percent(fraction: float) -> str:
    """Write a fraction as a percentage, with a decimal below ten."""
    return f"{fraction:.1%}" if abs(fraction) < 0.0995 else f"{fraction:.0%}"


def lede(
    *,
    model: str,
    layer: str,
    units: int,
    rows: Sequence[UnitRow],
    null: Sequence[int] = (),
) -> tuple[str, ...]:
    """Write the opening paragraphs, from the numbers of a run.

    Parameters
    ----------
    model, layer
        Names as they are to be read, such as "InceptionV1" and "3b".
    units
        How many units of the layer were measured.
    rows
        The units found and the artificial ones.
    null
        Counts on permuted copies, when they were run.

    """
    natural = [row for row in rows if row.family == "natural"]
    artificial = [row for row in rows if row.family == "artificial"]
    if not natural:
        return (
            f"None of the {units:,} units of {layer} in {model} meets the rule for a curve "
            "detector; what came nearest, and why it was left out, is below.",
        )
    verb = "is a curve detector" if len(natural) == 1 else "are curve detectors"
    first = (
        f"Of the {units:,} units in layer {layer} of {model}, {in_words(len(natural))} {verb}: "
        f"{'it' if len(natural) == 1 else 'each'} fires for a curve that faces one way and "
        "fades as the curve turns."
    )
    if len(natural) > 1:
        gap = largest_gap([row.orientation for row in natural])
        first += (
            f" Together they go round the circle, leaving no gap wider than {gap:.0f}°."
            if gap < 120
            else f" They do not go round the circle: a gap of {gap:.0f}° is left."
        )
    if null:
        most = f"at most {in_words(max(null))}" if max(null) else "none"
        first += (
            f" The same rule takes {most} in {count(len(null), 'copy', 'copies')} of the network "
            "with permuted weights."
        )
    if not artificial:
        return (first,)
    second = (
        f"Beside {'it' if len(natural) == 1 else 'them'} "
        f"{'stands' if len(artificial) == 1 else 'stand'} "
        f"{count(len(artificial), 'unit')} of a network nobody trained: every weight was written "
        "from a description of the circuit, then measured with the same stimuli."
    )
    return (first, second)
