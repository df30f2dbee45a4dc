"""The edited networks of a transplant: the family intact, silenced, or replaced by something."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from curvecircuits.compare.transplants.calibration import Calibration
from curvecircuits.compare.transplants.place import Place

INTACT, ABLATED, MEAN = "intact", "ablated", "mean_ablated"
RANDOM, RANDOM_RMS = "random", "random_rms"
_NEAR = 3
"""Among how many units of the nearest strength one is drawn."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What some units of a layer become; all others stay as they are."""

    name: str
    """Those of several draws are named `name/0`, `name/1` and so on."""
    channels: tuple[int, ...] = ()
    values: tuple[tuple[float, ...], ...] | None = None
    """A constant for each half of the images and each unit; None where maps take the place."""
    candidate: int | None = None
    """Which of the candidate sets takes the place."""

    @property
    def group(self) -> str:
        """Its name without the number of the draw."""
        return self.name.split("/", maxsplit=1)[0]


def plan(
    place: Place,
    calibration: Calibration,
    names: Sequence[str],
    *,
    random: int = 10,
    seed: int = 0,
) -> tuple[Variant, ...]:
    """The variants of a transplant, the intact network first.

    Parameters
    ----------
    names
        Of the candidate sets.
    random
        Draws of as many other units of the family's branches, set to zero; and as many again of
        units whose root mean square activation is like that of the family's.
    """
    units, halves = len(place.channels), len(calibration.images)
    zeros = ((0.0,) * units,) * halves
    own = list(place.channels)
    found = [
        Variant(name=INTACT),
        Variant(name=ABLATED, channels=place.channels, values=zeros),
        Variant(name=MEAN, channels=place.channels, values=_rows(calibration.mean[:, own])),
    ]
    others = np.array(place.beside())
    generator = np.random.default_rng(seed)
    if random and len(others) >= units:
        for k in range(random):
            drawn = generator.choice(others, units, replace=False)
            found.append(Variant(name=f"{RANDOM}/{k}", channels=_ints(drawn), values=zeros))
        for k in range(random):
            drawn = _alike(calibration.rms, own, others, generator)
            found.append(Variant(name=f"{RANDOM_RMS}/{k}", channels=_ints(drawn), values=zeros))
    found += [Variant(name=n, channels=place.channels, candidate=k) for k, n in enumerate(names)]
    return tuple(found)


def _alike(
    rms: np.ndarray, own: Sequence[int], others: np.ndarray, generator: np.random.Generator
) -> list[int]:
    """For each unit of the family, in random order, one of the few nearest in strength left."""
    strength = np.log(np.maximum(rms, 1e-12))
    left = others.tolist()
    drawn: list[int] = []
    for unit in generator.permutation(own):
        left.sort(key=lambda other: abs(strength[other] - strength[unit]))
        drawn.append(left.pop(int(generator.integers(min(_NEAR, len(left))))))
    return drawn


class Substitution:
    """Puts variants in the place of a family's units, one after the other, on one batch.

    Parameters
    ----------
    place, calibration
        Of the family.
    values
        What `place.split.before` gave for the batch.
    sets
        Candidate maps of the batch; None where no variant needs them.
    halves
        Of each image.
    """

    def __init__(
        self,
        place: Place,
        calibration: Calibration,
        values: dict[str, Tensor],
        sets: Tensor | None,
        halves: Tensor,
    ) -> None:
        self._place, self._sets, self._halves = place, sets, halves
        self._layer = values[place.split.at]
        self._values = values | {place.split.at: self._layer.clone()}
        self._scale, self._offset = (
            torch.from_numpy(a).to(self._layer) for a in (calibration.scale, calibration.offset)
        )

    def scores(self, variant: Variant) -> Tensor:
        """Class scores of the network with the variant in place."""
        place = self._place
        written = self._values[place.split.at]
        channels = torch.tensor(variant.channels, device=written.device, dtype=torch.long)
        if variant.channels:
            written.index_copy_(1, channels, self._maps(variant))
        scores = place.split.after(self._values)
        if variant.channels:
            written.index_copy_(1, channels, self._layer.index_select(1, channels))
        return scores

    def _maps(self, variant: Variant) -> Tensor:
        """What stands at the cut in the place of the variant's units."""
        if variant.candidate is None:
            # Max pools leave a constant as it is.
            constants = torch.tensor(
                variant.values, dtype=self._layer.dtype, device=self._layer.device
            )
            column = constants[self._halves][:, :, None, None]
            return column.expand(-1, -1, *self._layer.shape[2:])
        assert self._sets is not None
        scale, offset = (
            table[self._halves, variant.candidate][:, :, None, None]
            for table in (self._scale, self._offset)
        )
        raw = torch.addcmul(offset, scale, self._sets[:, variant.candidate])
        return self._place.through(self._place.clip(raw))


def _rows(values: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(map(float, row)) for row in values)


def _ints(values: Sequence[int] | np.ndarray) -> tuple[int, ...]:
    return tuple(map(int, values))
