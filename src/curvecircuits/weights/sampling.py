"""What units' expanded weights say of real activations, at some positions of the map."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from curvecircuits.errors import InputError
from curvecircuits.models.network import Network
from curvecircuits.weights.expanded import ExpandedWeights

_CHUNK = 32
"""Images at a time."""

Place = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """Where units of the target are read on images of one size."""

    source: str
    target: str
    places: tuple[Place, ...]
    """Rows and columns of the target."""
    corners: tuple[Place, ...]
    """Of each place, the source's cell under the first weight; may lie outside the map."""

    def patches(self, values: Tensor, height: int, width: int) -> Iterator[Tensor]:
        """Of each place, the source's values under the weights; zero outside the map."""
        top = max(0, -min(y for y, _ in self.corners))
        left = max(0, -min(x for _, x in self.corners))
        bottom = max(0, max(y for y, _ in self.corners) + height - values.shape[2])
        right = max(0, max(x for _, x in self.corners) + width - values.shape[3])
        padded = F.pad(values, (left, right, top, bottom))
        for y, x in self.corners:
            yield padded[:, :, y + top : y + top + height, x + left : x + left + width]

    def read(self, values: Tensor, channels: Sequence[int]) -> Tensor:
        """Values of the target's channels, (N, places, channels)."""
        rows, columns = zip(*self.places, strict=True)
        return values[:, list(channels)][:, :, list(rows), list(columns)].movedim(1, 2)


def sampling(
    network: Network,
    weights: ExpandedWeights,
    images: Tensor,
    *,
    positions: int | None,
    at: Place | None,
    seed: int,
) -> Sampling:
    """Interior positions of the target, all or some, or the one asked for.

    Raises
    ------
    InputError
        When the position is not on the map, when no unit's support lies within the source's map,
        and for sizes at which padding moves the layers against each other.
    """
    size = (images.shape[2], images.shape[3])
    source = network.layer(weights.source).name
    target = network.layer(weights.units[0].layer).pre_activation
    maps = network.activations(images[:1], layers=[source, target])
    inner, outer = network.geometry(source, size=size), network.geometry(target, size=size)
    first: list[int] = []
    ranges: list[range] = []
    for axis, a, b in ((0, inner.y, outer.y), (1, inner.x, outer.x)):
        cell = (weights.offset[axis] + b.centre - a.centre) / a.stride
        if cell != round(cell):
            raise InputError(
                f"On images of {size[0]} × {size[1]} the layers of {network.name} lie otherwise "
                f"than on its own: give images of {network.input_size} × {network.input_size}."
            )
        first.append(round(cell))
        support, stride = weights.values.shape[2 + axis], weights.stride[axis]
        low = max(0, -(first[axis] // stride))
        high = (maps[source].shape[2 + axis] - support - first[axis]) // stride
        ranges.append(range(low, min(high, maps[target].shape[2 + axis] - 1) + 1))
    if at is not None:
        if not all(0 <= at[i] < maps[target].shape[2 + i] for i in (0, 1)):
            raise InputError(
                f"There is no position {at} on {target}: its map is "
                f"{maps[target].shape[2]} × {maps[target].shape[3]}."
            )
        places = [at]
    else:
        places = [(y, x) for y in ranges[0] for x in ranges[1]]
    if not places:
        raise InputError(
            f"Images of {size[0]} × {size[1]} are too small for weights of "
            f"{weights.values.shape[2]} × {weights.values.shape[3]} on {weights.source}: give "
            "larger ones, or the position to read."
        )
    if at is None and positions is not None and positions < len(places):
        if positions < 1:
            raise InputError(f"Give at least one position, or None for all, not {positions}.")
        chosen = np.random.default_rng(seed).choice(len(places), positions, replace=False)
        places = [places[i] for i in sorted(chosen)]
    corners = [
        (first[0] + weights.stride[0] * y, first[1] + weights.stride[1] * x) for y, x in places
    ]
    return Sampling(source=source, target=target, places=tuple(places), corners=tuple(corners))


def chunks(images: Tensor) -> Iterator[Tensor]:
    """The images, a few at a time."""
    yield from images.split(_CHUNK)


def correlations(predicted: Tensor, actual: Tensor) -> Tensor:
    """Pearson correlation over the last axis; NaN where one of them does not vary."""
    p, a = (v.double() - v.double().mean(-1, keepdim=True) for v in (predicted, actual))
    spread = p.norm(dim=-1) * a.norm(dim=-1)
    found = (p * a).sum(-1) / spread
    return torch.where(spread > 0, found, torch.nan)
