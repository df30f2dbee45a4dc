"""What is said of a claim: its sentence, what was measured, and whether it holds."""

from dataclasses import dataclass

from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class ClaimResult(Record):
    """One falsifiable sentence of the article, measured on a network."""

    id: str
    """A short name, such as `echo-returns`."""
    section: str
    """Of the article."""
    statement: str
    published: str | None
    """The article's figure, where it gives one."""
    measured: float | None
    """None where it cannot be tested on this network."""
    interval: tuple[float, float] | None
    """95 %, by resampling units; None where units are too few for one."""
    permuted: bool | None
    """Whether the claim also holds on a weight-permuted copy: then it says nothing."""
    holds: bool | None
    """True if the interval lies wholly on the claim's side, false if wholly off it, else None."""
    quantity: str
    """What `measured` is, with its unit."""
    criterion: str
    """The claim's side, in words: `above 0`."""
    how: str
    """How it is measured, in a sentence or two."""
    note: str
    """Why it is undecided or not testable, or what else was seen; empty otherwise."""
    permuted_measured: float | None
    permuted_interval: tuple[float, float] | None
    figure: str | None
    """The id of the figure that shows it."""


@dataclass(frozen=True, kw_only=True)
class ClaimTable(Record):
    """The claims of the article, measured on one network."""

    SCHEMA = "curvecircuits.claims/1"

    model: str
    model_hash: str
    weights: str
    layer: str | None
    """The layer of the curve family."""
    seed: int
    claims: tuple[ClaimResult, ...]
