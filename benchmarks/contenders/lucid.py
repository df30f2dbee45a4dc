"""lucid 0.3.10: its stimuli, drawn by numpy, shown to the network in plain PyTorch.

Nobody offers tuning curves of convolutional networks. A user would draw the images with
`lucid.misc.stimuli`, the module that the article's authors published theirs with, and read the
units by a hook, as here. lucid's own networks are TensorFlow 1's, hence the same network as ours
in PyTorch.
"""

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.contenders.plain import plain_module
from benchmarks.task import Task
from curvecircuits.catalog import load

# lucid's orientation 0 is "(", our 180°, and it turns the same way.
_TURNED = 180.0
# lucid fills outside of a curve unless its colours are exchanged; ours fills inside.
_INSIDE = {"color_a": (0, 0, 0), "color_b": (1, 1, 1)}


def tuning(
    *,
    weights: str,
    layer: str,
    orientations: Sequence[float],
    radii: Sequence[float],
    filled: bool = False,
    batch: int = 32,
) -> Task:
    """Responses of every unit of a layer to rounded corners, drawn one by one.

    The images have lucid's defaults: 224 pixels, 10 samples a pixel, a line of 1 pixel either side;
    only that filled shapes are black inside. The layer is read at the unit nearest to the image's
    middle, which lucid's curves pass through.
    """
    stimuli: Any = importlib.import_module("lucid.misc.stimuli")
    network = load("googlenet", weights=weights)
    module = plain_module(network)
    name = network.layer(layer).name
    axis = network.geometry(layer).y
    look = _INSIDE if filled else {"boundary_line": True}
    middle = network.input_size // 2
    place = round((middle - axis.centre) / axis.stride)

    def images(pairs: Sequence[tuple[float, float]]) -> Tensor:
        drawn = [
            stimuli.rounded_corner(orientation + _TURNED, radius, **look)
            for orientation, radius in pairs
        ]
        return torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).float()

    def responses(pairs: Sequence[tuple[float, float]]) -> Tensor:
        rows: list[Tensor] = []

        def keep(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            rows.append(output[:, :, place, place].clone())

        hook = module.get_submodule(name).register_forward_hook(keep)
        with torch.inference_mode():
            for start in range(0, len(pairs), batch):
                some = images(pairs[start : start + batch])
                module(network.prepare(some).contiguous())
        hook.remove()
        return torch.cat(rows)

    every = [(o, r) for o in orientations for r in radii]

    def run() -> Mapping[str, np.ndarray]:
        np.random.seed(0)  # lucid samples pixels by numpy's global generator
        values = responses(every).reshape(len(orientations), len(radii), -1)
        return {
            "values": values.permute(2, 0, 1).numpy(),
            "orientations": np.array(orientations),
            "radii": np.array(radii),
        }

    return Task(run=run, items=len(every), warm=lambda: responses(every[:2]))
