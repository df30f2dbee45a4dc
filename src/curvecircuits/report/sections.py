"""The parts of the page: which figures are in each, in what order, and what links to them."""

from dataclasses import replace

from curvecircuits.claims import ClaimTable
from curvecircuits.report.comparison import COMPARED
from curvecircuits.report.comparison_circuit import BESIDE
from curvecircuits.report.document import Section
from curvecircuits.report.examples import QUILT, SALIENCY, TUNING
from curvecircuits.report.figures import Figure
from curvecircuits.report.figures.claims_table import claims_table
from curvecircuits.report.introductions import introduction
from curvecircuits.report.live import LIVE
from curvecircuits.report.pictured import DECOMPOSED, OWN_PICTURES, PICTURES
from curvecircuits.report.transplanted import TRANSPLANTED

Made = list[tuple[str, Figure]]

_SECTIONS = {
    "The family": ("tuning-maps", "radial-curves", "unit-table", "selectivity"),
    "The search": ("layer-scan", "null-counts", "near-misses"),
    "The circuit": (
        DECOMPOSED,
        OWN_PICTURES,
        "family-counts",
        "linear-truth",
        "family-shares",
        "schematic",
        "family-sheet",
    ),
    "Early curves": (
        "opposing-pairs",
        "weight-matrix",
        "weight-bands",
        "arc-weights",
        "arc-preference",
        "motif-tiles",
        "motif",
        "motif-likeness",
        "echo",
    ),
    "Equivariance": ("equivariance", "rotation", "compression"),
    "Lines": ("line-matrix", "line-positions", "tolerance", "line-tuning"),
    "Cosmetic robustness": ("robustness", "texture-factors"),
    "Downstream": ("downstream",),
    "The artificial circuit": (PICTURES, *COMPARED, *BESIDE, LIVE),
    "On photographs": (QUILT, SALIENCY, TUNING),
    "The transplant": (TRANSPLANTED,),
    "The claims": ("claims",),
}


def sections(figures: Made, claims: ClaimTable | None = None) -> tuple[Section, ...]:
    """The parts of the page, each with the number of its first figure and what opens it.

    Parameters
    ----------
    claims
        As `measure_claims` returns them; without any, nothing measured is said.
    """
    names = [name for name, _ in figures]
    measured = () if claims is None else claims.claims
    by_id = {claim.id: claim for claim in measured}
    found: list[Section] = []
    for title, members in _SECTIONS.items():
        first = next((n for n, name in enumerate(names, start=1) if name in members), None)
        if first is not None:
            shown = [claim for claim in measured if claim.figure in members]
            text = introduction(title, by_id, shown)
            found.append(Section(title=title, first=first, text=text))
    return tuple(found)


def figure_names() -> dict[str, tuple[str, ...]]:
    """Names of the figures in each part of the page, in their order.

    Examples
    --------
    >>> figure_names()["The search"]
    ('layer-scan', 'null-counts', 'near-misses')
    """
    return {title: tuple(names) for title, names in _SECTIONS.items()}


def in_order(figures: Made) -> Made:
    """Figures in the order of the page's parts, whenever each was made."""
    names = [name for members in _SECTIONS.values() for name in members]
    places = {name: place for place, name in enumerate(names)}
    return sorted(figures, key=lambda made: places[made[0]])


def linked_claims(table: ClaimTable, figures: list[tuple[str, Figure]]) -> Figure:
    """The table of claims, its links turned into the anchors that figures have on the page.

    Parameters
    ----------
    figures
        All figures of the page by name, in their order.
    """
    anchors = {
        name: f"figure-{number}-{figure.kind}"
        for number, (name, figure) in enumerate(figures, start=1)
    }
    claims = tuple(replace(claim, figure=anchors.get(claim.figure or "")) for claim in table.claims)
    return claims_table(replace(table, claims=claims))
