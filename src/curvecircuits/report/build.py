"""From a network to its report: find, measure, rebuild by hand, and set side by side."""

import platform
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from curvecircuits.claims import ClaimTable, measure_claims
from curvecircuits.claims.measure import CLAIMS
from curvecircuits.claims.transplanted import CLAIMS as OF_TRANSPLANTS
from curvecircuits.compare import Transplant
from curvecircuits.compare.transplants import check_transplant
from curvecircuits.images import ImageSet
from curvecircuits.models.network import Network
from curvecircuits.report.circuit import (
    COMPARED,
    circuit_figures,
    in_order,
    linked_claims,
    sections,
)
from curvecircuits.report.comparison import comparison_figures
from curvecircuits.report.comparison_circuit import circuit_comparison_figures
from curvecircuits.report.document import Colophon, Missing, Model, Report, Version, Weights
from curvecircuits.report.examples import (
    ShownExamples,
    check_examples,
    example_figures,
    missing_examples,
    tuning_figures,
)
from curvecircuits.report.explorer import explore, picture_command
from curvecircuits.report.explorer_record import Explorer
from curvecircuits.report.figures import Figure
from curvecircuits.report.live import live_figures, missing_live
from curvecircuits.report.measured import Measured
from curvecircuits.report.parts import UnitRow
from curvecircuits.report.pictured import missing_pictures, picture_figures
from curvecircuits.report.prose import lede
from curvecircuits.report.search import search_figures
from curvecircuits.report.transplanted import missing_transplant, transplant_figures
from curvecircuits.report.tuned import family_figures, unit_rows
from curvecircuits.store import Shelf

_Made = list[tuple[str, Figure]]

_CIRCUIT = Missing(
    title="The circuit, its claims and the artificial network beside it",
    command="curvecircuits report --model M",
)


def build_report(
    network: Network,
    *,
    layer: str | None = None,
    seed: int = 0,
    progress: bool = False,
    command: str | None = None,
    circuit: bool = True,
    pictures: bool = True,
    permutations: int = 3,
    photographs: Sequence[Path] = (),
    images: ImageSet | None = None,
    transplant: Transplant | None = None,
    examples: ShownExamples | None = None,
    cache: Path | None = None,
) -> Report:
    """Find the curve family of a network, measure its circuit, set the hand-written one beside it.

    Parameters
    ----------
    network
        From `curvecircuits.load` or `curvecircuits.wrap`.
    layer
        Search this layer only; by default all.
    seed
        Of the weight-permuted copies.
    command
        The command that made the report, for the colophon.
    circuit
        Whether to label the families, measure the circuit and every claim, and compare the
        artificial circuit: most of the time.
    pictures
        Whether to show the units' feature visualizations beside their circuit.
    permutations
        Weight-permuted copies to search for a family.
    photographs
        Image files on which the natural and the artificial family are compared, and turned.
    images
        Photographs, from `open_images`, in which examples are looked for and on which the
        transplant is made, 500 of them at most; not without the circuit.
    transplant
        A run of `compare.transplant` on this network, to show instead.
    examples
        A run of `curvecircuits examples` on this network, from `report.examples.open_shown`.
    cache
        A folder where feature visualizations and results are kept, so that nothing is made or
        measured twice; what is there after an interrupt is used too.

    Raises
    ------
    InputError
        As `find_curves`; if the transplant or the examples are of another network.

    """
    if transplant is not None:
        check_transplant(network, transplant)
    if examples is not None:
        check_examples(network, examples)
    measured = Measured(
        network=network,
        layer=layer,
        permutations=permutations,
        photographs=photographs if circuit else (),
        images=images if circuit else None,
        given_examples=examples,
        given_transplant=transplant,
        seed=seed,
        pictures=None if cache is None else cache / "pictures",
        results=None if cache is None else cache / "results",
        progress=progress,
    )
    measured.shelf.check()
    family = measured.family
    figures: _Made = []
    rows: list[UnitRow] = []
    searched = family.layer or max(family.layers, key=lambda scan: scan.curves).layer
    if family.found:
        copy = measured.artificial_family
        rows = [*unit_rows(family.units, "natural"), *unit_rows(copy.units, "artificial")]
        figures += measured.shelf.kept(
            "tuned",
            _Made,
            lambda: family_figures(
                network, family, measured.artificial, copy, rows, progress=progress
            ),
        )
    figures += search_figures(family, seed=seed)
    shown = example_figures(measured.examples, family, seed=seed)
    claims = explorer = None
    if family.found and circuit:
        claims = _claims(measured)
        figures = _with_circuit(measured, claims, figures, shown, pictures=pictures)
        explorer = _explorer(measured, figures, pictures=pictures, command=command)
    else:
        figures += shown + transplant_figures(measured.transplant, family)
    return Report(
        title=f"Curve detectors in {network.name}",
        lede=lede(
            model=network.name,
            layer=searched,
            units=network.layer(searched).channels,
            rows=rows,
            null=family.permuted_counts,
        ),
        model=Model(
            name=network.name,
            layer=searched,
            sha256=family.model_hash,
            weights=Weights(
                source=network.provenance.source,
                sha256=network.provenance.sha256,
                verified=network.provenance.verified,
            ),
        ),
        figures=tuple(figure for _, figure in figures),
        sections=sections(figures, claims),
        missing=(
            *([] if circuit or not family.found else [_CIRCUIT]),
            *missing_pictures(family, shown=circuit and pictures),
            *missing_examples(family, measured.examples, measured.photographs),
            *missing_transplant(network, family, measured.transplant),
            *(missing_live(figures) if family.found and circuit else ()),
        ),
        explorer=explorer,
        colophon=Colophon(versions=_versions(), seed=seed, command=command),
    )


def _with_circuit(
    measured: Measured, claims: ClaimTable, figures: _Made, shown: _Made, *, pictures: bool
) -> _Made:
    """The figures so far, the circuit's, the artificial one's, those on photographs, the rest.

    `shown` are those of dataset examples.
    """
    m = measured
    whole = figures + circuit_figures(
        m.evidence,
        permuted=lambda: m.permuted,
        pictures=pictures,
        shelf=m.shelf,
        cache=m.pictures,
        progress=m.progress,
    )
    if pictures:
        whole += m.shelf.kept(
            "pictures",
            _Made,
            lambda: picture_figures(
                m.network, m.family, m.matched, seed=m.seed, cache=m.pictures, progress=m.progress
            ),
        )
    whole += _compared(m)
    whole += Shelf(m.results).kept("live", _Made, live_figures)
    whole += shown
    whole += m.on_photographs.kept(
        "tuning",
        _Made,
        lambda: tuning_figures(
            m.network, m.family, m.matched, m.photographs, seed=m.seed, progress=m.progress
        ),
    )
    whole = in_order(whole + transplant_figures(m.transplant, m.family))
    return [*whole, ("claims", linked_claims(claims, whole))]


def _explorer(
    measured: Measured, figures: _Made, *, pictures: bool, command: str | None
) -> Explorer:
    """Every unit, with the pictures that figures have of it."""
    m = measured
    # It says which figure has a picture, by its place.
    kinds = [figure.kind for _, figure in figures]
    said = picture_command(command)
    return m.shelf.given(pictures=pictures, command=said, kinds=kinds).kept(
        "explorer",
        Explorer,
        lambda: explore(
            m.evidence,
            matched=m.matched,
            figures=[figure for _, figure in figures],
            pictures=pictures,
            command=command,
            cache=m.pictures,
            progress=m.progress,
        ),
    )


def _claims(measured: Measured) -> ClaimTable:
    """Every claim; those about a transplant, which read what was measured before, are not kept."""
    m = measured

    def table(names: list[str], progress: bool) -> ClaimTable:
        return measure_claims(
            m.network, evidence=m.evidence, claims=names, seed=m.seed, progress=progress
        )

    last = [claim.id for claim in OF_TRANSPLANTS]
    first = [claim.id for claim in CLAIMS if claim.id not in last]
    kept = m.shelf.kept("claims", ClaimTable, lambda: table(first, m.progress))
    of = {claim.id: claim for claim in (*kept.claims, *table(last, False).claims)}
    return replace(kept, claims=tuple(of[claim.id] for claim in CLAIMS))


def _compared(measured: Measured) -> _Made:
    """An artificial family of the same orientations and places beside the natural one."""
    m = measured

    def alike() -> list[Figure]:
        if m.matched is None:
            return []
        return comparison_figures(m.matched, m.lines, progress=m.progress)

    def circuits() -> list[Figure]:
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

    figures = m.shelf.kept("compared", list[Figure], alike)
    figures += m.on_photographs.kept("circuits compared", list[Figure], circuits)
    return list(zip(COMPARED, figures, strict=False))


def _versions() -> tuple[Version, ...]:
    names = ("curvecircuits", "torch", "numpy")
    found = [Version(name=name, version=version(name)) for name in names]
    return (*found, Version(name="Python", version=platform.python_version()))
