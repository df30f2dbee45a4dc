"""A family: units of one layer that see the same shape, each at its own orientation."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit


@dataclass(frozen=True, kw_only=True)
class Family:
    """Units of one layer that see the same shape; angles in degrees.

    Parameters
    ----------
    name
        What they see, such as `early curve`.
    orientations
        One a unit: the outward normal of a curve, mod 360, or the normal of a line, mod 180; NaN
        for a unit that has none.
    period
        360 for shapes with an inside and an outside, 180 for lines and Gabors, 0 for families
        without orientation.

    Raises
    ------
    InputError
        When channels and orientations differ in number, or the period is none of these.

    Examples
    --------
    >>> curves = Family(
    ...     name="curve", layer="3b", channels=(379, 406), orientations=(243.0, 268.5), period=360
    ... )
    >>> len(curves), str(curves.units[0])
    (2, '3b:379')
    """

    name: str
    layer: str
    channels: tuple[int, ...]
    orientations: tuple[float, ...]
    period: int

    def __post_init__(self) -> None:
        if len(self.channels) != len(self.orientations):
            raise InputError(
                f"A family of {len(self.channels)} units has as many orientations, "
                f"not {len(self.orientations)}."
            )
        if self.period not in (0, 180, 360):
            raise InputError(f"The period of a family is 360, 180 or 0, not {self.period}.")

    def __len__(self) -> int:
        return len(self.channels)

    @property
    def units(self) -> tuple[Unit, ...]:
        """The addresses of its units."""
        return tuple(Unit(self.layer, channel) for channel in self.channels)

    def sorted(self) -> "Family":
        """The same family in order of orientation."""
        order = np.argsort(self.orientations, kind="stable")
        return self.take([int(i) for i in order])

    def take(self, positions: Sequence[int]) -> "Family":
        """The units at some positions, as a family."""
        return Family(
            name=self.name,
            layer=self.layer,
            channels=tuple(self.channels[i] for i in positions),
            orientations=tuple(self.orientations[i] for i in positions),
            period=self.period,
        )


def relative_orientation(
    targets: Sequence[float], sources: Sequence[float], *, period: int = 360
) -> Float[ndarray, "targets sources"]:
    """Degrees from each target's orientation to each source's, in [−period/2, period/2).

    >>> relative_orientation([350], [10, 170])
    array([[  20., -180.]])
    """
    if not (math.isfinite(period) and period > 0):
        raise InputError(f"The period of an angle is 180 or 360, not {period}.")
    turn = np.asarray(sources, dtype=float)[None, :] - np.asarray(targets, dtype=float)[:, None]
    return (turn + period / 2) % period - period / 2
