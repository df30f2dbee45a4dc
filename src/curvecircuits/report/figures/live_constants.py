"""The constants as sliders: how far each can be moved, and what it is measured in."""

from collections.abc import Sequence
from dataclasses import dataclass

from curvecircuits.artificial.export_record import ExportedConstant
from curvecircuits.store import Record

_PX, _DEGREES, _SHARE, _KAPPA, _VALUE = "px", "°", "", "κ", ""

FIRST = (
    "opposing_inhibition",
    "curve_radius",
    "curve_length",
    "early_opposing",
    "early_radius",
    "early_length",
)
"""The constants shown before the others."""

_RANGES: dict[str, dict[str, tuple[float, float, str]]] = {
    "Gabors (conv2d0)": {
        "gabor_wavelength": (4, 20, _PX),
        "low_wavelength": (4, 24, _PX),
        "red_share": (0, 0.6, _SHARE),
        "blue_share": (0, 0.4, _SHARE),
        "gabor_width": (0.8, 5, _PX),
        "colour_gain": (0, 2, _SHARE),
    },
    "Complex Gabors (conv2d1)": {
        "gabor_inhibition": (0, 2, _SHARE),
        "contrast_floor": (0.001, 0.2, _VALUE),
    },
    "Lines (conv2d2)": {
        "line_concentration": (0, 20, _KAPPA),
        "line_inhibition": (0, 2, _SHARE),
        "line_length": (1, 15, _PX),
        "line_width": (0.5, 6, _PX),
        "line_flanks": (0, 1, _SHARE),
        "line_shift": (0, 6, _PX),
        "tiny_radius": (3, 40, _PX),
    },
    "Early curves (3a)": {
        "early_radius": (8, 200, _PX),
        "early_length": (3, 30, _PX),
        "early_width": (0.5, 8, _PX),
        "early_concentration": (0, 60, _KAPPA),
        "early_opposing": (0, 2, _SHARE),
        "early_crossing": (0, 5, _SHARE),
        "early_crossing_concentration": (0, 5, _KAPPA),
        "early_threshold": (0, 0.1, _VALUE),
        "small_share": (0, 0.5, _SHARE),
        "angle": (60, 180, _DEGREES),
    },
    "Curves (3b)": {
        "curve_radius": (10, 400, _PX),
        "curve_length": (3, 40, _PX),
        "curve_width": (1, 15, _PX),
        "curve_concentration": (0, 60, _KAPPA),
        "opposing_inhibition": (0, 5, _SHARE),
        "opposing_concentration": (0, 20, _KAPPA),
        "curve_lines": (0, 1, _SHARE),
        "curve_threshold": (0, 0.1, _VALUE),
        "texture_inhibition": (0, 2, _SHARE),
    },
}
"""Least and greatest value and unit of each constant, by the layer that it is of."""


@dataclass(frozen=True, kw_only=True)
class LiveConstant(Record):
    """A constant that the reader can move."""

    name: str
    value: float
    """Its value at first, to four digits."""
    low: float
    high: float
    unit: str
    """Such as px; empty for a plain number."""
    meaning: str
    group: str
    """The layer it is of, as a heading."""
    first: bool
    """Whether it is shown before the others."""


def live_constants(constants: Sequence[ExportedConstant]) -> tuple[LiveConstant, ...]:
    """The constants of an export with the range of each, in the same order.

    Values are rounded to the four digits that the page keeps.

    Raises
    ------
    KeyError
        For a constant without a range here.

    Examples
    --------
    >>> made = live_constants([ExportedConstant(name="angle", value=125.0, meaning="Between arms")])
    >>> made[0].high, made[0].unit, made[0].group
    (180, '°', 'Early curves (3a)')
    """
    found = {
        name: (group, *limits) for group, all_ in _RANGES.items() for name, limits in all_.items()
    }
    made: list[LiveConstant] = []
    for constant in constants:
        group, low, high, unit = found[constant.name]
        made.append(
            LiveConstant(
                name=constant.name,
                value=float(f"{constant.value:.4g}"),
                low=low,
                high=high,
                unit=unit,
                meaning=constant.meaning,
                group=group,
                first=constant.name in FIRST,
            )
        )
    return tuple(made)
