"""Expanded weights as a few factors: which channels go together, and where."""

import warnings
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from curvecircuits.errors import InputError

_STEPS = 2000


@dataclass(frozen=True, kw_only=True)
class WeightFactors:
    """A one-sided non-negative factorisation of expanded weights.

    values[…, c, i, j] ≈ Σ_k channels[k, c] · spatial[k, …, i, j].
    """

    channels: Float[ndarray, "factors channels"]
    """Non-negative, each of norm 1; the factor that explains most first."""
    spatial: Float[ndarray, "factors *units h w"]
    """Free in sign: where a factor's channels excite the unit, and where they inhibit it."""
    explained: float
    """Share of the sum of squared weights: 1 − ‖W − approximation‖² / ‖W‖²."""
    converged: bool
    """Whether the iteration came to rest."""


def weight_factors(
    values: Float[Tensor, "*units channels h w"], *, factors: int = 3, seed: int = 0
) -> WeightFactors:
    """Factor expanded weights into channel factors ≥ 0 and spatial factors free in sign.

    The weights are laid out as channels × (units · positions), and their positive part and their
    negated negative part are put side by side along the positions. Non-negative matrix
    factorisation of that gives channel factors that both parts share; a spatial factor is its
    positive part less its negative one.

    Parameters
    ----------
    values
        (channels, h, w) of one unit, or (units, channels, h, w) of several, which then share the
        channel factors.
    factors
        How many.
    seed
        Of the iteration's order; the result is the same each time.

    Raises
    ------
    InputError
        When weights are not finite or all zero, or factors fewer than 1 or more than channels.

    Examples
    --------
    >>> import torch
    >>> where = torch.tensor([[1.0, -1.0]])
    >>> values = torch.tensor([2.0, 0.0, 1.0])[:, None, None] * where
    >>> found = weight_factors(values, factors=1)
    >>> found.channels.round(2), found.spatial.round(2), round(found.explained, 3)
    (array([[0.89, 0.  , 0.45]]), array([[[ 2.24, -2.24]]]), 1.0)

    References
    ----------
    Voss et al., "Visualizing Weights", Distill 2021, section on one-sided non-negative matrix
    factorisation; stacking of the two parts as in Lucid's notebooks.
    """
    # Slow to import, and only needed here.
    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    array = values.detach().cpu().double().numpy()
    if array.ndim not in (3, 4):
        raise InputError(
            f"Weights of shape {tuple(array.shape)} cannot be factored: give (channels, h, w) or "
            "(units, channels, h, w)."
        )
    *units, depth, height, width = array.shape
    if not 1 <= factors <= depth:
        raise InputError(
            f"Weights on {depth} channels have from 1 to {depth} factors, not {factors}."
        )
    if not np.isfinite(array).all() or not array.any():
        raise InputError("Weights to factor must be finite, and not all of them zero.")
    flat = np.moveaxis(array, -3, 0).reshape(depth, -1)
    scale = np.abs(flat).max()
    parts = np.concatenate([flat.clip(min=0), (-flat).clip(min=0)], axis=1) / scale
    start = "nndsvda" if factors <= min(parts.shape) else "random"
    model: Any = NMF(cast(Any, factors), init=start, random_state=seed, max_iter=_STEPS, tol=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # said in the result instead
        found = np.asarray(model.fit_transform(parts))
    positive, negative = np.split(np.asarray(model.components_), 2, axis=1)
    norms = np.linalg.norm(found, axis=0)
    channels = (found / np.where(norms > 0, norms, 1)).T
    spatial = (positive - negative) * norms[:, None] * scale
    order = np.argsort(-np.linalg.norm(spatial, axis=1), kind="stable")
    channels, spatial = channels[order], spatial[order]
    left = np.square(flat - channels.T @ spatial).sum() / np.square(flat).sum()
    return WeightFactors(
        channels=channels,
        spatial=spatial.reshape(factors, *units, height, width),
        explained=float(1 - left),
        converged=bool(model.n_iter_ < _STEPS),
    )
