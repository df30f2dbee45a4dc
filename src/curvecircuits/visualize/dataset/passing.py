"""One pass over the images: of each chunk, the positions that could be among those kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Int
from numpy import ndarray

from curvecircuits.images import Batch, ImageChunks
from curvecircuits.visualize.dataset.candidates import Candidates, lots
from curvecircuits.visualize.dataset.ranges import Ranges
from curvecircuits.visualize.dataset.views import View


@dataclass(frozen=True, kw_only=True)
class ExamplesPass(ImageChunks):
    """A job for `store.run_job`: the positions of every image that could be among those kept."""

    views: tuple[View, ...]
    ranges: Ranges
    contrasts: tuple[tuple[int, int], ...]
    """Pairs of views of equally many units at the same points: where is unit k of the first strong
    and unit k of the second weak?"""
    top: int
    bins: int
    per_bin: int
    worst: int
    seed: int

    def open(self) -> "PassWorker":
        """What computes chunks, in the process that does."""
        for view in self.views:
            view.network.to(self.device)
        return PassWorker(self)

    # -- groups of candidates --------------------------------------------------------------

    def strongest(self, view: int, unit: int) -> int:
        """The group of a unit's strongest positions; its bins are the groups that follow."""
        before = sum(len(v.units) for v in self.views[:view]) + unit
        return before * (1 + self.bins)

    def contrast(self, number: int, unit: int) -> int:
        """The group of the positions where the units of a contrast differ most."""
        units = sum(len(self.views[first].units) for first, _ in self.contrasts[:number])
        return self.strongest(len(self.views), 0) + units + unit

    @cached_property
    def most(self) -> Int[ndarray, " groups"]:
        """How many candidates each group keeps."""
        before = self.strongest(len(self.views), 0)
        own = np.tile([self.top, *[self.per_bin] * self.bins], before // (1 + self.bins))
        others = self.contrast(len(self.contrasts), 0) - before
        return np.concatenate([own, np.full(others, self.worst)])


class PassWorker:
    """Computes the chunks of a pass."""

    def __init__(self, job: ExamplesPass) -> None:
        self._job = job

    def load(self, chunk: int) -> Batch:
        """Read the images of a chunk."""
        return self._job.read(chunk)

    def compute(self, chunk: int, loaded: Batch) -> Mapping[str, ndarray]:
        """Candidates of every group, positions in every bin, and which images were read."""
        job = self._job
        indices = job.indices[job.part(chunk)]
        read = loaded.read.numpy()
        pixels = job.padded(loaded)
        with torch.inference_mode():
            maps = [v.read(pixels).flatten(2).numpy()[:, : len(read)][:, read] for v in job.views]
        kept: list[Candidates] = []
        counts: dict[str, ndarray] = {}
        for k, values in enumerate(maps):
            found, counts[f"counts.{k}"] = self._view(k, values, indices[read])
            kept += found
        for number, (first, second) in enumerate(job.contrasts):
            strong, quiet = (job.ranges.ranks(k, maps[k]) for k in (first, second))
            kept += self._contrast(number, strong - quiet, maps[first], indices[read])
        return {
            **Candidates.joined(kept).best(job.most).arrays(),
            **counts,
            "read": read,
            "reason": np.array([loaded.reasons.get(int(i), "") for i in indices]),
        }

    def _view(
        self, view: int, maps: ndarray, images: ndarray
    ) -> tuple[list[Candidates], Int[ndarray, "units bins"]]:
        job = self._job
        positions = maps.shape[2]
        kept: list[Candidates] = []
        counts: list[ndarray] = []
        for unit, (values, bins) in enumerate(zip(maps, job.ranges.bins(view, maps), strict=True)):
            group = job.strongest(view, unit)
            best = values.argmax(1)
            strongest = values[np.arange(len(values)), best]
            kept.append(Candidates.made(group, images, best, strongest, strongest))
            name = f"{job.views[view].side} {job.views[view].units[unit]}"
            drawn = lots(job.seed, name, images, positions).ravel()
            flat, level = bins.ravel(), values.ravel()
            counts.append(np.bincount(flat, minlength=job.bins))
            for number in np.flatnonzero(counts[-1]):
                rows = np.flatnonzero(flat == number)
                if len(rows) > job.per_bin:  # sorting all of a large map would take the longest
                    rows = rows[np.argpartition(-drawn[rows], job.per_bin)[: job.per_bin]]
                where = rows // positions, rows % positions
                kept.append(
                    Candidates.made(
                        group + 1 + int(number),
                        images[where[0]],
                        where[1],
                        level[rows],
                        drawn[rows],
                    )
                )
        return kept, np.stack(counts).astype(np.int64)

    def _contrast(
        self, number: int, differences: ndarray, strong: ndarray, images: ndarray
    ) -> list[Candidates]:
        """Of each image, the position where the ranks differ most; the strongest of equal ones."""
        kept: list[Candidates] = []
        for unit, (difference, values) in enumerate(zip(differences, strong, strict=True)):
            largest = difference.max(1, initial=-1.0)
            best = np.where(difference == largest[:, None], values, -np.inf).argmax(1)
            rows = np.flatnonzero(largest > 0)
            kept.append(
                Candidates.made(
                    self._job.contrast(number, unit),
                    images[rows],
                    best[rows],
                    values[rows, best[rows]],
                    largest[rows],
                )
            )
        return kept
