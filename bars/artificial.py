"""Bars on the hand-written family."""

from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy import ndarray

from bars import Outcome, bar
from bars.families import googlenet
from bars.timing import alternating
from curvecircuits.artificial import (
    Constants,
    artificial_network,
    artificial_weights,
    layout,
    network_of,
)
from curvecircuits.artificial.layout import Parts
from curvecircuits.claims import gather, measure_claims
from curvecircuits.claims.evidence import Evidence
from curvecircuits.families import find_curves
from curvecircuits.models.network import Network
from curvecircuits.stimuli import CurveGrid, carry, curves, published
from curvecircuits.tuning import angular_distance, station, tune, tuning_statistics


def _outcome(rows: list[tuple[int, float, float, float, float]], found: int) -> Outcome:
    """The bar on rows of (channel, orientation, FWHM, radius, echo)."""
    error = max(angular_distance(o, 15 * channel) for channel, o, *_ in rows)
    width, radius = [r[2] for r in rows], [r[3] for r in rows]
    echo = max(r[4] for r in rows)
    return Outcome(
        value=f"{found} units, off by ≤ {error:.1f}°, {min(width):.0f}–{max(width):.0f}° wide, "
        f"{min(radius):.0f}–{max(radius):.0f} px, echo ≤ {echo:.3f}",
        bound="24, ≤ 7.5°, 20–70°, 35–80 px, ≤ 0.15",
        ok=found == 24
        and error <= 7.5
        and min(width) >= 20
        and max(width) <= 70
        and min(radius) >= 35
        and max(radius) <= 80
        and echo <= 0.15,
    )


@bar(number="1.5", title="The artificial family, as find reports it")
def artificial_family(quick: bool) -> Outcome:
    """Found like any other family; held-out statistics."""
    family = find_curves(
        artificial_network(), layer="3b" if quick else None, permutations=1 if quick else 3
    )
    rows = [(u.channel, u.orientation, u.fwhm, u.radius, u.echo) for u in family.units]
    return _outcome(rows, len(family.units) if family.found else 0)


def _grid(quick: bool) -> CurveGrid:
    """The published grid; in the quick form every sixth orientation and every fourth radius."""
    grid = published()
    if quick:
        grid = replace(grid, orientations=grid.orientations[::6], radii=grid.radii[::4])
    return grid


@bar(number="3.1", title="Echo of the artificial units on the published grid")
def artificial_echo_free(quick: bool) -> Outcome:
    echo = [
        s.echo
        for s in tuning_statistics(
            tune(artificial_network(), ["3b"], grid=_grid(quick))["3b"].radial()
        )
    ]
    return Outcome(value=f"≤ {max(echo):.4f}", bound="≤ 0.03", ok=max(echo) <= 0.03)


def _without_opposing(*, least: float) -> Network:
    """The network without negative weights of early curves at least so far from the curve's."""
    weights = artificial_weights()
    kernel, bias = weights["mixed3b"]
    kernel = kernel.clone()
    around = torch.arange(24) * 15.0
    apart = ((around[:, None] - around + 180) % 360 - 180).abs()
    early = kernel[:, :24]
    early[(apart >= least)[:, :, None, None] & (early < 0)] = 0
    return network_of(weights | {"mixed3b": (kernel, bias)})


def _narrowed(values: ndarray, width: float) -> ndarray:
    """Radial tuning curves with one threshold for all, at which their mean width is as given."""
    low, high = float(np.min(values)), float(values.max())
    for _ in range(30):
        middle = (low + high) / 2
        radial = np.maximum(values - middle, 0).mean(2)
        live = radial.max(1) > 0
        wide = np.mean([s.fwhm for s in tuning_statistics(radial[live])]) if live.all() else 0
        low, high = (middle, high) if wide > width else (low, middle)
    return np.maximum(values - low, 0).mean(2)


@bar(number="3.1", title="Echo without opposing negatives, at the original width")
def artificial_echo_returns(quick: bool) -> Outcome:
    """Early curves 90° off or more oppose; beside it, those from 120°, as the circuits have it."""
    grid = _grid(quick)
    intact = tuning_statistics(tune(artificial_network(), ["3b"], grid=grid)["3b"].radial())
    width = float(np.mean([s.fwhm for s in intact]))
    found: dict[float, tuple[float, float]] = {}
    for least in (90.0, 120.0):
        values = tune(_without_opposing(least=least), ["3b"], grid=grid)["3b"].values
        now = tuning_statistics(_narrowed(values, width))
        found[least] = (
            float(np.mean([s.echo for s in now])),
            float(np.mean([s.at90 for s in now])),
        )
    (echo, at90), strict = found[90.0], found[120.0]
    return Outcome(
        value=f"{echo:.3f}, at ±90° {at90:.3f}; from 120° on {strict[0]:.3f}",
        bound="≥ 0.15 and above ±90°",
        ok=echo >= 0.15 and echo > at90,
        detail=f"width {width:.1f}°",
    )


@bar(number="3.2", title="Orientation, width and radius of all 24 on the published grid")
def artificial_published(quick: bool) -> Outcome:
    grid = _grid(quick)
    tuned = tune(artificial_network(), ["3b"], grid=grid)["3b"]
    radii = np.asarray(grid.radii)[tuned.responses().max(1).argmax(1)]
    rows = tuning_statistics(tuned.radial())
    error = max(angular_distance(s.orientation, 15 * k) for k, s in enumerate(rows))
    width = [s.fwhm for s in rows]
    return Outcome(
        value=f"off by ≤ {error:.1f}°, {min(width):.0f}–{max(width):.0f}° wide, "
        f"{radii.min():.0f}–{radii.max():.0f} px",
        bound="24, ≤ 3°, 29–69°, 45–75 px",
        ok=len(rows) == 24
        and error <= 3
        and min(width) >= 29
        and max(width) <= 69
        and radii.min() >= 45
        and radii.max() <= 75,
    )


def _peaks(network: Network, kind: str, *, filled: bool = False, **look: Any) -> ndarray:
    """Largest response of each unit to curves near its own orientation, over radii."""
    place = station(network, "3b", tile=60)
    found: list[float] = []
    for unit in range(24):
        masks = curves(
            orientation=torch.arange(-10, 11, 5).repeat_interleave(8) + 15 * unit,
            radius=torch.linspace(30, 110, 8).repeat(5),
            size=place.size,
            centre=place.centre,
            tile=60.0,
            width=2.0,
            ink=1.0,
            paper=0.0,
            filled=filled,
        )
        images = carry(masks.clamp(0, 1), kind=kind, seed=unit, **look).expand(-1, 3, -1, -1)
        maps = network.run(images, layers=["mixed3b_pre_relu"])["mixed3b_pre_relu"]
        found.append(float(maps[:, unit, place.row, place.column].clamp(min=0).max()))
    return np.array(found)


@bar(number="3.2", title="Filled, reversed and coloured curves, share of the default peak")
def artificial_looks(quick: bool) -> Outcome:
    """Isoluminant and textured curves are reported."""
    network, coloured = artificial_network(), artificial_network(parts=Parts(colour=True))
    shares: dict[str, ndarray] = {}
    reported: dict[str, float] = {}
    with torch.inference_mode():
        base = _peaks(network, "ink")
        for filled in (False, True):
            also = ", filled" if filled else ""
            shares[f"black{also}"] = _peaks(network, "ink", filled=filled)
            shares[f"white{also}"] = _peaks(network, "reversed", filled=filled)
            for hue in (0, 90) if quick else (0, 45, 90, 135):
                for contrast in (-0.5, 0.5):
                    shares[f"hue {hue}, luminance {contrast:+g}{also}"] = _peaks(
                        network, "colour", filled=filled, hue=hue, luminance_contrast=contrast
                    )
                for name, other in (("isoluminant", network), ("with colour parts", coloured)):
                    even = float(
                        (_peaks(other, "isoluminant", filled=filled, hue=hue) / base).min()
                    )
                    reported[f"{name}{also}"] = min(reported.get(f"{name}{also}", np.inf), even)
        for kind, filled in (
            ("texture-boundary", True),
            ("textured-stroke", False),
            ("noise", False),
        ):
            reported[kind] = float(np.median(_peaks(network, kind, filled=filled) / base))
    least = {name: float((peaks / base).min()) for name, peaks in shares.items()}
    worst = min(least, key=lambda name: least[name])
    return Outcome(
        value=f"≥ {least[worst]:.2f} ({worst})",
        bound="≥ 0.60",
        ok=least[worst] >= 0.6,
        detail="; ".join(f"{n} {v:.2f}" for n, v in (least | reported).items()),
    )


def shuffled_copy(*, seed: int) -> Network:
    """The network with orientations exchanged at random within every family.

    Both the units of a family before 3b and, for each unit on its own, the inputs it reads from
    a family: every weight is there, in its place of a kernel, but of another orientation.
    """
    weights = artificial_weights()
    generator = torch.Generator().manual_seed(seed)
    ends = [0]
    for layer, groups in layout(Constants(), Parts()).items():
        kernel, bias = (part.clone() for part in weights[layer])
        for unit in range(len(kernel)):
            if len(ends) > 1:
                kernel[unit] = kernel[unit][_exchanged(ends, generator)]
        ends = np.cumsum([0] + [group.units for group in groups]).tolist()
        if layer != "mixed3b":
            kernel = kernel[_exchanged(ends, generator)]
        weights = weights | {layer: (kernel, bias)}
    return network_of(weights)


def _exchanged(ends: list[int], generator: torch.Generator) -> torch.Tensor:
    """An order of channels that stay within their family."""
    return torch.cat(
        [start + torch.randperm(end - start, generator=generator) for start, end in pairwise(ends)]
    )


CLAIMED = (
    "echo-returns",
    "similar-excite",
    "opposing-inhibit",
    "zero-at-90",
    "tangent-motif",
    "tiles-follow-the-arc",
    "opposing-tiles",
    "preference-shifts",
    "lines-along-the-tangent",
)
"""The echo, the diagonal band of the weight matrix, and the tangent motif."""


def _claims(found: Evidence) -> dict[str, bool | None]:
    table = measure_claims(found.network, evidence=found, claims=CLAIMED)
    return {claim.id: claim.holds for claim in table.claims}


@bar(number="3.5", title="Echo, band and tangent claims, artificial and shuffled copies")
def artificial_claims(quick: bool) -> Outcome:
    """The same families on every copy."""
    found = gather(artificial_network(), layer="3b")
    own = _claims(found)
    copies = [
        _claims(replace(found, network=shuffled_copy(seed=seed), search=None))
        for seed in range(1 if quick else 3)
    ]
    held = sorted({name for copy in copies for name, holds in copy.items() if holds})
    return Outcome(
        value=f"{sum(h is True for h in own.values())} of {len(own)} hold, on the worst copy "
        f"{max(sum(h is True for h in copy.values()) for copy in copies)}",
        bound="all, none",
        ok=all(own.values()) and not held,
        detail=f"not: {', '.join(n for n, h in own.items() if not h) or 'none'}; "
        f"on copies: {', '.join(held) or 'none'}",
    )


@bar(
    number="3.6",
    title="Natural stem to 3b against the whole artificial network, at 96 px",
    needs_shared=True,
)
def artificial_speed(quick: bool) -> Outcome:
    """Milliseconds an image, the two in turn; the natural stem is GoogLeNet's, cut at 3b."""
    natural = googlenet()
    sides = {"natural": (natural, "3b"), "artificial": (artificial_network(), "3b")}
    images = torch.rand(32, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        seconds = alternating(
            {
                name: partial(network.run, images, layers=[network.layer(layer).pre_activation])
                for name, (network, layer) in sides.items()
            },
            rounds=3 if quick else 11,
        )
    times = {name: 1e3 * np.array(found) / len(images) for name, found in seconds.items()}
    natural_ms, artificial_ms = (float(np.median(times[name])) for name in sides)
    ratios = times["natural"] / times["artificial"]
    return Outcome(
        value=f"{natural_ms / artificial_ms:.1f} times ({natural_ms:.2f} and "
        f"{artificial_ms:.2f} ms), {ratios.min():.1f}–{ratios.max():.1f}",
        bound="≥ 4",
        ok=natural_ms / artificial_ms >= 4,
    )
