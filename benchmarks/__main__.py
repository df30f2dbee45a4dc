"""Run the benchmarks and print one table a race."""

import argparse
import os
import sys
from importlib import metadata
from pathlib import Path

from benchmarks import SHARED
from benchmarks.growth import LINES, grown, plot
from benchmarks.peers import peers
from benchmarks.race import ROUNDS, WorkerError, cores, machine, race
from benchmarks.records import Benchmarks, Growth, Race
from benchmarks.tables import growth_text, machine_text, markdown, text
from benchmarks.workloads import Workload, workloads
from curvecircuits.errors import UnavailableError
from curvecircuits.store import dump, json_text, write_atomic

_OWN = ("curvecircuits", "numpy", "torch")


def _chosen(names: list[str]) -> list[Workload]:
    """The races of these names; `tuning` stands for `tuning-outline` and `tuning-filled`."""
    known = workloads()
    for name in names:
        if not any(_called(each, name) for each in known):
            sys.exit(f"No race is called {name}; there are: {', '.join(w.name for w in known)}.")
    return [each for each in known if not names or any(_called(each, n) for n in names)]


def _called(workload: Workload, name: str) -> bool:
    return workload.name == name or workload.name.startswith(f"{name}-")


def versions(*, with_peers: bool) -> dict[str, str]:
    """What the contenders import, with the peers' own packages."""
    found = {name: metadata.version(name) for name in _OWN}
    if with_peers:
        try:
            folder = str(peers())
        except UnavailableError:
            return found
        found |= {
            each.metadata["Name"]: each.version for each in metadata.distributions(path=[folder])
        }
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="races by name")
    parser.add_argument("--quick", action="store_true", help="smaller forms, two rounds")
    parser.add_argument("--rounds", type=int, metavar="N", help=f"timed rounds (default {ROUNDS})")
    parser.add_argument(
        "--threads", type=int, metavar="N", default=cores(), help="of every worker (all cores)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the records here")
    parser.add_argument("--docs", type=Path, metavar="FILE", help="also write the page here")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="also measure how the cost grows, drawn here"
    )
    given = parser.parse_args()
    chosen = _chosen(given.names)
    limits = machine(threads=given.threads)
    print(machine_text(limits), end="\n\n", flush=True)
    with_peers = any(contender.peers for each in chosen for contender in each.contenders)
    used = versions(with_peers=with_peers)
    races: list[Race] = []
    growth: list[Growth] = []
    failed: dict[str, str] = {}

    def write() -> None:
        """What is known so far: a run that is ended early leaves what it has found."""
        found = Benchmarks(
            machine=limits,
            versions=used,
            races=tuple(races),
            growth=tuple(growth),
            failed=failed,
        )
        if given.json:
            write_atomic(given.json, json_text(dump(found, digits=5)))
        if given.docs:
            drawn = os.path.relpath(given.plot, given.docs.parent) if growth else None
            write_atomic(given.docs, markdown(found, plot=drawn))

    for workload in chosen:
        if workload.needs_shared and not SHARED.is_dir():
            failed[workload.name] = f"there is no {SHARED}."
        else:
            try:
                races.append(
                    race(
                        workload,
                        limits=limits,
                        quick=given.quick,
                        rounds=given.rounds,
                        threads=given.threads,
                    )
                )
            except (WorkerError, AssertionError) as error:
                failed[workload.name] = str(error)
        if workload.name in failed:
            print(f"{workload.name} could not be finished: {failed[workload.name]}\n", flush=True)
        else:
            print(text(races[-1]), end="\n\n", flush=True)
        write()
    for line in LINES if given.plot else ():
        growth.append(grown(line, threads=given.threads, quick=given.quick))
        print(growth_text(growth[-1]), flush=True)
        plot(growth, given.plot)
        write()
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
