"""Weights: the linear picture of how the units of one layer act on those of a later one."""

from curvecircuits.weights.blocks import (
    GroupMatrix,
    Metric,
    WeightBlock,
    group_matrix,
    pair_metric,
    weight_block,
)
from curvecircuits.weights.check import Ablation, Agreement, ablation, agreement
from curvecircuits.weights.expanded import ExpandedWeights, expanded_weights, linear_bias
from curvecircuits.weights.factors import WeightFactors, weight_factors
from curvecircuits.weights.resume import resumed
from curvecircuits.weights.top import Connection, top_inputs, top_outputs

__all__ = [
    "Ablation",
    "Agreement",
    "Connection",
    "ExpandedWeights",
    "GroupMatrix",
    "Metric",
    "WeightBlock",
    "WeightFactors",
    "ablation",
    "agreement",
    "expanded_weights",
    "group_matrix",
    "linear_bias",
    "pair_metric",
    "resumed",
    "top_inputs",
    "top_outputs",
    "weight_block",
    "weight_factors",
]
