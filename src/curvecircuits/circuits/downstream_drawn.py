"""The shapes that curves are said to build, drawn for the real network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from curvecircuits.circuits.downstream import DownstreamShapes
from curvecircuits.circuits.intervals import Interval, resampled
from curvecircuits.circuits.shapes import SHAPES
from curvecircuits.errors import InputError
from curvecircuits.families.tiles import tile_of
from curvecircuits.models.network import Network
from curvecircuits.stimuli import curves, s_curves
from curvecircuits.tuning import images_at_once, read_out, station, stroke

_PLACES = 4
"""Arcs on a ring, for shapes whose arcs do not join."""


@dataclass(frozen=True, kw_only=True)
class ShapeResponses:
    """Best response of every unit to each drawn shape, compared with the rest of its layer."""

    standing: Float[ndarray, "units shapes"]
    """Best response over sizes and orientations, as a share of the layer's units that respond
    less: it does not matter that some shapes come in more variants than others."""
    place: Interval
    """Place of the predicted shape among all, best 1, over the units that have one."""
    place_chance: float
    """The mean place when those units exchange their predictions."""
    first: Interval
    """Share of those units whose best shape is the one predicted."""


def draw_shapes(
    shape: str,
    *,
    scale: float,
    size: int,
    width: float = 2.0,
    centre: tuple[float, float] | None = None,
    device: str | torch.device = "cpu",
) -> Float[Tensor, "n 1 size size"]:
    """One shape in each orientation or hand, about the centre, as dark strokes on light.

    Parameters
    ----------
    shape
        One of `circuits.shapes.SHAPES`.
    scale
        Radius of the arcs in pixels, and distance of a ring's arcs from the centre.
    size
        Side of the images in pixels.
    width
        Of the strokes, in pixels.
    centre
        The middle (x, y) of the shape; None is the image's.

    Raises
    ------
    InputError
        For other shapes, and numbers out of range.

    Examples
    --------
    >>> draw_shapes("circle", scale=12.0, size=48).shape
    torch.Size([1, 1, 48, 48])
    """
    canvas = _Canvas(
        scale=scale,
        size=size,
        width=width,
        centre=centre or (size / 2, size / 2),
        device=torch.device(device),
    )
    if shape not in _DRAWN:
        raise InputError(f"{shape!r} is no shape: choose {', '.join(_DRAWN)}.")
    return _DRAWN[shape](canvas)


@dataclass(frozen=True, kw_only=True)
class _Canvas:
    scale: float
    size: int
    width: float
    centre: tuple[float, float]
    device: torch.device

    def arcs(
        self, facing: ndarray, places: ndarray, *, arc: float, away: float = 1.0, part: float = 1.0
    ) -> Tensor:
        """Arcs of orientations `facing` whose middles lie in directions `places`."""
        turn = np.radians(places)
        points = [self.centre + away * self.scale * np.array([np.cos(t), np.sin(t)]) for t in turn]
        return curves(
            orientation=facing,
            radius=part * self.scale,
            arc=arc,
            width=self.width,
            size=self.size,
            centre=np.stack(points),
            device=self.device,
        )

    def ring(self, turns: tuple[float, ...], starts: tuple[float, ...]) -> Tensor:
        """Arcs around the centre, each turned from the direction it lies in."""
        images: list[Tensor] = []
        for turn in turns:
            for start in starts:
                places = start + np.arange(_PLACES) * 360.0 / _PLACES
                images.append(self.arcs(places + turn, places, arc=90.0).amin(0, keepdim=True))
        return torch.cat(images)


_AROUND = np.arange(24) * 15.0
_STARTS = (0.0, 22.5, 45.0, 67.5)


def _curve(canvas: _Canvas) -> Tensor:
    return canvas.arcs(_AROUND, _AROUND, arc=120.0, away=0.0)


def _s(canvas: _Canvas) -> Tensor:
    return torch.cat(
        [
            s_curves(
                orientation=_AROUND[:12],
                radius=canvas.scale,
                arc=100.0,
                mirrored=mirrored,
                width=canvas.width,
                size=canvas.size,
                centre=canvas.centre,
                device=canvas.device,
            )
            for mirrored in (False, True)
        ]
    )


def _divot(canvas: _Canvas) -> Tensor:
    """A bend, and on both of its sides one that turns the other way."""
    image = canvas.arcs(_AROUND, _AROUND, arc=100.0, away=0.0, part=0.5)
    for side in (-90.0, 90.0):
        flank = canvas.arcs(_AROUND + 180, _AROUND + side, arc=70.0, away=0.9, part=0.5)
        image = torch.minimum(image, flank)
    return image


_DRAWN: dict[str, Callable[[_Canvas], Tensor]] = {
    "circle": lambda canvas: canvas.ring((0.0,), (0.0,)),
    "evolute": lambda canvas: canvas.ring((180.0,), _STARTS),
    "spiral": lambda canvas: canvas.ring((-67.5, 67.5), _STARTS),
    "curve": _curve,
    "S": _s,
    "divot": _divot,
}


def drawn_shapes(
    network: Network,
    found: DownstreamShapes,
    *,
    scales: tuple[float, ...] = (0.15, 0.25, 0.4),
    tile: float | None = None,
    seed: int = 0,
) -> ShapeResponses:
    """Draw every shape for the network, and ask which one each unit prefers.

    Parameters
    ----------
    scales
        Radii of the arcs, in tiles.
    tile
        In pixels; by default `tile_of` the layer.
    seed
        Of the control, in which units exchange their predictions.

    Raises
    ------
    InputError
        When no unit was given a shape, and as `tuning.station`.
    """
    chosen = [u for u in found.units if u.shape is not None]
    if not chosen:
        raise InputError(f"No unit of {found.layer} was given a shape that could be drawn.")
    side = tile or tile_of(network, found.layer)
    place = station(network, network.layer(found.layer).pre_activation, tile=side)

    def images(shape: str) -> Iterator[Tensor]:
        for scale in scales:
            drawn = draw_shapes(
                shape,
                scale=scale * side,
                size=place.size,
                width=stroke(side),
                centre=place.centre,
                device=network.device,
            )
            yield from drawn.split(images_at_once(place, network.device))

    best = np.stack(
        [read_out(network, place, images(shape)).amax(0).numpy() for shape in SHAPES], axis=1
    )
    standing = best.argsort(0).argsort(0) / max(1, len(best) - 1)
    wanted = np.array([SHAPES.index(u.shape or "") for u in chosen])
    of_chosen = standing[[u.channel for u in chosen]]
    # Place 1 is the shape for which the unit stands highest in its layer.
    places = (-of_chosen).argsort(1, kind="stable").argsort(1) + 1.0
    rows = np.arange(len(chosen))
    generator = np.random.default_rng(seed)
    chance = [float(places[rows, generator.permutation(wanted)].mean()) for _ in range(200)]
    return ShapeResponses(
        standing=standing,
        place=resampled(places[rows, wanted]),
        place_chance=float(np.mean(chance)),
        first=resampled((places[rows, wanted] == 1).astype(float)),
    )
