"""Comparison of a natural family with the artificial one of the same orientations."""

from curvecircuits.compare.agreement import Agreement
from curvecircuits.compare.disagreement import Disagreement, crops, disagreements
from curvecircuits.compare.edited_models import (
    EditedModels,
    ImageFigures,
    evaluate_edits,
    open_edited_models,
    open_image_figures,
)
from curvecircuits.compare.fit import fit_constants
from curvecircuits.compare.fitted import Fit
from curvecircuits.compare.gaussians import GaussianTuning
from curvecircuits.compare.held_out_shapes import HeldOutShape, held_out_shapes
from curvecircuits.compare.joint_maps import JointMaps, joint_maps
from curvecircuits.compare.match import geometry_for, match_family
from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.natural_records import NaturalTuning
from curvecircuits.compare.natural_tuning import natural_tuning
from curvecircuits.compare.paired_examples import paired_examples
from curvecircuits.compare.photo_maps import PhotoMaps, photo_maps
from curvecircuits.compare.photographs import (
    PhotographAgreement,
    maps_agreement,
    photograph_agreement,
)
from curvecircuits.compare.shape_responses import ShapeResponses, shape_responses
from curvecircuits.compare.transplants import Transplant, open_transplant, transplant

__all__ = [
    "Agreement",
    "Disagreement",
    "EditedModels",
    "Fit",
    "GaussianTuning",
    "HeldOutShape",
    "ImageFigures",
    "JointMaps",
    "Matched",
    "NaturalTuning",
    "PhotoMaps",
    "PhotographAgreement",
    "ShapeResponses",
    "Side",
    "Transplant",
    "crops",
    "disagreements",
    "evaluate_edits",
    "fit_constants",
    "geometry_for",
    "held_out_shapes",
    "joint_maps",
    "maps_agreement",
    "match_family",
    "natural_tuning",
    "open_edited_models",
    "open_image_figures",
    "open_transplant",
    "paired_examples",
    "photo_maps",
    "photograph_agreement",
    "shape_responses",
    "transplant",
]
