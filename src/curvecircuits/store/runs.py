"""A folder of results that are computed in chunks: it can be killed at any moment, and resumed.

    manifest.json                             what was asked for
    run-1a2b3c4d/chunks/0000/00000012.npz     the arrays of one chunk
    run-1a2b3c4d/arrays/calibration.npz       other arrays, by name
    run-1a2b3c4d/files/report.txt             says that the report.txt below is the run's own
    report.txt

Every file appears whole or not at all. A chunk is done when its file is there. The digits are those
of the manifest, so that two processes that were asked for different things never share a file.
"""

import json
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.store import leftovers
from curvecircuits.store.arrays import pack, unpack
from curvecircuits.store.manifest import Manifest, refuse_other
from curvecircuits.store.schema import dump, json_text
from curvecircuits.store.write import PART, cannot_write, write_atomic

_MANIFEST = "manifest.json"
_FAN = 1000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CHUNK = re.compile(r"\d{8,}\.npz")


@dataclass(frozen=True, kw_only=True)
class RunFolder:
    """The results of one run on disk; made by `open_run`.

    Any number of processes may write to one folder: a chunk is the same whoever computes it, and
    the last one that is written stays.
    """

    path: Path
    manifest: Manifest

    @cached_property
    def _own(self) -> Path:
        return self.path / f"run-{self.manifest.digest()}"

    # -- chunks ----------------------------------------------------------------------------

    @property
    def done(self) -> set[int]:
        """The chunks whose files are there; `missing` also looks into them."""
        files = [f for f in (self._own / "chunks").glob("*/*.npz") if _CHUNK.fullmatch(f.name)]
        found = {int(file.stem): file for file in files}
        return {n for n, file in found.items() if self._is_chunk(n) and file == self._chunk_path(n)}

    def missing(self) -> list[int]:
        """The chunks that are still to do, in order; damaged ones are removed and count as such.

        Reads every chunk there is.
        """
        return [
            chunk
            for chunk in range(self.manifest.chunks)
            if self._read(self._chunk_path(chunk)) is None
        ]

    def commit(self, chunk: int, arrays: Mapping[str, Any]) -> None:
        """Put the arrays of a chunk in place; from then on it is done.

        Raises
        ------
        InputError
            For a chunk that the run does not have, arrays of objects, and a full disk.

        """
        if not self._is_chunk(chunk):
            raise InputError(
                f"There is no chunk {chunk} in {self.path}: 0 to {self.manifest.chunks - 1} are "
                "valid."
            )
        write_atomic(self._chunk_path(chunk), pack(arrays))

    def chunk(self, chunk: int) -> dict[str, ndarray]:
        """The arrays of one chunk.

        Raises
        ------
        InputError
            When it is not done, or was damaged: it is then removed.

        """
        found = self._read(self._chunk_path(chunk)) if self._is_chunk(chunk) else None
        if found is None:
            raise InputError(
                f"Chunk {chunk} of {self.path} is not done, or was damaged: run the same work on "
                "the folder again."
            )
        return found

    def chunks(self) -> Iterator[dict[str, ndarray]]:
        """The arrays of all chunks in order, one chunk in memory at a time.

        Raises
        ------
        InputError
            When not all of them are done.

        """
        left = self.manifest.chunks - len(self.done)
        if left:
            raise InputError(
                f"{left} of {self.manifest.chunks} chunks of {self.path} are not done: run the "
                "same work on the folder again."
            )
        for chunk in range(self.manifest.chunks):
            yield self.chunk(chunk)

    def _is_chunk(self, chunk: int) -> bool:
        return 0 <= chunk < self.manifest.chunks

    def _chunk_path(self, chunk: int) -> Path:
        return self._own / "chunks" / f"{chunk // _FAN:04d}" / f"{chunk:08d}.npz"

    # -- what there is one of --------------------------------------------------------------

    def arrays(self, name: str) -> dict[str, ndarray] | None:
        """What `save_arrays` wrote under a name; None where there is nothing, or it was damaged."""
        return self._read(self._own / "arrays" / f"{_checked(name)}.npz")

    def save_arrays(self, name: str, arrays: Mapping[str, Any]) -> None:
        """Keep arrays beside the chunks, under a name such as `calibration`."""
        write_atomic(self._own / "arrays" / f"{_checked(name)}.npz", pack(arrays))

    def write(self, name: str, content: bytes | str) -> Path:
        """Write a file into the folder, such as `report.txt`, and return its path."""
        return write_atomic(self.file(name), content)

    def file(self, name: str) -> Path:
        """The path of a file in the folder that the caller is about to write.

        The folder remembers that the file is the run's own, to be removed when it starts anew.

        Raises
        ------
        InputError
            For a name with other characters than letters, digits, `.`, `_` and `-`.

        """
        write_atomic(self._own / "files" / _checked(name), "")
        return self.path / name

    # -- reading ---------------------------------------------------------------------------

    def _read(self, path: Path) -> dict[str, ndarray] | None:
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputError(f"Cannot read {path}: {error.strerror}.") from None
        try:
            return unpack(data)
        except InputError:
            path.unlink(missing_ok=True)
            return None


def open_run(path: str | Path, manifest: Manifest, *, fresh: bool = False) -> RunFolder:
    """Make a folder for a run, or find the one of the same run to go on with.

    Parameters
    ----------
    path
        The folder; it is made where there is none.
    manifest
        What the run is asked to do. A folder is gone on with only if its own is the same,
        versions of packages included, since results of both would be mixed.
    fresh
        Remove what a run has put into the folder, and start anew. Other files stay.

    Raises
    ------
    InputError
        For a folder of another run (the message names the first field that differs), one with
        files and no run, and one that cannot be written.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> manifest = Manifest(
    ...     kind="sum", model="small", model_hash="0f3a", data="9c1e", images=64, batch=32,
    ...     chunks=2, seed=0,
    ... )
    >>> with tempfile.TemporaryDirectory() as place:
    ...     open_run(place, manifest).commit(1, {"sums": np.ones(3)})
    ...     again = open_run(place, manifest)
    ...     print(again.done, again.missing(), again.chunk(1)["sums"])
    {1} [0] [1. 1. 1.]

    """
    folder = RunFolder(path=Path(path), manifest=manifest)
    try:
        found = _found(folder.path)
        if found is not None and fresh:
            leftovers.remove_runs(folder.path)
        elif found is not None:
            refuse_other(found, manifest, place=str(folder.path))
        if found is None or fresh:
            write_atomic(folder.path / _MANIFEST, json_text(dump(manifest)))
        leftovers.sweep(folder.path, folder._own)  # pyright: ignore[reportPrivateUsage]
    except OSError as error:
        raise cannot_write(folder.path, error) from None
    return folder


@contextmanager
def run_folder(
    path: str | Path | None, manifest: Manifest, *, fresh: bool = False
) -> Generator[RunFolder]:
    """The folder of a run, as `open_run`; without a path, one that is removed when the block ends.

    Raises
    ------
    InputError
        As `open_run`.
    """
    if path is not None:
        yield open_run(path, manifest, fresh=fresh)
        return
    # Made only where it is needed: a killed process would leave it behind.
    with TemporaryDirectory() as temporary:
        yield open_run(temporary, manifest)


def _found(folder: Path) -> Any:
    """The manifest in a folder; None where the folder is new or empty."""
    if not folder.exists():
        return None
    try:
        text = (folder / _MANIFEST).read_text(encoding="utf-8")
    except FileNotFoundError:
        # Another process may be about to put its manifest in place.
        others = sorted(f.name for f in folder.iterdir() if not re.fullmatch(PART, f.name))
        if others:
            raise InputError(
                f"{folder} holds files of others ({others[0]}, …) and no run: give a new folder "
                "or an empty one."
            ) from None
        return None
    except UnicodeDecodeError:
        text = ""
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if not isinstance(data, dict) or data.get("schema") != Manifest.SCHEMA:
        raise InputError(
            f"{folder / _MANIFEST} is not the manifest of a run that can be read here "
            f"({Manifest.SCHEMA}): give another folder."
        )
    return data


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name) or name == _MANIFEST or name.startswith("run-"):
        raise InputError(
            f"{name!r} is no name of a file in a run: letters, digits, '.', '_' and '-' make one."
        )
    return name
