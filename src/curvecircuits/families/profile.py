"""The tuning of chosen units and directions, whether or not they belong to a family."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from numpy import ndarray

from curvecircuits.families.tiles import tile_of
from curvecircuits.models.address import Address, Direction
from curvecircuits.models.network import Network
from curvecircuits.stimuli import CurveGrid
from curvecircuits.store import Record
from curvecircuits.tuning import CurveTuning, tune, tuning_statistics


@dataclass(frozen=True, kw_only=True)
class Profile(Record):
    """Tuning of one unit or direction to outline curves; angles in degrees.

    All but the peak are None where no curve excites it.
    """

    unit: str
    sign: Literal[1, -1]
    """−1 for a unit of a linear layer whose negative responds more."""
    orientation: float | None
    radius: float | None
    """Preferred radius in pixels: that of the joint maximum."""
    fwhm: float | None
    echo: float | None
    at90: float | None
    peak: float


def profiles(
    network: Network,
    addresses: Sequence[Address],
    *,
    grid: CurveGrid,
    seed: int = 0,
    progress: bool = False,
) -> tuple[Profile, ...]:
    """Measure units and directions on a grid, each in the tile of its layer.

    Parameters
    ----------
    addresses
        In any layers; those of one layer share a pass.
    grid
        Orientations and radii; radii and tile are scaled to the tile of each layer, which follows
        from its effective receptive field.
    seed
        Of the receptive-field measurement.

    Raises
    ------
    InputError
        For an address that is not in the network, or a layer without geometry.

    Examples
    --------
    >>> from curvecircuits.stimuli import quick
    >>> profiles(network, [Unit("3b", 358)], grid=quick())[0].echo  # doctest: +SKIP
    0.0

    """
    known = [network.check(address) for address in addresses]
    tuned: dict[str, CurveTuning] = {}
    for layer in dict.fromkeys(address.layer for address in known):
        scaled = grid.scaled(tile_of(network, layer, seed=seed) / grid.tile)
        tuned[layer] = tune(network, [layer], grid=scaled, progress=progress)[layer]
    return tuple(
        _profile(network, tuned[checked.layer], checked, str(address))
        for address, checked in zip(addresses, known, strict=True)
    )


def _profile(network: Network, layer: CurveTuning, address: Address, name: str) -> Profile:
    one = replace(
        layer,
        values=_along(network, layer.values, address),
        blank=_along(network, layer.blank, address),
    )
    # A direction has a sign of its own; a unit of a linear layer may be read either way.
    both = layer.linear and not isinstance(address, Direction)
    signs: tuple[Literal[1, -1], ...] = (1, -1) if both else (1,)
    sign = max(signs, key=lambda s: float(one.radial(sign=s).max()))
    responses = one.responses(sign=sign)[0]
    (found,) = tuning_statistics(responses.mean(1)[None])
    radius = layer.grid.radii[int(responses.max(0).argmax())]
    return Profile(
        unit=name,
        sign=sign,
        orientation=_known(found.orientation),
        radius=radius if found.peak > 0 else None,
        fwhm=_known(found.fwhm),
        echo=_known(found.echo),
        at90=_known(found.at90),
        peak=found.peak,
    )


def _along(network: Network, values: ndarray, address: Address) -> ndarray:
    """The values of one unit or direction, as those of a layer with a single unit."""
    return np.asarray(network.project(torch.from_numpy(values)[None], address))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
