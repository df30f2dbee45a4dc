"""Equivariance over scales: one template, stretched, for shapes of several sizes."""

from collections.abc import Sequence

import numpy as np

from curvecircuits.circuits.blocks import OrientedBlock
from curvecircuits.circuits.compression import BASES, template_curve
from curvecircuits.circuits.sharing import SharedFit, check_draws, compared
from curvecircuits.circuits.templates import Basis
from curvecircuits.circuits.tied import Residuals, fitted, left_out
from curvecircuits.errors import InputError

_OCTAVES = np.arange(-6, 7) / 4
"""Scales that are tried, as powers of 2 of the ratio of pitches."""


def scale_fit(
    blocks: Sequence[OrientedBlock],
    *,
    bases: Sequence[Basis] = BASES,
    share: float = 0.9,
    draws: int = 20,
    seed: int = 0,
) -> SharedFit:
    """Fit one template to blocks between shapes of several sizes.

    Such as tiny curve → early curve and early curve → curve. Each block has one scale, chosen from
    quarter octaves around the ratio of pitches by the fit to all targets. The control turns the
    orientations of every block but the first, of targets by a quarter of their period at least and
    of sources by any angle. Templates of their own do not notice: shapes of one size are still
    turned copies, those of two no longer agree.

    Parameters
    ----------
    share
        Of the lower of the two best R², at which the numbers needed are compared.
    draws
        How many random turns, 20 at least.

    Raises
    ------
    InputError
        When there are fewer than two blocks or 20 draws, or their families differ in period.

    Examples
    --------
    >>> from curvecircuits.artificial import Constants, artificial_network
    >>> from curvecircuits.circuits.blocks import oriented_block
    >>> from curvecircuits.families.family import Family
    >>> c = Constants(gabor_orientations=8)
    >>> network = artificial_network(c)
    >>> gabors, small, large = (
    ...     Family(
    ...         name=name,
    ...         layer=layer,
    ...         channels=tuple(range(first, first + count)),
    ...         orientations=tuple(180 / count * k for k in range(count)),
    ...         period=180,
    ...     )
    ...     for name, layer, first, count in (
    ...         ("gabor", "conv2d1", 0, c.gabor_orientations),
    ...         ("line", "conv2d2", 0, c.line_orientations),
    ...         ("line", "3a", c.curve_orientations, c.line_orientations),
    ...     )
    ... )
    >>> found = scale_fit(
    ...     [
    ...         oriented_block(network, targets=small, sources=gabors),
    ...         oriented_block(network, targets=large, sources=small),
    ...     ],
    ...     bases=BASES[2:5],
    ... )
    >>> found.holds
    True

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021: "scale equivariance reduces it by an
    additional 2-3x".
    """
    if len(blocks) < 2:
        raise InputError(f"A template is shared by at least two blocks, not {len(blocks)}.")
    check_draws(draws)
    middle = bases[len(bases) // 2]
    spacings = _spacings(blocks, middle)
    shared = template_curve([blocks], bases, spacings=[spacings])
    separate = template_curve([[b] for b in blocks], bases)
    generator = np.random.default_rng(seed)
    turned: list[Residuals] = []
    for _ in range(draws):
        apart = [blocks[0], *(_turned(b, generator) for b in blocks[1:])]
        turned.append(left_out(apart, basis=shared.bases[shared.best], spacings=spacings))
    return compared(
        "; ".join(map(str, blocks)),
        shared,
        separate,
        turned,
        share=share,
        scales=tuple(s / spacings[0] for s in spacings),
        fewest=min(len(b.targets) for b in blocks),
        seed=seed,
    )


def _turned(block: OrientedBlock, generator: np.random.Generator) -> OrientedBlock:
    targets = block.targets.period * generator.uniform(0.25, 0.75)
    sources = block.sources.period * generator.uniform()
    return block.oriented(
        np.asarray(block.targets.orientations) + targets,
        np.asarray(block.sources.orientations) + sources,
    )


def _spacings(blocks: Sequence[OrientedBlock], basis: Basis) -> list[float]:
    """Pixels between rings of each block, by the fit to all targets; the first is the basis's."""
    first = basis.spacing(blocks[0])
    found = [first * b.pitch / blocks[0].pitch for b in blocks]
    for i in range(1, len(blocks)):
        tried = found[i] * 2.0**_OCTAVES
        pairs = [blocks[0], blocks[i]]
        r2 = [fitted(pairs, basis=basis, spacings=[first, float(s)])[1].r2 for s in tried]
        found[i] = float(tried[int(np.argmax(r2))])
    return found
