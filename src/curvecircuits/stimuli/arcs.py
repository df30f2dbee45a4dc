"""Circles and arcs by orientation and radius."""

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.stimuli.coverage import WIDE, edge_frame, half_plane, stroke
from curvecircuits.stimuli.options import Colour, Numbers, numbers, require
from curvecircuits.stimuli.raster import REACH, Coverage, Pixels, Strips
from curvecircuits.stimuli.stage import Place, stage

BEND = 1 / 3
"""Added to a squared distance in half pixels. A circle bends within a pixel, so that the mean of a
pixel's distance D from its centre is D + 1 / (24 D): the root of D^2 + 1/12, to that order."""

_SINGLE = 1000.0
"""Radii up to here are drawn in single precision: places then err by at most 1e-4 px."""

_STRAIGHT = 1e9
"""Greater radii are drawn as this one, which no image can tell from a line."""


class _Ring:
    """Circles through a point: a stroke about the circle, a fill inside it, cut to an arc."""

    def __init__(
        self,
        point: tuple[Tensor, Tensor],
        orientation: Tensor,
        radius: Tensor,
        half: Tensor,
        arc: Tensor,
        *,
        stroked: bool,
        filled: bool,
    ) -> None:
        radius = radius.clamp(max=_STRAIGHT)
        angle, spread = torch.deg2rad(orientation), torch.deg2rad(arc / 2)
        x, y = point
        rows = [
            x - radius * torch.cos(angle),
            y - radius * torch.sin(angle),
            radius,
            half,
        ]
        self.cut = bool((arc < 360).any())
        if self.cut:
            for end in (angle + spread, angle - spread):
                rows += [torch.cos(end), torch.sin(end)]
            rows.append(arc)
        self.params = torch.stack(torch.broadcast_tensors(*rows))
        self.dtype = torch.float32 if float(radius.max()) <= _SINGLE else torch.float64
        self.stroked, self.filled = stroked, filled
        self.wide = bool((half * 2 >= WIDE).all())

    def near(self, p: Tensor, strips: Strips) -> tuple[Tensor, Tensor | None]:
        cx, cy, r, half = p[:4]
        dx, dy = (strips.x - cx).abs(), strips.y - cy
        dy2 = dy * dy
        run = strips.length / 2
        nearest, farthest = (dx - run).clamp_(min=0).square_(), (dx + run).square_()
        reach = half + REACH
        outer = (r + reach).square() - dy2
        inner = (r - reach).clamp(min=0).square() - dy2
        near = nearest < outer
        if not self.filled:
            return near & (farthest > inner), None
        if self.cut:  # the straight sides of a sector cross the inside
            return near, None
        within = farthest < inner
        return near & ~within, within

    def cover(self, q: Tensor, pixels: Pixels) -> Coverage:
        cx, cy, radius, half = q[:4]
        dx, dy = pixels.halves_from(cx, cy)
        distance = torch.addcmul(dy * dy + BEND, dx, dx).sqrt_()
        frame = edge_frame(dx, dy)
        twice, width = radius * 2, half * 2
        line = fill = None
        if self.stroked:
            depth = (distance - twice).mul_(distance)
            line = stroke(depth, distance * width, frame, wide=self.wide)
        if self.filled:
            rim = twice - width if self.stroked else twice
            fill = half_plane((rim - distance).mul_(distance), frame)
        if self.cut:
            share = _sector(q[4:], dx, dy)
            line = None if line is None else line.mul_(share)
            fill = None if fill is None else fill.mul_(share)
        return line, fill


def _sector(q: Tensor, dx: Tensor, dy: Tensor) -> Tensor:
    """Return how much of each pixel lies between the radial lines that end an arc.

    `dx` and `dy` are in half pixels from the circle's centre.
    """
    ux, uy, vx, vy, arc = q
    past = half_plane(uy * dx - ux * dy, edge_frame(uy, ux))
    before = half_plane(vx * dy - vy * dx, edge_frame(vy, vx))
    # The sides of a narrow sector, or of a narrow gap, are near parallel and share pixels, where
    # what they leave uncovered adds. Towards a half circle each pixel meets one side alone.
    both = past + before
    share = torch.where(arc <= 180, torch.minimum(past, before), torch.maximum(past, before))
    share = torch.where(arc <= 90, (both - 1).clamp_(min=0), share)
    share = torch.where(arc >= 270, both.clamp_(max=1), share)
    return torch.where(arc >= 360, 1.0, share)


def curves(
    *,
    orientation: Numbers,
    radius: Numbers,
    size: int,
    width: Numbers = 2.0,
    arc: Numbers = 360.0,
    tile: Numbers | None = None,
    filled: bool = False,
    ink: Colour = 0.0,
    paper: Colour = 1.0,
    inside: Colour | None = None,
    centre: Place = None,
    device: str | torch.device = "cpu",
) -> Float[Tensor, "n c size size"]:
    """Draw circles, or arcs of them, that pass through the image's centre.
    """
    given = {
        "orientation": numbers("orientation", orientation),
        "radius": numbers("radius", radius),
        "width": numbers("width", width),
        "arc": numbers("arc", arc),
    }
    require("radius", given["radius"], above=0)
    require("width", given["width"], least=0)
    require("arc", given["arc"], above=0, most=360)
    if inside is None and filled:
        inside = ink
    setting = stage(
        given,
        size=size,
        tile=tile,
        ink=ink,
        paper=paper,
        inside=inside,
        centre=centre,
        device=device,
    )
    ring = _Ring(
        (setting.x, setting.y),
        given["orientation"],
        given["radius"],
        given["width"] / 2,
        given["arc"],
        stroked=not filled,
        filled=inside is not None,
    )
    return setting.canvas.draw(ring)
