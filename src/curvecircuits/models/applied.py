"""What each edit does to a wiring: the checks against the network, then the surgery."""

import difflib
from collections.abc import Callable, Sequence
from copy import copy
from functools import singledispatch

import torch
from torch import Tensor, nn

from curvecircuits.errors import InputError
from curvecircuits.models.edit_fields import Units
from curvecircuits.models.edits import (
    AddWeights,
    KeepInputs,
    RemoveInputs,
    ReplaceUnits,
    ReplaceWeights,
    ScaleUnits,
    SetUnits,
    ZeroUnits,
)
from curvecircuits.models.network import Network
from curvecircuits.models.operations import Add, Constant, Donated, Scale, Zero
from curvecircuits.models.places import (
    before_clipping,
    checked,
    like_weights,
    one_layer,
    places,
)
from curvecircuits.models.surgery import Surgery
from curvecircuits.models.wiring import Wiring

Make = Callable[[list[int], list[int]], nn.Module]
"""An operation from channels of a layer and the positions of those units in the edit's list."""


@singledispatch
def applied(edit: object, network: Network, wiring: Wiring) -> Wiring:
    """The wiring that an edit makes of another one of the same network.

    Raises
    ------
    InputError
        When the network does not have what the edit names, or it does not fit.
    """
    del network, wiring
    raise InputError(
        f"A {type(edit).__name__} is no edit: give ZeroUnits, ScaleUnits, SetUnits, RemoveInputs, "
        "KeepInputs, ReplaceWeights, AddWeights or ReplaceUnits."
    )


# -- activations -------------------------------------------------------------------------------


def _on_units(network: Network, wiring: Wiring, units: Units, make: Make) -> Wiring:
    surgery = Surgery(wiring)
    for layer, (channels, positions) in places(network, checked(network, units)).items():
        surgery.after(layer, make(channels, positions).to(network.device))
    return surgery.done()


@applied.register
def _(edit: ZeroUnits, network: Network, wiring: Wiring) -> Wiring:
    return _on_units(network, wiring, edit.units, lambda c, _: Zero(c))


@applied.register
def _(edit: ScaleUnits, network: Network, wiring: Wiring) -> Wiring:
    return _on_units(network, wiring, edit.units, lambda c, _: Scale(c, edit.factor))


@applied.register
def _(edit: SetUnits, network: Network, wiring: Wiring) -> Wiring:
    values = like_weights(network, torch.tensor(edit.values, dtype=torch.float64))
    return _on_units(network, wiring, edit.units, lambda c, p: Constant(c, values[p]))


@applied.register
def _(edit: ReplaceUnits, network: Network, wiring: Wiring) -> Wiring:
    units, others = checked(network, edit.units), checked(edit.by, edit.by_units)
    layer, other = one_layer(network, units), one_layer(edit.by, others)
    _same_grid(network, layer, edit.by, other)
    if edit.by is network:  # as the edits before this one have left it
        with network.rewired(wiring):
            by = copy(network)
    else:
        by = copy(edit.by)  # edits swap what a network refers to: later ones do not reach this one
    scale, offset = (
        like_weights(network, torch.tensor(v, dtype=torch.float64))
        for v in (edit.scale, edit.offset)
    )
    surgery = Surgery(wiring)
    images = surgery.images()
    for place, (channels, positions) in places(network, units).items():
        operation = Donated(
            channels,
            by,
            layer=other,
            by_channels=[others[p].channel for p in positions],
            scale=scale[positions],
            offset=offset[positions],
        )
        surgery.after(place, operation.to(network.device), images)
    return surgery.done()


def _same_grid(network: Network, layer: str, by: Network, other: str) -> None:
    """Refuse two layers that do not have units at the same positions of the same images."""
    size = network.input_size
    blank = torch.zeros(1, 3, size, size, device=network.device)
    own = network.run(blank, layers=[layer])[layer].shape[2:]
    theirs = by.run(blank.to(by.device), layers=[other])[other].shape[2:]
    strides = [
        n.layer(x).spatial and n.geometry(x, size=size).y.stride
        for n, x in ((network, layer), (by, other))
    ]
    if own != theirs or (all(strides) and strides[0] != strides[1]):
        raise InputError(
            f"{other} of {by.name} has a map of {_grid(theirs, strides[1])} for images of {size} "
            f"pixels, and {layer} of {network.name} one of {_grid(own, strides[0])}: choose "
            "layers of the same grid."
        )


def _grid(size: Sequence[int], stride: int) -> str:
    cells = " × ".join(map(str, size)) or "no"
    return f"{cells} cells" + (f" at stride {stride}" if stride else "")


# -- inputs ------------------------------------------------------------------------------------


def _second_run(
    edit: RemoveInputs | KeepInputs, network: Network, wiring: Wiring, zeroed: list[int]
) -> Wiring:
    targets = checked(network, edit.targets)
    source = network.layer(edit.source).name
    surgery = Surgery(wiring)
    found = places(network, before_clipping(network, targets))
    for layer, (_, positions) in found.items():
        if layer == source or not surgery.depends(layer, source):
            raise InputError(
                f"{targets[positions[0]]} of {network.name} does not depend on {edit.source}: "
                "name an earlier layer from which there is a path."
            )
    channels = {layer: channels for layer, (channels, _) in found.items()}
    surgery.second_run(source, Zero(zeroed).to(network.device), channels)
    return surgery.done()


@applied.register
def _(edit: RemoveInputs, network: Network, wiring: Wiring) -> Wiring:
    checked(network, [(edit.source, c) for c in edit.channels])
    return _second_run(edit, network, wiring, list(edit.channels))


@applied.register
def _(edit: KeepInputs, network: Network, wiring: Wiring) -> Wiring:
    checked(network, [(edit.source, c) for c in edit.channels])
    others = set(range(network.layer(edit.source).channels)) - set(edit.channels)
    return _second_run(edit, network, wiring, sorted(others))


# -- weights -----------------------------------------------------------------------------------


@applied.register
def _(edit: ReplaceWeights, network: Network, wiring: Wiring) -> Wiring:
    # `network.state` gives new views: what is swapped has to be found by identity.
    module = wiring.module
    held = dict(module.named_parameters(remove_duplicate=False))
    held |= dict(module.named_buffers(remove_duplicate=False))
    names = list(module.state_dict())
    if edit.name not in names:
        near = difflib.get_close_matches(edit.name, names, n=3, cutoff=0.4) or names[-3:]
        raise InputError(
            f"{network.name} has no weights {edit.name!r}: did you mean {' or '.join(near)}?"
        )
    old = held[edit.name]
    if old.shape != edit.tensor.shape:
        raise InputError(
            f"{edit.name} of {network.name} has the shape {tuple(old.shape)}, not "
            f"{tuple(edit.tensor.shape)}."
        )
    new: Tensor = torch.empty_like(old, requires_grad=False).copy_(edit.tensor.detach())
    if isinstance(old, nn.Parameter):
        new = nn.Parameter(new, requires_grad=False)
    return Surgery(wiring, swapped={id(old): new}).done()


@applied.register
def _(edit: AddWeights, network: Network, wiring: Wiring) -> Wiring:
    targets = checked(network, edit.targets)
    source = network.layer(edit.source)
    target = one_layer(network, targets)
    surgery = Surgery(wiring)
    values = like_weights(network, edit.values)
    found = places(network, before_clipping(network, targets))
    for layer, (_, positions) in found.items():
        if surgery.depends(source.name, layer):
            raise InputError(
                f"{edit.source} of {network.name} is computed from {targets[positions[0]]}: "
                "weights can be added from earlier layers only."
            )
    _fits(edit, network, target)
    for layer, (channels, positions) in found.items():
        operation = Add(channels, values[positions], origin=edit.origin, stride=edit.stride)
        surgery.after(layer, operation.to(network.device), surgery.read(source.name, before=layer))
    return surgery.done()


def _fits(edit: AddWeights, network: Network, target: str) -> None:
    source, layer = network.layer(edit.source), network.layer(target)
    if edit.values.shape[1] != source.channels:
        raise InputError(
            f"Weights to add from {edit.source} have one column a channel: {source.channels}, "
            f"not {edit.values.shape[1]}."
        )
    if source.geometry is None or layer.geometry is None:
        raise InputError(
            f"Weights are added between maps of known geometry: {edit.source} or {target} of "
            f"{network.name} is none."
        )
    inner, outer = source.geometry, layer.geometry
    stride = (outer.y.stride // inner.y.stride, outer.x.stride // inner.x.stride)
    if stride != edit.stride:
        raise InputError(
            f"Units of {target} are {stride} cells of {edit.source} apart in {network.name}: "
            f"weights between them have this stride, not {edit.stride}."
        )
