"""What every drawing function shares: place, window, colours and device, checked together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.stimuli.options import (
    Colour,
    Numbers,
    centres,
    colour,
    numbers,
    require,
    together,
    whole,
)
from curvecircuits.stimuli.raster import Canvas
from curvecircuits.stimuli.tints import Tints

Place = Sequence[Numbers] | np.ndarray | Tensor | None
"""A point (x, y) in continuous pixel coordinates, an (N, 2) table, or None for the middle."""


@dataclass(frozen=True)
class Stage:
    """The points drawn at, each (1 or N,), and the canvas."""

    x: Tensor
    y: Tensor
    canvas: Canvas


def stage(
    given: Mapping[str, Tensor],
    *,
    size: int,
    tile: Numbers | None,
    ink: Colour,
    paper: Colour,
    inside: Colour | None,
    centre: Place,
    device: str | torch.device,
) -> Stage:
    """Return place and canvas for the numbers `given`, all broadcast to N images.

    Raises
    ------
    InputError
        If the size is no positive whole number, a colour or length is wrong, or the device is
        unknown.
    """
    size = whole("size", size)
    x, y = centres(centre, size)
    tints = {
        "ink": colour("ink", ink),
        "paper": colour("paper", paper),
        "inside": colour("inside", paper if inside is None else inside),
    }
    lengths = dict(given) | {"centre x": x, "centre y": y} | tints
    window = None
    if tile is not None:
        lengths["tile"] = side = numbers("tile", tile)
        require("tile", side, above=0)
        window = torch.stack(
            torch.broadcast_tensors(x - side / 2, x + side / 2, y - side / 2, y + side / 2)
        )
    count = together(lengths)
    channels = max(tint.shape[1] for tint in tints.values())
    tints = {name: tint.expand(-1, channels) for name, tint in tints.items()}
    try:
        place = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise InputError(f"{device!r} is no device; give one such as 'cpu' or 'cuda'.") from error
    canvas = Canvas(
        count=count,
        size=size,
        tints=Tints(**tints),
        window=window,
        device=place,
    )
    return Stage(x, y, canvas)
