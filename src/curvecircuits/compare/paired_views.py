"""Paired units of two networks, read at the same pixels of an image."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.photo_points import Points, common_points
from curvecircuits.models.address import Unit
from curvecircuits.visualize.dataset.views import View, views_of


@dataclass(frozen=True, kw_only=True)
class PointView(View):
    """Units read at points of the image that another network is read at too."""

    points: Points
    """Without its blank: the view has its own."""
    channels: tuple[int, ...]

    def raw(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "units n rows columns"]:
        """Pre-activations as they are."""
        side = Side(network=self.network, layer=self.source, channels=self.channels)
        return self.points.read(side, images)

    def cell(self, row: int, column: int) -> tuple[float, float]:
        """Where on the layer's map a point is; with fractions, where grids differ."""
        return float(self.points.y[row]), float(self.points.x[column])


def paired_views(
    matched: Matched, size: int, signs: Sequence[int] | None, seed: int
) -> tuple[View, View]:
    """Units of both sides, read at the points that both networks look at.

    Parameters
    ----------
    size
        Height and width of the images, in pixels.
    signs
        Of the natural units.
    seed
        Of the patterns that receptive fields are measured with.

    Raises
    ------
    InputError
        For networks that look at too few common points, and other numbers of signs than units.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> coarse, fine = (
    ...     Side(network=wrap(nn.Conv2d(3, 1, 7, s), input_size=48), layer="conv2d", channels=(0,))
    ...     for s in (6, 4)
    ... )
    >>> matched = Matched(natural=coarse, artificial=fine, orientations=(0.0,))
    >>> one, other = paired_views(matched, 48, None, 0)
    >>> one.rows == other.rows, one.cell(3, 2), other.cell(3, 2)
    (True, (3.0, 2.0), (4.5, 3.0))
    """
    sides = {"natural": matched.natural, "artificial": matched.artificial}
    points = common_points(sides, (size, size))
    natural, artificial = (
        views_of(
            side.network,
            [Unit(side.layer, channel) for channel in side.channels],
            size=size,
            side=name,
            signs=signs if name == "natural" else None,
            seed=seed,
        )[0]
        for name, side in sides.items()
    )
    # The pictures of a pair are of one square: that of the natural unit.
    artificial = replace(artificial, tile=natural.tile)
    first, second = (
        _pointed(view, points[view.side], side.channels, size)
        for view, side in zip((natural, artificial), sides.values(), strict=True)
    )
    return first, second


def _pointed(view: View, points: Points, channels: tuple[int, ...], size: int) -> View:
    found = PointView(
        side=view.side,
        network=view.network,
        source=view.source,
        units=view.units,
        signs=view.signs,
        rows=points.rows,
        columns=points.columns,
        tile=view.tile,
        points=replace(points, blank=None),
        channels=channels,
    )
    if points.blank is None:
        return found
    with torch.inference_mode():
        grey = found.raw(torch.full((1, 3, size, size), 0.5))[:, 0]
    return replace(found, blank=grey.clone())
