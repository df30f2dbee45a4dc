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
    from curvecircuits.catalog.load import load
    from curvecircuits.errors import (
        CurveCircuitsError,
        InputError,
        UnavailableError,
        WeightsError,
    )
    from curvecircuits.families.criteria import Criteria
    from curvecircuits.families.find import find_curves
    from curvecircuits.families.records import CurveFamily
    from curvecircuits.images.accuracy import accuracy
    from curvecircuits.models.address import Direction, Unit, parse_address
    from curvecircuits.models.network import Network
    from curvecircuits.models.permute import weight_permuted
    from curvecircuits.models.wrap import wrap
    from curvecircuits.report import Report, write_report
    from curvecircuits.report.build import build_report
    from curvecircuits.tuning import CurveTuning, tune, tuning_statistics
    from curvecircuits.weights.expanded import ExpandedWeights, expanded_weights

    __version__: str

_HOMES = {
    "Criteria": "families.criteria",
    "CurveCircuitsError": "errors",
    "CurveFamily": "families.records",
    "CurveTuning": "tuning",
    "Direction": "models.address",
    "ExpandedWeights": "weights.expanded",
    "InputError": "errors",
    "Network": "models.network",
    "Report": "report",
    "UnavailableError": "errors",
    "Unit": "models.address",
    "WeightsError": "errors",
    "accuracy": "images.accuracy",
    "build_report": "report.build",
    "expanded_weights": "weights.expanded",
    "find_curves": "families.find",
    "load": "catalog.load",
    "parse_address": "models.address",
    "tune": "tuning",
    "tuning_statistics": "tuning",
    "weight_permuted": "models.permute",
    "wrap": "models.wrap",
    "write_report": "report",
}
_ROOMS = ("catalog", "images", "report", "stimuli")

__all__ = [
    "Criteria",
    "CurveCircuitsError",
    "CurveFamily",
    "CurveTuning",
    "Direction",
    "ExpandedWeights",
    "InputError",
    "Network",
    "Report",
    "UnavailableError",
    "Unit",
    "WeightsError",
    "__version__",
    "accuracy",
    "build_report",
    "catalog",
    "expanded_weights",
    "find_curves",
    "images",
    "load",
    "parse_address",
    "report",
    "stimuli",
    "tune",
    "tuning_statistics",
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
