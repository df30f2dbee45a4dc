"""Files appear whole or not at all."""

import contextlib
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from curvecircuits.errors import InputError

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed anyhow
    fcntl = None

PART = r"\.(?P<name>.+)\.[0-9a-f]{8}(?P<slow>\.slow)?\.part"
"""What a file is called while it is being written; a killed process leaves it behind."""

_TRIES = 30
"""Enough even beside a process that does nothing but remove what killed processes have left."""


def write_atomic(path: str | os.PathLike[str], content: bytes | str) -> Path:
    """Write a file under a temporary name in its own folder, then rename it into place.

    A reader sees the old file or the new one, never a part. Missing folders are created; when
    anything fails, neither the temporary file nor a folder made for it is left. Where another
    process removes the temporary file or its folder meanwhile, it is written again.

    Parameters
    ----------
    path
        Where the file goes; an existing file is replaced.
    content
        Bytes, or text to be written as UTF-8.

    Returns
    -------
    path
        The path written.

    Raises
    ------
    InputError
        When the file cannot be written there.

    Examples
    --------
    >>> write_atomic("out/report.html", "<!doctype html>")  # doctest: +SKIP
    PosixPath('out/report.html')

    """
    target = Path(path)
    for left in reversed(range(_TRIES)):
        try:
            with replacing(target) as file:
                file.write(content if isinstance(content, bytes) else content.encode())
        except FileNotFoundError as error:
            if not left:
                raise cannot_write(target, error) from None
        except (OSError, ValueError) as error:
            raise cannot_write(target, error) from None
        else:
            break
    return target


@contextmanager
def replacing(target: Path, *, slow: bool = False) -> Generator[BinaryIO, None, None]:
    """A file to be written under a temporary name, and put in place when the block is done.

    Whatever else ends the block leaves what was there before. While it lasts the file is locked,
    which tells it from what a killed process has left (`remove_abandoned`). Errors of the file
    system are raised as they are. What takes longer than a moment to write and cannot simply be
    written again is `slow`, and called so.
    """
    made: list[Path] = []
    ending = ".slow.part" if slow else ".part"
    temporary = target.parent / f".{target.name}.{secrets.token_hex(4)}{ending}"
    try:
        _make_folders(target.parent, made)
        # "x" gives the permissions of the user's umask, which `tempfile` does not
        with temporary.open("xb") as file:
            _lock(file)
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError, ValueError):
            temporary.unlink(missing_ok=True)
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def remove_abandoned(part: Path) -> None:
    """Remove a temporary file, unless a living process is writing to it."""
    with contextlib.suppress(FileNotFoundError), part.open("rb") as file:
        if _lock(file, wait=False):
            part.unlink(missing_ok=True)


def check_writable(folder: Path, failing: str) -> None:
    """Say before anything long is done that nothing could be written into a folder.

    The folder need not be there yet.

    Parameters
    ----------
    failing
        How the sentence begins, such as "Pictures cannot be kept in".

    Raises
    ------
    InputError
        When the folder is a file, or cannot be written.
    """
    there = next((f for f in (folder, *folder.absolute().parents) if os.path.lexists(f)), folder)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"{failing} {folder}: give a folder that can be written.")


def cannot_write(target: Path, error: Exception) -> InputError:
    """What to say of a file that could not be written."""
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(
        f"Cannot write {target}: {reason}; give a path in a folder that can be written."
    )


def _lock(file: BinaryIO, *, wait: bool = True) -> bool:
    """Lock a file until it is closed, as its process's end does too; whether nobody else has it.

    Where the file system knows no locks nobody has one.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _make_folders(folder: Path, made: list[Path]) -> None:
    missing: list[Path] = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        try:
            each.mkdir()
        except FileExistsError:  # another process made it meanwhile: then it is not ours to remove
            if not each.is_dir():
                raise
        else:
            made.append(each)
