"""What runs have put into a folder, to be removed; and what killed processes have left there."""

import contextlib
import re
import time
from collections.abc import Iterator
from pathlib import Path

from curvecircuits.store.write import PART, remove_abandoned

_RUN = re.compile(r"run-[0-9a-f]{8}")
_OWN = re.compile(rf"[^.].*\.npz|{PART}")
_OLD = 3600.0
"""Seconds without a write after which a table still being written is taken to be abandoned."""


def remove_runs(folder: Path) -> None:
    """Remove every file that a run has put into a folder, and the folders that are then empty.

    The manifest stays: whatever is left after a kill is still known to be a run.
    """
    for run in _runs(folder):
        for marker in _files(run / "files"):
            for file in (folder / marker.name, *_parts(folder, marker.name)):
                file.unlink(missing_ok=True)
            marker.unlink(missing_ok=True)
        for file in _own(run):
            file.unlink(missing_ok=True)
        for inner in (*_folders(run / "chunks"), *_folders(run), run):
            with contextlib.suppress(OSError):  # somebody's file is in it, or it is gone
                inner.rmdir()


def sweep(folder: Path, own: Path) -> None:
    """Remove what was being written when a process was killed.

    What a living process is writing is locked, and `write_atomic` writes again what is swept in the
    moment before or after the lock, so its files can go at once. A table cannot be written again:
    what has not been written to for an hour is abandoned.
    """
    for file in _own(own):
        if re.fullmatch(PART, file.name):
            remove_abandoned(file)
    names = [marker.name for marker in _files(own / "files")]
    for name in ("manifest.json", *names):
        for part in _parts(folder, name):
            if not part.name.endswith(".slow.part"):
                remove_abandoned(part)
            elif _old(part):
                part.unlink(missing_ok=True)


def _old(file: Path) -> bool:
    try:
        return time.time() - file.stat().st_mtime > _OLD
    except FileNotFoundError:
        return False


def _runs(folder: Path) -> list[Path]:
    return [inner for inner in _folders(folder) if _RUN.fullmatch(inner.name)]


def _own(run: Path) -> Iterator[Path]:
    for inner in (*_folders(run / "chunks"), run / "arrays", run / "files"):
        yield from (file for file in _files(inner) if _OWN.fullmatch(file.name))


def _parts(folder: Path, name: str) -> list[Path]:
    matches = ((file, re.fullmatch(PART, file.name)) for file in _files(folder))
    return [file for file, match in matches if match and match["name"] == name]


def _files(folder: Path) -> list[Path]:
    return [file for file in _listed(folder) if file.is_file() or file.is_symlink()]


def _folders(folder: Path) -> list[Path]:
    return [file for file in _listed(folder) if file.is_dir() and not file.is_symlink()]


def _listed(folder: Path) -> list[Path]:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return sorted(folder.iterdir())
    return []
