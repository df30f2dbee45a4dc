"""A set of photographs as they lie on disk: names, sizes, classes, and their bytes on request."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Int
from numpy import ndarray

Layout = Literal["classes", "flat", "shards"]

_ENCODING = ("utf-8", "surrogateescape")  # file names need not be UTF-8


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The images of a set in a few arrays: about 70 bytes an image."""

    text: bytes
    """All names, one after the other."""
    ends: Int[ndarray, " images"]
    """Where each name ends in `text`."""
    sizes: Int[ndarray, " images"]
    codes: Int[ndarray, " images"]
    """The class of each image, by its place in `ImageSet.classes`; −1 for none."""
    starts: Int[ndarray, " images"] | None
    """Where the bytes of each begin in its shard; None for files."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ImageSet:
    """Images in the order of their names; made by `open_images`.

    It holds no open files and can be pickled.
    """

    root: Path
    """What was opened."""
    folder: Path
    """What names are relative to."""
    layout: Layout
    classes: tuple[str, ...] = field(repr=False)
    """Every class there is, sorted: in the layout `classes`, all folders."""
    skipped: Mapping[str, str] = field(repr=False)
    """Name → reason, of files in the folder that are no images to judge by their names, and of
    members of shards. Hidden files and label files are not mentioned."""
    fingerprint: str
    """SHA-256 over names, sizes and classes, in order; not over the pixels."""
    rows: Rows = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows.ends)

    def name(self, index: int) -> str:
        """Name an image: its path relative to `folder`, with `/`; in shards `shard.tar/key.jpg`."""
        self._check(index)
        start = self.rows.ends[index - 1] if index else 0
        return self.rows.text[start : self.rows.ends[index]].decode(*_ENCODING)

    def category(self, index: int) -> str | None:
        """Give the class of an image as it is written there: WNID, words or a number; or None."""
        self._check(index)
        code = int(self.rows.codes[index])
        return None if code < 0 else self.classes[code]

    def size(self, index: int) -> int:
        """Bytes of an image, as they were counted when the set was opened."""
        self._check(index)
        return int(self.rows.sizes[index])

    def read(self, index: int) -> bytes:
        """Read the bytes of an image.

        Raises
        ------
        OSError
            If its file is no longer there, or may not be opened.
        """
        name = self.name(index)
        if self.rows.starts is None:
            return (self.folder / name).read_bytes()
        with (self.folder / name.partition("/")[0]).open("rb") as shard:
            shard.seek(int(self.rows.starts[index]))
            return shard.read(int(self.rows.sizes[index]))

    def _check(self, index: int) -> None:
        if not 0 <= index < len(self):
            raise IndexError(f"there is no image {index} of {len(self)}")


def packed(
    names: Sequence[str],
    sizes: Sequence[int],
    categories: Sequence[str | None],
    *,
    classes: Sequence[str],
    starts: Sequence[int] | None = None,
) -> Rows:
    """Put images, given in order, into arrays."""
    encoded = [name.encode(*_ENCODING) for name in names]
    codes = {label: code for code, label in enumerate(classes)}
    return Rows(
        text=b"".join(encoded),
        ends=np.cumsum([len(name) for name in encoded], dtype=np.int64),
        sizes=np.array(sizes, dtype=np.int64),
        codes=np.array([-1 if c is None else codes[c] for c in categories], dtype=np.int32),
        starts=None if starts is None else np.array(starts, dtype=np.int64),
    )


def fingerprint_of(
    names: Sequence[str], sizes: Sequence[int], categories: Sequence[str | None]
) -> str:
    """SHA-256 over images in order: name, bytes and class of each.

    Examples
    --------
    >>> fingerprint_of(["a.png"], [10], ["1"]) == fingerprint_of(["a.png"], [10], [None])
    False

    """
    digest = hashlib.sha256()
    for row in zip(names, sizes, categories, strict=True):
        digest.update(f"{row!r}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
