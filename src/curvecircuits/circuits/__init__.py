"""Circuits: what the weights between families do, and what the network does without them."""

from curvecircuits.circuits.intervals import Interval, resampled, resampled_pairs

__all__ = ["Interval", "resampled", "resampled_pairs"]
