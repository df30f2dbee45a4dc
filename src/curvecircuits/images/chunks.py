"""Images cut by index into chunks of one shape, for work that may be interrupted and shared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor
from torch.nn import functional as F

from curvecircuits.images.batch import BLANK, Batch, load_batch
from curvecircuits.images.framing import Framing
from curvecircuits.images.image_set import ImageSet


@dataclass(frozen=True, kw_only=True)
class ImageChunks:
    """Base of jobs for `store.run_job` that go through images: chunk k is `batch` of them.

    The last one is padded. Every chunk has one shape, whoever computes it, so that results do not
    depend on which chunks were computed together.
    """

    images: ImageSet
    indices: Int[ndarray, " images"]
    """Which of the images, in order."""
    framing: Framing
    batch: int
    device: str = "cpu"

    @property
    def chunks(self) -> int:
        """How many there are."""
        return -(-len(self.indices) // self.batch)

    @property
    def gpus(self) -> int:
        """How many GPUs a process needs that computes chunks."""
        return int(self.device.startswith("cuda"))

    def part(self, chunk: int) -> slice:
        """Which of the indices a chunk is about."""
        return slice(chunk * self.batch, min(len(self.indices), (chunk + 1) * self.batch))

    def items(self, chunk: int) -> int:
        """Images of a chunk."""
        part = self.part(chunk)
        return part.stop - part.start

    def read(self, chunk: int) -> Batch:
        """The images of a chunk, not padded."""
        return load_batch(
            self.images, self.indices[self.part(chunk)].tolist(), framing=self.framing
        )

    def padded(self, loaded: Batch) -> Float[Tensor, "batch 3 size size"]:
        """The pixels of a chunk, with as many blank images behind them as make it whole."""
        missing = self.batch - len(loaded.pixels)
        return F.pad(loaded.pixels, (0, 0, 0, 0, 0, 0, 0, missing), value=BLANK)

    def skipped(
        self, found: Iterable[Mapping[str, ndarray]], *, most: int
    ) -> tuple[list[tuple[str, str]], int]:
        """Files that gave nothing, the first as (name, reason), and how many there are.

        Parameters
        ----------
        found
            Of every chunk in order, `read` and `reason` of its images.
        most
            How many are named.
        """
        listed = list(islice(self.images.skipped.items(), most))
        count, seen = len(self.images.skipped), 0
        for chunk in found:
            rows = np.flatnonzero(~chunk["read"])
            for row in rows[: most - len(listed)]:
                name = self.images.name(int(self.indices[seen + row]))
                listed.append((name, str(chunk["reason"][row])))
            count, seen = count + len(rows), seen + len(chunk["read"])
        return listed, count


def evenly(count: int, most: int | None) -> Int[ndarray, " indices"]:
    """At most so many of some indices, evenly spread; all of them when None.

    >>> evenly(10, 4).tolist(), evenly(3, 4).tolist()
    ([0, 2, 5, 7], [0, 1, 2])
    """
    few = count if most is None else min(count, most)
    return np.arange(few) * count // max(few, 1)
