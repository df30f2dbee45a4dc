"""What units make of pictures and photographs, in whatever way the network is edited then."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.visualize.features.ascent import values_of
from curvecircuits.visualize.features.canvas import canvas_for
from curvecircuits.visualize.features.objectives import Objective
from curvecircuits.visualize.features.picture import Picture
from curvecircuits.visualize.window import window_for

_CHUNK = 32
"""Images at a time."""


def value_on(network: Network, unit: Unit, picture: Picture) -> float:
    """The pre-activation of a unit in the middle of a picture; before mid-grey, if not opaque."""
    asked = Objective.unit(unit)
    canvas = canvas_for(network, asked)
    return float(values_of(network, [asked], canvas, picture.rgb()[None])[0])


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """What a unit sees of photographs where it is strongest in each, if it is active there."""

    unit: Unit
    parts: Float[Tensor, "n 3 h w"]
    cells: tuple[tuple[int, int], ...]
    """Row and column of the unit's layer, on the map of each part."""

    def total(self, network: Network) -> float:
        """The sum over photographs of the unit's activation, max(0, z)."""
        source = network.layer(self.unit.layer).pre_activation
        total = 0.0
        for start in range(0, len(self.parts), _CHUNK):
            parts = self.parts[start : start + _CHUNK].to(network.device)
            with torch.inference_mode():
                maps = network.run(parts, layers=[source])[source][:, self.unit.channel]
            rows, columns = zip(*self.cells[start : start + _CHUNK], strict=True)
            values = maps[torch.arange(len(maps)), list(rows), list(columns)]
            total += float(values.clamp(min=0).double().sum())
        return total


def seen_by(
    network: Network, units: Sequence[Unit], images: Float[Tensor, "n 3 h w"]
) -> tuple[Seen, ...]:
    """The parts of photographs in which each unit of a layer is active, where it is strongest.

    Raises
    ------
    InputError
        For images that the network cannot take.
    """
    source = network.layer(units[0].layer).pre_activation
    channels = [u.channel for u in units]
    peaks: list[Tensor] = []
    places: list[Tensor] = []
    columns = 1
    for some in images.split(_CHUNK):
        with torch.inference_mode():
            maps = network.activations(some.to(network.device), layers=[source])[source]
        columns = int(maps.shape[3])
        peak, place = maps[:, channels].flatten(2).max(2)
        peaks.append(peak.cpu())
        places.append(place.cpu())
    peak, place = torch.cat(peaks), torch.cat(places)
    size = (int(images.shape[2]), int(images.shape[3]))
    found: list[Seen] = []
    for i, unit in enumerate(units):
        active = peak[:, i] > 0
        at = place[active, i]
        cells = torch.stack([at // columns, at % columns], 1).float()
        parts = images[active]
        window = window_for(network, source, cells, size=size) if len(cells) else None
        if window is not None:
            parts, cells = window.cut(parts), window.cells(cells)
        rows = [(int(r), int(c)) for r, c in cells.round().tolist()]
        found.append(Seen(unit=unit, parts=parts, cells=tuple(rows)))
    return tuple(found)
