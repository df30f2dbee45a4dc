"""Units of one side read where they look, and one cell beside."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor
from tqdm import tqdm

from curvecircuits.compare.matched import Matched, Side
from curvecircuits.errors import InputError
from curvecircuits.tuning import Station, images_at_once, station
from curvecircuits.tuning.measure import is_linear

_BESIDE = ((-1, 0), (1, 0), (0, -1), (0, 1))
"""Steps in rows and columns to the cells beside the one that is read."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Pre-activations of a side's units for a list of images, read in up to five cells.

    On a layer that is never clipped they are what the shape adds to its ground.
    """

    station: Station
    values: Float[ndarray, "units images"]
    """In the cell whose receptive field is centred where the shapes are drawn."""
    beside: Float[ndarray, "cells units images"]
    """In the cells above, below, left and right of it; those outside the map are left out."""


def read_side(
    side: Side,
    draw: Callable[[Station], Iterable[tuple[Tensor, Tensor]]],
    *,
    tile: float,
    progress: bool = False,
) -> Reading:
    """Show one network the images that are drawn for it, and read the units of one side.

    Parameters
    ----------
    draw
        From the place that is read to pairs: images (n, 1 or 3, size, size) in [0, 1], and their
        grounds without the shape, as many or one for all. The grounds are shown only to layers
        that are never clipped.
    tile
        Side in pixels of the square that shapes are drawn in.

    Raises
    ------
    InputError
        For channels that the layer does not have, and tiles that do not fit.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.stimuli import curves
    >>> side = Side(network=artificial_network(), layer="3b", channels=(0, 12))
    >>> def right(place):
    ...     image = curves(orientation=0, radius=40, tile=60, size=place.size, centre=place.centre)
    ...     return [(image, torch.ones_like(image))]
    >>> found = read_side(side, right, tile=60.0)
    >>> found.values.shape, found.beside.shape, bool(found.values[0] > found.values[1])
    ((2, 1), (4, 2, 1), True)
    """
    network, layer = side.network, side.network.layer(side.layer)
    wrong = [c for c in side.channels if not 0 <= c < layer.channels]
    if wrong:
        raise InputError(
            f"{side.layer} of {network.name} has no channel {wrong[0]}: give 0 to "
            f"{layer.channels - 1}."
        )
    place = station(network, layer.pre_activation, tile=tile)
    subtract = is_linear(network, place.layer)
    channels = list(side.channels)

    height, width = network.map_size(place.layer, size=place.size)
    around = [(place.row + y, place.column + x) for y, x in ((0, 0), *_BESIDE)]
    at = [(y, x) for y, x in around if 0 <= y < height and 0 <= x < width]
    ys, xs = zip(*at, strict=True)
    top, left = min(ys), min(xs)
    area = {place.layer: (top, max(ys) + 1, left, max(xs) + 1)}

    def cells(images: Tensor) -> Tensor:
        shown = images.to(network.device, torch.float32).expand(-1, 3, -1, -1)
        parts: list[Tensor] = []
        for part in shown.split(images_at_once(place, network.device)):
            units = network.run(part, layers=area, within=area)[place.layer][:, channels]
            parts.append(torch.stack([units[:, :, y - top, x - left] for y, x in at]).cpu())
        return torch.cat(parts, dim=1)

    rows: list[Tensor] = []
    with torch.inference_mode():
        shown = tqdm(draw(place), desc=network.name, unit="batch", disable=not progress)
        for images, grounds in shown:
            rows.append(cells(images) - (cells(grounds) if subtract else 0))
    values = torch.cat(rows, dim=1).permute(0, 2, 1).double().numpy()
    return Reading(station=place, values=values[0], beside=np.ascontiguousarray(values[1:]))


def check_lines(matched: Matched, lines: Side | None) -> None:
    """Refuse line detectors that are not as many as the units they stand in for.

    Raises
    ------
    InputError
        When they are more or fewer.
    """
    if lines is not None and len(lines.channels) != len(matched.orientations):
        raise InputError(
            f"{len(lines.channels)} line detectors cannot stand in for "
            f"{len(matched.orientations)} units: give equally many."
        )
