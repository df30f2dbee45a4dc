"""The section on the transplant: a run that was kept, or the command that makes one."""

from curvecircuits.compare.match import geometry_for
from curvecircuits.compare.transplants import Transplant
from curvecircuits.errors import InputError
from curvecircuits.families import CurveFamily
from curvecircuits.models.network import Network
from curvecircuits.report.document import Missing
from curvecircuits.report.figures import Figure
from curvecircuits.report.figures.transplant import transplant_figure

TRANSPLANTED = "transplant"
"""Name of the figure."""

_TITLE = "What comes back when the family is replaced"
_COMMAND = "curvecircuits report --model M --images DIR"


def transplant_figures(found: Transplant | None, family: CurveFamily) -> list[tuple[str, Figure]]:
    """The figure of a transplant by its name; none without one.

    Where the report found another family than the one that was replaced, the figure says so.

    Parameters
    ----------
    found
        From `compare.open_transplant`, or None.
    family
        The family of the report.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.families import find_curves
    >>> transplant_figures(None, find_curves(artificial_network(), layer="3b", permutations=1))
    []
    """
    if found is None:
        return []
    return [(TRANSPLANTED, transplant_figure(found, notes=_other(found, family)))]


def _other(found: Transplant, family: CurveFamily) -> tuple[str, ...]:
    own, replaced = {u.unit for u in family.units}, {each.unit for each in found.family}
    if own == replaced:
        return ()
    return (
        f"What was replaced is not the family of this report: {len(replaced - own)} of its "
        f"{len(replaced)} units are not in that, and {len(own - replaced)} of that not in it.",
    )


def missing_transplant(
    network: Network, family: CurveFamily, found: Transplant | None
) -> tuple[Missing, ...]:
    """The commands that add the figure, where it is left out and could be made.

    A network without class scores or a family, or of a stride that cannot be written, has none.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.families import find_curves
    >>> network = artificial_network()
    >>> missing_transplant(network, find_curves(network, layer="3b", permutations=1), None)
    ()
    """
    if found is not None or network.logits is None or family.layer is None:
        return ()
    try:
        geometry_for(network, family)
    except InputError:
        return ()
    return (Missing(title=_TITLE, command=_COMMAND),)
