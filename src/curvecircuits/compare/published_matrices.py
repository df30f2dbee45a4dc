"""What the weights of the published artificial network sum to, and what its tiles look like.

The network itself is not public. These are the figures that its published weights come down to:
"Curve Circuits" (Cammarata et al., Distill 2021), file `aann-weights.json`, whose largest weight
is 1.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

_CURVES = (5.40, 4.53, 2.80, 1.18, 0.23, -0.04, -0.09, -0.14, -0.51, -1.63, -3.84, -6.47, -7.49)
_LINES = (
    *(1.20, -0.01, -0.36, -0.80, -1.97, -2.44, -1.99, -1.12, -0.45),
    *(-0.25, -0.45, -1.12, -1.99, -2.29, -1.97, -2.22, -2.21, -0.44),
)
_TILE = ((-0.05, 0.42, 0.72, -0.02, -0.08), (-0.08, 0.27, 0.86, 0.13, -0.09))

PUBLISHED_TILE: Float[ndarray, "5 5"] = np.array(
    [*_TILE, (-0.10, 0.22, 1.00, 0.22, -0.10), *reversed(_TILE)]
)
"""The published artificial weights of an early curve on the curve of its orientation, 0°; the
largest is 1. "Curve Circuits", file `aann-weights.json`, to two digits."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What tiles sum to by the angle from target to source, in equal steps from 0 round the period.

    >>> Profile(sums=(1.0, 0.0, -1.0, 0.0), period=360).at(np.array([45.0, -90.0]))
    array([0.5, 0. ])
    """

    sums: tuple[float, ...]
    period: int
    """360 for curves, 180 where lines are among the two."""

    @property
    def relative(self) -> tuple[float, ...]:
        """Degrees of each step."""
        return tuple(self.period * k / len(self.sums) for k in range(len(self.sums)))

    def at(self, relative: Float[ndarray, "*any"]) -> Float[ndarray, "*any"]:
        """The sum at other angles, straight between the steps."""
        return np.interp(relative, self.relative, self.sums, period=self.period)


PUBLISHED_CURVES = Profile(sums=(*_CURVES, *_CURVES[-2:0:-1]), period=360)
"""Sums of the published artificial tiles of early curves on curves, of which the largest weight is
1; the listed half is mirrored. "Curve Circuits", file `aann-weights.json`."""
PUBLISHED_LINES = Profile(sums=_LINES, period=180)
"""The same of lines on curves: 0 is the line along the tangent of the curve's middle."""
