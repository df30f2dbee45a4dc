"""Bars on the search: the families of trained networks, and none where the weights are shuffled."""

from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor

from bars import SHARED, Outcome, bar
from curvecircuits.families import CurveFamily, find_curves
from curvecircuits.models.inception import branch_of
from curvecircuits.models.network import Network
from curvecircuits.models.permute import weight_permuted

LAYERS = ("3a", "3b", "4a")
SEEDS = (101, 102, 103)
GOOGLENET = SHARED / "weights" / "bvlc_googlenet.safetensors"


def googlenet() -> Network:
    from curvecircuits.catalog import load

    return load("googlenet", weights=GOOGLENET)


def _named(family: CurveFamily) -> str:
    where = f" in {family.layer}" if family.layer else ""
    return f"{len(family.units)} units{where}, gap {family.largest_gap:.0f}°"


@bar(number="1.3", title="GoogLeNet's curve family", needs_shared=True)
def googlenet_family(quick: bool) -> Outcome:
    """The quick form names the layer; otherwise the search has to choose it."""
    family = find_curves(googlenet(), layer="3b" if quick else None, permutations=1 if quick else 3)
    branches = Counter(branch_of("mixed3b", u.channel, variant="googlenet") for u in family.units)
    share = branches["5x5"] / max(1, len(family.units))
    echo = max((u.echo for u in family.units), default=1.0)
    return Outcome(
        value=f"{_named(family)}, {share:.0%} in 5×5, echo ≤ {echo:.3f}",
        bound="≥ 10 in 3b, ≤ 75°, ≥ 80 %, ≤ 0.1",
        ok=family.layer == "3b"
        and len(family.units) >= 10
        and family.largest_gap <= 75
        and share >= 0.8
        and echo <= 0.1,
        detail=", ".join(f"{u.unit} {u.orientation:g}°" for u in family.units),
    )


def _lite(number: int) -> CurveFamily:
    from curvecircuits.catalog import load

    return find_curves(load(f"efficientnet_lite{number}"))


@bar(number="1.3", title="EfficientNet-Lite0's curve family, layer not named")
def lite0_family(quick: bool) -> Outcome:
    if quick:
        return Outcome(value="skipped (--quick)", bound="", ok=None)
    family = _lite(0)
    counts = max(family.permuted_counts)
    return Outcome(
        value=f"{_named(family)}, permuted {counts}",
        bound="found, ≥ 2 × permuted",
        ok=family.found and len(family.units) >= 2 * counts,
        detail=family.verdict,
    )


def _larger(number: int) -> Callable[[bool], Outcome]:
    def measure(quick: bool) -> Outcome:
        if quick:
            return Outcome(value="skipped (--quick)", bound="", ok=None)
        family = _lite(number)
        found = _named(family) if family.found else "none found"
        return Outcome(
            value=f"{found}, permuted {max(family.permuted_counts)}",
            bound="",
            ok=None,
            detail=family.verdict,
        )

    return measure


for _number in (1, 2):
    bar(
        number="1.3",
        title=f"EfficientNet-Lite{_number}'s curve family",
        name=f"lite{_number}_family",
    )(_larger(_number))


# -- what must not be found --------------------------------------------------------------------


def _each_kernel(weight: Tensor, generator: torch.Generator) -> Tensor:
    """The positions of every kernel, each kernel by itself."""
    flat = weight.flatten(2)
    return flat.gather(2, torch.rand(flat.shape, generator=generator).argsort(2)).view_as(weight)


def _whole_kernels(weight: Tensor, generator: torch.Generator) -> Tensor:
    """Every kernel as it is, but between another pair of channels."""
    flat = weight.flatten(0, 1)
    return flat[torch.randperm(len(flat), generator=generator)].view_as(weight)


def _each_output(weight: Tensor, generator: torch.Generator) -> Tensor:
    """All weights of an output channel among themselves."""
    flat = weight.flatten(1)
    return flat.gather(1, torch.rand(flat.shape, generator=generator).argsort(1)).view_as(weight)


def shuffled(
    network: Network, how: Callable[[Tensor, torch.Generator], Tensor], *, seed: int
) -> Network:
    """A copy with every convolution's weights shuffled in one of the ways above."""
    other = network.copy()
    generator = torch.Generator().manual_seed(seed)
    for weight in other.state.values():
        if weight.ndim == 4:
            weight.copy_(how(weight.contiguous(), generator))
    return other


@bar(number="1.3", title="GoogLeNet, weights permuted", needs_shared=True)
def permuted(quick: bool) -> Outcome:
    """Searched like any network, against permuted copies of its own."""
    network = googlenet()
    most, found = 0, 0
    for seed in SEEDS[: 1 if quick else None]:
        control = weight_permuted(network, seed=seed)
        for layer in ("3a", "3b") if quick else (None,):
            family = find_curves(control, layer=layer, permutations=1, seed=seed)
            most = max(most, *(scan.curves for scan in family.layers))
            found += family.found + len(family.units)
    return Outcome(
        value=f"at most {most} units a layer, {found} found",
        bound="≤ 1 a layer, none found",
        ok=most <= 1 and found == 0,
    )


def _shuffled(how: Callable[[Tensor, torch.Generator], Tensor]) -> Callable[[bool], Outcome]:
    def measure(quick: bool) -> Outcome:
        network = googlenet()
        counts: list[str] = []
        found = 0
        for layer in LAYERS[1:2] if quick else LAYERS:
            control = shuffled(network, how, seed=SEEDS[0])
            family = find_curves(control, layer=layer, permutations=1)
            counts.append(f"{layer} {family.layers[0].curves}")
            found += family.found
        return Outcome(
            value=f"units that pass: {', '.join(counts)}", bound="no family found", ok=found == 0
        )

    return measure


for _name, _title, _how in (
    ("shuffled_kernels", "GoogLeNet, every kernel's positions shuffled", _each_kernel),
    ("shuffled_pairs", "GoogLeNet, whole kernels shuffled", _whole_kernels),
    ("shuffled_outputs", "GoogLeNet, each output channel's weights shuffled", _each_output),
):
    bar(number="1.3", title=_title, name=_name, needs_shared=True)(_shuffled(_how))


# -- the networks themselves -------------------------------------------------------------------


def _accuracy(network: Network, bound: float) -> Outcome:
    from curvecircuits.images import accuracy

    found = accuracy(network, SHARED / "imagenet" / "images")
    return Outcome(
        value=f"top-1 {found.top1:.1%}, top-5 {found.top5:.1%} of {found.images}",
        bound=f"top-1 ≥ {bound:.0%}",
        ok=found.top1 >= bound and found.images == 500,
    )


@bar(number="1.3", title="GoogLeNet on the 500 images", needs_shared=True)
def googlenet_accuracy(quick: bool) -> Outcome:
    del quick
    return _accuracy(googlenet(), 0.75)


@bar(number="1.3", title="EfficientNet-Lite0 on the 500 images", needs_shared=True)
def lite0_accuracy(quick: bool) -> Outcome:
    del quick
    from curvecircuits.catalog import load

    return _accuracy(load("efficientnet_lite0"), 0.88)
