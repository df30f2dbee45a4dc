"""The artificial network: InceptionV1's stem and 5×5 branch with weights written by formula."""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from curvecircuits.artificial.constants import Constants
from curvecircuits.artificial.curves import curve_weights, early_curve_weights
from curvecircuits.artificial.gabors import complex_gabor_weights, gabor_weights
from curvecircuits.artificial.lines import later_line_weights, line_weights
from curvecircuits.artificial.motifs import without_tails
from curvecircuits.errors import InputError
from curvecircuits.models.inception import Variant, inception_aliases
from curvecircuits.models.layer import Provenance
from curvecircuits.models.network import Network
from curvecircuits.models.ops import SameConv2d, SameMaxPool2d


def artificial_weights(
    constants: Constants, *, orientations: Sequence[float] | None = None
) -> dict[str, tuple[Tensor, float]]:
    """Kernel and threshold of each layer, by the layer's name.

    Parameters
    ----------
    orientations
        Of the curve units of 3b, in degrees; by default evenly spaced.
    """
    c = constants
    own = None if orientations is None else torch.deg2rad(torch.tensor(list(orientations)))
    layers = {
        "conv2d0": (gabor_weights(c), 0.0),
        "conv2d1": (complex_gabor_weights(c), 0.0),
        "conv2d2": (line_weights(c), c.line_threshold),
        "mixed3a": (
            torch.cat([early_curve_weights(c), later_line_weights(c)]),
            c.early_threshold,
        ),
        "mixed3b": (curve_weights(c, own), c.curve_threshold),
    }
    return {name: (without_tails(kernel), bias) for name, (kernel, bias) in layers.items()}


def artificial_network(
    constants: Constants | None = None,
    *,
    orientations: Sequence[float] | None = None,
    variant: Variant = "googlenet",
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
    variant
        Whose padding to follow: `googlenet` (centre of 3b unit k at pixel 8k + 6) or
        `inception_v1` (8k + 7).

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
    if orientations is not None and not len(orientations):
        raise InputError("An artificial family needs at least one orientation.")
    written = artificial_weights(constants or Constants(), orientations=orientations)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for name, (kernel, threshold) in written.items():
        layers[f"{name}_pre_relu"] = _conv(kernel, threshold, name, variant)
        layers[name] = nn.ReLU()
        pool = {"conv2d0": "maxpool0", "conv2d2": "maxpool1"}.get(name)
        if pool:
            layers[pool] = (
                nn.MaxPool2d(3, 2, ceil_mode=True)
                if variant == "googlenet"
                else SameMaxPool2d(3, 2)
            )
    return Network(
        nn.Sequential(layers),
        name="artificial",
        aliases={k: v for k, v in inception_aliases().items() if v in written},
        provenance=Provenance(source="written by formula"),
    )


def _conv(kernel: Tensor, threshold: float, name: str, variant: Variant) -> nn.Conv2d:
    units, inputs, side, _ = kernel.shape
    stride = 2 if name == "conv2d0" else 1
    if variant == "googlenet":
        conv: nn.Conv2d = nn.Conv2d(inputs, units, side, stride, padding=side // 2)
    else:
        conv = SameConv2d(inputs, units, side, stride)
    with torch.no_grad():
        conv.weight.copy_(kernel)
        assert conv.bias is not None
        conv.bias.fill_(-threshold)
    return conv
