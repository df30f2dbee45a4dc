"""What was found, as the table that is printed and as the page of the documentation."""

from collections.abc import Iterable, Sequence

from benchmarks.records import Benchmarks, Bounded, Growth, Machine, Race, Raced, Spread

COLUMNS = ("contender", "median", "against ours", "memory", "share of limit", "")


def time_of(seconds: float) -> str:
    """A time with its unit.

    >>> [time_of(s) for s in (90.0, 1.234, 0.0123, 4.5e-5)]
    ['90.0 s', '1.23 s', '12.3 ms', '45 µs']
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size or unit == "µs":
            return f"{seconds / size:.3g} {unit}" if seconds < 10 else f"{seconds:.1f} s"
    raise AssertionError


def cells(found: Raced, race: Race) -> tuple[str, ...]:
    """A contender's row."""
    return (
        found.name,
        f"{time_of(found.each.median)} / {race.item}",
        _ratio(found.ratio),
        f"{found.peak_mb:.0f} MB" if found.peak_mb else "",
        f"{100 * found.share.limit:.0f} % (FLOPs {100 * found.share.products:.0f} %)"
        if found.share
        else "",
        found.note,
    )


def _ratio(ratio: Spread | None) -> str:
    if ratio is None:
        return ""
    median, low, high = (_times(value) for value in (ratio.median, ratio.low, ratio.high))
    return f"{median} ×" if ratio.rounds == 1 else f"{median} × ({low}–{high})"


def _times(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def bound_text(bound: Bounded) -> str:
    """A bar, what was measured and what it asks for."""
    wanted = f"at least {bound.least:g}" if bound.least is not None else f"at most {bound.most:g}"
    said = "holds" if bound.ok else "does NOT hold"
    return f"Bar {bound.number}, {bound.what}: {bound.value:.3g}, {wanted}: {said}."


def text(race: Race) -> str:
    """A race as lines of text."""
    rows = [COLUMNS, *(cells(found, race) for found in race.contenders)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(COLUMNS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    missing = [f"{name} is missing: {reason}" for name, reason in race.missing.items()]
    under = [race.said, *missing, *map(bound_text, race.bounds)]
    return "\n".join([f"{race.name}: {race.title}", *_indented([*lines, *under])])


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def machine_text(machine: Machine) -> str:
    """The machine in one line."""
    return (
        f"{machine.cpu}, {machine.threads} threads of {machine.cores} cores, "
        f"{machine.memory_gb:.0f} GB; networks on {machine.device}; Python {machine.python}, "
        f"torch {machine.torch}; matrix products {machine.gflops:.0f} GFLOP/s, convolutions "
        f"{machine.convolution_gflops:.0f} GFLOP/s, copying {machine.copy_gbs:.1f} GB/s"
    )


_INTRODUCTION = """\
# Benchmarks

Made by `make bench`; the figures are also in [benchmarks.json](benchmarks.json).

Each contender is prepared and warmed up in a process of its own, all on the same threads and the
same torch; then they take turns, one run each in every round, and no two run at once. A time is the
median over rounds, per item. *Against ours* is the contender's time over ours in the same round:
the median, and in brackets the 10th to 90th percentile over rounds (all of them under five).
*Memory* is the most that the process held during a run, Python, torch and the network included.
"""

_LIMITS = """\
## What the machine can do

The rate of arithmetic is the fastest matrix product's, the rate of the memory that of copying an
array which no cache holds (bytes read and bytes written), both float32 and the fastest of many
times, on the contenders' threads. For every operator of a run of ours the FLOPs (two for each
multiplication and addition of a matrix product or convolution, none otherwise) and the bytes of
its inputs and outputs are counted. The shortest time that the limits allow is the sum over
operators of the larger of FLOPs / rate and bytes / rate; the *share of the limit* is that time
over the measured one, and in brackets the part that FLOPs alone account for. Operators whose
tensors stay in the caches are faster than the memory, so a share can come out above what a run of
the same operators on large tensors could reach.
"""


def markdown(found: Benchmarks, *, plot: str | None = None) -> str:
    """The page of the documentation; `plot` is where the picture of growing work lies from it."""
    parts = [_INTRODUCTION, "## The machine\n", machine_text(found.machine) + ".\n"]
    parts.append(", ".join(f"{name} {version}" for name, version in found.versions.items()) + ".\n")
    parts += [_race(race) for race in found.races]
    parts += [_grown(found.growth, plot)] if found.growth else []
    parts += [f"## {name}\n\nCould not be finished: {why}\n" for name, why in found.failed.items()]
    parts += [_LIMITS, _rates(found.machine)]
    return "\n".join(parts)


def _race(race: Race) -> str:
    quick = " (quick form)" if race.quick else ""
    rows = [cells(each, race) for each in race.contenders]
    under = [
        race.said,
        *race.notes,
        *(f"{name} is missing: {why}" for name, why in race.missing.items()),
        *map(bound_text, race.bounds),
    ]
    return (
        f"## {race.title}{quick}\n\n{_table(COLUMNS, rows)}\n\n"
        + "\n".join(f"- {line}" for line in under)
        + "\n"
    )


def growth_text(growth: Growth) -> str:
    """How a line grew, in one sentence."""
    times = " → ".join(time_of(s) for s in (growth.seconds[0], growth.seconds[-1]))
    memory = [f"{mb:.0f} MB" for mb in (growth.peak_mb[0], growth.peak_mb[-1]) if mb]
    return (
        f"{growth.title}, {growth.sizes[0]} → {growth.sizes[-1]} {growth.by}: {times} (exponent "
        f"{growth.exponent:.2f}), {' → '.join(memory) or 'memory not known'}"
    )


def _grown(found: Sequence[Growth], plot: str | None) -> str:
    picture = f"![Time and memory as the work grows]({plot})\n\n" if plot else ""
    lines = "\n".join(f"- {growth_text(growth)}" for growth in found)
    return f"""\
## As the work grows

{picture}{lines}

Grey is in proportion to the size. The exponent is that of a power law through the first and the
last size: 1 is linear, and fixed costs make it less.
"""


def _rates(machine: Machine) -> str:
    both = (("matrix product", machine.matrix_products), ("convolution", machine.convolutions))
    rows = [(f"{kind}, {r.what}", f"{r.gflops:.0f}") for kind, rates in both for r in rates]
    return _table(("operation, float32", "GFLOP/s"), rows) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
