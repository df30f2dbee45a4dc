"""Engines do what is missing and nothing else, and what they write does not depend on them."""

import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import chunked
import numpy as np
import pytest

from curvecircuits.errors import InputError
from curvecircuits.store import RunFolder, open_run, ray_engine, run_job


def wait_until(condition, *, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def opened(folder: Path, **changes) -> RunFolder:
    return open_run(folder, chunked.manifest(**changes))


class Recorded(chunked.Sums):
    """Notes which chunks are computed."""

    def open(self):
        outer = self

        class Worker(chunked.Adder):
            def compute(self, chunk, loaded):
                computed.append((chunk, threading.current_thread()))
                return super().compute(chunk, loaded)

        computed: list[tuple[int, threading.Thread]] = []
        object.__setattr__(outer, "computed", computed)
        return Worker(self)


# This process -------------------------------------------------------------------------------------


def test_only_what_is_missing_is_done(tmp_path):
    run = opened(tmp_path)
    for chunk in (0, 7, 39):
        run.commit(chunk, {"sums": np.full(100, -1.0), "images": np.array(1)})
    job = Recorded()
    run_job(job, run)
    chunks, threads = zip(*job.computed, strict=True)
    assert list(chunks) == [n for n in range(40) if n not in (0, 7, 39)]
    assert set(threads) == {threading.main_thread()}
    assert run.chunk(7)["images"] == 1  # what was done is left as it was
    again = Recorded()
    run_job(again, run)
    assert not hasattr(again, "computed")  # not even opened


def test_every_image_is_counted_once(tmp_path):
    run = chunked.work(tmp_path, chunked.Sums())
    assert sum(int(arrays["images"]) for arrays in run.chunks()) == chunked.IMAGES
    wanted = sum(
        np.random.default_rng(n).normal(size=(chunked.Sums().items(n), 100)).sum(0)
        for n in range(chunked.CHUNKS)
    )
    written = np.array((tmp_path / "total.txt").read_text().split(), float)
    np.testing.assert_array_equal(written, wanted)


def test_reading_is_one_chunk_ahead(tmp_path):
    begun = [threading.Event() for _ in range(chunked.CHUNKS)]

    class Ahead(chunked.Sums):
        def open(self):
            return Reader(self)

    class Reader(chunked.Adder):
        def load(self, chunk):
            assert threading.current_thread() is not threading.main_thread()
            begun[chunk].set()
            return super().load(chunk)

        def compute(self, chunk, loaded):
            if chunk + 1 < chunked.CHUNKS:
                assert begun[chunk + 1].wait(10), "not read before this chunk was done"
            assert not any(event.is_set() for event in begun[chunk + 2 :])
            return super().compute(chunk, loaded)

    run_job(Ahead(), opened(tmp_path))
    assert all(event.is_set() for event in begun)


def test_an_error_keeps_what_was_done(tmp_path):
    run = opened(tmp_path)
    with pytest.raises(InputError, match="Image 9 cannot be read"):
        run_job(chunked.Sums(wrong=9), run)
    assert run.done == set(range(9))
    with pytest.raises(IndexError):
        run_job(chunked.Sums(broken=12), run)
    assert run.done == set(range(12))
    run_job(chunked.Sums(), run)
    assert run.missing() == []


def test_an_interruption_keeps_what_was_done(tmp_path):
    class Interrupted(chunked.Sums):
        def open(self):
            return Interrupting(self)

    class Interrupting(chunked.Adder):
        def compute(self, chunk, loaded):
            if chunk == 5:
                signal.raise_signal(signal.SIGINT)
            return super().compute(chunk, loaded)

    run = opened(tmp_path)
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        run_job(Interrupted(), run)
    assert run.done == set(range(5))
    assert threading.active_count() == before


def test_progress_counts_what_was_done_before(tmp_path, capsys):
    run = opened(tmp_path)
    with pytest.raises(InputError):
        run_job(chunked.Sums(wrong=20), run, progress=True, label="photographs")
    first = capsys.readouterr().err
    assert "sums:   0%" in first
    assert " photographs/s" in first
    run_job(chunked.Sums(), run, progress=True)
    second = capsys.readouterr().err
    assert "sums:  51%" in second  # 160 of 315
    assert "sums:   0%" not in second
    assert "315/315" in second
    run_job(chunked.Sums(), run, progress=True)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "dask"}, "no engine 'dask': local and ray"),
        ({"workers": 2}, "one process"),
        ({"address": "auto"}, "one process"),
        ({"engine": "ray", "workers": 0}, "0 workers"),
    ],
)
def test_what_no_engine_can_do(tmp_path, unannotated, options, message):
    run = opened(tmp_path)
    with pytest.raises(InputError, match=message):
        run_job(chunked.Sums(), run, **options)
    with pytest.raises(InputError, match=r"has 3 chunks and .* has 40"):
        run_job(chunked.Sums(chunks=3), run)


def test_without_ray(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'curvecircuits\[ray\]'"):
        run_job(chunked.Sums(), opened(tmp_path), engine="ray")


# A real cluster -----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["auto", "127.0.0.1:1", "nowhere"])
def test_a_cluster_that_is_not_there(tmp_path, monkeypatch, address):
    pytest.importorskip("ray")
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))  # nor one that somebody else has running here
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(InputError, match=f"No Ray cluster can be used at {address} ") as caught:
        run_job(chunked.Sums(), opened(tmp_path / "run"), engine="ray", address=address)
    assert ". " not in str(caught.value)


def test_a_worker_that_is_killed_loses_nothing(tmp_path):
    ray = pytest.importorskip("ray")
    local = chunked.work(tmp_path / "local", chunked.Sums())
    notes = tmp_path / "notes"
    notes.mkdir()
    run = opened(tmp_path / "ray")

    def kill_one() -> tuple[int, int]:
        wait_until(lambda: len(list(notes.iterdir())) == 3 and len(run.done) > 3)
        killed = int(min(notes.iterdir()).name)
        os.kill(killed, signal.SIGKILL)
        return killed, len(run.done)

    with ThreadPoolExecutor(1) as killer:
        outcome = killer.submit(kill_one)
        job = chunked.Sums(pause=0.15, notes=notes)
        chunked.work(tmp_path / "ray", job, engine="ray", workers=3)
        killed, done = outcome.result()
    assert killed != os.getpid()
    assert done < chunked.CHUNKS
    assert chunked.contents(tmp_path / "ray") == chunked.contents(local.path)
    assert not ray.is_initialized()
    for note in notes.iterdir():
        wait_until(lambda note=note: not Path(f"/proc/{note.name}").exists())


@pytest.fixture(scope="module")
def running():
    """A cluster that runs already, whose programs are not ours to stop."""
    ray = pytest.importorskip("ray")
    from curvecircuits.store.ray_cluster import calm

    with calm():
        ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    yield ray
    with calm():
        ray.shutdown()


def test_errors_come_as_they_were_raised(tmp_path, running):
    run = opened(tmp_path / "run")
    with pytest.raises(IndexError, match="out of bounds") as caught:
        run_job(chunked.Sums(broken=12), run, engine="ray", workers=2)
    assert "chunked.py" in caught.value.__notes__[0]
    assert 12 not in run.done


def test_the_cluster_reads_ahead_too(tmp_path, running):
    class Ahead(chunked.Sums):
        def open(self):
            return Reader(self)

    class Reader(chunked.Adder):
        def __init__(self, job):
            super().__init__(job)
            self.read, self.at_work = threading.Semaphore(0), []

        def load(self, chunk):
            self.read.release()
            return super().load(chunk)

        def compute(self, chunk, loaded):
            self.at_work.append(threading.current_thread())
            assert len(set(self.at_work)) == 1
            # The n-th chunk waits until n + 1 have begun to be read.
            if len(self.at_work) == 1:
                assert self.read.acquire(timeout=20)
            if len(self.at_work) < 4:
                assert self.read.acquire(timeout=20), "nothing is read ahead"
            return super().compute(chunk, loaded)

    run = opened(tmp_path)
    run_job(Ahead(), run, engine="ray", workers=1)
    assert run.missing() == []


def test_a_running_cluster_gets_its_processes_back(tmp_path, running):
    run = opened(tmp_path / "run")
    with pytest.raises(InputError, match=r"^Image 30 cannot be read; JPEG is valid\.$") as caught:
        run_job(chunked.Sums(wrong=30, pause=0.02), run, engine="ray", workers=2)
    assert type(caught.value) is InputError
    done = run.done
    assert done
    wait_until(lambda: running.available_resources().get("CPU") == 4)
    run_job(chunked.Sums(), run, engine="ray")  # as many as there is room for
    assert running.is_initialized()
    chunked.work(tmp_path / "local", chunked.Sums())
    chunks = {n: b for n, b in chunked.contents(tmp_path / "local").items() if "/chunks/" in n}
    assert len(chunks) == chunked.CHUNKS > len(done)
    assert chunks.items() <= chunked.contents(tmp_path / "run").items()


def test_a_chunk_that_kills_its_process_ends_the_run(tmp_path, running, monkeypatch):
    monkeypatch.setattr(ray_engine, "_AGAIN", 1)
    run = opened(tmp_path)
    with pytest.raises(InputError, match="processes that do the work end before"):
        run_job(chunked.Sums(deadly=30), run, engine="ray", workers=2)
    assert 30 not in run.done


def test_what_cannot_be_sent_is_refused(tmp_path, running):
    job = chunked.Sums()
    object.__setattr__(job, "lock", threading.Lock())
    with pytest.raises(InputError, match="cannot be sent to other processes"):
        run_job(job, opened(tmp_path), engine="ray", workers=1)
