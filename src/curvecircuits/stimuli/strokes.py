"""Straight lines by orientation."""

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.stimuli.coverage import WIDE, edge_frame, stroke
from curvecircuits.stimuli.options import Colour, Numbers, Place
from curvecircuits.stimuli.raster import REACH, RUN_X, RUN_Y, Blocks, Coverage, Pixels
from curvecircuits.stimuli.stage import stage


class Bar:
    """Straight strokes: pixels within `half` of a line through a point, cut to a length."""

    dtype = torch.float32

    def __init__(
        self,
        point: tuple[Tensor, Tensor],
        normal: tuple[Tensor, Tensor],
        half: Tensor,
        length: Tensor | None,
    ) -> None:
        spans = [half] if length is None else [half, length / 2]
        self.params = torch.stack(torch.broadcast_tensors(*point, *normal, *spans))
        self.wide = all(bool((span * 2 >= WIDE).all()) for span in spans)

    def near(self, p: Tensor, blocks: Blocks) -> tuple[Tensor, Tensor | None]:
        """Return the blocks that the outline may touch, and those inside the fill."""
        x, y, nx, ny, half, *ends = p
        dx, dy = blocks.x - x, blocks.y - y
        ax, ay = nx.abs(), ny.abs()
        near = (nx * dx + ny * dy).abs_() < half + REACH + RUN_X * ax + RUN_Y * ay
        for end in ends:
            near &= (nx * dy - ny * dx).abs_() < end + REACH + RUN_X * ay + RUN_Y * ax
        return near, None

    def cover(self, q: Tensor, pixels: Pixels) -> Coverage:
        """Return the shares of pixels covered by stroke and fill."""
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
    """Draw straight lines.

    The line of orientation t holds the points whose distance along its normal (cos t, sin t) from
    the middle p is at most width / 2, and along its tangent (-sin t, cos t) at most length / 2; p
    is the centre, moved by `offset` along the normal and by `along` along the tangent. Orientation
    counts modulo 180 degrees where both are 0: 0 is vertical, 90 horizontal. Each pixel takes the
    exact share of its square between the two edges; at the four corners of a line with a length,
    the product of the shares along and across.

    Parameters
    ----------
    orientation
        Direction of the normal, in degrees.
    size
        Side of the images, in pixels.
    length
        Length, in pixels; None runs across the image.
    width
        Width, in pixels.
    offset, along
        Where the line's middle lies from the centre, along normal and tangent, in pixels.
    tile, ink, paper, centre, device
        As for `curves`.

    Returns
    -------
    Tensor
        Images (N, c, size, size) in [0, 1], as for `curves`.

    Raises
    ------
    InputError
        If a number is not finite or out of range, lengths do not agree, or a colour leaves
        [0, 1].

    Examples
    --------
    >>> images = lines(orientation=[0, 90], size=32, length=10, width=2)
    >>> (1 - images).sum(dim=(1, 2, 3))
    tensor([20., 20.])
    >>> images[0, 0, 16, 14:18]
    tensor([1., 0., 0., 1.])
    """
    setting = stage(
        {
            "orientation": orientation,
            "length": length,
            "width": width,
            "offset": offset,
            "along": along,
        },
        size=size,
        tile=tile,
        ink=ink,
        paper=paper,
        centre=centre,
        device=device,
    )
    angle = torch.deg2rad(setting["orientation"])
    nx, ny = torch.cos(angle), torch.sin(angle)
    point = (
        setting.x + setting["offset"] * nx - setting["along"] * ny,
        setting.y + setting["offset"] * ny + setting["along"] * nx,
    )
    return setting.draw(Bar(point, (nx, ny), setting["width"] / 2, setting.get("length")))
