"""The report: everything the page shows, as one record."""

from dataclasses import dataclass
from typing import ClassVar

from curvecircuits.errors import InputError
from curvecircuits.report.explorer_record import Explorer
from curvecircuits.report.figures import Figure
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class Weights(Record):
    """Where the weights came from."""

    source: str
    """File or published artefact, as a person would look for it."""
    sha256: str | None
    """SHA-256 of the weight file, 64 hexadecimal digits; None when there is no file."""
    verified: bool
    """Whether that sum is the one the catalogue has for this artefact."""


@dataclass(frozen=True, kw_only=True)
class Model(Record):
    """The network that was measured."""

    name: str
    """Name as it is to be read, such as "InceptionV1"."""
    layer: str
    """Layer the family was looked for in, such as "3b"."""
    sha256: str
    """SHA-256 over the loaded parameters, 64 hexadecimal digits."""
    weights: Weights


@dataclass(frozen=True, kw_only=True)
class Missing(Record):
    """A part this report does not have."""

    title: str
    """What is missing, such as "Null on permuted copies"."""
    command: str
    """The command that adds it."""


@dataclass(frozen=True, kw_only=True)
class Version(Record):
    """A program and its version."""

    name: str
    version: str


@dataclass(frozen=True, kw_only=True)
class Colophon(Record):
    """How to make the report again."""

    versions: tuple[Version, ...]
    """The package first, then what its numbers depend on."""
    seed: int | None
    """Seed of everything random; None when nothing was."""
    command: str | None
    """The command that made the report."""


@dataclass(frozen=True, kw_only=True)
class Section(Record):
    """A heading over several figures."""

    title: str
    first: int
    """Number of its first figure, from 1; it ends where the next section begins."""
    text: tuple[str, ...] = ()
    """The paragraphs under the heading."""


@dataclass(frozen=True, kw_only=True)
class Report(Record):
    """A whole report; figures are numbered in their order.

    Raises
    ------
    InputError
        When the sections do not begin at figures of the report, each after the one before.

    Examples
    --------
    >>> report = Report(
    ...     title="Curve detectors in InceptionV1",
    ...     lede=("Of the 480 units in layer 3b, ten are curve detectors.",),
    ...     model=Model(
    ...         name="InceptionV1",
    ...         layer="3b",
    ...         sha256="0" * 64,
    ...         weights=Weights(source="weights.pb", sha256="0" * 64, verified=False),
    ...     ),
    ...     figures=(),
    ...     missing=(Missing(title="All figures", command="curvecircuits report"),),
    ...     colophon=Colophon(versions=(), seed=0, command=None),
    ... )

    """

    SCHEMA: ClassVar[str | None] = "curvecircuits.report/1"
    title: str
    """The headline."""
    lede: tuple[str, ...]
    """Opening paragraphs."""
    model: Model
    figures: tuple[Figure, ...]
    """The figures, in the order shown."""
    sections: tuple[Section, ...] = ()
    """Headings between the figures, in their order; without them the figures are one list."""
    missing: tuple[Missing, ...] = ()
    """Parts that were not made."""
    explorer: Explorer | None = None
    """What the page knows of every unit; None leaves units as plain text."""
    colophon: Colophon

    def __post_init__(self) -> None:
        firsts = [each.first for each in self.sections]
        if any(not 1 <= each <= len(self.figures) for each in firsts) or firsts != sorted(
            set(firsts)
        ):
            raise InputError(
                f"Sections begin at figures 1 to {len(self.figures)}, each after the one before; "
                f"these begin at {', '.join(map(str, firsts))}."
            )
