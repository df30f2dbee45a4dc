"""curvecircuits: find the curve detectors of a vision network and measure how they are built.

Everything below is imported when it is first used, so that `curvecircuits --help` does not wait for
torch.

Examples
--------
>>> import curvecircuits as cc
>>> network = cc.load("googlenet", weights="bvlc_googlenet.safetensors")  # doctest: +SKIP
>>> cc.find_curves(network, layer="3b").verdict  # doctest: +SKIP
'googlenet has a curve family of 12 units in 3b …'

"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

# The one place where types see other imports than Python does: the names are given on request by
# `__getattr__`, which type checkers cannot follow.
if TYPE_CHECKING:
    from curvecircuits import catalog, images, report, stimuli
    from curvecircuits.artificial import (
        Constants,
        Parts,
        artificial_network,
        artificial_weights,
        general_geometry,
        inception_geometry,
        network_of,
    )
    from curvecircuits.catalog.load import load
    from curvecircuits.circuits.editing import drop_weights
    from curvecircuits.claims.measure import measure_claims
    from curvecircuits.claims.records import ClaimTable
    from curvecircuits.compare import (
        EditedModels,
        Matched,
        Transplant,
        evaluate_edits,
        fit_constants,
        joint_maps,
        match_family,
        natural_tuning,
        open_edited_models,
        open_image_figures,
        open_transplant,
        paired_examples,
        photograph_agreement,
        shape_responses,
        transplant,
    )
    from curvecircuits.errors import (
        CurveCircuitsError,
        InputError,
        UnavailableError,
        WeightsError,
    )
    from curvecircuits.families.criteria import Criteria
    from curvecircuits.families.discover import discover_families
    from curvecircuits.families.family import Family
    from curvecircuits.families.find import find_curves
    from curvecircuits.families.records import CurveFamily
    from curvecircuits.families.taxonomy import Taxonomy
    from curvecircuits.images import accuracy, label_indices, load_batch, open_images
    from curvecircuits.models.address import Direction, Unit, parse_address
    from curvecircuits.models.edit import edit
    from curvecircuits.models.edit_json import edits_from_json, edits_to_json
    from curvecircuits.models.edit_lists import edit_lists_from_json, edit_lists_to_json
    from curvecircuits.models.edits import (
        AddWeights,
        KeepInputs,
        RemoveInputs,
        ReplaceUnits,
        ReplaceWeights,
        ScaleUnits,
        SetUnits,
        ZeroUnits,
    )
    from curvecircuits.models.network import Network
    from curvecircuits.models.permute import weight_permuted
    from curvecircuits.models.wrap import wrap
    from curvecircuits.report import Measured, Report, claims_of, figures_of, show, write_report
    from curvecircuits.report.build import build_report
    from curvecircuits.tuning import CurveTuning, tune, tuning_statistics
    from curvecircuits.tuning.receptive import receptive_centres
    from curvecircuits.visualize import dataset_examples, open_examples, saliency
    from curvecircuits.weights.blocks import GroupMatrix, WeightBlock, group_matrix, weight_block
    from curvecircuits.weights.check import Ablation, Agreement, ablation, agreement
    from curvecircuits.weights.expanded import ExpandedWeights, expanded_weights, linear_bias
    from curvecircuits.weights.factors import WeightFactors, weight_factors
    from curvecircuits.weights.resume import resumed
    from curvecircuits.weights.top import Connection, top_inputs, top_outputs

    __version__: str

_HOMES = {
    "Ablation": "weights.check",
    "AddWeights": "models.edits",
    "Agreement": "weights.check",
    "ClaimTable": "claims.records",
    "Connection": "weights.top",
    "Constants": "artificial",
    "Criteria": "families.criteria",
    "CurveCircuitsError": "errors",
    "CurveFamily": "families.records",
    "CurveTuning": "tuning",
    "Direction": "models.address",
    "EditedModels": "compare",
    "ExpandedWeights": "weights.expanded",
    "Family": "families.family",
    "GroupMatrix": "weights.blocks",
    "InputError": "errors",
    "KeepInputs": "models.edits",
    "Matched": "compare",
    "Measured": "report",
    "Network": "models.network",
    "Parts": "artificial",
    "RemoveInputs": "models.edits",
    "ReplaceUnits": "models.edits",
    "ReplaceWeights": "models.edits",
    "Report": "report",
    "ScaleUnits": "models.edits",
    "SetUnits": "models.edits",
    "Taxonomy": "families.taxonomy",
    "Transplant": "compare",
    "UnavailableError": "errors",
    "Unit": "models.address",
    "WeightBlock": "weights.blocks",
    "WeightFactors": "weights.factors",
    "WeightsError": "errors",
    "ZeroUnits": "models.edits",
    "ablation": "weights.check",
    "accuracy": "images",
    "agreement": "weights.check",
    "artificial_network": "artificial",
    "artificial_weights": "artificial",
    "claims_of": "report",
    "build_report": "report.build",
    "dataset_examples": "visualize",
    "discover_families": "families.discover",
    "drop_weights": "circuits.editing",
    "edit": "models.edit",
    "edit_lists_from_json": "models.edit_lists",
    "edit_lists_to_json": "models.edit_lists",
    "edits_from_json": "models.edit_json",
    "edits_to_json": "models.edit_json",
    "evaluate_edits": "compare",
    "expanded_weights": "weights.expanded",
    "find_curves": "families.find",
    "figures_of": "report",
    "fit_constants": "compare",
    "general_geometry": "artificial",
    "group_matrix": "weights.blocks",
    "inception_geometry": "artificial",
    "joint_maps": "compare",
    "label_indices": "images",
    "linear_bias": "weights.expanded",
    "load": "catalog.load",
    "load_batch": "images",
    "match_family": "compare",
    "measure_claims": "claims.measure",
    "network_of": "artificial",
    "parse_address": "models.address",
    "natural_tuning": "compare",
    "open_examples": "visualize",
    "open_images": "images",
    "open_edited_models": "compare",
    "open_image_figures": "compare",
    "open_transplant": "compare",
    "paired_examples": "compare",
    "photograph_agreement": "compare",
    "receptive_centres": "tuning.receptive",
    "resumed": "weights.resume",
    "saliency": "visualize",
    "shape_responses": "compare",
    "show": "report",
    "top_inputs": "weights.top",
    "top_outputs": "weights.top",
    "transplant": "compare",
    "tune": "tuning",
    "tuning_statistics": "tuning",
    "weight_block": "weights.blocks",
    "weight_factors": "weights.factors",
    "weight_permuted": "models.permute",
    "wrap": "models.wrap",
    "write_report": "report",
}
_ROOMS = ("catalog", "images", "report", "stimuli")

__all__ = [
    "Ablation",
    "AddWeights",
    "Agreement",
    "ClaimTable",
    "Connection",
    "Constants",
    "Criteria",
    "CurveCircuitsError",
    "CurveFamily",
    "CurveTuning",
    "Direction",
    "EditedModels",
    "ExpandedWeights",
    "Family",
    "GroupMatrix",
    "InputError",
    "KeepInputs",
    "Matched",
    "Measured",
    "Network",
    "Parts",
    "RemoveInputs",
    "ReplaceUnits",
    "ReplaceWeights",
    "Report",
    "ScaleUnits",
    "SetUnits",
    "Taxonomy",
    "Transplant",
    "UnavailableError",
    "Unit",
    "WeightBlock",
    "WeightFactors",
    "WeightsError",
    "ZeroUnits",
    "__version__",
    "ablation",
    "accuracy",
    "agreement",
    "artificial_network",
    "artificial_weights",
    "build_report",
    "catalog",
    "claims_of",
    "dataset_examples",
    "discover_families",
    "drop_weights",
    "edit",
    "edit_lists_from_json",
    "edit_lists_to_json",
    "edits_from_json",
    "edits_to_json",
    "evaluate_edits",
    "expanded_weights",
    "figures_of",
    "find_curves",
    "fit_constants",
    "general_geometry",
    "group_matrix",
    "images",
    "inception_geometry",
    "joint_maps",
    "label_indices",
    "linear_bias",
    "load",
    "load_batch",
    "match_family",
    "measure_claims",
    "natural_tuning",
    "network_of",
    "open_edited_models",
    "open_examples",
    "open_image_figures",
    "open_images",
    "open_transplant",
    "paired_examples",
    "parse_address",
    "photograph_agreement",
    "receptive_centres",
    "report",
    "resumed",
    "saliency",
    "shape_responses",
    "show",
    "stimuli",
    "top_inputs",
    "top_outputs",
    "transplant",
    "tune",
    "tuning_statistics",
    "weight_block",
    "weight_factors",
    "weight_permuted",
    "wrap",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version(__name__)
    if name in _ROOMS:
        return import_module(f"{__name__}.{name}")
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
