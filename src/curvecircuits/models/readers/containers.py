"""What is inside a weight file on disk: itself, a gzip stream, or one member of a zip."""

import gzip
import io
import struct
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO

from curvecircuits.models.readers.problems import UnreadableError, quoted

FILE_LIMIT = 2 << 30  # what protobuf itself can hold
DECOMPRESSED_LIMIT = 512 << 20

_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_SUFFIXES = (".pb", ".caffemodel", ".safetensors", ".pth", ".pt")
_DAMAGE = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    zlib.error,
    zipfile.BadZipFile,
    LookupError,
    ArithmeticError,
    struct.error,
)
_WHOLE = "a complete file is valid"


def is_zip(data: bytes) -> bool:
    """Say whether the bytes begin a zip archive."""
    return data.startswith(_ZIP)


def unpacked(file: io.BufferedIOBase, *, member: str | None) -> bytes:
    """Read the bytes of the weights in an open file, decompressed in memory if need be.

    Parameters
    ----------
    file : binary file
        Open at its beginning.
    member : str or None
        Which member of a zip to read; by default its only weight file. A torch file, though a zip
        itself, is left as it is.

    Returns
    -------
    bytes
        The weights' own format.

    Raises
    ------
    UnreadableError
        If the file is a damaged or unsuitable archive.

    """
    magic = file.read(4)
    file.seek(0)
    if magic.startswith(_GZIP):
        try:
            with gzip.GzipFile(fileobj=file, mode="rb") as stream:
                return _capped(stream)
        except _DAMAGE as error:
            raise UnreadableError("is a gzip file cut short or damaged", valid=_WHOLE) from error
    if is_zip(magic):
        with opened_zip(file) as archive:
            if not is_torch_archive(archive):
                return read_member(archive, _chosen(archive, member))
        file.seek(0)
    return file.read()


def opened_zip(file: io.BufferedIOBase) -> zipfile.ZipFile:
    """Read a zip's directory, checked for what would let two readers see two different archives."""
    try:
        archive = zipfile.ZipFile(file)
    except _DAMAGE as error:
        raise UnreadableError("is a zip file cut short or damaged", valid=_WHOLE) from error
    names = [name.casefold() for name in archive.namelist()]
    if len(set(names)) < len(names):
        raise UnreadableError("is a zip file with two members of one name", valid=_WHOLE)
    return archive


def is_torch_archive(archive: zipfile.ZipFile) -> bool:
    """Say whether a zip is a file that `torch.save` wrote: a folder with a `data.pkl`."""
    return any(PurePosixPath(name).name == "data.pkl" for name in archive.namelist())


def read_member(archive: zipfile.ZipFile, name: str, *, limit: int = DECOMPRESSED_LIMIT) -> bytes:
    """Read one member of a zip into memory, up to a limit, and compare its checksum."""
    info = archive.getinfo(name)
    # The other methods could ask for gigabytes before the first byte.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
        raise UnreadableError(
            f"holds {quoted(name)} encrypted or in a rare compression",
            valid="a member stored or deflated is valid",
        )
    try:
        with archive.open(info) as stream:
            return _capped(stream, limit=limit)
    except _DAMAGE as error:
        raise UnreadableError(
            f"is a zip file cut short or damaged at {quoted(name)}", valid=_WHOLE
        ) from error


def _chosen(archive: zipfile.ZipFile, member: str | None) -> str:
    names = archive.namelist()
    if member is not None:
        if member not in names:
            raise UnreadableError(f"is a zip file without the member {quoted(member)}")
        return member
    weights = [name for name in names if name.lower().endswith(_SUFFIXES)]
    if len(weights) != 1:
        raise UnreadableError(
            f"is a zip file with {len(weights)} weight files in it",
            valid=f"a zip with one {', '.join(_SUFFIXES[:-1])} or {_SUFFIXES[-1]} is valid",
        )
    return weights[0]


def _capped(stream: io.BufferedIOBase | IO[bytes], *, limit: int = DECOMPRESSED_LIMIT) -> bytes:
    whole = bytearray()
    while chunk := stream.read(_CHUNK):
        whole += chunk
        if len(whole) > limit:
            raise UnreadableError(
                "decompresses to more than the limit", valid=f"up to {limit} bytes are valid"
            )
    return bytes(whole)
