"""The artificial network: InceptionV1's stem and 5×5 branch with weights written by formula."""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from curvecircuits.artificial.constants import Constants, Real
from curvecircuits.artificial.curves import DETECTORS, Detector, curve_layer_weights
from curvecircuits.artificial.early_curves import early_layer_weights
from curvecircuits.artificial.gabors import gabor_weights
from curvecircuits.artificial.geometry import Geometry, inception_geometry
from curvecircuits.artificial.layout import Parts
from curvecircuits.artificial.lines import line_layer_weights
from curvecircuits.artificial.motifs import directions, without_tails
from curvecircuits.artificial.proto_lines import proto_line_weights
from curvecircuits.errors import InputError
from curvecircuits.models.inception import inception_aliases
from curvecircuits.models.layer import Provenance
from curvecircuits.models.network import Network
from curvecircuits.models.ops import LocalResponseNorm, SameConv2d, SameMaxPool2d

Weights = dict[str, tuple[Float[Tensor, "_ _ _ _"], Float[Tensor, "_"]]]
"""Kernel and bias of each layer."""


def artificial_weights(
    constants: Constants | None = None,
    *,
    orientations: Sequence[float] | None = None,
    centres: Sequence[tuple[float, float]] | None = None,
    geometry: Geometry | None = None,
    parts: Parts | None = None,
    detector: Detector = "curves",
) -> Weights:
    """Kernel and bias of each layer, by the layer's name: a pure function of the constants.

    Parameters are those of `artificial_network`. The constants that are no counts may be tensors,
    and the weights are then differentiable functions of them.

    Examples
    --------
    >>> weights = artificial_weights()
    >>> {name: tuple(kernel.shape) for name, (kernel, _) in weights.items()}["mixed3b"]
    (24, 66, 5, 5)
    """
    c, g, parts = constants or Constants(), geometry or inception_geometry(), parts or Parts()
    own = directions(c.curve_orientations) if orientations is None else _radians(orientations)
    at = torch.zeros(len(own), 2) if centres is None else torch.tensor(list(centres))
    if at.shape != (len(own), 2) or not len(own):
        raise InputError(
            f"{len(own)} orientations and {len(at)} centres make no artificial family: give at "
            "least one orientation, and as many centres (x, y) or none."
        )
    if detector not in DETECTORS:
        raise InputError(f"{detector!r} is no detector: choose {', '.join(DETECTORS)}.")
    curves = curve_layer_weights(
        c, g, parts, orientations=own, centres=at.to(torch.float32), detector=detector
    )
    kernels = {
        "conv2d0": (gabor_weights(c, g, parts), 0.0),
        "conv2d1": (proto_line_weights(c, parts), 0.0),
        "conv2d2": (line_layer_weights(c, g), 0.0),
        "mixed3a": (early_layer_weights(c, g, parts), c.early_threshold),
        "mixed3b": (curves, c.curve_threshold),
    }
    return {
        name: (without_tails(kernel), -threshold * torch.ones(len(kernel)))
        for name, (kernel, threshold) in kernels.items()
    }


def _radians(orientations: Sequence[float]) -> Tensor:
    return torch.deg2rad(torch.tensor([float(o) for o in orientations]))


def artificial_network(
    constants: Constants | None = None,
    *,
    orientations: Sequence[float] | None = None,
    centres: Sequence[tuple[float, float]] | None = None,
    geometry: Geometry | None = None,
    parts: Parts | None = None,
    detector: Detector = "curves",
) -> Network:
    """A network that nobody trained, whose 3b detects curves.

    Gabors → complex Gabors → lines → early curves and lines → curves, in the strides and receptive
    fields of InceptionV1, so that its 3b looks where the trained one does. Layers have
    InceptionV1's names and aliases; `3b` unit k detects curves of orientation 360° k / 24.

    Parameters
    ----------
    constants
        What every weight follows from; by default the ones chosen by hand.
    orientations
        Of the curve units, in degrees (as those of a natural family); by default evenly spaced.
    centres
        Pixels (right, down) by which each curve unit looks beside the centre of its receptive
        field (as the units of a natural family may); by default none does.
    geometry
        `inception_geometry("googlenet")` (the default: centre of 3b unit k at pixel 8k + 6),
        `inception_geometry("inception_v1")` (8k + 7), or `general_geometry`.
    parts
        What is switched on beside the circuit itself; by default contrast normalisation.
    detector
        `curves`, or what stands in their place as a control: `lines` or `energy`.

    Raises
    ------
    InputError
        Without orientations, for centres that are not as many, and unknown detectors.

    Examples
    --------
    >>> network = artificial_network()
    >>> network.layer("3b").channels, network.geometry("3b").centre(0)
    (24, 6.0)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on the artificial artificial neural
    network.
    """
    constants, parts = constants or Constants(), parts or Parts()
    geometry = geometry or inception_geometry()
    written = artificial_weights(
        constants,
        orientations=orientations,
        centres=centres,
        geometry=geometry,
        parts=parts,
        detector=detector,
    )
    return network_of(written, constants=constants, geometry=geometry, parts=parts)


def network_of(
    weights: Weights,
    *,
    constants: Constants | None = None,
    geometry: Geometry | None = None,
    parts: Parts | None = None,
) -> Network:
    """The network with given weights: those of `artificial_weights`, or what became of them.

    Examples
    --------
    >>> weights = artificial_weights()
    >>> kernel, bias = weights["mixed3b"]
    >>> without_negative = network_of(weights | {"mixed3b": (kernel.clamp(min=0), bias)})
    """
    return Network(
        artificial_module(
            weights, constants or Constants(), geometry or inception_geometry(), parts or Parts()
        ),
        name="artificial",
        preprocess=FromGrey(),
        aliases={k: v for k, v in inception_aliases().items() if v in weights},
        provenance=Provenance(source="written by formula"),
    )


class FromGrey(nn.Module):
    """Images less middle grey, so that the zeros around an image are no border of it."""

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 3 h w"]:
        """From 0 … 1 to −½ … ½."""
        return images - 0.5


def artificial_module(
    weights: Weights, constants: Constants, geometry: Geometry, parts: Parts
) -> nn.Sequential:
    """The layers one after the other, from images less middle grey to `mixed3b`."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if geometry.padding == "shifted":
        before, after = geometry.before, geometry.after
        layers["shift"] = nn.ZeroPad2d((before, after, before, after))
    for name, (kernel, bias) in weights.items():
        layers[f"{name}_pre_relu"] = _conv(kernel, bias, name, geometry)
        layers[name] = nn.ReLU()
        if name == "conv2d1" and parts.contrast:
            layers["contrast"] = contrast_normalisation(len(kernel), constants.contrast_floor)
        pool = {"conv2d0": "maxpool0", "conv2d2": "maxpool1"}.get(name)
        if pool:
            layers[pool] = (
                SameMaxPool2d(3, 2)
                if geometry.padding == "inception_v1"
                else nn.MaxPool2d(3, 2, ceil_mode=True)
            )
    return nn.Sequential(layers)


def contrast_normalisation(units: int, floor: Real) -> LocalResponseNorm:
    """Each unit becomes x / √(floor² + mean over all units of x²): which units answer is left.

    Weights behind it see contrasts from 0 to about √units.
    """
    return LocalResponseNorm(
        channels=units, radius=units, k=float(contrast_offset(floor)), alpha=1 / units, beta=0.5
    )


def contrast_offset(floor: Real) -> Real:
    """The one thing in contrast normalisation that depends on a constant: floor²."""
    return floor * floor


def _conv(kernel: Tensor, bias: Tensor, name: str, geometry: Geometry) -> nn.Conv2d:
    units, inputs, side, _ = kernel.shape
    stride = {"conv2d0": geometry.first_stride, "mixed3b": geometry.last_stride}.get(name, 1)
    padding = 0 if geometry.padding == "shifted" and name == "conv2d0" else side // 2
    if geometry.padding == "inception_v1":
        conv: nn.Conv2d = SameConv2d(inputs, units, side, stride)
    else:
        conv = nn.Conv2d(inputs, units, side, stride, padding=padding)
    with torch.no_grad():
        conv.weight.copy_(kernel)
        assert conv.bias is not None
        conv.bias.copy_(bias)
    return conv
