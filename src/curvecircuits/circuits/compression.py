"""How many numbers a block of weights comes down to: numbers kept against variance explained."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

from curvecircuits.circuits.blocks import OrientedBlock
from curvecircuits.circuits.equivariance import beats, lead, r2_of, shuffled, svd_left_out
from curvecircuits.circuits.intervals import Interval, resampled
from curvecircuits.circuits.templates import Basis
from curvecircuits.circuits.tied import Residuals, left_out, template_numbers
from curvecircuits.errors import InputError

BASES = (
    Basis(orders=0, waves=0, rings=1),
    Basis(orders=1, waves=0, rings=1),
    Basis(orders=1, waves=1, rings=1),
    Basis(orders=1, waves=2, rings=2),
    Basis(orders=2, waves=2, rings=2),
    Basis(orders=2, waves=4, rings=2),
    Basis(orders=2, waves=4, rings=3),
    Basis(orders=3, waves=4, rings=3),
    Basis(orders=4, waves=4, rings=3),
    Basis(orders=5, waves=6, rings=3),
)
"""Templates from coarse to fine."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One size of a description."""

    numbers: int
    """Kept, all told."""
    r2: Interval
    """Of targets left out."""


@dataclass(frozen=True, kw_only=True)
class CompressionCurve:
    """Numbers kept against variance explained, for tied templates and for the SVD."""

    name: str
    raw: int
    """Weights of the block."""
    template: tuple[Point, ...]
    svd: tuple[Point, ...]
    share: float
    """Of the best template's R², at which the factor is read."""
    factor: Interval
    """Weights a number kept where the templates' curve reaches that; NaN unless `holds`."""
    svd_factor: Interval
    """The same of the SVD at the same R²; NaN also where no rank reaches it."""
    shuffled: tuple[float, ...]
    """R² of the best size with orientations shuffled within both families."""
    holds: bool
    """Whether the best template beats the shuffled ones; without that there is nothing to
    compress, and a factor would be one of noise."""


def compression_curve(
    block: OrientedBlock,
    *,
    bases: Sequence[Basis] = BASES,
    share: float = 0.9,
    shuffles: int = 20,
    seed: int = 0,
) -> CompressionCurve:
    """Measure R² of targets left out for templates of growing size, and for an SVD's ranks.

    The factor is the block's weights over the numbers at which the template's curve first reaches
    `share` of its best R². Numbers are coefficients and, of every unit, an orientation and a gain;
    a rank r of the SVD keeps r · (targets + sources · h · w). Between two sizes R² is taken to grow
    linearly with numbers. Intervals resample the targets; the best size is that of all targets. As
    a control the best size is fitted with orientations shuffled.

    Raises
    ------
    InputError
        When no basis is given, the share is not in (0, 1], or there are fewer than two targets.

    Examples
    --------
    >>> from curvecircuits.families.family import Family
    >>> at = tuple(30.0 * k for k in range(12))
    >>> turn = np.subtract.outer(np.radians(at), np.radians(at))
    >>> curves = Family(
    ...     name="curve", layer="a", channels=tuple(range(12)), orientations=at, period=360
    ... )
    >>> cells = np.exp(-np.hypot(*np.mgrid[-2:3, -2:3]))
    >>> found = compression_curve(
    ...     OrientedBlock(
    ...         targets=curves,
    ...         sources=curves,
    ...         values=np.cos(turn)[:, :, None, None] * cells,
    ...         pitch=8,
    ...         offset=(-16, -16),
    ...     )
    ... )
    >>> found.raw, found.factor.value > 50
    (3600, True)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021: "Rotational equivariance reduces the
    complexity by a factor of 10-20x".
    """
    if not bases:
        raise InputError("A compression curve needs at least one basis.")
    if not 0 < share <= 1:
        raise InputError(f"The share of R² is above 0 and at most 1, not {share}.")
    curve = template_curve([[block]], bases)
    sizes = curve.numbers
    missed = svd_left_out(block)[1:]
    ranks = np.arange(1, len(missed) + 1) * (len(block.targets) + block.values[0].size)
    rows = np.concatenate([curve.rows, missed.T], axis=1)
    generator = np.random.default_rng(seed)
    draws = [
        left_out([shuffled(block, generator)], basis=curve.bases[curve.best])
        for _ in range(shuffles)
    ]
    best = curve.fits[curve.best]
    holds = beats(best, draws) and lead(best, draws, seed=seed).above()

    def factor(drawn: ndarray, *, svd: bool) -> float:
        r2 = 1 - drawn[:, 1:].sum(0) / drawn[:, 0].sum()
        wanted = share * r2[curve.best] if holds else np.nan
        if svd:
            return block.numbers / numbers_at(wanted, ranks, r2[len(sizes) :], start=0)
        return block.numbers / numbers_at(wanted, sizes, r2[: len(sizes)], start=curve.start)

    return CompressionCurve(
        name=str(block),
        raw=block.numbers,
        template=tuple(
            Point(numbers=int(n), r2=r2_of(fit, seed=seed))
            for n, fit in zip(sizes, curve.fits, strict=True)
        ),
        svd=tuple(
            Point(numbers=int(n), r2=r2_of(replace(best, gone=m), seed=seed))
            for n, m in zip(ranks, missed, strict=True)
        ),
        share=share,
        factor=resampled(rows, lambda drawn: factor(drawn, svd=False), seed=seed),
        svd_factor=resampled(rows, lambda drawn: factor(drawn, svd=True), seed=seed),
        shuffled=tuple(d.r2 for d in draws),
        holds=holds,
    )


@dataclass(frozen=True, kw_only=True)
class TemplateCurve:
    """Fits of growing size to the same targets."""

    bases: tuple[Basis, ...]
    fits: tuple[Residuals, ...]
    numbers: Int[ndarray, " sizes"]
    """Kept, all told; ascending."""
    start: int
    """What units keep alone."""

    @property
    def best(self) -> int:
        """Which size has the highest R² of targets left out."""
        return int(np.argmax([f.r2 for f in self.fits]))

    @property
    def rows(self) -> Float[ndarray, "targets sizes_and_1"]:
        """Of each target its total squares, then what each size misses."""
        return np.stack([self.fits[0].total, *(f.gone for f in self.fits)], axis=1)


def template_curve(
    groups: Sequence[Sequence[OrientedBlock]],
    bases: Sequence[Basis],
    *,
    spacings: Sequence[Sequence[float]] | None = None,
    hues: Float[ndarray, " sources"] | None = None,
) -> TemplateCurve:
    """Leave targets out at every size, with one template for each group of blocks.

    Sizes at which a support with few rings has the same terms as at another are taken once.

    Raises
    ------
    InputError
        As `left_out`.
    """
    every = [block for group in groups for block in group]
    start = sum(block.unit_numbers for block in every)
    if hues is not None:
        start += sum(len(block.sources) for block in every)
    found: dict[int, tuple[Basis, Residuals]] = {}
    for basis in bases:
        apart = [None] * len(groups) if spacings is None else spacings
        numbers = start + sum(
            template_numbers(group, basis=basis, spacings=own) + len(group) - 1  # and the scales
            for group, own in zip(groups, apart, strict=True)
        )
        if numbers not in found:
            fits = [
                left_out(group, basis=basis, spacings=own, hues=hues)
                for group, own in zip(groups, apart, strict=True)
            ]
            gone, total = ([getattr(f, n) for f in fits] for n in ("gone", "total"))
            found[numbers] = (
                basis,
                Residuals(gone=np.concatenate(gone), total=np.concatenate(total)),
            )
    sizes = sorted(found)
    return TemplateCurve(
        bases=tuple(found[n][0] for n in sizes),
        fits=tuple(found[n][1] for n in sizes),
        numbers=np.array(sizes),
        start=start,
    )


def numbers_at(
    wanted: float,
    numbers: ndarray,
    r2: ndarray,
    *,
    start: float,
) -> float:
    """Numbers at which a curve first reaches an R², from R² 0 at `start`; NaN if it never does.

    >>> numbers_at(0.3, np.array([10, 20]), np.array([0.2, 0.4]), start=0)
    15.0
    """
    wanted = float(wanted)
    if not 0 < wanted <= r2.max():
        return float("nan")
    reached = int(np.argmax(r2 >= wanted))
    before = float(start if reached == 0 else numbers[reached - 1])
    low = max(0.0, float(r2[reached - 1])) if reached else 0.0
    part = (wanted - low) / (float(r2[reached]) - low)
    return before + part * (float(numbers[reached]) - before)
