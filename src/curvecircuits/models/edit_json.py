"""Edits as JSON, exact to the last bit, and back."""

import base64
import binascii
import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from pydantic import JsonValue
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
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
from curvecircuits.store.schema import Record, dump, load

_KINDS: dict[str, type[Edit]] = {
    kind.__name__: kind
    for kind in (
        ZeroUnits,
        ScaleUnits,
        SetUnits,
        RemoveInputs,
        KeepInputs,
        ReplaceWeights,
        AddWeights,
        ReplaceUnits,
    )
}
_UNITS = {"units", "targets", "by_units"}
_NAMES = {"name", "source"}


@dataclass(frozen=True, kw_only=True)
class _Tensor(Record):
    shape: tuple[int, ...]
    float32: str
    """The values in C order, little-endian, in base64."""


@dataclass(frozen=True, kw_only=True)
class _NetworkName(Record):
    name: str
    model_hash: str


@dataclass(frozen=True, kw_only=True)
class _Written(Record):
    kind: str
    """The name of its class."""
    fields: dict[str, JsonValue]


@dataclass(frozen=True, kw_only=True)
class _Edits(Record):
    SCHEMA = "curvecircuits.edits/1"
    edits: tuple[_Written, ...]


def edits_to_json(edits: Sequence[Edit]) -> str:
    """Write edits as JSON.

    Tensors are written as float32 in base64, and come back bit for bit. Of a network that units
    are replaced by, the name and the hash of its weights are written, not the weights.

    Raises
    ------
    InputError
        For what is no edit, and tensors of doubles that float32 cannot hold.

    Examples
    --------
    >>> text = edits_to_json([ZeroUnits(units=[("3b", 379)])])
    >>> edits_from_json(text)
    (ZeroUnits(units=(Unit(layer='3b', channel=379),)),)
    """
    written: list[_Written] = []
    for edit in edits:
        if type(edit).__name__ not in _KINDS:
            raise InputError(f"A {type(edit).__name__} is no edit: valid are {', '.join(_KINDS)}.")
        assert dataclasses.is_dataclass(edit)
        fields = {f.name: _plain(getattr(edit, f.name)) for f in dataclasses.fields(edit)}
        written.append(_Written(kind=type(edit).__name__, fields=fields))
    return json.dumps(dump(_Edits(edits=tuple(written))), allow_nan=False)


def edits_from_json(
    text: str, *, networks: Mapping[str, Network] | None = None
) -> tuple[Edit, ...]:
    """Read edits from JSON that `edits_to_json` wrote.

    Parameters
    ----------
    networks
        By `model_hash`: those that units are replaced by.

    Raises
    ------
    InputError
        For text that is no such JSON, and for a network that is needed and not given.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InputError(f"These edits are no JSON: {error}.") from None
    return tuple(_read(e, networks or {}) for e in load(_Edits, data).edits)


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        return dump(_encoded(value))
    if isinstance(value, Network):
        return dump(_NetworkName(name=value.name, model_hash=value.model_hash))
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Unit) else value


def _encoded(tensor: Tensor) -> _Tensor:
    single = tensor.detach().to("cpu", torch.float32).contiguous()
    if not torch.equal(single.to(tensor.dtype), tensor.detach().cpu()):
        raise InputError(
            "A tensor of an edit holds doubles that float32 cannot: give it as float32."
        )
    data = single.numpy().astype("<f4").tobytes()
    return _Tensor(shape=tuple(tensor.shape), float32=base64.b64encode(data).decode())


def _decoded(data: Any) -> Tensor:
    record = load(_Tensor, data)
    try:
        raw = base64.b64decode(record.float32, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("A tensor of these edits is not in base64.") from None
    if min(record.shape, default=0) < 0 or len(raw) != 4 * math.prod(record.shape):
        raise InputError(
            f"A tensor of these edits has {len(raw)} bytes, which is not a float32 tensor of the "
            f"shape {record.shape}."
        )
    values = np.frombuffer(raw, "<f4").astype(np.float32).reshape(record.shape)
    return torch.from_numpy(values)


def _read(written: _Written, networks: Mapping[str, Network]) -> Edit:
    if written.kind not in _KINDS:
        raise InputError(f"{written.kind!r} is no edit: valid are {', '.join(_KINDS)}.")
    fields: dict[str, Any] = dict(written.fields)
    for name, value in fields.items():
        if name in _UNITS and isinstance(value, list):
            fields[name] = [Unit.parse(str(text)) for text in value]
        elif name == "by":
            fields[name] = _network(value, networks)
        elif isinstance(value, dict):
            fields[name] = _decoded(value)
        elif isinstance(value, list):
            fields[name] = tuple(value)
        elif name in _NAMES and not isinstance(value, str):
            raise InputError(f"The {name} of a {written.kind} is a text, not {value!r}.")
    try:
        return _KINDS[written.kind](**fields)
    except TypeError as error:
        reason = str(error).partition("() ")[2] or str(error)
        raise InputError(f"These edits hold no sound {written.kind}: {reason}.") from None


def _network(data: Any, networks: Mapping[str, Network]) -> Network:
    wanted = load(_NetworkName, data)
    found = networks.get(wanted.model_hash)
    if found is None:
        raise InputError(
            f"These edits take units from {wanted.name} with the weights {wanted.model_hash}: "
            "give it in `networks`, by that hash."
        )
    if found.model_hash != wanted.model_hash:
        raise InputError(
            f"The network given for the weights {wanted.model_hash} has {found.model_hash}: give "
            f"{wanted.name} as it was."
        )
    return found
