"""Tuning: responses of units to grids of stimuli, and what the curves they trace say."""

from curvecircuits.tuning.lines import LINE_LOOKS, LineLook, LineTuning, line_grid, tune_lines
from curvecircuits.tuning.measure import LOOKS, CurveTuning, Look, tune
from curvecircuits.tuning.receptive import effective_receptive_fields
from curvecircuits.tuning.station import Station, station
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
    "effective_receptive_fields",
    "largest_gap",
    "line_grid",
    "resample",
    "station",
    "tune",
    "tune_lines",
    "tuning_statistics",
]
