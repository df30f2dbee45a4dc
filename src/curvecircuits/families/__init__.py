"""Families of units: which units are curve detectors, what every other unit sees, and the null."""

from curvecircuits.families.chain import chain, next_layer
from curvecircuits.families.criteria import Criteria, Judgement, judge
from curvecircuits.families.discover import discover_families
from curvecircuits.families.family import Family, relative_orientation
from curvecircuits.families.find import find_curves
from curvecircuits.families.profile import Profile, profiles
from curvecircuits.families.published import (
    PublishedCurve,
    PublishedFamilies,
    published_families,
)
from curvecircuits.families.records import CurveFamily, CurveUnit, LayerScan, NearMiss
from curvecircuits.families.taxonomy import LINES, NAMES, Taxonomy, UnitLabel
from curvecircuits.families.tiles import searchable_layers, tile_of
from curvecircuits.tuning import stroke

__all__ = [
    "LINES",
    "NAMES",
    "Criteria",
    "CurveFamily",
    "CurveUnit",
    "Family",
    "Judgement",
    "LayerScan",
    "NearMiss",
    "Profile",
    "PublishedCurve",
    "PublishedFamilies",
    "Taxonomy",
    "UnitLabel",
    "chain",
    "discover_families",
    "find_curves",
    "judge",
    "next_layer",
    "profiles",
    "published_families",
    "relative_orientation",
    "searchable_layers",
    "stroke",
    "tile_of",
]
