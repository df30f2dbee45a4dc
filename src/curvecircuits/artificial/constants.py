"""The named constants that every weight of the artificial network follows from."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Constants:
    """What a person has to choose to write the network; lengths in pixels of the image.

    Concentrations are those of a von Mises bump, exp(κ (cos Δ − 1)), over the angle between two
    directions (curves) or twice the angle between two axes (lines). Chosen by eye.
    """

    gabor_orientations: int = 16
    """Orientations of conv2d0, over 180°; each in four phases."""
    gabor_wavelength: float = 5.0
    gabor_width: float = 2.3
    """Standard deviation of the Gabors' envelope."""
    gabor_inhibition: float = 0.35
    """How much a complex Gabor is inhibited by the other orientations together."""

    line_orientations: int = 24
    """Orientations of the lines of conv2d2 and 3a, over 180°."""
    line_concentration: float = 2.5
    """Which complex Gabors a line accepts."""
    line_inhibition: float = 0.3
    """How much it is inhibited by those far from its own orientation."""
    line_length: float = 6.0
    """Standard deviation along the line over which complex Gabors are tiled."""
    line_width: float = 3.0
    """Standard deviation across it."""
    line_threshold: float = 0.25

    curve_orientations: int = 24
    """Orientations of early curves and curves, over 360°."""
    early_radius: float = 38.0
    """Radius of the circle whose tangent early curves tile with lines."""
    early_length: float = 10.0
    early_width: float = 4.0
    early_concentration: float = 6.0
    early_inhibition: float = 0.55
    """Share of the inhibition by lines perpendicular to the tangent."""
    early_inhibition_concentration: float = 2.0
    early_threshold: float = 0.3

    curve_radius: float = 66.0
    """Radius of the circle whose tangent curves tile with early curves and lines."""
    curve_length: float = 18.0
    curve_width: float = 4.5
    curve_concentration: float = 4.0
    opposing_inhibition: float = 2.2
    """Inhibition by early curves of the opposite orientation: what removes the echo."""
    opposing_concentration: float = 2.0
    curve_lines: float = 0.5
    """Share of the excitation that comes from lines; the rest comes from early curves."""
    curve_line_concentration: float = 5.0
    curve_line_inhibition: float = 0.6
    curve_line_inhibition_concentration: float = 1.0
    curve_threshold: float = 0.0
