"""InceptionV1 in its two trained variants, every tensor a named module.

`inception_v1` is the network of the Circuits thread (TensorFlow's inception5h), `googlenet` the
Caffe model zoo's BVLC GoogLeNet. They share the plan of Szegedy et al., "Going deeper with
convolutions" (2015), and differ in padding, pooling, normalisation, input and one width.

A module's name is the name of the tensor it makes: `mixed3b_5x5_pre_relu` is the convolution,
`mixed3b_5x5` its ReLU, `mixed3b` the concatenation of the branches.
"""

from dataclasses import dataclass
from typing import Any, Literal, no_type_check

import torch
from jaxtyping import Float
from torch import Tensor, nn

from curvecircuits.models.ops import (
    Concat,
    GlobalAveragePool,
    LocalResponseNorm,
    SameConv2d,
    SameMaxPool2d,
)

Variant = Literal["inception_v1", "googlenet"]

# Widths: 1×1, 3×3 bottleneck, 3×3, 5×5 bottleneck, 5×5, pool projection.
_BLOCKS = {
    "mixed3a": (64, 96, 128, 16, 32, 32),
    "mixed3b": (128, 128, 192, 32, 96, 64),
    "mixed4a": (192, 96, 208, 16, 48, 64),
    "mixed4b": (160, 112, 224, 24, 64, 64),
    "mixed4c": (128, 128, 256, 24, 64, 64),
    "mixed4d": (112, 144, 288, 32, 64, 64),
    "mixed4e": (256, 160, 320, 32, 128, 128),
    "mixed5a": (256, 160, 320, 32, 128, 128),
    "mixed5b": (384, 192, 384, 48, 128, 128),
}
# What inception5h does otherwise: two widths.
_INCEPTION5H = {
    "mixed4a": (192, 96, 204, 16, 48, 64),
    "mixed5a": (256, 160, 320, 48, 128, 128),
}
BRANCHES = ("1x1", "3x3", "5x5", "pool_reduce")


def block_widths(variant: Variant) -> dict[str, tuple[int, ...]]:
    """Widths of each block: 1×1, 3×3 bottleneck, 3×3, 5×5 bottleneck, 5×5, pool projection."""
    return _BLOCKS | _INCEPTION5H if variant == "inception_v1" else dict(_BLOCKS)


def branch_of(block: str, channel: int, *, variant: Variant) -> str:
    """The branch of an Inception block that makes a channel.

    >>> branch_of("mixed3b", 379, variant="inception_v1")
    '5x5'
    """
    one, _, three, _, five, pool = block_widths(variant)[block]
    for name, width in zip(BRANCHES, (one, three, five, pool), strict=True):
        if channel < width:
            return name
        channel -= width
    raise IndexError(f"{block} has no such channel")


@dataclass(frozen=True)
class _Plan:
    """What the variants do differently."""

    classes: int
    lrn: dict[str, float]


_PLANS = {
    "inception_v1": _Plan(1008, {"radius": 5, "k": 2.0, "alpha": 1e-4, "beta": 0.5}),
    # Caffe divides its alpha of 1e-4 by the window of 5.
    "googlenet": _Plan(1000, {"radius": 2, "k": 1.0, "alpha": 2e-5, "beta": 0.75}),
}


class InceptionPreprocess(nn.Module):
    """RGB in [0, 1] → the network's input: 255·x − 117, or Caffe's BGR minus its mean."""

    mean: Tensor

    def __init__(self, variant: Variant) -> None:
        super().__init__()
        self.flip = variant == "googlenet"
        mean = (104.0, 117.0, 123.0) if self.flip else (117.0,) * 3
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
        """Scale to 0–255, order the channels, subtract the mean."""
        return 255 * (images.flip(1) if self.flip else images) - self.mean


class InceptionV1(nn.Module):
    """The network from preprocessed image to `softmax2_pre_activation` (logits) and `softmax2`.

    Parameters
    ----------
    variant
        `inception_v1` (TensorFlow SAME padding, 1008 classes) or `googlenet` (Caffe padding,
        ceil-mode pools, 1000 classes). In both, normalisation comes after the first pool and
        before the second.

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021; Szegedy et al., CVPR 2015.
    """

    def __init__(self, variant: Variant) -> None:
        super().__init__()
        plan = _PLANS[variant]
        self.variant: Variant = variant
        self._conv("conv2d0", 3, 64, 7, stride=2)
        self._add("maxpool0", self._pool(2))
        self._add("localresponsenorm0", self._lrn(64))
        self._conv("conv2d1", 64, 64, 1)
        self._conv("conv2d2", 64, 192, 3)
        self._add("localresponsenorm1", self._lrn(192))
        self._add("maxpool1", self._pool(2))
        width = 192
        for block, widths in block_widths(variant).items():
            if block == "mixed4a":
                self._add("maxpool4", self._pool(2))
            if block == "mixed5a":
                self._add("maxpool10", self._pool(2))
            width = self._block(block, width, widths)
        self._add("avgpool0", GlobalAveragePool())
        self._add("softmax2_pre_activation", nn.Linear(width, plan.classes))
        self._add("softmax2", nn.Softmax(dim=1))

    def _add(self, name: str, module: nn.Module) -> None:
        self.add_module(name, module)

    def _lrn(self, channels: int) -> LocalResponseNorm:
        values: dict[str, Any] = dict(_PLANS[self.variant].lrn)
        return LocalResponseNorm(channels=channels, **values)

    def _pool(self, stride: int) -> nn.Module:
        if self.variant == "inception_v1":
            return SameMaxPool2d(3, stride)
        if stride == 2:
            return nn.MaxPool2d(3, 2, ceil_mode=True)
        return nn.MaxPool2d(3, 1, padding=1)

    def _conv(self, name: str, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        if self.variant == "inception_v1":
            conv: nn.Module = SameConv2d(inputs, outputs, kernel, stride)
        else:
            conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2)
        self._add(f"{name}_pre_relu", conv)
        self._add(name, nn.ReLU())

    def _block(self, name: str, inputs: int, widths: tuple[int, ...]) -> int:
        one, reduce3, three, reduce5, five, pool = widths
        self._conv(f"{name}_1x1", inputs, one, 1)
        self._conv(f"{name}_3x3_bottleneck", inputs, reduce3, 1)
        self._conv(f"{name}_3x3", reduce3, three, 3)
        self._conv(f"{name}_5x5_bottleneck", inputs, reduce5, 1)
        self._conv(f"{name}_5x5", reduce5, five, 5)
        self._add(f"{name}_pool", self._pool(1))
        self._conv(f"{name}_pool_reduce", inputs, pool, 1)
        self._add(name, Concat())
        return one + three + five + pool

    @no_type_check  # traced with symbolic values
    def forward(self, x):
        """Preprocessed images (N, 3, H, W) → class probabilities (N, classes)."""
        step = self._step
        x = step(x, "conv2d0_pre_relu", "conv2d0")
        x = step(x, "maxpool0", "localresponsenorm0")
        x = step(x, "conv2d1_pre_relu", "conv2d1", "conv2d2_pre_relu", "conv2d2")
        x = step(x, "localresponsenorm1", "maxpool1")
        for block in _BLOCKS:
            if block == "mixed4a":
                x = step(x, "maxpool4")
            if block == "mixed5a":
                x = step(x, "maxpool10")
            one = step(x, f"{block}_1x1_pre_relu", f"{block}_1x1")
            three = step(x, f"{block}_3x3_bottleneck_pre_relu", f"{block}_3x3_bottleneck")
            three = step(three, f"{block}_3x3_pre_relu", f"{block}_3x3")
            five = step(x, f"{block}_5x5_bottleneck_pre_relu", f"{block}_5x5_bottleneck")
            five = step(five, f"{block}_5x5_pre_relu", f"{block}_5x5")
            pool = step(x, f"{block}_pool", f"{block}_pool_reduce_pre_relu", f"{block}_pool_reduce")
            x = self.get_submodule(block)(one, three, five, pool)
        return step(x, "avgpool0", "softmax2_pre_activation", "softmax2")

    @no_type_check
    def _step(self, x, *names):
        for name in names:
            x = self.get_submodule(name)(x)
        return x


def inception_aliases() -> dict[str, str]:
    """The Circuits thread's short names: `3b` for `mixed3b` and so on."""
    return {block.removeprefix("mixed"): block for block in _BLOCKS}
