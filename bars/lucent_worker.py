"""torch-lucent 0.1.8 on the weights of BVLC GoogLeNet, as a process that draws units on request.

    PYTHONPATH=.peers python -m bars.lucent_worker FOLDER [--weights FILE]

The first line on stdout is {"check": {...}}, how far lucent's network is from ours. Every line on
stdin, {"units": [channels of mixed3b], "steps": N, "seed": s, "frozen": false}, is answered by a
line a unit, {"unit": c, "seconds": t, "path": "….npy"}; the file holds the picture, (h, w, 3).

lucent draws at its own defaults. What is changed is the network alone, so that both sides study
the same one: the weights of the layers up to `mixed3b`, and the constants of the normalisation.
"""

import argparse
import importlib
import json
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from time import perf_counter
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from bars import SHARED
from curvecircuits.catalog import load
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


# -- the peer's packages -----------------------------------------------------------------------


def _import_peers() -> None:
    """Import what does not import by itself beside this torch."""
    # lucent imports it to show pictures in notebooks, which is not done here.
    display = ModuleType("IPython.display")
    sys.modules.setdefault("IPython", ModuleType("IPython"))
    sys.modules.setdefault("IPython.display", display)
    vars(sys.modules["IPython"])["display"] = display
    # Its compiled operators are for another build of torch, and lucent needs none of them.
    register = torch.library.register_fake

    def unless_missing(op: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(op, str) and op.startswith("torchvision::"):
            return lambda function: function
        return register(op, *args, **kwargs)

    torch.library.register_fake = unless_missing
    try:
        importlib.import_module("torchvision")
    finally:
        torch.library.register_fake = register


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


def _check_images(size: int) -> Tensor:
    """A photograph and noise, coarse and fine."""
    photograph = sorted((SHARED / "imagenet" / "images").glob("*/*.JPEG"))[0]
    with Image.open(photograph) as opened:
        pixels = np.asarray(opened.convert("RGB").resize((size, size)), dtype=np.float32) / 255
    generator = torch.Generator().manual_seed(0)
    fine = torch.rand(3, size, size, generator=generator)
    coarse = torch.rand(1, 3, size // 8, size // 8, generator=generator)
    return torch.stack(
        [torch.from_numpy(pixels).permute(2, 0, 1), fine, F.interpolate(coarse, (size, size))[0]]
    )


# -- drawing -----------------------------------------------------------------------------------


def drawn(model: nn.Module, channel: int, *, steps: int, seed: int) -> tuple[np.ndarray, float]:
    """lucent's picture of a unit (h, w, 3) and the seconds it took, all at lucent's defaults."""
    render = importlib.import_module("lucent.optvis.render")
    objectives = importlib.import_module("lucent.optvis.objectives")
    torch.manual_seed(seed)
    np.random.seed(seed)  # lucent's transforms use numpy's global generator
    started = perf_counter()
    images = render.render_vis(
        model,
        objectives.neuron("mixed3b", channel),
        thresholds=(steps,),
        show_image=False,
        progress=False,
    )
    seconds = perf_counter() - started
    # lucent never removes its hooks; left there, every unit would slow down the next.
    for module in model.modules():
        module._forward_hooks.clear()  # pyright: ignore[reportPrivateUsage]
    return images[-1][0], seconds


def serve(model: nn.Module, folder: Path, say: Callable[[Any], None]) -> None:
    """Answer requests until stdin ends."""
    folder.mkdir(parents=True, exist_ok=True)
    for line in sys.stdin:
        asked = json.loads(line)
        model.requires_grad_(not asked.get("frozen", False))
        for channel in asked["units"]:
            picture, seconds = drawn(model, channel, steps=asked["steps"], seed=asked["seed"])
            model.zero_grad(set_to_none=True)
            path = folder / f"lucent_{channel}_{asked['steps']}_{asked['seed']}.npy"
            np.save(path, picture)
            say({"unit": channel, "seconds": seconds, "path": str(path)})


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Draws units of mixed3b with torch-lucent.")
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--weights", type=Path, default=SHARED / "weights" / "bvlc_googlenet.safetensors"
    )
    options = parser.parse_args(arguments)
    answers = sys.stdout

    def say(message: Any) -> None:
        print(json.dumps(message), file=answers, flush=True)

    # What the peers warn of is theirs, and what they print must not get between the answers.
    warnings.simplefilter("ignore")
    with redirect_stdout(sys.stderr):
        _import_peers()
        network = load("googlenet", weights=options.weights)
        model = lucent_network(network)
        check = differences(model, network, _check_images(network.input_size))
        say({"check": check})
        if max(check["pre"], check["rectified"]) > _LIMIT:
            raise SystemExit(f"lucent's network is not ours: {check}")
        serve(model, options.folder, say)


if __name__ == "__main__":
    main()
