"""How a picture is held while it changes: Fourier coefficients of decorrelated colours."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

Spectrum = Float[Tensor, "n channels h half 2"]

_START = 0.01
"""Standard deviation of the first coefficients."""
_CONTRAST = 0.25
"""What a spectrum is multiplied with before the logistic function."""
_COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
"""A square root of the covariance of red, green and blue in photographs of ImageNet."""


@dataclass(frozen=True, kw_only=True)
class Paint:
    """What a picture is made of.

    With s the spectrum, f spatial frequency in cycles a pixel and F⁻¹ the inverse Fourier
    transform, colours are logistic(C · F⁻¹(s / max(f, 1/side)) / 4): steps of one size in all
    coefficients change a picture as much at every scale, as photographs vary. C is a square root
    of the covariance of photographs' colours, so that steps change colours as those do.

    Parameters
    ----------
    grey
        One channel for all three colours.
    alpha
        One channel more, which says where there is a picture at all.

    References
    ----------
    Olah et al., "Feature Visualization", Distill 2017, section "Preconditioning and
    Parameterization"; Mordvintsev et al., "Differentiable Image Parameterizations", Distill 2018.
    """

    grey: bool = False
    alpha: bool = False

    @property
    def channels(self) -> int:
        """Of the spectrum."""
        return (1 if self.grey else 3) + self.alpha

    def start(
        self, side: tuple[int, int], generator: torch.Generator
    ) -> Float[Tensor, "c h half 2"]:
        """The spectrum that an ascent begins with: faint noise."""
        height, width = side
        shape = (self.channels, height, width // 2 + 1, 2)
        return _START * torch.randn(shape, generator=generator)

    def colours(
        self, spectrum: Spectrum, side: tuple[int, int]
    ) -> tuple[Float[Tensor, "n 3 h w"], Float[Tensor, "n 1 h w"] | None]:
        """RGB in [0, 1], and opacity where the paint has it."""
        scaled = torch.view_as_complex(spectrum) * _scale(side, spectrum)
        drawn = torch.fft.irfft2(scaled, s=side, norm="ortho") * _CONTRAST
        opacity = _logistic(drawn[:, -1:]) if self.alpha else None
        values = drawn[:, :-1] if self.alpha else drawn
        if self.grey:
            return _logistic(values).expand(-1, 3, -1, -1), opacity
        matrix = torch.tensor(_COLOURS, dtype=values.dtype, device=values.device)
        matrix = matrix / matrix.norm(dim=0).max()
        return _logistic(torch.einsum("kc,nchw->nkhw", matrix, values)), opacity


def _logistic(values: Tensor) -> Tensor:
    # One by one: the last digit depends on where in a tensor a value lies.
    return torch.stack([torch.sigmoid(each.contiguous()) for each in values])


def _scale(side: tuple[int, int], like: Tensor) -> Tensor:
    height, width = side
    down = torch.fft.fftfreq(height, device=like.device)[:, None]
    across = torch.fft.rfftfreq(width, device=like.device)[None]
    return 1 / (down**2 + across**2).sqrt().clamp(min=1 / max(side))
