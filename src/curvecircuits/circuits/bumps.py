"""What cliffs are for: curves that are not smooth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from curvecircuits.circuits.intervals import Interval, resampled
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.families.tiles import tile_of
from curvecircuits.models.network import Network
from curvecircuits.stimuli.bumpy import bumpy_arcs
from curvecircuits.tuning import station, stroke
from curvecircuits.weights import expanded_weights

_PHASES = 4


@dataclass(frozen=True, kw_only=True)
class Bumps:
    """Contribution of cliffs and of other lines to curve units, on smooth and on bumpy arcs.

    A contribution is Σ W · (h − h(blank)) over a group's channels and all cells.
    """

    curves: Family
    cliffs: tuple[int, ...]
    lines: tuple[int, ...]
    response: Float[ndarray, "units looks"]
    """What the arc adds to the pre-activation; looks are smooth, bumpy."""
    from_cliffs: Float[ndarray, "units looks"]
    from_lines: Float[ndarray, "units looks"]
    kept_response: Interval
    """Response on bumpy arcs over that on smooth ones: how much bumps disturb the units."""
    kept_difference: Interval
    """Share of its smooth contribution that bumps leave the cliffs, minus that of the lines."""
    change: Interval
    """Contribution a cliff gains from bumps, minus what another line gains, each over the unit's
    smooth response and per channel, in percent; above 0, cliffs help with bumps."""
    change_chance: tuple[float, float]
    """95 % of the same when cliffs are drawn at random from both groups."""


def bumps(
    network: Network,
    curves: Family,
    *,
    source: str,
    cliffs: Sequence[int],
    lines: Sequence[int],
    radius: float,
    amplitude: float = 1.0,
    wavelength: float = 24.0,
    seed: int = 0,
) -> Bumps:
    """Compare cliffs with other lines on arcs with bumps, through their weights to curve units.

    Each unit is shown its own preferred arc, smooth and with bumps (`stimuli.bumpy`).

    Parameters
    ----------
    source
        The layer of cliffs and lines, which are channels of it.
    radius, amplitude, wavelength
        Of the arcs and their bumps, in pixels.
    seed
        Of the control, in which cliffs and lines exchange their names.

    Raises
    ------
    InputError
        For groups that are empty or overlap, and as `expanded_weights`.

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021: cliffs are useful for handling imperfections,
    like bumps.
    """
    if not cliffs or not lines or set(cliffs) & set(lines):
        raise InputError("Give cliffs and other lines: at least one of each, and none as both.")
    weights = expanded_weights(network, source, units=curves.units)
    names = [network.layer(source).name, network.layer(curves.layer).pre_activation]
    tile = tile_of(network, curves.layer)
    place = station(network, names[1], tile=tile)
    tops = [weights.origin[0] + weights.stride[0] * place.row]
    tops.append(weights.origin[1] + weights.stride[1] * place.column)
    rows, columns = weights.values.shape[2:]

    def seen(images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean over images: patches of the source below the units, and the units themselves."""
        with torch.inference_mode():
            maps = network.run(images.to(network.device).expand(-1, 3, -1, -1), layers=names)
        pad = max(0, -min(tops), rows, columns)
        source_map = torch.nn.functional.pad(maps[names[0]].mean(0), (pad, pad, pad, pad))
        y, x = tops[0] + pad, tops[1] + pad
        units = maps[names[1]][:, list(curves.channels), place.row, place.column].mean(0)
        return source_map[:, y : y + rows, x : x + columns].cpu(), units.cpu()

    empty, silent = seen(torch.ones(1, 1, place.size, place.size))
    group = [*cliffs, *lines]
    response = np.zeros((len(curves), 2))
    by_channel = np.zeros((len(curves), len(group), 2))
    for u, orientation in enumerate(curves.orientations):
        for look, height in enumerate((0.0, amplitude)):
            arc = bumpy_arcs(
                orientation=orientation,
                radius=radius,
                amplitude=height,
                wavelength=wavelength,
                size=place.size,
                phases=_PHASES,
                width=stroke(tile),
                centre=place.centre,
            )
            patch, units = seen(arc)
            added = (weights.values[u].cpu() * (patch - empty))[group].sum((1, 2))
            by_channel[u, :, look] = added.double().numpy()
            response[u, look] = float(units[u] - silent[u])
    gains = 100 * (by_channel[:, :, 1] - by_channel[:, :, 0]) / np.abs(response[:, :1])
    first = np.arange(len(group)) < len(cliffs)
    generator = np.random.default_rng(seed)
    chance = [_gain(gains, generator.permutation(first)).mean() for _ in range(1000)]
    low, high = np.percentile(chance, [2.5, 97.5])
    return Bumps(
        curves=curves,
        cliffs=tuple(cliffs),
        lines=tuple(lines),
        response=response,
        from_cliffs=by_channel[:, first].sum(1),
        from_lines=by_channel[:, ~first].sum(1),
        kept_response=resampled(response[:, 1] / response[:, 0]),
        kept_difference=resampled(
            np.stack([by_channel[:, first].sum(1), by_channel[:, ~first].sum(1)], axis=1), _kept
        ),
        change=resampled(_gain(gains, first)),
        change_chance=(float(low), float(high)),
    )


def _gain(gains: ndarray, cliffs: ndarray) -> Float[ndarray, " units"]:
    return gains[:, cliffs].mean(1) - gains[:, ~cliffs].mean(1)


def _kept(rows: Float[ndarray, "units groups looks"]) -> float:
    sums = rows.sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):  # of lines that add nothing, none is kept
        return float(sums[0, 1] / sums[0, 0] - sums[1, 1] / sums[1, 0])
