"""Stub for trials; see the merged module."""

import os
from pathlib import Path

from benchmarks import ROOT


def peers(*, root: Path = ROOT) -> Path:
    return root / ".peers"


def environment(threads: int) -> dict[str, str]:
    paths = os.pathsep.join(filter(None, (str(peers()), os.environ.get("PYTHONPATH", ""))))
    return os.environ | {
        "PYTHONPATH": paths,
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
    }
