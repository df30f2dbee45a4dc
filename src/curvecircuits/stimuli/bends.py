"""Shapes between lines and curves: angles, and angles with a rounded corner."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.stimuli.arcs import BEND, precision
from curvecircuits.stimuli.coverage import WIDE, edge_frame, half_plane, stroke
from curvecircuits.stimuli.options import Colour, Numbers, Place
from curvecircuits.stimuli.raster import REACH, RUN_X, RUN_Y, Blocks, Coverage, Pixels
from curvecircuits.stimuli.stage import stage

_RUN = math.hypot(RUN_X, RUN_Y)


class _Bend:
    """Two straight arms that leave an arc along its end tangents, mirrored about its apex.

    In the frame of the orientation (u along the normal, v along the tangent, origin at the arc's
    centre) all is symmetric in v, so that distances are measured at (u, |v|): to the arc where the
    polar angle is below the half spread, else to the arm's line.
    """

    def __init__(
        self,
        point: tuple[Tensor, Tensor],
        orientation: Tensor,
        radius: Tensor,
        spread: Tensor,
        arm: Tensor | None,
        half: Tensor,
    ) -> None:
        angle, turn = torch.deg2rad(orientation), torch.deg2rad(spread)
        nx, ny = torch.cos(angle), torch.sin(angle)
        x, y = point[0] - radius * nx, point[1] - radius * ny
        rows = [x, y, nx, ny, radius, torch.cos(turn), torch.sin(turn), half]
        self.params = torch.stack(torch.broadcast_tensors(*rows, *([] if arm is None else [arm])))
        self.dtype = precision(radius)
        self.wide = bool((half * 2 >= WIDE).all())

    def near(self, p: Tensor, blocks: Blocks) -> tuple[Tensor, Tensor | None]:
        """Return the blocks that the outline may touch, and those inside the fill."""
        x, y, nx, ny, radius, cos, sin, half, *arm = p
        u, v = _turned(nx, ny, blocks.x - x, blocks.y - y)
        v = v.abs_()
        along = v * cos - u * sin
        off = torch.where(along < 0, torch.hypot(u, v), u * cos + v * sin).sub_(radius)
        reach = half + REACH + _RUN
        near = off.abs_() < reach
        for length in arm:
            near &= along < length + reach
        return near, None

    def cover(self, q: Tensor, pixels: Pixels) -> Coverage:
        """Return the shares of pixels covered by stroke and fill."""
        x, y, nx, ny, radius, cos, sin, half, *arm = q
        u, v = _turned(nx, ny, *pixels.halves_from(x, y))
        v_abs = v.abs()
        along = v_abs * cos - u * sin  # beyond the point where the arm leaves the arc
        on_arc = along < 0
        distance = torch.addcmul(u * u + BEND, v, v).sqrt_()
        off = torch.where(on_arc, distance, u * cos + v_abs * sin).sub_(radius * 2)
        side = sin.expand_as(v).copysign(v)
        normal_u = torch.where(on_arc, u / distance, cos)
        normal_v = torch.where(on_arc, v / distance, side)
        line = stroke(off, half * 2, _frame(nx, ny, normal_u, normal_v), wide=self.wide)
        for length in arm:
            line *= half_plane(length * 2 - along, _frame(nx, ny, cos, side))
        return line, None


def _turned(nx: Tensor, ny: Tensor, dx: Tensor, dy: Tensor) -> tuple[Tensor, Tensor]:
    """Return the parts of (dx, dy) along the normal and along the tangent (-ny, nx)."""
    return nx * dx + ny * dy, nx * dy - ny * dx


def _frame(nx: Tensor, ny: Tensor, u: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Return the edge frame of a normal given by its parts along (nx, ny) and (-ny, nx)."""
    return edge_frame(nx * u - ny * v, ny * u + nx * v)


def angles(
    *,
    orientation: Numbers,
    opening: Numbers,
    size: int,
    length: Numbers | None = None,
    width: Numbers = 2.0,
    tile: Numbers | None = None,
    ink: Colour = 0.0,
    paper: Colour = 1.0,
    centre: Place = None,
    device: str | torch.device = "cpu",
) -> Float[Tensor, "n c size size"]:
    """Draw angles: two arms from a vertex at the centre, which points along the orientation.

    The bisector of the arms runs opposite to the orientation, so that an angle and a curve of one
    orientation bend the same way. The stroke holds the points at most width / 2 from the arms;
    the corner is round outside and sharp inside, the arms' ends are butt.

    Parameters
    ----------
    orientation
        Direction in which the vertex points, in degrees: 0 is ">".
    opening
        Degrees between the arms, above 0; 180 is a straight line.
    size
        Side of the images, in pixels.
    length
        Length of each arm, in pixels; None runs to the image's edge.
    width, tile, ink, paper, centre, device
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

    Notes
    -----
    Cammarata et al., "Curve Detectors" (Distill, 2020), section "Synthetic Angles".

    Examples
    --------
    >>> image = 1 - angles(orientation=0, opening=90, size=32, length=12)[0, 0]
    >>> bool(image[:, :16].sum() > 10 * image[:, 17:].sum())
    True
    """
    setting = stage(
        {"orientation": orientation, "opening": opening, "length": length, "width": width},
        size=size,
        tile=tile,
        ink=ink,
        paper=paper,
        centre=centre,
        device=device,
    )
    bend = _Bend(
        (setting.x, setting.y),
        setting["orientation"],
        torch.zeros(1, dtype=torch.float64),
        90 - setting["opening"] / 2,
        setting.get("length"),
        setting["width"] / 2,
    )
    return setting.draw(bend)


def morph(
    *,
    orientation: Numbers,
    radius: Numbers,
    amount: Numbers,
    size: int,
    arc: Numbers = 90.0,
    width: Numbers = 2.0,
    tile: Numbers | None = None,
    ink: Colour = 0.0,
    paper: Colour = 1.0,
    centre: Place = None,
    device: str | torch.device = "cpu",
) -> Float[Tensor, "n c size size"]:
    """Draw shapes on the way from an angle to a curve.

    At amount a the corner is an arc of radius a r through the centre, of extent `arc`, and two
    arms of length (1 - a) r arc / 2 (arc in radians) leave its ends along the tangents. So at every
    amount the end directions and the length r arc of the whole line are the same: at 0 it is the
    angle of opening 180 - arc, at 1 the curve of radius r and extent `arc`.

    Parameters
    ----------
    orientation
        Direction of the outward normal at the centre point, in degrees.
    radius
        Radius r of the curve at amount 1, in pixels.
    amount
        From 0, the angle, to 1, the curve.
    size
        Side of the images, in pixels.
    arc
        Degrees by which the line turns, above 0 and below 180.
    width, tile, ink, paper, centre, device
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

    Notes
    -----
    Cammarata et al., "Curve Detectors" (Distill, 2020), section "Synthetic Angles", show such
    a transition in four steps.

    Examples
    --------
    >>> from curvecircuits.stimuli import curves
    >>> steps = morph(orientation=90, radius=20, amount=[0, 0.5, 1], size=64)
    >>> curve = curves(orientation=90, radius=20, arc=90, size=64)
    >>> bool((steps[2] - curve[0]).abs().max() < 0.01)
    True
    """
    setting = stage(
        {
            "orientation": orientation,
            "radius": radius,
            "amount": amount,
            "arc": arc,
            "width": width,
        },
        size=size,
        tile=tile,
        ink=ink,
        paper=paper,
        centre=centre,
        device=device,
        arc_below=180,
    )
    rounding = setting["amount"] * setting["radius"]
    spread = setting["arc"] / 2
    bend = _Bend(
        (setting.x, setting.y),
        setting["orientation"],
        rounding,
        spread,
        (setting["radius"] - rounding) * torch.deg2rad(spread),
        setting["width"] / 2,
    )
    return setting.draw(bend)
