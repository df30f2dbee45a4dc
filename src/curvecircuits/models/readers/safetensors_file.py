"""Safetensors files."""

from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from curvecircuits.models.readers.problems import UnreadableError

_PREFIX = 8  # bytes of the header's length
_HEADER_LIMIT = 100_000_000  # the format's own


def looks_like_safetensors(data: bytes) -> bool:
    """Say whether the bytes begin as a safetensors file does: a plausible length, then a brace."""
    length = int.from_bytes(data[:_PREFIX], "little")
    return data[_PREFIX : _PREFIX + 1] == b"{" and length <= _HEADER_LIMIT


def read_safetensors(data: bytes) -> dict[str, Tensor]:
    """Read the tensors of a safetensors file.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    dict of str to Tensor
        Sorted by name, in the layout and dtype of the file.

    Raises
    ------
    UnreadableError
        If the header or the data are cut short or damaged.

    """
    length = int.from_bytes(data[:_PREFIX], "little")
    if length > len(data) - _PREFIX:
        raise UnreadableError(
            f"is a safetensors file cut short or damaged: its header should take {length} bytes "
            f"and {len(data) - _PREFIX} are there",
            valid="a complete file is valid",
        )
    try:
        # The library compares every shape × dtype with its byte range, and the ranges together
        # with the bytes present, before it makes a tensor; it returns
        # them in an order of chance.
        return dict(sorted(load(data).items()))
    except SafetensorError as error:
        raise UnreadableError(
            f"is a safetensors file cut short or damaged ({str(error).splitlines()[0]})",
            valid="a complete file is valid",
        ) from error
