"""Bars on feature visualization: against a peer, and whether pictures show what units are tuned to.

What a picture shows is read by two judges that had no part in making it: the family's other units,
each measured against what photographs do to it, and 24 hand-written curve units.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from statistics import median
from time import perf_counter

import numpy as np
import torch

from bars import SHARED, Outcome, bar
from bars.comparison import natural
from benchmarks.race import race
from benchmarks.records import Raced
from benchmarks.workloads import Answers, visualization
from benchmarks.workloads.visualization import Mark, as_strong, marks, mean
from curvecircuits.compare import match_family
from curvecircuits.compare.picture_check import PictureCheck, check_pictures, dial_for
from curvecircuits.errors import UnavailableError
from curvecircuits.images import framing_for, load_image, sample_images
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.visualize import decompose, feature_visualization

IMAGES = SHARED / "imagenet" / "images"
_PHOTOGRAPHS = 64


# -- against torch-lucent ----------------------------------------------------------------------


@cache
def _race(quick: bool) -> tuple[Raced, Raced, dict[str, dict[str, Mark]]]:
    """Both sides' part in the benchmark, and how strong their pictures are."""
    (whole,) = visualization.WORKLOADS
    sides = whole.contenders[:2]
    kept: dict[str, Mapping[str, np.ndarray]] = {}

    def keep(answers: Answers) -> str:
        kept.update(answers)
        return ""

    # Whether ours are as strong is a bar of its own.
    found = race(
        replace(whole, contenders=sides, check=keep), quick=quick, rounds=None if quick else 5
    )
    if found.missing:
        raise UnavailableError("; ".join(found.missing.values()))
    ours, theirs = found.contenders
    return ours, theirs, marks(kept)


@bar(number="5.1", title="Seconds a unit, lucent over ours", needs_shared=True)
def faster_than_lucent(quick: bool) -> Outcome:
    ours, theirs, _ = _race(quick)
    ratio = theirs.ratio
    assert ratio is not None
    return Outcome(
        value=f"{ratio.median:.1f}× ({ratio.low:.1f} to {ratio.high:.1f}), "
        f"{theirs.each.median:.1f} s and {ours.each.median:.1f} s",
        bound="≥ 5×",
        ok=ratio.median >= 5,
        detail=f"{ours.items:.0f} units, {ratio.rounds} rounds",
    )


@bar(number="5.1", title="Activation of the centre unit, ours and lucent's", needs_shared=True)
def stronger_than_lucent(quick: bool) -> Outcome:
    *sides, found = _race(quick)
    ours, theirs = (found[side.name] for side in sides)
    pairs = {
        name: (mean(ours, name, theirs), mean(theirs, name, theirs))
        for name in ("centre", "around", "enlarged")
    }
    return Outcome(
        value=", ".join(f"{n} {a:.0f} and {b:.0f}" for n, (a, b) in pairs.items()),
        bound="ours no lower",
        ok=as_strong(ours, theirs),
        detail="; ".join(
            f"{unit} {ours[unit].around:.0f} and {b.around:.0f}, enlarged {b.enlarged:.0f}"
            for unit, b in theirs.items()
        ),
    )


# -- what pictures show ------------------------------------------------------------------------


@cache
def pictures_shown(quick: bool) -> PictureCheck:
    network, family = natural()
    assert family.layer is not None
    return _checked(network, family.layer, [u.channel for u in family.units], quick=quick)


@cache
def written_shown(quick: bool) -> PictureCheck:
    network, family = natural()
    side = match_family(network, family).artificial
    return _checked(side.network, side.layer, side.channels, quick=quick)


def _checked(network: Network, layer: str, channels: Sequence[int], *, quick: bool) -> PictureCheck:
    """Pictures of units with the orientations of the natural family, and what is seen in them."""
    units = [Unit(layer, c) for c in channels]
    pictures = feature_visualization(network, units, steps=48 if quick else 256)
    framing = framing_for(network)
    photographs = [
        load_image(path, framing=framing) for path in sample_images(IMAGES, most=_PHOTOGRAPHS)
    ]
    natural_network, family = natural()
    return check_pictures(
        network,
        layer,
        channels,
        [u.orientation for u in family.units],
        dial_for(natural_network, family),
        [picture.rgb() for picture in pictures],
        over=torch.stack(photographs),
    )


@bar(number="5.2", title="Pictures whose strongest unit is their own", needs_shared=True)
def pictures_are_their_units(quick: bool) -> Outcome:
    shown = pictures_shown(quick)
    units, own = len(shown.orientations), shown.own().value.value
    return Outcome(
        value=f"{own:.0%} of {units} (by chance {1 / units:.0%})", bound="≥ 90%", ok=own >= 0.9
    )


@bar(number="5.2", title="Pictures within 20° of the unit's tuning", needs_shared=True)
def pictures_have_the_orientation(quick: bool) -> Outcome:
    return _within(pictures_shown(quick))


@bar(number="5.3", title="256 steps for the whole family", needs_shared=True)
def family_in_time(quick: bool) -> Outcome:
    network, family = natural()
    units = [Unit(u.unit.rpartition(":")[0], u.channel) for u in family.units]
    steps = 16 if quick else 256
    started = perf_counter()
    feature_visualization(network, units, steps=steps)
    seconds = (perf_counter() - started) * 256 / steps
    return Outcome(value=f"{seconds:.0f} s for {len(units)} units", bound="< 90 s", ok=seconds < 90)


@bar(number="5.3", title="The whole decomposition of a unit", needs_shared=True)
def decomposition_in_time(quick: bool) -> Outcome:
    network, family = natural()
    started = perf_counter()
    made = decompose(network, family.units[0].unit, steps=4 if quick else 128)
    seconds = perf_counter() - started
    grids = ", ".join(f"{x.layer} {x.grid[0]}×{x.grid[1]}" for x in made.layers)
    return Outcome(value=f"{seconds:.0f} s, {grids}", bound="< 240 s", ok=seconds < 240)


@bar(number="5.4", title="Hand-written units' pictures: within 20°", needs_shared=True)
def written_pictures_have_the_orientation(quick: bool) -> Outcome:
    return _within(written_shown(quick))


@bar(number="5.4", title="Hand-written units' pictures: own unit, grey", needs_shared=True)
def written_pictures_are_grey(quick: bool) -> Outcome:
    shown = written_shown(quick)
    own = shown.own().value.value
    return Outcome(
        value=f"{own:.0%} own, {shown.colour:.2%} of the variance is colour",
        bound="≥ 90%, under 5%",
        ok=own >= 0.9 and shown.colour < 0.05,
        detail=f"the natural units' pictures: {pictures_shown(quick).colour:.0%} colour",
    )


def _within(shown: PictureCheck) -> Outcome:
    near = shown.near(20)
    return Outcome(
        value=f"{near.value.value:.0%}, median {median(shown.off.tolist()):.0f}° "
        f"(exchanged {near.exchanged:.0%})",
        bound="≥ 80%",
        ok=near.value.value >= 0.8,
        detail=", ".join(
            f"{o:.0f}°: {r:.0f}°" for o, r in zip(shown.orientations, shown.read, strict=True)
        ),
    )
