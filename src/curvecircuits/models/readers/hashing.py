"""Hashes of files, and of weights whatever file they came from."""

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

_CHUNK = 1 << 20


def sha256_of(path: str | Path) -> str:
    """Compute the SHA-256 of a file's bytes as on disk, in lower-case hexadecimal.

    Parameters
    ----------
    path : str or Path
        The file; it is read in chunks.

    Returns
    -------
    str
        64 hexadecimal digits.

    """
    with Path(path).open("rb") as file:
        return stream_digest(file, "sha256")


def sha1_of(path: str | Path) -> str:
    """Compute the SHA-1 of a file's bytes, for artefacts published with no other hash.

    Parameters
    ----------
    path : str or Path
        The file; it is read in chunks.

    Returns
    -------
    str
        40 hexadecimal digits.

    """
    with Path(path).open("rb") as file:
        return stream_digest(file, "sha1")


def stream_digest(file: io.BufferedIOBase, algorithm: str) -> str:
    """Compute the digest of what is left of an open binary file, in lower-case hexadecimal."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def tensors_hash(tensors: Mapping[str, Tensor]) -> str:
    """Compute the SHA-256 of named weights, equal for every file format that holds the same ones.

    Computed over the floating tensors sorted by name. Each adds its name (UTF-8, its length
    first), its shape (the number of axes first) and its values as little-endian float32 in C
    order; lengths are 8 bytes, so no two sets of weights spell the same bytes. Integer tensors,
    counters as a rule, are left out.

    Parameters
    ----------
    tensors : Mapping of str to Tensor
        Weights by name, in one layout: a transposed weight is another weight.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> tensors_hash({"w": torch.zeros(2)}) == tensors_hash({"w": torch.zeros(2).double()})
    True

    """
    floating = {name: t for name, t in tensors.items() if t.is_floating_point()}
    digest = hashlib.sha256(_length(len(floating)))
    # By code point, which is also the order of the UTF-8 bytes.
    for name in sorted(floating):
        tensor = floating[name].detach().to("cpu", torch.float32).contiguous()
        label = name.encode("utf-8", "surrogatepass")
        digest.update(_length(len(label)) + label)
        digest.update(_length(tensor.ndim) + b"".join(_length(size) for size in tensor.shape))
        digest.update(tensor.numpy().astype("<f4", copy=False).data)
    return digest.hexdigest()


def _length(count: int) -> bytes:
    return count.to_bytes(8, "little")
