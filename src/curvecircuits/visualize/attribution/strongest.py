"""The images on which units are strongest: those that say most of what moves them."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network

_Name = TypeVar("_Name")


def strongest_images(
    network: Network,
    units: Sequence[Unit],
    batches: Iterable[tuple[Sequence[_Name], Float[Tensor, "_ 3 _ _"]]],
    *,
    most: int,
) -> dict[Unit, list[tuple[_Name, Float[Tensor, "3 h w"]]]]:
    """For each unit the images on which it is strongest, strongest first.

    An image is weighed by the unit's largest pre-activation on it, max over i, j of z[i, j]; of
    images that are as strong the earlier comes first. No more than a batch and what is kept is
    held.

    Parameters
    ----------
    units
        Of any layers.
    batches
        Names of images with their pixels, RGB in [0, 1].
    most
        Images of each unit.

    Raises
    ------
    InputError
        For units that the network does not have, and images that it cannot take.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.stimuli import curves
    >>> drawn = [curves(orientation=[o], radius=30, size=90, width=3) for o in (0.0, 90.0, 60.0)]
    >>> batches = [([name], image.expand(1, 3, 90, 90)) for name, image in zip(")U/", drawn)]
    >>> found = strongest_images(artificial_network(), [Unit("3b", 6)], batches, most=2)
    >>> [name for name, _ in found[Unit("3b", 6)]]
    ['U', '/']
    """
    for unit in units:
        network.check(unit)
    layers = {unit: network.layer(unit.layer).pre_activation for unit in units}
    best: dict[Unit, list[tuple[float, _Name, Tensor]]] = {unit: [] for unit in units}
    for names, pixels in batches:
        with torch.inference_mode():
            maps = network.activations(
                pixels.to(network.device), layers=list(dict.fromkeys(layers.values()))
            )
        for unit in units:
            values = maps[layers[unit]][:, unit.channel].reshape(len(pixels), -1).amax(1).tolist()
            known = [*best[unit], *zip(values, names, pixels, strict=True)]
            known.sort(key=lambda one: -one[0])
            # Copies: a view would keep all images of its batch.
            best[unit] = [(value, name, each.clone()) for value, name, each in known[:most]]
    return {unit: [(name, each) for _, name, each in known] for unit, known in best.items()}
