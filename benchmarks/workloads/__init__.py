"""The workloads: what is asked, of whom, how the answers are compared, and the bars it decides.

A module here declares its races as `WORKLOADS`. The first contender of each is ours.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

Answers = Mapping[str, Mapping[str, np.ndarray]]
"""What each contender returned, by its name."""


@dataclass(frozen=True, kw_only=True)
class Contender:
    """Who does the work, and with what arguments."""

    name: str
    """As the table has it."""
    task: str
    """The function that prepares it, as `benchmarks.contenders.ours:weights`."""
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Arguments, which can be written as JSON."""
    quick: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Those that differ in the quick form."""
    peers: bool = False
    """Whether it needs the peers' packages."""
    limits: bool = False
    """Whether its share of the machine's limits is wanted."""
    rounds: int | None = None
    """Takes part in so many rounds only, as it takes long."""
    note: str = ""
    """What is not equal, or done in the peer's favour, in plain words."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A bar that a race decides."""

    number: str
    what: str
    of: str
    """The contender: a peer for `ratio`, the one itself otherwise."""
    reads: Literal["ratio", "each", "total", "convolutions"] = "ratio"
    """Its seconds over ours (median of rounds), its seconds an item, its seconds in all, or its
    share of the fastest convolution's rate."""
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One race."""

    name: str
    title: str
    item: str
    """What a time is of: `unit`, `image`, …"""
    contenders: tuple[Contender, ...]
    check: Callable[[Answers], str]
    """How equal or how good the answers are, in words; raises `AssertionError` where they are not
    what they should be. Contenders that could not take part have no answer."""
    bounds: tuple[Bound, ...] = ()
    notes: tuple[str, ...] = ()
    rounds: int | None = None
    """At least so many rounds, in the full form."""
    needs_shared: bool = True
    """Whether it reads the reference folder beside the checkout (the weights of GoogLeNet)."""


def workloads() -> list[Workload]:
    """Every race of the modules in this folder, those of a module in its order."""
    modules = sorted(found.name for found in pkgutil.iter_modules(__path__))
    return [
        workload
        for name in modules
        for workload in importlib.import_module(f"{__name__}.{name}").WORKLOADS
    ]


def workload(name: str) -> Workload:
    """The race of a name.

    >>> workload("startup").item
    'start'
    """
    return next(found for found in workloads() if found.name == name)
