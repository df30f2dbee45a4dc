"""Expanded weights: how each unit of a layer acts on units of a later one, in a linear picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.weights.compose import composed
from curvecircuits.weights.gradient import gradients
from curvecircuits.weights.linear import linear_path

Method = Literal["compose", "gradient"]


@dataclass(frozen=True, kw_only=True)
class ExpandedWeights:
    """Weights of units on a source layer, over the whole support, with where each cell looks.

    `values[u, c, i, j]` is the derivative of unit u's pre-activation with respect to channel c of
    the source at cell (i, j), in the linear approximation. That cell's receptive field is centred
    `offset[0] + i · pitch` pixels below and `offset[1] + j · pitch` to the right of the unit's.
    """

    source: str
    units: tuple[Unit, ...]
    values: Float[Tensor, "units channels h w"]
    origin: tuple[int, int]
    """Source cell of `values[..., 0, 0]`, counted from stride · (the unit's own row, column)."""
    stride: tuple[int, int]
    """Source cells between neighbouring target units."""
    pitch: int
    """Pixels between neighbouring source cells."""
    offset: tuple[float, float]
    """Pixels from the unit's centre to that of the first cell, (down, right)."""


def expanded_weights(
    network: Network,
    source: str,
    *,
    units: Sequence[Unit | tuple[str, int]],
    method: Method = "compose",
) -> ExpandedWeights:
    """Expanded weights of units of one layer on an earlier layer.

    The linear approximation of the path: rectifiers become the identity, max pooling average
    pooling, response normalisation its constant at zero, batch normalisation its slope;
    bottlenecks are jumped over. It is an approximation: the network's own responses differ.

    Parameters
    ----------
    source
        The earlier layer.
    units
        Units of one later layer, as `Unit` or (layer, channel).
    method
        `compose` multiplies kernels along the path; `gradient` takes vector–Jacobian products of
        the linearised network. They agree.

    Raises
    ------
    InputError
        For unknown layers and units, units of several layers, a target that does not depend on
        the source, and operations without a linear counterpart.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 5, 3))
    >>> found = expanded_weights(wrap(layers, input_size=32), "1", units=[("3", 0), ("3", 2)])
    >>> tuple(found.values.shape), found.stride
    ((2, 4, 6, 6), (2, 2))

    References
    ----------
    Voss et al., "Visualizing Weights", Distill 2021; Cammarata et al., "Curve Circuits", 2021.
    """
    checked = [network.check(u if isinstance(u, Unit) else Unit(*u)) for u in units]
    chosen = tuple(u for u in checked if isinstance(u, Unit))
    layers = sorted({u.layer for u in chosen})
    if len(layers) != 1:
        raise InputError(
            "Expanded weights are of units of one layer: "
            + (f"these are of {', '.join(layers)}." if layers else "name at least one unit.")
        )
    start = network.layer(source)
    target = network.layer(layers[0]).pre_activation
    channels = [u.channel for u in chosen]
    steps = linear_path(network, source, target)  # also refuses what has no linear counterpart
    if method == "compose":
        kernel = composed(steps, start.name, channels)
    else:
        kernel = gradients(network, start.name, target, channels)
    inner, outer = network.geometry(start.name), network.geometry(target)
    return ExpandedWeights(
        source=start.title,
        units=chosen,
        values=kernel.values,
        origin=kernel.origin,
        stride=kernel.stride,
        pitch=inner.stride,
        offset=(
            inner.y.centre + kernel.origin[0] * inner.y.stride - outer.y.centre,
            inner.x.centre + kernel.origin[1] * inner.x.stride - outer.x.centre,
        ),
    )
