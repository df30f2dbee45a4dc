"""Two arcs in one image: S-curves, and pairs side by side."""

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.stimuli.arcs import Ring
from curvecircuits.stimuli.options import Colour, Numbers, Place
from curvecircuits.stimuli.raster import Blocks, Coverage, Pixels
from curvecircuits.stimuli.stage import stage


class _Pair:
    """Two strokes at once. Where both cover a pixel, the shares add if `jointly`, else do not."""

    def __init__(self, one: Ring, other: Ring, *, jointly: bool) -> None:
        self.shapes = (one, other)
        count = max(one.params.shape[1], other.params.shape[1])
        self.params = torch.cat((one.params.expand(-1, count), other.params.expand(-1, count)))
        self.dtype = torch.promote_types(one.dtype, other.dtype)
        self.jointly = jointly

    def near(self, p: Tensor, blocks: Blocks) -> tuple[Tensor, Tensor | None]:
        """Return the blocks that the outline may touch, and those inside the fill."""
        one, other = (
            shape.near(part, blocks)[0] for shape, part in zip(self.shapes, p.chunk(2), strict=True)
        )
        return one | other, None

    def cover(self, q: Tensor, pixels: Pixels) -> Coverage:
        """Return the shares of pixels covered by stroke and fill."""
        one, other = (
            torch.as_tensor(shape.cover(part, pixels)[0])
            for shape, part in zip(self.shapes, q.chunk(2), strict=True)
        )
        return (one + other).clamp_(max=1) if self.jointly else torch.maximum(one, other), None


def s_curves(
    *,
    orientation: Numbers,
    radius: Numbers,
    size: int,
    arc: Numbers = 90.0,
    mirrored: bool = False,
    width: Numbers = 2.0,
    tile: Numbers | None = None,
    ink: Colour = 0.0,
    paper: Colour = 1.0,
    centre: Place = None,
    device: str | torch.device = "cpu",
) -> Float[Tensor, "n c size size"]:
    """Draw S-curves: two arcs of opposite curvature that join at the centre, tangents in common.

    With normal n = (cos t, sin t) and tangent (-sin t, cos t) at the centre p, one arc leaves p
    along the tangent on the circle about p - r n, the other against it on the circle about p + r n;
    each turns by `arc`. A half turn leaves the shape as it is, so that orientation counts modulo
    180 degrees. Orientation 0 is upright: an "S", or its mirror image.

    Parameters
    ----------
    orientation
        Direction of the normal at the joint, in degrees.
    radius
        Radius of both arcs, in pixels.
    size
        Side of the images, in pixels.
    arc
        Degrees by which each arc turns, above 0 and below 270.
    mirrored
        Reverse the tangent: the shape of the other hand.
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

    Examples
    --------
    >>> images = s_curves(orientation=[0, 180], radius=10, size=48)
    >>> bool((images[0] - images[1]).abs().max() < 1e-3)
    True
    """
    setting = stage(
        {"orientation": orientation, "radius": radius, "arc": arc, "width": width},
        size=size,
        tile=tile,
        ink=ink,
        paper=paper,
        centre=centre,
        device=device,
        arc_below=270,
    )
    reach, spread = setting["radius"], setting["arc"]
    swing = -spread / 2 if mirrored else spread / 2
    rings: list[Ring] = []
    for normal in (setting["orientation"], setting["orientation"] + 180):
        # A ring is centred on its arc's middle, half the arc on from the joint.
        joint, middle = torch.deg2rad(normal), torch.deg2rad(normal + swing)
        point = (
            setting.x + reach * (torch.cos(middle) - torch.cos(joint)),
            setting.y + reach * (torch.sin(middle) - torch.sin(joint)),
        )
        rings.append(Ring(point, normal + swing, reach, setting["width"] / 2, spread))
    return setting.draw(_Pair(rings[0], rings[1], jointly=True))


def two_arcs(
    *,
    orientation: Numbers,
    radius: Numbers,
    separation: Numbers,
    size: int,
    second_orientation: Numbers | None = None,
    second_radius: Numbers | None = None,
    arc: Numbers = 90.0,
    width: Numbers = 2.0,
    tile: Numbers | None = None,
    ink: Colour = 0.0,
    paper: Colour = 1.0,
    centre: Place = None,
    device: str | torch.device = "cpu",
) -> Float[Tensor, "n c size size"]:
    """Draw pairs of arcs, one on each side of the centre.

    With normal n of the first orientation, the first arc passes through p + s n / 2 and the second
    through p - s n / 2, where s is the separation, of either sign. The default second arc is the
    first one shifted: "))". A second orientation turned by 180 degrees gives "()" if s is positive
    and ")(", back to back, if it is negative. A second radius of r - s makes them concentric.

    Parameters
    ----------
    orientation, radius
        Of the first arc, in degrees and pixels, as for `curves`.
    separation
        From the second arc to the first, along the first's normal, in pixels.
    size
        Side of the images, in pixels.
    second_orientation, second_radius
        Of the second arc; None repeats the first's.
    arc
        Extent of both arcs, in degrees.
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

    Examples
    --------
    >>> back_to_back = two_arcs(
    ...     orientation=0, second_orientation=180, radius=12, separation=-4, size=48
    ... )
    >>> back_to_back[0, 0, 24, 20:28].round()
    tensor([1., 0., 0., 1., 1., 0., 0., 1.])
    """
    setting = stage(
        {
            "orientation": orientation,
            "radius": radius,
            "separation": separation,
            "second_orientation": orientation if second_orientation is None else second_orientation,
            "second_radius": radius if second_radius is None else second_radius,
            "arc": arc,
            "width": width,
        },
        size=size,
        tile=tile,
        ink=ink,
        paper=paper,
        centre=centre,
        device=device,
    )
    angle, apart = torch.deg2rad(setting["orientation"]), setting["separation"] / 2
    across, down = apart * torch.cos(angle), apart * torch.sin(angle)
    half, spread = setting["width"] / 2, setting["arc"]
    first = Ring(
        (setting.x + across, setting.y + down),
        setting["orientation"],
        setting["radius"],
        half,
        spread,
    )
    second = Ring(
        (setting.x - across, setting.y - down),
        setting["second_orientation"],
        setting["second_radius"],
        half,
        spread,
    )
    return setting.draw(_Pair(first, second, jointly=False))
