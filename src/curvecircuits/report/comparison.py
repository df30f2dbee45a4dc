"""The figures that set artificial units beside the natural ones of their orientations."""

from collections.abc import Mapping, Sequence

from curvecircuits.compare import Matched, joint_maps, shape_responses
from curvecircuits.compare.published_radial import published_radial
from curvecircuits.families.tiles import tile_of
from curvecircuits.report.figures import Figure
from curvecircuits.report.figures.joint_maps import joint_maps_figure, radius_groups
from curvecircuits.report.figures.published_radial import published_radial_figure
from curvecircuits.report.figures.shape_responses import shape_responses_figure
from curvecircuits.stimuli import CurveGrid, quick

COMPARED = ("joint-maps", "radii", "shape-responses", "published-radial")
"""Names of the figures, in their order."""


def comparison_figures(
    matched: Matched,
    lines: Matched | None = None,
    *,
    published: Mapping[int, Sequence[float]] | None = None,
    grid: CurveGrid | None = None,
    progress: bool = False,
) -> list[Figure]:
    """Measure matched units and draw them: joint maps, radii, other shapes, published tuning.

    Parameters
    ----------
    matched
        From `compare.match_family`.
    lines
        The same with `detector="lines"`, whose artificial side is the control.
    published
        Published radial tuning curves of inception5h's mixed3b units, by channel; without them
        the figure has their orientations, widths and echoes only.
    grid
        Curves of the joint maps, in pixels of the natural network's images; by default
        `stimuli.quick()` scaled to the natural layer's tile.

    Raises
    ------
    InputError
        As `compare.joint_maps`, `compare.shape_responses` and
        `compare.published_radial.published_radial`.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.compare import Side
    >>> side = Side(network=artificial_network(), layer="3b", channels=(0, 6, 12))
    >>> both = Matched(natural=side, artificial=side, orientations=(0.0, 90.0, 180.0))
    >>> grid = CurveGrid(tuple(range(0, 360, 30)), (100.0, 30.0), 60.0, 2.0)
    >>> [figure.kind for figure in comparison_figures(both, grid=grid)]
    ['joint-maps', 'interval-groups', 'shape-responses', 'published-radial']

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, on the artificial artificial neural network.
    """
    tile = tile_of(matched.natural.network, matched.natural.layer)
    own = quick().scaled(tile / quick().tile) if grid is None else grid
    control = None if lines is None else lines.artificial
    maps = joint_maps(matched, grid=own, lines=control, progress=progress)
    shapes = shape_responses(matched, lines=control, tile=own.tile, progress=progress)
    return [
        joint_maps_figure(maps),
        radius_groups(maps),
        shape_responses_figure(shapes, curves=maps),
        published_radial_figure(published_radial(published, progress=progress)),
    ]
