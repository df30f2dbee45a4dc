"""The report: figure data by schema, and the page that shows it."""

from curvecircuits.report.document import Colophon, Missing, Model, Report, Version, Weights
from curvecircuits.report.examples import open_shown
from curvecircuits.report.figured import claims_of, figures_of
from curvecircuits.report.measured import Measured
from curvecircuits.report.notebook import Shown, show
from curvecircuits.report.page import render, render_figures, write_report
from curvecircuits.report.sections import figure_names

__all__ = [
    "Colophon",
    "Measured",
    "Missing",
    "Model",
    "Report",
    "Shown",
    "Version",
    "Weights",
    "claims_of",
    "figure_names",
    "figures_of",
    "open_shown",
    "render",
    "render_figures",
    "show",
    "write_report",
]
