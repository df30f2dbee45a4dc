"""The figures of a report: each is a record of plain data, told apart by its `kind`.

A new figure is a module here, added to `Figure` below, and a component in `web/src/figures`, added
to `web/src/registry.ts`.
"""

from typing import Annotated

from pydantic import Field

from curvecircuits.report.figures.layer_scan import LayerScanFigure, ScannedLayer, layer_scan
from curvecircuits.report.figures.near_misses import NearMiss, NearMisses, near_misses
from curvecircuits.report.figures.null_counts import NullCounts, null_counts
from curvecircuits.report.figures.radial_curves import RadialCurve, RadialCurves, radial_curves
from curvecircuits.report.figures.selectivity import Selectivity, SelectivityPoint, selectivity
from curvecircuits.report.figures.tuning_maps import TuningMap, TuningMaps, tuning_maps
from curvecircuits.report.figures.unit_table import UnitTable, unit_table

Figure = Annotated[
    TuningMaps | RadialCurves | UnitTable | Selectivity | LayerScanFigure | NullCounts | NearMisses,
    Field(discriminator="kind"),
]

__all__ = [
    "Figure",
    "LayerScanFigure",
    "NearMiss",
    "NearMisses",
    "NullCounts",
    "RadialCurve",
    "RadialCurves",
    "ScannedLayer",
    "Selectivity",
    "SelectivityPoint",
    "TuningMap",
    "TuningMaps",
    "UnitTable",
    "layer_scan",
    "near_misses",
    "null_counts",
    "radial_curves",
    "selectivity",
    "tuning_maps",
    "unit_table",
]
