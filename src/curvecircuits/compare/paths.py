"""The path through a network that excites a curve detector most, tile by tile.

From the detector back to the image: at each step the unit of the curve's orientation in the layer
before that excites the unit most. What joins two such units is a tile of weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.families.chain import chain
from curvecircuits.families.family import Family, relative_orientation
from curvecircuits.families.gabors import image_filters
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.weights import expanded_weights

KINDS = ("early curve", "line", "complex Gabor", "Gabor")
"""The families a path goes through, from the curves back to the image."""

Families = Mapping[str, Mapping[str, Family]]
"""By layer and name."""

WITHIN = 30.0
"""Degrees from the curve's orientation within which the units of a path are looked for."""

_PASSED = ("maxpool", "avgpool", "localresponsenorm", "batchnorm", "dropout")
"""Operations after which channel k is still channel k."""


@dataclass(frozen=True, kw_only=True)
class PathTile:
    """The weights of one unit of a path on the next, or a filter on the image."""

    unit: Unit
    """Where the weights end."""
    source: Unit | None
    """Where they begin; None for the image."""
    family: str
    """Of the source; empty for the image, and where no family was known."""
    values: Float[ndarray, "h w"]
    """In units of the largest of them; rows and columns of nothing but zeros around are left out.
    Of a filter in colour, the mean over colours."""
    largest: float
    """The largest magnitude, in the network's own numbers."""


def strongest_path(
    network: Network, unit: Unit, *, orientation: float, families: Families, within: float = WITHIN
) -> tuple[PathTile, ...]:
    """The tiles from the image to a unit, along the units that excite most.

    At each layer of `chain` the source is the unit whose expanded weights on the unit found before
    sum to most, Σᵢⱼ w. It is one of the first family of `KINDS` that the layer has and that is not
    before the family of the layer after it, and of an orientation near the curve's; where there is
    no such unit, any of the family, or of the layer. Behind a pooling the weights are those on the
    pooled map. The filter on the image stands first, where the first layer is linear in it.

    Parameters
    ----------
    orientation
        Of the unit, in degrees.
    families
        By layer and name, from a taxonomy or `written_families`.
    within
        Degrees from the curve's orientation, mod the period of the family.

    Raises
    ------
    InputError
        For a unit that is not there, one without layers before it, and as `expanded_weights`.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.compare.written import written_families
    >>> network, families = artificial_network(), written_families()
    >>> path = strongest_path(network, Unit("3b", 6), orientation=90, families=families)
    >>> [(str(tile.unit), tile.values.shape) for tile in path][-2:]
    [('3a:6', (3, 3)), ('3b:6', (5, 5))]

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on the artificial artificial neural
    network, which shows such a path beside the artificial one.
    """
    network.check(unit)
    layers = chain(network, unit.layer)
    if len(layers) < 2:
        raise InputError(f"No layer before {unit.layer} is on the way of everything that it reads.")
    known = {network.layer(name).name: here for name, here in families.items()}
    tiles: list[PathTile] = []
    target, kinds = Unit(layers[-1], unit.channel), KINDS
    for layer in reversed(layers[:-1]):
        here = known.get(network.layer(layer).name, {})
        name = next((kind for kind in kinds if kind in here and len(here[kind])), "")
        kinds = kinds[kinds.index(name) :] if name else kinds
        found = expanded_weights(network, _pooled(network, layer), units=[target])
        values = found.values[0].detach().cpu().double().numpy()
        near = _near(here[name], orientation, within) if name else list(range(len(values)))
        best = near[int(values[near].sum((1, 2)).argmax())]
        source = Unit(layer, best)
        tiles.append(_tile(target, source, name, _cropped(values[best])))
        target = source
    filters = image_filters(network, layers[0])
    if filters is not None:
        tiles.append(_tile(target, None, "", filters[target.channel].mean(0)))
    return tuple(reversed(tiles))


def _near(family: Family, orientation: float, within: float) -> list[int]:
    """Channels of the units of an orientation; of all where there is none."""
    away = relative_orientation([orientation], family.orientations, period=family.period)[0]
    near = [c for c, a in zip(family.channels, away, strict=True) if abs(a) <= within]
    return near or list(family.channels)


def _pooled(network: Network, layer: str) -> str:
    """The map that the next convolution reads: the layer behind its poolings, if there is one."""
    own = network.layer(layer)
    while len(own.feeds) == 1 and network.layer(own.feeds[0]).kind in _PASSED:
        own = network.layer(own.feeds[0])
    return own.name


def _tile(unit: Unit, source: Unit | None, family: str, values: ndarray) -> PathTile:
    largest = float(np.abs(values).max())
    return PathTile(
        unit=unit,
        source=source,
        family=family,
        values=values / largest if largest else values,
        largest=largest,
    )


def _cropped(values: Float[ndarray, "h w"]) -> Float[ndarray, "h w"]:
    """Without the rings of zeros around the middle."""
    kept, least = values, 1e-9 * float(np.abs(values).max())
    while min(kept.shape) > 2 and _ring(kept) <= least:
        kept = kept[1:-1, 1:-1]
    return kept


def _ring(values: ndarray) -> float:
    inner = np.zeros(values.shape, dtype=bool)
    inner[1:-1, 1:-1] = True
    return float(np.abs(values[~inner]).max())
