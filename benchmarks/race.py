"""A race: contenders in warm processes of their own, doing the same work in turns.

All are prepared, and warmed up by one untimed run. Then in every round each runs once, one after
the other, so that what else the machine does falls on all alike; no two run at once. The ratio of a
peer to ours is taken within a round, and its median and spread are over rounds.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import ROOT
from benchmarks.peers import environment as peers_environment
from benchmarks.records import Bounded, Machine, Race, Raced, Share, Spread, Work
from benchmarks.work import share
from benchmarks.workloads import Answers, Bound, Contender, Workload
from curvecircuits.errors import UnavailableError
from curvecircuits.store import load

ROUNDS = 7
_QUICK_ROUNDS = 2


class WorkerError(RuntimeError):
    """A contender's process could not do what it was asked for."""


class Worker:
    """A running `benchmarks.worker`; made by `worker`."""

    def __init__(self, name: str, process: "subprocess.Popen[str]") -> None:
        self._name = name
        self._process = process

    def ask(self, **request: Any) -> dict[str, Any]:
        """One request and its answer.

        Raises
        ------
        WorkerError
            When it answers with an error, or has ended.
        """
        given, answers = self._process.stdin, self._process.stdout
        assert given is not None
        assert answers is not None
        try:
            given.write(json.dumps(request) + "\n")
            given.flush()
            line = answers.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise WorkerError(f"{self._name} ended with status {self._process.wait()}.")
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerError(f"{self._name} failed: {answer['error']}")
        return answer


@contextmanager
def worker(
    name: str, folder: Path, *, threads: int, peers: bool = False
) -> Generator[Worker, None, None]:
    """A process that answers requests, on so many threads, with the peers' packages or without."""
    folder.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.worker", str(folder)],
        cwd=ROOT,
        env=peers_environment(threads=threads) if peers else _environment(threads),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Worker(name, process)
        finally:
            process.kill()


def _environment(threads: int) -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}


def cores() -> int:
    """The cores that this process may use: the threads of every worker by default."""
    able = getattr(os, "sched_getaffinity", None)
    return len(able(0)) if able else os.cpu_count() or 1


def machine(*, threads: int | None = None) -> Machine:
    """The machine and its limits, measured by a worker like those of contenders."""
    with (
        tempfile.TemporaryDirectory() as folder,
        worker("machine", Path(folder), threads=threads or cores()) as own,
    ):
        return load(Machine, own.ask(machine=True)["machine"])


def race(
    workload: Workload,
    *,
    limits: Machine | None = None,
    quick: bool = False,
    rounds: int | None = None,
    threads: int | None = None,
) -> Race:
    """Let the contenders of a workload race.

    Parameters
    ----------
    limits
        The machine; without it no shares of its limits are found.
    quick
        Smaller forms, two rounds.
    rounds
        Timed rounds; by default 7, or as many as the workload needs.
    threads
        Of every contender; by default all cores.

    Raises
    ------
    WorkerError
        When a contender fails. One whose packages cannot be had is left out instead.
    AssertionError
        When the answers are not what they should be.
    """
    turns = rounds or (_QUICK_ROUNDS if quick else max(ROUNDS, workload.rounds or 0))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        ready: dict[str, tuple[Contender, Worker, float]] = {}
        missing: dict[str, str] = {}
        for place, each in enumerate(workload.contenders):
            called = f"{each.name} of {workload.name}"
            own = worker(
                called, Path(folder) / str(place), threads=threads or cores(), peers=each.peers
            )
            try:
                running = stack.enter_context(own)
            except UnavailableError as error:
                missing[each.name] = str(error)
                continue
            given = {**each.given, **(each.quick if quick else {})}
            items = running.ask(prepare=each.task, given=given)["items"]
            ready[each.name] = each, running, items
        return _run(workload, ready, missing, limits=limits, quick=quick, turns=turns)


def _run(
    workload: Workload,
    ready: Mapping[str, tuple[Contender, Worker, float]],
    missing: dict[str, str],
    *,
    limits: Machine | None,
    quick: bool,
    turns: int,
) -> Race:
    for _, running, _ in ready.values():
        running.ask(warm=True)
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ready}
    for turn in range(turns):
        for name, (each, running, _) in ready.items():
            part = min(turns, each.rounds or turns)
            if turn < part:  # tasks that do a part in every run have all of it in the last
                runs[name].append(running.ask(run=True, save=turn == part - 1))
    said = workload.check({name: _arrays(found[-1]["saved"]) for name, found in runs.items()})
    ours = workload.contenders[0].name
    seconds = {
        name: [one["seconds"] / ready[name][2] for one in found] for name, found in runs.items()
    }
    raced: list[Raced] = []
    for name, (each, running, items) in ready.items():
        own = seconds[name]
        raced.append(
            Raced(
                name=name,
                note=each.note,
                items=items,
                seconds=tuple(own),
                each=spread(own),
                ratio=None
                if name == ours
                else spread([a / b for a, b in zip(own, seconds[ours], strict=False)]),
                peak_mb=_most(runs[name], "peak_mb"),
                device_mb=_most(runs[name], "device_mb"),
                share=_share(running, limits, seconds=own, items=items)
                if limits and each.limits
                else None,
            )
        )
    return Race(
        name=workload.name,
        title=workload.title,
        item=workload.item,
        quick=quick,
        said=said,
        notes=workload.notes,
        contenders=tuple(raced),
        missing=missing,
        bounds=tuple(
            _bounded(bound, raced) for bound in workload.bounds if bound.of not in missing
        ),
    )


def _arrays(path: str) -> dict[str, np.ndarray]:
    with np.load(path) as saved:
        return dict(saved)


def _most(runs: Sequence[Mapping[str, Any]], key: str) -> float | None:
    found = [run[key] for run in runs if run[key] is not None]
    return max(found) if found else None


def _share(running: Worker, limits: Machine, *, seconds: list[float], items: float) -> Share:
    """Of the median of the rounds; the count is a run of its own."""
    work = [load(Work, each) for each in running.ask(limits=True)["work"]]
    return share(work, limits, seconds=float(np.median(seconds)) * items, items=items)


def spread(values: Sequence[float]) -> Spread:
    """Median and spread of what the rounds gave.

    >>> spread([3.0, 1.0, 2.0])
    Spread(median=2.0, low=1.0, high=3.0, rounds=3)
    """
    low, high = (min(values), max(values)) if len(values) < 5 else np.percentile(values, [10, 90])
    return Spread(
        median=float(np.median(values)), low=float(low), high=float(high), rounds=len(values)
    )


def _bounded(bound: Bound, raced: Sequence[Raced]) -> Bounded:
    found = next(each for each in raced if each.name == bound.of)
    value = {
        "ratio": found.ratio.median if found.ratio else None,
        "each": found.each.median,
        "total": found.total,
        "convolutions": found.share.convolutions if found.share else None,
    }[bound.reads]
    if value is None:
        raise AssertionError(f"{bound.of} has no {bound.reads} to compare with the bar.")
    ok = (bound.least is None or value >= bound.least) and (
        bound.most is None or value <= bound.most
    )
    return Bounded(
        number=bound.number,
        what=bound.what,
        of=bound.of,
        reads=bound.reads,
        least=bound.least,
        most=bound.most,
        value=value,
        ok=ok,
    )


__all__ = ["Answers", "WorkerError", "cores", "machine", "race", "spread", "worker"]
