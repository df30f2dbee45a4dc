"""A small job, and a process that does it: `python chunked.py FOLDER PAUSE [RENAME TO DIE AT]`."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from curvecircuits.errors import InputError
from curvecircuits.store import Manifest, RunFolder, open_run, run_job

CHUNKS, BATCH, IMAGES = 40, 8, 315


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Sums of numbers drawn for each chunk."""

    chunks: int = CHUNKS
    pause: float = 0.0
    notes: Path | None = None
    """Where each worker leaves a file with the number of its process."""
    wrong: int | None = None
    """A chunk that is an error of the user's."""
    broken: int | None = None
    """A chunk that is an error of ours."""
    deadly: int | None = None
    """A chunk that ends the process."""

    def items(self, chunk: int) -> int:
        return min(BATCH, IMAGES - BATCH * chunk)

    def open(self) -> "Adder":
        if self.notes is not None:
            (self.notes / str(os.getpid())).touch()
        return Adder(self)


class Adder:
    def __init__(self, job: Sums) -> None:
        self.job = job

    def load(self, chunk: int) -> np.ndarray:
        if chunk == self.job.wrong:
            raise InputError(f"Image {chunk} cannot be read; JPEG is valid.")
        return np.random.default_rng(chunk).normal(size=(self.job.items(chunk), 100))

    def compute(self, chunk: int, loaded: np.ndarray) -> dict[str, np.ndarray]:
        time.sleep(self.job.pause)
        if chunk == self.job.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        if chunk == self.job.broken:
            return {"none": np.ones(3)[5]}
        return {"sums": loaded.sum(0), "images": np.array(len(loaded))}


def manifest(**changes) -> Manifest:
    fields = {
        "kind": "sums",
        "settings": {"power": 1.5, "layers": ["3a", "3b"]},
        "model": "none",
        "model_hash": "00",
        "data": "11",
        "images": IMAGES,
        "batch": BATCH,
        "chunks": CHUNKS,
        "seed": 0,
    }
    return Manifest(**(fields | changes))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, with what it holds."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def work(folder: Path, job: Sums, **options) -> RunFolder:
    """Do what there is to do, and write what it comes to."""
    run = open_run(folder, manifest(chunks=job.chunks))
    if run.arrays("start") is None:
        run.save_arrays("start", {"of": np.arange(3)})
    run_job(job, run, **options)
    total = sum(arrays["sums"] for arrays in run.chunks())
    run.write("total.txt", " ".join(f"{value:.17g}" for value in total))
    return run


def _die_at(rename: int) -> None:
    """Let the process be killed where it is about to put a file in place."""
    left = iter(range(rename - 1, -1, -1))
    replace = Path.replace

    def replace_or_die(self: Path, target: Path) -> Path:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(self, target)

    Path.replace = replace_or_die  # this process has no other use


if __name__ == "__main__":
    if len(sys.argv) > 3:
        _die_at(int(sys.argv[3]))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    work(Path(sys.argv[1]), Sums(pause=float(sys.argv[2])))
