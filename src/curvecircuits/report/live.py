"""The figure in which the artificial network runs, or what is missing for it."""

from curvecircuits.errors import UnavailableError
from curvecircuits.report.document import Missing
from curvecircuits.report.figures import Figure
from curvecircuits.report.figures.live import live_figure

LIVE = "live"
"""Name of the figure."""


def live_figures() -> list[tuple[str, Figure]]:
    """The figure; nothing without the packages that write the network as ONNX."""
    try:
        return [(LIVE, live_figure())]
    except UnavailableError:
        return []


def missing_live(figures: list[tuple[str, Figure]]) -> tuple[Missing, ...]:
    """The line that says how to have the figure, of a report without it."""
    if any(name == LIVE for name, _ in figures):
        return ()
    return (
        Missing(
            title="The artificial network to draw for",
            command="pip install 'curvecircuits[onnx]'",
        ),
    )
