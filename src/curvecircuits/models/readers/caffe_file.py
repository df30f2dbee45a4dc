"""Caffe networks: the blobs of their layers, in today's format and in the one before it."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from curvecircuits.models.readers.problems import UnreadableError, quoted
from curvecircuits.models.readers.tensors import collected, from_bytes
from curvecircuits.models.readers.wire import Schema, parse

_NET: Schema = {
    "NetParameter": {
        "name": (1, "string"),
        "layers": (2, "*V1LayerParameter"),
        "layer": (100, "*LayerParameter"),
    },
    "LayerParameter": {"name": (1, "string"), "type": (2, "string"), "blobs": (7, "*BlobProto")},
    "V1LayerParameter": {"name": (4, "string"), "type": (5, "int32"), "blobs": (6, "*BlobProto")},
    "BlobProto": {
        "num": (1, "int32"),
        "channels": (2, "int32"),
        "height": (3, "int32"),
        "width": (4, "int32"),
        "data": (5, "*bytes"),
        "shape": (7, "BlobShape"),
        "double_data": (8, "*bytes"),
    },
    "BlobShape": {"dim": (1, "*int64")},
}

_LEGACY_AXES = ("num", "channels", "height", "width")
_INNER_PRODUCT = ("InnerProduct", 14)  # the type's name today, its number before
# The tags of a network's name, its layers of either kind, and its inputs.
_FIRST_TAGS = (b"\x0a", b"\x12", b"\xa2\x06", b"\x1a")


def looks_like_caffe(data: bytes) -> bool:
    """Say whether the bytes begin with one of the fields a network begins with."""
    return data.startswith(_FIRST_TAGS)


def read_caffe(data: bytes) -> dict[str, Tensor]:
    """Read the blobs of a Caffe network, named as PyTorch would.

    The first blob of a layer is `LAYER.weight`, the second `LAYER.bias`, any further one
    `LAYER.blob2` and so on; "/" in a layer's name becomes "_". Fully connected weights are
    (out, in) and biases (n,), though the older format writes four axes for each.

    A protobuf message has no end mark, so a file cut exactly between two layers reads as a smaller
    network: who knows the network compares the names.

    Parameters
    ----------
    data : bytes
        A serialised NetParameter.

    Returns
    -------
    dict of str to Tensor
        By name, OIHW for convolutions.

    Raises
    ------
    UnreadableError
        If the network is damaged, or a blob declares more than the file holds.

    """
    net = parse(data, schema=_NET, root="NetParameter")
    return collected(_blobs([*net.layers, *net.layer]))


def _blobs(layers: Sequence[Any]) -> Iterator[tuple[str, Tensor]]:
    for layer in layers:
        if layer.blobs and not layer.name:
            raise UnreadableError("is no Caffe network, or a damaged one: a layer has no name")
        for index, blob in enumerate(layer.blobs):
            role = ("weight", "bias")[index] if index < 2 else f"blob{index}"
            name = f"{layer.name.replace('/', '_')}.{role}"
            yield name, _blob(name, blob, squeeze=_squeezed_axes(layer.type, role))


def _squeezed_axes(kind: object, role: str) -> int:
    """How many leading axes of size 1 the older format puts before a blob of this role."""
    if role == "bias":
        return 3
    return 2 if kind in _INNER_PRODUCT else 0


def _blob(name: str, blob: Any, *, squeeze: int) -> Tensor:
    if blob.data and blob.double_data:
        raise UnreadableError(f"holds {quoted(name)} twice, in single and in double precision")
    # As Caffe itself does, the older axes go first where a file has both.
    legacy = any(blob.HasField(axis) for axis in _LEGACY_AXES)
    if not legacy and not blob.HasField("shape"):
        raise UnreadableError(f"declares no shape for {quoted(name)}")
    shape = [getattr(blob, axis) for axis in _LEGACY_AXES] if legacy else list(blob.shape.dim)
    if squeeze and len(shape) == 4 and set(shape[:squeeze]) == {1}:
        shape = shape[squeeze:]
    double = bool(blob.double_data)
    return from_bytes(
        name,
        b"".join(blob.double_data if double else blob.data),
        dtype=torch.float64 if double else torch.float32,
        shape=shape,
    )
