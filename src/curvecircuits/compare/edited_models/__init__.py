"""Many edited versions of a network on the same images, in one pass: what each edit costs."""

from curvecircuits.compare.edited_models.records import ClassShift, EditedModel, EditedModels
from curvecircuits.compare.edited_models.result import (
    ImageFigures,
    open_edited_models,
    open_image_figures,
)
from curvecircuits.compare.edited_models.run import evaluate_edits

__all__ = [
    "ClassShift",
    "EditedModel",
    "EditedModels",
    "ImageFigures",
    "evaluate_edits",
    "open_edited_models",
    "open_image_figures",
]
