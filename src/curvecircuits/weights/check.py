"""Expanded weights against the network itself: what they predict, and what is so.

Both checks come with a control in which the weights say nothing: weights on other channels than
their own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.weights.expanded import ExpandedWeights, linear_bias
from curvecircuits.weights.resume import resumed
from curvecircuits.weights.sampling import Place, chunks, correlations, sampling


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What the linear approximation says of units' pre-activations, and what they are."""

    source: str
    units: tuple[Unit, ...]
    correlation: Float[ndarray, " units"]
    """Pearson correlation of W · h + b with the pre-activation, over images and positions."""
    control: Float[ndarray, " units"]
    """The same, with the weights' source channels in another order."""
    slope: Float[ndarray, " units"]
    """Change of the pre-activation per change of the prediction, by least squares."""
    predicted: Float[ndarray, "units observations"]
    actual: Float[ndarray, "units observations"]
    """One column an image and position, position fastest."""


@dataclass(frozen=True, kw_only=True)
class Ablation:
    """What removing groups of source channels does to units, predicted and measured."""

    source: str
    units: tuple[Unit, ...]
    groups: tuple[str, ...]
    correlation: Float[ndarray, "groups units"]
    """Pearson correlation of predicted with actual changes, over images and positions."""
    control: Float[ndarray, "groups units"]
    """The same, predicted from as many other channels; NaN where there are none."""
    slope: Float[ndarray, "groups units"]
    """Actual change per predicted change, by least squares through the origin."""
    predicted: Float[ndarray, "groups units observations"]
    actual: Float[ndarray, "groups units observations"]


def agreement(
    network: Network,
    weights: ExpandedWeights,
    images: Float[Tensor, "n 3 h w"],
    *,
    positions: int | None = 16,
    at: Place | None = None,
    seed: int = 0,
) -> Agreement:
    """Correlation of what expanded weights predict with units' real pre-activations.

    The prediction at a position is Σ W[u, c, i, j] · h[c, i, j] + b[u], with h the real values of
    the source under the unit's support and b the `linear_bias`.

    Parameters
    ----------
    images
        RGB in [0, 1], (N, 3, H, W).
    positions
        How many positions of the map are read, the same in every image; None is all. Only interior
        ones are, whose whole support lies on the source's map.
    at
        Read this (row, column) only; cells outside the source's map then count as zero.
    seed
        Of the positions drawn and of the control's order of channels.

    Raises
    ------
    InputError
        For images the network cannot take or that have no interior position.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> from curvecircuits.weights import expanded_weights
    >>> network = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)), input_size=32)
    >>> found = agreement(
    ...     network, expanded_weights(network, "0", units=[("1", 2)]), torch.rand(4, 3, 32, 32)
    ... )
    >>> found.correlation.round(3), found.slope.round(3)  # nothing here is not linear
    (array([1.]), array([1.]))

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021; Voss et al., "Visualizing Weights", 2021.
    """
    where = sampling(network, weights, images, positions=positions, at=at, seed=seed)
    height, width = weights.values.shape[2:]
    bias = linear_bias(network, weights.source, units=weights.units)
    mixed = weights.values[:, _mixed(weights.values.shape[1], seed)]
    both = torch.cat([weights.values, mixed]).flatten(1).T.contiguous()
    said: list[Tensor] = []
    real: list[Tensor] = []
    channels = [u.channel for u in weights.units]
    with torch.inference_mode():
        for batch in chunks(images):
            maps = network.activations(batch, layers=[where.source, where.target])
            patches = where.patches(maps[where.source], height, width)
            said.append(torch.stack([p.flatten(1) @ both for p in patches], 1))
            real.append(where.read(maps[where.target], channels))
        predicted, control = _observations(said).chunk(2)
        predicted = predicted + bias[:, None]
        actual = _observations(real)
        correlation = correlations(predicted, actual)
        slope = correlation * actual.double().std(1) / predicted.double().std(1)
        return Agreement(
            source=weights.source,
            units=weights.units,
            correlation=correlation.cpu().numpy(),
            control=correlations(control, actual).cpu().numpy(),
            slope=slope.cpu().numpy(),
            predicted=predicted.cpu().numpy(),
            actual=actual.cpu().numpy(),
        )


def _mixed(channels: int, seed: int) -> Tensor:
    """Another order of the channels, in which none stays in its place where that can be."""
    order = torch.randperm(channels, generator=torch.Generator().manual_seed(seed))
    other = torch.empty_like(order)
    other[order] = order.roll(1)
    return other


def _observations(parts: Sequence[Tensor]) -> Tensor:
    """(N, places, units) of several batches as (units, N · places)."""
    return torch.cat(list(parts)).flatten(0, 1).T.contiguous()


def ablation(
    network: Network,
    weights: ExpandedWeights,
    images: Float[Tensor, "n 3 h w"],
    *,
    groups: Mapping[str, Sequence[int]],
    positions: int | None = 16,
    at: Place | None = None,
    seed: int = 0,
) -> Ablation:
    """Change of units' pre-activations without groups of source channels: predicted and real.

    The prediction for the channels F is −Σ_{c ∈ F} W[u, c] · h[c]. The real change is that of the
    network run on from the source, with those channels zero at every position.

    Parameters
    ----------
    groups
        Channels of the source by name.
    images, positions, at, seed
        As for `agreement`; the seed also draws the control's channels.

    Raises
    ------
    InputError
        As `agreement`, and for groups that are empty or name channels that there are not.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> from curvecircuits.weights import expanded_weights
    >>> network = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)), input_size=32)
    >>> found = ablation(
    ...     network,
    ...     expanded_weights(network, "0", units=[("1", 2)]),
    ...     torch.rand(4, 3, 32, 32),
    ...     groups={"first two": (0, 1)},
    ... )
    >>> found.correlation.round(3), found.slope.round(3)
    (array([[1.]]), array([[1.]]))

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021.
    """
    depth = weights.values.shape[1]
    for name, members in groups.items():
        if not members or not all(0 <= c < depth for c in members):
            raise InputError(
                f"The group {name!r} is not one of channels of {weights.source}: give one or more "
                f"from 0 to {depth - 1}."
            )
    if not groups:
        raise InputError("Name at least one group of channels to remove.")
    where = sampling(network, weights, images, positions=positions, at=at, seed=seed)
    height, width = weights.values.shape[2:]
    members = [*map(list, groups.values())]
    others = [_others(m, depth, seed + i) for i, m in enumerate(members)]
    channels = [u.channel for u in weights.units]
    said: list[list[Tensor]] = [[] for _ in (*members, *others)]
    real: list[list[Tensor]] = [[] for _ in members]
    with torch.inference_mode():
        by_group = [-weights.values[:, m].flatten(1).T for m in (*members, *others)]
        for batch in chunks(images):
            values = network.activations(batch, layers=[where.source])[where.source]
            after = resumed(network, where.source, where.target, images=batch)
            intact = where.read(after(values), channels)
            for found, m in zip(real, members, strict=True):
                without = values.clone()
                without[:, m] = 0
                found.append(where.read(after(without), channels) - intact)
            patches = list(where.patches(values, height, width))
            for found, m, w in zip(said, (*members, *others), by_group, strict=True):
                found.append(torch.stack([p[:, m].flatten(1) @ w for p in patches], 1))
        everything = torch.stack([_observations(s) for s in said])
        predicted, control = everything.split(len(members))
        actual = torch.stack([_observations(r) for r in real])
        slope = (predicted * actual).sum(2).double() / predicted.square().sum(2)
        return Ablation(
            source=weights.source,
            units=weights.units,
            groups=tuple(groups),
            correlation=correlations(predicted, actual).cpu().numpy(),
            control=correlations(control, actual).cpu().numpy(),
            slope=slope.cpu().numpy(),
            predicted=predicted.cpu().numpy(),
            actual=actual.cpu().numpy(),
        )


def _others(members: Sequence[int], depth: int, seed: int) -> list[int]:
    """As many channels that are not among the members, or all of those if they are fewer."""
    rest = sorted(set(range(depth)) - set(members))
    order = torch.randperm(len(rest), generator=torch.Generator().manual_seed(seed))
    return sorted(rest[i] for i in order[: len(members)].tolist())
