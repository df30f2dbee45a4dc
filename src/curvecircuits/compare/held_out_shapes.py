"""Shapes that neither network was fitted to: other lines than ink outlines of moderate curves.

All lengths are shares of the tile, so that the shapes fit the units of any layer. Each is drawn as
coverage (1 where the shape is), then carried by ink or by something else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.stimuli import angles, carry, curves, lines, morph, s_curves, two_arcs
from curvecircuits.tuning import stroke

Masks: TypeAlias = Callable[[Sequence[float], float, dict[str, Any]], Tensor]
"""From orientations, the tile and where to draw, to coverage in [0, 1]."""


@dataclass(frozen=True, kw_only=True)
class HeldOutShape:
    """A shape that can be drawn in every orientation."""

    name: str
    kind: str
    """What it shares with its like, such as `line`."""
    masks: Masks
    carrier: str = "ink"
    """One of `stimuli.carriers()`."""

    def images(
        self,
        orientations: Sequence[float],
        *,
        tile: float,
        size: int,
        centre: tuple[float, float],
        seed: int = 0,
        device: str | torch.device = "cpu",
    ) -> tuple[Float[Tensor, "n c size size"], Float[Tensor, "n c size size"]]:
        """The shape in each orientation, and the same grounds without it.

        Parameters
        ----------
        orientations
            Degrees: the outward normal of what is curved, the normal of what is straight.
        tile, size
            Side of the square that is drawn in, and of the images, in pixels.
        centre
            Where the shape is centred, (x, y) in continuous pixels.
        seed
            For what is random in the carrier.

        Raises
        ------
        InputError
            As the drawing functions of `curvecircuits.stimuli`.

        Examples
        --------
        >>> shape = held_out_shapes()[0]
        >>> images, grounds = shape.images([0.0, 45.0], tile=24.0, size=32, centre=(16.0, 16.0))
        >>> shape.name, images.shape, bool(grounds.min() == 1)
        ('line', torch.Size([2, 1, 32, 32]), True)
        """
        where: dict[str, Any] = {
            "size": size,
            "centre": centre,
            "tile": tile,
            "ink": 1.0,
            "paper": 0.0,
            "device": device,
            "width": stroke(tile),
        }
        mask = self.masks(orientations, tile, where).clamp(0, 1)
        # Waves of the textures are to the tile as those of `carry` are to the article's.
        period = max(2.0, tile / 10)
        images, grounds = (
            carry(shown, kind=self.carrier, seed=seed, period=period)
            for shown in (mask, torch.zeros_like(mask))
        )
        return images, grounds


def _line(offset: float) -> Masks:
    return lambda o, tile, where: lines(orientation=o, offset=offset * tile, **where)


def _angle(opening: float) -> Masks:
    return lambda o, _, where: angles(orientation=o, opening=opening, **where)


def _s_curve(radius: float, *, mirrored: bool) -> Masks:
    return lambda o, tile, where: s_curves(
        orientation=o, radius=radius * tile, mirrored=mirrored, **where
    )


def _curve(radius: float, *, arc: float = 360.0, filled: bool = False) -> Masks:
    return lambda o, tile, where: curves(
        orientation=o, radius=radius * tile, arc=arc, filled=filled, **where
    )


def _off_centre(radius: float, *, offset: float) -> Masks:
    """A curve moved along its normal, seen through the tile, which stays where it was."""

    def draw(orientations: Sequence[float], tile: float, where: dict[str, Any]) -> Tensor:
        turn = torch.deg2rad(torch.as_tensor(orientations, dtype=torch.float64))
        middle = torch.tensor(where["centre"], dtype=torch.float64)
        moved = middle + offset * tile * torch.stack([turn.cos(), turn.sin()], dim=1)
        unbounded: dict[str, Any] = {**where, "centre": moved, "tile": None}
        drawn = curves(orientation=orientations, radius=radius * tile, **unbounded)
        edge = torch.arange(where["size"], dtype=torch.float64)
        x, y = (
            (torch.minimum(edge + 1, at + tile / 2) - torch.maximum(edge, at - tile / 2)).clamp(
                0, 1
            )
            for at in middle
        )
        return drawn * torch.outer(y, x).to(drawn)

    return draw


def _rounded(radius: float) -> Masks:
    return lambda o, tile, where: morph(orientation=o, radius=radius * tile, amount=0.5, **where)


def _arcs(radius: float, *, separation: float, turn: float) -> Masks:
    return lambda o, tile, where: two_arcs(
        orientation=o,
        second_orientation=[a + turn for a in o],
        radius=radius * tile,
        separation=separation * tile,
        **where,
    )


_MODERATE = 0.75
"""Radius, in tiles, of curves that are held out for something else than their radius."""
_SHAPES = (
    ("line", "line", _line(0.0), "ink"),
    ("line, 1/12 off", "line", _line(1 / 12), "ink"),
    ("line, 1/6 off", "line", _line(1 / 6), "ink"),
    ("angle of 60°", "angle", _angle(60), "ink"),
    ("angle of 90°", "angle", _angle(90), "ink"),
    ("angle of 120°", "angle", _angle(120), "ink"),
    ("angle of 150°", "angle", _angle(150), "ink"),
    ("rounded angle", "angle", _rounded(_MODERATE), "ink"),
    ("S-curve", "S-curve", _s_curve(1 / 2, mirrored=False), "ink"),
    ("S-curve, mirrored", "S-curve", _s_curve(1 / 2, mirrored=True), "ink"),
    ("S-curve, tight", "S-curve", _s_curve(1 / 4, mirrored=False), "ink"),
    ("curve, radius 1/12", "wrong radius", _curve(1 / 12), "ink"),
    ("curve, radius 1/8", "wrong radius", _curve(1 / 8), "ink"),
    ("curve, radius 6", "wrong radius", _curve(6), "ink"),
    ("curve, radius 12", "wrong radius", _curve(12), "ink"),
    ("curve, 1/6 inwards", "off centre", _off_centre(_MODERATE, offset=-1 / 6), "ink"),
    ("curve, 1/12 inwards", "off centre", _off_centre(_MODERATE, offset=-1 / 12), "ink"),
    ("curve, 1/12 outwards", "off centre", _off_centre(_MODERATE, offset=1 / 12), "ink"),
    ("curve, 1/6 outwards", "off centre", _off_centre(_MODERATE, offset=1 / 6), "ink"),
    ("arc of 30°", "short arc", _curve(_MODERATE, arc=30), "ink"),
    ("filled", "filling", _curve(_MODERATE, filled=True), "ink"),
    ("filled, reversed", "filling", _curve(_MODERATE, filled=True), "reversed"),
    ("reversed", "filling", _curve(_MODERATE), "reversed"),
    ("two arcs, ))", "two arcs", _arcs(1 / 2, separation=1 / 4, turn=0), "ink"),
    ("two arcs, ()", "two arcs", _arcs(1 / 2, separation=1 / 4, turn=180), "ink"),
    ("two arcs, )(", "two arcs", _arcs(1 / 2, separation=-1 / 4, turn=180), "ink"),
    ("textured stroke", "carried", _curve(_MODERATE), "textured-stroke"),
    ("texture boundary", "carried", _curve(_MODERATE, filled=True), "texture-boundary"),
    ("shading", "carried", _curve(_MODERATE), "shading"),
    ("noise", "carried", _curve(_MODERATE), "noise"),
    ("equal luminance", "carried", _curve(_MODERATE), "isoluminant"),
)


def held_out_shapes(*, kinds: Sequence[str] | None = None) -> tuple[HeldOutShape, ...]:
    """The shapes of the held-out set, in the order of its figures.

    Outline curves in ink whose radius is between a sixth of the tile and four tiles are not among
    them: those are what joint maps are made of.

    Parameters
    ----------
    kinds
        Only shapes of these kinds; by default all.

    Raises
    ------
    InputError
        For a kind that no shape is of.

    Examples
    --------
    >>> [shape.name for shape in held_out_shapes(kinds=["two arcs"])]
    ['two arcs, ))', 'two arcs, ()', 'two arcs, )(']

    References
    ----------
    Cammarata et al., "Curve Detectors", Distill 2020, sections "Synthetic Angles" and on cosmetic
    robustness.
    """
    every = tuple(HeldOutShape(name=n, kind=k, masks=m, carrier=c) for n, k, m, c in _SHAPES)
    known = tuple(dict.fromkeys(shape.kind for shape in every))
    for kind in kinds or ():
        if kind not in known:
            raise InputError(f"No shape is of the kind {kind!r}: choose {', '.join(known)}.")
    return tuple(shape for shape in every if kinds is None or shape.kind in kinds)
