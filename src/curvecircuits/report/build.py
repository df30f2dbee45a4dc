"""From a network to its report: find, measure, rebuild by hand, and set side by side."""

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from curvecircuits.artificial import artificial_network
from curvecircuits.claims import gather, measure_claims
from curvecircuits.compare import Matched, Transplant, match_family
from curvecircuits.compare.transplants import check_transplant
from curvecircuits.errors import InputError
from curvecircuits.families import (
    CurveFamily,
    Taxonomy,
    discover_families,
    find_curves,
)
from curvecircuits.models.network import Network
from curvecircuits.models.permute import weight_permuted
from curvecircuits.report.circuit import (
    COMPARED,
    circuit_figures,
    in_order,
    linked_claims,
    sections,
)
from curvecircuits.report.comparison import comparison_figures
from curvecircuits.report.comparison_circuit import circuit_comparison_figures
from curvecircuits.report.document import Colophon, Model, Report, Version, Weights
from curvecircuits.report.examples import (
    ShownExamples,
    check_examples,
    example_figures,
    missing_examples,
    tuning_figures,
)
from curvecircuits.report.explorer import explore
from curvecircuits.report.explorer_record import Explorer
from curvecircuits.report.figures import Figure
from curvecircuits.report.live import live_figures, missing_live
from curvecircuits.report.parts import UnitRow
from curvecircuits.report.pictured import missing_pictures, picture_figures
from curvecircuits.report.prose import lede
from curvecircuits.report.search import search_figures
from curvecircuits.report.transplanted import missing_transplant, transplant_figures
from curvecircuits.report.tuned import family_figures, unit_rows


def build_report(
    network: Network,
    *,
    layer: str | None = None,
    seed: int = 0,
    progress: bool = False,
    command: str | None = None,
    circuit: bool = True,
    pictures: bool = True,
    photographs: Sequence[Path] = (),
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
    photographs
        Image files on which the natural and the artificial family are compared, and turned.
    transplant
        A run of `compare.transplant` on this network, to show.
    examples
        A run of `curvecircuits examples` on this network, from `report.examples.open_shown`.
    cache
        A folder where feature visualizations are kept, so that none is made twice.

    Raises
    ------
    InputError
        As `find_curves`; if the transplant or the examples are of another network.

    """
    if transplant is not None:
        check_transplant(network, transplant)
    if examples is not None:
        check_examples(network, examples)
    family = find_curves(network, layer=layer, seed=seed, progress=progress)
    figures: list[tuple[str, Figure]] = []
    rows: list[UnitRow] = []
    searched = family.layer or max(family.layers, key=lambda scan: scan.curves).layer
    if family.found:
        artificial = artificial_network()
        copy = find_curves(artificial, layer="3b", seed=seed, progress=progress)
        rows = [*unit_rows(family.units, "natural"), *unit_rows(copy.units, "artificial")]
        figures += family_figures(network, family, artificial, copy, rows, progress=progress)
    figures += search_figures(family, seed=seed)
    shown = example_figures(examples, family, seed=seed)
    explorer = None
    if family.found and circuit:
        figures, explorer = _with_circuit(
            network,
            family,
            figures,
            shown,
            transplant,
            photographs,
            pictures,
            seed,
            command,
            cache,
            progress,
        )
    else:
        figures += shown + transplant_figures(transplant, family)
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
        sections=sections(figures),
        missing=(
            *missing_pictures(family, shown=circuit and pictures),
            *missing_examples(family, examples, photographs if circuit else ()),
            *missing_transplant(network, family, transplant),
            *(missing_live(figures) if family.found and circuit else ()),
        ),
        explorer=explorer,
        colophon=Colophon(versions=_versions(), seed=seed, command=command),
    )


def _with_circuit(
    network: Network,
    family: CurveFamily,
    figures: list[tuple[str, Figure]],
    shown: list[tuple[str, Figure]],
    transplant: Transplant | None,
    photographs: Sequence[Path],
    pictures: bool,
    seed: int,
    command: str | None,
    cache: Path | None,
    progress: bool,
) -> tuple[list[tuple[str, Figure]], Explorer]:
    """The figures so far, the circuit's, the artificial one's and the rest; and every unit.

    `shown` are those of dataset examples.
    """
    evidence = gather(network, search=family, transplant=transplant, seed=seed, progress=progress)
    copy = discover_families(
        weight_permuted(network, seed=seed + 1),
        curve_layer=evidence.curves.layer,
        layers=evidence.layers,
        seed=seed,
        progress=progress,
    )
    table = measure_claims(network, evidence=evidence, seed=seed, progress=progress)
    whole = figures + circuit_figures(
        evidence, permuted=copy, pictures=pictures, cache=cache, progress=progress
    )
    matched = _matched(network, family, seed)
    if pictures:
        whole += picture_figures(
            network, family, matched, seed=seed, cache=cache, progress=progress
        )
    if matched is not None:
        whole += _compared(matched, family, evidence.taxonomy, photographs, seed, progress)
    whole += live_figures()
    whole += shown
    whole += tuning_figures(network, family, matched, photographs, seed=seed, progress=progress)
    whole = in_order(whole + transplant_figures(transplant, family))
    explorer = explore(
        evidence,
        matched=matched,
        figures=[figure for _, figure in whole],
        pictures=pictures,
        command=command,
        cache=cache,
        progress=progress,
    )
    return [*whole, ("claims", linked_claims(table, whole))], explorer


def _matched(network: Network, family: CurveFamily, seed: int) -> Matched | None:
    """An artificial family of the same orientations and places; None where its stride has none."""
    try:
        return match_family(network, family, seed=seed)
    except InputError:
        return None


def _compared(
    matched: Matched,
    family: CurveFamily,
    taxonomy: Taxonomy,
    photographs: Sequence[Path],
    seed: int,
    progress: bool,
) -> list[tuple[str, Figure]]:
    """An artificial family of the same orientations and places beside the natural one."""
    network = matched.natural.network
    lines = match_family(network, family, centres=matched.centres, detector="lines", seed=seed)
    figures = comparison_figures(matched, lines, progress=progress)
    figures += circuit_comparison_figures(
        matched,
        lines.artificial,
        list(photographs),
        taxonomy=taxonomy,
        seed=seed,
        progress=progress,
    )
    return list(zip(COMPARED, figures, strict=False))


def _versions() -> tuple[Version, ...]:
    names = ("curvecircuits", "torch", "numpy")
    found = [Version(name=name, version=version(name)) for name in names]
    return (*found, Version(name="Python", version=platform.python_version()))
