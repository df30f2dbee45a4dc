"""The one place where a unit is read: which unit, on which canvas, looking at which point."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.cropped import Area, position
from curvecircuits.models.geometry import Axis
from curvecircuits.models.network import Network

_MARGIN = 1.6
"""The canvas reaches this many half-tiles from the unit's centre, or as far as the theoretical
receptive field: beyond, next to nothing of a unit's gradient is left."""
_BUDGET, _MOST = 2e5, 256
"""Pixels of stimuli in a batch, and images: early maps stay near the processor."""
_ELSEWHERE = 64
"""As many times more on a GPU, whose cores need them and whose memory is faster."""


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

    @property
    def area(self) -> Area:
        """The position as an area of the layer's map, for `Network.run`."""
        return position(self.row, self.column)


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


def stroke(tile: float) -> float:
    """Stroke of the stimuli in a tile: 2 pixels, down to 1 in tiles under 30 pixels.

    >>> stroke(60.0), stroke(24.0), stroke(10.0)
    (2.0, 1.6, 1.0)
    """
    return min(2.0, max(1.0, tile / 15))


def images_at_once(place: Station, device: torch.device) -> int:
    """How many images of a station's canvas a device takes at once.

    On a CPU memory stays within a few hundred megabytes, on a GPU within a few thousand.
    """
    times = 1 if device.type == "cpu" else _ELSEWHERE
    return max(4, min(times * _MOST, int(times * _BUDGET / place.size**2)))


def read_out(
    network: Network, place: Station, batches: Iterable[Float[Tensor, "_ c size size"]]
) -> Float[Tensor, "images units"]:
    """Values of every unit of a station's layer at its position, one row an image.

    Parameters
    ----------
    batches
        Images in [0, 1] of one channel or three, of the station's size.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> network = wrap(nn.Sequential(nn.Conv2d(3, 4, 5), nn.ReLU()), input_size=32)
    >>> place = station(network, "0", tile=12.0)
    >>> tuple(read_out(network, place, torch.rand(6, 1, place.size, place.size).split(4)).shape)
    (6, 4)
    """
    rows: list[Tensor] = []
    with torch.inference_mode():
        for images in batches:
            shown = images.to(network.device, torch.float32).expand(-1, 3, -1, -1)
            maps = network.run(shown, layers=[place.layer], within={place.layer: place.area})
            rows.append(maps[place.layer][:, :, 0, 0].cpu())
    return torch.cat(rows)


def blank_response(
    network: Network, place: Station, *, paper: float = 1.0
) -> Float[Tensor, " units"]:
    """Values of every unit at the station for an empty canvas."""
    canvas = torch.full((1, 1, place.size, place.size), paper)
    return read_out(network, place, [canvas])[0]
