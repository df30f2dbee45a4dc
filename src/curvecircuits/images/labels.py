"""Which score of a network each image should have the highest."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from curvecircuits.catalog.artefacts import ARTEFACTS, verify
from curvecircuits.catalog.download import cache_dir
from curvecircuits.errors import InputError
from curvecircuits.images.classes import (
    LABEL_MEMBER,
    TABLE,
    ClassOrder,
    imagenet_classes,
    order_of_lines,
    order_of_table,
    read_lines,
    read_table,
)
from curvecircuits.images.image_set import ImageSet
from curvecircuits.models.network import Network
from curvecircuits.models.readers import sha256_of

_UNLABELLED = "it has no class"


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The class of each image, as an index among a network's scores."""

    indices: Int[ndarray, " images"]
    """−1 for an image without one."""
    missing: Mapping[str, int]
    """How many images have none, by reason."""
    source: str
    """Where the order of the scores comes from."""


def scores_of(network: Network) -> tuple[str, int]:
    """The layer of a network's class scores, and how many there are.

    Raises
    ------
    InputError
        If it is no classifier.
    """
    if network.logits is None:
        raise InputError(
            f"{network.name} has no layer of class scores; name one as logits of "
            "curvecircuits.wrap."
        )
    return network.logits, network.layer(network.logits).channels


def label_indices(
    network: Network,
    images: ImageSet,
    *,
    labels: Sequence[str | None] | None = None,
    order: Path | None = None,
) -> Labels:
    """Find each image's class among the scores of a network.

    The order of the scores is the first of these that there is, and is never guessed:

    1. the list `order`, one line a score;
    2. `classes.json` beside the images or among them, if it has as many classes as the network;
    3. for `inception_v1`, the list in `inception5h.zip`, looked for in `$CURVECIRCUITS_WEIGHTS`
       and in the cache;
    4. the standard order of ImageNet, WNIDs sorted, for a network of 1,000 scores and images of
       which one has such a class;
    5. the order of the folders' names, if every class has its folder.

    A class that is a number is the index of a score, whatever the order. Words are compared whole,
    or by any one synonym between commas, without regard to case; those that fit several classes
    ("crane" is a bird and a machine) leave the image without a class.

    Parameters
    ----------
    network
        A classifier.
    images
        As `open_images` returns it.
    labels
        The class of each image, in place of those of `images`.
    order
        A text file, one line a score, each a WNID or words; or `inception5h.zip`. It may be
        shorter than the network's scores only if its first line is no class (such as `dummy`),
        which shows that it counts from the first score.

    Raises
    ------
    InputError
        If the network is no classifier, its order is not known, or a file cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> from torch import nn
    >>> import curvecircuits as cc
    >>> head = nn.Sequential(nn.Conv2d(3, 2, 8), nn.Flatten())
    >>> network = cc.wrap(head, input_size=8, logits="1")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("cat/a.jpg", "dog/b.jpg"):
    ...         Path(folder, name).parent.mkdir()
    ...         Path(folder, name).touch()
    ...     label_indices(network, cc.images.open_images(folder)).indices.tolist()
    [0, 1]

    """
    _, scores = scores_of(network)
    if labels is not None and len(labels) != len(images):
        raise InputError(
            f"There are {len(images)} images and {len(labels)} labels; one for each is valid."
        )
    categories = (
        [images.category(k) for k in range(len(images))] if labels is None else list(labels)
    )
    distinct = {category for category in categories if category is not None}
    known = _order(network, scores, images, distinct, order)
    found = {category: known.find(category) for category in distinct}
    answers = [_UNLABELLED if c is None else found[c] for c in categories]
    return Labels(
        indices=np.array([a if isinstance(a, int) else -1 for a in answers], dtype=np.int64),
        missing=dict(sorted(Counter(a for a in answers if isinstance(a, str)).items())),
        source=known.source,
    )


def _order(
    network: Network, scores: int, images: ImageSet, distinct: set[str], order: Path | None
) -> ClassOrder:
    path = next((p for p in _tables(images) if p.is_file()), None)
    table = {} if path is None else read_table(path)
    words = dict(imagenet_classes()) | {wnid: text for wnid, (_, text) in table.items()}
    if order is None and len(table) == scores:
        return order_of_table(table, source=str(path))
    order = order or _published(network)
    if order is not None:
        return order_of_lines(read_lines(order), words, scores=scores, source=str(order))
    if path is None:
        standard = _standard(scores)
        if standard is not None and any(isinstance(standard.find(c), int) for c in distinct):
            return standard
        if images.layout == "classes" and len(images.classes) == scores:
            numbered = {name: (index, name) for index, name in enumerate(images.classes)}
            return order_of_table(numbered, source="the order of the folders' names")
    if all(c.isascii() and c.isdigit() for c in distinct):
        return ClassOrder(source="the images' own numbers", scores=scores, by_name={})
    raise _unknown(network, scores, images, path, len(table))


def _standard(scores: int) -> ClassOrder | None:
    classes = imagenet_classes()
    if scores != len(classes):
        return None
    table = {wnid: (index, words) for index, (wnid, words) in enumerate(classes.items())}
    return order_of_table(table, source="the standard order of ImageNet")


def _tables(images: ImageSet) -> tuple[Path, ...]:
    return images.root.resolve().parent / TABLE, images.folder / TABLE


def _published(network: Network) -> Path | None:
    """The zip that holds the list of a network's classes, where it is on this machine."""
    if network.name != "inception_v1":
        return None
    artefact = ARTEFACTS["inception5h"]
    given = os.environ.get("CURVECIRCUITS_WEIGHTS")
    folders = [*([Path(given)] if given else []), cache_dir()]
    for folder in folders:
        path = folder / artefact.file
        if path.is_file():
            digest = sha256_of(path)
            if verify(artefact, path, sha256=digest) or digest == network.provenance.sha256:
                return path
    return None


def _unknown(
    network: Network, scores: int, images: ImageSet, table: Path | None, classes: int
) -> InputError:
    if network.name == "inception_v1":
        return InputError(
            f"{network.name} scores {scores} classes in an order of its own; give the "
            f"{LABEL_MEMBER} of inception5h.zip, or that zip, as order."
        )
    if table is not None:
        has = f"{table} has {classes}"
    elif images.layout == "classes":
        has = f"{images.root} has {len(images.classes)}"
    else:
        has = f"nothing says which they are for the images of {images.root}"
    return InputError(
        f"{network.name} scores {scores} classes and {has}; give a file with one class a line, in "
        "the order of the scores, as order."
    )
