"""Circuits: what the weights between families do, and what the network does without them."""

from curvecircuits.circuits.intervals import (
    NOTHING,
    Interval,
    resampled,
    resampled_difference,
    resampled_pairs,
)

__all__ = ["NOTHING", "Interval", "resampled", "resampled_difference", "resampled_pairs"]
