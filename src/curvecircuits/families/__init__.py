"""Families of units: which units are curve detectors, and the null for finding them."""

from curvecircuits.families.criteria import Criteria, Judgement, judge
from curvecircuits.families.find import find_curves
from curvecircuits.families.profile import Profile, profiles
from curvecircuits.families.published import (
    PublishedCurve,
    PublishedFamilies,
    published_families,
)
from curvecircuits.families.records import CurveFamily, CurveUnit, LayerScan, NearMiss
from curvecircuits.families.tiles import searchable_layers, stroke, tile_of

__all__ = [
    "Criteria",
    "CurveFamily",
    "CurveUnit",
    "Judgement",
    "LayerScan",
    "NearMiss",
    "Profile",
    "PublishedCurve",
    "PublishedFamilies",
    "find_curves",
    "judge",
    "profiles",
    "published_families",
    "searchable_layers",
    "stroke",
    "tile_of",
]
