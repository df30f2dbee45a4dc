"""Photographs from disk, framed as each network was trained, and accuracy on them."""

from curvecircuits.images.accuracy import Accuracy, accuracy
from curvecircuits.images.batch import Batch, load_batch
from curvecircuits.images.chunks import ImageChunks, evenly
from curvecircuits.images.classes import imagenet_classes
from curvecircuits.images.files import FileBatch, load_files
from curvecircuits.images.folder import ImageFolder, LabelledImage, read_folder, sample_images
from curvecircuits.images.framing import Framing, framing_for, load_image
from curvecircuits.images.image_set import ImageSet
from curvecircuits.images.labels import Labels, label_indices
from curvecircuits.images.opening import open_images

__all__ = [
    "Accuracy",
    "Batch",
    "FileBatch",
    "Framing",
    "ImageChunks",
    "ImageFolder",
    "ImageSet",
    "LabelledImage",
    "Labels",
    "accuracy",
    "evenly",
    "framing_for",
    "imagenet_classes",
    "label_indices",
    "load_batch",
    "load_files",
    "load_image",
    "open_images",
    "read_folder",
    "sample_images",
]
