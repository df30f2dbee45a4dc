"""This package, by its public functions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.contenders.plain import decoded
from benchmarks.task import Task
from curvecircuits.artificial import artificial_network
from curvecircuits.catalog import load
from curvecircuits.compare import evaluate_edits, open_image_figures
from curvecircuits.images import accuracy, evenly, open_images
from curvecircuits.models.address import Unit
from curvecircuits.models.edits import ZeroUnits
from curvecircuits.models.network import Network
from curvecircuits.stimuli import published
from curvecircuits.tuning import Look, images_at_once, station, tune
from curvecircuits.visualize import feature_visualization, saliency_gradient
from curvecircuits.weights import expanded_weights

# -- feature visualization ---------------------------------------------------------------------


def visualization(*, weights: str, units: Sequence[str], steps: int, seed: int = 0) -> Task:
    """Pictures of units, such as `3b:358`, all together."""
    network = load("googlenet", weights=weights)

    def run() -> Mapping[str, np.ndarray]:
        made = feature_visualization(network, units, steps=steps, seed=seed)
        return {unit: picture.rgb().numpy() for unit, picture in zip(units, made, strict=True)}

    return Task(
        run=run, items=len(units), warm=lambda: feature_visualization(network, units, steps=1)
    )


# -- expanded weights --------------------------------------------------------------------------


def weights(*, weights: str, source: str, target: str, asked: Sequence[int] | None = None) -> Task:
    """Expanded weights of channels of the target; all by default."""
    network = load("googlenet", weights=weights)
    channels = range(network.layer(target).channels) if asked is None else asked
    units = [(target, channel) for channel in channels]

    def run() -> Mapping[str, np.ndarray]:
        found = expanded_weights(network, source, units=units)
        return {"channels": np.array(channels), "values": found.values.numpy()}

    return Task(run=run, items=len(units))


# -- tuning ------------------------------------------------------------------------------------


def tuning(
    *,
    weights: str,
    layer: str | Sequence[str],
    every: int = 1,
    radii: Sequence[float] | None = None,
    filled: bool = False,
    values: bool = True,
) -> Task:
    """Responses of every unit of a layer to the published grid.

    Parameters
    ----------
    layer
        Several are tuned together; the answer is the first's.
    every
        Takes every n-th of the 720 orientations.
    radii
        By default the grid's own 80.
    values
        Whether the responses are the answer, or only their mean over radii.
    """
    network = load("googlenet", weights=weights)
    layers = [layer] if isinstance(layer, str) else list(layer)
    grid = published()
    grid = replace(grid, orientations=grid.orientations[::every], radii=tuple(radii or grid.radii))
    look: Look = "filled" if filled else "outline"

    def run() -> Mapping[str, np.ndarray]:
        found = tune(network, layers, grid=grid, look=look)[layers[0]]
        return {
            **({"values": found.responses()} if values else {"radial": found.radial()}),
            "orientations": np.array(grid.orientations),
            "radii": np.array(grid.radii),
        }

    def warm() -> None:
        tune(network, layers, grid=replace(grid, orientations=grid.orientations[:2]), look=look)

    return Task(run=run, items=len(grid), warm=warm)


# -- photographs -------------------------------------------------------------------------------


def photographs(*, weights: str, folder: str, images: int) -> Task:
    """Classes of photographs, decoding included."""
    network = load("googlenet", weights=weights)

    def run() -> Mapping[str, np.ndarray]:
        found = accuracy(network, folder, limit=images)
        return {"top": np.array([found.top1, found.top5])}

    return Task(run=run, items=images, warm=lambda: accuracy(network, folder, limit=16))


def edits(
    *,
    weights: str,
    folder: str,
    indices: Sequence[int],
    layer: str,
    edits: Sequence[Sequence[int]],
    batch: int = 32,
) -> Task:
    """Edited models beside the intact network, in one pass over the images.

    Parameters
    ----------
    folder, indices
        Images, and which of them by name: evenly spread over all.
    layer, edits
        Of each model, the channels of the layer that are set to zero; none for the network itself.
    """
    network = load("googlenet", weights=weights)
    images = open_images(folder)
    assert evenly(len(images), len(indices)).tolist() == [*indices], "not evenly spread"
    models = {
        str(k): [ZeroUnits(units=[(layer, channel) for channel in channels])] if channels else []
        for k, channels in enumerate(edits)
    }

    def evaluated(count: int) -> Mapping[str, np.ndarray]:
        with TemporaryDirectory() as out:
            evaluate_edits(network, models, images, out=out, limit=count, batch=batch)
            found = open_image_figures(out)
        figures = {n: getattr(found, n)[1:] for n in ("loss", "rank", "kl")}
        return {**figures, "labels": found.label, "indices": found.index}

    return Task(
        run=lambda: evaluated(len(indices)),
        items=len(indices),
        warm=lambda: evaluated(min(batch, len(indices))),
    )


# -- saliency ----------------------------------------------------------------------------------


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


# -- the artificial network --------------------------------------------------------------------


def _images(network: Network, layer: str, *, size: int | None) -> Tensor:
    """A batch as `tune` has it: of the read-out canvas, or 224 pixels."""
    place = station(network, layer, tile=60)
    if size is not None:
        place = replace(place, size=size)
    generator = torch.Generator().manual_seed(0)
    return torch.rand(
        images_at_once(place, network.device), 3, place.size, place.size, generator=generator
    )


def _forward(network: Network, images: Tensor) -> Task:
    layer = network.layer("3b").pre_activation

    def run() -> Mapping[str, np.ndarray]:
        with torch.inference_mode():
            return {"values": network.run(images, layers=[layer])[layer].numpy()}

    return Task(run=run, items=len(images))


def artificial(*, size: int | None = None) -> Task:
    """The whole artificial network."""
    network = artificial_network()
    return _forward(network, _images(network, network.layer("3b").pre_activation, size=size))


def stem(*, weights: str, size: int | None = None) -> Task:
    """GoogLeNet up to 3b, on the canvas that its own units need, or images of the same size."""
    network = load("googlenet", weights=weights)
    return _forward(network, _images(network, network.layer("3b").pre_activation, size=size))


def convolutions(*, size: int | None = None) -> Task:
    """The artificial network's convolutions alone, each on a tensor of its own shape.

    What they read is there already, in the memory format that the network has; what they give is
    dropped. Normalisation's sum is a convolution too and is left out: it is no layer's.
    """
    network = artificial_network()
    images = _images(network, network.layer("3b").pre_activation, size=size)
    calls: list[Callable[[], Tensor]] = []

    def keep(module: nn.Conv2d, inputs: Any, _output: Tensor) -> None:
        x = inputs[0].clone(memory_format=torch.preserve_format)
        calls.append(
            lambda: F.conv2d(
                x, module.weight, module.bias, module.stride, module.padding, module.dilation
            )
        )

    layers = [m for m in network.module.modules() if isinstance(m, nn.Conv2d)]
    hooks = [layer.register_forward_hook(keep) for layer in layers]
    with torch.inference_mode():
        network.module(network.prepare(images))
    for hook in hooks:
        hook.remove()

    def run() -> Mapping[str, np.ndarray]:
        with torch.inference_mode():
            for call in calls:
                call()
        return {"convolutions": np.array(len(calls))}

    return Task(run=run, items=len(images))
