"""Fitting tied templates by least squares, with every target left out in turn.

Gains and template are fitted in turn: each is linear given the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.circuits.blocks import OrientedBlock
from curvecircuits.circuits.templates import Basis, Template, Terms, terms_of
from curvecircuits.circuits.tied_sums import TINY, Sums, parts_of, sums_of
from curvecircuits.errors import InputError

_RIDGE = 0.01
"""Of the mean diagonal of the normal equations."""
_ROUNDS = 3
"""Of template and gains in turn; twice as many change R² by less than 0.01."""

_TOGETHER = 4
"""Folds whose normal equations are solved at once; of more they are no longer in the cache."""


@dataclass(frozen=True, kw_only=True)
class Residuals:
    """What a fit leaves of each target's weights, all blocks' targets one after the other.

    Both are sums of squares, as shares of the block's total: what the prediction misses, and the
    weights about the mean of the block.
    """

    gone: Float[ndarray, " targets"]
    total: Float[ndarray, " targets"]

    @property
    def r2(self) -> float:
        """1 − Σ gone / Σ total."""
        return float(1 - self.gone.sum() / self.total.sum())

    @property
    def of_targets(self) -> tuple[float, ...]:
        """1 − gone / total of each target; NaN for one whose weights are all the mean."""
        total = np.where(self.total > 0, self.total, np.nan)
        return tuple(float(x) for x in 1 - self.gone / total)


def _mix(weights: ndarray, tables: ndarray) -> ndarray:
    """Σ weights[f, i] · tables[i, ...], of tables (i, a, b) in C order: (f, a · b)."""
    return (weights @ tables.reshape(len(tables), -1).view(float)).view(complex)


def _ratio(above: ndarray, below: ndarray) -> ndarray:
    """The one over the other, 0 where negative or where there is nothing below."""
    fine = below > 1e-12 * max(float(below.max(initial=0)), TINY)
    return np.where(fine, np.clip(above, 0, None) / np.where(fine, below, 1), 0)


def _of_size_one(gains: ndarray, chosen: ndarray) -> ndarray:
    """Gains with a mean square of 1 over what is chosen; 1 where all are 0."""
    size = np.sqrt(np.square(gains).sum(1) / chosen.sum(1))[:, None]
    return np.where(size > 0, gains / np.where(size > 0, size, 1), chosen)


class _Folds:
    """Fits to several selections of targets at once; arrays are indexed by selection first."""

    def __init__(self, blocks: Sequence[Sums], terms: Terms, chosen: ndarray) -> None:
        self.blocks, self.terms = blocks, terms
        _, self.q, _, self.j = parts_of(terms)
        edges = np.cumsum([len(block.total) for block in blocks])[:-1]
        self.chosen = np.split(chosen.astype(float), edges, axis=1)
        self.targets = [c.copy() for c in self.chosen]
        self.sources = [np.ones((len(chosen), b.source.shape[1])) for b in blocks]
        flat = [b.source[..., self.q] * b.cells[..., self.j] for b in blocks]
        self.flat = [np.ascontiguousarray(each).reshape(-1, len(terms)) for each in flat]
        self.pairs = [(self.q[:, None] * b.source.shape[2] + self.q).ravel() for b in blocks]
        for _ in range(_ROUNDS):
            self.coefficients = self._solve()
            self.products = [self._products(block) for block in blocks]
            self._update_gains()

    def _solve(self) -> ndarray:
        """Coefficients of the template for the gains: (folds, terms)."""
        every = range(0, len(self.chosen[0]), _TOGETHER)
        return np.concatenate([self._solved(slice(first, first + _TOGETHER)) for first in every])

    def _solved(self, some: slice) -> ndarray:
        """Coefficients of some folds."""
        targets, sources = [g[some] for g in self.targets], [h[some] for h in self.sources]
        count, folds, sine = len(self.terms), len(targets[0]), ~self.terms.constant
        both: ndarray = np.zeros((2, folds, count * count), complex)
        right: ndarray = np.zeros((folds, count), complex)
        for block, flat, pairs, g, h in zip(
            self.blocks, self.flat, self.pairs, targets, sources, strict=True
        ):
            right += _mix((g[:, :, None] * h[:, None]).reshape(folds, -1), flat)
            for kind, (by_target, by_source) in enumerate(block.grams):
                term = _mix(np.square(g), by_target)
                term *= _mix(np.square(h), by_source).take(pairs, axis=1)
                both[kind] += term
        # cos·cos, cos·sin and sin·sin of two phases, from their sum and difference.
        conjugate, plain = both.reshape(2, folds, count, count)
        matrix: ndarray = np.empty((folds, self.terms.numbers, self.terms.numbers))
        matrix[:, :count, :count] = np.real(plain) + np.real(conjugate)
        matrix[:, :count, count:] = (np.imag(plain) - np.imag(conjugate))[:, :, sine]
        matrix[:, count:, :count] = matrix[:, :count, count:].swapaxes(1, 2)
        matrix[:, count:, count:] = (np.real(conjugate) - np.real(plain))[:, sine][:, :, sine]
        matrix /= 2
        vector = np.concatenate([np.real(right), np.imag(right)[:, sine]], axis=1)
        size = np.trace(matrix, axis1=1, axis2=2) / matrix.shape[1]
        matrix += np.maximum(_RIDGE * size, TINY)[:, None, None] * np.eye(matrix.shape[1])
        solved = np.linalg.solve(matrix, vector[..., None])[..., 0]
        found = solved[:, :count].astype(complex)
        found[:, sine] -= 1j * solved[:, count:]
        return found

    def _products(self, block: Sums) -> tuple[ndarray, ndarray]:
        """Of what is predicted but for gains, with the weights and with itself: (folds, t, s)."""
        table = np.zeros((len(self.coefficients), self.q.max() + 1, self.j.max() + 1), complex)
        table[:, self.q, self.j] = self.coefficients
        # Real and imaginary parts one after the other: half of what a complex product computes.
        field = (block.source @ table[:, None]).view(float)
        itself = np.einsum("ftsj,ftsj->fts", field @ block.form, field)
        return np.einsum("ftsj,tsj->fts", field, block.cells.conj().view(float)), itself

    def _update_gains(self) -> None:
        """Gains given the template, none below 0, of mean square 1."""
        for b, (cross, own) in enumerate(self.products):
            h = self.sources[b][:, None]
            self.targets[b] = self.chosen[b] * _ratio((cross * h).sum(2), (own * h**2).sum(2))
            g = self.targets[b][:, :, None]
            h = _ratio((cross * g).sum(1), (own * g**2).sum(1))
            self.sources[b] = _of_size_one(h, np.ones_like(h))
        every = _of_size_one(np.concatenate(self.targets, 1), np.concatenate(self.chosen, 1))
        edges = np.cumsum([len(block.total) for block in self.blocks])[:-1]
        self.targets = np.split(every, edges, axis=1)

    def gone(self) -> Float[ndarray, "folds targets"]:
        """Squares missed of each target, chosen or not, at its own best gain."""
        found: list[ndarray] = []
        for block, h, (cross, own) in zip(self.blocks, self.sources, self.products, strict=True):
            with_weights = (cross * h[:, None]).sum(2)
            itself = (own * h[:, None] ** 2).sum(2)
            met = np.clip(with_weights, 0, None) * _ratio(with_weights, itself)
            found.append(block.squares - met)
        return np.concatenate(found, axis=1)


def _terms(
    blocks: Sequence[OrientedBlock], basis: Basis, spacings: Sequence[float] | None
) -> tuple[Terms, list[float]]:
    """The terms that all blocks share, and the spacing of each block's rings."""
    periods = {(b.targets.period, b.sources.period) for b in blocks}
    if len(periods) != 1:
        raise InputError(
            "Blocks that share a template have targets of one period, and sources of one; these "
            + (f"have {sorted(periods)}." if periods else "are none.")
        )
    ((targets, sources),) = periods
    apart = [basis.spacing(b) for b in blocks] if spacings is None else list(spacings)
    reach = max(float(b.polar[0].max()) / s for b, s in zip(blocks, apart, strict=True))
    rings = min(basis.rings, int(np.ceil(reach - 1e-9)))
    return terms_of(basis, targets=targets, sources=sources, rings=rings), apart


def _prepared(
    blocks: Sequence[OrientedBlock],
    basis: Basis,
    spacings: Sequence[float] | None,
    hues: Float[ndarray, " s"] | None,
) -> tuple[list[Sums], Terms, list[float]]:
    terms, apart = _terms(blocks, basis, spacings)
    if (hues is None) != (not basis.hues):
        raise InputError(
            "A basis with harmonics of the hue needs the hues of sources, and no other."
        )
    return [sums_of(b, terms, s, hues) for b, s in zip(blocks, apart, strict=True)], terms, apart


def template_numbers(
    blocks: Sequence[OrientedBlock], *, basis: Basis, spacings: Sequence[float] | None = None
) -> int:
    """Numbers of one template for all blocks.

    Raises
    ------
    InputError
        When blocks differ in the periods of their families.
    """
    return _terms(blocks, basis, spacings)[0].numbers


def _residuals(blocks: Sequence[Sums], gone: ndarray) -> Residuals:
    return Residuals(gone=gone, total=np.concatenate([b.total for b in blocks]))


def left_out(
    blocks: Sequence[OrientedBlock],
    *,
    basis: Basis,
    spacings: Sequence[float] | None = None,
    hues: Float[ndarray, " sources"] | None = None,
) -> Residuals:
    """One template for all blocks: what it misses of each target when fitted to the others.

    Of the target left out only its gain is fitted. The spacing of each block's rings is the
    basis's own if not given.

    Raises
    ------
    InputError
        When blocks differ in the periods of their families, or there are fewer than two targets.
    """
    sums, terms, _ = _prepared(blocks, basis, spacings, hues)
    count = sum(len(s.total) for s in sums)
    if count < 2:
        raise InputError("To leave a target out, a fit needs at least two targets.")
    folds = _Folds(sums, terms, ~np.eye(count, dtype=bool))
    return _residuals(sums, np.diagonal(folds.gone()).copy())


def fitted(
    blocks: Sequence[OrientedBlock],
    *,
    basis: Basis,
    spacings: Sequence[float] | None = None,
    hues: Float[ndarray, " sources"] | None = None,
) -> tuple[tuple[Template, ...], Residuals]:
    """One template for all blocks, in each block's pixels and size, and what it misses of them.

    Nothing is left out: the residuals are those of the fit itself.

    Raises
    ------
    InputError
        When blocks differ in the periods of their families.
    """
    sums, terms, apart = _prepared(blocks, basis, spacings, hues)
    count = sum(len(s.total) for s in sums)
    folds = _Folds(sums, terms, np.ones((1, count), dtype=bool))
    templates: list[Template] = []
    for block, spacing, g in zip(blocks, apart, folds.targets, strict=True):
        size = np.sqrt(np.square(block.values - block.values.mean()).sum() * np.square(g).mean())
        templates.append(
            Template(terms=terms, coefficients=size * folds.coefficients[0], spacing=spacing)
        )
    return tuple(templates), _residuals(sums, folds.gone()[0])
