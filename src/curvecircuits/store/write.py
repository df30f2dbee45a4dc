"""Files appear whole or not at all."""

import contextlib
import os
import secrets
from pathlib import Path

from curvecircuits.errors import InputError


def write_atomic(path: str | os.PathLike[str], content: bytes | str) -> Path:
    """Write a file under a temporary name in its own folder, then rename it into place.

    A reader sees the old file or the new one, never a part. Missing folders are created; when
    anything fails, neither the temporary file nor a folder made for it is left.

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
    made: list[Path] = []
    temporary = target.parent / f".{target.name}.{secrets.token_hex(4)}.part"
    try:
        data = content if isinstance(content, bytes) else content.encode()
        _make_folders(target.parent, made)
        # "x" gives the permissions of the user's umask, which `tempfile` does not
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException as error:
        with contextlib.suppress(OSError, ValueError):
            temporary.unlink(missing_ok=True)
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, (OSError, ValueError)):
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(
                f"Cannot write {target}: {reason}; give a path in a folder that can be written."
            ) from None
        raise
    return target


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
