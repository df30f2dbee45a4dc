"""Edit a network within a block: the circuit is changed, and afterwards it is as it was."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

from curvecircuits.errors import InputError
from curvecircuits.models.applied import applied
from curvecircuits.models.edits import (
    AddWeights,
    Edit,
    KeepInputs,
    RemoveInputs,
    ReplaceUnits,
    ReplaceWeights,
    ScaleUnits,
    SetUnits,
    ZeroUnits,
)
from curvecircuits.models.network import Network

_NAMED = 6
"""As many units or channels are named in a sentence; of more, the first and their number."""


@contextmanager
def edit(network: Network, *edits: Edit) -> Generator[Network, None, None]:
    """Edit a network within a block; afterwards, whatever ends the block, it is as it was.

    Edits act one after the other, each on what the ones before have left, and blocks nest. No
    tensor is ever written to: the network runs another graph within the block. Its layers, paths
    and geometry stay those of the network; its weights (`state`, `model_hash`, and with them
    expanded weights) are changed by `ReplaceWeights` only. `network.copy()` within the block is a
    network of its own that keeps the edits; the network itself cannot move to another device. What
    changes before clipping is seen by all that read the pre-activation, what changes after clipping
    is not seen in it.

    Parameters
    ----------
    network
        The network to edit, the same object that the block is given.
    edits
        Any of `ZeroUnits`, `ScaleUnits`, `SetUnits`, `RemoveInputs`, `KeepInputs`,
        `ReplaceWeights`, `AddWeights` and `ReplaceUnits`.

    Raises
    ------
    InputError
        For units, layers, channels and weights that the network does not have, targets that do
        not depend on the source, tensors of another shape, and networks of another grid. The
        network is then as it was.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> network = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), input_size=16)
    >>> images = torch.ones(1, 3, 16, 16)
    >>> with edit(network, SetUnits(units=[("1", 2)], values=[5.0])) as edited:
    ...     float(edited.activations(images, layers=["1"])["1"][0, 2].mean())
    5.0
    >>> bool((network.activations(images, layers=["1"])["1"][0, 2] == 5).any())
    False

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, where circuit editing shows that negative
    weights keep curve detectors from having echoes.
    """
    wiring = network.wiring
    for one in edits:
        wiring = applied(one, network, wiring)
    with network.rewired(wiring):
        yield network


def describe(edit: Edit) -> str:
    """What an edit does, in one sentence.

    >>> describe(ScaleUnits(units=[("3b", 379), ("3b", 406)], factor=0.5))
    'The activation of 3b:379 and 3b:406 is multiplied by 0.5.'
    """
    match edit:
        case ZeroUnits():
            return f"The activation of {_list(edit.units)} is set to 0."
        case ScaleUnits():
            return f"The activation of {_list(edit.units)} is multiplied by {edit.factor:g}."
        case SetUnits():
            values = _list([f"{v:.4g}" for v in edit.values])
            return f"The activation of {_list(edit.units)} is held at {values}."
        case RemoveInputs():
            return f"The inputs of {_list(edit.targets)} from {_channels(edit)} are removed."
        case KeepInputs():
            return (
                f"Of the inputs of {_list(edit.targets)} from {edit.source}, those from "
                f"{_channels(edit)} are kept."
            )
        case ReplaceWeights():
            shape = " × ".join(map(str, edit.tensor.shape)) or "one number"
            return f"The weights {edit.name} are replaced by others ({shape})."
        case AddWeights():
            height, width = edit.values.shape[2:]
            return (
                f"Linear weights ({height} × {width} cells, {edit.values.abs().sum():.4g} in all) "
                f"of {edit.source} are added to {_list(edit.targets)} before clipping."
            )
        case ReplaceUnits():
            return (
                f"The activation of {_list(edit.units)} is that of {_list(edit.by_units)} of "
                f"{edit.by.name}{_scaled(edit)}."
            )
        case _:
            raise InputError(f"A {type(edit).__name__} is no edit that can be described.")


def _list(items: Sequence[Any]) -> str:
    named = [str(item) for item in items[:_NAMED]]
    if len(items) > _NAMED:
        named.append(f"{len(items) - _NAMED} more")
    return " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))


def _channels(edit: RemoveInputs | KeepInputs) -> str:
    if not edit.channels:
        return f"no channel of {edit.source}"
    return f"channel{'s' * (len(edit.channels) > 1)} {_list(edit.channels)} of {edit.source}"


def _scaled(edit: ReplaceUnits) -> str:
    assert isinstance(edit.scale, Sequence)
    assert isinstance(edit.offset, Sequence)
    parts: list[str] = []
    if set(edit.scale) != {1.0}:
        parts.append(f" times {_list([f'{v:.4g}' for v in edit.scale])}")
    if set(edit.offset) != {0.0}:
        parts.append(f" plus {_list([f'{v:.4g}' for v in edit.offset])}")
    return "".join(parts)
