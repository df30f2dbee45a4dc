"""Numbers kept against variance explained: tied templates beside an SVD."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from curvecircuits.circuits.compression import CompressionCurve, Point
from curvecircuits.report.parts import Words
from curvecircuits.report.values import Estimate, Range, estimate, numbers, written
from curvecircuits.store import Record

ARTICLE = (10.0, 20.0)
"""The factor that the article gives for rotational equivariance."""


@dataclass(frozen=True, kw_only=True)
class CompressedSize(Record):
    """One size of a description of a block of weights."""

    numbers: int
    """Numbers kept."""
    r2: Estimate
    """R² of targets left out."""


@dataclass(frozen=True, kw_only=True)
class CompressedBlock(Record):
    """One block of weights between two families."""

    name: str
    """Such as "early curve (3a) → curve (3b)"."""
    raw: int
    """Weights of the block."""
    template: tuple[CompressedSize, ...]
    """Templates tied over rotations, from coarse to fine."""
    svd: tuple[CompressedSize, ...]
    """Ranks of the singular value decomposition."""
    shuffled: tuple[float | None, ...]
    """R² of the best template with orientations shuffled."""
    share: float
    """Share of the best template's R² at which the factor is read."""
    factor: Estimate
    """Weights for every number kept there; without a value where chance does as well."""
    svd_factor: Estimate
    """The same of the SVD; without a value where no rank reaches that R²."""
    holds: bool
    """Whether the best template beats the shuffled ones."""


@dataclass(frozen=True, kw_only=True)
class Compression(Record):
    """Blocks of weights, each with what its descriptions of growing size explain."""

    kind: Literal["compression"] = "compression"
    words: Words
    blocks: tuple[CompressedBlock, ...]
    band: Range
    """Factors that the article gives."""


def compression(found: Sequence[CompressionCurve], *, caption: str = "") -> Compression:
    """Make the figure from the curves of one block or more, with its sentences.

    Parameters
    ----------
    found
        From `circuits.compression.compression_curve`.
    caption
        What to add about the measurement.

    Examples
    --------
    >>> compression([]).words.takeaway
    'No block of weights was compressed.'
    """
    return Compression(
        words=Words(
            title="One template, turned",
            takeaway=" ".join(_sentence(each) for each in found)
            or "No block of weights was compressed.",
            caption=(
                "Across, the numbers a description keeps; upwards, the variance of the weights of "
                "units that it was not fitted to. A template is tied over rotations and keeps its "
                "coefficients, and an orientation and a gain of each unit; a rank of the SVD keeps "
                "a number for each target and each weight of one. Bars are 95% intervals over "
                "targets. Dots are the best template with orientations shuffled. The band is where "
                f"the weights are {ARTICLE[0]:g} to {ARTICLE[1]:g} times as many as the numbers "
                f"kept, as the article says. {caption}"
            ).strip(),
        ),
        blocks=tuple(
            CompressedBlock(
                name=each.name,
                raw=int(each.raw),
                template=_sizes(each.template),
                svd=_sizes(each.svd),
                shuffled=numbers(each.shuffled),
                share=float(each.share),
                factor=estimate(each.factor),
                svd_factor=estimate(each.svd_factor),
                holds=bool(each.holds),
            )
            for each in found
        ),
        band=Range(low=ARTICLE[0], high=ARTICLE[1]),
    )


def _sizes(points: Sequence[Point]) -> tuple[CompressedSize, ...]:
    return tuple(CompressedSize(numbers=int(p.numbers), r2=estimate(p.r2)) for p in points)


def _sentence(curve: CompressionCurve) -> str:
    best = max((point.r2 for point in curve.template), key=lambda r2: r2.value)
    if not curve.holds:
        return (
            f"From {curve.name}: the best template explains R² {written(best)} of units left out, "
            "no more than shuffled orientations do, so there is nothing to compress."
        )
    svd = (
        f"the SVD comes to {written(curve.svd_factor)}"
        if math.isfinite(curve.svd_factor.value)
        else "no rank of the SVD reaches that R²"
    )
    return (
        f"From {curve.name}: {curve.raw:,} weights are {written(curve.factor)} times as many as "
        f"the numbers a turned template keeps to reach {curve.share:.0%} of its best R², "
        f"{written(best)}; {svd}."
    )
