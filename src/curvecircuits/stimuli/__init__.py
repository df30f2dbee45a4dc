"""Shapes drawn by analytic distance: curves, lines and the grids of them."""

from curvecircuits.stimuli.arcs import curves
from curvecircuits.stimuli.grids import CurveGrid, published, quick
from curvecircuits.stimuli.strokes import lines

__all__ = ["CurveGrid", "curves", "lines", "published", "quick"]
