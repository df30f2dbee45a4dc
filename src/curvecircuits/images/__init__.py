"""Photographs from disk, framed as each network was trained, and accuracy on them."""

from curvecircuits.images.accuracy import Accuracy, accuracy
from curvecircuits.images.folder import ImageFolder, LabelledImage, read_folder, sample_images
from curvecircuits.images.framing import Framing, framing_for, load_image

__all__ = [
    "Accuracy",
    "Framing",
    "ImageFolder",
    "LabelledImage",
    "accuracy",
    "framing_for",
    "load_image",
    "read_folder",
    "sample_images",
]
