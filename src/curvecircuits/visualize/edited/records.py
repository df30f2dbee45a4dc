"""How much of units' activation a few of their inputs make up: shares, beside random inputs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from curvecircuits.circuits.intervals import NOTHING, Interval, resampled
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class PairedShares(Record):
    """A share for every unit with a group's inputs alone, and with as many random ones.

    Intervals are over units, which are resampled; a unit whose share is None is left out.
    """

    group: tuple[float | None, ...]
    """One a unit; None where the unedited unit is not active."""
    control: tuple[float | None, ...]
    seed: int
    """Of the resampling."""

    def mean(self) -> Interval:
        """Mean of the group over units."""
        return _mean(self.group, self.seed)

    def control_mean(self) -> Interval:
        """Mean of the random inputs over units."""
        return _mean(self.control, self.seed)

    def difference(self) -> Interval:
        """Mean over units of the group's share less that of random inputs, unit by unit."""
        pairs = zip(self.group, self.control, strict=True)
        return _mean([None if a is None or b is None else a - b for a, b in pairs], self.seed)


@dataclass(frozen=True, kw_only=True)
class GroupShares(Record):
    """What one group of inputs makes up of the units' activation.

    With z the pre-activation of a unit in the middle of a picture, of the unedited network or of
    the one that keeps the group's inputs alone, x⁰ the unit's own picture and x the picture made in
    the edited network.
    """

    group: str
    channels: tuple[int, ...]
    """Of the source layer, that are kept."""
    drawn: tuple[tuple[int, ...], ...]
    """For each unit the random channels of its control, none of the group."""
    reconstructed: PairedShares
    """max(0, z(x)) / z(x⁰): of the unedited unit, on the picture made under the edit."""
    kept: PairedShares
    """max(0, z_edited(x⁰)) / z(x⁰): of the edited unit, on the unedited picture."""
    photographs: PairedShares | None
    """Σ max(0, z_edited) / Σ z over the images in which the unedited unit is active, where it is
    strongest in each; None without images."""


@dataclass(frozen=True, kw_only=True)
class EditedShares(Record):
    """Shares of the activation of units with some of their inputs, group by group."""

    SCHEMA = "curvecircuits.edited-pictures/1"

    model: str
    model_hash: str
    """SHA-256 of the weights."""
    weights: str
    """Where they came from."""
    layer: str
    """Whose channels are kept."""
    units: tuple[str, ...]
    orientations: tuple[float | None, ...]
    """Degrees, one a unit; None where it has none."""
    activations: tuple[float, ...]
    """z(x⁰) of each unit."""
    groups: tuple[GroupShares, ...]
    images: int
    """Photographs that were shown."""
    steps: int
    seed: int

    def of(self, group: str) -> GroupShares:
        """The shares of a group by its name."""
        return next(g for g in self.groups if g.group == group)


def _mean(values: Sequence[float | None], seed: int) -> Interval:
    there = np.array([v for v in values if v is not None])
    return resampled(there, seed=seed) if len(there) else NOTHING
