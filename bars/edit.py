"""Bars on editing: nothing is left of an edit, and it does what running the module by hand does."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bars import SHARED, Outcome, bar
from curvecircuits.models.edit import edit
from curvecircuits.models.edits import (
    AddWeights,
    Edit,
    KeepInputs,
    RemoveInputs,
    ReplaceUnits,
    ReplaceWeights,
    ScaleUnits,
    SetUnits,
    ZeroUnits,
)
from curvecircuits.models.network import Network
from curvecircuits.stimuli import curves
from curvecircuits.weights import expanded_weights

SIZE = 128
SEED = 11


def _networks(quick: bool) -> Iterator[tuple[Network, int]]:
    """Networks, and how many edits to try on each."""
    from curvecircuits.catalog import load

    yield (
        load("googlenet", weights=SHARED / "weights" / "bvlc_googlenet.safetensors"),
        2 if quick else 40,
    )
    if not quick:
        yield load("efficientnet_lite0"), 40
        yield load("artificial"), 20


def _images(seed: int) -> Tensor:
    """Noise, and two curves, to which the network written by hand responds."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(1, 3, SIZE, SIZE, generator=generator)
    drawn = curves(orientation=[7.0 * seed, 7.0 * seed + 100], radius=50, size=SIZE)
    return torch.cat([noise, drawn.expand(-1, 3, -1, -1)])


def _maps(network: Network, kinds: tuple[str, ...]) -> list[str]:
    """Layers with a map that a module of their own name makes."""
    modules = dict(network.module.named_modules())
    return [n for n, x in network.layers.items() if x.spatial and x.kind in kinds and n in modules]


def _some(rng: np.random.Generator, network: Network, layer: str, most: int = 8) -> list[int]:
    channels = network.layer(layer).channels
    count = int(rng.integers(1, min(most, channels) + 1))
    return [int(c) for c in rng.choice(channels, count, replace=False)]


def _linked(rng: np.random.Generator, network: Network) -> tuple[str, str]:
    """An earlier and a later layer, a convolution or normalisation of it, with a path between."""
    targets = _maps(network, ("conv", "batchnorm"))
    sources = _maps(network, ("relu", "concat", "batchnorm", "maxpool", "conv"))
    while True:
        source, target = str(rng.choice(sources)), str(rng.choice(targets))
        if network.layer(target).pre_activation == target and network.path(source, target):
            return source, target


def _edit(rng: np.random.Generator, network: Network) -> Edit:
    """An edit of any kind, of any layers."""
    source, target = _linked(rng, network)
    channels = _some(rng, network, target)
    units = [(target, c) for c in channels]
    inputs: Any = {"targets": units, "source": source, "channels": _some(rng, network, source)}
    name = str(rng.choice([n for n, t in network.state.items() if t.is_floating_point()]))
    inner, outer = network.geometry(source), network.geometry(target)
    stride = (outer.y.stride // inner.y.stride, outer.x.stride // inner.x.stride)
    shape = (len(units), network.layer(source).channels, 2, 3)
    makes: list[Callable[[], Edit]] = [
        partial(ZeroUnits, units=units),
        partial(ScaleUnits, units=units, factor=float(rng.normal())),
        partial(SetUnits, units=units, values=[float(v) for v in rng.normal(size=len(units))]),
        partial(RemoveInputs, **inputs),
        partial(KeepInputs, **inputs),
        partial(ReplaceWeights, name=name, tensor=network.state[name] * 1.5 + 0.1),
        partial(
            AddWeights,
            source=source,
            targets=units,
            values=torch.from_numpy(rng.normal(size=shape).astype(np.float32)),
            origin=(-1, 2),
            stride=stride,
        ),
        partial(ReplaceUnits, units=units, by=network, by_units=units[::-1]),
    ]
    return makes[int(rng.integers(len(makes)))]()


class _Stop(BaseException):
    """Ends a block in a way that no `except Exception` sees."""


@bar(number="2.5", title="Weights and outputs after nests of edits", needs_shared=True)
def restored(quick: bool) -> Outcome:
    """Nests one to four deep, of one or two edits each; every third is ended by an exception."""
    rng = np.random.default_rng(SEED)
    wrong = nests = tensors = without = 0
    for network, count in _networks(quick):
        images = _images(SEED)
        last = list(network.layers)[-1]
        held = {n: (t.data_ptr(), t.clone()) for n, t in network.state.items()}
        before, digest = network.run(images, layers=[last])[last], network.model_hash
        for nest in range(count):
            try:
                with ExitStack() as stack:
                    for _ in range(int(rng.integers(1, 5))):
                        edits = [_edit(rng, network) for _ in range(int(rng.integers(1, 3)))]
                        stack.enter_context(edit(network, *edits))
                    without += int(torch.equal(network.run(images, layers=[last])[last], before))
                    if nest % 3 == 0:
                        raise _Stop
            except _Stop:
                pass
            nests += 1
        state = network.state
        tensors += len(held)
        wrong += sum(
            state[n].data_ptr() != at or not torch.equal(state[n], values)
            for n, (at, values) in held.items()
        )
        wrong += network.model_hash != digest
        wrong += not torch.equal(network.run(images, layers=[last])[last], before)
    return Outcome(
        value=f"{wrong} of {tensors} tensors changed after {nests} nests "
        f"({nests - without} of which changed the output)",
        bound="0 changed",
        ok=wrong == 0 and without <= nests // 2,
    )


def _zeroed(channels: list[int]) -> Callable[..., Tensor]:
    def hook(module: nn.Module, given: Any, out: Tensor) -> Tensor:
        del module, given
        out = out.clone()
        out[:, channels] = 0
        return out

    return hook


def _mixed(channels: list[int], other: Tensor) -> Callable[..., Tensor]:
    def hook(module: nn.Module, given: Any, out: Tensor) -> Tensor:
        del module, given
        out = out.clone()
        out[:, channels] = other[:, channels]
        return out

    return hook


def _by_hand(
    network: Network, images: Tensor, source: str, zeroed: list[int], target: str, units: list[int]
) -> Tensor:
    """The network's output with hooks on its module: run once to know, and again to replace."""
    module = network.module
    seen: list[Any] = []
    prepare = network.prepare(images)
    hooks = [
        module.get_submodule(source).register_forward_hook(_zeroed(zeroed)),
        module.get_submodule(target).register_forward_hook(lambda _m, _i, out: seen.append(out)),
    ]
    try:
        module(prepare)
    finally:
        for hook in hooks:
            hook.remove()
    again = module.get_submodule(target).register_forward_hook(_mixed(units, seen[0]))
    try:
        return module(prepare)
    finally:
        again.remove()


@bar(number="2.5", title="Removed and kept inputs against hooks on the module", needs_shared=True)
def inputs(quick: bool) -> Outcome:
    """The change of the network's output, for random layers, units and channels."""
    rng = np.random.default_rng(SEED + 1)
    worst, tried, moved = 0.0, 0, 0
    for network, count in _networks(quick):
        images = _images(SEED + 1)
        last = list(network.layers)[-1]
        plain = network.run(images, layers=[last])[last]
        for _ in range(count):
            source, target = _linked(rng, network)
            units, channels = _some(rng, network, target), _some(rng, network, source, 32)
            keep = bool(rng.integers(2))
            everyone = range(network.layer(source).channels)
            zeroed = [c for c in everyone if (c in channels) != keep]
            kind = KeepInputs if keep else RemoveInputs
            one = kind(targets=[(target, u) for u in units], source=source, channels=channels)
            wanted = _by_hand(network, images, source, zeroed, target, units)
            with edit(network, one):
                found = network.run(images, layers=[last])[last]
            scale = max(float(plain.abs().max()), float(wanted.abs().max()), 1e-9)
            worst = max(worst, float((found - wanted).abs().max()) / scale)
            moved += float((wanted - plain).abs().max()) / scale > 1e-3
            tried += 1
    return Outcome(
        value=f"off by ≤ {worst:.1e} of the largest output in {tried} edits, {moved} of which "
        "change it by more than 0.1 %",
        bound="≤ 1e-4",
        ok=worst <= 1e-4 and moved > 0,
    )


@bar(number="2.5", title="Added weights against an edited kernel", needs_shared=True)
def kernels(quick: bool) -> Outcome:
    """Random changes to random convolutions, at every layer that one convolution reads."""
    rng = np.random.default_rng(SEED + 2)
    worst, tried = 0.0, 0
    for network, count in _networks(quick):
        images = _images(SEED + 2)
        modules = dict(network.module.named_modules())
        convs = [
            (source.name, target)
            for target in _maps(network, ("conv",))
            for source in network.layers.values()
            if target in source.feeds and source.spatial and modules[target].groups == 1  # pyright: ignore[reportAttributeAccessIssue]
        ]
        for _ in range(count):
            source, target = convs[int(rng.integers(len(convs)))]
            units = _some(rng, network, target)
            weights = expanded_weights(network, source, units=[(target, u) for u in units])
            kernel = network.state[f"{target}.weight"].clone()
            size = float(kernel.std())
            change = torch.from_numpy(rng.normal(size=kernel[units].shape).astype(np.float32))
            kernel[units] += size * change
            added = AddWeights(
                source=source,
                targets=weights.units,
                values=size * change,
                origin=weights.origin,
                stride=weights.stride,
            )
            with edit(network, ReplaceWeights(name=f"{target}.weight", tensor=kernel)):
                wanted = network.run(images, layers=[target])[target][:, units]
            with edit(network, added):
                found = network.run(images, layers=[target])[target][:, units]
            plain = network.run(images, layers=[target])[target][:, units]
            moved = float((wanted - plain).abs().max())
            if moved:  # else nothing reaches the layer
                worst = max(worst, float((found - wanted).abs().max()) / moved)
                tried += 1
    return Outcome(
        value=f"off by ≤ {worst:.1e} of the change, in {tried} kernels",
        bound="≤ 1e-4",
        ok=worst <= 1e-4 and tried > 0,
    )
