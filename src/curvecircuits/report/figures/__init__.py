"""The figures of a report: each is a record of plain data, told apart by its `kind`.

A new figure is a module here, added to `Figure` below, and a component in `web/src/figures`, added
to `web/src/registry.ts`.
"""

from typing import Annotated

from pydantic import Field

from curvecircuits.report.figures.circuit_pair import (
    CircuitPair,
    CircuitTile,
    CircuitUnit,
    StepLikeness,
    circuit_pair,
)
from curvecircuits.report.figures.claims_table import ClaimRow, ClaimsTableFigure, claims_table
from curvecircuits.report.figures.compression import (
    CompressedBlock,
    CompressedSize,
    Compression,
    compression,
)
from curvecircuits.report.figures.dataset_quilt import (
    DatasetQuilt,
    QuiltBin,
    QuiltCrop,
    QuiltGroup,
    QuiltUnit,
    dataset_quilt,
)
from curvecircuits.report.figures.decomposed import (
    DecomposedFigure,
    DecomposedGrid,
    DecomposedUnitView,
    decomposed_figure,
)
from curvecircuits.report.figures.downstream import (
    BuiltUnit,
    DownstreamFigure,
    ShapeCount,
    downstream,
)
from curvecircuits.report.figures.echo import (
    Echo,
    EchoRow,
    echo,
)
from curvecircuits.report.figures.equivariance import Equivariance, TurnedUnit, equivariance
from curvecircuits.report.figures.family_counts import (
    FamilyCount,
    FamilyCounts,
    LayerFamilies,
    family_counts,
)
from curvecircuits.report.figures.family_shares import (
    FamilySharesFigure,
    LayerShares,
    ShareBar,
    SharedFamily,
    family_shares_figure,
)
from curvecircuits.report.figures.family_sheet import (
    FamilySheet,
    SheetLayer,
    SheetRow,
    SheetUnit,
    family_sheet,
)
from curvecircuits.report.figures.interval_groups import (
    IntervalGroups,
    IntervalSeries,
    interval_groups,
    series,
)
from curvecircuits.report.figures.interval_sources import (
    motif_angles,
    robustness_groups,
    rotation_groups,
    weight_bands,
)
from curvecircuits.report.figures.joint_maps import (
    JointMapsFigure,
    JointPair,
    joint_maps_figure,
    radius_groups,
)
from curvecircuits.report.figures.layer_scan import LayerScanFigure, ScannedLayer, layer_scan
from curvecircuits.report.figures.line_positions import (
    ArcCell,
    LinePositionsFigure,
    PositionsOfUnit,
    line_positions_figure,
    tolerance_groups,
)
from curvecircuits.report.figures.line_tuning import (
    LineCurve,
    LineTunings,
    line_tuning,
)
from curvecircuits.report.figures.live import (
    Live,
    LiveConstant,
    LiveFamily,
    LiveGraph,
    LiveLayer,
    live_figure,
)
from curvecircuits.report.figures.matrix_pair import (
    MatrixLikeness,
    MatrixPair,
    UprightTile,
    matrix_pair,
)
from curvecircuits.report.figures.motif_tiles import (
    MotifLink,
    MotifTile,
    MotifTiles,
    motif_tiles,
)
from curvecircuits.report.figures.natural_tuning import (
    NaturalTuningFigure,
    TurnedErrors,
    TurnedResponses,
    natural_tuning_figure,
)
from curvecircuits.report.figures.near_misses import NearMiss, NearMisses, near_misses
from curvecircuits.report.figures.null_counts import NullCounts, null_counts
from curvecircuits.report.figures.opposing_pairs import (
    AngleBand,
    OpposingPairs,
    PairedSource,
    PairedTarget,
    opposing_pairs,
)
from curvecircuits.report.figures.photo_agreement import (
    PhotoAgreement,
    PhotoCrop,
    PhotoEstimate,
    PhotoPanel,
    Predictor,
    photo_agreement,
)
from curvecircuits.report.figures.pictures import (
    PicturePair,
    PicturesFigure,
    PictureShare,
    UnitPicture,
    pictures_figure,
)
from curvecircuits.report.figures.published_radial import (
    PublishedRadialFigure,
    PublishedUnit,
    published_radial_figure,
)
from curvecircuits.report.figures.radial_curves import RadialCurve, RadialCurves, radial_curves
from curvecircuits.report.figures.saliency_pairs import (
    SaliencyCrop,
    SaliencyLikeness,
    SaliencyList,
    SaliencyPair,
    SaliencyPairs,
    saliency_pairs,
)
from curvecircuits.report.figures.schematic import SchematicFigure, schematic_figure
from curvecircuits.report.figures.selectivity import Selectivity, SelectivityPoint, selectivity
from curvecircuits.report.figures.shape_responses import (
    ShapeKind,
    ShapeResponsesFigure,
    ShapeRow,
    shape_responses_figure,
)
from curvecircuits.report.figures.texture_factors import (
    TextureFactor,
    TextureFactors,
    TextureUnit,
    texture_factors,
)
from curvecircuits.report.figures.transplant import (
    TransplantFigure,
    TransplantMetric,
    TransplantRow,
    transplant_figure,
)
from curvecircuits.report.figures.tuning_maps import TuningMap, TuningMaps, tuning_maps
from curvecircuits.report.figures.unit_table import UnitTable, unit_table
from curvecircuits.report.figures.weight_matrix import (
    WeightMatrix,
    weight_matrix,
)

Figure = Annotated[
    TuningMaps
    | RadialCurves
    | UnitTable
    | Selectivity
    | LayerScanFigure
    | NullCounts
    | NearMisses
    | Compression
    | DownstreamFigure
    | Echo
    | Equivariance
    | IntervalGroups
    | LinePositionsFigure
    | LineTunings
    | WeightMatrix
    | MotifTiles
    | OpposingPairs
    | FamilyCounts
    | FamilySharesFigure
    | SchematicFigure
    | FamilySheet
    | TextureFactors
    | ClaimsTableFigure
    | MatrixPair
    | CircuitPair
    | PhotoAgreement
    | JointMapsFigure
    | ShapeResponsesFigure
    | PublishedRadialFigure
    | DatasetQuilt
    | SaliencyPairs
    | DecomposedFigure
    | PicturesFigure
    | NaturalTuningFigure
    | TransplantFigure
    | Live,
    Field(discriminator="kind"),
]

__all__ = [
    "AngleBand",
    "ArcCell",
    "BuiltUnit",
    "CircuitPair",
    "CircuitTile",
    "CircuitUnit",
    "ClaimRow",
    "ClaimsTableFigure",
    "CompressedBlock",
    "CompressedSize",
    "Compression",
    "DatasetQuilt",
    "DecomposedFigure",
    "DecomposedGrid",
    "DecomposedUnitView",
    "DownstreamFigure",
    "Echo",
    "EchoRow",
    "Equivariance",
    "FamilyCount",
    "FamilyCounts",
    "FamilySharesFigure",
    "FamilySheet",
    "Figure",
    "IntervalGroups",
    "IntervalSeries",
    "JointMapsFigure",
    "JointPair",
    "LayerFamilies",
    "LayerScanFigure",
    "LayerShares",
    "LineCurve",
    "LinePositionsFigure",
    "LineTunings",
    "Live",
    "LiveConstant",
    "LiveFamily",
    "LiveGraph",
    "LiveLayer",
    "MatrixLikeness",
    "MatrixPair",
    "MotifLink",
    "MotifTile",
    "MotifTiles",
    "NaturalTuningFigure",
    "NearMiss",
    "NearMisses",
    "NullCounts",
    "OpposingPairs",
    "PairedSource",
    "PairedTarget",
    "PhotoAgreement",
    "PhotoCrop",
    "PhotoEstimate",
    "PhotoPanel",
    "PicturePair",
    "PictureShare",
    "PicturesFigure",
    "PositionsOfUnit",
    "Predictor",
    "PublishedRadialFigure",
    "PublishedUnit",
    "QuiltBin",
    "QuiltCrop",
    "QuiltGroup",
    "QuiltUnit",
    "RadialCurve",
    "RadialCurves",
    "SaliencyCrop",
    "SaliencyLikeness",
    "SaliencyList",
    "SaliencyPair",
    "SaliencyPairs",
    "ScannedLayer",
    "SchematicFigure",
    "Selectivity",
    "SelectivityPoint",
    "ShapeCount",
    "ShapeKind",
    "ShapeResponsesFigure",
    "ShapeRow",
    "ShareBar",
    "SharedFamily",
    "SheetLayer",
    "SheetRow",
    "SheetUnit",
    "StepLikeness",
    "TextureFactor",
    "TextureFactors",
    "TextureUnit",
    "TransplantFigure",
    "TransplantMetric",
    "TransplantRow",
    "TuningMap",
    "TuningMaps",
    "TurnedErrors",
    "TurnedResponses",
    "TurnedUnit",
    "UnitPicture",
    "UnitTable",
    "UprightTile",
    "WeightMatrix",
    "circuit_pair",
    "claims_table",
    "compression",
    "dataset_quilt",
    "decomposed_figure",
    "downstream",
    "echo",
    "equivariance",
    "family_counts",
    "family_shares_figure",
    "family_sheet",
    "interval_groups",
    "joint_maps_figure",
    "layer_scan",
    "line_positions_figure",
    "line_tuning",
    "live_figure",
    "matrix_pair",
    "motif_angles",
    "motif_tiles",
    "natural_tuning_figure",
    "near_misses",
    "null_counts",
    "opposing_pairs",
    "photo_agreement",
    "pictures_figure",
    "published_radial_figure",
    "radial_curves",
    "radius_groups",
    "robustness_groups",
    "rotation_groups",
    "saliency_pairs",
    "schematic_figure",
    "selectivity",
    "series",
    "shape_responses_figure",
    "texture_factors",
    "tolerance_groups",
    "transplant_figure",
    "tuning_maps",
    "unit_table",
    "weight_bands",
    "weight_matrix",
]
