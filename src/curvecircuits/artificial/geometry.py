"""Where the layers of the artificial network look: kernels, strides and padding."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.inception import Variant

LayerName = Literal["conv2d0", "conv2d1", "conv2d2", "mixed3a", "mixed3b"]
LAYERS: tuple[LayerName, ...] = ("conv2d0", "conv2d1", "conv2d2", "mixed3a", "mixed3b")

_INCEPTION_KERNELS = {"conv2d0": 7, "conv2d1": 1, "conv2d2": 3, "mixed3a": 3, "mixed3b": 5}
ARTICLE_TILE = 60.0
"""Side in pixels of the square that units of InceptionV1's 3b look at."""


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """Sides of the kernels, strides of the first and last layer, and how borders are padded.

    Two pools of stride 2 stand where InceptionV1 has them, behind conv2d0 and conv2d2, so that the
    stride of the last layer is 4 times the product of the two.
    """

    kernels: dict[str, int]
    first_stride: int = 2
    last_stride: int = 1
    padding: Variant | Literal["shifted"] = "googlenet"
    """`googlenet` and `inception_v1` pad as those do; `shifted` pads the image, as below."""
    before: int = 0
    """Pixels left of the image and above it; negative ones are cut off."""
    scale: float = 1.0
    """How much larger the curves are than those of InceptionV1's 3b: all lengths are so much
    longer."""

    def pitch(self, layer: LayerName) -> int:
        """Pixels of the image between neighbouring inputs of a layer's kernel."""
        pools = {"conv2d0": 0, "conv2d1": 1, "conv2d2": 1, "mixed3a": 2, "mixed3b": 2}[layer]
        return 1 if layer == "conv2d0" else self.first_stride * 2**pools

    @property
    def after(self) -> int:
        """Pixels right of the image and below it: as many units as the image has strides."""
        return self.kernels["conv2d0"] - self.first_stride - self.before

    @property
    def stride(self) -> int:
        """Pixels of the image between neighbouring units of the last layer."""
        return self.pitch("mixed3b") * self.last_stride

    def cells(
        self, layer: LayerName
    ) -> tuple[Float[Tensor, "side side"], Float[Tensor, "side side"]]:
        """Where the inputs of a unit look, (x, y) in lengths of InceptionV1 from its centre."""
        side = self.kernels[layer]
        offset = (torch.arange(side) - (side - 1) / 2) * (self.pitch(layer) / self.scale)
        return offset.expand(side, side), offset[:, None].expand(side, side)


def inception_geometry(variant: Variant = "googlenet") -> Geometry:
    """The stem and 5×5 branch of InceptionV1.

    Unit k of 3b looks at pixel 8k + 6 or, with TensorFlow's padding, 8k + 7.

    Examples
    --------
    >>> inception_geometry().stride, inception_geometry().pitch("conv2d2")
    (8, 4)
    """
    if variant not in ("googlenet", "inception_v1"):
        raise InputError(
            f"{variant!r} is no variant of InceptionV1: choose googlenet or inception_v1."
        )
    return Geometry(kernels=dict(_INCEPTION_KERNELS), padding=variant)


def general_geometry(*, stride: int, tile: float, centre: float) -> Geometry:
    """The same circuit for units of another network.

    Kernels grow with the size of the curves, and the last layer keeps every n-th unit, so that
    the units have the wanted stride. The image is padded so that the first unit looks at the
    wanted pixel, to within half a pixel.

    Parameters
    ----------
    stride
        Pixels between neighbouring units: 4, 8, 16 or another power of two from 4 on.
    tile
        Side in pixels of the square that the units look at; 60 at InceptionV1's 3b.
    centre
        Pixel at which unit 0 looks; it may lie outside the image.

    Raises
    ------
    InputError
        For strides that cannot be had, and tiles that are not above 0.

    Examples
    --------
    >>> geometry = general_geometry(stride=16, tile=93.75, centre=7.5)
    >>> geometry.stride, geometry.kernels["conv2d0"], geometry.scale
    (16, 11, 1.5625)
    """
    if stride < 4 or stride & (stride - 1):
        raise InputError(f"A stride of {stride} cannot be had: give 4, 8, 16 or 32.")
    if not 0 < tile < float("inf"):
        raise InputError(f"A tile of {tile:g} pixels is none: give more than 0.")
    scale = tile / ARTICLE_TILE
    first = 1 if stride == 4 else 2
    kernels: dict[str, int] = {}
    shape = Geometry(kernels={}, first_stride=first, scale=scale)
    inception = inception_geometry()
    for layer in LAYERS:
        side = _INCEPTION_KERNELS[layer]
        reach = (side - 1) / 2 * inception.pitch(layer) * scale / shape.pitch(layer)
        kernels[layer] = 2 * round(reach) + 1
    # Of the first unit: half the first kernel, half of each pool, less what is padded.
    own = (kernels["conv2d0"] - 1) / 2 + first + 2 * first
    return Geometry(
        kernels=kernels,
        first_stride=first,
        last_stride=stride // (4 * first),
        padding="shifted",
        before=round(own - centre),
        scale=scale,
    )
