"""Bars on expanded weights: two ways agree, they take milliseconds, and how linear a network is."""

import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import torch

from bars import SHARED, Outcome, bar
from bars.speed import raced
from curvecircuits.circuits.intervals import resampled
from curvecircuits.images.folder import read_folder
from curvecircuits.images.framing import framing_for, load_image
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.stimuli import CurveGrid
from curvecircuits.tuning import station
from curvecircuits.weights import agreement, expanded_weights

ROOT = Path(__file__).resolve().parents[1]
GOOGLENET = SHARED / "weights" / "bvlc_googlenet.safetensors"
CURVES = (358, 336, 368, 394, 386, 346, 413, 408, 398, 321, 326, 335)


def _googlenet() -> Network:
    from curvecircuits.catalog import load

    return load("googlenet", weights=GOOGLENET)


def _all(network: Network, layer: str) -> list[tuple[str, int]]:
    return [(layer, c) for c in range(network.layer(layer).channels)]


@bar(number="2.1", title="Expanded weights two ways, 3a to all of 3b", needs_shared=True)
def weights_agree(quick: bool) -> Outcome:
    """Largest difference over largest weight, and the same for the layers before."""
    network = _googlenet()
    errors: list[float] = []
    for source, units in (
        ("3a", _all(network, "3b")[:: 8 if quick else 1]),
        ("conv2d2", _all(network, "3b")[:: 60 if quick else 20]),
        ("conv2d0", _all(network, "3b")[:: 240 if quick else 60]),
    ):
        one = expanded_weights(network, source, units=units)
        two = expanded_weights(network, source, units=units, method="gradient")
        if (one.values.shape, one.origin, one.stride) != (two.values.shape, two.origin, two.stride):
            return Outcome(value=f"another support on {source}", bound="≤ 1e-5", ok=False)
        errors.append(float((one.values - two.values).abs().max() / one.values.abs().max()))
    return Outcome(
        value=f"{errors[0]:.1e}; conv2d2 {errors[1]:.1e}, conv2d0 {errors[2]:.1e}",
        bound="≤ 1e-5",
        ok=max(errors) <= 1e-5,
    )


@bar(number="2.1", title="Composition, times faster than a gradient a channel", needs_shared=True)
def weights_speed(quick: bool) -> Outcome:
    """All of 3b on the 3a map of a 224 px image, against backward once a channel."""
    found = raced("weights-near", quick)
    ours, theirs = found.contenders[:2]
    assert theirs.ratio is not None
    return Outcome(
        value=f"{theirs.ratio.median:.0f} × ({480 * theirs.each.median:.1f} s against "
        f"{1e3 * ours.total:.1f} ms)",
        bound="≥ 300 ×",
        ok=theirs.ratio.median >= 300,
        detail=found.said,
    )


def far() -> tuple[float, float]:
    """Seconds, and the largest memory of the whole process in GB, torch and network included."""
    network = _googlenet()
    started = perf_counter()
    expanded_weights(network, "conv2d0", units=[("3b", c) for c in CURVES[:10]])
    seconds = perf_counter() - started
    # Not `ru_maxrss`, which a process inherits from the one that started it.
    status = Path("/proc/self/status").read_text()
    return seconds, int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e9


@bar(number="2.1", title="Ten units of 3b on conv2d0, cold", needs_shared=True)
def weights_far(quick: bool) -> Outcome:
    del quick
    code = "from bars.weights import far; print(*far())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    seconds, gigabytes = map(float, done.stdout.split())
    return Outcome(
        value=f"{seconds:.3f} s, {gigabytes:.2f} GB in all",
        bound="< 1 s, < 2 GB",
        ok=seconds < 1 and gigabytes < 2,
    )


@bar(number="2.1", title="W · h against pre-activations of 3b", needs_shared=True)
def weights_correlate(quick: bool) -> Outcome:
    """On curves through the centre and on photographs; for information."""
    network = _googlenet()
    units = [Unit("3b", c) for c in CURVES]
    place = station(network, network.layer("3b").pre_activation, tile=60)
    step = 15.0 if quick else 7.5
    grid = CurveGrid(
        orientations=tuple(float(o) for o in np.arange(0, 360, step)),
        radii=(20.0, 40.0, 80.0, 160.0),
        tile=60.0,
        width=2.0,
    )
    drawn = torch.cat([i for _, i in grid.batches(size=place.size, centre=place.centre)])
    files = [x.path for x in read_folder(SHARED / "imagenet" / "images").images]
    photographs = torch.stack(
        [load_image(p, framing=framing_for(network)) for p in files[:: 40 if quick else 8]]
    )
    parts: list[str] = []
    above = True
    for source in ("3a", "conv2d2", "conv2d0"):
        weights = expanded_weights(network, source, units=units)
        for what, found in (
            (
                "curves",
                agreement(
                    network, weights, drawn.expand(-1, 3, -1, -1), at=(place.row, place.column)
                ),
            ),
            ("photographs", agreement(network, weights, photographs)),
        ):
            mean = resampled(found.correlation)
            control = resampled(found.control)
            above &= mean.low > control.high
            parts.append(
                f"{source} {what} {mean.value:.2f} [{mean.low:.2f}, {mean.high:.2f}], "
                f"control {control.value:.2f}"
            )
    return Outcome(
        value="; ".join(parts), bound="", ok=None, detail="" if above else "control overlaps"
    )
