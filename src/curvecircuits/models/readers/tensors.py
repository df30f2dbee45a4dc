"""From bytes to the float32 tensors a model takes, refusing what no model could use."""

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from curvecircuits.models.readers.problems import UnreadableError, quoted

_FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
_WHOLE = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)


def element_count(name: str, shape: Sequence[int]) -> int:
    """Say how many elements a declared shape asks for; a negative or unknown size is refused."""
    if any(size < 0 for size in shape):
        raise UnreadableError(f"declares the impossible shape {_spelt(shape)} for {quoted(name)}")
    return math.prod(shape)


def from_bytes(name: str, data: bytes, *, dtype: torch.dtype, shape: Sequence[int]) -> Tensor:
    """Make a tensor from little-endian bytes, compared with its declared shape before allocating.

    Parameters
    ----------
    name : str
        Its name, for messages.
    data : bytes
        Its values, little-endian, in C order.
    dtype : torch.dtype
        What each value is.
    shape : sequence of int
        The declared shape.

    Returns
    -------
    Tensor
        The values in their own memory.

    Raises
    ------
    UnreadableError
        If shape × dtype is not exactly the bytes present.

    """
    needed = element_count(name, shape) * dtype.itemsize
    if needed != len(data):
        raise UnreadableError(
            f"declares {needed} bytes for {quoted(name)}, of shape {_spelt(shape)}, "
            f"but holds {len(data)}"
        )
    if not data:
        return torch.zeros(tuple(shape), dtype=dtype)
    # A bytearray, because torch warns of memory it may not write to.
    return torch.frombuffer(bytearray(data), dtype=dtype).reshape(tuple(shape))


def collected(pairs: Iterable[tuple[str, Tensor]]) -> dict[str, Tensor]:
    """Collect tensors by name, in the file's order; a name given twice is refused."""
    tensors: dict[str, Tensor] = {}
    for name, tensor in pairs:
        if name in tensors:
            raise UnreadableError(f"holds two tensors named {quoted(name)}")
        tensors[name] = tensor
    return tensors


def checked(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return floating tensors as contiguous finite float32, whole-number tensors as they are.

    Parameters
    ----------
    tensors : Mapping of str to Tensor
        What a reader found.

    Returns
    -------
    dict of str to Tensor
        The same names in the same order, on the CPU.

    Raises
    ------
    UnreadableError
        If a value is NaN or infinite, a dtype is neither floating nor whole, or there is no
        floating tensor at all.

    """
    result: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.dtype in _WHOLE:
            result[name] = tensor.detach().contiguous()
            continue
        if tensor.dtype not in _FLOATS or tensor.layout != torch.strided:
            kind = str(tensor.dtype).removeprefix("torch.")
            raise UnreadableError(
                f"holds {quoted(name)} as {kind} ({tensor.layout})",
                valid="dense float32, float16, bfloat16 and float64 are valid",
            )
        plain = tensor.detach().to("cpu", torch.float32).contiguous()
        # After the conversion, so that a float64 beyond float32's range is caught too; by numpy,
        # because starting torch's threads takes longer than such small work.
        if not np.isfinite(plain.numpy()).all():
            raise UnreadableError(
                f"holds NaN or infinite values in {quoted(name)}", valid="finite weights are valid"
            )
        result[name] = plain
    if not any(tensor.is_floating_point() for tensor in result.values()):
        raise UnreadableError("holds no weights")
    return result


def _spelt(shape: Sequence[int]) -> str:
    if len(shape) > 8:
        return f"of {len(shape)} axes"
    return " × ".join(str(size) for size in shape) if shape else "()"
