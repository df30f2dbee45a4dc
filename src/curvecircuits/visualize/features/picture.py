"""A finished feature visualization: its pixels, and everything that it was made with."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.store import Record, dump, load, write_atomic

_CHUNK = "curvecircuits"
"""Name of the text in a PNG file that holds the record."""


@dataclass(frozen=True, kw_only=True)
class Made(Record):
    """What a picture shows and how it was made; the text that its PNG file carries."""

    SCHEMA = "curvecircuits.picture/1"

    objective: str
    """What was asked for, such as 3b:358."""
    objective_key: str
    """SHA-256 of what was asked for: layers, channels and weights."""
    kind: Literal["optimised", "weights"]
    """`weights`: the unit's own filter, as its layer is the first."""
    activation: float
    """The objective on the picture as it is; with opacity, before mid-grey."""
    field: tuple[int, int]
    """Height and width that the objective sees, in pixels, around the middle of the picture."""
    model: str
    model_hash: str
    """SHA-256 of the weights."""
    weights: str
    """Where they came from."""
    number: int
    """Which of several pictures of one objective."""
    seed: int
    steps: int
    rate: float
    pull: float
    grey: bool
    alpha: bool
    jitter: float
    """Pixels."""
    rotation: float
    """Degrees."""
    scale: float
    """Share of the size."""
    batch: int
    """Pictures that were climbed together."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """A picture that raises an objective."""

    image: Float[Tensor, "channels h w"]
    """RGB in [0, 1]; a fourth channel is opacity. The objective is read in the middle."""
    made: Made

    @property
    def activation(self) -> float:
        """The objective on the picture as it is."""
        return self.made.activation

    def rgb(self, *, behind: float = 0.5) -> Float[Tensor, "3 h w"]:
        """The colours, before an even background where the picture is not opaque."""
        if len(self.image) == 3:
            return self.image
        opacity = self.image[3:]
        return self.image[:3] * opacity + behind * (1 - opacity)

    def pillow(self, *, side: int | None = None, behind: float | None = None) -> Image.Image:
        """The picture as Pillow has it.

        Parameters
        ----------
        side
            Enlarge or reduce the longer side to so many pixels; by default one pixel is one.
        behind
            Lay it before an even background, as `rgb` does; by default its opacity is kept.
        """
        image = self.image if behind is None else self.rgb(behind=behind)
        values = (image.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
        drawn = Image.fromarray(np.ascontiguousarray(values.transpose(1, 2, 0)))
        if side is None:
            return drawn
        share = side / max(drawn.size)
        size = (max(1, round(drawn.width * share)), max(1, round(drawn.height * share)))
        return drawn.resize(size, Image.Resampling.LANCZOS)

    def save(self, path: str | Path, *, side: int | None = None) -> Path:
        """Write a PNG file that carries `made` as JSON, under the key `curvecircuits`.

        Raises
        ------
        InputError
            When the file cannot be written there.

        Examples
        --------
        >>> picture.save("3b-358.png")  # doctest: +SKIP
        >>> read_made("3b-358.png").seed  # doctest: +SKIP
        0
        """
        info = PngInfo()
        info.add_itxt(_CHUNK, json.dumps(dump(self.made), ensure_ascii=False))
        stream = io.BytesIO()
        self.pillow(side=side).save(stream, format="PNG", pnginfo=info, optimize=True)
        return write_atomic(path, stream.getvalue())


def read_made(path: str | Path) -> Made:
    """How a picture was made, from a PNG file that `Picture.save` wrote.

    Raises
    ------
    InputError
        For a file that cannot be read, is no PNG, or does not say how it was made.

    Examples
    --------
    >>> read_made("3b-358.png").objective  # doctest: +SKIP
    '3b:358'
    """
    try:
        with Image.open(path, formats=["PNG"]) as drawn:
            text = drawn.info.get(_CHUNK)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = getattr(error, "strerror", None) or "it is no PNG file"
        raise InputError(f"{path} cannot be read as a picture: {reason}.") from None
    if not isinstance(text, str):
        raise InputError(
            f"{path} does not say how it was made: give a PNG file as `Picture.save` writes it."
        )
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(f"What {path} says of how it was made is no JSON.") from None
    return load(Made, held)
