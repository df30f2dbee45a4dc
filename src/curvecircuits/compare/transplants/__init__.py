"""Transplant the artificial family into the natural network, and measure what comes back."""

from curvecircuits.compare.transplants.records import Cause, Measured, Score, Shares, Transplant
from curvecircuits.compare.transplants.result import check_transplant, open_transplant
from curvecircuits.compare.transplants.run import transplant

__all__ = [
    "Cause",
    "Measured",
    "Score",
    "Shares",
    "Transplant",
    "check_transplant",
    "open_transplant",
    "transplant",
]
