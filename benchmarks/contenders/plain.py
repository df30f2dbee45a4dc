"""PyTorch by itself: the module as anyone would write it, and a hook for every edit."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from benchmarks.task import Task
from curvecircuits.catalog import load
from curvecircuits.images import framing_for, load_batch, open_images
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.models.ops import LocalResponseNorm
from curvecircuits.models.places import before_clipping, places


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


class Prepared(nn.Module):
    """A module behind its network's preprocessing: RGB in [0, 1] goes in, contiguous or not."""

    def __init__(self, network: Network, module: nn.Module, *, contiguous: bool) -> None:
        super().__init__()
        self.module = module
        self._prepare: Callable[[Tensor], Tensor] = network.prepare
        self._contiguous = contiguous

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Tensor:
        """What the module makes of the images."""
        given = self._prepare(images)
        return self.module(given.contiguous() if self._contiguous else given)


def decoded(
    network: Network, folder: str, indices: Sequence[int], *, batch: int
) -> Iterator[Float[Tensor, "n 3 h w"]]:
    """Images of a folder as the network takes them, some at a time; the same code for everyone."""
    images, framing = open_images(folder), framing_for(network)
    for start in range(0, len(indices), batch):
        yield load_batch(images, indices[start : start + batch], framing=framing).pixels


def place_of(network: Network, unit: str) -> tuple[str, int]:
    """The module that makes a unit's values before clipping, and which of its channels they are.

    A unit of a concatenation is made by a branch; its own channel counts from the branch's first.
    """
    made_by = places(network, before_clipping(network, [Unit.parse(unit)]))
    ((name, ((channel,), _)),) = made_by.items()
    return name, channel


def edits(
    *,
    weights: str,
    folder: str,
    indices: Sequence[int],
    layer: str,
    edits: Sequence[Sequence[int]],
    batch: int = 32,
) -> Task:
    """A pass over the images for every edited model, each of which decodes them.

    Parameters
    ----------
    folder, indices
        Images, and which of them by name.
    layer
        The module whose output is edited.
    edits
        Of each model, the channels that are set to zero.
    """
    network = load("googlenet", weights=weights)
    module = plain_module(network)
    model = Prepared(network, module, contiguous=True)

    def one(channels: Sequence[int]) -> Tensor:
        def silence(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
            output[:, list(channels)] = 0
            return output

        hook = module.get_submodule(layer).register_forward_hook(silence)
        try:
            return torch.cat(
                [model(pixels) for pixels in decoded(network, folder, indices, batch=batch)]
            )
        finally:
            hook.remove()

    def run() -> Mapping[str, np.ndarray]:
        with torch.inference_mode():
            return {
                "probabilities": torch.stack([one(channels) for channels in edits]).numpy(),
                "indices": np.array(indices),
            }

    def warm() -> None:
        with torch.inference_mode():
            for pixels in decoded(network, folder, indices[:batch], batch=batch):
                model(pixels)

    return Task(run=run, items=len(indices), warm=warm)
