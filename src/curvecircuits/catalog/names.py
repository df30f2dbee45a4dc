"""The names that `load` knows, and which of them would load right now."""

import difflib
import os
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from curvecircuits.catalog.artefacts import ARTEFACTS, Artefact
from curvecircuits.catalog.download import cache_dir
from curvecircuits.errors import InputError

TIMM, TORCHVISION = "timm:", "torchvision:"
_FACTORIES = ("package.module:factory", "path/file.py:factory")


class Entry(NamedTuple):
    """One line of the catalogue."""

    name: str
    """What `load` takes; capitals stand for a name of your own."""
    description: str
    available: bool
    """Whether it loads without a download or an installation."""


# Name → (what it is, key of its weights or None).
_NETWORKS: dict[str, tuple[str, str | None]] = {
    "inception_v1": (
        "InceptionV1 of the Circuits thread (TensorFlow's inception5h)",
        "inception5h",
    ),
    "googlenet": ("GoogLeNet of the Caffe model zoo (BVLC)", "bvlc_googlenet"),
    "efficientnet_lite0": ("EfficientNet-Lite0, 224 × 224 pixels", "efficientnet_lite0"),
    "efficientnet_lite1": ("EfficientNet-Lite1, 240 × 240 pixels", "efficientnet_lite1"),
    "efficientnet_lite2": ("EfficientNet-Lite2, 260 × 260 pixels", "efficientnet_lite2"),
    "artificial": ("The curve circuit written by hand, from pixels to curve detectors", None),
}


def names() -> list[Entry]:
    """List what `load` takes, with a description and whether it is here already.

    Examples
    --------
    >>> [entry.name for entry in names()][:2]
    ['inception_v1', 'googlenet']
    >>> [entry.available for entry in names() if entry.name == "artificial"]
    [True]

    """
    own = [
        Entry(name, description, key is None or _is_here(ARTEFACTS[key]))
        for name, (description, key) in _NETWORKS.items()
    ]
    zoos = [
        Entry(f"{prefix}NAME", f"Any model of {package}", find_spec(package) is not None)
        for prefix, package in ((TIMM, "timm"), (TORCHVISION, "torchvision"))
    ]
    module, file = _FACTORIES
    return [
        *own,
        *zoos,
        Entry(module, "Your own: a function that returns a torch.nn.Module", True),
        Entry(file, "The same, from a file", True),
    ]


def artefact_of(name: str) -> Artefact:
    """Find the weight file of a network, by the network's name or the file's own key.

    Raises
    ------
    InputError
        For a name that is not in the catalogue, or a network that has no weight file.

    Examples
    --------
    >>> artefact_of("googlenet").file
    'bvlc_googlenet.caffemodel'

    """
    if name in ARTEFACTS:
        return ARTEFACTS[name]
    if name not in _NETWORKS:
        raise unknown(name)
    key = _NETWORKS[name][1]
    if key is None:
        raise InputError(
            f"{name} has no weight file, it is written by formula; those with one are "
            f"{', '.join(n for n, (_, k) in _NETWORKS.items() if k)}."
        )
    return ARTEFACTS[key]


def unknown(name: str) -> InputError:
    """Make the error for a name that is none, with the nearest ones and all that are valid."""
    near = difflib.get_close_matches(name, _NETWORKS, n=2)
    hint = f" (did you mean {' or '.join(near)}?)" if near else ""
    valid = [*_NETWORKS, f"{TIMM}NAME", f"{TORCHVISION}NAME", *_FACTORIES]
    return InputError(
        f"There is no network {name!r}{hint}: valid are {', '.join(valid[:-1])} and {valid[-1]}."
    )


def _is_here(artefact: Artefact) -> bool:
    if artefact.package and find_spec(artefact.package):
        return True
    given = os.environ.get("CURVECIRCUITS_WEIGHTS")
    folders = [cache_dir(), *([Path(given)] if given else [])]
    return any((folder / file).is_file() for folder in folders for file in artefact.files)
