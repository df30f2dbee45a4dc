"""Responses of all units of a layer to straight lines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from tqdm import tqdm

from curvecircuits.errors import InputError
from curvecircuits.models.network import Network
from curvecircuits.stimuli import LineGrid
from curvecircuits.tuning.measure import is_linear
from curvecircuits.tuning.station import (
    Station,
    blank_response,
    images_at_once,
    read_out,
    station,
    stroke,
)

LineLook = Literal["outline", "reversed", "edge", "edge-reversed"]
LINE_LOOKS: tuple[LineLook, ...] = get_args(LineLook)


@dataclass(frozen=True, kw_only=True)
class LineTuning:
    """Responses of every unit of a layer to lines of each orientation and offset.

    `values[u, o, k]` is the pre-activation of unit u at its read-out position; `blank` is the
    same for the empty canvas.
    """

    layer: str
    look: LineLook
    grid: LineGrid
    station: Station
    values: Float[ndarray, "units orientations offsets"]
    blank: Float[ndarray, " units"]
    linear: bool
    """Whether the network never clips the layer, so that zero means nothing there."""

    def responses(self, *, sign: int = 1) -> Float[ndarray, "units orientations offsets"]:
        """Positive responses: the clipped pre-activation, or on a linear layer what is added."""
        if self.linear:
            return np.maximum(sign * (self.values - self.blank[:, None, None]), 0)
        return np.maximum(self.values, 0)

    def curve(self, *, sign: int = 1) -> Float[ndarray, "units orientations"]:
        """Line tuning curves: the mean over offset of the positive responses."""
        return self.responses(sign=sign).mean(2)


def line_grid(tile: float, *, orientations: int = 36, offsets: int = 5) -> LineGrid:
    """Lines over 180° in a tile, at offsets up to a sixth of the tile on either side.

    >>> line_grid(60.0).shape, line_grid(60.0).offsets
    ((36, 5), (-10.0, -5.0, 0.0, 5.0, 10.0))
    """
    return LineGrid(
        orientations=tuple(180.0 * k / orientations for k in range(orientations)),
        offsets=tuple(float(x) for x in np.linspace(-tile / 6, tile / 6, offsets))
        if offsets > 1
        else (0.0,),
        tile=tile,
        width=stroke(tile),
    )


def tune_lines(
    network: Network,
    layers: Sequence[str],
    *,
    grid: LineGrid,
    look: LineLook = "outline",
    progress: bool = False,
    batch: int | None = None,
) -> dict[str, LineTuning]:
    """Measure layers on lines drawn about the centre of their receptive field.

    Parameters
    ----------
    layers
        Names or aliases; the result has these as keys. Each is read before it is clipped.
    grid
        Orientations (normals, degrees), offsets along the normal, tile, stroke and length, in
        pixels; such as `line_grid(tile)`.
    look
        `outline` (ink on paper), `reversed` (light on dark), `edge` (ink on the side that the
        normal points to), or `edge-reversed`. Edges have no length.

    Raises
    ------
    InputError
        For unknown layers and looks, layers without geometry, and tiles that do not fit.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> found = tune_lines(artificial_network(), ["conv2d2"], grid=line_grid(28.0))["conv2d2"]
    >>> found.values.shape, found.station.layer
    ((42, 36, 5), 'conv2d2_pre_relu')
    >>> found.grid.orientations[int(found.curve()[8].argmax())]
    80.0

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on lines.
    """
    if look not in LINE_LOOKS:
        raise InputError(f"{look!r} is no look of a line: choose {', '.join(LINE_LOOKS)}.")
    if not layers:
        raise InputError("Name at least one layer to tune.")
    drawn = grid
    if look.startswith("edge"):
        # A bar so wide that only one of its sides is in the tile.
        side = 2.0 * grid.tile
        offsets = tuple(offset + side / 2 for offset in grid.offsets)
        drawn = replace(grid, offsets=offsets, width=side, length=None)
    ink, paper = (1.0, 0.0) if look.endswith("reversed") else (0.0, 1.0)
    found: dict[str, LineTuning] = {}
    for key in layers:
        source = network.layer(key).pre_activation
        place = station(network, source, tile=grid.tile)
        batches = (
            images
            for _, images in drawn.batches(
                size=place.size,
                centre=place.centre,
                chunk=batch or images_at_once(place, network.device),
                device=network.device,
                ink=ink,
                paper=paper,
            )
        )
        bar = tqdm(batches, desc=f"{key} {look}", unit="batch", disable=not progress)
        values = read_out(network, place, (images for images in bar))
        found[key] = LineTuning(
            layer=source,
            look=look,
            grid=grid,
            station=place,
            values=values.reshape(*grid.shape, -1).permute(2, 0, 1).contiguous().numpy(),
            blank=blank_response(network, place, paper=paper).numpy(),
            linear=is_linear(network, source),
        )
    return found
