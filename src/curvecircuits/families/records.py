"""What a search for a curve family returns."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class CurveUnit:
    """One unit of a curve family.

    It was chosen by its tuning to outlines (`outline_…`); the statistics without prefix are
    measured on held-out stimuli, filled and of reversed polarity. Angles are degrees, the radius
    pixels.
    """

    unit: str
    channel: int
    sign: int
    kind: str
    orientation: float
    radius: float
    fwhm: float
    echo: float
    at90: float
    peak: float
    """0 for a unit that held-out stimuli leave silent; its other statistics are then those of
    outlines."""
    outline_orientation: float
    outline_radius: float
    outline_fwhm: float
    outline_echo: float
    outline_at90: float
    outline_peak: float
    confirmed: bool
    """Whether held-out stimuli agree: orientation within 30°, and an echo of at most 0.2."""


@dataclass(frozen=True, kw_only=True)
class NearMiss:
    """A unit that fails one criterion, and which; statistics are of outline curves."""

    unit: str
    reason: str
    orientation: float
    fwhm: float
    echo: float
    at90: float


@dataclass(frozen=True, kw_only=True)
class LayerScan:
    """What the search saw in one layer."""

    layer: str
    receptive_field: float
    """Effective, in pixels; 0 for a layer that no image moves."""
    tile: float
    curves: int
    early_curves: int
    largest_gap: float
    purity: float
    """Σ over curves of (1 − echo)(1 − at90), times the share of the circle outside the gap."""
    permuted: tuple[int, ...]
    """Curves found in the same layer of each weight-permuted copy."""


@dataclass(frozen=True, kw_only=True)
class CurveFamily:
    """The answer of `find_curves`."""

    model: str
    model_hash: str
    weights: str
    layer: str | None
    found: bool
    verdict: str
    units: tuple[CurveUnit, ...]
    early: tuple[CurveUnit, ...]
    near_misses: tuple[NearMiss, ...]
    largest_gap: float
    permuted_counts: tuple[int, ...]
    """Curves in the best layer of each weight-permuted copy, among the layers searched."""
    layers: tuple[LayerScan, ...]
    seed: int
