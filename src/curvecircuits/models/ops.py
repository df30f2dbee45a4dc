"""Operations that vision networks use and `torch.nn` lacks, one module each."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Pixels that TensorFlow's SAME padding adds before and after one axis.

    The output has ceil(size / stride) elements; the total padding is what that needs, the odd
    pixel goes after.

    >>> same_padding(224, 7, 2), same_padding(112, 3, 2), same_padding(225, 7, 2)
    ((2, 3), (0, 1), (3, 3))
    """
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


class SameConv2d(nn.Conv2d):
    """Convolution with TensorFlow's SAME padding, which depends on the size of the input."""

    def forward(self, input: Float[Tensor, "n c h w"]) -> Float[Tensor, "n k p q"]:
        """Pad as `same_padding` says, then convolve."""
        (kh, kw), (sh, sw) = self.kernel_size, self.stride
        top, bottom = same_padding(input.shape[2], kh, sh)
        left, right = same_padding(input.shape[3], kw, sw)
        if top == bottom and left == right:  # symmetric: let the convolution pad by itself
            return F.conv2d(input, self.weight, self.bias, self.stride, (top, left), 1, self.groups)
        more = (top + sh, left + sw)
        if self.in_channels < self.out_channels or more[0] >= kh or more[1] >= kw:
            padded = F.pad(input, (left, right, top, bottom))
            return F.conv2d(padded, self.weight, self.bias, self.stride, 0, 1, self.groups)
        # Padding a wide map copies all of it. A stride more of padding on both sides, and the
        # output without its first row and column, is the same.
        made = F.conv2d(input, self.weight, self.bias, self.stride, more, 1, self.groups)
        height, width = -(-input.shape[2] // sh), -(-input.shape[3] // sw)
        made = made[:, :, 1 : 1 + height, 1 : 1 + width]
        return made.contiguous(memory_format=torch.channels_last)


class SameMaxPool2d(nn.Module):
    """Max pooling with TensorFlow's SAME padding (the padding never wins: it is −∞)."""

    def __init__(self, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride

    def forward(self, input: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c p q"]:
        """Pad as `same_padding` says, then take the largest value of each window."""
        top, bottom = same_padding(input.shape[2], self.kernel_size, self.stride)
        left, right = same_padding(input.shape[3], self.kernel_size, self.stride)
        if top == bottom and left == right:
            return F.max_pool2d(input, self.kernel_size, self.stride, (top, left))
        padded = F.pad(input, (left, right, top, bottom), value=-torch.inf)
        return F.max_pool2d(padded, self.kernel_size, self.stride)


class LocalResponseNorm(nn.Module):
    """Normalisation across neighbouring channels, y_c = x_c / (k + α Σ_{|d|≤radius} x²_{c+d})^β.

    α is per channel of the window, as in TensorFlow; Caffe's and torch's α is this times the
    window's size. The window sum is a 1 × 1 convolution with a band matrix, several times faster
    than the pooling that `torch.nn.LocalResponseNorm` uses and equal to 1e-7.

    Parameters
    ----------
    channels, radius
        Channels of the input, and neighbours on each side that enter the sum.
    k, alpha, beta
        The constants of the formula; β must be 0.5 or 0.75 (those in use), which need no `pow`.
    """

    band: Tensor

    def __init__(self, *, channels: int, radius: int, k: float, alpha: float, beta: float) -> None:
        super().__init__()
        if beta not in (0.5, 0.75):
            raise ValueError(f"beta must be 0.5 or 0.75, not {beta}")
        self.k, self.beta = k, beta
        index = torch.arange(channels)
        band = ((index[:, None] - index[None]).abs() <= radius).float() * alpha
        self.register_buffer("band", band[:, :, None, None], persistent=False)
        self.register_buffer("offset", torch.full((channels,), float(k)), persistent=False)

    offset: Tensor

    def forward(self, input: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """Divide each channel by the power of its window's sum of squares."""
        scale = F.conv2d(input * input, self.band, self.offset).rsqrt_()
        if self.beta == 0.75:  # s^-3/4 = s^-1/2 · (s^-1/2)^1/2
            scale = scale * scale.sqrt()
        return input * scale


class Concat(nn.Module):
    """Concatenation of branches on the channel axis, a module so that its output has a name."""

    def forward(self, *branches: Float[Tensor, "n _ h w"]) -> Float[Tensor, "n c h w"]:
        """Join the branches in the order given."""
        return torch.cat(branches, dim=1)


class GlobalAveragePool(nn.Module):
    """Mean over the positions, (N, C, H, W) → (N, C), for an input of any size."""

    def forward(self, input: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c"]:
        """Average over both spatial axes."""
        return input.mean((2, 3))
