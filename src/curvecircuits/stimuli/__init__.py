"""Shapes drawn by analytic distance, the grids of them, and what carries them."""

from curvecircuits.stimuli.arcs import curves
from curvecircuits.stimuli.bends import angles, morph
from curvecircuits.stimuli.carriers import carriers, carry
from curvecircuits.stimuli.grids import CurveGrid, LineGrid, published, quick
from curvecircuits.stimuli.luminance import colour_pair, luminance
from curvecircuits.stimuli.pairs import s_curves, two_arcs
from curvecircuits.stimuli.strokes import lines

__all__ = [
    "CurveGrid",
    "LineGrid",
    "angles",
    "carriers",
    "carry",
    "colour_pair",
    "curves",
    "lines",
    "luminance",
    "morph",
    "published",
    "quick",
    "s_curves",
    "two_arcs",
]
