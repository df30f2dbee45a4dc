"""A warm process that does one contender's work on request: `python -m benchmarks.worker FOLDER`.

It answers each line of JSON on stdin by one on stdout:

- `{"prepare": "benchmarks.contenders.ours:weights", "given": {...}}` imports the function and keeps
  the `Task` it makes; answers `{"items": n}`;
- `{"warm": true}` warms up, by a whole run unless the task has a shorter way;
- `{"run": true}` answers `{"seconds": s, "peak_mb": p, "device_mb": d, "saved": "….npz"}`. A run of
  under a tenth of a second is repeated for as long, and the seconds are their median. What the run
  returned is saved afterwards, untimed, unless `"save": false`. `peak_mb` is the most memory that
  the process held during the run, torch and network included, `device_mb` the most on a GPU;
- `{"limits": true}` counts what one run computes (see `benchmarks.work`), apart from timed runs;
- `{"machine": true}` measures the machine as this process sees it (see `benchmarks.machine`).

What goes wrong is answered as `{"error": "one sentence"}`, with the traceback on stderr. Whatever
contenders print goes to stderr too.
"""

import argparse
import gc
import importlib
import json
import os
import statistics
import sys
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.task import Task

_LEAST_SECONDS = 0.1
_MOST_REPEATS = 100


class Prepared:
    """What one process holds: its task, and where its answers go."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._task: Task | None = None

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a request asks for."""
        if "prepare" in request:
            self._task = _imported(request["prepare"])(**request.get("given", {}))
            return {"items": self._task.items}
        if "machine" in request:
            from benchmarks.machine import measured_machine  # imports torch
            from curvecircuits.store import dump

            return {"machine": dump(measured_machine())}
        if self._task is None:
            raise RuntimeError("nothing is prepared yet")
        if "warm" in request:
            (self._task.warm or self._task.run)()
            return {}
        if "run" in request:
            return self._run(self._task, save=request.get("save", True))
        if "limits" in request:
            from benchmarks.work import counted  # imports torch
            from curvecircuits.store import dump

            return {"work": [dump(each) for each in counted(self._task.run)]}
        raise ValueError(f"no such request: {', '.join(request)}")

    def _run(self, task: Task, *, save: bool) -> dict[str, Any]:
        gc.collect()
        _reset_peak()
        seconds: list[float] = []
        found: Mapping[str, np.ndarray] = {}
        while not seconds or (sum(seconds) < _LEAST_SECONDS and len(seconds) < _MOST_REPEATS):
            found = {}  # two answers at once would count as this run's memory
            _synchronise()
            started = perf_counter()
            found = task.run()
            _synchronise()
            seconds.append(perf_counter() - started)
        answer: dict[str, Any] = {
            "seconds": statistics.median(seconds),
            "peak_mb": None if task.outside else _peak_mb(),
            "device_mb": _device_mb(),
            "saved": None,
        }
        if save:
            path = self._folder / "answer.npz"
            arrays: dict[str, Any] = {name: np.asarray(values) for name, values in found.items()}
            np.savez(path, **arrays)
            answer["saved"] = str(path)
        return answer


def _imported(name: str) -> Callable[..., Task]:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)


def _cuda() -> Any:
    """`torch.cuda` where this process uses a GPU."""
    torch = sys.modules.get("torch")
    used = torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized()
    return torch.cuda if torch is not None and used else None


def _synchronise() -> None:
    if cuda := _cuda():
        cuda.synchronize()


def _reset_peak() -> None:
    with suppress(OSError):  # not on every system: then the peak is that of the whole process
        Path("/proc/self/clear_refs").write_text("5")
    if cuda := _cuda():
        cuda.reset_peak_memory_stats()


def _peak_mb() -> float | None:
    with suppress(OSError):
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6
    return None


def _device_mb() -> float | None:
    return cuda.max_memory_allocated() / 1e6 if (cuda := _cuda()) else None


def _sentence(error: BaseException) -> str:
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0]}" if said else type(error).__name__


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Does one contender's work on request.")
    parser.add_argument("folder", type=Path, help="where answers are saved")
    options = parser.parse_args(arguments)
    # The answers keep the real stdout, also from what C code prints.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    warnings.simplefilter("ignore")  # what peers warn of is theirs
    prepared = Prepared(options.folder)
    for line in sys.stdin:
        try:
            said = prepared.answer(json.loads(line))
        except Exception as error:
            traceback.print_exc()
            said = {"error": _sentence(error)}
        print(json.dumps(said), file=answers, flush=True)


if __name__ == "__main__":
    main()
