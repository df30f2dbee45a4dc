"""Frozen TensorFlow graphs: the values of their floating Const nodes."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from curvecircuits.models.readers.problems import UnreadableError, quoted
from curvecircuits.models.readers.tensors import collected, element_count, from_bytes
from curvecircuits.models.readers.wire import Schema, parse

_GRAPH: Schema = {
    "GraphDef": {"node": (1, "*NodeDef")},
    "NodeDef": {
        "name": (1, "string"),
        "op": (2, "string"),
        "input": (3, "*string"),
        "attr": (5, "*AttrEntry"),
    },
    "AttrEntry": {"key": (1, "string"), "value": (2, "AttrValue")},
    "AttrValue": {"type": (6, "int32"), "tensor": (8, "TensorProto")},
    "TensorProto": {
        "dtype": (1, "int32"),
        "tensor_shape": (2, "TensorShapeProto"),
        "tensor_content": (4, "bytes"),
        "float_val": (5, "*bytes"),
        "double_val": (6, "*bytes"),
        "half_val": (13, "*int32"),
    },
    "TensorShapeProto": {"dim": (2, "*Dim"), "unknown_rank": (3, "int32")},
    "Dim": {"size": (1, "int64")},
}

_SPREAD_LIMIT = 64 << 20
_DTYPES = {1: torch.float32, 2: torch.float64, 14: torch.bfloat16, 19: torch.float16}


def looks_like_tensorflow(data: bytes) -> bool:
    """Say whether the bytes begin as a graph does: a node, whose first field is its name."""
    # One tag, a length of 1 to 5 bytes, and the tag of the name.
    at = 1
    while at < 6 and data[at : at + 1] >= b"\x80":
        at += 1
    return data[:1] == b"\x0a" and data[at + 1 : at + 2] == b"\x0a"


def read_tensorflow(data: bytes) -> dict[str, Tensor]:
    """Read the floating constants of a frozen graph.

    A protobuf message has no end mark, so a file cut exactly between two nodes reads as a smaller
    graph: who knows the network compares the names.

    Parameters
    ----------
    data : bytes
        A serialised GraphDef.

    Returns
    -------
    dict of str to Tensor
        By node name, in the layout (HWIO for convolutions) and dtype of the file; constants of
        whole numbers, such as the shapes that reshapes take, are left out.

    Raises
    ------
    UnreadableError
        If the graph is damaged, or a tensor declares more than the file holds.

    """
    nodes = parse(data, schema=_GRAPH, root="GraphDef").node
    names = {node.name for node in nodes}
    for node in nodes:
        if not node.name or not node.op:
            raise UnreadableError(
                "is no TensorFlow graph, or a damaged one: a node lacks name or op"
            )
        for feed in node.input:
            if feed.removeprefix("^").rsplit(":", 1)[0] not in names:
                raise UnreadableError(
                    f"is a damaged TensorFlow graph: node {quoted(node.name)} takes "
                    f"{quoted(feed)}, which is not there",
                    valid="a complete file is valid",
                )
    return collected(_constants(nodes))


def _constants(nodes: Any) -> Iterator[tuple[str, Tensor]]:
    spread = 0
    for node in nodes:
        if node.op != "Const":
            continue
        values = [entry.value for entry in node.attr if entry.key == "value"]
        if len(values) != 1 or not values[0].HasField("tensor"):
            raise UnreadableError(
                f"is a damaged TensorFlow graph: the constant {quoted(node.name)} has no value",
                valid="a complete file is valid",
            )
        proto = values[0].tensor
        if proto.dtype not in _DTYPES:
            continue
        if proto.tensor_shape.unknown_rank:
            raise UnreadableError(f"declares no shape for {quoted(node.name)}")
        dtype = _DTYPES[proto.dtype]
        shape = [dim.size for dim in proto.tensor_shape.dim]
        content = _content(proto, dtype)
        count = element_count(node.name, shape)
        if count > 1 and len(content) == dtype.itemsize and not proto.tensor_content:
            # One value stands for a whole tensor: here alone the bytes present do not bound what
            # is allocated.
            spread += count * dtype.itemsize
            if spread > _SPREAD_LIMIT:
                raise UnreadableError(
                    f"declares {count} elements for {quoted(node.name)} and holds one",
                    valid=f"up to {_SPREAD_LIMIT} bytes of repeated values are valid",
                )
            content *= count
        yield node.name, from_bytes(node.name, content, dtype=dtype, shape=shape)


def _content(proto: Any, dtype: torch.dtype) -> bytes:
    if proto.tensor_content:
        return proto.tensor_content
    if dtype == torch.float32:
        return b"".join(proto.float_val)
    if dtype == torch.float64:
        return b"".join(proto.double_val)
    # Both half formats are written as whole numbers that hold their 16 bits.
    return b"".join((bits & 0xFFFF).to_bytes(2, "little") for bits in proto.half_val)
