"""Which layers are searched, and with stimuli of which size."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.models.layer import Layer
from curvecircuits.models.network import Network
from curvecircuits.stimuli import CurveGrid
from curvecircuits.tuning import effective_receptive_fields, station, stroke

TILE_PER_FIELD = 1.2
"""Tile over effective receptive field: makes the article's 60 pixels at InceptionV1's 3b."""
_STEP = 1.25
"""Tiles are 60 pixels times a power of this, so that layers alike in size share their stimuli."""


def scan_grid(tile: float) -> CurveGrid:
    """The grid of the search: 48 orientations × 6 log-spaced radii over the article's range."""
    radii = 250 * 25.0 ** (-np.arange(6) / 6) * tile / 60
    return CurveGrid(
        orientations=tuple(float(o) for o in np.arange(48) * 7.5),
        radii=tuple(float(r) for r in radii),
        tile=tile,
        width=stroke(tile),
    )


def thinned(grid: CurveGrid) -> CurveGrid:
    """Every second orientation at every second radius, for measurements that repeat the grid.

    >>> scan_grid(60.0).shape, thinned(scan_grid(60.0)).shape
    ((48, 6), (24, 3))
    """
    return replace(grid, orientations=grid.orientations[::2], radii=grid.radii[1::2])


def searchable_layers(network: Network) -> list[str]:
    """Layers that can hold a family of their own.

    The rectified ones, except branches that are only read through a concatenation, and the
    linear ones that convolutions read (residual streams, bottlenecks).
    """

    def kinds(layer: Layer) -> set[str]:
        return {network.layers[n].kind for n in layer.feeds if n in network.layers}

    chosen: list[str] = []
    before_clipping = {x.pre_activation for x in network.layers.values() if x.rectified}
    for layer in network.layers.values():
        if not layer.spatial or layer.height < 3 or kinds(layer) == {"concat"}:
            continue
        linear = (
            layer.kind in ("conv", "batchnorm", "add")
            and layer.name not in before_clipping
            and kinds(layer) & {"conv"}
        )
        if layer.rectified or linear:
            chosen.append(layer.title)
    return chosen


def layer_tiles(
    network: Network, layers: Sequence[str], seed: int
) -> dict[str, tuple[float, float]]:
    """Effective receptive field and tile of each layer."""
    fields = effective_receptive_fields(
        network, [network.layer(k).pre_activation for k in layers], seed=seed
    )
    found: dict[str, tuple[float, float]] = {}
    for key in layers:
        field = fields[network.layer(key).pre_activation]
        if np.isnan(field):  # a silent layer: any tile shows as much
            found[key] = (0.0, 60.0)
            continue
        steps = round(np.log(TILE_PER_FIELD * field / 60) / np.log(_STEP))
        found[key] = (field, round(60 * _STEP**steps, 1))
    return found


def tile_of(network: Network, layer: str, *, seed: int = 0) -> float:
    """Side in pixels of the tile that the search draws a layer's stimuli in."""
    network.geometry(layer)
    return layer_tiles(network, [layer], seed)[layer][1]


def scan_images(
    network: Network, layer: str, *, seed: int = 0
) -> tuple[Float[Tensor, "images 3 size size"], tuple[int, int]]:
    """The curves of the search, drawn for a layer, and the row and column its units are read at.

    The curves are those of `scan_grid` in the layer's own tile, dark on white, through the centre
    of the receptive field of the units at that position.

    Parameters
    ----------
    seed
        Of the images that the layer's receptive field is measured on.

    Raises
    ------
    InputError
        For unknown layers, and layers without geometry.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> images, at = scan_images(artificial_network(), "conv2d2")
    >>> tuple(images.shape), at
    ((288, 3, 32, 32), (3, 3))
    """
    tile = tile_of(network, layer, seed=seed)
    place = station(network, network.layer(layer).pre_activation, tile=tile)
    batches = scan_grid(tile).batches(size=place.size, centre=place.centre, device=network.device)
    images = torch.cat([drawn for _, drawn in batches]).expand(-1, 3, -1, -1)
    return images, (place.row, place.column)
