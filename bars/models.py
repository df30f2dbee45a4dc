"""Bars on the networks: the values that TensorFlow and Caffe compute, the published statistics."""

import json

import numpy as np
import torch
from torch import Tensor

from bars import SHARED, Outcome, bar
from curvecircuits.models.network import Network
from curvecircuits.tuning import angular_distance, tuning_statistics

REFERENCE = SHARED / "reference"
_CAFFE_NAMES = {
    "conv1/7x7_s2": "conv2d0",
    "pool1/norm1": "localresponsenorm0",
    "conv2/norm2": "localresponsenorm1",
    "inception_3a/output": "mixed3a",
    "inception_3b/output": "mixed3b",
    "inception_4a/output": "mixed4a",
    "inception_4e/output": "mixed4e",
    "inception_5b/output": "mixed5b",
    "prob": "softmax2",
}
_CAFFE_MEAN = (104.0, 117.0, 123.0)


def patches(values: Tensor) -> Tensor:
    """Of a map (C, H, W) the 22 positions stored: two corners of 3 × 3 around a centre of 2 × 2."""
    if values.ndim == 1:
        return values
    h, w = values.shape[1] // 2, values.shape[2] // 2
    parts = (values[:, :3, :3], values[:, h : h + 2, w : w + 2], values[:, -3:, -3:])
    return torch.cat([p.flatten(1) for p in parts], 1)


def _worst(network: Network, images: Tensor, stored: dict[str, np.ndarray]) -> dict[str, float]:
    """Largest error of each layer, relative to its largest absolute value."""
    with torch.inference_mode():
        found = network.run(images, layers=list(stored))
    errors: dict[str, float] = {}
    for name, values in stored.items():
        wanted = torch.from_numpy(values)
        error = (patches(found[name][0]) - wanted).abs().max() / wanted.abs().max()
        errors[name] = float(error)
    return errors


def _outcome(errors: dict[str, float], *, bound: float = 1e-4) -> Outcome:
    worst = max(errors, key=lambda name: errors[name])
    return Outcome(
        value=f"{errors[worst]:.1e} at {worst}, {len(errors)} nodes",
        bound=f"≤ {bound:g} of the largest value",
        ok=errors[worst] <= bound,
        detail=", ".join(f"{name} {error:.1e}" for name, error in errors.items()),
    )


@bar(number="1.1", title="InceptionV1 as TensorFlow computes it", needs_shared=True)
def tensorflow(quick: bool) -> Outcome:
    del quick
    from curvecircuits.catalog import load

    network = load("inception_v1", weights=REFERENCE / "tf-inception5h-random.pb.gz")
    with np.load(REFERENCE / "tf-inception5h-random-activations.npz") as file:
        images = torch.from_numpy(file["image"]).permute(0, 3, 1, 2)
        names = [n for n in file.files if n != "image" and not n.endswith("__shape")]
        # (1, 22, C) or (1, C) → (C, 22) or (C,)
        stored = {n: np.ascontiguousarray(file[n][0].T) for n in names}
    return _outcome(_worst(network, images, stored))


@bar(number="1.1", title="GoogLeNet as Caffe computes it", needs_shared=True)
def caffe(quick: bool) -> Outcome:
    del quick
    from curvecircuits.catalog import load

    network = load("googlenet", weights=SHARED / "weights" / "bvlc_googlenet.safetensors")
    with np.load(REFERENCE / "caffe-googlenet-activations.npz") as file:
        data = torch.from_numpy(file["data"]).double() + torch.tensor(_CAFFE_MEAN)[:, None, None]
        stored = {ours: file[theirs] for theirs, ours in _CAFFE_NAMES.items()}
    images = (data.flip(0) / 255).float()[None]  # RGB in [0, 1], as networks take here
    errors = _worst(network, images, stored)
    with torch.inference_mode():
        probability = network.run(images, layers=["softmax2"])["softmax2"][0].numpy()
    top = int(stored["softmax2"].argmax())
    difference = abs(float(probability[top] - stored["softmax2"][top]))
    found = _outcome(errors)
    return Outcome(
        value=f"{found.value}; top-1 off by {difference:.1e}",
        bound=f"{found.bound}; ≤ 1e-4",
        ok=bool(found.ok) and int(probability.argmax()) == top and difference <= 1e-4,
        detail=found.detail,
    )


@bar(number="1.2", title="Statistics of the published tuning curves", needs_shared=True)
def statistics(quick: bool) -> Outcome:
    del quick
    published = json.loads((REFERENCE / "orientations.json").read_text())["curves"]
    off = {"peak": 0.0, "fwhm": 0.0, "echo": 0.0}
    units = 0
    for layer, wanted in published.items():
        curves = json.loads((REFERENCE / "published" / f"curves-{layer}.json").read_text())
        found = tuning_statistics(np.array([curves["activations"][unit] for unit in wanted]))
        for w, s in zip(wanted.values(), found, strict=True):
            off["peak"] = max(off["peak"], angular_distance(s.orientation, w["peak"]))
            off["fwhm"] = max(off["fwhm"], abs(s.fwhm - w["fwhm"]))
            off["echo"] = max(off["echo"], abs(s.echo - w["echo"]))
        units += len(found)
    return Outcome(
        value=f"{off['peak']:g}°, {off['fwhm']:g}°, {off['echo']:.3f} ({units} units)",
        bound="peak, width ≤ 0.5°, echo ≤ 0.01",
        ok=units > 0 and off["peak"] <= 0.5 and off["fwhm"] <= 0.5 and off["echo"] <= 0.01,
    )
