"""Weights: the linear picture of how the units of one layer act on those of a later one."""

from curvecircuits.weights.expanded import ExpandedWeights, expanded_weights

__all__ = ["ExpandedWeights", "expanded_weights"]
