"""Responses of all units of a layer to a grid of curves, in one streamed pass."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor
from tqdm import tqdm

from curvecircuits.errors import InputError
from curvecircuits.models.network import Network
from curvecircuits.stimuli import CurveGrid
from curvecircuits.tuning.station import Station, images_at_once, station

Look = Literal["outline", "reversed", "filled", "filled-reversed"]
LOOKS: tuple[Look, ...] = get_args(Look)


@dataclass(frozen=True, kw_only=True)
class CurveTuning:
    """Responses of every unit of a layer to curves of each orientation and radius.

    `values[u, o, r]` is the pre-activation of unit u at its read-out position; `blank` is the
    same for the empty canvas.
    """

    layer: str
    look: Look
    grid: CurveGrid
    station: Station
    values: Float[ndarray, "units orientations radii"]
    blank: Float[ndarray, " units"]
    linear: bool
    """Whether the network never clips the layer, so that zero means nothing there."""

    def responses(self, *, sign: int = 1) -> Float[ndarray, "units orientations radii"]:
        """Positive responses: the clipped pre-activation.

        On a linear layer zero has no meaning, so the response is what the stimulus adds to the
        blank canvas, in the direction of `sign`.
        """
        if self.linear:
            return np.maximum(sign * (self.values - self.blank[:, None, None]), 0)
        return np.maximum(self.values, 0)

    def radial(self, *, sign: int = 1) -> Float[ndarray, "units orientations"]:
        """Radial tuning curves: the mean over radius of the positive responses."""
        return self.responses(sign=sign).mean(2)


def is_linear(network: Network, layer: str) -> bool:
    """Whether no rectifier or concatenation reads the layer as its values before clipping."""
    return all(
        other.name == layer or other.pre_activation != layer for other in network.layers.values()
    )


def tune(
    network: Network,
    layers: Sequence[str],
    *,
    grid: CurveGrid,
    look: Look = "outline",
    progress: bool = False,
    batch: int | None = None,
) -> dict[str, CurveTuning]:
    """Measure layers on a grid of curves drawn through the centre of their receptive field.

    Pre-activations are measured: a rectified layer is read before it is clipped. Layers whose
    read-out positions coincide share one pass.

    Parameters
    ----------
    layers
        Names or aliases; the result has these as keys.
    grid
        Orientations, radii, tile and stroke, such as `curvecircuits.stimuli.quick()`.
    look
        `outline` (ink on paper), `reversed` (light on dark), `filled`, or `filled-reversed`.
    batch
        Images at a time; by default what keeps memory to a few hundred megabytes.

    Raises
    ------
    InputError
        For unknown layers and looks, layers without geometry, and tiles that do not fit.
    """
    if look not in LOOKS:
        raise InputError(f"{look!r} is no look of a curve: choose {', '.join(LOOKS)}.")
    if not layers:
        raise InputError("Name at least one layer to tune.")
    sources = {key: network.layer(key).pre_activation for key in layers}
    places = {key: station(network, source, tile=grid.tile) for key, source in sources.items()}
    # Layers that look at the same point with the same stride can share the larger canvas.
    shared: dict[tuple[object, ...], list[str]] = {}
    for key, place in places.items():
        geometry = network.geometry(place.layer)
        shared.setdefault((geometry.stride, geometry.centre(0) % geometry.stride), []).append(key)
    result: dict[str, CurveTuning] = {}
    for keys in shared.values():
        largest = max((places[k] for k in keys), key=lambda p: p.size)
        together = {k: _moved(network, places[k], largest) for k in keys}
        joined = [k for k, p in together.items() if p.centre == largest.centre]
        for group in [joined, *([k] for k in keys if k not in joined)]:
            stations = {k: together[k] if k in joined else places[k] for k in group}
            result |= _stream(network, stations, grid, look, batch, progress)
    return {key: result[key] for key in layers}


def _moved(network: Network, place: Station, target: Station) -> Station:
    """The same layer read on another canvas, at the unit nearest the other's centre."""
    here = network.geometry(place.layer, size=target.size)
    column = round((target.centre[0] - 0.5 - here.x.centre) / here.x.stride)
    row = round((target.centre[1] - 0.5 - here.y.centre) / here.y.stride)
    centre = (here.centre(column) + 0.5, here.y.centre + row * here.y.stride + 0.5)
    return replace(place, size=target.size, row=row, column=column, centre=centre)


def _stream(
    network: Network,
    stations: dict[str, Station],
    grid: CurveGrid,
    look: Look,
    batch: int | None,
    progress: bool,
) -> dict[str, CurveTuning]:
    place = next(iter(stations.values()))
    chunk = batch or images_at_once(place, network.device)
    areas = {p.layer: p.area for p in stations.values()}
    found: dict[str, list[Tensor]] = {key: [] for key in stations}
    ink, paper = (1.0, 0.0) if look.endswith("reversed") else (0.0, 1.0)
    batches = grid.batches(
        size=place.size,
        centre=place.centre,
        chunk=chunk,
        device=network.device,
        filled=look.startswith("filled"),
        ink=ink,
        paper=paper,
    )

    def read(images: Tensor) -> None:
        maps = network.run(images.expand(-1, 3, -1, -1), layers=areas, within=areas)
        for key, p in stations.items():
            found[key].append(maps[p.layer][:, :, 0, 0].cpu())

    with (
        torch.inference_mode(),
        tqdm(
            total=len(grid),
            desc=f"{', '.join(stations)} {look}",
            unit="image",
            disable=not progress,
        ) as bar,
    ):
        read(torch.full((1, 1, place.size, place.size), paper, device=network.device))
        for where, images in batches:
            read(images)
            bar.update(where.stop - where.start)
    shape = (*grid.shape, -1)
    result: dict[str, CurveTuning] = {}
    for key, parts in found.items():
        blank, *rest = parts
        result[key] = CurveTuning(
            layer=stations[key].layer,
            look=look,
            grid=grid,
            station=stations[key],
            values=torch.cat(rest).reshape(shape).permute(2, 0, 1).contiguous().numpy(),
            blank=blank[0].numpy(),
            linear=is_linear(network, stations[key].layer),
        )
    return result
