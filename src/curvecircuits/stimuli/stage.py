"""What every drawing function shares: numbers, place, window and colours, checked together."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.stimuli.options import (
    Bounds,
    Colour,
    Numbers,
    Place,
    centres,
    colour,
    numbers,
    together,
    whole,
)
from curvecircuits.stimuli.raster import Canvas, Shape
from curvecircuits.stimuli.tints import Tints

_BOUNDS = {
    "radius": Bounds(above=0),
    "second_radius": Bounds(above=0),
    "width": Bounds(least=0),
    "length": Bounds(above=0),
    "arc": Bounds(above=0, most=360),
    "opening": Bounds(above=0, most=180),
    "amount": Bounds(least=0, most=1),
    "tile": Bounds(above=0),
}
"""What a number of each name may be."""


@dataclass(frozen=True)
class Stage:
    """The numbers, each float64 (1 or N,), the points drawn at, and the canvas."""

    values: dict[str, Tensor]
    x: Tensor
    y: Tensor
    canvas: Canvas

    def __getitem__(self, name: str) -> Tensor:
        return self.values[name]

    def get(self, name: str) -> Tensor | None:
        """Return the number of this name, None if it was not given."""
        return self.values.get(name)

    def draw(self, shape: Shape) -> Tensor:
        """Return the images of a shape."""
        return self.canvas.draw(shape)


def stage(
    given: Mapping[str, Numbers | None],
    *,
    size: int,
    tile: Numbers | None,
    ink: Colour,
    paper: Colour,
    inside: Colour | None = None,
    centre: Place,
    device: str | torch.device,
    arc_below: float | int | None = None,
) -> Stage:
    """Return numbers, place and canvas, all broadcast to N images; None is left out.

    Raises
    ------
    InputError
        If a number is not finite or out of its range, lengths do not agree, a colour leaves
        [0, 1], the size is no positive whole number, or the device is unknown.
    """
    size = whole("size", size)
    values = {name: numbers(name, value) for name, value in given.items() if value is not None}
    for name, value in values.items():
        _BOUNDS.get(name, Bounds()).check(name, value)
    if arc_below is not None:
        Bounds(below=arc_below).check("arc", values["arc"])
    x, y = centres(centre, size)
    tints = {
        "ink": colour("ink", ink),
        "paper": colour("paper", paper),
        "inside": colour("inside", paper if inside is None else inside),
    }
    lengths = values | {"centre x": x, "centre y": y} | tints
    window = None
    if tile is not None:
        lengths["tile"] = side = numbers("tile", tile)
        _BOUNDS["tile"].check("tile", side)
        edges = (x - side / 2, x + side / 2, y - side / 2, y + side / 2)
        window = torch.stack(torch.broadcast_tensors(*edges))
    count = together(lengths)
    channels = max(tint.shape[1] for tint in tints.values())
    try:
        place = torch.device(device)
    except RuntimeError as error:
        raise InputError(f"{device!r} is no device; give one such as 'cpu' or 'cuda'.") from error
    canvas = Canvas(
        count=count,
        size=size,
        tints=Tints(**{name: tint.expand(-1, channels) for name, tint in tints.items()}),
        window=window,
        device=place,
    )
    return Stage(values, x, y, canvas)
