"""Templates of the weights between two families, tied over rotations.

A tied template T says every weight of a block at once:

    W[t, s, y, x] = g_t · h_s · T(θ_s − θ_t, R(−θ_t) · (x, y))

It is a function of the source's orientation relative to the target's, and of the position in the
frame of the target, whose first axis is the target's orientation. The gains g and h are one number
a unit: a rectified network computes the same when a unit is scaled and its outgoing weights are
scaled back, so how large units are says nothing about equivariance.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float
from numpy import ndarray

from curvecircuits.circuits.blocks import OrientedBlock
from curvecircuits.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What a template is a sum of: cos and sin of (a·turn + n·direction + k·hue), ring by ring.

    `turn` is the source's orientation relative to the target's, `direction` where the cell lies
    as seen from the target's orientation; a ring rises linearly from the ring inside it and falls
    to the one outside. Waves a ring cannot carry (more than two a ring's index) are left out, and
    so are terms that the families' symmetry forbids: a source of period 180 has even orders a
    only, and a target of period 180, which turned by half a turn is itself, only a + n even.

    Parameters
    ----------
    orders
        Harmonics of the turn: of 360° or, for sources of period 180, of 180°.
    waves
        Waves around a ring, at most.
    rings
        Rings around the middle one; cells apart at least, so that small supports have fewer.
    hues
        Harmonics of the source's hue; none at all by default. A colour contrast turned by half a
        turn is the one of the opposite hue, so that only a + k even is left: with 0, templates are
        the same for all hues and for both directions of a contrast.

    Raises
    ------
    InputError
        When a number is negative.
    """

    orders: int = 3
    waves: int = 4
    rings: int = 3
    hues: int | None = None

    def __post_init__(self) -> None:
        if min(self.orders, self.waves, self.rings, self.hues or 0) < 0:
            raise InputError("Orders, waves, rings and hues of a basis are not negative.")

    def spacing(self, block: OrientedBlock) -> float:
        """Pixels between rings, for the block's support."""
        return max(block.pitch, float(block.polar[0].max()) / max(1, self.rings))


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The terms of a basis for two periods: of each its ring, and orders a, n and k."""

    ring: ndarray
    order: ndarray
    wave: ndarray
    hue: ndarray

    def __len__(self) -> int:
        return len(self.ring)

    @property
    def constant(self) -> ndarray:
        """Which terms do not depend on any angle: they have a cosine and no sine."""
        return (self.order == 0) & (self.wave == 0) & (self.hue == 0)

    @property
    def numbers(self) -> int:
        """Numbers of a template: a cosine and a sine each."""
        return 2 * len(self) - int(self.constant.sum())


def terms_of(basis: Basis, *, targets: int, sources: int, rings: int) -> Terms:
    """The terms of a basis between families of two periods, on so many rings.

    >>> len(terms_of(Basis(orders=1, waves=0), targets=360, sources=360, rings=0))
    2
    """
    step, hues = 360 // sources, basis.hues or 0
    found: list[tuple[int, int, int, int]] = []
    for ring in range(rings + 1):
        waves = min(basis.waves, 2 * ring)
        for hue in range(-hues, hues + 1):
            for order in range(0, basis.orders * step + 1, step):
                for wave in range(-waves, waves + 1):
                    # Of a term and its complex conjugate one is enough.
                    if order == 0 and (wave < 0 or (wave == 0 and hue < 0)):
                        continue
                    if targets == 180 and (order + wave) % 2:
                        continue
                    if basis.hues is not None and (order + hue) % 2:
                        continue
                    found.append((ring, order, wave, hue))
    ring, order, wave, hue = np.array(found).T
    return Terms(ring=ring, order=order, wave=wave, hue=hue)


@dataclass(frozen=True, kw_only=True)
class Template:
    """A tied template: the weight by relative orientation and position in the target's frame."""

    terms: Terms
    coefficients: Complex[ndarray, " terms"]
    """α − iβ of each term, for its cosine and its sine."""
    spacing: float
    """Pixels between rings."""

    def at(
        self,
        turn: Float[ndarray, " *cells"],
        along: Float[ndarray, " *cells"],
        across: Float[ndarray, " *cells"],
        *,
        hue: float = 0.0,
    ) -> Float[ndarray, " *cells"]:
        """The template's value.

        Parameters
        ----------
        turn
            The source's orientation less the target's, degrees.
        along, across
            Position in pixels: along the target's orientation (for a curve, outwards) and at 90°
            clockwise from it on screen.
        """
        distance, direction = np.hypot(along, across), np.arctan2(across, along)
        t = self.terms
        rings = hats(distance.ravel() / self.spacing, t.ring)
        phase = (
            np.radians(turn).ravel()[:, None] * t.order
            + direction.ravel()[:, None] * t.wave
            + np.radians(hue) * t.hue
        )
        value = (rings * np.exp(1j * phase)) @ self.coefficients
        return value.real.reshape(distance.shape)


def hats(distance: Float[ndarray, " cells"], ring: ndarray) -> Float[ndarray, "cells rings"]:
    """Linear B-splines: 1 at a ring, 0 at its neighbours; distance counted in rings.

    >>> hats(np.array([0.25]), np.array([0, 1, 2]))
    array([[0.75, 0.25, 0.  ]])
    """
    return np.clip(1 - np.abs(distance[:, None] - ring[None, :]), 0, None)
