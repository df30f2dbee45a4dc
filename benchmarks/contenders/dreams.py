"""torch-dreams 4.0.0: `Dreamer.render`."""

import importlib
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.contenders.plain import place_of, plain_module
from benchmarks.stand_ins import import_torchvision, stand_ins
from benchmarks.task import Task
from curvecircuits.catalog import load
from curvecircuits.models.inception import InceptionPreprocess

SHOWN = round(256 * (0.5 + 1.2) / 2)
"""Pixels at which its picture of 256 is shown on average: each side is scaled by 0.5 to 1.2."""


def visualization(
    *,
    weights: str,
    units: Sequence[str],
    steps: int,
    seed: int = 0,
    a_run: int | None = None,
    frozen: bool = False,
) -> Task:
    """Pictures of units, one after the other, at the library's own defaults but for the steps.

    A unit is read in the middle of its map, before the rectifier: behind it, a unit that is silent
    at first has no gradient, and its picture stays noise.

    Parameters
    ----------
    units
        Such as `3b:358`.
    a_run
        How many are drawn in one run, which goes on where the last one ended; all by default. The
        answer holds every picture drawn so far.
    frozen
        Spare it the gradients of the weights, which by its own default it computes.
    """
    stand_ins("cv2")  # reads picture files
    import_torchvision()
    dreams: Any = importlib.import_module("torch_dreams")
    network = load("googlenet", weights=weights)
    module = plain_module(network).requires_grad_(not frozen)
    dreamer = dreams.Dreamer(module, quiet=True, device="cpu")
    dreamer.set_custom_normalization(normalization_transform=InceptionPreprocess("googlenet"))
    pictures: dict[str, np.ndarray] = {}

    def draw(unit: str, *, iters: int) -> np.ndarray:
        layer, channel = place_of(network, unit)
        torch.manual_seed(seed)
        np.random.seed(seed)  # its noise and its moves come from the global generators
        random.seed(seed)
        drawn = dreamer.render(
            [module.get_submodule(layer)], iters=iters, custom_func=_middle(channel)
        )
        module.zero_grad(set_to_none=True)
        return drawn.to_chw_tensor().numpy()

    return in_turns(draw, units, pictures, steps=steps, a_run=a_run)


def _middle(channel: int) -> Callable[[Sequence[Tensor]], Tensor]:
    """Less of this is more of the unit in the middle."""

    def loss(outputs: Sequence[Tensor]) -> Tensor:
        height, width = outputs[0].shape[2:]
        return -outputs[0][0, channel, height // 2, width // 2]

    return loss


def in_turns(
    draw: Callable[..., np.ndarray],
    units: Sequence[str],
    pictures: dict[str, np.ndarray],
    *,
    steps: int,
    a_run: int | None,
) -> Task:
    """A task that draws a few of the units in every run."""
    count = a_run or len(units)
    turn = 0

    def run() -> Mapping[str, np.ndarray]:
        nonlocal turn
        for k in range(count):
            unit = units[(turn * count + k) % len(units)]
            pictures[unit] = draw(unit, iters=steps)
        turn += 1
        return dict(pictures)

    return Task(run=run, items=count, warm=lambda: draw(units[0], iters=1))
