"""The section on photographs: examples from a run that was kept, and joint tuning measured here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy import ndarray

from curvecircuits.compare.matched import Matched
from curvecircuits.compare.natural_tuning import natural_tuning
from curvecircuits.compare.paired_examples import ARRAYS, RECORD
from curvecircuits.compare.paired_records import PairedExamples
from curvecircuits.errors import InputError
from curvecircuits.families import CurveFamily
from curvecircuits.models.network import Network
from curvecircuits.report.document import Missing
from curvecircuits.report.figures import Figure
from curvecircuits.report.figures.dataset_quilt import dataset_quilt
from curvecircuits.report.figures.natural_tuning import natural_tuning_figure
from curvecircuits.report.figures.saliency_pairs import saliency_pairs
from curvecircuits.store import open_pair, unpack
from curvecircuits.visualize.dataset.gallery import Gallery, open_examples

QUILT, SALIENCY, TUNING = "dataset-quilt", "saliency-pairs", "natural-tuning"
"""Names of the figures, in their order."""

_COMMAND = "curvecircuits report --model M --images DIR"


@dataclass(frozen=True, kw_only=True, eq=False)
class ShownExamples:
    """What `curvecircuits examples --out` wrote into a folder."""

    gallery: Gallery
    pairs: PairedExamples | None
    """None for a run without artificial units."""
    arrays: Mapping[str, ndarray]
    """Of the pairs: `crops`, and the saliency of both sides."""


def open_shown(folder: str | Path) -> ShownExamples:
    """Open a run of dataset examples, with the pairs if it has them.

    Raises
    ------
    InputError
        If the folder holds no examples, or they are damaged.

    Examples
    --------
    >>> open_shown("run").gallery.examples.images  # doctest: +SKIP
    500
    """
    place = Path(folder)
    gallery = open_examples(place)
    if not (place / RECORD).exists():
        return ShownExamples(gallery=gallery, pairs=None, arrays={})
    pairs, packed = open_pair(
        PairedExamples,
        place,
        record=RECORD,
        arrays=ARRAYS,
        what="pairs",
        writer="`curvecircuits examples --out`",
        again="run `curvecircuits examples` on the folder again",
    )
    return ShownExamples(gallery=gallery, pairs=pairs, arrays=unpack(packed))


def check_examples(network: Network, found: ShownExamples) -> None:
    """Refuse examples of other weights than the report's.

    Raises
    ------
    InputError
        If the hashes of the loaded parameters differ.

    Examples
    --------
    >>> check_examples(network, open_shown("run"))  # doctest: +SKIP
    """
    own = found.gallery.examples.models.get("natural", "")
    if own != network.model_hash:
        model = next((u.model for u in found.gallery.examples.units), "a network")
        raise InputError(
            f"The examples are of {model} with other parameters (SHA-256 {own[:12]}…) than those "
            f"of {network.name} ({network.model_hash[:12]}…): give a run on this network."
        )


def example_figures(
    found: ShownExamples | None, family: CurveFamily, *, seed: int = 0
) -> list[tuple[str, Figure]]:
    """The quilt and the saliency of pairs by their names; none without a run.

    A figure of which the run holds nothing is left out.

    Parameters
    ----------
    found
        From `open_shown`, or None.
    family
        The family of the report; its units are shown.
    seed
        Of the intervals over units.

    Examples
    --------
    >>> made = example_figures(open_shown("run"), family)  # doctest: +SKIP
    >>> [name for name, _ in made]  # doctest: +SKIP
    ['dataset-quilt', 'saliency-pairs']
    """
    if found is None:
        return []
    paired = () if found.pairs is None else found.pairs.pairs
    orientations = {unit.unit: unit.orientation for unit in family.units}
    # What the run found comes last: it named its units itself.
    orientations |= {pair.natural: pair.orientation for pair in paired}
    made: list[tuple[str, Figure]] = []
    if any(u.side == "natural" and u.unit in orientations for u in found.gallery.examples.units):
        quilt = dataset_quilt(
            found.gallery, orientations, seed=seed, caption=_other(found.gallery, family)
        )
        made.append((QUILT, quilt))
    if found.pairs is not None and paired:
        made.append((SALIENCY, saliency_pairs(found.pairs, found.arrays, seed=seed)))
    return made


def tuning_figures(
    network: Network,
    family: CurveFamily,
    matched: Matched | None,
    photographs: Sequence[Path],
    *,
    seed: int = 0,
    progress: bool = False,
) -> list[tuple[str, Figure]]:
    """Measure joint tuning on photographs and draw it; nothing where no unit answers any of them.

    Parameters
    ----------
    matched
        From `match_family`, for the artificial units; None measures the natural ones only.
    photographs
        Image files; without any there is no figure.

    Examples
    --------
    >>> made = tuning_figures(network, family, None, paths)  # doctest: +SKIP
    >>> [name for name, _ in made]  # doctest: +SKIP
    ['natural-tuning']
    """
    if not photographs or not family.units:
        return []
    signs = [unit.sign for unit in family.units]
    try:
        found = natural_tuning(
            network,
            family if matched is None else matched,
            list(photographs),
            signs=signs,
            seed=seed,
            progress=progress,
        )
    except InputError:
        return []
    # Of one unit, or of units that each answer nothing but their own crops, there is no pair.
    if not np.isfinite(found.error().value):
        return []
    return [(TUNING, natural_tuning_figure(found))]


def missing_examples(
    family: CurveFamily, found: ShownExamples | None, photographs: Sequence[Path]
) -> tuple[Missing, ...]:
    """The commands that add the figures on photographs, where they are left out.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.families import find_curves
    >>> family = find_curves(artificial_network(), layer="3b", permutations=1)
    >>> [part.title for part in missing_examples(family, None, [])]
    ['Dataset examples and their saliency', 'Joint tuning on photographs']
    """
    if not family.units:
        return ()
    parts: list[Missing] = []
    if found is None:
        parts.append(Missing(title="Dataset examples and their saliency", command=_COMMAND))
    if not photographs:
        parts.append(Missing(title="Joint tuning on photographs", command=_COMMAND))
    return tuple(parts)


def _other(gallery: Gallery, family: CurveFamily) -> str:
    """What is said where the run is of other units than the report's."""
    own = {u.unit for u in family.units}
    shown = {u.unit for u in gallery.examples.units if u.side == "natural"}
    if own == shown:
        return ""
    return (
        f"These are not the units of this report: {len(shown - own)} of the {len(shown)} with "
        f"examples are not in its family, and {len(own - shown)} of its family have none."
    )
