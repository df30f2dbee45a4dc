"""Trial copy; the merged module is another's."""

import copy

import torch
from torch import nn

from curvecircuits.models.network import Network
from curvecircuits.models.ops import LocalResponseNorm


def plain_module(network: Network) -> nn.Module:
    """The network's module with contiguous weights and torch's own normalisation."""
    module = copy.deepcopy(network.module)
    for name, child in [*module.named_modules()]:
        if isinstance(child, LocalResponseNorm):
            window = child.band[child.band.shape[0] // 2, :, 0, 0]
            size = int((window > 0).sum())
            alpha = float(window.max()) * size
            own = nn.LocalResponseNorm(size, alpha, child.beta, float(child.k))
            parent, _, last = name.rpartition(".")
            setattr(module.get_submodule(parent), last, own)
    return module.to(memory_format=torch.contiguous_format)  # pyright: ignore[reportCallIssue]
