"""Small pictures of as many units as a budget allows, the best of every family first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.report.sprites import Sprite, sprite
from curvecircuits.visualize import Objective, Picture, feature_visualization
from curvecircuits.visualize.features.canvas import canvas_for
from curvecircuits.visualize.features.family_pictures import framed
from curvecircuits.weights.pixels import sees_pixels

STEPS = 16
"""Of an ascent: at this size twice as many look no different."""
_SIDE = 64
_LIMIT = 600_000
"""Characters of the sprite of a layer."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A unit that is to be pictured."""

    layer: str
    channel: int
    sign: int = 1
    place: int
    """Of a layer, units of a lower place come first: the best of every family before a second."""

    @property
    def objective(self) -> Objective:
        """What its picture raises."""
        asked = Objective.unit(Unit(self.layer, self.channel))
        return -asked if self.sign < 0 else asked


@dataclass(frozen=True, kw_only=True)
class Thumbnails:
    """Pictures of some units of one layer."""

    channels: tuple[int, ...]
    """In the order of the sprite."""
    sprite: Sprite


def thumbnails(
    network: Network,
    wanted: Iterable[Wanted],
    *,
    budget: float,
    steps: int = STEPS,
    seed: int = 0,
    cache: Path | None = None,
    progress: bool = False,
) -> dict[str, Thumbnails]:
    """Make pictures of units in the order of their places, until the budget is spent.

    Which units have a picture depends on the network and the budget alone, not on the machine or on
    what is kept already. Filters of a layer that sees the image cost nothing. Pictures are at most
    64 pixels wide; those of a layer are of one scale.

    Parameters
    ----------
    wanted
        The units.
    budget
        Pixels of the canvas times steps, over all pictures.
    steps
        Of each ascent.
    seed
        Of the noise.
    cache
        A folder of finished pictures.

    Returns
    -------
    dict
        By layer; layers without a picture are left out.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> units = [Wanted(layer="3a", channel=k, place=k) for k in range(3)]
    >>> found = thumbnails(artificial_network(), units, budget=30_000, steps=2)
    >>> found["3a"].channels, found["3a"].sprite.side <= 64
    ((0, 1, 2), True)
    >>> thumbnails(artificial_network(), units, budget=0)
    {}
    """
    chosen = affordable(network, wanted, budget=budget, steps=steps)
    found: dict[str, Thumbnails] = {}
    for layer in dict.fromkeys(each.layer for each in chosen):
        units = sorted((x for x in chosen if x.layer == layer), key=lambda x: x.channel)
        try:
            pictures = feature_visualization(
                network,
                [x.objective for x in units],
                steps=steps,
                seed=seed,
                cache=cache,
                progress=progress,
            )
        except InputError:  # what cannot be climbed is not shown
            continue
        sheet = sprite(_framed(pictures), limit=_LIMIT, largest=_SIDE)
        if sheet is not None:
            found[layer] = Thumbnails(channels=tuple(x.channel for x in units), sprite=sheet)
    return found


def affordable(
    network: Network, wanted: Iterable[Wanted], *, budget: float, steps: int = STEPS
) -> list[Wanted]:
    """The units whose pictures fit in the budget, those of the lowest places first.

    Layers have equal shares of it; what one with small pictures leaves goes to the others. A unit
    that is too dear ends the list of its layer, so that none is shown before a better one of its
    family.
    """
    layers: dict[str, list[Wanted]] = {}
    for each in sorted(wanted, key=lambda x: x.place):
        layers.setdefault(each.layer, []).append(each)
    chosen = [x for name, some in layers.items() if sees_pixels(network, name) for x in some]
    costs = {
        name: [_pixels(network, x) * steps for x in some]
        for name, some in layers.items()
        if not sees_pixels(network, name)
    }
    left = budget
    for done, name in enumerate(sorted(costs, key=lambda x: sum(costs[x]))):
        spent = np.cumsum(costs[name])
        fit = int(np.searchsorted(spent, left / (len(costs) - done), side="right"))
        chosen += layers[name][:fit]
        left -= float(spent[fit - 1]) if fit else 0.0
    return chosen


def _pixels(network: Network, wanted: Wanted) -> float:
    """Of the canvas that a unit is climbed on; infinitely many where it cannot be."""
    try:
        height, width = canvas_for(network, wanted.objective).size
    except InputError:
        return inf
    return height * width


def _framed(pictures: Sequence[Picture]) -> list[UInt8[ndarray, "3 side side"]]:
    """All of one scale: a unit that sees less is smaller, on grey."""
    side = max(max(p.image.shape[1:]) for p in pictures)
    return [np.asarray(framed(p, side), np.uint8).transpose(2, 0, 1) for p in pictures]
