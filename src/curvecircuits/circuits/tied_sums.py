"""The sums over a block of weights that fits of tied templates are made from.

Terms are products of a part for the source, one for the target and one for the cell, so that the
normal equations of any selection of targets are products of small sums, and no table of weights ×
terms is ever formed.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float
from numpy import ndarray

from curvecircuits.circuits.blocks import OrientedBlock
from curvecircuits.circuits.templates import Terms, hats

TINY = float(np.finfo(float).tiny)


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What a fit needs of a block; k are terms, q orders of the source, j functions of the cell."""

    source: Complex[ndarray, "t s q"]
    """The source's part of a term, in the target's frame."""
    cells: Complex[ndarray, "t s j"]
    """Sums of weight × function of the cell in the target's frame."""
    grams: tuple[tuple[ndarray, ndarray], ...]
    """Sums of products of terms with conjugates of terms, then with terms: over the cells for each
    target (t, k, k), and over nothing for each source (s, q, q), all seen from target 0."""
    form: Float[ndarray, "t parts parts"]
    """Sums over cells of the square of Re Σ x_j f_j, as a quadratic form of the real and imaginary
    parts of x, which alternate."""
    squares: Float[ndarray, " t"]
    """Sums of squared weights."""
    total: Float[ndarray, " t"]
    """Sums of squares about the block's mean."""


def parts_of(terms: Terms) -> tuple[ndarray, ndarray, ndarray, ndarray]:
    """The distinct (a, k) and (ring, n) of terms, each with its place for every term.

    >>> from curvecircuits.circuits.templates import Basis, terms_of
    >>> sources, q, cells, j = parts_of(terms_of(Basis(), targets=360, sources=180, rings=1))
    >>> sources.tolist()
    [[0, 0], [2, 0], [4, 0], [6, 0]]
    """
    sources, q = np.unique(np.stack([terms.order, terms.hue], 1), axis=0, return_inverse=True)
    cells, j = np.unique(np.stack([terms.ring, terms.wave], 1), axis=0, return_inverse=True)
    return sources, q.ravel(), cells, j.ravel()


def sums_of(
    block: OrientedBlock, terms: Terms, spacing: float, hues: Float[ndarray, " s"] | None
) -> Sums:
    """The sums of a block for some terms, with rings so many pixels apart.

    Weights are divided by the root of their total sum of squares about the mean.
    """
    sources, q, cells, j = parts_of(terms)
    theta_t, theta_s = (np.radians(f.orientations) for f in (block.targets, block.sources))
    hue = np.zeros(len(theta_s)) if hues is None else np.radians(hues)
    distance, direction = block.polar
    values = block.values.reshape(*block.values.shape[:2], -1)
    about = np.square(values - values.mean()).sum((1, 2))
    unit = 1 / np.sqrt(max(about.sum(), TINY))  # so that blocks count alike
    here = hats(distance / spacing, cells[:, 0]) * np.exp(1j * direction[:, None] * cells[:, 1])
    frame = np.exp(-1j * theta_t[:, None] * cells[:, 1])
    turn = theta_s[None, :, None] - theta_t[:, None, None]
    source = np.exp(1j * (turn * sources[:, 0] + hue[None, :, None] * sources[:, 1]))
    turned = source[:, 0] / source[0, 0]  # all that the target changes in a source's part
    grams: list[tuple[ndarray, ndarray]] = []
    between: list[ndarray] = []
    for other in (np.conj, np.positive):
        of_cells = frame[:, :, None] * other(frame)[:, None] * (here.T @ other(here))
        of_turns = turned[:, :, None] * other(turned)[:, None]
        by_target = of_cells[:, j[:, None], j] * of_turns[:, q[:, None], q]
        grams.append(
            (np.ascontiguousarray(by_target), source[0][:, :, None] * other(source[0])[:, None])
        )
        between.append(of_cells)
    return Sums(
        source=source,
        cells=unit * (values @ here) * frame[:, None],
        grams=tuple(grams),
        form=_form(*between),
        squares=unit**2 * np.square(values).sum((1, 2)),
        total=unit**2 * about,
    )


def _form(conjugate: ndarray, plain: ndarray) -> ndarray:
    """From sums of f_i · conj(f_j) and of f_i · f_j."""
    targets, count, _ = plain.shape
    parts: ndarray = np.empty((targets, count, 2, count, 2))
    parts[:, :, 0, :, 0] = np.real(conjugate + plain)
    parts[:, :, 1, :, 0] = -np.imag(conjugate + plain)
    parts[:, :, 0, :, 1] = np.imag(conjugate - plain)
    parts[:, :, 1, :, 1] = np.real(conjugate - plain)
    return parts.reshape(targets, 2 * count, 2 * count) / 2
