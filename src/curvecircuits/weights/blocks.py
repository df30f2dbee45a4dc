"""Blocks of expanded weights between lists of units, and one number for each pair of groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.weights.expanded import expanded_weights

Metric = Literal["norm", "sum", "magnitude", "positive", "negative"]


@dataclass(frozen=True, kw_only=True)
class WeightBlock:
    """Expanded weights of some units on some units of one earlier layer."""

    targets: tuple[Unit, ...]
    sources: tuple[Unit, ...]
    values: Float[Tensor, "targets sources h w"]
    pitch: int
    """Pixels between neighbouring cells."""
    offset: tuple[float, float]
    """Pixels from the target's centre to that of the first cell, (down, right)."""


@dataclass(frozen=True, kw_only=True)
class GroupMatrix:
    """One number for each pair of groups: the mean of a metric over their pairs of units."""

    metric: Metric
    targets: tuple[str, ...]
    sources: tuple[str, ...]
    values: Float[ndarray, "targets sources"]
    pairs: Mapping[tuple[str, str], Float[ndarray, "target_units source_units"]]
    """Of each pair of groups, the metric of every pair of units; intervals resample these."""


def weight_block(
    network: Network, *, targets: Sequence[Unit], sources: Sequence[Unit]
) -> WeightBlock:
    """Expanded weights of units of one layer on units of one earlier layer.

    `values[t, s, i, j]` is the weight of target t on source s at a cell, as in `expanded_weights`.

    Raises
    ------
    InputError
        When either list is empty or of several layers, and as `expanded_weights`.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> network = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)), input_size=32)
    >>> found = weight_block(network, targets=[Unit("1", 2)], sources=[Unit("0", 3), Unit("0", 1)])
    >>> tuple(found.values.shape)
    (1, 2, 3, 3)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021.
    """
    read = tuple(_unit(network, u) for u in sources)
    layers = sorted({u.layer for u in read})
    if len(layers) != 1:
        raise InputError(
            "A block of weights is on units of one layer: "
            + (f"these are of {', '.join(layers)}." if layers else "name at least one source.")
        )
    found = expanded_weights(network, layers[0], units=targets)
    return WeightBlock(
        targets=found.units,
        sources=read,
        values=found.values[:, [u.channel for u in read]].contiguous(),
        pitch=found.pitch,
        offset=found.offset,
    )


def _unit(network: Network, unit: Unit) -> Unit:
    checked = network.check(unit)
    assert isinstance(checked, Unit)
    return checked


def pair_metric(
    values: Float[Tensor, "targets sources h w"], *, metric: Metric = "norm"
) -> Float[Tensor, "targets sources"]:
    """One number for each pair of units, from the spatial kernel w between them.

    `norm` is √Σw², `sum` is Σw, `magnitude` Σ|w|, `positive` and `negative` the sums of the
    positive and of the negative weights alone (the latter is at most 0).

    Raises
    ------
    InputError
        For a metric that there is not.

    Examples
    --------
    >>> pair_metric(torch.tensor([[[[3.0, -4.0]]]])).item()
    5.0
    >>> pair_metric(torch.tensor([[[[3.0, -4.0]]]]), metric="sum").item()
    -1.0

    References
    ----------
    Olah et al., "An Overview of Early Vision in InceptionV1", 2020, orders units by the norm.
    """
    match metric:
        case "norm":
            return values.square().sum((2, 3)).sqrt()
        case "sum":
            return values.sum((2, 3))
        case "magnitude":
            return values.abs().sum((2, 3))
        case "positive":
            return values.clamp(min=0).sum((2, 3))
        case "negative":
            return values.clamp(max=0).sum((2, 3))
        case _:
            raise InputError(
                f"{metric!r} is no metric of weights: choose {', '.join(get_args(Metric))}."
            )


def group_matrix(
    network: Network,
    *,
    targets: Mapping[str, Sequence[Unit]],
    sources: Mapping[str, Sequence[Unit]],
    metric: Metric = "norm",
) -> GroupMatrix:
    """Mean metric of the weights between each pair of groups, such as families.

    Parameters
    ----------
    targets, sources
        Units by name of their group; those of a side are all of one layer.

    Raises
    ------
    InputError
        When a group is empty, and as `weight_block`.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> network = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)), input_size=32)
    >>> found = group_matrix(
    ...     network,
    ...     targets={"all": [Unit("1", c) for c in range(5)]},
    ...     sources={"even": [Unit("0", 0), Unit("0", 2)], "odd": [Unit("0", 1), Unit("0", 3)]},
    ... )
    >>> found.values.shape, found.pairs["all", "odd"].shape
    ((1, 2), (5, 2))

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021.
    """
    for name, members in (*targets.items(), *sources.items()):
        if not members:
            raise InputError(f"The group {name!r} is empty: name at least one unit.")
    block = weight_block(
        network,
        targets=[u for members in targets.values() for u in members],
        sources=[u for members in sources.values() for u in members],
    )
    each = pair_metric(block.values, metric=metric)
    rows = each.split([len(m) for m in targets.values()])
    widths = [len(m) for m in sources.values()]
    pairs = {
        (t, s): part.cpu().numpy()
        for t, row in zip(targets, rows, strict=True)
        for s, part in zip(sources, row.split(widths, 1), strict=True)
    }
    means = torch.tensor([[float(pairs[t, s].mean()) for s in sources] for t in targets])
    return GroupMatrix(
        metric=metric,
        targets=tuple(targets),
        sources=tuple(sources),
        values=means.numpy(),
        pairs=pairs,
    )
