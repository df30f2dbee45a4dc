"""Whether pictures show what units are tuned to, as judges see it that had no part in making them.

The judges are the other units of the family, and hand-written curve units all round the circle.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

from curvecircuits.artificial import artificial_network
from curvecircuits.circuits.intervals import Interval, resampled
from curvecircuits.compare.match import geometry_for
from curvecircuits.errors import InputError
from curvecircuits.families.records import CurveFamily
from curvecircuits.models.address import Unit
from curvecircuits.models.cropped import position
from curvecircuits.models.network import Network

DIAL = tuple(15.0 * k for k in range(24))
"""Orientations of the hand-written units that read a picture, degrees."""
_DIAL_LAYER = "3b"
_NEAR = 20.0
"""Degrees within which a picture's orientation is the unit's."""
_SHUFFLES = 1000
_BATCH = 8


@dataclass(frozen=True, kw_only=True)
class Share:
    """A share of pictures, and what it is when pictures are exchanged among units."""

    value: Interval
    exchanged: float
    """With the pictures in random order, the mean of 1,000 orders."""
    reached: float
    """Share of these orders that give as much."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PictureCheck:
    """What judges see in one picture of each unit of a family, in the order given."""

    strongest: Int[ndarray, " units"]
    """For each picture, the number of the unit with the highest z-score on it."""
    activations: Float[ndarray, " units"]
    """Pre-activation of each unit, times its sign, on its own picture before its mean colour."""
    read: Float[ndarray, " units"]
    """Degrees that the hand-written units read off each picture; NaN where all of them are silent
    or none was asked."""
    orientations: Float[ndarray, " units"]
    """Degrees that the units are tuned to."""
    colour: float
    """Share of the pictures' variance over pixels that is not in grey."""
    seed: int

    @property
    def off(self) -> Float[ndarray, " units"]:
        """Degrees between what is read and the unit's tuning, 0 to 180; 180 where nothing is."""
        return self._off(self.read)

    def own(self) -> Share:
        """Share of pictures whose strongest unit is the one that they were made for."""
        places = np.arange(len(self.strongest))
        return self._share(self.strongest, lambda found: (found == places).astype(float))

    def near(self, degrees: float = _NEAR) -> Share:
        """Share of pictures read within so many degrees of the unit's tuning."""
        return self._share(self.read, lambda found: (self._off(found) <= degrees).astype(float))

    def _off(self, read: ndarray) -> ndarray:
        turned = np.abs((read - self.orientations + 180) % 360 - 180)
        return np.where(np.isfinite(read), turned, 180.0)

    def _share(self, found: ndarray, holds: Callable[[ndarray], ndarray]) -> Share:
        whole = resampled(holds(found), seed=self.seed)
        draw = np.random.default_rng(self.seed)
        orders = [float(holds(draw.permutation(found)).mean()) for _ in range(_SHUFFLES)]
        return Share(
            value=whole,
            exchanged=float(np.mean(orders)),
            reached=float(np.mean([each >= whole.value for each in orders])),
        )


def check_pictures(
    network: Network,
    layer: str,
    channels: Sequence[int],
    orientations: Sequence[float],
    dial: Network | None,
    pictures: Sequence[Float[Tensor, "3 h w"]],
    *,
    signs: Sequence[int] | None = None,
    over: Float[Tensor, "images 3 size size"] | None = None,
    seed: int = 0,
) -> PictureCheck:
    """Read pictures of a family's units by its other units and by hand-written ones.

    Each picture is laid on its mean colour, its middle where the centre unit of the layer looks.
    With v[p, u] the pre-activation of unit u there on picture p, times its sign,

        z[p, u] = (v[p, u] − m_u) / s_u,

    m and s the mean and standard deviation of unit u over all pictures, or over all positions of
    the photographs in `over`; the strongest unit of p is argmax_u z. The orientation read is that
    of the strongest hand-written unit at the same place.

    Parameters
    ----------
    network, layer, channels, orientations
        The units, and the degrees that each is tuned to.
    dial
        From `dial_for`; None reads no orientation.
    pictures
        One for each unit, RGB in [0, 1].
    signs
        1 or −1 for each unit, −1 where it says something by going down.
    over
        Photographs of the network's input size, of which z-scores are.
    seed
        Of intervals over units, and of the orders in which pictures are exchanged.

    Raises
    ------
    InputError
        For no units, for orientations, signs or pictures that are not as many, and for units that
        the network does not have.

    Examples
    --------
    >>> from curvecircuits.stimuli import curves
    >>> network = artificial_network(orientations=[0, 90, 180, 270])
    >>> drawn = [1 - curves(orientation=90.0 * k, radius=30, size=90, width=3)[0] for k in range(4)]
    >>> drawn = [each.expand(3, -1, -1) for each in drawn]
    >>> found = check_pictures(network, "3b", range(4), [0, 90, 180, 270], None, drawn)
    >>> found.strongest.tolist(), found.own().value.value, found.colour
    ([0, 1, 2, 3], 1.0, 0.0)
    """
    channels = [int(c) for c in channels]
    signs = [1] * len(channels) if signs is None else list(signs)
    counts = {len(channels), len(orientations), len(signs), len(pictures)}
    if counts != {len(channels)} or not channels:
        raise InputError(
            f"{len(channels)} units, {len(orientations)} orientations, {len(signs)} signs and "
            f"{len(pictures)} pictures do not belong together: give one of each a unit."
        )
    for channel in channels:
        network.check(Unit(layer, channel))
    place = _middle(network, layer, size=network.input_size)
    frames = torch.stack([_framed(network, layer, place, each.cpu()) for each in pictures])
    values = _read(network, network.layer(layer).pre_activation, frames, place)[:, channels]
    sign = np.asarray(signs, dtype=float)
    values = values * sign
    if over is None:
        mean, spread = values.mean(0), values.std(0)
    else:
        mean, spread = _of_photographs(network, layer, channels, over)
        mean = mean * sign
    scores = (values - mean) / np.where(spread > 0, spread, np.inf)
    images = [each.double().cpu() for each in pictures]
    return PictureCheck(
        strongest=scores.argmax(1),
        activations=np.diagonal(values).copy(),
        read=_dialled(dial, frames, size=network.input_size),
        orientations=np.asarray(orientations, dtype=float),
        colour=_colour(images),
        seed=seed,
    )


def dial_for(network: Network, family: CurveFamily) -> Network:
    """Write 24 hand-written curve units, one every 15°, that look where a family's layer does.

    Raises
    ------
    InputError
        If the family's layer has a stride that cannot be written.

    Examples
    --------
    >>> from curvecircuits.families import find_curves
    >>> network = artificial_network(orientations=[0, 90, 180, 270])
    >>> family = find_curves(network, layer="3b", permutations=1)
    >>> dial_for(network, family).layer("3b").channels
    24
    """
    return artificial_network(orientations=DIAL, geometry=geometry_for(network, family))


def _framed(network: Network, layer: str, place: tuple[int, int], image: Tensor) -> Tensor:
    """The picture on its mean colour, its middle where the unit at a place of the layer looks."""
    size, geometry = network.input_size, network.geometry(layer)
    frame = image.mean((1, 2), keepdim=True).expand(3, size, size).clone()
    top, left = (
        round(axis.centre + k * axis.stride - (side - 1) / 2)
        for axis, k, side in zip((geometry.y, geometry.x), place, image.shape[1:], strict=True)
    )
    first, start = max(0, top), max(0, left)
    part = image[:, first - top :, start - left :][:, : size - first, : size - start]
    frame[:, first : first + part.shape[1], start : start + part.shape[2]] = part
    return frame


def _middle(network: Network, layer: str, *, size: int) -> tuple[int, int]:
    """The unit of a layer nearest to the middle of an image."""
    geometry = network.geometry(layer, size=size)
    row, column = (
        round(((size - 1) / 2 - axis.centre) / axis.stride) for axis in (geometry.y, geometry.x)
    )
    return row, column


def _read(
    network: Network, layer: str, frames: Tensor, place: tuple[int, int]
) -> Float[ndarray, "frames channels"]:
    parts: list[Tensor] = []
    area = {layer: position(*place)}
    with torch.inference_mode():
        for some in frames.to(network.device).split(_BATCH):
            parts.append(network.run(some, layers=area, within=area)[layer][:, :, 0, 0].cpu())
    return torch.cat(parts).double().numpy()


def _dialled(dial: Network | None, frames: Tensor, *, size: int) -> Float[ndarray, " frames"]:
    if dial is None:
        return np.full(len(frames), np.nan)
    values = _read(dial, _DIAL_LAYER, frames, _middle(dial, _DIAL_LAYER, size=size))
    return np.where(values.max(1) > 0, np.asarray(DIAL)[values.argmax(1)], np.nan)


def _of_photographs(
    network: Network, layer: str, channels: list[int], images: Tensor
) -> tuple[Float[ndarray, " units"], Float[ndarray, " units"]]:
    source = network.layer(layer).pre_activation
    with torch.inference_mode():
        maps = torch.cat(
            [
                network.run(some, layers=[source])[source][:, channels].cpu()
                for some in images.to(network.device).split(_BATCH)
            ]
        )
    return maps.mean((0, 2, 3)).double().numpy(), maps.std((0, 2, 3)).double().numpy()


def _colour(images: Sequence[Tensor]) -> float:
    """Of all pixels together, whatever the size of each picture."""
    pixels = torch.cat([each.flatten(1) for each in images], 1)
    aside = pixels - pixels.mean(0, keepdim=True)
    whole = float(pixels.var())
    return float(aside.var()) / whole if whole > 0 else 0.0
