"""How many positions of a source layer the kernels between two layers tie a unit to."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.weights.compose import composed
from curvecircuits.weights.linear import linear_path


def kernel_cells(network: Network, source: str, *, units: Sequence[Unit]) -> tuple[int, ...]:
    """Positions of the kernels between a layer and each of the units, pooling taken as one tap.

    It is the size of the convolution kernels alone: 25 for a 5×5 convolution, whatever 1×1
    bottlenecks and pooling lie before it. Times the channels of a source family, it is the number
    of parameters that connect a unit to that family.

    Raises
    ------
    InputError
        As `expanded_weights`.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2), nn.Conv2d(4, 5, 3))
    >>> kernel_cells(wrap(layers, input_size=32), "0", units=[Unit("2", 0)])
    (9,)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021: "more than 50,000 parameters".
    """
    start = network.layer(source).name
    target = network.layer(units[0].layer).pre_activation
    steps = [
        replace(s, window=(1, 1), divisor=1.0)
        if s.kind == "average"
        else replace(s, kernel=torch.ones_like(s.kernel))
        if s.kernel is not None
        else s
        for s in linear_path(network, start, target)
    ]
    channels = [u.channel for u in units]
    kernel = composed(steps, start, network.layer(start).channels, channels).kernel
    return tuple(int(n) for n in (kernel.values.abs().sum(1) > 0).sum((1, 2)))
