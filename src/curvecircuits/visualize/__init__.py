"""Pictures of what units see: dataset examples, and the pixels that move a unit."""

from curvecircuits.visualize.examples import dataset_examples
from curvecircuits.visualize.gallery import Gallery, open_examples
from curvecircuits.visualize.records import Example, Examples, UnitExamples
from curvecircuits.visualize.saliency import saliency, saliency_gradient
from curvecircuits.visualize.sheets import quilt

__all__ = [
    "Example",
    "Examples",
    "Gallery",
    "UnitExamples",
    "dataset_examples",
    "open_examples",
    "quilt",
    "saliency",
    "saliency_gradient",
]
