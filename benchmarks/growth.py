"""How time and memory of ours grow with the work: units, pictures, stimuli, photographs, layers.

Each line is one workload at sizes that double or more, in one warm process, in ascending order so
that memory of a larger run is not taken for a smaller one's. The exponent is that of a power law
through the first and the last size; fixed costs make it less than 1.
"""

import importlib
import math
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import GOOGLENET, SHARED
from benchmarks.race import Worker, cores, worker
from benchmarks.records import Growth

_OURS = "benchmarks.contenders.ours"
_LAYERS = ("conv2d1", "conv2d2", "3a", "3b", "4a", "4b", "4c", "4d")
_ROUNDS = 3


@dataclass(frozen=True, kw_only=True)
class Line:
    """One workload at growing sizes: the arguments of each."""

    name: str
    title: str
    by: str
    task: str
    sizes: Mapping[int, Mapping[str, Any]]


def _given(**options: Any) -> dict[str, Any]:
    return {"weights": str(GOOGLENET), **options}


LINES = (
    Line(
        name="units",
        title="Expanded weights conv2d0 → 3b",
        by="units",
        task=f"{_OURS}:weights",
        sizes={
            n: _given(source="conv2d0", target="3b", asked=list(range(0, 480, 480 // n)))
            for n in (15, 30, 60, 120, 240, 480)
        },
    ),
    Line(
        name="pictures",
        title="Feature visualization, 16 steps",
        by="units",
        task=f"{_OURS}:visualization",
        sizes={
            n: _given(units=[f"3b:{c}" for c in range(0, 480, 480 // n)], steps=16)
            for n in (4, 8, 16, 32)
        },
    ),
    Line(
        name="grid",
        title="Tuning of 3b, outlines",
        by="stimuli",
        task=f"{_OURS}:tuning",
        sizes={
            720 // every * 80: _given(layer="3b", every=every, values=False)
            for every in (144, 72, 36, 18, 9)
        },
    ),
    Line(
        name="images",
        title="Classes of photographs, decoded",
        by="photographs",
        task=f"{_OURS}:photographs",
        sizes={
            n: _given(folder=str(SHARED / "imagenet" / "images"), images=n)
            for n in (32, 64, 128, 256, 500)
        },
    ),
    Line(
        name="layers",
        title="Tuning on 800 stimuli, layers together",
        by="layers",
        task=f"{_OURS}:tuning",
        sizes={n: _given(layer=_LAYERS[-n:], every=72, values=False) for n in (1, 2, 4, 8)},
    ),
)


def grown(line: Line, *, threads: int | None = None, quick: bool = False) -> Growth:
    """Measure one line; the quick form has its two smallest sizes, once."""
    sizes = sorted(line.sizes)[: 2 if quick else None]
    seconds: list[float] = []
    peaks: list[float | None] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        worker(line.name, Path(folder), threads=threads or cores()) as own,
    ):
        for size in sizes:
            own.ask(prepare=line.task, given=line.sizes[size])
            own.ask(warm=True)
            runs = _runs(own, 1 if quick else _ROUNDS)
            seconds.append(statistics.median(run["seconds"] for run in runs))
            known = [run["peak_mb"] for run in runs if run["peak_mb"] is not None]
            peaks.append(max(known) if known else None)
    first, last = peaks[0], peaks[-1]
    return Growth(
        name=line.name,
        title=line.title,
        by=line.by,
        sizes=tuple(sizes),
        seconds=tuple(seconds),
        peak_mb=tuple(peaks),
        exponent=exponent(sizes[0], sizes[-1], seconds[0], seconds[-1]),
        memory_exponent=exponent(sizes[0], sizes[-1], first, last) if first and last else None,
    )


def _runs(own: Worker, rounds: int) -> list[dict[str, Any]]:
    return [own.ask(run=True, save=False) for _ in range(rounds)]


def exponent(small: float, large: float, less: float, more: float) -> float:
    """The power of a size that explains how a value grew.

    >>> exponent(10, 40, 1.0, 2.0)
    0.5
    """
    return math.log(more / less) / math.log(large / small)


def plot(found: Sequence[Growth], path: Path) -> None:
    """Time and memory of each line over its size, from zero; grey is in proportion to the size."""
    matplotlib: Any = importlib.import_module("matplotlib")  # of the group `bench`
    matplotlib.use("Agg")
    pyplot: Any = importlib.import_module("matplotlib.pyplot")
    figure, axes = pyplot.subplots(
        2, len(found), figsize=(3.2 * len(found), 5.2), squeeze=False, layout="constrained"
    )
    for (top, bottom), growth in zip(axes.T, found, strict=True):
        memory = [math.nan if mb is None else mb for mb in growth.peak_mb]
        for axis, values, name in ((top, growth.seconds, "s"), (bottom, memory, "MB")):
            linear = [values[0] * size / growth.sizes[0] for size in growth.sizes]
            axis.plot((0, *growth.sizes), (0, *linear), color="0.75", linewidth=1)
            axis.plot(growth.sizes, values, "o-", color="black", markersize=3, linewidth=1.2)
            axis.set_ylabel(name)
            axis.set_xlim(left=0)
            axis.set_ylim(0, 1.1 * max(values))
            axis.spines[["top", "right"]].set_visible(False)
        top.set_title(growth.title, fontsize=9)
        bottom.set_xlabel(growth.by)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Neither date nor random names: the same figures give the same file.
    with matplotlib.rc_context({"svg.hashsalt": "benchmarks"}):
        figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
