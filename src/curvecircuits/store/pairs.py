"""A record as JSON, and the file of arrays beside it."""

import json
from pathlib import Path
from typing import TypeVar

from curvecircuits.errors import InputError
from curvecircuits.store.schema import load

_T = TypeVar("_T")


def open_pair(
    type_: type[_T], folder: Path, *, record: str, arrays: str, what: str, writer: str, again: str
) -> tuple[_T, bytes]:
    """Read a record and the bytes of its arrays, which are for `unpack`, from a folder.

    Parameters
    ----------
    type_
        The record's class.
    record, arrays
        Names of the two files.
    what, writer, again
        For messages: what the folder should hold, what writes it, and what to do where it is
        damaged.

    Raises
    ------
    InputError
        When one of the files cannot be opened, and when the first is no JSON or, as `load` says it,
        another record.

    Examples
    --------
    >>> import tempfile
    >>> from curvecircuits.store import dump, json_text, pack, unpack, write_atomic
    >>> from curvecircuits.store.manifest import Manifest
    >>> made = Manifest(
    ...     kind="sums", model="none", model_hash="", data="", images=2, batch=1, chunks=2, seed=0
    ... )
    >>> with tempfile.TemporaryDirectory() as place:
    ...     _ = write_atomic(Path(place, "sums.json"), json_text(dump(made)))
    ...     _ = write_atomic(Path(place, "sums.npz"), pack({"sums": [1, 2]}))
    ...     found, packed = open_pair(
    ...         Manifest, Path(place), record="sums.json", arrays="sums.npz", what="sums",
    ...         writer="`sum`", again="add them up again",
    ...     )
    >>> found == made, unpack(packed)["sums"]
    (True, array([1, 2]))
    """
    try:
        data = json.loads((folder / record).read_text(encoding="utf-8"))
        packed = (folder / arrays).read_bytes()
    except OSError as error:
        raise InputError(
            f"{folder} holds no {what} ({error.strerror}): give a folder that {writer} wrote."
        ) from None
    except ValueError:
        raise InputError(
            f"The {what} in {folder} cannot be read, as {record} is damaged: {again}."
        ) from None
    return load(type_, data), packed
