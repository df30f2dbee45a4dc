"""Pictures of what units see: feature visualization, dataset examples, saliency."""

from curvecircuits.visualize.attribution.pictures import attribution_pictures
from curvecircuits.visualize.attribution.records import AttributionPicture, dependence, truth
from curvecircuits.visualize.attribution.sheet import attribution_sheet
from curvecircuits.visualize.dataset.examples import dataset_examples
from curvecircuits.visualize.dataset.gallery import Gallery, open_examples
from curvecircuits.visualize.dataset.records import Example, Examples, UnitExamples
from curvecircuits.visualize.decomposition.decompose import decompose
from curvecircuits.visualize.decomposition.records import Decomposition, open_decomposition
from curvecircuits.visualize.decomposition.sheet import decomposition_sheet
from curvecircuits.visualize.edited.groups import shape_groups
from curvecircuits.visualize.edited.pictures import EditedPictures, edited_pictures
from curvecircuits.visualize.edited.records import EditedShares
from curvecircuits.visualize.edited.sheet import edited_sheet
from curvecircuits.visualize.features.climbed import feature_visualization, pictures_made
from curvecircuits.visualize.features.family_pictures import (
    FamilyPictures,
    family_pictures,
    picture_sheet,
)
from curvecircuits.visualize.features.objectives import Objective
from curvecircuits.visualize.features.picture import Picture, read_made
from curvecircuits.visualize.features.plans import Look
from curvecircuits.visualize.features.robustness import Robustness
from curvecircuits.visualize.saliency import saliency, saliency_gradient
from curvecircuits.visualize.sheets import png, quilt

__all__ = [
    "AttributionPicture",
    "Decomposition",
    "EditedPictures",
    "EditedShares",
    "Example",
    "Examples",
    "FamilyPictures",
    "Gallery",
    "Look",
    "Objective",
    "Picture",
    "Robustness",
    "UnitExamples",
    "attribution_pictures",
    "attribution_sheet",
    "dataset_examples",
    "decompose",
    "decomposition_sheet",
    "dependence",
    "edited_pictures",
    "edited_sheet",
    "family_pictures",
    "feature_visualization",
    "open_decomposition",
    "open_examples",
    "picture_sheet",
    "pictures_made",
    "png",
    "quilt",
    "read_made",
    "saliency",
    "saliency_gradient",
    "shape_groups",
    "truth",
]
