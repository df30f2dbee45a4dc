"""Weight-permuted copies of a network: the same numbers, the structure gone."""

from dataclasses import replace

import torch

from curvecircuits.models.network import Network


def weight_permuted(network: Network, *, seed: int) -> Network:
    """A copy in which the entries of every weight tensor are shuffled among themselves.

    Each kernel or matrix keeps its distribution of values; biases and normalisation constants,
    one number a channel, stay. What such a copy still shows is owed to the architecture, the
    stimuli and chance: the control of every search and claim.
    """
    shuffled = network.copy()
    shuffled.provenance = replace(
        network.provenance,
        source=f"{network.provenance.source}, weights permuted with seed {seed}",
        sha256=None,
        verified=False,
    )
    generator = torch.Generator().manual_seed(seed)
    for tensor in shuffled.state.values():
        if tensor.is_floating_point() and tensor.ndim >= 2:
            order = torch.randperm(tensor.numel(), generator=generator).to(tensor.device)
            tensor.copy_(tensor.flatten()[order].view_as(tensor))
    return shuffled
