"""The artificial network as a differentiable function of its constants."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call

from curvecircuits.artificial import (
    Constants,
    Geometry,
    Parts,
    artificial_network,
    artificial_weights,
    inception_geometry,
)
from curvecircuits.artificial.network import FromGrey, artificial_module
from curvecircuits.models.network import Network

Parameters = dict[str, Tensor]
"""Tensors of the network's layers, by their names in the module."""


@dataclass(frozen=True, kw_only=True)
class Varied:
    """The artificial network of some orientations, whose constants are still open.

    Only the counts of `start` are fixed: they make the shapes of the weights.

    Examples
    --------
    >>> varied = Varied(start=Constants(), orientations=(0.0, 90.0))
    >>> length = torch.tensor(16.0, requires_grad=True)
    >>> parameters = varied.parameters(Constants(curve_length=length, curve_threshold=-1.0))
    >>> maps = varied.responses(parameters, torch.rand(1, 3, 64, 64))
    >>> maps.sum().backward()
    >>> tuple(maps.shape), bool(length.grad != 0)
    ((1, 2, 8, 8), True)
    """

    start: Constants
    orientations: tuple[float, ...]
    """Of the curves of 3b, in degrees."""
    centres: tuple[tuple[float, float], ...] | None = None
    """Pixels right and down of the middle of the receptive field; by default none."""
    geometry: Geometry = field(default_factory=inception_geometry)
    parts: Parts = field(default_factory=Parts)
    _module: nn.Module = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        written = self._weights(self.start)
        module = artificial_module(written, self.start, self.geometry, self.parts)
        object.__setattr__(self, "_module", module.requires_grad_(False))

    def parameters(self, constants: Constants) -> Parameters:
        """Kernels, biases and the floor of contrast that follow from the constants."""
        found: Parameters = {}
        for name, (kernel, bias) in self._weights(constants).items():
            found |= {f"{name}_pre_relu.weight": kernel, f"{name}_pre_relu.bias": bias}
        if self.parts.contrast:
            units = len(found["conv2d1_pre_relu.bias"])
            floor = torch.as_tensor(constants.contrast_floor)
            found["contrast.offset"] = floor.square().expand(units)
        return found

    def network(self, constants: Constants | None = None) -> Network:
        """The network itself; by default that of the constants it starts from."""
        return artificial_network(
            constants or self.start,
            orientations=self.orientations,
            centres=self.centres,
            geometry=self.geometry,
            parts=self.parts,
        )

    def responses(
        self, parameters: Parameters, images: Float[Tensor, "n _ h w"]
    ) -> Float[Tensor, "n units rows columns"]:
        """Clipped responses of the curves to images in [0, 1], in colour or grey."""
        shown = FromGrey()(images.expand(-1, 3, -1, -1))
        return functional_call(self._module, parameters, (shown,))

    def _weights(self, constants: Constants) -> dict[str, tuple[Tensor, Tensor]]:
        return artificial_weights(
            constants,
            orientations=self.orientations,
            centres=self.centres,
            geometry=self.geometry,
            parts=self.parts,
        )
