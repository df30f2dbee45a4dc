"""The strongest connections of a unit, to earlier and to later layers."""

from dataclasses import dataclass

import torch
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.weights.blocks import pair_metric
from curvecircuits.weights.compose import composed
from curvecircuits.weights.expanded import expanded_weights
from curvecircuits.weights.linear import linear_path

_CHUNK = 64
"""Units at a time, so that weights over many layers fit in memory."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """The expanded weights between two units, in two numbers."""

    source: Unit
    target: Unit
    norm: float
    """L2 norm of the spatial kernel."""
    total: float
    """Its signed sum: above 0 where the source mostly excites the target."""


def top_inputs(network: Network, unit: Unit, source: str, n: int = 10) -> tuple[Connection, ...]:
    """The units of an earlier layer with the strongest weights on a unit, strongest first.

    Strength is the L2 norm of the spatial kernel of expanded weights, √Σ w². Units without any
    weight are left out.

    Raises
    ------
    InputError
        When n is below 1, and as `expanded_weights`.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> network = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)), input_size=32)
    >>> first, second = top_inputs(network, Unit("1", 2), "0", 2)
    >>> first.norm >= second.norm, first.source.layer
    (True, '0')

    References
    ----------
    Olah et al., "An Overview of Early Vision in InceptionV1", Distill 2020.
    """
    found = expanded_weights(network, source, units=[unit])
    layer = network.layer(source).name
    pairs = [(Unit(layer, c), found.units[0]) for c in range(found.values.shape[1])]
    return _strongest(found.values[0], pairs, n)


def top_outputs(network: Network, unit: Unit, target: str, n: int = 10) -> tuple[Connection, ...]:
    """The units of a later layer on which a unit has the strongest weights, strongest first.

    Strength is the L2 norm of the spatial kernel of expanded weights, √Σ w². Units that do not
    depend on it are left out.

    Raises
    ------
    InputError
        When n is below 1, and as `expanded_weights`.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> network = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)), input_size=32)
    >>> len(top_outputs(network, Unit("0", 1), "1", 99))
    5

    References
    ----------
    Olah et al., "An Overview of Early Vision in InceptionV1", Distill 2020.
    """
    checked = network.check(unit)
    assert isinstance(checked, Unit)
    layer, start = network.layer(target), network.layer(unit.layer)
    steps = linear_path(network, start.name, layer.name)
    kernels: list[Tensor] = []
    pairs: list[tuple[Unit, Unit]] = []
    for chunk in torch.arange(layer.channels).split(_CHUNK):
        try:
            found = composed(steps, start.name, start.channels, chunk.tolist())
        except InputError:  # none of them depends on the source
            continue
        kernels += found.kernel.values[:, checked.channel]
        pairs += [(checked, Unit(layer.name, c)) for c in chunk.tolist()]
    if not kernels:
        raise InputError(f"No unit of {target} depends on {unit.layer}.")
    return _strongest(kernels, pairs, n)


def _strongest(
    kernels: Tensor | list[Tensor], pairs: list[tuple[Unit, Unit]], n: int
) -> tuple[Connection, ...]:
    if n < 1:
        raise InputError(f"Ask for at least one connection, not {n}.")
    norms = [float(pair_metric(k[None, None])) for k in kernels]
    order = sorted((i for i, norm in enumerate(norms) if norm), key=lambda i: -norms[i])[:n]
    return tuple(
        Connection(
            source=pairs[i][0], target=pairs[i][1], norm=norms[i], total=float(kernels[i].sum())
        )
        for i in order
    )
