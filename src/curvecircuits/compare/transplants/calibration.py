"""What the calibration rule needs to know of the natural units and of every candidate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor
from tqdm import tqdm

from curvecircuits.compare.transplants.candidates import Candidates
from curvecircuits.compare.transplants.marginals import match_marginals
from curvecircuits.compare.transplants.place import Place
from curvecircuits.errors import InputError
from curvecircuits.images import Framing, ImageSet, evenly, load_batch

_SAMPLES = 2**17
"""Positions kept of every map, over all images of one half."""
MOST = 500
"""Images that one half is calibrated on at most."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Scales and offsets by half, set and unit, and what the layer does by itself.

    Images that are evaluated as half h take row h, which was made from other images.
    """

    scale: Float[ndarray, "halves sets units"]
    offset: Float[ndarray, "halves sets units"]
    mean: Float[ndarray, "halves channels"]
    """Activation of every channel of the layer, over images and positions."""
    rms: Float[ndarray, " channels"]
    """Root mean square activation of every channel, over all images that were read."""
    rate: Float[ndarray, "halves units"]
    """Share of positions where the natural units are above zero."""
    images: Int[ndarray, " halves"]
    """How many were read for each half."""

    def arrays(self) -> dict[str, ndarray]:
        """The fields by name, to be kept."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def halves_of(count: int) -> tuple[ndarray, ndarray]:
    """Indices that each half is calibrated on: those of the other one, few enough to hold.

    Image i is of half i mod 2.

    >>> [half.tolist() for half in halves_of(5)]
    [[1, 3], [0, 2, 4]]
    """
    first, second = (
        np.arange(count)[1 - half :: 2][evenly(len(range(1 - half, count, 2)), MOST)]
        for half in (0, 1)
    )
    return first, second


def calibrate(
    place: Place,
    candidates: Candidates,
    images: ImageSet,
    *,
    indices: Sequence[Int[ndarray, " _"]],
    framing: Framing,
    batch: int = 8,
    seed: int = 0,
    progress: bool = False,
) -> Calibration:
    """Run all candidates on the images of every half, and match their marginals.

    Parameters
    ----------
    images
        From which the indices are.
    indices
        The images to calibrate each half on: two arrays, or one for all that is evaluated.
    batch
        Images at a time.

    Raises
    ------
    InputError
        If a half has no image that can be read.
    """
    total = sum(map(len, indices))
    with (
        torch.inference_mode(),
        tqdm(total=total, desc="calibrating", unit="image", disable=not progress) as bar,
    ):
        found = [
            _half(place, candidates, images, part, framing, batch, seed + half, bar)
            for half, part in enumerate(indices)
        ]
    return Calibration(
        scale=np.stack([f.scale for f in found]),
        offset=np.stack([f.offset for f in found]),
        mean=np.stack([f.mean for f in found]),
        rms=np.sqrt(np.average([f.square for f in found], axis=0, weights=[f.read for f in found])),
        rate=np.stack([f.rate for f in found]),
        images=np.array([f.read for f in found]),
    )


@dataclass(frozen=True, kw_only=True)
class _Half:
    scale: ndarray
    offset: ndarray
    mean: ndarray
    square: ndarray
    rate: ndarray
    read: int


def _half(
    place: Place,
    candidates: Candidates,
    images: ImageSet,
    indices: ndarray,
    framing: Framing,
    batch: int,
    seed: int,
    bar: Any,
) -> _Half:
    generator = torch.Generator().manual_seed(seed)
    most = max(1, _SAMPLES // max(1, len(indices)))
    natural: list[Tensor] = []
    offered: list[Tensor] = []
    total = square = torch.zeros(())
    read = positions = 0
    for pixels in _batches(images, indices, framing, batch, bar):
        shown = pixels.to(place.network.device)
        layer, raw = place.seen(shown)
        sets = candidates.read(place, shown, raw).flatten(3)
        total = total + layer.double().sum((0, 2, 3))
        square = square + layer.double().square().sum((0, 2, 3))
        read, positions = read + len(pixels), sets.shape[3]
        most = min(most, positions)
        kept = torch.randperm(positions, generator=generator)[:most].to(raw.device)
        natural.append(raw.flatten(2)[..., kept].transpose(0, 1).flatten(1).cpu())
        offered.append(sets[..., kept].permute(1, 2, 0, 3).flatten(2).cpu())
    if not read:
        raise InputError(
            f"No image of {images.root} that a transplant is calibrated on can be read; at least "
            "one in each half is needed."
        )
    own, others = torch.cat(natural, 1), torch.cat(offered, 2)
    clip = place.clip if place.clipped else None
    matched = np.array(
        [
            [
                match_marginals(*_apart(name, set_[u], own[u], each=most), clip=clip)
                for u in range(len(own))
            ]
            for name, set_ in zip(candidates.names, others, strict=True)
        ]
    )
    return _Half(
        scale=matched[..., 0],
        offset=matched[..., 1],
        mean=(total / (read * positions)).cpu().numpy(),
        square=(square / (read * positions)).cpu().numpy(),
        rate=(own > 0).double().mean(1).numpy(),
        read=read,
    )


def _apart(name: str, candidate: Tensor, natural: Tensor, *, each: int) -> tuple[Tensor, Tensor]:
    """Natural units are matched to themselves on other images: on the same ones nothing is off.

    Every other image is one of a side; each has so many samples.
    """
    if name != "rescaled" or len(natural) <= each:
        return candidate, natural
    odd = (torch.arange(len(natural)) // each % 2).bool()
    return candidate[odd], natural[~odd]


def _batches(
    images: ImageSet, indices: ndarray, framing: Framing, batch: int, bar: Any
) -> Iterator[Tensor]:
    """The images that can be read, some at a time."""
    for start in range(0, len(indices), batch):
        found = load_batch(images, indices[start : start + batch].tolist(), framing=framing)
        bar.update(len(found.read))
        if found.read.any():
            yield found.pixels[found.read]
