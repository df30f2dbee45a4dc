"""Bars on speed: those that the races of `benchmarks` decide, in the same run as all they compare.

`python -m benchmarks` prints the same races with all contenders.
"""

from functools import cache

from bars import Outcome, bar
from benchmarks.race import machine, race
from benchmarks.records import Bounded, Machine, Race
from benchmarks.tables import time_of
from benchmarks.workloads import Workload, workload, workloads


@cache
def _limits() -> Machine:
    return machine()


@cache
def raced(name: str, quick: bool) -> Race:
    """A race, run once however many bars read it."""
    chosen = workload(name)
    wanted = any(bound.reads == "convolutions" for bound in chosen.bounds)
    return race(chosen, limits=_limits() if wanted else None, quick=quick)


def _shown(found: Race, bound: Bounded) -> str:
    if bound.reads == "ratio":
        ratio = found.raced(bound.of).ratio
        assert ratio is not None
        return f"{ratio.median:.3g} × ({ratio.low:.3g}–{ratio.high:.3g})"
    if bound.reads == "convolutions":
        return f"{100 * bound.value:.0f} %"
    return time_of(bound.value)


def _register(chosen: Workload, place: int) -> None:
    bound = chosen.bounds[place]

    def measure(quick: bool) -> Outcome:
        found = raced(chosen.name, quick)
        if bound.of in found.missing:
            return Outcome(value="skipped", bound="", ok=None, detail=found.missing[bound.of])
        own = next(b for b in found.bounds if b.what == bound.what and b.of == bound.of)
        limits = [f"≥ {own.least:g}"] if own.least is not None else []
        limits += [f"≤ {own.most:g}"] if own.most is not None else []
        return Outcome(
            value=_shown(found, own), bound=", ".join(limits), ok=own.ok, detail=found.said
        )

    bar(
        number=bound.number,
        title=bound.what,
        name=f"speed_{chosen.name}_{place}".replace("-", "_"),
        needs_shared=chosen.needs_shared,
    )(measure)


for _each in workloads():
    for _place in range(len(_each.bounds)):
        _register(_each, _place)
