"""From a set of images to the positions kept of them: the pass in its folder, and the merge."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.images import ImageSet, evenly, framing_for, open_images
from curvecircuits.models.address import Direction
from curvecircuits.models.network import Network
from curvecircuits.store import Manifest, RunFolder, run_folder, run_job
from curvecircuits.visualize.dataset.candidates import Candidates
from curvecircuits.visualize.dataset.passing import ExamplesPass
from curvecircuits.visualize.dataset.pictures import Wanted
from curvecircuits.visualize.dataset.ranges import SAMPLE, Ranges, measure_ranges
from curvecircuits.visualize.dataset.records import Unread
from curvecircuits.visualize.dataset.views import View

Engine = Literal["local", "ray"]
_LISTED = 1000


@dataclass(frozen=True, kw_only=True)
class Options:
    """How many examples, of how many images, and who finds them."""

    out: str | Path | None = None
    top: int = 12
    bins: int = 18
    per_bin: int = 6
    worst: int = 8
    limit: int | None = None
    batch: int = 16
    engine: Engine = "local"
    workers: int | None = None
    address: str | None = None
    fresh: bool = False
    seed: int = 0
    progress: bool = False

    def __post_init__(self) -> None:
        counts = {
            "top": self.top,
            "bins": self.bins,
            "per_bin": self.per_bin,
            "batch": self.batch,
            **({} if self.limit is None else {"limit": self.limit}),
        }
        for name, count in counts.items():
            if count < 1:
                raise InputError(f"{name} is {count}: give 1 or more.")


@dataclass(frozen=True, kw_only=True)
class Collected:
    """What a pass has found."""

    job: ExamplesPass
    kept: Candidates
    """The best of every group, by group and the best first."""
    counts: tuple[Int[ndarray, "_ bins"], ...]
    """Of each view, units × bins."""
    read: int
    """Images."""
    skipped: tuple[Unread, ...]
    skipped_count: int

    def of(self, group: int) -> Candidates:
        """What one group has kept."""
        return self.kept.take(np.flatnonzero(self.kept.group == group))

    def wanted(self, view: int, unit: int, kept: Candidates) -> Wanted:
        """The points of candidates, for one unit of a view with the same points."""
        seen = self.job.views[view]
        return Wanted(
            view=seen,
            unit=np.full(len(kept.image), unit),
            image=kept.image,
            row=kept.position // len(seen.columns),
            column=kept.position % len(seen.columns),
        )


def opened_images(images: str | Path | ImageSet, network: Network) -> tuple[ImageSet, int]:
    """A set of images, and the side in pixels that they have when a network sees them."""
    found = images if isinstance(images, ImageSet) else open_images(images)
    return found, framing_for(network).size


@contextmanager
def collected(
    kind: str,
    views: Sequence[View],
    images: ImageSet,
    options: Options,
    *,
    contrasts: Sequence[tuple[int, int]] = (),
    settings: Mapping[str, Any] | None = None,
) -> Generator[tuple[RunFolder, Collected]]:
    """Do the pass, or what is left of it, and give what it found with the folder it is in.

    Images are framed as the first view's network was trained. The folder of a pass that is not
    kept is removed when the block ends.
    """
    network = views[0].network
    framing = framing_for(network)
    indices = evenly(len(images), options.limit)
    manifest = Manifest(
        kind=kind,
        settings={
            "views": [_named(view) for view in views],
            "contrasts": [list(pair) for pair in contrasts],
            "top": options.top,
            "bins": options.bins,
            "per_bin": options.per_bin,
            "worst": options.worst,
            "framing": asdict(framing),
            **(settings or {}),
        },
        model=network.name,
        model_hash=network.model_hash,
        data=images.fingerprint,
        images=len(indices),
        batch=options.batch,
        chunks=-(-len(indices) // options.batch),
        seed=options.seed,
    )
    with run_folder(options.out, manifest, fresh=options.fresh) as folder:
        job = ExamplesPass(
            views=tuple(views),
            ranges=Ranges(edges=(), thresholds=()),
            contrasts=tuple(contrasts),
            images=images,
            indices=indices,
            framing=framing,
            batch=options.batch,
            top=options.top,
            bins=options.bins,
            per_bin=options.per_bin,
            worst=options.worst,
            seed=options.seed,
            device=str(network.device),
        )
        job = replace(job, ranges=_ranges(folder, job, options))
        run_job(
            job,
            folder,
            engine=options.engine,
            workers=options.workers,
            address=options.address,
            progress=options.progress,
        )
        yield folder, _merged(folder, job)


def _ranges(folder: RunFolder, job: ExamplesPass, options: Options) -> Ranges:
    """The ranges that are kept in the folder; made and kept there if there are none."""
    kept = folder.arrays("ranges")
    if kept is not None:
        return Ranges.of(kept)
    found = measure_ranges(
        job.views,
        job.images,
        indices=job.indices[evenly(len(job.indices), SAMPLE)],
        framing=job.framing,
        bins=job.bins,
        batch=job.batch,
        seed=job.seed,
        progress=options.progress,
    )
    folder.save_arrays("ranges", found.arrays())
    return found


def _merged(folder: RunFolder, job: ExamplesPass) -> Collected:
    """The best of all chunks, one chunk in memory at a time."""
    kept: Candidates | None = None
    counts = [np.zeros((len(v.units), job.bins), dtype=np.int64) for v in job.views]
    read = 0
    for chunk in folder.chunks():
        part = Candidates(**{name: chunk[name] for name in Candidates.__dataclass_fields__})
        kept = (part if kept is None else Candidates.joined([kept, part])).best(job.most)
        counts = [total + chunk[f"counts.{k}"] for k, total in enumerate(counts)]
        read += int(chunk["read"].sum())
    skipped, count = job.skipped(folder.chunks(), most=_LISTED)
    assert kept is not None  # a set has an image, and a run a chunk
    return Collected(
        job=job,
        kept=kept,
        counts=tuple(counts),
        read=read,
        skipped=tuple(Unread(name=name, reason=reason) for name, reason in skipped),
        skipped_count=count,
    )


def _named(view: View) -> dict[str, Any]:
    return {
        "side": view.side,
        "model": view.network.name,
        "model_hash": view.network.model_hash,
        "units": [
            [str(u), list(u.vector)] if isinstance(u, Direction) else str(u) for u in view.units
        ],
        "signs": list(view.signs),
        "tile": view.tile,
    }
