"""Where in a network an edit acts: the layers that make the values of units it names."""

from collections.abc import Sequence

import torch
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
from curvecircuits.models.edit_fields import Units
from curvecircuits.models.network import Network


def checked(network: Network, units: Units) -> list[Unit]:
    """The units by their layers' full names."""
    found: list[Unit] = []
    for unit in units:
        named = network.check(unit if isinstance(unit, Unit) else Unit(*unit))
        assert isinstance(named, Unit)
        found.append(named)
    return found


def written(network: Network, unit: Unit) -> Unit:
    """The unit itself; of a concatenation that is never computed, that of its branch."""
    layer, channel = unit.layer, unit.channel
    joined = network.wiring.joined
    while layer in joined:
        for branch in joined[layer]:
            width = network.layer(branch).channels
            if channel < width:
                layer = branch
                break
            channel -= width
    return Unit(layer, channel)


def places(network: Network, units: Sequence[Unit]) -> dict[str, tuple[list[int], list[int]]]:
    """Of each layer that makes some of the units: their channels, and positions in the list."""
    made_by = [written(network, u) for u in units]
    found: dict[str, tuple[list[int], list[int]]] = {}
    for position, unit in enumerate(made_by):
        if unit in made_by[:position]:
            raise InputError(f"An edit names {units[position]} twice: name each unit once.")
        channels, positions = found.setdefault(unit.layer, ([], []))
        channels.append(unit.channel)
        positions.append(position)
    return found


def before_clipping(network: Network, units: Sequence[Unit]) -> list[Unit]:
    """The units whose values are those of the given ones before clipping."""
    return [Unit(network.layer(u.layer).pre_activation, u.channel) for u in units]


def one_layer(network: Network, units: Sequence[Unit]) -> str:
    """The layer of units that must share one."""
    layers = sorted({u.layer for u in units})
    if len(layers) > 1:
        raise InputError(
            f"This edit takes units of one layer of {network.name}, not of {', '.join(layers)}: "
            "make one edit a layer."
        )
    return layers[0]


def like_weights(network: Network, values: Tensor) -> Tensor:
    """Values in the type of the network's weights, on its device."""
    dtypes = (t.dtype for t in network.state.values() if t.is_floating_point())
    return values.detach().to(network.device, next(dtypes, torch.float32))
