"""Figures by their names: each is measured when it is asked for, and what is kept is used again."""

from collections.abc import Callable, Collection

from tqdm import tqdm

from curvecircuits.claims import CLAIMS, ClaimResult, ClaimTable, measure_claims
from curvecircuits.claims.transplanted import CLAIMS as OF_TRANSPLANTS
from curvecircuits.errors import InputError
from curvecircuits.report.circuit import circuit_figures
from curvecircuits.report.comparison import COMPARED, comparison_figures
from curvecircuits.report.comparison_circuit import BESIDE, circuit_comparison_figures
from curvecircuits.report.examples import QUILT, SALIENCY, TUNING, example_figures, tuning_figures
from curvecircuits.report.figures import Figure
from curvecircuits.report.live import LIVE, live_figures
from curvecircuits.report.measured import Measured
from curvecircuits.report.pictured import DECOMPOSED, OWN_PICTURES, PICTURES, picture_figures
from curvecircuits.report.search import search_figures
from curvecircuits.report.sections import Made, figure_names, in_order, linked_claims
from curvecircuits.report.transplanted import TRANSPLANTED, transplant_figures
from curvecircuits.report.tuned import family_figures
from curvecircuits.store import Shelf

_Source = Callable[[Measured], Made]

TABLE = "claims"
"""Name of the table of claims, which is not among `named_figures`."""


def figures_of(measured: Measured, *names: str, pictures: bool = True) -> tuple[Figure, ...]:
    """Make figures of the page by their names, and nothing that these do not need.

    A figure that the network has nothing to show for is left out; where no family was found, those
    of the search are left. Figures that are made together are measured together.

    Parameters
    ----------
    measured
        The network and what is known of it; with a `cache`, what a report measured is used again.
    names
        As in `figure_names`.
    pictures
        Whether the sheet of families has feature visualizations.

    Returns
    -------
    figures
        In the order of the page. Rows of the table of claims link to those figures beside it.

    Raises
    ------
    InputError
        For a name that no figure has, and as `find_curves`.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> measured = Measured(network=artificial_network(), layer="3b", permutations=1)
    >>> [figure.kind for figure in figures_of(measured, "near-misses", "null-counts")]
    ['null-counts', 'near-misses']
    """
    known = [name for part in figure_names().values() for name in part]
    if unknown := [name for name in names if name not in known]:
        raise InputError(f"{', '.join(unknown)} is no figure: valid are {', '.join(known)}.")
    made = named_figures(measured, names, pictures=pictures)
    if TABLE in names and measured.family.found:
        made.append((TABLE, linked_claims(claims_of(measured), made)))
    return tuple(figure for _, figure in made)


def named_figures(
    measured: Measured, names: Collection[str] | None = None, *, pictures: bool = True
) -> Made:
    """The same by their names, by default all; without the table of claims.

    Parameters
    ----------
    pictures
        Whether there are feature visualizations, in the sheet of families and on their own.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> measured = Measured(network=artificial_network(), layer="3b", permutations=1)
    >>> [name for name, _ in named_figures(measured, ["null-counts"])]
    ['null-counts']
    """
    wanted = {name for part in figure_names().values() for name in part if name != TABLE}
    wanted &= set(names) if names is not None else wanted
    made: Made = []
    for own, source in _SOURCES.items():
        if wanted & set(own):
            made += source(measured)
    if measured.family.found:
        made += _of_circuit(measured, wanted, pictures)
        if pictures and wanted & {DECOMPOSED, OWN_PICTURES, PICTURES}:
            made += _pictures(measured)
    return in_order([(name, figure) for name, figure in made if name in wanted])


def claims_of(measured: Measured, *claims: str) -> ClaimTable:
    """Measure claims by their ids, by default all; each is kept, but those about a transplant.

    Raises
    ------
    InputError
        For ids that are no claim, and where no family was found.

    Examples
    --------
    >>> claims_of(measured, "echo-returns").claims[0].holds  # doctest: +SKIP
    True
    """
    m = measured
    unkept = {claim.id for claim in OF_TRANSPLANTS}  # they read what was measured before

    def one(name: str) -> ClaimResult:
        return measure_claims(
            m.network, evidence=m.evidence, control=m.control, claims=[name], seed=m.seed
        ).claims[0]

    def result(name: str) -> ClaimResult:
        if name in unkept:
            return one(name)
        return m.shelf.kept(f"claim {name}", ClaimResult, lambda: one(name))

    chosen = claims or tuple(claim.id for claim in CLAIMS)
    measure = tqdm(chosen, desc="claims", unit="claim", disable=not m.progress)
    return ClaimTable(
        model=m.network.name,
        model_hash=m.network.model_hash,
        weights=str(m.network.provenance),
        layer=m.family.layer,
        seed=m.seed,
        claims=tuple(result(name) for name in measure),
    )


def _of_circuit(m: Measured, wanted: Collection[str], pictures: bool) -> Made:
    own = [name for name in wanted if name not in _APART]
    if not own:
        return []
    return circuit_figures(
        m.evidence,
        names=own,
        permuted=lambda: m.permuted,
        pictures=pictures,
        shelf=m.shelf,
        cache=m.pictures,
        progress=m.progress,
    )


def _pictures(m: Measured) -> Made:
    return m.shelf.kept(
        "pictures",
        Made,
        lambda: picture_figures(
            m.network, m.family, m.matched, seed=m.seed, cache=m.pictures, progress=m.progress
        ),
    )


def _tuned(m: Measured) -> Made:
    if not m.family.found:
        return []

    def measure() -> Made:
        return family_figures(
            m.network,
            m.family,
            m.artificial,
            m.artificial_family,
            m.rows,
            progress=m.progress,
        )

    return m.shelf.kept("tuned", Made, measure)


def _compared(m: Measured) -> Made:
    """An artificial family of the same orientations and places beside the natural one."""

    def measure() -> list[Figure]:
        if m.matched is None:
            return []
        return comparison_figures(m.matched, m.lines, progress=m.progress)

    if not m.family.found:
        return []
    return list(zip(COMPARED, m.shelf.kept("compared", list[Figure], measure), strict=False))


def _beside(m: Measured) -> Made:
    """Their weights, and both on photographs."""

    def measure() -> Made:
        if m.matched is None:
            return []
        return circuit_comparison_figures(
            m.matched,
            None if m.lines is None else m.lines.artificial,
            list(m.photographs),
            taxonomy=m.evidence.taxonomy,
            seed=m.seed,
            progress=m.progress,
        )

    if not m.family.found:
        return []
    return m.on_photographs.kept("circuits compared", Made, measure)


def _on_photographs(m: Measured) -> Made:
    if not m.family.found:
        return []
    return m.on_photographs.kept(
        "tuning",
        Made,
        lambda: tuning_figures(
            m.network, m.family, m.matched, m.photographs, seed=m.seed, progress=m.progress
        ),
    )


_SOURCES: dict[tuple[str, ...], _Source] = {
    figure_names()["The family"]: _tuned,
    figure_names()["The search"]: lambda m: search_figures(m.family, seed=m.seed),
    COMPARED: _compared,
    BESIDE: _beside,
    (LIVE,): lambda m: Shelf(m.results).kept("live", Made, live_figures),
    (QUILT, SALIENCY): lambda m: example_figures(m.seen, m.family, seed=m.seed),
    (TUNING,): _on_photographs,
    (TRANSPLANTED,): lambda m: transplant_figures(m.replaced, m.family),
}
"""What makes which figures together; those of no source here are the circuit's."""
_APART = {name for own in _SOURCES for name in own} | {DECOMPOSED, OWN_PICTURES, PICTURES}
