"""What is measured on many photographs for a report: examples of both families, and the transplant.

Both are runs in folders, so that an interrupted report goes on where it was.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from curvecircuits.compare import Matched, Transplant, open_transplant, transplant
from curvecircuits.compare.paired_examples import paired_examples
from curvecircuits.errors import InputError
from curvecircuits.families import CurveFamily
from curvecircuits.images import ImageSet
from curvecircuits.models.network import Network
from curvecircuits.report.examples import ShownExamples, open_shown

MOST = 500
"""Photographs that a report goes through, evenly spread; the commands of their own take all."""


def transplant_on(
    network: Network,
    family: CurveFamily,
    images: ImageSet,
    *,
    folder: Path | None,
    seed: int = 0,
    progress: bool = False,
) -> Transplant | None:
    """The transplant that stands in a folder, or is now made there; None where none can be made.

    Parameters
    ----------
    folder
        Of a run on these images with this seed, or new. None keeps nothing.
    """
    if network.logits is None:
        return None
    if folder is not None:
        try:
            return open_transplant(folder)
        except InputError:
            pass
    try:
        return transplant(
            network, family, images, out=folder, limit=MOST, seed=seed, progress=progress
        )
    except InputError:
        return None


def kept_examples(folder: Path | None) -> ShownExamples | None:
    """The examples of pairs that stand in a folder; None where there are none, or not yet all."""
    if folder is None:
        return None
    try:
        found = open_shown(folder)
    except InputError:
        return None
    return None if found.pairs is None else found


def examples_on(
    matched: Matched,
    family: CurveFamily,
    images: ImageSet,
    *,
    folder: Path | None,
    seed: int = 0,
    progress: bool = False,
) -> ShownExamples:
    """Make the examples in a folder, or go on there.

    Parameters
    ----------
    folder
        Of a run on these images with this seed, or new. None keeps nothing.
    """
    if folder is None:
        with TemporaryDirectory() as passing:
            return examples_on(
                matched, family, images, folder=Path(passing), seed=seed, progress=progress
            )
    paired_examples(
        matched,
        images,
        signs=[unit.sign for unit in family.units],
        out=folder,
        limit=MOST,
        seed=seed,
        progress=progress,
    )
    return open_shown(folder)
