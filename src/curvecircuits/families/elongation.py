"""Along which axis a unit is longest, and whether it responds to lines perpendicular to it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.network import Network
from curvecircuits.stimuli import lines
from curvecircuits.tuning import blank_response, images_at_once, read_out, station, stroke

_PLACES = 3
"""Excited at fewer displacements, a unit shows where it is, not how far it reaches."""
_ROUNDING = 1e-4
"""Of what excites a unit most: less may be the rounding of another batch."""


@dataclass(frozen=True, kw_only=True)
class Elongation:
    """How far a unit reaches along and across the line it prefers.

    Lengths are standard deviations of the response over displacement, in pixels; NaN where
    segments excite the unit at fewer than three displacements.
    """

    channel: int
    orientation: float
    """Normal in degrees of the segment that excites the unit most."""
    along: float
    """Over displacement along the segment's tangent."""
    across: float
    """Over displacement along its normal."""
    step: float
    """Pixels from one displacement to the next."""

    @property
    def perpendicular(self) -> bool:
        """Whether the unit is longer across its preferred line than along it.

        Extents that differ by less than step / √12, the standard deviation of a place that is
        known to one step, cannot be told apart.
        """
        return self.across - self.along > self.step / math.sqrt(12)


def elongation(
    network: Network,
    layer: str,
    *,
    tile: float,
    orientations: int = 12,
    positions: int = 9,
    length: float | None = None,
    preferred: Sequence[float] | None = None,
    reversed_look: bool = False,
) -> list[Elongation]:
    """Extent of every unit of a layer along and across its preferred line segment.

    Short segments of each orientation are drawn at displacements d from the centre of the
    receptive field, along their normal and along their tangent. With r(d) the positive part of
    what a segment adds to the blank canvas, the extent is the standard deviation
    (Σ r (d − d̄)² / Σ r)^½, d̄ = Σ r d / Σ r.

    Parameters
    ----------
    tile
        Side of the window that the displacements cover, in pixels, such as `tile_of(…)`.
    orientations, positions
        How many, over 180° and over the tile; positions are odd.
    length
        Of the segments, in pixels; by default a sixth of the tile.
    preferred
        Orientation of each unit in degrees, such as the peaks of line tuning curves; by default
        that of the segments that excite it most, summed over displacement.
    reversed_look
        Light segments on dark.

    Raises
    ------
    InputError
        For unknown layers, tiles that do not fit, and counts out of range.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> found = elongation(artificial_network(), "conv2d2", tile=28.0, orientations=8, positions=7)
    >>> sum(u.perpendicular for u in found)
    0

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021: five units of 3a respond to lines that are
    perpendicular to the orientation where they are longest.
    """
    if orientations < 2 or positions < 3 or positions % 2 == 0:
        raise InputError("Give at least 2 orientations and an odd number of positions, 3 or more.")
    place = station(network, network.layer(layer).pre_activation, tile=tile)
    units = network.layer(layer).channels
    if preferred is not None and len(preferred) != units:
        raise InputError(f"{layer} has {units} units: give as many preferred orientations.")
    normals = np.arange(orientations) * 180.0 / orientations
    steps = np.linspace(-tile / 2, tile / 2, positions)
    ink, paper = (1.0, 0.0) if reversed_look else (0.0, 1.0)
    grid = [(o, d, side) for o in normals for side in (0, 1) for d in steps]

    def drawn() -> Iterator[Tensor]:
        for start in range(0, len(grid), chunk := images_at_once(place, network.device)):
            part = grid[start : start + chunk]
            yield lines(
                orientation=[o for o, _, _ in part],
                along=[d if side == 0 else 0.0 for _, d, side in part],
                offset=[d if side == 1 else 0.0 for _, d, side in part],
                length=length or tile / 6,
                width=stroke(tile),
                size=place.size,
                centre=place.centre,
                ink=ink,
                paper=paper,
                device=network.device,
            )

    values = read_out(network, place, drawn()) - blank_response(network, place, paper=paper)
    added = torch.clamp(values, min=0).double().numpy().T
    added[added < _ROUNDING * added.max(1, keepdims=True)] = 0
    responses = added.reshape(units, orientations, 2, positions)
    if preferred is None:
        best = responses.sum((2, 3)).argmax(1)
    else:
        near = np.abs((normals[None] - np.asarray(preferred, dtype=float)[:, None] + 90) % 180 - 90)
        best = np.where(np.isfinite(near), near, 180).argmin(1)
    return [
        Elongation(
            channel=u,
            orientation=float(normals[o]),
            along=_extent(responses[u, o, 0], steps),
            across=_extent(responses[u, o, 1], steps),
            step=tile / (positions - 1),
        )
        for u, o in enumerate(best)
    ]


def _extent(responses: Float[ndarray, " n"], steps: Float[ndarray, " n"]) -> float:
    if np.count_nonzero(responses) < _PLACES:
        return float("nan")
    total = float(responses.sum())
    middle = float((responses * steps).sum()) / total
    return float(np.sqrt((responses * (steps - middle) ** 2).sum() / total))
