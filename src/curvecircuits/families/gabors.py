"""Gabor functions fitted to the filters of a layer that sees the image linearly."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from scipy.optimize import least_squares
from torch import Tensor

from curvecircuits.models.cropped import position
from curvecircuits.models.network import Network

_PARAMETERS = 7
_GREY = np.ones(3) / np.sqrt(3)


@dataclass(frozen=True, kw_only=True)
class GaborFit:
    """A Gabor function fitted to the strongest spatial component of a filter.

    w(x, y) = A exp(−(u²/s² + v²/t²)/2) cos(2π u/λ + φ), u along the normal and v along the
    tangent from the envelope's centre.
    """

    orientation: float
    """Normal of the waves in degrees, mod 180."""
    wavelength: float
    """λ in pixels."""
    phase: float
    """φ in degrees: 0 is a light line, 90 an edge."""
    share: float
    """Variance of the whole filter that the fit explains, adjusted for its seven parameters."""
    chroma: float
    """Share of the filter's energy that an even grey cannot excite."""


def image_filters(
    network: Network, layer: str, *, seed: int = 0
) -> Float[ndarray, "units 3 k k"] | None:
    """The filters of a layer whose pre-activation is linear in the image; None where it is not.

    No rectifier may come before it, and for what else there is linearity is tried: the value at the
    mean of two random images must be the mean of the values.
    """
    source = network.layer(layer).pre_activation
    if any(x.rectified and network.path(x.name, source) for x in network.layers.values()):
        return None
    axis = network.geometry(source).x
    side = axis.size + 4 * axis.stride
    here = network.geometry(source, size=side)
    k = round(((side - 1) / 2 - here.x.centre) / here.x.stride)
    first, last = here.x.first + k * here.x.stride, here.x.last + k * here.x.stride
    if first < 0 or last >= side:
        return None
    generator = torch.Generator().manual_seed(seed)
    a, b = torch.rand(2, 1, 3, side, side, generator=generator).to(network.device)

    def read(images: Tensor) -> Tensor:
        area = {source: position(k, k)}
        return network.run(images, layers=area, within=area)[source][:, :, 0, 0]

    with torch.inference_mode():
        ends, middle = read(torch.cat([a, b])), read((a + b) / 2)[0]
    if (ends.mean(0) - middle).abs().max() > 1e-3 * ends.std().clamp(min=1e-12):
        return None
    canvas = torch.full((1, 3, side, side), 0.5, device=network.device, requires_grad=True)
    units = network.layer(source).channels

    def values(images: Tensor) -> Tensor:
        return read(images)[0]

    with torch.enable_grad():
        rows = [torch.autograd.grad(values(canvas)[u], canvas)[0][0] for u in range(units)]
    found = torch.stack(rows)[:, :, first : last + 1, first : last + 1]
    return found.detach().cpu().double().numpy()


def _components(kernel: ndarray) -> tuple[ndarray, float]:
    """The strongest spatial component with unit norm, and its share of the energy."""
    left, sizes, right = np.linalg.svd(kernel.reshape(3, -1), full_matrices=False)
    # The sign by which the component is a rise of brightness, or of its largest colour.
    towards = left[:, 0] @ _GREY
    sign = np.sign(towards) if abs(towards) > 0.3 else np.sign(left[np.abs(left[:, 0]).argmax(), 0])
    return sign * right[0], float(sizes[0] ** 2 / max((sizes**2).sum(), 1e-30))


def _gabor(p: ndarray, x: ndarray, y: ndarray) -> tuple[ndarray, ndarray]:
    """The even and odd Gabors of parameters (θ, λ, x₀, y₀, s, t), whose mixture sets the phase."""
    theta, wavelength, x0, y0, s, t = p
    u = (x - x0) * np.cos(theta) + (y - y0) * np.sin(theta)
    v = (y - y0) * np.cos(theta) - (x - x0) * np.sin(theta)
    envelope = np.exp(-(u**2 / s**2 + v**2 / t**2) / 2)
    turn = 2 * np.pi * u / wavelength
    return envelope * np.cos(turn), envelope * np.sin(turn)


def _mixture(p: ndarray, x: ndarray, y: ndarray, target: ndarray) -> tuple[ndarray, ndarray]:
    basis = np.stack(_gabor(p, x, y), 1)
    weights = np.linalg.lstsq(basis, target, rcond=None)[0]
    return weights, basis @ weights - target


def fit_gabor(kernel: Float[ndarray, "3 k k"]) -> GaborFit | None:
    """Fit a Gabor function to a filter by least squares, from 48 starts; None for an empty one.

    The two phases enter linearly, so that only six numbers are searched. The share of variance is
    adjusted, 1 − (1 − R²)(n − 1)/(n − 8): a filter of few pixels is fitted by anything.

    Examples
    --------
    >>> y, x = np.mgrid[-3:4, -3:4]
    >>> wave = np.exp(-(x**2 + y**2) / 8) * np.cos(2 * np.pi * (x + y) / 7)
    >>> found = fit_gabor(np.stack([wave] * 3))
    >>> round(found.orientation), round(found.share, 2), round(found.chroma, 2)
    (45, 1.0, 0.0)

    References
    ----------
    Olah et al., "An Overview of Early Vision in InceptionV1", Distill 2020, conv2d0.
    """
    energy = float((kernel**2).sum())
    if energy <= 0:
        return None
    target, leading = _components(kernel)
    side = kernel.shape[-1]
    at = np.arange(side) - (side - 1) / 2
    x, y = np.tile(at, side), np.repeat(at, side)
    n = len(target)
    low = np.array([-np.inf, 2.0, -side / 2, -side / 2, side / 10, side / 10])
    high = np.array([np.inf, 6.0 * side, side / 2, side / 2, 1.5 * side, 1.5 * side])
    starts = [
        np.array([theta, wavelength, 0.0, 0.0, side / 4, side / 4])
        for theta in np.arange(12) * np.pi / 12
        for wavelength in (max(2.2, 0.4 * side), 0.7 * side, 1.2 * side, 3.0 * side)
    ]
    starts.sort(key=lambda p: float((_mixture(p, x, y, target)[1] ** 2).sum()))
    fits = [
        least_squares(lambda p: _mixture(p, x, y, target)[1], p, bounds=(low, high), max_nfev=60)
        for p in starts[:3]
    ]
    best = min(fits, key=lambda f: f.cost)
    weights, _ = _mixture(best.x, x, y, target)
    unexplained = 2 * best.cost / float(((target - target.mean()) ** 2).sum())
    adjusted = 1 - unexplained * (n - 1) / (n - _PARAMETERS - 1) if n > _PARAMETERS + 1 else 0.0
    grey = np.einsum("chw,c->hw", kernel, _GREY)
    theta, wavelength = float(best.x[0]), float(best.x[1])
    phase = np.degrees(np.arctan2(-weights[1], weights[0])) % 360
    return GaborFit(
        orientation=float(np.degrees(theta) % 180),
        wavelength=wavelength,
        phase=float(phase),
        share=float(max(0.0, adjusted) * leading),
        chroma=max(0.0, 1 - float((grey**2).sum()) / energy),
    )
