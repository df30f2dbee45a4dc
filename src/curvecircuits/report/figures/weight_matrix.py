"""The weights between two families: a small map for every pair, both sides in order."""

from dataclasses import dataclass
from typing import Literal

from curvecircuits.circuits.kernels import Kernels
from curvecircuits.circuits.line_matrix import LineMatrix
from curvecircuits.circuits.similarity import Similarity
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count
from curvecircuits.report.values import (
    OrientedUnit,
    SignedBlock,
    numbers,
    oriented_units,
    pack_signed,
    written,
)
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class WeightMatrix(Record):
    """Expanded weights from each source (a column) to each target (a row)."""

    kind: Literal["weight-matrix"] = "weight-matrix"
    words: Words
    targets: tuple[OrientedUnit, ...]
    """The rows, in order of orientation."""
    sources: tuple[OrientedUnit, ...]
    """The columns, in order of orientation."""
    kernels: SignedBlock
    """Weights, (targets, sources, rows, columns of cells)."""
    sums: tuple[float | None, ...]
    """Sum of every kernel, row after row of the matrix."""
    pitch: float
    """Pixels of the image between neighbouring cells."""


def weight_matrix(
    found: Kernels,
    *,
    evidence: Similarity | LineMatrix | None = None,
    title: str | None = None,
    caption: str = "",
) -> WeightMatrix:
    """Make the figure from the kernels between two families, with its sentences.

    Parameters
    ----------
    found
        From `circuits.kernels.kernels`; both families are in order of orientation there.
    evidence
        What was measured of the same weights, for the sentence over the figure.
    caption
        What to add about the measurement.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.circuits.kernels import kernels
    >>> from curvecircuits.families.family import Family
    >>> from curvecircuits.weights import expanded_weights
    >>> def family(layer):
    ...     return Family(
    ...         name="curve", layer=layer, channels=(0, 12), orientations=(0, 180), period=360
    ...     )
    >>> weights = expanded_weights(artificial_network(), "3a", units=family("3b").units)
    >>> figure = weight_matrix(kernels(weights, family("3b"), family("3a")))
    >>> figure.kernels.shape
    (2, 2, 5, 5)
    """
    targets, sources = found.targets, found.sources
    rows, columns = found.values.shape[2:]
    takeaway = (
        f"{count(len(targets), f'{targets.name} unit')} of {targets.layer} and "
        f"{count(len(sources), f'{sources.name} unit')} of {sources.layer}, with every weight "
        "between them."
    )
    if isinstance(evidence, Similarity):
        takeaway = _of_bands(evidence)
    elif evidence is not None:
        takeaway = _of_lines(evidence)
    return WeightMatrix(
        words=Words(
            title=title
            or f"From {sources.name}s of {sources.layer} to {targets.name}s of {targets.layer}",
            takeaway=takeaway[0].upper() + takeaway[1:],
            caption=(
                f"Columns are {sources.name} units of {sources.layer} and rows are "
                f"{targets.name} units of {targets.layer}, both in order of the orientation drawn "
                f"beside them. A tile holds the expanded weights between the two, {rows} × "
                f"{columns} cells that are {found.pitch:g} px of the image apart. All tiles share "
                f"one scale. {caption}"
            ).strip(),
        ),
        targets=oriented_units(targets),
        sources=oriented_units(sources),
        kernels=pack_signed(found.values),
        sums=numbers(found.values.sum((2, 3))),
        pitch=float(found.pitch),
    )


def _of_bands(found: Similarity) -> str:
    first, last = found.bands[0], found.bands[-1]
    text = (
        f"Units less than {first.high:g}° apart are joined by weights that sum to "
        f"{written(first.mean)} on average, units {last.low:g}–{last.high:g}° apart by "
        f"{written(last.mean)}"
    )
    if found.fall.holds:
        return f"{text}; exchanged orientations give so great a fall with p ≤ {found.fall.p:.2g}."
    return f"{text}; exchanged orientations give a fall as great (p = {found.fall.p:.2g})."


def _of_lines(found: LineMatrix) -> str:
    return (
        "A smooth function of the angle between line and curve predicts the weights of a line left "
        f"out with R² {written(found.smoothness)}; when the lines exchange orientations R² is at "
        f"most {found.shuffled:.2f}."
    ).replace("-", "−")
