"""The artificial artificial neural network: weights written by formula, no training."""

from curvecircuits.artificial.constants import Constants
from curvecircuits.artificial.network import artificial_network, artificial_weights

__all__ = ["Constants", "artificial_network", "artificial_weights"]
