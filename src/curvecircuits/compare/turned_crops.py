"""Round crops of photographs, turned about the point that a unit looks at."""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

_GREY = 0.5
_FADE = 1 / 8
"""Of the effective receptive field: the width of the window's soft edge."""
_SPARE = 2
"""Pixels that bicubic resampling reads beyond the window."""


@dataclass(frozen=True, kw_only=True)
class Crop:
    """A square of a photograph around the point that a unit looks at."""

    image: int
    """Index of the photograph among those given."""
    path: str | None
    """Its file, or its name in the set; None for tensors."""
    centre: tuple[float, float]
    """(x, y) of the point in the framed photograph: pixel i covers [i, i + 1)."""
    value: float
    """What crops were ranked by: the unit's response, or for random crops a random number."""
    reflected: bool
    """Whether the square reaches beyond the photograph, which is mirrored there."""
    middle: tuple[float, float]
    """The same point within the square."""
    square: Float[Tensor, "3 side side"] = field(repr=False)
    """RGB in [0, 1]."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A disc with a soft edge: whole to `radius`, then a raised cosine to nothing at `reach`.

    Parameters
    ----------
    field
        Side in pixels of the effective receptive field. The disc holds this square however it is
        turned: radius = field / √2, reach = radius + field / 8.

    Examples
    --------
    >>> window = Window(field=40.0)
    >>> round(window.radius, 1), round(window.reach, 1), window.side
    (28.3, 33.3, 73)
    >>> window.weight(torch.tensor([0.0, 28.0, 34.0])).tolist()
    [1.0, 1.0, 0.0]
    """

    field: float

    @property
    def radius(self) -> float:
        """Pixels from the centre to where the soft edge begins."""
        return self.field / math.sqrt(2)

    @property
    def reach(self) -> float:
        """Pixels from the centre to where nothing of a crop is left."""
        return self.radius + _FADE * self.field

    @property
    def side(self) -> int:
        """Side in pixels of the square that holds the disc and what resampling reads beside it."""
        return 2 * (math.ceil(self.reach) + _SPARE) + 1

    def weight(self, distance: Tensor) -> Tensor:
        """How much of the crop is seen at distances in pixels from the centre, 1 to 0."""
        share = ((distance - self.radius) / (self.reach - self.radius)).clamp(0, 1)
        return (1 + torch.cos(math.pi * share)) / 2


def cut(
    pixels: Float[Tensor, "3 h w"],
    centre: tuple[float, float],
    window: Window,
    *,
    image: int = 0,
    path: str | None = None,
    value: float = math.nan,
) -> Crop:
    """Cut the square of a window around a point, mirrored where it leaves the image.

    Examples
    --------
    >>> crop = cut(torch.rand(3, 60, 60), (30.2, 5.0), Window(field=20.0))
    >>> tuple(crop.square.shape), crop.reflected
    ((3, 39, 39), True)
    >>> tuple(round(x, 1) for x in crop.middle)
    (19.2, 19.0)
    """
    height, width = pixels.shape[1:]
    (x, left), (y, top) = ((c, _first(c, window.side)) for c in centre)
    rows, columns = (
        _mirrored(first, window.side, length) for first, length in ((top, height), (left, width))
    )
    return Crop(
        image=image,
        path=path,
        centre=(float(x), float(y)),
        value=value,
        reflected=min(left, top) < 0 or left + window.side > width or top + window.side > height,
        middle=(float(x - left), float(y - top)),
        square=pixels[:, rows][:, :, columns].float().cpu().clone(),
    )


def turned_crop(
    crop: Crop,
    degrees: Float[Tensor, " turns"],
    *,
    size: int,
    centre: tuple[float, float],
    window: Window,
) -> Float[Tensor, "turns 3 size size"]:
    """A crop turned clockwise on screen about its point, on a grey canvas, in a soft disc.

    Pixel q of the canvas, from `centre`, shows the crop at R(−θ) q from its point, by one bicubic
    resampling from the photograph for every turn, 0 included; w(|q|) · crop + (1 − w) · 0.5.

    Parameters
    ----------
    degrees
        Turns θ. A curve of orientation o in the crop has o + θ on the canvas.
    size
        Side of the canvas, in pixels.
    centre
        (x, y) of where the crop's point comes to lie: pixel i covers [i, i + 1).

    Examples
    --------
    >>> image = torch.zeros(3, 41, 41)
    >>> image[:, 19:22, 28:31] = 1  # right of the centre
    >>> crop = cut(image, (20.5, 20.5), Window(field=20.0))
    >>> below = turned_crop(
    ...     crop, torch.tensor([90.0]), size=41, centre=(20.5, 20.5), window=Window(field=20.0)
    ... )
    >>> [round(float(below[0, 0, y, x]), 2) for y, x in ((29, 20), (20, 29), (0, 0))]
    [1.0, 0.0, 0.5]
    """
    at = torch.arange(size) + 0.5
    x, y = (at - centre[0])[None, :], (at - centre[1])[:, None]
    angle = torch.deg2rad(degrees)[:, None, None]
    # Where each pixel was before the turn: turned back by the same angle.
    from_x = x * angle.cos() + y * angle.sin() + crop.middle[0]
    from_y = y * angle.cos() - x * angle.sin() + crop.middle[1]
    grid = 2 * torch.stack([from_x, from_y], -1) / window.side - 1
    source = crop.square.expand(len(degrees), -1, -1, -1)
    shown = F.grid_sample(source, grid, "bicubic", "border", align_corners=False).clamp(0, 1)
    return _GREY + window.weight(x.hypot(y)) * (shown - _GREY)


def _first(centre: float, side: int) -> int:
    """The first pixel of a square of odd side whose middle pixel holds the point."""
    return math.floor(centre) - side // 2


def _mirrored(first: int, count: int, length: int) -> Tensor:
    """Indices of pixels from `first` on, as if the axis were repeated mirrored at its ends."""
    at = torch.arange(first, first + count) % (2 * length)
    return torch.where(at < length, at, 2 * length - 1 - at)
