"""Which lines excite a curve unit at each position, and how far from the tangent it tolerates them.

For unit u, a line of normal θ and a cell p of the source layer's grid,

    value[u, θ, p] = Σ_c W[u, c, p] · (h_c(θ) − h_c(blank)),

with expanded weights W and the source layer's real activation h at a unit whose receptive field
the line is centred on. `circuits.line_drawn` draws the same lines at those positions for the whole
network.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy import ndarray

from curvecircuits.circuits.intervals import NOTHING, Interval, resampled
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.families.tiles import tile_of
from curvecircuits.models.network import Network
from curvecircuits.stimuli import lines
from curvecircuits.tuning import blank_response, images_at_once, read_out, station, stroke
from curvecircuits.weights import expanded_weights


@dataclass(frozen=True, kw_only=True)
class LinePositions:
    """Value of lines of every orientation at every position, for the units of a family."""

    family: Family
    source: str
    angles: tuple[float, ...]
    """Normals of the lines in degrees, over 180°."""
    values: Float[ndarray, "units angles h w"]
    shuffled: Float[ndarray, "units angles h w"]
    """The same with each unit's source channels permuted: what chance gives."""
    offset: tuple[float, float]
    """Pixels from the unit's centre to that of the first cell, (down, right)."""
    pitch: int
    tangent: Float[ndarray, "units h w"]
    """Normal in degrees, mod 180, of the line that would lie along the unit's arc at each cell."""
    on_arc: Bool[ndarray, "units h w"]
    """Cells whose centre is within half a pitch of the unit's arc, and in its tile."""


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How far from the tangent lines still excite, at the cells on each unit's arc."""

    degrees: Float[ndarray, "units h w sides"]
    """From the tangent to the zero crossing towards smaller and larger angles, at most 90; NaN
    off the arc and where the tangent line does not excite."""
    excited: Interval
    """Share of the cells on the arc where the tangent line excites."""
    excited_across: Interval
    """Share where the line perpendicular to the tangent excites."""
    excited_shuffled: Interval
    """Share where the tangent line does, with source channels permuted."""
    side: Interval
    """Degrees on a side: over units, the mean of each unit's median over cells and sides."""
    asymmetry: Interval
    """Degrees between the two sides: the mean over units of the median over cells."""


def line_positions(
    network: Network,
    family: Family,
    source: str,
    *,
    radius: float,
    angles: int = 36,
    length: float | None = None,
    tile: float | None = None,
    seed: int = 0,
) -> LinePositions:
    """Value of lines by orientation and position, for every unit of a family of curves.

    Parameters
    ----------
    family
        Curves, with orientations over 360°.
    source
        The layer whose units see the lines.
    radius
        Of the family's preferred curve, in pixels; where a cell lies on the arc follows from it.
    angles
        How many lines, over 180°.
    length
        Of the lines, in pixels; by default they cross the source layer's tile.
    tile
        Side of the square about the unit in which cells count, in pixels; by default `tile_of`
        the family's layer.
    seed
        Of the permutation of source channels.

    Raises
    ------
    InputError
        For families without a circle of orientations, radii that are not positive, and as
        `expanded_weights`.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> curves = Family(name="curve", layer="3b", channels=(0, 6), orientations=(0, 90), period=360)
    >>> found = line_positions(artificial_network(), curves, "3a", radius=60.0, tile=60.0)
    >>> found.values.shape
    (2, 36, 5, 5)
    >>> float(found.tangent[0, 2, 2]), tolerance(found).excited.value
    (0.0, 1.0)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on lines: a tolerance of about 10° to
    45° along the tangent, not always the same on both sides.
    """
    if family.period != 360 or not len(family):
        raise InputError("Lines are placed along the arcs of curves: give a family of period 360.")
    if not radius > 0:
        raise InputError(f"The radius of a curve is more than 0 pixels, not {radius:g}.")
    weights = expanded_weights(network, source, units=family.units)
    normals = tuple(180.0 * k / angles for k in range(angles))
    window = tile_of(network, source)
    place = station(network, network.layer(source).name, tile=window)
    images = lines(
        orientation=list(normals),
        length=length,
        width=stroke(window),
        size=place.size,
        centre=place.centre,
        tile=window,
        device=network.device,
    )
    chunk = images_at_once(place, network.device)
    seen = read_out(network, place, images.split(chunk)) - blank_response(network, place)
    w = weights.values.double().cpu()
    h = seen.double()
    generator = torch.Generator().manual_seed(seed)
    mixed = torch.stack([unit[torch.randperm(len(unit), generator=generator)] for unit in w])
    tangent, on_arc = arc_cells(
        family.orientations,
        radius=radius,
        offset=weights.offset,
        pitch=weights.pitch,
        shape=(w.shape[2], w.shape[3]),
        tile=tile or tile_of(network, family.layer),
    )
    return LinePositions(
        family=family,
        source=source,
        angles=normals,
        values=torch.einsum("uchw,ac->uahw", w, h).numpy(),
        shuffled=torch.einsum("uchw,ac->uahw", mixed, h).numpy(),
        offset=weights.offset,
        pitch=weights.pitch,
        tangent=tangent,
        on_arc=on_arc,
    )


def arc_cells(
    orientations: Sequence[float],
    *,
    radius: float,
    offset: tuple[float, float],
    pitch: int,
    shape: tuple[int, int],
    tile: float,
) -> tuple[ndarray, ndarray]:
    """Tangent line's normal at each cell, and which cells lie on each unit's arc.

    The circle through the unit's centre has its own centre at −radius · normal.
    """
    y = (offset[0] + pitch * np.arange(shape[0]))[None, :, None]
    x = (offset[1] + pitch * np.arange(shape[1]))[None, None, :]
    turn = np.radians(np.asarray(orientations, dtype=float))[:, None, None]
    dx, dy = x + radius * np.cos(turn), y + radius * np.sin(turn)
    inside = (np.abs(x) <= tile / 2) & (np.abs(y) <= tile / 2)
    near = np.abs(np.hypot(dx, dy) - radius) <= pitch / 2
    return np.degrees(np.arctan2(dy, dx)) % 180, near & inside


def tolerance(found: LinePositions) -> Tolerance:
    """How far from the arc's tangent a line may turn before it no longer excites.

    At each cell on the arc the value is read at the tangent (linear interpolation over angle) and
    followed to both sides until it crosses zero.

    Raises
    ------
    InputError
        When no cell lies on an arc.
    """
    if not found.on_arc.any((1, 2)).all():
        raise InputError("Some unit has no cell on its arc: give a finer source or another radius.")
    units, rows, columns = found.on_arc.shape
    degrees = np.full((units, rows, columns, 2), np.nan)
    excited: list[list[bool]] = [[] for _ in range(units)]
    across: list[list[bool]] = [[] for _ in range(units)]
    chance: list[list[bool]] = [[] for _ in range(units)]
    for u, i, j in np.argwhere(found.on_arc):
        tangent = float(found.tangent[u, i, j])
        both = _sides(found.values[u, :, i, j], tangent)
        excited[u].append(both is not None)
        across[u].append(_sides(found.values[u, :, i, j], tangent + 90) is not None)
        chance[u].append(_sides(found.shuffled[u, :, i, j], tangent) is not None)
        if both is not None:
            degrees[u, i, j] = both
    flat = degrees.reshape(units, -1, 2)
    some = [u for u in range(units) if np.isfinite(flat[u]).any()]
    side = np.array([np.nanmedian(flat[u]) for u in some])
    uneven = np.array([np.nanmedian(np.abs(flat[u, :, 1] - flat[u, :, 0])) for u in some])
    return Tolerance(
        degrees=degrees,
        excited=resampled(np.array([np.mean(e) for e in excited])),
        excited_across=resampled(np.array([np.mean(e) for e in across])),
        excited_shuffled=resampled(np.array([np.mean(e) for e in chance])),
        side=resampled(side) if some else NOTHING,
        asymmetry=resampled(uneven) if some else NOTHING,
    )


def _sides(values: Float[ndarray, " angles"], tangent: float) -> tuple[float, float] | None:
    """Degrees from the tangent to the zero on each side; None where the tangent does not excite."""
    steps = np.arange(0.0, 90.5, 0.5)
    known = np.arange(len(values) + 1) * 180 / len(values)
    closed = np.append(values, values[0])
    sides = [np.interp((tangent + s * steps) % 180, known, closed) for s in (-1, 1)]
    if not sides[0][0] > 0:
        return None
    below = [np.flatnonzero(side <= 0) for side in sides]
    low, high = (float(steps[b[0]]) if len(b) else 90.0 for b in below)
    return low, high
