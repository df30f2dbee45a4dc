"""Expanded weights by a gradient a channel, as lucid's and captum's functions take them.

lucid (`expanded_weights` in its pull request 272) and captum (`extract_expanded_weights` of its
optim branch) are the same method, and neither is in a package that can be installed: the network
with its nonlinear layers replaced by linear ones is run on an empty image of 224 pixels, and then,
for every channel of the target, the gradient of its central unit is taken with respect to the
source's whole map; the maps are joined and cropped to their middle.

The linear layers are captum's: no rectifiers, average pooling in the place of max pooling. Response
normalisation, which captum's network leaves in, is its constant at zero here, as in ours, so that
both are asked for the same weights.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.contenders.plain import plain_module
from benchmarks.task import Task
from curvecircuits.catalog import load
from curvecircuits.models.network import Network
from curvecircuits.weights import expanded_weights


class Constant(nn.Module):
    """What response normalisation does to small values: a factor."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, input: Tensor) -> Tensor:
        return input if self.factor == 1 else input * self.factor


def linear_module(network: Network) -> nn.Module:
    """The plain module with linear layers, for the gradient to be its weights."""
    module = plain_module(network)
    for name, child in [*module.named_modules()]:
        made: nn.Module | None = None
        if isinstance(child, nn.ReLU):
            made = nn.Identity()
        elif isinstance(child, nn.MaxPool2d):
            made = nn.AvgPool2d(
                child.kernel_size, child.stride, child.padding, ceil_mode=child.ceil_mode
            )
        elif isinstance(child, nn.LocalResponseNorm):
            made = Constant(child.k**-child.beta)
        if made is not None:
            parent, _, last = name.rpartition(".")
            setattr(module.get_submodule(parent), last, made)
    return module


def weights(
    *,
    weights: str,
    source: str,
    target: str,
    asked: Sequence[int] | None = None,
    only: Sequence[int] | None = None,
    every: int = 1,
    channels_last: bool = False,
) -> Task:
    """Expanded weights of all channels of the target, whichever are asked for.

    Parameters
    ----------
    asked
        The channels that the user wants; all by default. The others are computed and dropped.
    only
        In the peer's favour, which offers no such choice: channels that gradients are taken of.
    every
        Takes the gradients of every n-th channel only, as all take the same time; the run then
        counts as that part of the items.
    channels_last
        In the peer's favour: memory as this package has it.
    """
    network = load("googlenet", weights=weights)
    first, last = network.layer(source).name, network.layer(target).name
    support = expanded_weights(network, source, units=[(target, 0)])
    module = linear_module(network)
    if channels_last:
        module.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    module.requires_grad_(True)  # as a network is when it is loaded
    units = network.layer(target).channels
    wanted = range(units) if asked is None else asked
    done = list(range(units))[::every] if only is None else list(only)
    image = torch.zeros(1, 3, network.input_size, network.input_size)

    def gradients(channels: Sequence[int]) -> Tensor:
        kept: dict[str, Tensor] = {}

        def keep(name: str) -> Any:
            return lambda _module, _inputs, output: kept.update({name: output})

        hooks = [
            module.get_submodule(name).register_forward_hook(keep(name)) for name in (first, last)
        ]
        module(image.contiguous(memory_format=torch.channels_last) if channels_last else image)
        for hook in hooks:
            hook.remove()
        start, end = kept[first], kept[last]
        row, column = ((size - 1) // 2 for size in end.shape[2:])
        found: list[Tensor] = []
        for channel in channels:
            unit = end[:, channel, row, column]
            found += torch.autograd.grad(unit, start, torch.ones_like(unit), retain_graph=True)
        top, left = (k * support.stride[i] + support.origin[i] for i, k in enumerate((row, column)))
        height, width = support.values.shape[2:]
        return torch.cat(found)[:, :, top : top + height, left : left + width]

    def run() -> Mapping[str, np.ndarray]:
        found = gradients(done)
        kept = [c for c in wanted if c in done] if asked is not None else done
        rows = [done.index(c) for c in kept]
        values = found if rows == list(range(len(found))) else found[rows]
        return {"channels": np.array(kept), "values": values.numpy()}

    return Task(
        run=run,
        items=len(wanted) / (every if only is None else 1),
        warm=lambda: gradients(done[:2]),
    )
