"""Small moves of a picture while it changes, so that it does not depend on single pixels."""

from dataclasses import dataclass
from math import inf, pi

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from curvecircuits.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """How far a picture is moved at random at each step: all uniform, from −x to x.

    Parameters
    ----------
    jitter
        Pixels, down and across.
    rotation
        Degrees.
    scale
        Share of its size.

    Raises
    ------
    InputError
        For moves that are negative or not finite, and turns or scales that leave nothing of the
        picture.

    References
    ----------
    Olah et al., "Feature Visualization", Distill 2017, section "The Enemy of Feature
    Visualization"; smaller moves for earlier layers as in Olah et al., "An Overview of Early
    Vision in InceptionV1", Distill 2020.
    """

    jitter: float = 0.0
    rotation: float = 0.0
    scale: float = 0.0

    def __post_init__(self) -> None:
        fits = 0 <= self.jitter < inf and 0 <= self.rotation <= 180 and 0 <= self.scale < 1
        if not fits:
            raise InputError(
                f"Moves of {self.jitter} px, {self.rotation}° and {self.scale} are no robustness: "
                "jitter is 0 or more and finite, rotation 0 to 180, scale 0 to below 1."
            )

    @staticmethod
    def of(receptive_field: int) -> "Robustness":
        """The moves for a layer, which grow with its receptive field.

        A sixteenth of the field in pixels, but two at least, so that no pattern can settle on the
        grid of the first layer's strides; a degree for every sixteen pixels, but ten at most; and
        a scale that moves the border of the field as far as that turn does.

        >>> Robustness.of(11)
        Robustness(jitter=2.0, rotation=0.7, scale=0.012)
        >>> Robustness.of(91)
        Robustness(jitter=5.7, rotation=5.7, scale=0.099)
        """
        share = receptive_field / 16
        turn = round(min(share, 10.0), 1)
        return Robustness(
            jitter=max(2.0, round(share, 1)), rotation=turn, scale=round(turn * pi / 180, 3)
        )

    def draws(self, steps: int, generator: torch.Generator) -> Float[Tensor, "steps 4"]:
        """For each step: pixels down and right, degrees, and change of size."""
        size = torch.tensor([self.jitter, self.jitter, self.rotation, self.scale])
        return (2 * torch.rand(steps, 4, generator=generator) - 1) * size


def moved(
    pictures: Float[Tensor, "n c h w"],
    draws: Float[Tensor, "n 4"],
    *,
    size: tuple[int, int],
    middle: tuple[float, float],
) -> Float[Tensor, "n c p q"]:
    """A window of each picture, moved by its own draw; mid-grey beyond its border.

    The middle of the picture comes to lie at pixel `middle` of the window. All moves are one
    bilinear sampling.

    Parameters
    ----------
    draws
        Pixels down and right, degrees clockwise, and change of size.
    size, middle
        Of the window.
    """
    height, width = pictures.shape[2:]
    down, right, turn, scale = draws.to(pictures).unbind(1)
    cosine, sine = torch.cos(turn * pi / 180), torch.sin(turn * pi / 180)
    grown = 1 + scale
    y = torch.arange(size[0], device=pictures.device, dtype=pictures.dtype) - middle[0]
    x = torch.arange(size[1], device=pictures.device, dtype=pictures.dtype) - middle[1]
    y, x = y[None, :, None], x[None, None, :]
    rows = (cosine[:, None, None] * y - sine[:, None, None] * x) / grown[:, None, None]
    columns = (sine[:, None, None] * y + cosine[:, None, None] * x) / grown[:, None, None]
    rows = rows - down[:, None, None]
    columns = columns - right[:, None, None]
    # `grid_sample` counts from −1 to 1 over the outer edges of the pixels.
    grid = torch.stack([2 * columns / width, 2 * rows / height], -1)
    return 0.5 + F.grid_sample(
        pictures - 0.5, grid, mode="bilinear", padding_mode="zeros", align_corners=False
    )


def straight(
    pictures: Float[Tensor, "n c h w"], *, size: tuple[int, int], middle: tuple[float, float]
) -> Float[Tensor, "n c p q"]:
    """The window of pictures that are not moved."""
    return moved(pictures, torch.zeros(len(pictures), 4), size=size, middle=middle)
