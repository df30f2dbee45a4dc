"""Small weight files in every format, encoded here so that readers are tested against the formats
and not against their own descriptors."""

import gzip
import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

Weights = Mapping[str, Tensor]
CONVOLUTION, INNER_PRODUCT = ("Convolution", 4), ("InnerProduct", 14)


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def block(field: int, content: bytes | str) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def floats(values: Tensor) -> bytes:
    return struct.pack(f"<{values.numel()}f", *values.flatten().tolist())


# TensorFlow ---------------------------------------------------------------------------------------


def tensor_proto(
    values: Tensor, *, typed: bool = False, shape: Sequence[int] | None = None
) -> bytes:
    """A TensorProto with `tensor_content`, or with the repeated field of its type."""
    dtype, field = {
        torch.float32: (1, 5),
        torch.float64: (2, 6),
        torch.int32: (3, 7),
        torch.bfloat16: (14, 13),
        torch.float16: (19, 13),
    }[values.dtype]
    sizes = values.shape if shape is None else shape
    raw = (
        bytes(values.contiguous().view(torch.uint8).flatten().tolist())
        if values.ndim
        else floats(values)
    )
    if not typed:
        content = block(4, raw)
    elif field == 13:
        content = block(13, b"".join(varint(bits) for (bits,) in struct.iter_unpack("<H", raw)))
    else:
        content = block(field, raw)
    dims = b"".join(block(2, number(1, size)) for size in sizes)
    return number(1, dtype) + block(2, dims) + content


def node(name: str, op: str, *, inputs: Iterable[str] = (), value: bytes | None = None) -> bytes:
    parts = [block(1, name), block(2, op), *(block(3, source) for source in inputs)]
    if value is not None:
        parts.append(block(5, block(1, "value") + block(2, block(8, value))))
    parts.append(block(5, block(1, "dtype") + block(2, number(6, 1))))
    return block(1, b"".join(parts))


def tensorflow_bytes(weights: Weights, *, typed: bool = False) -> bytes:
    constants = [
        node(name, "Const", value=tensor_proto(w, typed=typed)) for name, w in weights.items()
    ]
    shape = node("reshape/shape", "Const", value=tensor_proto(torch.tensor([-1, 4]).int()))
    uses = [node(f"use{i}", "Identity", inputs=[name]) for i, name in enumerate(weights)]
    versions = block(4, number(1, 22))
    return b"".join([node("input", "Placeholder"), *constants, shape, *uses, versions])


# Caffe --------------------------------------------------------------------------------------------


def blob(values: Tensor, *, legacy: bool, double: bool = False) -> bytes:
    if legacy:
        axes = [1] * (4 - values.ndim) + list(values.shape)
        shape = b"".join(number(field, size) for field, size in enumerate(axes, start=1))
    else:
        shape = block(7, block(1, b"".join(varint(size) for size in values.shape)))
    if double:
        packed = struct.pack(f"<{values.numel()}d", *values.flatten().tolist())
        return block(8, packed) + shape
    return shape + block(5, floats(values))


def caffe_bytes(
    layers: Mapping[str, tuple[tuple[str, int], Sequence[Tensor]]],
    *,
    v1: bool,
    double: bool = False,
) -> bytes:
    """A network of layers, each a (type, blobs); `v1` is the format before `LayerParameter`."""
    parts = [block(1, "TestNet"), block(3, "data")]
    for name, ((kind, enum), values) in layers.items():
        blobs = [blob(value, legacy=v1, double=double) for value in values]
        if v1:
            inside = [block(2, "data"), block(4, name), number(5, enum)]
            inside += [block(6, value) for value in blobs]
            parts.append(block(2, b"".join(inside)))
        else:
            inside = [block(1, name), block(2, kind), *(block(7, value) for value in blobs)]
            parts.append(block(100, b"".join(inside)))
    return b"".join(parts)


# Torch and safetensors ----------------------------------------------------------------------------


def torch_bytes(value: object, *, stream: bool = False) -> bytes:
    """What `torch.save` writes; `stream` is the format before zip."""
    file = io.BytesIO()
    torch.save(value, file, _use_new_zipfile_serialization=not stream)
    return file.getvalue()


def safetensors_bytes(weights: Weights) -> bytes:
    return safetensors.torch.save({name: w.contiguous() for name, w in weights.items()})


# Containers ---------------------------------------------------------------------------------------


def gz_bytes(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def zip_bytes(members: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def zip_members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path
