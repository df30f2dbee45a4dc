"""What paired units see of the same images, as it is written."""

from dataclasses import dataclass
from typing import ClassVar

from curvecircuits.store import Record
from curvecircuits.visualize.dataset.records import Example


@dataclass(frozen=True, kw_only=True)
class PairedExample(Record):
    """One point of one image, as both units of a pair see it."""

    example: Example
    """Its value is that of the strong unit; its crop one of `crops` of the pairs."""
    natural: float
    """Pre-activation of the natural unit at the point."""
    artificial: float
    natural_rank: float
    """Percentile of it among the values of the sample that fixed the bins, 0 to 100, to ± 0.2."""
    artificial_rank: float


@dataclass(frozen=True, kw_only=True)
class PairExamples(Record):
    """Examples of a natural unit and of the artificial one of its orientation."""

    natural: str
    artificial: str
    orientation: float
    """In degrees: direction of the outward normal."""
    natural_top: tuple[PairedExample, ...]
    """The natural unit's strongest positions, at most one an image."""
    artificial_top: tuple[PairedExample, ...]
    natural_only: tuple[PairedExample, ...]
    """Where the natural unit's rank is furthest above the artificial one's, one an image."""
    artificial_only: tuple[PairedExample, ...]

    @property
    def lists(self) -> tuple[tuple[PairedExample, ...], ...]:
        """All four."""
        return self.natural_top, self.artificial_top, self.natural_only, self.artificial_only


@dataclass(frozen=True, kw_only=True)
class PairedExamples(Record):
    """The pairs of a family over a set of images."""

    SCHEMA: ClassVar[str | None] = "curvecircuits.paired-examples/1"
    model: str
    model_hash: str
    artificial_hash: str
    """Of the artificial network's weights."""
    pairs: tuple[PairExamples, ...]
    images: int
    data_fingerprint: str
    seed: int
