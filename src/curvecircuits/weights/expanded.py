"""Expanded weights: how each unit of a layer acts on units of a later one, in a linear picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
from curvecircuits.models.layer import Layer
from curvecircuits.models.network import Network
from curvecircuits.weights.compose import composed, padded
from curvecircuits.weights.gradient import gradients, whole_support
from curvecircuits.weights.linear import linear_path

Method = Literal["compose", "gradient"]


@dataclass(frozen=True, kw_only=True)
class ExpandedWeights:
    """Weights of units on a source layer, over the support of their layer, with where cells look.

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

    The linear approximation of the path: rectifiers become the identity (smooth ones, such as SiLU
    and GELU, and sigmoids too, whatever their slope at zero), max pooling average pooling, response
    normalisation its constant at zero, batch normalisation its slope, a squeeze-and-excitation gate
    its value where the source is zero; bottlenecks are jumped over. It is an approximation: the
    network's own responses differ, and `agreement` says by how much.

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
    start, target, chosen = _ends(network, source, units)
    channels = [u.channel for u in chosen]
    if method == "gradient":
        kernel = gradients(network, start.name, target, channels)
    elif method == "compose":
        steps = linear_path(network, start.name, target)
        kernel = composed(steps, start.name, start.channels, channels).kernel
        # Units of one branch may read less than others: their weights have one size all the same.
        kernel = padded(kernel, *whole_support(network, start.name, target))
    else:
        raise InputError(f"{method!r} is no way to expand weights: choose compose or gradient.")
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


def linear_bias(
    network: Network, source: str, *, units: Sequence[Unit | tuple[str, int]]
) -> Float[Tensor, " units"]:
    """The constant part of units' pre-activation in the linear approximation.

    With weights W on a source whose values are h, the approximation is W · h + b. This is b: what
    the linearised network gives where the source is zero, away from the border of the map. It is
    the bias of the last convolution, plus the weights on each earlier tensor times what was added
    there (biases of bottlenecks, offsets of batch normalisation). Branches that do not depend on
    the source count as zero.

    Raises
    ------
    InputError
        As `expanded_weights`.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3))
    >>> found = linear_bias(wrap(layers, input_size=32), "1", units=[("2", 3)])
    >>> bool(found[0] == layers[2].bias[3])
    True

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, whose weights have no such term.
    """
    start, target, chosen = _ends(network, source, units)
    steps = linear_path(network, start.name, target)
    channels = [u.channel for u in chosen]
    return composed(steps, start.name, start.channels, channels, biases=True).bias


def _ends(
    network: Network, source: str, units: Sequence[Unit | tuple[str, int]]
) -> tuple[Layer, str, tuple[Unit, ...]]:
    """The source layer, the layer that the units are read on, and the units with full names."""
    named = [u if isinstance(u, Unit) else Unit(*u) for u in units]
    known = {layer: network.layer(layer) for layer in {u.layer for u in named}}
    for unit in named:
        if not 0 <= unit.channel < known[unit.layer].channels:
            network.check(unit)  # says which there are
    chosen = tuple(Unit(known[u.layer].name, u.channel) for u in named)
    layers = sorted({layer.name for layer in known.values()})
    if len(layers) != 1:
        raise InputError(
            "Expanded weights are of units of one layer: "
            + (f"these are of {', '.join(layers)}." if layers else "name at least one unit.")
        )
    return network.layer(source), network.layer(layers[0]).pre_activation, chosen
