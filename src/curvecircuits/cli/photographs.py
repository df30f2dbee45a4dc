"""Photographs that commands read at once: those that can be read, and the names of the others."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from curvecircuits.cli.options import watched


class Photographs:
    """Image files, framed as for a network when they are read.

    Parameters
    ----------
    images
        A folder, of which so many are taken evenly, or one file.
    most
        How many at most.
    """

    def __init__(self, images: Path, *, most: int) -> None:
        from curvecircuits.images import sample_images

        self.files = (images,) if images.is_file() else sample_images(images, most=most)
        self.unread: list[Path] = []

    def batches(self, network: Any) -> Iterator[tuple[Sequence[Path], Any]]:
        """Files with their pixels (n, 3, size, size), a few at a time, under a bar.

        Raises
        ------
        InputError
            When none of the files can be read as an image.
        """
        from tqdm import tqdm

        from curvecircuits.images import framing_for, load_files

        self.unread = []
        with tqdm(total=len(self.files), desc="images", disable=not watched()) as bar:
            for some in load_files(self.files, framing=framing_for(network)):
                self.unread += some.unread
                if some.files:
                    yield some.files, some.pixels
                bar.update(len(some.files) + len(some.unread))

    def left_out(self) -> str | None:
        """What to say of files that could not be read; None without any."""
        if not self.unread:
            return None
        return f"{len(self.unread)} of {len(self.files)} files could not be read as images."
