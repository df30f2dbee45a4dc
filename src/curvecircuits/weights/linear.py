"""The linear approximation of the path between two layers.

Rectifiers become the identity, max pooling becomes average pooling, response normalisation its
constant at zero activation, batch normalisation its slope; biases are dropped, as only derivatives
are asked for. What is left is a directed graph of linear steps, which the two implementations of
expanded weights read in their own ways.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn

from curvecircuits.errors import InputError
from curvecircuits.models import ops, roles
from curvecircuits.models.network import Network


@dataclass(frozen=True, kw_only=True)
class Step:
    """One linear operation of the path: what it reads, and how it maps it."""

    name: str
    inputs: tuple[str, ...]
    kind: str
    """`same` (identity), `scale` (by `factor`), `conv`, `average`, `concat` or `add`."""
    channels: int
    parts: tuple[tuple[str, int], ...] = ()
    """Of `concat`: every branch and its channels, those off the path too."""
    factor: Tensor | None = None
    """Of `scale`: one number a channel."""
    kernel: Tensor | None = None
    """Of `conv`: (out, in / groups, h, w)."""
    window: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    before: tuple[int, int] = (0, 0)
    """Padding before the first row and column."""
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1


def linear_path(network: Network, source: str, target: str) -> list[Step]:
    """The steps from one layer to another, in the order of the network.

    Parameters
    ----------
    source, target
        Layers; the target is read before it is clipped.

    Raises
    ------
    InputError
        When the target does not depend on the source, or an operation between them has no linear
        counterpart here.
    """
    start = network.layer(source).name
    end = network.layer(target).pre_activation
    between = network.path(start, end)
    if not between:
        raise InputError(f"{target} of {network.name} does not depend on {source}.")
    return [_step(network, node, {start, *between}) for node in between.values()]


def _step(network: Network, node: fx.Node, known: set[str]) -> Step:
    name = node.meta["layer"]
    every = tuple(n.meta["layer"] for n in node.all_input_nodes)
    inputs = tuple(n for n in every if n in known)
    channels = network.layer(name).channels
    module = network.called(node)
    size = network.layer(inputs[0])
    shape = (size.height, size.width)

    def step(kind: str, **extra: object) -> Step:
        return Step(name=name, inputs=inputs, kind=kind, channels=channels, **extra)  # type: ignore[arg-type]

    match module:
        case nn.Conv2d():
            before = roles.padding_before(module, shape)
            return step(
                "conv",
                kernel=module.weight.detach(),
                stride=roles.pair(module.stride),
                before=before,
                dilation=roles.pair(module.dilation),
                groups=module.groups,
            )
        case nn.MaxPool2d() | nn.AvgPool2d() | ops.SameMaxPool2d():
            return step(
                "average",
                window=roles.pair(module.kernel_size),
                stride=roles.pair(module.stride),
                before=roles.padding_before(module, shape),
            )
        case nn.BatchNorm2d():
            assert module.running_var is not None
            slope = torch.rsqrt(module.running_var + module.eps)
            weight: Tensor | None = getattr(module, "weight", None)  # None if it is not affine
            return step("scale", factor=slope if weight is None else slope * weight.detach())
        case ops.LocalResponseNorm():
            return step("scale", factor=torch.full_like(module.offset, module.k**-module.beta))
        case _ if roles.is_rectifier(network.module, node) or isinstance(
            module, nn.Dropout | nn.Identity
        ):
            return step("same")
        case _:
            kind = roles.kind(network.module, node)
            if kind == "concat":
                widths = tuple((n, network.layer(n).channels) for n in every)
                return step(kind, parts=widths)
            if kind == "add":
                return step(kind)
            raise InputError(
                f"{name} ({kind}) of {network.name} has no linear counterpart; expanded weights "
                "cross convolutions, pooling, normalisation, rectifiers, sums and concatenations."
            )
