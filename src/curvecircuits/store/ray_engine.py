"""Chunks of a job on a Ray cluster, by Ray Data; what they give comes back to this process.

Each actor opens the job once. It reads in one thread and computes in another, so that the next
chunk is read while one is computed. An actor that dies is started again, and its chunks are done
again.
"""

import sys
import threading
import traceback
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from curvecircuits.errors import CurveCircuitsError, InputError
from curvecircuits.store.arrays import pack, unpack
from curvecircuits.store.jobs import Done, Job, Worker
from curvecircuits.store.ray_cluster import calm, cluster, import_ray

_AGAIN = 3
"""How often a chunk is tried again whose process died: more, and it is the chunk that kills."""


def ray_chunks(
    job: Job, chunks: Sequence[int], *, workers: int | None, address: str | None
) -> Generator[Done, None, None]:
    """Do chunks of a job on a cluster, and give each when it is done, in no order.

    Parameters and errors are those of `run_job`.
    """
    ray = import_ray()
    gpus = float(getattr(job, "gpus", 0))
    pickled = _pickled(ray, job)
    with ExitStack() as stack:
        workers = stack.enter_context(cluster(ray, workers=workers, address=address, gpus=gpus))
        stack.enter_context(_settings(ray))
        with calm():
            results = iter(_dataset(ray, pickled, chunks, min(workers, len(chunks)), gpus))
        stack.callback(_end, results)
        left = set(chunks)
        while (table := _next(ray, results)) is not None:
            for chunk, failed, data in zip(
                *(table[name].to_pylist() for name in ("chunk", "failed", "data")), strict=True
            ):
                if failed:
                    raise ray.cloudpickle.loads(data)
                left.discard(chunk)
                yield chunk, unpack(data)
        if left:
            raise RuntimeError(f"Ray ended without the chunks {sorted(left)}")


def _dataset(ray: Any, pickled: bytes, chunks: Sequence[int], workers: int, gpus: float) -> Any:
    # A block a chunk: what is lost or waited for is never more.
    todo = ray.data.from_items([{"chunk": n} for n in chunks], override_num_blocks=len(chunks))
    return todo.map_batches(
        _Actor,
        fn_constructor_args=(ray.put(pickled), list(sys.path)),
        batch_size=1,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(
            size=workers, max_concurrent_calls_per_actor=2, enable_true_multi_threading=True
        ),
        num_cpus=1,
        num_gpus=gpus or None,
        max_restarts=-1,
        max_task_retries=_AGAIN,
    ).iter_batches(batch_size=None, batch_format="pyarrow")


def _next(ray: Any, results: Any) -> Any:
    try:
        with calm():
            return next(results, None)
    except ray.exceptions.RayError as error:
        reason = (str(error).strip().splitlines() or [repr(error)])[0].split(". ")[0].rstrip(".:")
        raise InputError(
            f"The processes that do the work end before it is done ({reason}): see that "
            "curvecircuits is installed wherever they run and that they have memory enough."
        ) from error


def _end(results: Any) -> None:
    """End the processes at work, which a cluster that stays would keep."""
    with calm():
        results.close()


class _Actor:
    """A worker in a process of the cluster."""

    def __init__(self, pickled: Any, path: list[str]) -> None:
        # As `multiprocessing` does: what this process can import, the other one can too.
        sys.path.extend(entry for entry in path if entry not in sys.path)
        self._pickled = pickled
        self._worker: Worker | None = None
        self._reading = threading.Lock()
        # Everything but reading in one thread: torch keeps some settings for each.
        self._computing = ThreadPoolExecutor(1)

    def __call__(self, batch: Any) -> Any:
        import pyarrow

        (chunk,) = batch["chunk"].to_pylist()
        failed, data = self._outcome(chunk)
        return pyarrow.table(
            {
                "chunk": [chunk],
                "failed": [failed],
                # The type of its own keeps the zero bytes at the end, which numpy drops.
                "data": pyarrow.array([data], pyarrow.large_binary()),
            }
        )

    def _outcome(self, chunk: int) -> tuple[bool, bytes]:
        # Ray would log an exception, wrap it and try to start the actor again.
        try:
            with self._reading:
                if self._worker is None:
                    self._worker = self._computing.submit(self._opened).result()
                loaded = self._worker.load(chunk)
            outcome = self._computing.submit(self._worker.compute, chunk, loaded)
            return False, pack(outcome.result())
        except Exception as error:
            return True, _pickled_error(error)

    def _opened(self) -> Worker:
        ray = import_ray()
        job: Job = ray.cloudpickle.loads(ray.get(self._pickled))
        return job.open()


def _pickled(ray: Any, job: Job) -> bytes:
    try:
        return ray.cloudpickle.dumps(job)
    except CurveCircuitsError:
        raise
    except Exception as error:  # whatever an object of the user's raises
        reason = (str(error).strip().splitlines() or [repr(error)])[0]
        raise InputError(
            f"The job cannot be sent to other processes ({reason}): the local engine can do it "
            "here."
        ) from error


def _pickled_error(error: Exception) -> bytes:
    """An exception as the driver will raise it, with the lines of code that it cannot show."""
    cloudpickle = import_ray().cloudpickle
    if not isinstance(error, CurveCircuitsError):
        error.add_note(f"In a worker process:\n{''.join(traceback.format_exception(error))}")
    try:
        data = cloudpickle.dumps(error)
        cloudpickle.loads(data)
    except Exception:  # not every exception comes back
        text = "".join(traceback.format_exception(error))
        return cloudpickle.dumps(RuntimeError(f"A worker process failed.\n{text}"))
    return data


@contextmanager
def _settings(ray: Any) -> Generator[None, None, None]:
    """Ray Data without bars and announcements of its own."""
    with calm():
        context = ray.data.DataContext.get_current().copy()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
    with ray.data.DataContext.current(context):
        yield
