"""Tuning: responses of units to grids of stimuli, and what the curves they trace say."""

from curvecircuits.tuning.lines import LINE_LOOKS, LineLook, LineTuning, line_grid, tune_lines
from curvecircuits.tuning.measure import LOOKS, CurveTuning, Look, tune
from curvecircuits.tuning.receptive import effective_receptive_fields
from curvecircuits.tuning.station import (
    Station,
    blank_response,
    images_at_once,
    read_out,
    station,
    stroke,
)
from curvecircuits.tuning.statistics import (
    TuningStatistics,
    angular_distance,
    largest_gap,
    resample,
    tuning_statistics,
)

__all__ = [
    "LINE_LOOKS",
    "LOOKS",
    "CurveTuning",
    "LineLook",
    "LineTuning",
    "Look",
    "Station",
    "TuningStatistics",
    "angular_distance",
    "blank_response",
    "effective_receptive_fields",
    "images_at_once",
    "largest_gap",
    "line_grid",
    "read_out",
    "resample",
    "station",
    "stroke",
    "tune",
    "tune_lines",
    "tuning_statistics",
]
