"""The points of an image that units of several networks all look at."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.compare.matched import Side
from curvecircuits.errors import InputError
from curvecircuits.models.geometry import Axis
from curvecircuits.tuning.measure import is_linear

_LEAST = 2
"""Rows and columns that both networks must see: fewer have no neighbour to shift by."""
_NEAR = 1e-6
"""Cells by which centres may differ and still be the same point."""


@dataclass(frozen=True, kw_only=True)
class Points:
    """Where the map of one side is read, so that all sides are read at the same pixels."""

    layer: str
    """Whose values are read: those before clipping."""
    y: Float[Tensor, " rows"]
    """Cells of its map, with fractions."""
    x: Float[Tensor, " columns"]
    rows: tuple[float, ...]
    """Pixel index of each row of points, the same for all sides."""
    columns: tuple[float, ...]
    blank: Float[Tensor, "1 units h w"] | None
    """Of a linear layer: the map of a grey canvas, which is taken off."""

    def read(self, side: Side, images: Tensor) -> Float[Tensor, "units images rows columns"]:
        """Pre-activations of the units of a side at the points, in single precision."""
        network = side.network
        shown = images.to(network.device, torch.float32)
        maps = network.activations(shown, layers=[self.layer])[self.layer]
        maps = maps[:, list(side.channels)]
        if self.blank is not None:
            maps = maps - self.blank
        return _sample(_sample(maps, self.y, 2), self.x, 3).transpose(0, 1).float().cpu()


def common_points(sides: Mapping[str, Side], size: tuple[int, int]) -> dict[str, Points]:
    """The centres of the first side's units that lie within the map of every side.

    Unit k of an axis is centred on pixel c + k · s. A pixel p is cell (p − c) / s of another
    axis, and within its map from cell 0 to the last.

    Parameters
    ----------
    sides
        By name.
    size
        Height and width of the images, in pixels.

    Raises
    ------
    InputError
        For layers without geometry, and fewer than 2 common rows or columns.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> sides = {
    ...     f"stride {s}": Side(
    ...         network=wrap(nn.Sequential(nn.Conv2d(3, 4, 3, s)), input_size=32),
    ...         layer="0",
    ...         channels=(0,),
    ...     )
    ...     for s in (8, 2)
    ... }
    >>> found = common_points(sides, (32, 32))
    >>> found["stride 2"].rows, found["stride 2"].y.tolist()
    ((1.0, 9.0, 17.0, 25.0), [0.0, 4.0, 8.0, 12.0])
    """
    first = next(iter(sides))
    grey = torch.full((1, 3, *size), 0.5)
    layers = {n: s.network.layer(s.layer).pre_activation for n, s in sides.items()}
    shapes: dict[str, tuple[int, int]] = {}
    blanks: dict[str, Tensor | None] = {}
    for name, side in sides.items():
        own = side.network.activations(grey.to(side.network.device), layers=[layers[name]])
        blank = own[layers[name]][:, list(side.channels)]
        shapes[name] = (int(blank.shape[-2]), int(blank.shape[-1]))
        blanks[name] = blank if is_linear(side.network, layers[name]) else None
    geometry = {n: s.network.geometry(layers[n], size=size) for n, s in sides.items()}
    y = _points({n: (g.y, shapes[n][0]) for n, g in geometry.items()}, sides)
    x = _points({n: (g.x, shapes[n][1]) for n, g in geometry.items()}, sides)
    rows, columns = (
        tuple(axis.centre + axis.stride * k for k in cells[first].tolist())
        for axis, cells in ((geometry[first].y, y), (geometry[first].x, x))
    )
    return {
        n: Points(layer=layers[n], y=y[n], x=x[n], rows=rows, columns=columns, blank=blanks[n])
        for n in sides
    }


def _points(
    axes: Mapping[str, tuple[Axis, int]], sides: Mapping[str, Side]
) -> dict[str, Float[Tensor, " points"]]:
    reference, *_ = sides.values()
    first, cells = next(iter(axes.values()))
    centres = first.centre + first.stride * torch.arange(cells, dtype=torch.float64)
    at = {name: (centres - axis.centre) / axis.stride for name, (axis, _) in axes.items()}
    seen = torch.ones(cells, dtype=torch.bool)
    for name, (_, length) in axes.items():
        seen &= (at[name] >= -_NEAR) & (at[name] <= length - 1 + _NEAR)
        if int(seen.sum()) < _LEAST:
            raise InputError(
                f"{sides[name].layer} of {sides[name].network.name} and {reference.layer} "
                f"of {reference.network.name} look at fewer than {_LEAST} common points "
                "across an image: give larger images, or layers that look at the same points."
            )
    return {name: where[seen] for name, where in at.items()}


def _sample(maps: Tensor, at: Float[Tensor, " points"], axis: int) -> Tensor:
    """Values at fractional cells of an axis, linear between two of them."""
    near = at.round()
    if bool(((at - near).abs() <= _NEAR).all()):
        return maps.index_select(axis, near.long().to(maps.device))
    low = at.floor().clamp(0, maps.shape[axis] - 2)
    share = (at - low).clamp(0, 1).to(maps)
    share = share[:, None] if axis == 2 else share
    before = maps.index_select(axis, low.long().to(maps.device))
    after = maps.index_select(axis, low.long().to(maps.device) + 1)
    return before + share * (after - before)
