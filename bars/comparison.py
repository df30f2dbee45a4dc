"""Bars on the artificial family beside GoogLeNet's: nothing fitted, the family `find` prints."""

from dataclasses import replace
from functools import cache

import numpy as np

from bars import SHARED, Outcome, bar
from bars.families import googlenet
from curvecircuits.artificial import Parts
from curvecircuits.circuits import Interval, resampled
from curvecircuits.compare import (
    JointMaps,
    Matched,
    PhotographAgreement,
    Side,
    joint_maps,
    maps_agreement,
    match_family,
    photo_maps,
    shape_responses,
)
from curvecircuits.families import CurveFamily, find_curves
from curvecircuits.images import framing_for
from curvecircuits.models.network import Network
from curvecircuits.stimuli import published

_HELD_OUT = slice(1, None, 2)
"""The constants were chosen with every other photograph, from the first on, in view."""


def shown(interval: Interval) -> str:
    return f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


@cache
def natural() -> tuple[Network, CurveFamily]:
    """GoogLeNet and its family, the layer not named."""
    network = googlenet()
    return network, find_curves(network, permutations=1)


@cache
def matched(*, centred: bool = True) -> tuple[Matched, Side]:
    """The artificial family of the same orientations, and lines in its place."""
    network, family = natural()
    pairs = match_family(network, family, centred=centred)
    lines = match_family(network, family, centred=centred, centres=pairs.centres, detector="lines")
    return pairs, lines.artificial


def _maps(quick: bool, *, centred: bool) -> JointMaps:
    grid = published()
    steps = (10, 4) if quick else (4, 2)
    grid = replace(grid, orientations=grid.orientations[:: steps[0]], radii=grid.radii[:: steps[1]])
    pairs, lines = matched(centred=centred)
    return joint_maps(pairs, grid=grid, lines=lines)


def _median(values: np.ndarray) -> float:
    return float(np.nanmedian(values))


@bar(number="3.3", title="Joint tuning maps with GoogLeNet's family", needs_shared=True)
def comparison_maps(quick: bool) -> Outcome:
    """Beside it: what rotated copies of one unit can reach, and what a Gaussian does."""
    found = _maps(quick, centred=True).agreement
    plain = _maps(quick, centred=False).agreement
    median = _median(found.correlations["artificial"])
    common, fitted = found.correlations["common"], found.correlations["gaussian"]
    above = found.correlations["artificial"] > common
    fit = found.correlations["artificial"] > fitted
    return Outcome(
        value=f"median {median:.3f}, above a common Gaussian {above.sum()} of {len(above)}, "
        f"above a fitted one {fit.sum()}",
        bound="≥ 0.93, every unit above",
        ok=median >= 0.93 and bool(above.all()) and bool(fit.all()),
        detail=f"aligned {_median(found.aligned['artificial']):.3f}; not centred "
        f"{_median(plain.correlations['artificial']):.3f}, aligned "
        f"{_median(plain.aligned['artificial']):.3f}; "
        + "; ".join(
            f"{name} {_median(values):.3f}"
            + (f" (aligned {_median(found.aligned[name]):.3f})" if name in found.aligned else "")
            for name, values in found.correlations.items()
        ),
    )


@bar(number="3.3", title="Held-out shapes", needs_shared=True)
def comparison_shapes(quick: bool) -> Outcome:
    del quick
    pairs, lines = matched()
    found = shape_responses(pairs, lines=lines)
    mean = found.agreement.mean()
    return Outcome(
        value=shown(mean),
        bound="≥ 0.8",
        ok=mean.value >= 0.8,
        detail="; ".join(f"{kind} {found.over([kind]).value:.2f}" for kind in found.kinds)
        + "; "
        + "; ".join(
            f"{name} {found.agreement.mean(name).value:.3f}"
            for name in found.agreement.correlations
        ),
    )


@cache
def photographs(quick: bool, *, centred: bool = True) -> PhotographAgreement:
    """On the half of the photographs that nothing was chosen by."""
    paths = sorted((SHARED / "imagenet" / "images").glob("*/*"))[_HELD_OUT]
    pairs, lines = matched(centred=centred)
    maps = photo_maps(
        pairs,
        paths[:: 5 if quick else 1],
        lines=lines,
        framing=framing_for(pairs.natural.network),
    )
    return maps_agreement(maps)


@bar(number="3.4", title="Photographs: AUROC, precision, clipped correlation", needs_shared=True)
def comparison_photographs(quick: bool) -> Outcome:
    found = photographs(quick)
    plain = photographs(quick, centred=False)
    auroc, precision, clipped = (found.mean(figure) for figure in ("auroc", "precision", "clipped"))
    return Outcome(
        value=f"{auroc.value:.3f}, {precision.value:.3f}, {clipped.value:.3f}",
        bound="≥ 0.90, ≥ 0.40, ≥ 0.5, each above lines",
        ok=auroc.value >= 0.9
        and precision.value >= 0.4
        and clipped.value >= 0.5
        and found.ahead(over="lines"),
        detail="; ".join(
            f"{figure} {shown(found.mean(figure).units)} over units, "
            f"{shown(found.mean(figure).images)} over images, not centred "
            f"{plain.mean(figure).value:.3f}, lead over lines "
            f"{shown(found.lead(figure, over='lines').units)}, one cell beside "
            f"{found.mean(figure, of='beside').value:.3f}"
            for figure in ("auroc", "precision", "clipped")
        ),
    )


@bar(number="3.4", title="What the cosmetic parts are worth on photographs", needs_shared=True)
def comparison_parts(quick: bool) -> Outcome:
    """Precision with each part switched, less that of the default; for information."""
    network, family = natural()
    pairs, _ = matched()
    paths = sorted((SHARED / "imagenet" / "images").glob("*/*"))[_HELD_OUT][:: 5 if quick else 2]
    framing = framing_for(network)
    precision: dict[str, np.ndarray] = {}
    for name, parts in (
        ("default", Parts()),
        ("without contrast", Parts(contrast=False)),
        ("with colour", Parts(colour=True)),
        ("with texture", Parts(texture=True)),
    ):
        other = match_family(network, family, centres=pairs.centres, parts=parts)
        found = maps_agreement(photo_maps(other, paths, framing=framing), draws=20)
        precision[name] = found.figures["artificial"].of("precision")
    base = precision.pop("default")
    change = {name: resampled(values - base) for name, values in precision.items()}
    return Outcome(
        value="; ".join(f"{name} {shown(value)}" for name, value in change.items()),
        bound="reported",
        ok=None,
        detail=f"default {base.mean():.3f}",
    )
