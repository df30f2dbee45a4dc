"""Figures in a notebook: the page's own, in a frame that holds them and nothing else."""

from dataclasses import dataclass
from html import escape

from curvecircuits.errors import InputError
from curvecircuits.report.figures import Figure
from curvecircuits.report.page import render_figures

_ONE, _MORE, _LEAST = 900, 1100, 120
"""Heights in pixels: of one figure, of several, and the least that can be asked for."""


@dataclass(frozen=True)
class Shown:
    """Figures that a notebook draws where this is the value of a cell."""

    figures: tuple[Figure, ...]
    height: int
    """Of the frame, in pixels."""

    def _repr_html_(self) -> str:
        if not self.figures:
            return "<p>There is no figure: this network has nothing to show here.</p>"
        titles = escape(", ".join(figure.words.title for figure in self.figures))
        # As ASCII the page is the same in any encoding, and its script keeps its hash.
        page = escape(render_figures(self.figures)).encode("ascii", "xmlcharrefreplace").decode()
        # The frame may run its script and save files, and has no part in the notebook's own page.
        return (
            f'<iframe title="{titles}" sandbox="allow-scripts allow-downloads" loading="lazy" '
            f'style="width:100%;height:{self.height}px;border:0" '
            f'srcdoc="{page}"></iframe>'
        )

    def __repr__(self) -> str:
        # Where HTML is not drawn, what each figure found is still said.
        return (
            "\n".join(f"{f.words.title}: {f.words.takeaway}" for f in self.figures) or "no figure"
        )


def show(*figures: Figure, height: int | None = None) -> Shown:
    """Show figures of the page in a notebook, as the value of a cell.

    They are drawn by the page's own components in a sandboxed frame, under the page's content
    policy; nothing is asked of the network. Each figure's downloads work there too.

    Parameters
    ----------
    figures
        From `figures_of`, or any of `report.figures`. Of none it is said that there is none.
    height
        Of the frame in pixels; what does not fit is scrolled. By default 900 for one figure and
        1100 for more.

    Raises
    ------
    InputError
        When the height is under 120 pixels.

    Examples
    --------
    >>> from curvecircuits.report.figures import null_counts
    >>> shown = show(null_counts(found=12, counts=[0, 0, 1], caption=""), height=500)
    >>> shown.figures[0].kind, shown.height
    ('null-counts', 500)
    """
    chosen = height if height is not None else _ONE if len(figures) == 1 else _MORE
    if chosen < _LEAST:
        raise InputError(f"A frame is at least {_LEAST} pixels high; this one has {chosen}.")
    return Shown(figures=figures, height=chosen)
