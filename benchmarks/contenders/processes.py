"""New processes: how long they take from nothing to their answer. Nothing here needs torch."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks import ROOT
from benchmarks.task import Task

_HEAVY = ("torch", "numpy", "scipy", "sklearn", "pydantic", "PIL", "requests", "pooch")


def _started(command: Sequence[str]) -> Task:
    def run() -> Mapping[str, np.ndarray]:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
        )
        return {"lines": np.array(done.stdout.splitlines())}

    return Task(run=run, items=1, outside=True)


def help_text() -> Task:
    """`curvecircuits --help`, by the command that was installed."""
    return _started([str(Path(sys.executable).with_name("curvecircuits")), "--help"])


def imported(*, code: str) -> Task:
    """A Python that runs one line, and says which heavy libraries came with it."""
    say = f"; import sys; print(*sorted({set(_HEAVY)} & sys.modules.keys()))"
    return _started([sys.executable, "-c", code + say])
