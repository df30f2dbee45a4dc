"""How little units care what a curve is drawn with: layer by layer, and with or without inputs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from curvecircuits.circuits.intervals import Interval, resampled, resampled_difference
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.families.tiles import scan_grid, tile_of
from curvecircuits.models.edit import edit
from curvecircuits.models.edits import RemoveInputs
from curvecircuits.models.network import Network
from curvecircuits.stimuli import CurveGrid, carry
from curvecircuits.tuning import images_at_once, read_out, station

CARRIERS = ("reversed", "textured-stroke", "texture-boundary", "shading", "noise", "isoluminant")
_FILLED = ("texture-boundary",)
"""Carriers whose shape is an area; the others draw a stroke."""


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """Agreement of radial tuning under several carriers with that under plain ink."""

    family: Family
    carriers: tuple[str, ...]
    correlations: Float[ndarray, "units carriers"]
    """Correlation of a unit's radial tuning curves; 0 where the carrier does not excite it."""
    across: Interval
    """Control: the same with the tuning of other units of the family under ink."""

    def mean(self) -> dict[str, Interval]:
        """Mean correlation under each carrier, over units."""
        return {k: resampled(self.correlations[:, i]) for i, k in enumerate(self.carriers)}

    def overall(self) -> Interval:
        """Mean correlation over carriers, over units."""
        return resampled(self.correlations.mean(1))


def robustness(
    network: Network,
    family: Family,
    *,
    carriers: Sequence[str] = CARRIERS,
    grid: CurveGrid | None = None,
    without: tuple[str, Sequence[int]] | None = None,
    seeds: int = 2,
) -> Robustness:
    """Radial tuning of a family under each carrier, correlated with that under plain ink.

    The radial tuning curve is the mean over radii, and over seeds of the carrier, of the clipped
    responses to curves of every orientation.

    Parameters
    ----------
    carriers
        Kinds of `stimuli.carry`.
    grid
        Curves to draw; by default the grid of the search in the layer's tile.
    without
        Source layer and channels (of textures or colours) that the family no longer receives.
    seeds
        How many draws of textures and noise.

    Raises
    ------
    InputError
        For families of fewer than 2 units, unknown carriers, and as `RemoveInputs`.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> curves = Family(name="curve", layer="3b", channels=(0, 6), orientations=(0, 90), period=360)
    >>> found = robustness(artificial_network(), curves, carriers=("reversed",), seeds=1)
    >>> found.overall().value > 0.9
    True

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on cosmetic robustness.
    """
    if len(family) < 2:
        raise InputError("Robustness is measured on a family of at least 2 units.")
    chosen = grid or scan_grid(tile_of(network, family.layer))
    block: AbstractContextManager[object] = nullcontext()
    if without is not None:
        source, channels = without
        block = edit(network, RemoveInputs(targets=family.units, source=source, channels=channels))
    with block:
        plain = _radial(network, family, chosen, "ink", 1)
        tuned = np.stack([_radial(network, family, chosen, k, seeds) for k in carriers], axis=1)
    found = np.array(
        [[_correlation(p, t) for t in row] for p, row in zip(plain, tuned, strict=True)]
    )
    others = np.array(
        [
            np.mean([_correlation(p, t) for j, p in enumerate(plain) if j != i for t in row])
            for i, row in enumerate(tuned)
        ]
    )
    return Robustness(
        family=family,
        carriers=tuple(carriers),
        correlations=found,
        across=resampled(others),
    )


def more_robust(one: Robustness, other: Robustness, *, seed: int = 0) -> Interval:
    """Mean correlation of one minus that of the other.

    Units are paired where both are of the same family, with and without inputs, say; units of two
    layers are drawn apart.

    Raises
    ------
    InputError
        When the two were measured with other carriers.
    """
    if one.carriers != other.carriers:
        raise InputError("Robustness is compared under the same carriers.")
    a, b = one.correlations.mean(1), other.correlations.mean(1)
    if one.family == other.family:
        return resampled(a - b, seed=seed)
    return resampled_difference(a, b, seed=seed)


def _radial(
    network: Network, family: Family, grid: CurveGrid, kind: str, seeds: int
) -> Float[ndarray, "units orientations"]:
    place = station(network, network.layer(family.layer).pre_activation, tile=grid.tile)

    def images(look: Callable[[Tensor], Tensor]) -> Iterator[Tensor]:
        batches = grid.batches(
            size=place.size,
            centre=place.centre,
            chunk=images_at_once(place, network.device),
            device=network.device,
            filled=kind in _FILLED,
            ink=1.0,
            paper=0.0,
        )
        for _, masks in batches:
            yield look(masks.to(network.device))

    total = np.zeros((len(family), len(grid.orientations)))
    for seed in range(seeds):
        values = read_out(
            network,
            place,
            images(lambda mask, seed=seed: carry(mask.clamp(0, 1), kind=kind, seed=seed)),
        )
        responses = values[:, list(family.channels)].clamp(min=0).double().numpy()
        total += responses.reshape(*grid.shape, -1).mean(1).T
    return total / seeds


def _correlation(one: ndarray, other: ndarray) -> float:
    if not (one.std() > 0 and other.std() > 0):
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
