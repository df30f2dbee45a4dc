"""The named constants that every weight of the artificial network follows from."""

import ast
import inspect
import textwrap
from dataclasses import dataclass, fields
from typing import Any

from torch import Tensor

Real = float | Tensor
"""A constant that weights vary with; a tensor where they are differentiated or exported."""


@dataclass(frozen=True, kw_only=True)
class Constants:
    """What a person has to choose to write the network.

    Lengths are pixels of the image. Concentrations are those of a von Mises bump,
    exp(κ (cos Δ − 1)), over the angle between two directions (curves) or twice the angle between
    two axes (lines): 20 is a bump 30° wide at half its height for directions, 15° for axes.
    Inhibitions and shares are relative to an excitation whose weights sum to 1.
    """

    # Counts, which fix the shapes of the weights.
    gabor_orientations: int = 6
    """Orientations of conv2d0 and conv2d1, over 180°."""
    phases: int = 4
    """Phases of each Gabor: dark and light lines, and edges both ways."""
    line_orientations: int = 18
    """Orientations of the lines of conv2d2 and 3a, over 180°."""
    curve_orientations: int = 24
    """Orientations of early curves and curves, over 360°."""
    small_orientations: int = 12
    """Orientations of tiny curves, angles and line ends, over 360°."""

    # conv2d0
    gabor_wavelength: Real = 9.0
    """Of the fine Gabors, in every phase."""
    low_wavelength: Real = 12.0
    """Of the coarse Gabors, which see broad lines and borders."""
    red_share: Real = 0.21
    """Of red in luminance."""
    blue_share: Real = 0.07
    """Of blue in luminance; the rest is green."""
    gabor_width: Real = 2.3
    """Standard deviation of the Gabors' envelope."""

    # conv2d1
    gabor_inhibition: Real = 0.5
    """How much a complex Gabor is inhibited by the other orientations together."""
    contrast_floor: Real = 0.012
    """Contrast below which responses are no longer divided by the contrast around."""

    # conv2d2
    line_concentration: Real = 3.0
    """Which complex Gabors a line accepts."""
    line_inhibition: Real = 0.3
    """How much it is inhibited by those of any orientation."""
    line_length: Real = 6.0
    """Standard deviation along the line over which complex Gabors are tiled."""
    line_width: Real = 1.6
    """Standard deviation across it."""
    line_flanks: Real = 0.22
    """Inhibition by parallel lines on both sides."""
    line_shift: Real = 3.0
    """How far shifted lines lie from the centre of their receptive field."""
    tiny_radius: Real = 10.0
    """Radius of the circle whose tangent tiny curves tile with complex Gabors."""

    # 3a
    early_radius: Real = 35.0
    """Radius of the circle whose tangent early curves tile with lines."""
    early_length: Real = 14.0
    """Standard deviation along the tangent over which lines are tiled."""
    early_width: Real = 2.2
    """Standard deviation across it."""
    early_concentration: Real = 20.0
    """Which lines an early curve, a line, an angle or a line end accepts."""
    early_opposing: Real = 0.33
    """Inhibition by the lines that a circle bent the other way would be made of."""
    early_crossing: Real = 1.7
    """Inhibition by lines that cross the tangent."""
    early_crossing_concentration: Real = 0.3
    """Which lines count as crossing."""
    early_threshold: Real = 0.01
    """What the units of 3a have to exceed."""
    small_share: Real = 0.03
    """Weight of tiny curves in early curves, and of angles in curves, beside the main input."""
    angle: Real = 125.0
    """Degrees between the two arms of an angle."""

    # 3b
    curve_radius: Real = 200.0
    """Radius of the circle whose tangent curves tile with early curves and lines."""
    curve_length: Real = 16.0
    """Standard deviation along the tangent over which early curves are tiled."""
    curve_width: Real = 4.0
    """Standard deviation across it."""
    curve_concentration: Real = 22.0
    """Which early curves a curve accepts."""
    opposing_inhibition: Real = 1.7
    """Inhibition by early curves of the opposite orientation: what removes the echo."""
    opposing_concentration: Real = 4.0
    """Which early curves count as opposite."""
    curve_lines: Real = 0.05
    """Weight of lines in curves, beside that of early curves."""
    curve_threshold: Real = 0.015
    """What the units of 3b have to exceed."""

    # Parts that can be switched on
    colour_gain: Real = 0.5
    """Weight of colour contrast in complex Gabors, beside that of luminance."""
    texture_inhibition: Real = 0.3
    """Inhibition of curves by lines of all orientations together."""


COUNTS: tuple[str, ...] = tuple(f.name for f in fields(Constants) if f.type is int)
"""The constants that fix the shapes of the weights, and cannot be varied continuously."""

VARIABLES: tuple[str, ...] = tuple(f.name for f in fields(Constants) if f.type is not int)
"""The constants that weights vary with continuously."""


def with_values(constants: Constants, values: Any) -> Constants:
    """The constants with those in `VARIABLES` taken, in that order, from a sequence.

    The values may be elements of a tensor: the weights are differentiable functions of them.
    """
    found = dict(zip(VARIABLES, values, strict=True))
    return Constants(**{name: getattr(constants, name) for name in COUNTS} | found)


def constant_docs() -> dict[str, str]:
    """What is said in the source of each constant, in one line; nothing where nothing is said.

    Examples
    --------
    >>> constant_docs()["curve_orientations"]
    'Orientations of early curves and curves, over 360°.'
    """
    (made,) = ast.parse(textwrap.dedent(inspect.getsource(Constants))).body
    assert isinstance(made, ast.ClassDef)
    found = dict.fromkeys((f.name for f in fields(Constants)), "")
    for field, after in zip(made.body, [*made.body[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            text = after.value if isinstance(after, ast.Expr) else None
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                found[field.target.id] = " ".join(text.value.split())
    return found
