"""Straight lines by orientation."""

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.stimuli.coverage import WIDE, edge_frame, stroke
from curvecircuits.stimuli.options import Colour, Numbers, numbers, require
from curvecircuits.stimuli.raster import REACH, Coverage, Pixels, Strips
from curvecircuits.stimuli.stage import Place, stage


class _Bar:
    """Straight strokes through a point: the pixels within `half` of a line, cut to a length."""

    dtype = torch.float32

    def __init__(
        self,
        point: tuple[Tensor, Tensor],
        orientation: Tensor,
        half: Tensor,
        length: Tensor | None,
    ) -> None:
        angle = torch.deg2rad(orientation)
        nx, ny = torch.cos(angle), torch.sin(angle)
        ends = [] if length is None else [length / 2]
        self.params = torch.stack(torch.broadcast_tensors(*point, nx, ny, half, *ends))
        self.wide = all(bool((span * 2 >= WIDE).all()) for span in (half, *ends))

    def near(self, p: Tensor, strips: Strips) -> tuple[Tensor, Tensor | None]:
        x, y, nx, ny, half, *ends = p
        dx, dy, run = strips.x - x, strips.y - y, strips.length / 2
        near = (nx * dx + ny * dy).abs_() < half + REACH + run * nx.abs()
        for end in ends:
            near &= (nx * dy - ny * dx).abs_() < end + REACH + run * ny.abs()
        return near, None

    def cover(self, q: Tensor, pixels: Pixels) -> Coverage:
        x, y, nx, ny, half, *ends = q
        dx, dy = pixels.halves_from(x, y)
        frame = edge_frame(nx, ny)
        line = stroke(torch.addcmul(ny * dy, nx, dx), half * 2, frame, wide=self.wide)
        for end in ends:
            along = torch.addcmul(nx * dy, ny, dx, value=-1)
            line *= stroke(along, end * 2, frame, wide=self.wide)
        return line, None


def lines(
    *,
    orientation: Numbers,
    size: int,
    length: Numbers | None = None,
    width: Numbers = 2.0,
    offset: Numbers = 0.0,
    along: Numbers = 0.0,
    tile: Numbers | None = None,
    ink: Colour = 0.0,
    paper: Colour = 1.0,
    centre: Place = None,
    device: str | torch.device = "cpu",
) -> Float[Tensor, "n c size size"]:
    """Draw straight lines."""
    given = {
        "orientation": numbers("orientation", orientation),
        "width": numbers("width", width),
        "offset": numbers("offset", offset),
        "along": numbers("along", along),
    }
    if length is not None:
        given["length"] = numbers("length", length)
        require("length", given["length"], above=0)
    require("width", given["width"], least=0)
    setting = stage(
        given,
        size=size,
        tile=tile,
        ink=ink,
        paper=paper,
        inside=None,
        centre=centre,
        device=device,
    )
    angle = torch.deg2rad(given["orientation"])
    nx, ny = torch.cos(angle), torch.sin(angle)
    point = (
        setting.x + given["offset"] * nx - given["along"] * ny,
        setting.y + given["offset"] * ny + given["along"] * nx,
    )
    bar = _Bar(point, given["orientation"], given["width"] / 2, given.get("length"))
    return setting.canvas.draw(bar)
