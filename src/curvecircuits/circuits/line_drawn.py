"""What lines at each position do to the real network, against what the weights predict."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from curvecircuits.circuits.intervals import Interval, resampled
from curvecircuits.circuits.line_positions import LinePositions
from curvecircuits.families.tiles import tile_of
from curvecircuits.models.network import Network
from curvecircuits.stimuli import lines
from curvecircuits.tuning import Station, blank_response, images_at_once, read_out, station, stroke


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """Predicted values against what the drawn lines do to the real network."""

    real: Float[ndarray, "units angles h w"]
    """What a short line at each cell adds to the unit's pre-activation; NaN where not drawn."""
    on_arc: Interval
    """Mean over units of the correlation of predicted and real over angles and cells on the arc."""
    shuffled: Interval
    """The same with predictions from permuted source channels."""
    of_units: tuple[float, ...]
    """Correlation of each unit."""


def confirm(network: Network, found: LinePositions, *, length: float | None = None) -> Confirmation:
    """Draw each line at each position for the real network, and compare with what was predicted.

    Every cell that lies on some unit's arc is drawn, with every angle.

    Parameters
    ----------
    length
        Of the lines, in pixels; by default two of the source's pitches, at least 12.

    Raises
    ------
    InputError
        As `tuning.station`.
    """
    layer = network.layer(found.family.layer).pre_activation
    tile = tile_of(network, found.family.layer)
    place = station(network, layer, tile=tile)
    cells = np.argwhere(found.on_arc.any(0))
    values = read_out(
        network,
        place,
        _drawn(network, found, place, cells, length or max(12.0, 2.0 * found.pitch), stroke(tile)),
    )
    added = (values - blank_response(network, place)).numpy()[:, list(found.family.channels)]
    real = np.full(found.values.shape, np.nan)
    real[:, :, cells[:, 0], cells[:, 1]] = added.reshape(len(cells), len(found.angles), -1).T
    of_units = _agreement(found, found.values, real)
    return Confirmation(
        real=real,
        on_arc=resampled(of_units),
        shuffled=resampled(_agreement(found, found.shuffled, real)),
        of_units=tuple(float(v) for v in of_units),
    )


def _drawn(
    network: Network,
    found: LinePositions,
    place: Station,
    cells: ndarray,
    length: float,
    width: float,
) -> Iterator[Tensor]:
    grid = [(i, j, angle) for i, j in cells for angle in found.angles]
    for start in range(0, len(grid), chunk := images_at_once(place, network.device)):
        part = grid[start : start + chunk]
        shifts = [
            (found.offset[1] + found.pitch * j, found.offset[0] + found.pitch * i, np.radians(a))
            for i, j, a in part
        ]
        yield lines(
            orientation=[a for _, _, a in part],
            offset=[float(x * np.cos(t) + y * np.sin(t)) for x, y, t in shifts],
            along=[float(y * np.cos(t) - x * np.sin(t)) for x, y, t in shifts],
            length=length,
            width=width,
            size=place.size,
            centre=place.centre,
            device=network.device,
        )


def _agreement(found: LinePositions, predicted: ndarray, real: ndarray) -> Float[ndarray, " units"]:
    """Correlation of each unit over angles and the cells on its arc; 0 where either is even."""
    rows: list[float] = []
    for u, cells in enumerate(found.on_arc):
        a, b = predicted[u][:, cells].ravel(), real[u][:, cells].ravel()
        rows.append(float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0)
    return np.array(rows)
