"""This package, as its users call it."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.contenders.plain import decoded
from benchmarks.task import Task
from curvecircuits.catalog import load
from curvecircuits.models.address import Unit
from curvecircuits.visualize import feature_visualization, saliency_gradient


def visualization(*, weights: str, units: Sequence[str], steps: int, seed: int = 0) -> Task:
    """Pictures of units, such as `3b:358`, all together."""
    network = load("googlenet", weights=weights)

    def run() -> Mapping[str, np.ndarray]:
        made = feature_visualization(network, units, steps=steps, seed=seed)
        return {unit: picture.rgb().numpy() for unit, picture in zip(units, made, strict=True)}

    return Task(
        run=run, items=len(units), warm=lambda: feature_visualization(network, units, steps=1)
    )


def saliency(
    *, weights: str, folder: str, indices: Sequence[int], unit: str, position: Sequence[int]
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
    """
    network = load("googlenet", weights=weights)
    (shown,) = decoded(network, folder, indices, batch=len(indices))
    row, column = map(float, position)
    named = Unit.parse(unit)

    def run() -> Mapping[str, np.ndarray]:
        found = saliency_gradient(network, shown, named, position=(row, column))
        return {"gradient": found.numpy()}

    return Task(run=run, items=len(indices))
