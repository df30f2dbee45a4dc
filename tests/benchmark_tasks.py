"""Contenders for the tests of the frame, imported by its workers."""

import os
import sys
import time

import numpy as np

from benchmarks.task import Task


def sleeping(*, seconds: float, items: int = 1) -> Task:
    return Task(
        run=lambda: (time.sleep(seconds), {"items": np.arange(items)})[1],
        items=items,
        warm=lambda: None,
    )


def counting(*, seconds: float) -> Task:
    """Answers how often it was run."""
    runs: list[None] = []

    def run() -> dict[str, np.ndarray]:
        time.sleep(seconds)
        runs.append(None)
        return {"runs": np.array(len(runs))}

    return Task(run=run, items=1)


def holding(*, megabytes: int) -> Task:
    """Holds memory during a run, and a hundred megabytes more while it warms up."""

    def hold(size: int) -> dict[str, np.ndarray]:
        return {"sum": np.ones(size * 1_000_000, dtype=np.uint8).sum(keepdims=True)}

    return Task(run=lambda: hold(megabytes), items=1, warm=lambda: hold(megabytes + 100))


def talking() -> Task:
    """Prints, as peers do, also past Python."""
    print("prepared")  # noqa: T201
    os.write(1, b"to the descriptor\n")
    return Task(run=lambda: (sys.stdout.write("run"), {"one": np.ones(1)})[1], items=1)


def failing(*, when: str) -> Task:
    def fail() -> dict[str, np.ndarray]:
        raise ValueError("first line\nsecond line")

    if when == "prepare":
        fail()
    if when == "end":
        return Task(run=lambda: os._exit(7), items=1, warm=lambda: None)
    return Task(run=fail, items=1, warm=lambda: None)


def multiplying(*, size: int) -> Task:
    import torch  # the others start faster without

    a = torch.ones(size, size)
    return Task(run=lambda: {"product": (a @ a).numpy()}, items=1)
