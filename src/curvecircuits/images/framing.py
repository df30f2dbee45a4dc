"""From an image file to the square of RGB that a network takes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.images.decode import UndecodableError, decode
from curvecircuits.models.network import Network

_RESAMPLE = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}


@dataclass(frozen=True, kw_only=True)
class Framing:
    """How a photograph of any shape becomes a square.

    `warp` squeezes the whole image to `resize` × `resize` and cuts out the central `size` × `size`,
    as Caffe's reference networks were trained; `crop` resamples the image so that its shorter side
    is `resize` and cuts out the central `size` × `size`, as most later networks are evaluated.
    """

    kind: Literal["warp", "crop"]
    resize: int
    size: int
    resample: Literal["bilinear", "bicubic"] = "bilinear"

    def __post_init__(self) -> None:
        if not 0 < self.size <= self.resize:
            raise InputError(
                f"A framing cuts {self.size} pixels out of {self.resize}: give a size of at least "
                "1 and at most resize."
            )

    def __call__(self, image: Image.Image) -> Image.Image:
        """Frame an image that is open."""
        filter_ = _RESAMPLE[self.resample]
        if self.kind == "warp":
            image = image.resize((self.resize, self.resize), filter_)
            return image.crop(_central(image.size, self.size))
        shape = tuple(round(side * self.resize / min(image.size)) for side in image.size)
        # Only what the central square needs: a panorama is never resampled whole.
        across, down = (image.size[axis] / shape[axis] for axis in (0, 1))
        left, top, right, bottom = _central((shape[0], shape[1]), self.size)
        box = (left * across, top * down, right * across, bottom * down)
        return image.resize((self.size, self.size), filter_, box=box)


def framing_for(network: Network) -> Framing:
    """The framing a network of the catalogue was evaluated with; the common crop for any other.

    Examples
    --------
    >>> framing_for(load("googlenet"))  # doctest: +SKIP
    Framing(kind='warp', resize=256, size=224, resample='bilinear')

    """
    size = network.input_size
    if network.name in ("googlenet", "inception_v1"):
        return Framing(kind="warp", resize=size + 32, size=size)
    return Framing(kind="crop", resize=size + 32, size=size, resample="bicubic")


def load_image(path: str | Path, *, framing: Framing) -> Float[Tensor, "3 size size"]:
    """Read one image file as RGB in [0, 1].

    Parameters
    ----------
    path
        In any format that `decode` recognises; there it is said how colours are converted.
    framing
        How to cut out the square.

    Raises
    ------
    InputError
        If the file cannot be opened, is no image, is damaged, or has too few or too many pixels.

    """
    try:
        return as_pixels(decode(Path(path).read_bytes()), framing=framing)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"{path} cannot be read as an image: {reason}.") from error
    except UndecodableError as error:
        raise InputError(f"{path} cannot be read as an image: {error}.") from error


def as_pixels(image: Image.Image, *, framing: Framing) -> Float[Tensor, "3 size size"]:
    """Frame an RGB image: its values in [0, 1]."""
    return torch.from_numpy(np.array(framing(image))).permute(2, 0, 1).float() / 255


def _central(size: tuple[int, int], side: int) -> tuple[int, int, int, int]:
    """The box of the central square; on odd margins, half a pixel up and to the left."""
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    return left, top, left + side, top + side
