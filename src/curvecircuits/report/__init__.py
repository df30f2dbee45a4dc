"""The report: figure data by schema, and the page that shows it."""

from curvecircuits.report.document import Colophon, Missing, Model, Report, Version, Weights
from curvecircuits.report.page import render, write_report

__all__ = [
    "Colophon",
    "Missing",
    "Model",
    "Report",
    "Version",
    "Weights",
    "render",
    "write_report",
]
