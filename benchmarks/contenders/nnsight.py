"""nnsight 0.8.1: a trace for every edited model, as its documentation shows for any module."""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.contenders.plain import Prepared, decoded, plain_module
from benchmarks.stand_ins import stand_ins
from benchmarks.task import Task
from curvecircuits.catalog import load


def edits(
    *,
    weights: str,
    folder: str,
    indices: Sequence[int],
    layer: str,
    edits: Sequence[Sequence[int]],
    batch: int = 32,
    shared: bool = False,
) -> Task:
    """Every edited model on each batch of images, which is decoded once.

    Parameters
    ----------
    folder, indices
        Images, and which of them by name.
    layer
        The module whose output is edited.
    edits
        Of each model, the channels that are set to zero.
    shared
        One trace for all models, kinder than what is documented: the layer's output is repeated
        once for each, so that what comes before it is computed once. (Several invokes in one trace
        share a pass only for language models, each with inputs of its own.)
    """
    stand_ins("transformers")  # imported with nnsight, used for language models alone
    traced: Any = importlib.import_module("nnsight").NNsight
    network = load("googlenet", weights=weights)
    model = traced(Prepared(network, plain_module(network), contiguous=True))
    edited = model.get(f"module.{layer}")

    def each(pixels: Tensor) -> Tensor:
        found: list[Tensor] = []
        for channels in edits:
            with model.trace(pixels):
                edited.output[:, list(channels)] = 0
                scores = model.output.save()
            found.append(scores)
        return torch.stack(found)

    def together(pixels: Tensor) -> Tensor:
        count = len(pixels)
        with model.trace(pixels):
            copies = edited.output.repeat(len(edits), 1, 1, 1)
            for k, channels in enumerate(edits):
                copies[k * count : (k + 1) * count, list(channels)] = 0
            edited.output = copies
            scores = model.output.save()
        return scores.unflatten(0, (len(edits), count))

    through = together if shared else each

    def run() -> Mapping[str, np.ndarray]:
        with torch.inference_mode():
            parts = [through(pixels) for pixels in decoded(network, folder, indices, batch=batch)]
        return {"probabilities": torch.cat(parts, 1).numpy(), "indices": np.array(indices)}

    def warm() -> None:
        with torch.inference_mode():
            for pixels in decoded(network, folder, indices[:batch], batch=batch):
                through(pixels)

    return Task(run=run, items=len(indices), warm=warm)
