"""Tuning: responses of units to grids of stimuli, and what the curves they trace say."""

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
    "LOOKS",
    "CurveTuning",
    "Look",
    "Station",
    "TuningStatistics",
    "angular_distance",
    "effective_receptive_fields",
    "largest_gap",
    "resample",
    "station",
    "tune",
    "tuning_statistics",
]
