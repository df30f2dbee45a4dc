"""Image files in batches, those that cannot be read told apart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.images.framing import Framing, load_image

_BATCH = 16


@dataclass(frozen=True, kw_only=True)
class FileBatch:
    """A few image files, in the order given."""

    files: tuple[Path, ...]
    """Those that could be read."""
    pixels: Float[Tensor, "files 3 size size"]
    """Theirs, RGB in [0, 1]."""
    unread: tuple[Path, ...]
    """The others."""


def load_files(
    files: Sequence[Path], *, framing: Framing, batch: int = _BATCH
) -> Iterator[FileBatch]:
    """Read image files a few at a time; one that cannot be read is told, not raised.

    Parameters
    ----------
    files
        In any format that `decode` recognises.
    framing
        How to cut out the square.
    batch
        Files at a time.

    Raises
    ------
    InputError
        When the last file is reached and none could be read; where there is one only, with the
        reason.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     good, bad = Path(folder, "a.png"), Path(folder, "b.png")
    ...     Image.new("RGB", (9, 9), "red").save(good)
    ...     bad.touch()
    ...     framing = Framing(kind="crop", resize=8, size=8)
    ...     (found,) = load_files([good, bad], framing=framing)
    >>> [p.name for p in found.files], tuple(found.pixels.shape), [p.name for p in found.unread]
    (['a.png'], (1, 3, 8, 8), ['b.png'])
    """
    seen = 0
    for start in range(0, len(files), batch):
        read: list[Path] = []
        unread: list[Path] = []
        pixels: list[Tensor] = [torch.zeros(0, 3, framing.size, framing.size)]
        for file in files[start : start + batch]:
            try:
                pixels.append(load_image(file, framing=framing)[None])
                read.append(file)
            except InputError:
                if len(files) == 1:
                    raise
                unread.append(file)
        seen += len(read)
        yield FileBatch(files=tuple(read), pixels=torch.cat(pixels), unread=tuple(unread))
    if files and not seen:
        raise InputError(
            f"None of {len(files)} files can be read as an image, such as {files[0]}: give "
            "photographs."
        )
