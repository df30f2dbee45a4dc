"""The files of a folder, at any depth, and what is no image among them."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from curvecircuits.images.decode import SUFFIXES

NO_IMAGE_NAME = "its name does not end as an image's"


@dataclass(kw_only=True)
class Listing:
    """What was found: images by name relative to the folder, with `/`, in no order."""

    names: list[str] = field(default_factory=list[str])
    sizes: list[int] = field(default_factory=list[int])
    """In bytes."""
    skipped: dict[str, str] = field(default_factory=dict[str, str])
    """Name → reason."""
    folders: list[str] = field(default_factory=list[str])
    """Those directly in the folder."""


def image_named(name: str) -> bool:
    """Whether a file name ends as an image's.

    >>> image_named("a/B.JPEG"), image_named("jpeg")
    (True, False)
    """
    base = name.rpartition("/")[2]
    return base.rfind(".") > 0 and base[base.rfind(".") :].lower() in SUFFIXES


def list_files(root: Path, *, but: frozenset[str]) -> Listing:
    """List a folder; hidden files and folders are passed over.

    Parameters
    ----------
    root
        Links in it are followed, except one to a folder it lies in.
    but
        Names relative to the folder that are not listed at all.

    Raises
    ------
    OSError
        If the folder itself cannot be listed.
    """
    found = Listing()
    status = root.stat()
    # Strings and integers only: there may be a million of them.
    waiting = [("", frozenset({(status.st_dev, status.st_ino)}))]
    while waiting:
        folder, above = waiting.pop()
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    if entry.name.startswith(".") or folder + entry.name in but:
                        continue
                    try:
                        inner = _add(found, folder + entry.name, entry, above)
                    except OSError as error:
                        found.skipped[folder + entry.name] = _words(error)
                        continue
                    if inner is not None:
                        waiting.append((f"{folder}{entry.name}/", inner))
                        if not folder:
                            found.folders.append(entry.name)
        except OSError as error:
            if not folder:
                raise
            found.skipped[folder.rstrip("/")] = _words(error)
    return found


def _add(
    found: Listing, name: str, entry: os.DirEntry[str], above: frozenset[tuple[int, int]]
) -> frozenset[tuple[int, int]] | None:
    """Note one entry; of a folder to look into, the identities of it and all above it."""
    named = image_named(name)
    if entry.is_dir():
        status = entry.stat()
        identity = (status.st_dev, status.st_ino)
        if named:
            found.skipped[name] = "a folder, not an image"
        elif identity in above:
            found.skipped[name] = "a link to a folder that it lies in"
        else:
            return above | {identity}
    elif entry.is_file():
        if named:
            size = entry.stat().st_size
            found.names.append(name)
            found.sizes.append(size)
        else:
            found.skipped[name] = NO_IMAGE_NAME
    elif named:
        found.skipped[name] = "a link to nothing" if entry.is_symlink() else "no regular file"
    return None


def _words(error: OSError) -> str:
    return f"cannot be opened: {error.strerror or type(error).__name__}"
