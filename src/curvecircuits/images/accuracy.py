"""How often a classifier is right, on labelled photographs."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from numpy import ndarray
from tqdm import tqdm

from curvecircuits.errors import InputError
from curvecircuits.images.batch import load_batch
from curvecircuits.images.folder import ImageFolder
from curvecircuits.images.framing import framing_for
from curvecircuits.images.image_set import ImageSet, fingerprint_of, packed
from curvecircuits.images.labels import label_indices, scores_of
from curvecircuits.images.opening import open_images
from curvecircuits.models.network import Network


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """The outcome of an evaluation; shares are between 0 and 1."""

    images: int
    top1: float
    top5: float
    """Of the images, how many have their class among the five highest scores."""
    skipped: int
    """Files that could not be read; they do not count."""
    unlabelled: int = 0
    """Images whose class is not known to be one of the network's; they do not count."""


def accuracy(
    network: Network,
    folder: str | Path | ImageFolder | ImageSet,
    *,
    limit: int | None = None,
    batch: int = 16,
    order: Path | None = None,
    progress: bool = False,
) -> Accuracy:
    """Classify labelled images, framed as `framing_for` says.

    Top 1 is the share of images whose class has the highest score, top 5 that of images whose class
    is among the five highest.

    Parameters
    ----------
    network
        A classifier with named scores (`network.logits`).
    folder
        As `open_images` takes or returns it, or `read_folder` returns it.
    limit
        Use only the first images.
    batch
        Images at a time.
    order
        The order of the scores, as `label_indices` takes it.
    progress
        Show a bar on stderr.

    Raises
    ------
    InputError
        If the network is no classifier, its classes are not those of the images (as
        `label_indices`), or no image can be read.

    Examples
    --------
    >>> accuracy(load("googlenet"), "imagenet/images").top5  # doctest: +SKIP
    0.938

    """
    layer, scores = scores_of(network)
    if batch < 1 or (limit is not None and limit < 1):
        raise InputError("An evaluation takes at least 1 image, and 1 at a time.")
    images, truth = _labelled(network, folder, scores, order)
    truth = truth[:limit]
    labelled = [int(k) for k in np.flatnonzero(truth >= 0)]
    if not labelled:
        raise InputError(
            f"No image of {images.root} has a class of {network.name}; folders named by WNID, or a "
            "label file, are valid."
        )
    framing = framing_for(network)
    first = fifth = seen = 0
    with (
        torch.inference_mode(),
        tqdm(total=len(labelled), desc=network.name, unit="image", disable=not progress) as bar,
    ):
        for start in range(0, len(labelled), batch):
            group = labelled[start : start + batch]
            loaded = load_batch(images, group, framing=framing)
            bar.update(len(group))
            if not loaded.read.any():
                continue
            pixels = loaded.pixels[loaded.read].to(network.device)
            wanted = torch.from_numpy(truth[group])[loaded.read]
            values = network.run(pixels, layers=[layer])[layer]
            best = values.flatten(1).topk(min(5, scores)).indices.cpu()
            hits = best == wanted[:, None]
            seen += len(wanted)
            first += int(hits[:, 0].sum())
            fifth += int(hits.sum())
    if not seen:
        raise InputError(f"No image of {images.root} can be read; JPEG and PNG files are valid.")
    return Accuracy(
        images=seen,
        top1=first / seen,
        top5=fifth / seen,
        skipped=len(labelled) - seen,
        unlabelled=len(truth) - len(labelled),
    )


def _labelled(
    network: Network,
    folder: str | Path | ImageFolder | ImageSet,
    scores: int,
    order: Path | None,
) -> tuple[ImageSet, Int[ndarray, " images"]]:
    if not isinstance(folder, ImageFolder):
        images = folder if isinstance(folder, ImageSet) else open_images(folder)
        return images, label_indices(network, images, order=order).indices
    images = _as_set(folder)
    if order is not None:
        return images, label_indices(network, images, order=order).indices
    if scores != folder.classes:
        raise InputError(
            f"{network.name} scores {scores} classes and {folder.root} has {folder.classes}; they "
            "must be the same."
        )
    return images, np.array([image.index for image in folder.images], dtype=np.int64)


def _as_set(folder: ImageFolder) -> ImageSet:
    """The images that were chosen, in their order."""
    names = [str(image.path.resolve()) for image in folder.images]
    sizes = [p.stat().st_size if p.is_file() else 0 for p in (i.path for i in folder.images)]
    categories = [image.wnid for image in folder.images]
    classes = sorted(set(categories))
    return ImageSet(
        root=folder.root,
        folder=Path("/"),
        layout="classes",
        classes=tuple(classes),
        skipped={},
        fingerprint=fingerprint_of(names, sizes, categories),
        rows=packed(names, sizes, categories, classes=classes),
    )
