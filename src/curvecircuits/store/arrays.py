"""Named arrays as bytes: an .npz file that is the same for the same arrays, and checked when read.

`numpy.savez` writes the time into the file; here equal arrays give equal bytes, so that two runs of
the same work can be compared file by file. A zip file has checksums of what it holds but not of its
list of contents, so the SHA-256 of all before it ends the file, as the archive's comment.
`numpy.load` reads the result.
"""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.lib import format as npy

from curvecircuits.errors import InputError

_SUFFIX = ".npy"
_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip file can hold
_UNIX, _MODE = 3, 0o100644 << 16  # what `zipfile` would take from the machine
_DIGITS = 64


def pack(arrays: Mapping[str, Any]) -> bytes:
    """Write arrays as the bytes of an uncompressed .npz file, which depend on nothing else.

    Parameters
    ----------
    arrays
        Arrays, or what numpy makes one of, by name; numbers, booleans and strings.

    Raises
    ------
    InputError
        For an array of objects or records.

    Examples
    --------
    >>> import numpy as np
    >>> packed = pack({"sums": np.arange(3.0), "images": 32})
    >>> packed == pack({"images": 32, "sums": np.arange(3.0)})
    True
    >>> unpack(packed)["sums"]
    array([0., 1., 2.])

    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            values = np.asarray(arrays[name], order="C")
            if values.dtype.kind in "OV":
                raise InputError(
                    f"The array {name!r} holds {values.dtype} and cannot be written; arrays of "
                    "numbers, booleans or strings can."
                )
            entry = zipfile.ZipInfo(name + _SUFFIX, _DATE)
            entry.create_system, entry.external_attr = _UNIX, _MODE
            data = io.BytesIO()
            npy.write_array(data, values, allow_pickle=False)
            archive.writestr(entry, data.getbuffer())
        archive.comment = bytes(_DIGITS)  # its place; its length comes before it
    body = stream.getbuffer()[:-_DIGITS]
    return bytes(body) + _digest(body)


def unpack(data: bytes) -> dict[str, ndarray]:
    """Read what `pack` wrote, with its checksum compared.

    Raises
    ------
    InputError
        When the bytes are not whole: cut short, or any of them changed.

    """
    if _digest(memoryview(data)[:-_DIGITS]) != data[-_DIGITS:]:
        raise InputError("These bytes are no whole .npz file: what `pack` wrote is valid.")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {
            name.removesuffix(_SUFFIX): npy.read_array(
                io.BytesIO(archive.read(name)), allow_pickle=False
            )
            for name in archive.namelist()
        }


def _digest(body: memoryview) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
