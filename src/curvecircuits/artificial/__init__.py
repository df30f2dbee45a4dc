"""The artificial artificial neural network: weights written by formula, no training."""

from curvecircuits.artificial.constants import Constants
from curvecircuits.artificial.curves import Detector
from curvecircuits.artificial.geometry import Geometry, general_geometry, inception_geometry
from curvecircuits.artificial.layout import Group, Parts, layout
from curvecircuits.artificial.network import artificial_network, artificial_weights, network_of

__all__ = [
    "Constants",
    "Detector",
    "Geometry",
    "Group",
    "Parts",
    "artificial_network",
    "artificial_weights",
    "general_geometry",
    "inception_geometry",
    "layout",
    "network_of",
]
