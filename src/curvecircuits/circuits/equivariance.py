"""Rotational equivariance: whether units of a family are one unit, turned.

A template tied over rotations (`templates`) is fitted to all targets but one, and predicts that
one. It is compared with the same fit after the orientations were shuffled among the units, and with
a singular value decomposition that has at least as many numbers and knows of no orientation.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.circuits.blocks import OrientedBlock
from curvecircuits.circuits.intervals import Interval, resampled
from curvecircuits.circuits.templates import Basis, Template
from curvecircuits.circuits.tied import Residuals, fitted, left_out
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family

FEWEST = 3
"""Targets without which nothing is concluded."""
_CHANCE = 95.0
"""Percentile of a control's draws that has to be passed."""


@dataclass(frozen=True, kw_only=True)
class RotationFit:
    """How well one template, turned, says the weights between two families.

    R² is 1 − Σ(W − prediction)² / Σ(W − mean of the block)², of targets that the template was not
    fitted to; only the target's gain is. Intervals resample the targets.
    """

    name: str
    r2: Interval
    fitted_r2: float
    """With no target left out."""
    shuffled: tuple[float, ...]
    """R² with orientations shuffled within both families."""
    above_shuffled: Interval
    """R² less the mean of the shuffled ones."""
    svd: Interval
    """R² of the decomposition: of a target left out, in the span of the others' components."""
    above_svd: Interval
    """R² less that of the decomposition."""
    svd_rank: int
    svd_numbers: int
    """What the decomposition keeps; at least `numbers`, unless all its ranks are fewer."""
    numbers: int
    """What the template keeps: its coefficients, and an orientation and a gain of each unit."""
    raw: int
    """Weights of the block."""
    template: Template
    holds: bool | None
    """Whether the template beats both controls; none where targets are too few to say."""
    targets: Family
    """In the block's order."""
    of_targets: tuple[float, ...]
    """R² of each target left out: 1 − Σ(W − prediction)² / Σ(W − mean of the block)², its own."""
    of_targets_shuffled: tuple[tuple[float, ...], ...]
    """The same of each shuffle."""
    reason: str | None = None
    """Why `holds` is none."""

    @property
    def factor(self) -> float:
        """Weights a number kept."""
        return self.raw / self.numbers


def rotation_fit(
    block: OrientedBlock, *, basis: Basis | None = None, shuffles: int = 32, seed: int = 0
) -> RotationFit:
    """Fit a template tied over rotations, beside shuffled orientations and an SVD.

    It holds where R² is above the 95th percentile of the shuffled fits, and the intervals of its
    lead over their mean and over the SVD are above 0. The SVD is of the matrix targets × (sources,
    h, w): r components of the other targets, and of the one left out its r coefficients, with the
    smallest r at which (targets + sources · h · w) · r is no less than the template's numbers.

    Parameters
    ----------
    basis
        The template's terms; `Basis()` if not given.
    shuffles
        How many shuffles of the orientations, 20 at least.

    Raises
    ------
    InputError
        When there are fewer than two targets, or fewer than 20 shuffles.

    Examples
    --------
    Four units that each want, in the middle, the source of their own orientation:

    >>> from curvecircuits.families.family import Family
    >>> at = (0.0, 90.0, 180.0, 270.0)
    >>> turn = np.subtract.outer(np.radians(at), np.radians(at))
    >>> curves = Family(name="curve", layer="a", channels=(0, 1, 2, 3), orientations=at, period=360)
    >>> found = rotation_fit(
    ...     OrientedBlock(
    ...         targets=curves,
    ...         sources=curves,
    ...         values=np.cos(turn)[:, :, None, None],
    ...         pitch=8,
    ...         offset=(0, 0),
    ...     ),
    ...     basis=Basis(orders=1),
    ... )
    >>> round(found.r2.value, 2), found.numbers
    (1.0, 19)

    References
    ----------
    Olah et al., "Naturally Occurring Equivariance in Neural Networks", Distill 2020; Cammarata et
    al., "Curve Circuits", Distill 2021, on the rotational equivariance motif.
    """
    if shuffles < 20:
        raise InputError(f"A control needs at least 20 shuffles, not {shuffles}.")
    terms = basis or Basis()
    found = left_out([block], basis=terms)
    (template,), every = fitted([block], basis=terms)
    generator = np.random.default_rng(seed)
    draws = [left_out([shuffled(block, generator)], basis=terms) for _ in range(shuffles)]
    numbers = template.terms.numbers + block.unit_numbers
    missed = svd_left_out(block)
    each = len(block.targets) + block.values[0].size
    rank = min(max(1, -(-numbers // each)), len(missed) - 1)
    decomposed = replace(found, gone=missed[rank])
    over_shuffled = lead(found, draws, seed=seed)
    over_svd = lead(found, [decomposed], seed=seed)
    enough = len(block.targets) >= FEWEST
    return RotationFit(
        name=str(block),
        r2=r2_of(found, seed=seed),
        fitted_r2=every.r2,
        shuffled=tuple(d.r2 for d in draws),
        above_shuffled=over_shuffled,
        svd=r2_of(decomposed, seed=seed),
        above_svd=over_svd,
        svd_rank=rank,
        svd_numbers=rank * each,
        numbers=numbers,
        raw=block.numbers,
        template=template,
        holds=beats(found, draws) and over_shuffled.above() and over_svd.above()
        if enough
        else None,
        targets=block.targets,
        of_targets=found.of_targets,
        of_targets_shuffled=tuple(d.of_targets for d in draws),
        reason=None
        if enough
        else f"It has {len(block.targets)} targets, and {FEWEST} are the fewest to resample.",
    )


def shuffled(block: OrientedBlock, generator: np.random.Generator) -> OrientedBlock:
    """The block with the orientations of both families shuffled among their units.

    >>> from curvecircuits.families.family import Family
    >>> lines = Family(name="l", layer="a", channels=(0, 1), orientations=(0.0, 90.0), period=180)
    >>> block = OrientedBlock(
    ...     targets=lines, sources=lines, values=np.eye(2)[:, :, None, None], pitch=1, offset=(0, 0)
    ... )
    >>> sorted(shuffled(block, np.random.default_rng(0)).targets.orientations)
    [0.0, 90.0]
    """
    return block.oriented(
        generator.permutation(np.array(block.targets.orientations, dtype=float)),
        generator.permutation(np.array(block.sources.orientations, dtype=float)),
    )


def svd_left_out(block: OrientedBlock) -> Float[ndarray, "ranks targets"]:
    """What components of the other targets miss of each, for 0, 1, 2, … components.

    Sums of squares as in `Residuals`. The matrix is targets × (sources, h, w), not centred.

    >>> from curvecircuits.families.family import Family
    >>> two = Family(name="l", layer="a", channels=(0, 1), orientations=(0, 90), period=180)
    >>> one = OrientedBlock(
    ...     targets=two, sources=two.take([0]), values=np.array([3.0, 4]).reshape(2, 1, 1, 1),
    ...     pitch=1, offset=(0, 0),
    ... )
    >>> svd_left_out(one)[1].round(9)
    array([0., 0.])
    """
    flat = block.values.reshape(len(block.targets), -1)
    products = flat @ flat.T / max(np.square(flat - flat.mean()).sum(), np.finfo(float).tiny)
    count = len(products)
    missed = np.zeros((count, count))
    for t in range(count):
        others = np.delete(np.arange(count), t)
        sizes, turns = np.linalg.eigh(products[np.ix_(others, others)])
        fine = sizes > 1e-12 * max(sizes[-1], np.finfo(float).tiny)
        along = np.where(fine, (products[t, others] @ turns) ** 2 / np.where(fine, sizes, 1), 0)
        missed[:, t] = products[t, t] - np.concatenate([[0], np.cumsum(along[::-1])])
    return missed.clip(min=0)


def _share(rows: ndarray) -> float:
    return float(1 - rows[:, 0].sum() / rows[:, 1].sum())


def r2_of(found: Residuals, *, seed: int = 0) -> Interval:
    """R² of targets left out, with its interval by resampling them."""
    return resampled(np.stack([found.gone, found.total], 1), _share, seed=seed)


def lead(found: Residuals, others: list[Residuals], *, seed: int = 0) -> Interval:
    """R² less the mean R² of other fits of the same targets, by resampling the targets."""
    mean = np.mean([o.gone for o in others], axis=0)
    return resampled(np.stack([found.gone - mean, found.total], 1), _gain, seed=seed)


def _gain(rows: ndarray) -> float:
    return float(-rows[:, 0].sum() / rows[:, 1].sum())


def beats(found: Residuals, draws: list[Residuals]) -> bool:
    """Whether R² is above the 95th percentile of a control's draws."""
    return found.r2 > float(np.percentile([d.r2 for d in draws], _CHANCE))
