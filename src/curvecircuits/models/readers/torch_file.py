"""State dicts that `torch.save` wrote, as a zip or in the older stream of pickles."""

import io
import zipfile
from collections.abc import Mapping

import torch
from torch import Tensor

from curvecircuits.models.readers.containers import (
    DECOMPRESSED_LIMIT,
    is_zip,
    opened_zip,
    read_member,
)
from curvecircuits.models.readers.pickles import VALID, Survey, survey
from curvecircuits.models.readers.problems import UnreadableError, quoted
from curvecircuits.models.readers.tensors import collected

_STREAM_MAGIC = 0x1950A86A20F9469CFC6C


def looks_like_torch(data: bytes) -> bool:
    """Say whether the bytes begin as a zip or as a pickle of protocol 2 to 5."""
    return is_zip(data) or (data[:1] == b"\x80" and data[1:2] in (b"\2", b"\3", b"\4", b"\5"))


def read_torch(data: bytes) -> dict[str, Tensor]:
    """Read the tensors of a state dict, alone or under the key `state_dict`.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    dict of str to Tensor
        By name, in the layout and dtype of the file.

    Raises
    ------
    UnreadableError
        If the file is damaged, asks for code, declares more than it holds, or holds no state dict.

    """
    safe = _checked_zip(data) if is_zip(data) else _checked_stream(data)
    return _state_dict(torch.load(safe, map_location="cpu", weights_only=True))


def _checked_zip(data: bytes) -> io.BytesIO:
    """Copy the members a state dict needs into an archive of our own.

    Torch's reader of zip archives compares neither checksums nor sizes; it gets what Python's
    reader saw and compared.
    """
    limit = max(DECOMPRESSED_LIMIT, len(data))
    checked = io.BytesIO()
    with opened_zip(io.BytesIO(data)) as source, zipfile.ZipFile(checked, "w") as target:
        names = set(source.namelist())
        pickles = [name for name in names if name.endswith("/data.pkl")]
        if len(pickles) != 1 or any(name.endswith("/constants.pkl") for name in names):
            raise UnreadableError("is a TorchScript or another archive", valid=VALID)
        folder = pickles[0].removesuffix("data.pkl")
        pickled = read_member(source, pickles[0])
        found = survey(io.BytesIO(pickled))
        _refuse_excess(found, limit)
        _add(target, "data.pkl", pickled)
        for extra, default in (("byteorder", b"little"), ("version", b"3\n")):
            there = folder + extra in names
            _add(target, extra, read_member(source, folder + extra) if there else default)
        for key, storage in found.storages.items():
            name = f"{folder}data/{key}"
            present = source.getinfo(name).file_size if name in names else 0
            if present != storage.size:
                raise UnreadableError(
                    f"declares {storage.size} bytes for its storage {quoted(key)} and holds "
                    f"{present}",
                    valid=VALID,
                )
            # Torch looks for a record even of an empty storage.
            content = read_member(source, name, limit=limit) if name in names else b""
            _add(target, f"data/{key}", content)
    checked.seek(0)
    return checked


def _add(archive: zipfile.ZipFile, record: str, content: bytes) -> None:
    # A ZipInfo of our own has no date of today in it.
    archive.writestr(zipfile.ZipInfo(f"checked/{record}"), content)


def _checked_stream(data: bytes) -> io.BytesIO:
    """Return the older format once the storages after its pickles are as long as those declare."""
    stream = io.BytesIO(data)
    magic = survey(stream).value
    if magic != _STREAM_MAGIC:
        raise UnreadableError("is a pickle that torch.save did not write", valid=VALID)
    survey(stream)  # version of the protocol
    survey(stream)  # sizes on the machine that wrote it
    found = survey(stream)
    _refuse_excess(found, max(DECOMPRESSED_LIMIT, len(data)))
    keys = survey(stream).value
    if not isinstance(keys, list) or sorted(keys) != sorted(found.storages):
        raise UnreadableError("is a torch file with storages missing", valid=VALID)
    at = stream.tell()
    for key in keys:
        storage = found.storages[key]
        if int.from_bytes(data[at : at + 8], "little") != storage.count:
            raise UnreadableError(
                f"is a torch file cut short or damaged before its storage {quoted(key)}",
                valid=VALID,
            )
        at += 8 + storage.size
    if at != len(data):
        raise UnreadableError(
            f"is a torch file cut short or damaged: it should have {at} bytes and has {len(data)}",
            valid=VALID,
        )
    stream.seek(0)
    return stream


def _refuse_excess(found: Survey, limit: int) -> None:
    # Tensors may share a storage, so a small file can ask for many copies of it.
    if found.tensor_bytes > limit:
        raise UnreadableError(
            f"declares {found.tensor_bytes} bytes of tensors",
            valid=f"up to {limit} bytes are valid",
        )


def _state_dict(loaded: object) -> dict[str, Tensor]:
    if isinstance(loaded, Mapping) and isinstance(loaded.get("state_dict"), Mapping):
        loaded = loaded["state_dict"]
    if not isinstance(loaded, Mapping):
        raise UnreadableError(f"holds a {type(loaded).__name__}, not a state dict", valid=VALID)
    for name, value in loaded.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise UnreadableError(
                f"holds {quoted(name)}, a {type(value).__name__}, where a tensor should be",
                valid=VALID,
            )
    return collected(loaded.items())
