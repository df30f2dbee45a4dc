"""What a network computes, as one hash: the key under which its results can be kept."""

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from curvecircuits.models.edits import Edit
from curvecircuits.models.network import Network

_PLAIN = (bool, int, float, str, type(None))


def fingerprint(network: Network) -> str:
    """SHA-256 of the graph that is run, of every number in it, and of the preprocessing.

    Unlike `model_hash`, which is of the weights alone, it changes within an `edit`, with constants
    that are no weights, and with what is done to images before the first layer. Of modules that the
    graph calls, their class and plain attributes count, not their code; of the preprocessing, what
    it makes of one image of noise of the network's size.

    Parameters
    ----------
    network
        Within an edit, the edited one is meant.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.edit import edit
    >>> from curvecircuits.models.edits import ScaleUnits
    >>> from curvecircuits.models.wrap import wrap
    >>> network = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), input_size=16)
    >>> before = fingerprint(network)
    >>> with edit(network, ScaleUnits(units=[("1", 2)], factor=2.0)) as edited:
    ...     fingerprint(edited) == before
    False
    >>> fingerprint(network.copy()) == before
    True
    """
    digest = hashlib.sha256()
    wiring = network.wiring
    for node in wiring.graph.nodes:
        where = (node.op, _name(node.target), str(node.args), str(node.kwargs))
        digest.update(repr((*where, node.meta.get("layer"))).encode())
    _add_module(digest, wiring.module)
    size = (1, 3, network.input_size, network.input_size)
    noise = torch.rand(size, generator=torch.Generator().manual_seed(0))
    _add(digest, network.prepare(noise.to(network.device)))
    return digest.hexdigest()


def edits_fingerprint(edits: Sequence[Edit]) -> str:
    """SHA-256 of what edits do, in order: their kinds, units, numbers, and networks taken from.

    Units count as they were named, so that `3b:1` and `mixed3b:1` are told apart.

    Examples
    --------
    >>> from curvecircuits.models.edits import ZeroUnits
    >>> one, other = (edits_fingerprint([ZeroUnits(units=[("3b", k)])]) for k in (1, 2))
    >>> one == edits_fingerprint([ZeroUnits(units=[("3b", 1)])]), one == other
    (True, False)
    """
    digest = hashlib.sha256()
    for edit in edits:
        digest.update(type(edit).__qualname__.encode())
        fields = dataclasses.fields(edit) if dataclasses.is_dataclass(edit) else ()
        for name in (field.name for field in fields):
            value = getattr(edit, name)
            digest.update(name.encode())
            if isinstance(value, Tensor):
                _add(digest, value)
            else:
                said = fingerprint(value) if isinstance(value, Network) else repr(value)
                digest.update(said.encode())
    return digest.hexdigest()


def _name(target: Any) -> str:
    """A function by its name: its representation may hold an address in memory."""
    if isinstance(target, str):
        return target
    return f"{getattr(target, '__module__', '')}.{getattr(target, '__name__', str(target))}"


def _add_module(digest: Any, module: nn.Module) -> None:
    for path, each in module.named_modules():
        digest.update(repr((path, type(each).__qualname__)).encode())
        held = {
            **dict(each.named_parameters(recurse=False)),
            **dict(each.named_buffers(recurse=False)),
        }
        for name, tensor in sorted(held.items()):
            digest.update(name.encode())
            _add(digest, tensor)
        for name, value in sorted(vars(each).items()):
            if isinstance(value, Tensor):  # a constant of the graph, which no `state_dict` has
                digest.update(name.encode())
                _add(digest, value)
            elif name.startswith("_"):
                continue
            elif isinstance(value, Network):
                digest.update(f"{name} {fingerprint(value)}".encode())
            elif _is_plain(value):
                digest.update(repr((name, value)).encode())


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(_is_plain(each) for each in value)
    return isinstance(value, _PLAIN)


def _add(digest: Any, tensor: Tensor) -> None:
    held = tensor.detach().cpu().contiguous()
    digest.update(repr((str(held.dtype), tuple(held.shape))).encode())
    digest.update(held.reshape(-1).view(torch.uint8).numpy().data)
