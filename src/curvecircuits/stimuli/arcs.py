"""Circles and arcs by orientation and radius."""

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.stimuli.coverage import WIDE, edge_frame, half_plane, stroke
from curvecircuits.stimuli.options import Colour, Numbers, Place
from curvecircuits.stimuli.raster import REACH, RUN_X, RUN_Y, Blocks, Coverage, Pixels
from curvecircuits.stimuli.stage import stage

BEND = 1 / 3
"""Added to a squared distance in half pixels. A circle bends within a pixel, so that the mean of a
pixel's distance D from its centre is D + 1 / (24 D): the root of D^2 + 1/12, to that order."""

_STRAIGHT = 1e9
"""Greater radii are drawn as this one, which no image can tell from a line."""


def precision(radius: Tensor) -> torch.dtype:
    """Return the float type in which circles of these radii keep places to 1e-4 px."""
    return torch.float32 if float(radius.max()) <= 1000 else torch.float64


class Ring:
    """Circles through points: a stroke about the circle, a fill inside it, cut to an arc."""

    def __init__(
        self,
        point: tuple[Tensor, Tensor],
        orientation: Tensor,
        radius: Tensor,
        half: Tensor,
        arc: Tensor,
        *,
        stroked: bool = True,
        filled: bool = False,
    ) -> None:
        radius = radius.clamp(max=_STRAIGHT)
        angle, spread = torch.deg2rad(orientation), torch.deg2rad(arc / 2)
        x, y = point
        rows = [x - radius * torch.cos(angle), y - radius * torch.sin(angle), radius, half]
        self.cut = bool((arc < 360).any())
        if self.cut:
            for end in (angle + spread, angle - spread):
                rows += [torch.cos(end), torch.sin(end)]
            rows.append(arc)
        self.params = torch.stack(torch.broadcast_tensors(*rows))
        self.dtype = precision(radius)
        self.stroked, self.filled = stroked, filled
        self.wide = bool((half * 2 >= WIDE).all())

    def near(self, p: Tensor, blocks: Blocks) -> tuple[Tensor, Tensor | None]:
        """Return the blocks that the outline may touch, and those inside the fill."""
        cx, cy, r, half = p[:4]
        dx, dy = (blocks.x - cx).abs_(), (blocks.y - cy).abs_()
        reach = half + REACH
        # Squares of the least and the greatest distance in a block, compared by their parts.
        low = (r + reach).square() - (dy - RUN_Y).clamp_(min=0).square_()
        near = (dx - RUN_X).clamp_(min=0).square_() < low
        high = (r - reach).clamp(min=0).square() - (dy + RUN_Y).square_()
        farthest = (dx + RUN_X).square_()
        if not self.filled:
            return near.logical_and_(farthest > high), None
        if self.cut:  # the straight sides of a sector cross the inside
            return near, None
        within = farthest < high
        return near & ~within, within

    def cover(self, q: Tensor, pixels: Pixels) -> Coverage:
        """Return the shares of pixels covered by stroke and fill."""
        cx, cy, radius, half = q[:4]
        dx, dy = pixels.halves_from(cx, cy)
        distance = torch.addcmul(dx * dx, dy, dy).add_(BEND).sqrt_()
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
    r"""Draw circles, or arcs of them, through the image's centre.

    The circle of orientation t and radius r through a point p has its centre at
    p - r (cos t, sin t), y down, so that t is the direction of its outward normal at p: 0 is ")",
    90 is "U", 180 is "(", 270 is an arch. The stroke holds the points whose distance from the
    circle is at most width / 2, between the two radial lines that end the arc (butt ends).

    A pixel's value mixes the colours by the share of its square that each covers: the area under
    the tangent at the nearest point, in closed form, corrected for the mean bend of the circle.
    No pixel of a whole circle is off its exact share by more than 0.01 from radius 10 up, and by
    0.03 from radius 3; where an arc ends, by 0.05. Smaller circles, and the tip of a filled
    sector, are approximate.

    Parameters
    ----------
    orientation
        Direction of the outward normal at the centre point, in degrees.
    radius
        Radius of the stroke's middle line, in pixels.
    size
        Side of the images, in pixels.
    width
        Width of the stroke, in pixels.
    arc
        Extent in degrees of what is drawn of the circle, centred on the centre point.
    tile
        Side of the square window about the centre point outside of which only paper is drawn;
        None draws in the whole image.
    filled
        Fill the circle to its radius, without a stroke; with `arc`, the sector.
    ink, paper
        Colours of stroke (or filling) and background.
    inside
        Colour of the circle's inside; None is paper, or ink if `filled`.
    centre
        The point passed through, (x, y) in continuous pixels; None is the image's middle.
    device
        Where the images are made.

    Returns
    -------
    Tensor
        Images (N, c, size, size) in [0, 1]; c is 1 if all colours are greys, else 3. Numbers
        broadcast to N.

    Raises
    ------
    InputError
        If a number is not finite or out of range, lengths do not agree, or a colour leaves
        [0, 1].

    Notes
    -----
    The synthetic stimuli of Cammarata et al., "Curve Detectors" (Distill, 2020), section
    "Synthetic Curves", are whole circles in a 60-pixel tile.

    Examples
    --------
    >>> images = curves(orientation=[0, 90, 180, 270], radius=20, size=64)
    >>> images.shape
    torch.Size([4, 1, 64, 64])

    The ink of ")" lies left of the point it passes through:

    >>> ink = 1 - images[0, 0]
    >>> bool(ink[:, :31].sum() > ink[:, 33:].sum())
    True

    Two colours, inside and outside, without a stroke:

    >>> disc = curves(orientation=0, radius=9, size=32, filled=True, ink=(1, 0, 0), paper=(0, 0, 1))
    >>> disc[0, :, 16, 7]
    tensor([1., 0., 0.])
    """
    setting = stage(
        {"orientation": orientation, "radius": radius, "width": width, "arc": arc},
        size=size,
        tile=tile,
        ink=ink,
        paper=paper,
        inside=ink if inside is None and filled else inside,
        centre=centre,
        device=device,
    )
    ring = Ring(
        (setting.x, setting.y),
        setting["orientation"],
        setting["radius"],
        setting["width"] / 2,
        setting["arc"],
        stroked=not filled,
        filled=filled or inside is not None,
    )
    return setting.draw(ring)
