"""Blocks of weights between two oriented families, in pixels of the image."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.models.network import Network
from curvecircuits.weights.expanded import expanded_weights


@dataclass(frozen=True, kw_only=True)
class OrientedBlock:
    """The weights from one oriented family to another.

    Parameters
    ----------
    values
        `values[t, s, i, j]` is the weight of source s at cell (i, j) on target t.
    pitch
        Pixels between neighbouring cells.
    offset
        Pixels from a target's centre to that of cell (0, 0), (down, right).

    Raises
    ------
    InputError
        When values and families differ in number, a weight is not finite, or a unit has no
        orientation.

    Examples
    --------
    >>> lines = Family(name="line", layer="a", channels=(0, 1), orientations=(0, 90), period=180)
    >>> block = OrientedBlock(
    ...     targets=lines, sources=lines, values=np.zeros((2, 2, 5, 5)), pitch=8, offset=(-16, -16)
    ... )
    >>> block.numbers, str(block)
    (100, 'line (a) → line (a)')
    """

    targets: Family
    sources: Family
    values: Float[ndarray, "targets sources h w"]
    pitch: float
    offset: tuple[float, float]

    def __post_init__(self) -> None:
        expected = (len(self.targets), len(self.sources))
        if self.values.ndim != 4 or self.values.shape[:2] != expected or not self.values.size:
            raise InputError(
                f"The weights from {expected[1]} sources to {expected[0]} targets have a shape "
                f"({expected[0]}, {expected[1]}, h, w), not {tuple(self.values.shape)}."
            )
        if not np.isfinite(self.values).all():
            raise InputError("Every weight of a block has to be finite.")
        if not self.pitch > 0:
            raise InputError(f"The pitch of a block is a positive number, not {self.pitch}.")
        for family in (self.targets, self.sources):
            if family.period == 0 or not np.isfinite(family.orientations).all():
                raise InputError(
                    f"Templates are tied over rotations: each unit of '{family.name}' needs an "
                    "orientation, and the family a period of 180 or 360."
                )

    def __str__(self) -> str:
        return " → ".join(f"{f.name} ({f.layer})" for f in (self.sources, self.targets))

    @property
    def numbers(self) -> int:
        """How many weights it has."""
        return self.values.size

    @cached_property
    def polar(self) -> tuple[Float[ndarray, " cells"], Float[ndarray, " cells"]]:
        """Distance in pixels and direction in radians of every cell from the target's centre."""
        down, right = (
            self.offset[i] + self.pitch * np.arange(self.values.shape[2 + i]) for i in (0, 1)
        )
        y, x = np.meshgrid(down, right, indexing="ij")
        return np.hypot(x, y).ravel(), np.arctan2(y, x).ravel()

    @property
    def unit_numbers(self) -> int:
        """Numbers that units keep under a template: an orientation and a gain each."""
        return 2 * (len(self.targets) + len(self.sources))

    def oriented(
        self, targets: Float[ndarray, " targets"], sources: Float[ndarray, " sources"]
    ) -> "OrientedBlock":
        """The same weights with other orientations, in degrees."""
        first, second = (
            replace(family, orientations=tuple(float(v) for v in given % family.period))
            for family, given in ((self.targets, targets), (self.sources, sources))
        )
        return replace(self, targets=first, sources=second)


def oriented_block(network: Network, *, targets: Family, sources: Family) -> OrientedBlock:
    """The expanded weights from one family of a network to a later one.

    Units without an orientation are left out.

    Raises
    ------
    InputError
        When a family has no oriented unit, or the later layer does not depend on the earlier.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> at = tuple(15.0 * k for k in range(24))
    >>> small = Family(
    ...     name="curve", layer="3a", channels=tuple(range(24)), orientations=at, period=360
    ... )
    >>> large = replace(small, layer="3b")
    >>> oriented_block(artificial_network(), targets=large, sources=small).values.shape
    (24, 24, 5, 5)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021.
    """
    later, earlier = (
        family.take([int(i) for i in np.flatnonzero(np.isfinite(family.orientations))])
        for family in (targets, sources)
    )
    if not (len(later) and len(earlier)):
        raise InputError("A block of weights needs an oriented unit in both families.")
    found = expanded_weights(network, earlier.layer, units=later.units)
    values = found.values[:, list(earlier.channels)]
    return OrientedBlock(
        targets=later,
        sources=earlier,
        values=values.detach().cpu().double().numpy(),
        pitch=float(found.pitch),
        offset=found.offset,
    )
