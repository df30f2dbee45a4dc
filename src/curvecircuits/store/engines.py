"""Do the chunks of a job that a folder still misses, here or on a Ray cluster."""

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Literal

from tqdm import tqdm

from curvecircuits.errors import InputError
from curvecircuits.store.jobs import Done, Job
from curvecircuits.store.ray_engine import ray_chunks
from curvecircuits.store.runs import RunFolder


def run_job(
    job: Job,
    folder: RunFolder,
    *,
    engine: Literal["local", "ray"] = "local",
    workers: int | None = None,
    address: str | None = None,
    progress: bool = False,
    label: str = "images",
) -> None:
    """Do every chunk of a job that a folder misses, and commit each as soon as it is done.

    Whatever ends the run (an error, Ctrl-C, a kill) leaves the chunks that were committed; calling
    this again does the others. Engines decide who computes a chunk and when, never what it holds.

    Parameters
    ----------
    job
        What there is to do.
    folder
        Where the results go.
    engine
        `local`: this process, which reads one chunk ahead in a thread. `ray`: processes of a Ray
        cluster, each of which does the same; only this process writes to the folder.
    workers
        Processes on the cluster; by default one for each processor (or GPU, where the job asks for
        them) that it has. The local engine has one.
    address
        A running Ray cluster: `auto`, or `host:port`. None starts one on this machine, with Ray's
        settings for it, and stops it afterwards.
    progress
        Whether to show a bar on stderr, with rate and time left.
    label
        What a job's items are called there.

    Raises
    ------
    InputError
        When job and folder differ in their number of chunks, for engines and workers that do not
        exist, when Ray is not installed or cannot be reached, and when the job cannot be pickled.
    Exception
        Whatever a worker raises, as it raised it.

    Examples
    --------
    >>> import numpy as np, tempfile
    >>> from curvecircuits.store import Manifest, open_run
    >>> class Squares:
    ...     chunks = 3
    ...     def items(self, chunk): return 10
    ...     def open(self): return self
    ...     def load(self, chunk): return np.arange(10) + 10 * chunk
    ...     def compute(self, chunk, loaded): return {"sum": (loaded**2).sum()}
    >>> manifest = Manifest(
    ...     kind="squares", model="none", model_hash="", data="", images=30, batch=10, chunks=3,
    ...     seed=0,
    ... )
    >>> with tempfile.TemporaryDirectory() as place:
    ...     folder = open_run(place, manifest)
    ...     run_job(Squares(), folder)
    ...     print(sum(arrays["sum"] for arrays in folder.chunks()))
    8555

    """
    _check(job, folder, engine, workers, address)
    missing = folder.missing()
    if not missing:
        return
    if engine == "ray":
        results = ray_chunks(job, missing, workers=workers, address=address)
    else:
        results = _local_chunks(job, missing)
    total = sum(job.items(chunk) for chunk in range(job.chunks))
    with (
        closing(results),
        tqdm(
            total=total,
            initial=total - sum(job.items(chunk) for chunk in missing),
            desc=folder.manifest.kind,
            unit=f" {label}",
            disable=not progress,
        ) as bar,
    ):
        for chunk, arrays in results:
            folder.commit(chunk, arrays)
            bar.update(job.items(chunk))


def _check(
    job: Job, folder: RunFolder, engine: str, workers: int | None, address: str | None
) -> None:
    if job.chunks != folder.manifest.chunks:
        raise InputError(
            f"The job has {job.chunks} chunks and {folder.path} has {folder.manifest.chunks}: give "
            "the folder of this job."
        )
    if engine not in ("local", "ray"):
        raise InputError(f"There is no engine {engine!r}: local and ray are valid.")
    if workers is not None and workers < 1:
        raise InputError(f"{workers} workers cannot do anything: give 1 or more.")
    if engine == "local" and (address is not None or workers not in (None, 1)):
        raise InputError(
            "The local engine is one process at no address: workers and address are for the ray "
            "engine."
        )


def _local_chunks(job: Job, chunks: Sequence[int]) -> Generator[Done, None, None]:
    worker = job.open()
    with ThreadPoolExecutor(1, thread_name_prefix="load") as reader:
        ahead = reader.submit(worker.load, chunks[0])
        for chunk, following in zip(chunks, [*chunks[1:], None], strict=True):
            loaded = ahead.result()
            if following is not None:
                ahead = reader.submit(worker.load, following)
            yield chunk, worker.compute(chunk, loaded)
