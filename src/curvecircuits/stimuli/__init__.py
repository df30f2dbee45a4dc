"""Shapes drawn by analytic distance: curves, lines and the grids of them."""

from curvecircuits.stimuli.arcs import curves
from curvecircuits.stimuli.bends import angles, morph
from curvecircuits.stimuli.grids import CurveGrid, published, quick
from curvecircuits.stimuli.pairs import s_curves, two_arcs
from curvecircuits.stimuli.strokes import lines

__all__ = [
    "CurveGrid",
    "angles",
    "curves",
    "lines",
    "morph",
    "published",
    "quick",
    "s_curves",
    "two_arcs",
]
