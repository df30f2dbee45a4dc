"""What the suite finds, as records that are written as JSON."""

from dataclasses import dataclass
from typing import Literal

from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class Rate(Record):
    """How fast one operation ran, alone, at the fastest of several times."""

    what: str
    gflops: float
    """10⁹ multiplications and additions a second."""


@dataclass(frozen=True, kw_only=True)
class Machine(Record):
    """What the figures were measured on, and what it can do."""

    cpu: str
    cores: int
    threads: int
    """Threads of every worker."""
    memory_gb: float
    device: str
    """Where the networks ran: `cpu`, or a GPU's name."""
    python: str
    torch: str
    matrix_products: tuple[Rate, ...]
    convolutions: tuple[Rate, ...]
    copy_gbs: float
    """10⁹ bytes a second, read and written, of copying arrays too large for the caches."""

    @property
    def gflops(self) -> float:
        """The rate that shares of the limit are of: the fastest matrix product."""
        return max(rate.gflops for rate in self.matrix_products)

    @property
    def convolution_gflops(self) -> float:
        """The fastest convolution of the list."""
        return max(rate.gflops for rate in self.convolutions)


@dataclass(frozen=True, kw_only=True)
class Work(Record):
    """What calls of one operator on tensors of one size need."""

    operator: str
    flops: float
    bytes: float
    """Of its inputs and outputs, each counted once."""
    times: int


@dataclass(frozen=True, kw_only=True)
class Spread(Record):
    """A median over rounds and its spread: 10th to 90th percentile, or all under 5 rounds."""

    median: float
    low: float
    high: float
    rounds: int


@dataclass(frozen=True, kw_only=True)
class Share(Record):
    """How much of the time that a run took the machine's limits account for."""

    flops: float
    """Of one item."""
    bytes: float
    """Of one item."""
    limit: float
    """Σ over operators of max(FLOPs / rate of matrix products, bytes / rate of copying), over the
    measured seconds. Above 1 where tensors stay in the caches, which are faster than the memory."""
    products: float
    """FLOPs / rate of the fastest matrix product, over the measured seconds."""
    convolutions: float
    """FLOPs / rate of the fastest convolution, over the measured seconds."""


@dataclass(frozen=True, kw_only=True)
class Raced(Record):
    """One contender's part in a race."""

    name: str
    note: str
    items: float
    seconds: tuple[float, ...]
    """Per item, of each round that it took part in."""
    each: Spread
    """Of those seconds."""
    ratio: Spread | None
    """Its seconds per item over those of ours, in the same rounds."""
    peak_mb: float | None
    """The most memory of its process, torch and network included."""
    device_mb: float | None
    share: Share | None

    @property
    def total(self) -> float:
        """Median seconds of all its items."""
        return self.each.median * self.items


@dataclass(frozen=True, kw_only=True)
class Bounded(Record):
    """A bar that a race decides, and what was measured."""

    number: str
    what: str
    of: str
    reads: Literal["ratio", "each", "total", "convolutions"]
    least: float | None
    most: float | None
    value: float
    ok: bool


@dataclass(frozen=True, kw_only=True)
class Race(Record):
    """Contenders that did the same work in turns."""

    name: str
    title: str
    item: str
    quick: bool
    said: str
    """How equal or how good the answers were."""
    notes: tuple[str, ...]
    contenders: tuple[Raced, ...]
    """Ours is the first."""
    missing: dict[str, str]
    """Contenders that could not take part, and why."""
    bounds: tuple[Bounded, ...]

    def raced(self, name: str) -> Raced:
        """A contender by name."""
        return next(found for found in self.contenders if found.name == name)


@dataclass(frozen=True, kw_only=True)
class Growth(Record):
    """Time and memory of ours as the work grows."""

    name: str
    title: str
    by: str
    """What there is more and more of."""
    sizes: tuple[int, ...]
    seconds: tuple[float, ...]
    """Median of the rounds, of the whole run."""
    peak_mb: tuple[float | None, ...]
    exponent: float
    """Slope of log(seconds) over log(size) between the first size and the last: 1 is linear."""
    memory_exponent: float | None
    """The same for memory; what does not depend on the size makes it small."""


@dataclass(frozen=True, kw_only=True)
class Benchmarks(Record):
    """One run of the suite."""

    SCHEMA = "curvecircuits.benchmarks/1"

    machine: Machine
    versions: dict[str, str]
    """Of this package and of what contenders use."""
    races: tuple[Race, ...]
    growth: tuple[Growth, ...]
    failed: dict[str, str]
    """Races that could not be finished, and why."""
