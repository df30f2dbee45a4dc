"""From a network to its report: find, measure, rebuild by hand, and set side by side."""

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy import ndarray

from curvecircuits.artificial import artificial_network
from curvecircuits.claims import gather, measure_claims
from curvecircuits.compare import Matched, Transplant, match_family
from curvecircuits.compare.transplants import check_transplant
from curvecircuits.errors import InputError
from curvecircuits.families import (
    Criteria,
    CurveFamily,
    CurveUnit,
    Taxonomy,
    discover_families,
    find_curves,
    stroke,
)
from curvecircuits.models.network import Network
from curvecircuits.models.permute import weight_permuted
from curvecircuits.report.circuit import COMPARED, circuit_figures, linked_claims, sections
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
from curvecircuits.report.figures import Figure
from curvecircuits.report.figures.layer_scan import ScannedLayer, layer_scan
from curvecircuits.report.figures.near_misses import NearMiss, near_misses
from curvecircuits.report.figures.null_counts import null_counts
from curvecircuits.report.figures.radial_curves import RadialCurve, radial_curves
from curvecircuits.report.figures.selectivity import SelectivityPoint, selectivity
from curvecircuits.report.figures.tuning_maps import TuningMap, tuning_maps
from curvecircuits.report.figures.unit_table import unit_table
from curvecircuits.report.parts import Family, UnitRow, pack_map
from curvecircuits.report.prose import lede
from curvecircuits.report.transplanted import (
    missing_transplant,
    transplant_figures,
)
from curvecircuits.stimuli import CurveGrid
from curvecircuits.tuning import CurveTuning, resample, tune

_ORIENTATIONS, _RADII = 96, 16
_NEAR_MISSES = 40


def map_grid(tile: float) -> CurveGrid:
    """The grid of the report's maps: 96 orientations × 16 radii over the article's range."""
    radii = 250 * 25.0 ** (-np.arange(_RADII) / (_RADII - 1)) * tile / 60
    return CurveGrid(
        orientations=tuple(360 * k / _ORIENTATIONS for k in range(_ORIENTATIONS)),
        radii=tuple(float(r) for r in radii),
        tile=tile,
        width=stroke(tile),
    )


def build_report(
    network: Network,
    *,
    layer: str | None = None,
    seed: int = 0,
    progress: bool = False,
    command: str | None = None,
    circuit: bool = True,
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
        rows = [*_rows(family.units, "natural"), *_rows(copy.units, "artificial")]
        figures += [
            (figure.kind, figure)
            for figure in _side_by_side(network, family, artificial, copy, rows, progress)
        ]
    figures += _search(family, seed)
    shown = example_figures(examples, family, seed=seed)
    if family.found and circuit:
        figures = _with_circuit(
            network, family, figures, shown, transplant, photographs, seed, cache, progress
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
            *missing_examples(family, examples, photographs if circuit else ()),
            *missing_transplant(network, family, transplant),
        ),
        colophon=Colophon(versions=_versions(), seed=seed, command=command),
    )


def _with_circuit(
    network: Network,
    family: CurveFamily,
    figures: list[tuple[str, Figure]],
    shown: list[tuple[str, Figure]],
    transplant: Transplant | None,
    photographs: Sequence[Path],
    seed: int,
    cache: Path | None,
    progress: bool,
) -> list[tuple[str, Figure]]:
    """The figures so far, the circuit's, the artificial one's, those on photographs, the rest.

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
    whole = figures + circuit_figures(evidence, permuted=copy, cache=cache, progress=progress)
    matched = _matched(network, family, seed)
    if matched is not None:
        whole += _compared(matched, family, evidence.taxonomy, photographs, seed, progress)
    whole += shown
    whole += tuning_figures(network, family, matched, photographs, seed=seed, progress=progress)
    whole += transplant_figures(transplant, family)
    return [*whole, ("claims", linked_claims(table, whole))]


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


def _search(family: CurveFamily, seed: int) -> list[tuple[str, Figure]]:
    """What the search saw, layer by layer and in permuted copies."""
    figures: list[Figure] = []
    best = max(scan.curves for scan in family.layers)
    figures.append(
        layer_scan(
            [
                ScannedLayer(
                    layer=scan.layer,
                    curves=scan.curves,
                    early_curves=scan.early_curves,
                    permuted=scan.permuted,
                    tile=scan.tile,
                    gap=scan.largest_gap,
                )
                for scan in family.layers
            ],
            chosen=family.layer,
        )
    )
    figures.append(
        null_counts(
            found=len(family.units) or best,
            counts=family.permuted_counts,
            caption=f"Every copy is searched in the same layers; its best one counts. Seed {seed}.",
        )
    )
    figures.append(
        near_misses(
            [
                NearMiss(
                    unit=miss.unit,
                    reason=miss.reason,
                    orientation=miss.orientation,
                    fwhm=miss.fwhm,
                    echo=miss.echo,
                    at90=miss.at90,
                )
                for miss in family.near_misses[:_NEAR_MISSES]
            ]
        )
    )
    return [(figure.kind, figure) for figure in figures]


def _versions() -> tuple[Version, ...]:
    names = ("curvecircuits", "torch", "numpy")
    found = [Version(name=name, version=version(name)) for name in names]
    return (*found, Version(name="Python", version=platform.python_version()))


def _rows(units: Sequence[CurveUnit], family: Family) -> list[UnitRow]:
    return [
        UnitRow(
            unit=_address(unit.unit, family),
            family=family,
            kind=unit.kind if unit.confirmed else f"{unit.kind}, not confirmed",
            orientation=unit.orientation,
            radius=unit.radius,
            fwhm=unit.fwhm,
            echo=unit.echo,
            at90=unit.at90,
            peak=unit.peak,
        )
        for unit in units
    ]


def _address(unit: str, family: Family) -> str:
    """An artificial unit is told from a natural one of the same address by its network's name."""
    return unit if family == "natural" else f"artificial {unit}"


def _tile(family: CurveFamily) -> float:
    return next(scan.tile for scan in family.layers if scan.layer == family.layer)


def _side_by_side(
    network: Network,
    family: CurveFamily,
    artificial: Network,
    copy: CurveFamily,
    rows: list[UnitRow],
    progress: bool,
) -> list[Figure]:
    """Maps, radial curves, selectivity and the table, of both families."""
    maps: dict[Family, list[TuningMap]] = {}
    curves: dict[Family, list[RadialCurve]] = {}
    sides: list[tuple[Family, Network, CurveFamily]] = [
        ("natural", network, family),
        ("artificial", artificial, copy),
    ]
    for name, net, found in sides:
        assert found.layer is not None
        grid = map_grid(_tile(found))
        tuned = tune(net, [found.layer], grid=grid, progress=progress)[found.layer]
        pairs = [(unit, _joint(tuned, unit)) for unit in found.units]
        maps[name] = [
            TuningMap(
                unit=_address(unit.unit, name),
                orientation=unit.orientation,
                map=pack_map(joint.T[::-1]),
            )
            for unit, joint in pairs
        ]
        curves[name] = [_radial(unit, joint, name) for unit, joint in pairs]
    tile, own = _tile(family), _tile(copy)
    sizes = (
        f"Stimuli are drawn in a tile of {tile:g} px, 1.2 times the effective receptive field"
        + (
            "."
            if tile == own
            else f"; the artificial network's, of {own:g} px, holds the same shapes smaller."
        )
    )
    limits = Criteria()
    return [
        tuning_maps(
            natural=maps["natural"],
            artificial=maps["artificial"],
            radii=map_grid(tile).radii[::-1],
            caption=f"{sizes} Outline curves, dark on light, through the one point that the "
            "unit's receptive field is centred on.",
        ),
        radial_curves(
            natural=curves["natural"],
            artificial=curves["artificial"],
            echo_half_width=45.0,
            caption="Mean over radius of the positive responses to outline curves.",
        ),
        unit_table(rows),
        selectivity(
            [
                SelectivityPoint(
                    unit=row.unit, group=row.family, echo=row.echo or 0.0, at90=row.at90 or 0.0
                )
                for row in rows
            ],
            echo_limit=limits.echo,
            at90_limit=limits.at90,
            caption="The rule was applied to outline curves; these are held-out stimuli, filled "
            "and of reversed polarity.",
        ),
    ]


def _joint(tuned: CurveTuning, unit: CurveUnit) -> ndarray:
    return tuned.responses(sign=unit.sign)[unit.channel].astype(np.float64)


def _radial(unit: CurveUnit, joint: ndarray, family: Family) -> RadialCurve:
    radial = resample(joint.mean(1)[None], 180)[0]
    peak = float(radial.max())
    return RadialCurve(
        unit=_address(unit.unit, family),
        orientation=unit.outline_orientation,
        peak=peak,
        echo=unit.outline_echo,
        values=tuple(float(v) for v in radial / max(peak, 1e-12)),
    )
