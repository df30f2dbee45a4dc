"""How often a classifier is right, on labelled photographs."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from curvecircuits.errors import InputError
from curvecircuits.images.folder import ImageFolder, read_folder
from curvecircuits.images.framing import framing_for, load_image
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


def accuracy(
    network: Network,
    folder: str | Path | ImageFolder,
    *,
    limit: int | None = None,
    batch: int = 16,
    progress: bool = False,
) -> Accuracy:
    """Classify the images of a folder, framed as `framing_for` says.

    Parameters
    ----------
    network
        A classifier with named scores (`network.logits`).
    folder
        As `read_folder` takes or returns it.
    limit
        Use only the first images.
    batch
        Images at a time.
    progress
        Show a bar on stderr.

    Raises
    ------
    InputError
        If the network is no classifier, its classes are not those of the folder, or no image can
        be read.

    Examples
    --------
    >>> accuracy(load("googlenet"), "imagenet/images").top5  # doctest: +SKIP
    0.926

    """
    listed = folder if isinstance(folder, ImageFolder) else read_folder(folder)
    if network.logits is None:
        raise InputError(
            f"{network.name} has no layer of class scores; name one as logits of "
            "curvecircuits.wrap."
        )
    scores = network.layer(network.logits).channels
    if scores != listed.classes:
        raise InputError(
            f"{network.name} scores {scores} classes and {listed.root} has {listed.classes}; they "
            "must be the same."
        )
    if batch < 1 or (limit is not None and limit < 1):
        raise InputError("An evaluation takes at least 1 image, and 1 at a time.")
    framing = framing_for(network)
    images = listed.images[:limit]
    first = fifth = seen = 0
    with (
        torch.inference_mode(),
        tqdm(total=len(images), desc=network.name, unit="image", disable=not progress) as bar,
    ):
        for start in range(0, len(images), batch):
            group = images[start : start + batch]
            tensors: list[Tensor] = []
            truth: list[int] = []
            for image in group:
                try:
                    tensors.append(load_image(image.path, framing=framing))
                except InputError:
                    continue
                truth.append(image.index)
            bar.update(len(group))
            if not tensors:
                continue
            pixels = torch.stack(tensors).to(network.device)
            values = network.run(pixels, layers=[network.logits])[network.logits]
            best = values.flatten(1).topk(min(5, scores)).indices.cpu()
            hits = best == torch.tensor(truth)[:, None]
            seen += len(truth)
            first += int(hits[:, 0].sum())
            fifth += int(hits.sum())
    if not seen:
        raise InputError(f"No image of {listed.root} can be read; JPEG and PNG files are valid.")
    return Accuracy(images=seen, top1=first / seen, top5=fifth / seen, skipped=len(images) - seen)
