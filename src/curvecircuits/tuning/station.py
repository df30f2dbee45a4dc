"""The one place where a unit is read: which unit, on which canvas, looking at which point."""

import math
from dataclasses import dataclass

from curvecircuits.errors import InputError
from curvecircuits.models.geometry import Axis
from curvecircuits.models.network import Network

_MARGIN = 1.6
"""The canvas reaches this many half-tiles from the unit's centre, or as far as the theoretical
receptive field: beyond, next to nothing of a unit's gradient is left."""


@dataclass(frozen=True, kw_only=True)
class Station:
    """A read-out position: position (row, column) of a layer on a square canvas.

    `centre` is the point its receptive field is centred on, as continuous (x, y) pixel
    coordinates. Stimuli pass through that point, and no other position is looked at: echo and
    width would change several-fold with a maximum over neighbours.
    """

    layer: str
    size: int
    row: int
    column: int
    centre: tuple[float, float]


def _index(axis: Axis, size: int, reach: float) -> int | None:
    """The unit nearest the canvas's middle whose surroundings fit on it."""
    middle = round(((size - 1) / 2 - axis.centre) / axis.stride)
    for k in (middle, middle - 1, middle + 1):
        centre = axis.centre + k * axis.stride
        if centre - reach >= 0 and centre + reach <= size - 1:
            return k
    return None


def station(network: Network, layer: str, *, tile: float) -> Station:
    """The smallest canvas on which a unit of the layer sees a whole tile, and that unit.

    Parameters
    ----------
    tile
        Side in pixels of the square that stimuli are drawn in.

    Raises
    ------
    InputError
        When the tile does not fit the images the network takes.
    """
    if not (math.isfinite(tile) and 0 < tile <= network.input_size):
        raise InputError(
            f"A tile of {tile:g} pixels does not fit the images of {network.name}: give more than "
            f"0 and at most {network.input_size}."
        )
    name = network.layer(layer).name
    theory = network.geometry(name)
    reach = max(tile / 2, min(theory.receptive_field / 2, _MARGIN * tile / 2))
    step = max(8, theory.stride)
    smallest = step * math.ceil(2 * reach / step)
    for size in range(smallest, max(network.input_size, smallest) + 3 * step, step):
        here = network.geometry(name, size=size)
        row, column = _index(here.y, size, reach), _index(here.x, size, reach)
        if row is not None and column is not None:
            y = here.y.centre + row * here.y.stride
            return Station(
                layer=name,
                size=size,
                row=row,
                column=column,
                centre=(here.centre(column) + 0.5, y + 0.5),
            )
    raise InputError(
        f"A tile of {tile:g} pixels does not fit the images of {network.name}: give at most "
        f"{network.input_size}."
    )
