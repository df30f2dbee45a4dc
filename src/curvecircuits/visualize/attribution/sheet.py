"""A sheet of images, their attribution pictures and their saliency, in one frame."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from curvecircuits.errors import InputError
from curvecircuits.visualize.attribution.records import AttributionPicture
from curvecircuits.visualize.sheets import Sheet, lit, picture

_CELL = 128
_ACROSS = 2
"""Attributions side by side."""


def attribution_sheet(
    pictures: Sequence[AttributionPicture], *, title: str = "What of an image moves a unit"
) -> Image.Image:
    """Draw an image, its attribution picture and its saliency side by side, for each of a list.

    Attribution pictures are drawn before white where they are not opaque, saliency as the image,
    lit where it is high. Beneath are the unit's pre-activation, what its weights say it is, and the
    agreement of the picture's attribution with that of its own image and of others.

    Parameters
    ----------
    pictures
        From `attribution_pictures`, of any units and networks.
    title
        Of the sheet.

    Raises
    ------
    InputError
        For no pictures.

    Examples
    --------
    >>> import torch
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.visualize.attribution.pictures import attribution_pictures
    >>> images = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    >>> found = attribution_pictures(artificial_network(), "3b:0", images, layer="3a", steps=2)
    >>> attribution_sheet(found).mode
    'RGB'

    References
    ----------
    Cammarata et al., "Curve Detectors", Distill 2020; "Curve Circuits", Distill 2021.
    """
    if not pictures:
        raise InputError("A sheet of attributions has at least one of them.")
    sheet = Sheet(columns=3 * min(_ACROSS, len(pictures)), cell=_CELL)
    sheet.title(title, "Image, attribution picture, and saliency, all in one frame")
    for start in range(0, len(pictures), _ACROSS):
        some = pictures[start : start + _ACROSS]
        sheet.row([drawn for each in some for drawn in _three(each)])
        sheet.labels(
            [
                text
                for each in some
                for text in (
                    f"{each.found.unit} of {each.found.model}",
                    f"{each.found.signed}, {each.found.layer}",
                    f"z {each.found.actual:,.4g}, by weights {each.found.predicted:,.4g}",
                )
            ]
        )
        sheet.labels(
            [
                text
                for each in some
                for text in (
                    f"image {each.found.image} at {each.found.position}",
                    f"alike: own {_two(each.found.alike.own)}",
                    f"other images {_two(each.found.alike.other)}",
                )
            ],
            pale=True,
        )
    return sheet.image()


def _three(each: AttributionPicture) -> list[Image.Image]:
    crop = (each.crop.clamp(0, 1) * 255).round().numpy().astype(np.uint8)
    light = lit(crop, each.saliency.double().numpy())
    return [picture(crop), each.picture.pillow(behind=1.0), light]


def _two(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"
