"""captum 0.9.0: `NeuronGradient`."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.contenders.plain import Prepared, decoded, place_of, plain_module
from benchmarks.stand_ins import stand_ins
from benchmarks.task import Task
from curvecircuits.catalog import load

_DRAWING = ("", ".pyplot", ".axes", ".collections", ".colors", ".figure", ".image")


def saliency(
    *,
    weights: str,
    folder: str,
    indices: Sequence[int],
    unit: str,
    position: Sequence[int],
    batch: int | None = None,
    kind: bool = False,
) -> Task:
    """Gradients of a unit's pre-activation with respect to RGB in [0, 1]; images are read before.

    Parameters
    ----------
    folder, indices
        Images, and which of them by name.
    unit
        Such as `3b:379`.
    position
        Row and column of its map.
    batch
        Images a call; all of them by default, as `attribute` is called in its documentation.
    kind
        The network as we run it (channels-last, banded normalisation, frozen weights), instead of
        the plain module with weights that can be trained.
    """
    stand_ins(*(f"matplotlib{name}" for name in _DRAWING))
    stand_ins("mpl_toolkits", "mpl_toolkits.axes_grid1")
    attr: Any = importlib.import_module("captum.attr")
    network = load("googlenet", weights=weights)
    module = network.module if kind else plain_module(network).requires_grad_()
    name, channel = place_of(network, unit)
    model = Prepared(network, module, contiguous=not kind)
    method = attr.NeuronGradient(model, module.get_submodule(name))
    (shown,) = decoded(network, folder, indices, batch=len(indices))
    parts = shown.split(batch or len(shown))
    place = (channel, *position)

    def gradient(part: Tensor) -> Tensor:
        return method.attribute(part.clone(), place).detach()

    def run() -> Mapping[str, np.ndarray]:
        return {"gradient": torch.cat([gradient(part) for part in parts]).numpy()}

    return Task(run=run, items=len(indices), warm=lambda: gradient(shown[:2]))
