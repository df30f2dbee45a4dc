"""Families of units: which units are curve detectors, and the null for finding them."""

from curvecircuits.families.criteria import Criteria, Judgement, judge
from curvecircuits.families.find import (
    CurveFamily,
    CurveUnit,
    LayerScan,
    NearMiss,
    find_curves,
    searchable_layers,
    stroke,
    tile_of,
)
from curvecircuits.families.profile import Profile, profiles

__all__ = [
    "Criteria",
    "CurveFamily",
    "CurveUnit",
    "Judgement",
    "LayerScan",
    "NearMiss",
    "Profile",
    "find_curves",
    "judge",
    "profiles",
    "searchable_layers",
    "stroke",
    "tile_of",
]
