"""The section on the family: how its units are tuned, beside those of an artificial network."""

from collections.abc import Sequence

import numpy as np
from numpy import ndarray

from curvecircuits.families import Criteria, CurveFamily, CurveUnit, stroke
from curvecircuits.models.network import Network
from curvecircuits.report.figures import Figure
from curvecircuits.report.figures.radial_curves import RadialCurve, radial_curves
from curvecircuits.report.figures.selectivity import SelectivityPoint, selectivity
from curvecircuits.report.figures.tuning_maps import TuningMap, tuning_maps
from curvecircuits.report.figures.unit_table import unit_table
from curvecircuits.report.parts import Family, UnitRow, pack_map
from curvecircuits.stimuli import CurveGrid
from curvecircuits.tuning import CurveTuning, resample, tune

_ORIENTATIONS, _RADII = 96, 16


def map_grid(tile: float) -> CurveGrid:
    """The grid of the report's maps: 96 orientations × 16 radii over the article's range."""
    radii = 250 * 25.0 ** (-np.arange(_RADII) / (_RADII - 1)) * tile / 60
    return CurveGrid(
        orientations=tuple(360 * k / _ORIENTATIONS for k in range(_ORIENTATIONS)),
        radii=tuple(float(r) for r in radii),
        tile=tile,
        width=stroke(tile),
    )


def unit_rows(units: Sequence[CurveUnit], family: Family) -> list[UnitRow]:
    """The units of a family as rows of a table, with the statistics of held-out stimuli."""
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


def family_figures(
    network: Network,
    family: CurveFamily,
    artificial: Network,
    copy: CurveFamily,
    rows: list[UnitRow],
    *,
    progress: bool = False,
) -> list[tuple[str, Figure]]:
    """Maps, radial curves, selectivity and the table of both families, by their names.

    Parameters
    ----------
    network, family
        The natural network, and what `find_curves` returned for it.
    artificial, copy
        The same of an artificial network.
    rows
        Of both families, from `unit_rows`.
    """
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
    figures: list[Figure] = [
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
    return [(figure.kind, figure) for figure in figures]


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
