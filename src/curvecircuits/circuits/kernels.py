"""Expanded weights between two families, in the frame of what each target sees.

A target that sees a curve sees a circle of some radius through its centre, whose outward normal
there is its orientation; one that sees a line, that circle's tangent. Everything here asks how its
kernels lie along that circle.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.families.family import Family, relative_orientation
from curvecircuits.weights import ExpandedWeights

STRAIGHT = 1e6
"""Circles of greater radius (pixels) are as good as their tangent and are drawn with this one."""


@dataclass(frozen=True, kw_only=True)
class Kernels:
    """The weights from each source of one family to each target of another.

    `values[t, s, i, j]` is the weight from the cell that looks at `offset[0] + i · pitch` pixels
    below and `offset[1] + j · pitch` to the right of the target's centre.
    """

    targets: Family
    sources: Family
    values: Float[ndarray, "targets sources h w"]
    pitch: int
    offset: tuple[float, float]

    @property
    def period(self) -> int:
        """Of relative orientations: 360 where both have an inside and an outside, else 180."""
        return min(self.targets.period, self.sources.period)

    @property
    def relative(self) -> Float[ndarray, "targets sources"]:
        """Degrees from each target's orientation to each source's."""
        return relative_orientation(
            self.targets.orientations, self.sources.orientations, period=self.period
        )

    @property
    def apart(self) -> Float[ndarray, "targets sources"]:
        """How far apart they are, 0 to half the period."""
        return np.abs(self.relative)

    @property
    def places(self) -> tuple[Float[ndarray, "h 1"], Float[ndarray, "1 w"]]:
        """Where the cells look: (down, right) in pixels from the target's centre."""
        height, width = self.values.shape[2:]
        down, right = (
            self.offset[axis] + self.pitch * np.arange(float(n))
            for axis, n in enumerate((height, width))
        )
        return down[:, None], right[None, :]

    @property
    def reach(self) -> int:
        """Cells from the centre that the kernel holds in every direction."""
        height, width = self.values.shape[2:]
        ends = (
            -self.offset[0],
            -self.offset[1],
            self.offset[0] + (height - 1) * self.pitch,
            self.offset[1] + (width - 1) * self.pitch,
        )
        return int(min(ends) / self.pitch + 1e-6)

    def relabelled(
        self, *, targets: Family | None = None, sources: Family | None = None
    ) -> "Kernels":
        """The same weights with other orientations, as a null needs them."""
        return replace(self, targets=targets or self.targets, sources=sources or self.sources)


def kernels(weights: ExpandedWeights, targets: Family, sources: Family) -> Kernels:
    """The expanded weights between two families, both in order of orientation.

    Parameters
    ----------
    weights
        Of the targets, and perhaps of other units of their layer, on the sources' layer.
    targets, sources
        Units without an orientation are left out.

    Raises
    ------
    InputError
        When a family has no orientations, the weights lack a target, or their source layer lacks
        a source.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.weights import expanded_weights
    >>> curves = Family(
    ...     name="curve", layer="3b", channels=(0, 6), orientations=(0, 90), period=360
    ... )
    >>> early = Family(
    ...     name="early curve", layer="3a", channels=(0, 12), orientations=(0, 180), period=360
    ... )
    >>> weights = expanded_weights(artificial_network(), "3a", units=curves.units)
    >>> found = kernels(weights, curves, early)
    >>> found.values.shape, found.relative.tolist()
    ((2, 2, 5, 5), [[0.0, -180.0], [-90.0, 90.0]])
    """
    wanted, given = (_oriented(family) for family in (targets, sources))
    rows = {unit.channel: row for row, unit in enumerate(weights.units)}
    missing = [c for c in wanted.channels if c not in rows]
    if missing:
        raise InputError(
            f"These expanded weights are not of {targets.name} {missing[0]}: expand the weights "
            f"of all units of the family."
        )
    outside = [c for c in given.channels if not 0 <= c < weights.values.shape[1]]
    if outside:
        raise InputError(
            f"There is no {sources.name} {outside[0]} among the {weights.values.shape[1]} "
            f"channels of {weights.source}, on which the weights were expanded."
        )
    values = weights.values.detach().cpu().double().numpy()
    chosen = np.ix_([rows[c] for c in wanted.channels], given.channels)
    return Kernels(
        targets=wanted,
        sources=given,
        values=values[chosen],
        pitch=weights.pitch,
        offset=weights.offset,
    )


def _oriented(family: Family) -> Family:
    kept = family.take([i for i, o in enumerate(family.orientations) if np.isfinite(o)]).sorted()
    if not (len(kept) and family.period):
        raise InputError(
            f"The family {family.name} of {family.layer} has no orientations; choose one whose "
            "period is 180 or 360."
        )
    return kept


def arcs(found: Kernels, *, radius: float, width: float = 0.5) -> Float[ndarray, "targets h w"]:
    """A smooth arc in each target's kernel: exp(−d² / 2σ²), d the distance from its circle.

    Parameters
    ----------
    radius
        Of the circle, in pixels; infinite for the tangent line.
    width
        σ in cells.

    Raises
    ------
    InputError
        When the radius is not above 0, or the kernels hold no neighbours of their centre.

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021: shapes are tiled along the tangent.
    """
    if found.reach < 1:
        raise InputError(
            f"The weights of {found.targets.name} on {found.sources.name} have one position, so "
            "that nothing lies along a tangent; choose layers further apart."
        )
    if not radius > 0:
        raise InputError(f"The radius of an arc is a number of pixels above 0, not {radius}.")
    r = min(radius, STRAIGHT)
    down, right = (p[None] for p in found.places)
    angle = np.radians(found.targets.orientations)[:, None, None]
    x, y = right + r * np.cos(angle), down + r * np.sin(angle)
    distance = np.hypot(x, y) - r
    # The far side of a small circle is not along the tangent.
    near = x * np.cos(angle) + y * np.sin(angle) > 0
    return near * np.exp(-((distance / (width * found.pitch)) ** 2) / 2)


def along(
    found: Kernels, *, radius: float, steps: Float[ndarray, " n"], beside: float = 0.0
) -> Float[ndarray, "targets sources n"]:
    """Weights at places along each target's arc, bilinear between cells, 0 beyond the kernel.

    Parameters
    ----------
    steps
        Pixels along the arc from the target's centre, clockwise on screen; the arc's normal there
        has turned by `steps / radius`.
    beside
        Pixels off the arc, along its outward normal.
    """
    r = min(radius, STRAIGHT)
    angle = np.radians(found.targets.orientations)[:, None]
    turned = angle + steps / r
    # Chords instead of differences of places on the circle, which lose digits when it is large.
    half = (steps / r) / 2
    x = -2 * r * np.sin(half) * np.sin(angle + half) + beside * np.cos(turned)
    y = 2 * r * np.sin(half) * np.cos(angle + half) + beside * np.sin(turned)
    return _sampled(found, y[:, None], x[:, None])[:, :, 0]


def turned(found: Kernels) -> Float[ndarray, "targets sources n n"]:
    """Kernels turned so that every target's orientation is 0°: its normal to the right."""
    size = max(found.values.shape[2:])
    place = (np.arange(size) - (size - 1) / 2) * found.pitch
    angle = np.radians(found.targets.orientations)[:, None, None]
    right, down = place[None, None, :], place[None, :, None]
    x, y = (
        right * np.cos(angle) - down * np.sin(angle),
        right * np.sin(angle) + down * np.cos(angle),
    )
    return _sampled(found, y, x)


def _sampled(found: Kernels, down: ndarray, right: ndarray) -> ndarray:
    """Bilinear values (targets, sources, a, b) at pixels (targets, a, b) from the centre."""
    height, width = found.values.shape[2:]
    row, column = ((p - o) / found.pitch for p, o in zip((down, right), found.offset, strict=True))
    top, left = np.floor(row).astype(int), np.floor(column).astype(int)
    which = np.arange(len(found.values))[:, None, None]
    result = 0.0
    for i in (0, 1):
        for j in (0, 1):
            r, c = top + i, left + j
            share = (1 - np.abs(row - r)) * (1 - np.abs(column - c))
            inside = (r >= 0) & (r < height) & (c >= 0) & (c < width)
            cell = found.values[which, :, r.clip(0, height - 1), c.clip(0, width - 1)]
            result = result + cell * (share * inside)[..., None]
    return np.moveaxis(np.asarray(result), -1, 1)


def likeness(
    values: Float[ndarray, "targets sources h w"], shapes: Float[ndarray, "targets h w"]
) -> Float[ndarray, "targets sources"]:
    """Correlation across cells of each kernel with its target's shape; NaN for a flat kernel.

    >>> shape = np.eye(3)[None]
    >>> likeness(np.stack([shape, -2 * shape], 1), shape).round(2)
    array([[ 1., -1.]])
    """
    a = values - values.mean((2, 3), keepdims=True)
    b = (shapes - shapes.mean((1, 2), keepdims=True))[:, None]
    scale = np.sqrt((a**2).sum((2, 3)) * (b**2).sum((2, 3)))
    flat = scale <= 1e-12 * np.abs(values).max(initial=1e-30)
    return np.where(flat, np.nan, (a * b).sum((2, 3)) / np.where(flat, 1, scale))
