"""torch-lucent 0.1.8 on the weights of BVLC GoogLeNet: `render_vis`.

lucent draws at its own defaults. What is changed is the network alone, so that both sides study
the same one: the weights of the layers up to `mixed3b`, and the constants of the normalisation.
"""

import importlib
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.contenders.dreams import in_turns
from benchmarks.contenders.plain import decoded
from benchmarks.stand_ins import import_torchvision, stand_ins
from benchmarks.task import Task
from curvecircuits.catalog import load
from curvecircuits.models.address import Unit
from curvecircuits.models.inception import InceptionPreprocess
from curvecircuits.models.network import Network

_BLOCK = ("1x1", "3x3_bottleneck", "3x3", "5x5_bottleneck", "5x5", "pool_reduce")
_JOINED = ("1x1", "3x3", "5x5", "pool_reduce")
_LAYERS = (
    *("conv2d0", "conv2d1", "conv2d2"),
    *(f"{block}_{name}" for block in ("mixed3a", "mixed3b") for name in _BLOCK),
)
# The largest relative difference that float32 explains.
_LIMIT = 1e-4
# lucent's `preprocess_inceptionv1` subtracts this from every channel of 255·x.
_LUCENT_MEAN = 117.0

SHOWN = round(128 * 224 / (128 + 2 * 12))
"""Pixels that lucent's picture of 128 takes of the 224 which its network is shown: it is padded by
12 on each side, and the whole enlarged. Judged at this size it is seen as it was optimised."""


def visualization(
    *,
    weights: str,
    folder: str,
    units: Sequence[str],
    steps: int,
    seed: int = 0,
    a_run: int | None = None,
    frozen: bool = False,
) -> Task:
    """Pictures of units of 3b, one after the other; every one starts from the same seed.

    Parameters
    ----------
    folder
        Images, on the first of which lucent's network must do what ours does.
    units
        Such as `3b:358`.
    a_run
        How many are drawn in one run, which goes on where the last one ended; all by default. The
        answer holds every picture drawn so far, and the largest difference of the networks.
    frozen
        Spare it the gradients of the weights, which by its own default it computes.
    """
    stand_ins("IPython", "IPython.display")  # shows pictures in notebooks
    import_torchvision()
    network = load("googlenet", weights=weights)
    model = lucent_network(network)
    (shown,) = decoded(network, folder, [0], batch=1)
    check = differences(model, network, _check_images(shown[0]))
    found = max(check["pre"], check["rectified"])
    if found > _LIMIT:
        raise RuntimeError(f"lucent's network is not ours: {check}")
    model.requires_grad_(not frozen)

    def draw(unit: str, *, iters: int) -> np.ndarray:
        named = network.check(Unit.parse(unit))
        assert isinstance(named, Unit)
        assert named.layer == "mixed3b"
        return drawn(model, named.channel, steps=iters, seed=seed)

    return in_turns(draw, units, {"difference": np.array(found)}, steps=steps, a_run=a_run)


# -- the network -------------------------------------------------------------------------------


def lucent_network(network: Network) -> nn.Module:
    """lucent's own InceptionV1 with our network's weights up to `mixed3b`.

    It feeds 255·x − 117 in RGB where our network takes 255·x − mean in BGR: the order goes into
    the first layer's weights and the difference of the means into its biases. Away from the
    borders, where padding has another colour, both then see the same.
    """
    code = importlib.import_module("lucent.modelzoo.inceptionv1.InceptionV1")
    vars(code)["F"] = _functions()
    model = code.InceptionV1(pretrained=False).eval()
    own = network.state
    with torch.no_grad():
        for name in _LAYERS:
            weight, bias = (own[f"{name}_pre_relu.{part}"] for part in ("weight", "bias"))
            if name == "conv2d0":
                mean = InceptionPreprocess("googlenet").mean.double()
                bias = bias + (weight * (_LUCENT_MEAN - mean)).sum((1, 2, 3)).to(bias)
                weight = weight.flip(1)
            layer = model.get_submodule(f"{name}_pre_relu_conv")
            assert isinstance(layer, nn.Conv2d)
            assert layer.bias is not None
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
    return model


def _functions() -> SimpleNamespace:
    """`torch.nn.functional`, but its normalisation always with Caffe's constants."""

    def local_response_norm(input: Tensor, **constants: float) -> Tensor:
        del constants
        return F.local_response_norm(input, size=5, alpha=1e-4, beta=0.75, k=1.0)

    return SimpleNamespace(**(vars(F) | {"local_response_norm": local_response_norm}))


# -- is it the same network? -------------------------------------------------------------------


def differences(model: nn.Module, network: Network, images: Tensor) -> dict[str, float]:
    """Largest difference of `mixed3b` at interior positions, over the largest activation there.

    lucent pads the first convolution with two pixels before and three after, ours with three and
    three: its units look one pixel further right and down. So our network is shown the images one
    pixel further left and up. `unshifted` is the same without, a control.
    """
    found: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[[nn.Module, Any, Tensor], None]:
        return lambda _module, _inputs, output: found.update({name: output})

    names = [f"mixed3b_{branch}_pre_relu_conv" for branch in _JOINED]
    hooks = [
        model.get_submodule(name).register_forward_hook(keep(name)) for name in (*names, "mixed3b")
    ]
    with torch.no_grad():
        model(255 * images - _LUCENT_MEAN)
    for hook in hooks:
        hook.remove()
    pre = torch.cat([found[name] for name in names], 1)

    layer = network.layer("3b")
    shifted = network.activations(
        images.roll((-1, -1), (2, 3)), layers=["3b", layer.pre_activation]
    )
    plain = network.activations(images, layers=["3b"])
    axis = network.geometry("3b").y
    inside = [
        k
        for k in range(layer.height)
        if axis.first + k * axis.stride >= 0 and axis.last + k * axis.stride < images.shape[2] - 1
    ]
    rows = slice(inside[0], inside[-1] + 1)

    def relative(a: Tensor, b: Tensor) -> float:
        a, b = a[:, :, rows, rows], b[:, :, rows, rows]
        return float((a - b).abs().max() / b.abs().max())

    return {
        "pre": relative(pre, shifted[layer.pre_activation]),
        "rectified": relative(found["mixed3b"], shifted["3b"]),
        "unshifted": relative(found["mixed3b"], plain["3b"]),
        "positions": float(len(inside) ** 2),
    }


def _check_images(photograph: Tensor) -> Tensor:
    """A photograph and noise, coarse and fine."""
    size = photograph.shape[-1]
    generator = torch.Generator().manual_seed(0)
    fine = torch.rand(3, size, size, generator=generator)
    coarse = torch.rand(1, 3, size // 8, size // 8, generator=generator)
    return torch.stack([photograph, fine, F.interpolate(coarse, (size, size))[0]])


# -- drawing -----------------------------------------------------------------------------------


def drawn(model: nn.Module, channel: int, *, steps: int, seed: int) -> np.ndarray:
    """lucent's picture of a unit of `mixed3b`, (3, h, w), all at lucent's defaults."""
    render = importlib.import_module("lucent.optvis.render")
    objectives = importlib.import_module("lucent.optvis.objectives")
    torch.manual_seed(seed)
    np.random.seed(seed)  # lucent's transforms use numpy's global generator
    images = render.render_vis(
        model,
        objectives.neuron("mixed3b", channel),
        thresholds=(steps,),
        show_image=False,
        progress=False,
    )
    # lucent never removes its hooks; left there, every unit would slow down the next.
    for module in model.modules():
        module._forward_hooks.clear()  # pyright: ignore[reportPrivateUsage]
    model.zero_grad(set_to_none=True)
    return np.ascontiguousarray(images[-1][0].transpose(2, 0, 1))
