"""Bars on feature visualization: against a peer, and whether pictures show what units are tuned to.

What a picture shows is read by two judges that had no part in making it: the family's other units,
each measured against what photographs do to it, and 24 hand-written curve units.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import torch

from bars import SHARED, Outcome, bar
from bars.comparison import natural
from bars.judged import Judged, judged
from bars.peers import LUCENT_SHOWN, Drawn, lucent
from curvecircuits.compare import match_family
from curvecircuits.compare.picture_check import PictureCheck, check_pictures, dial_for
from curvecircuits.images import framing_for, load_image, sample_images
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.visualize import Picture, decompose, feature_visualization

WEIGHTS = SHARED / "weights" / "bvlc_googlenet.safetensors"
IMAGES = SHARED / "imagenet" / "images"
_UNITS = 10
_PHOTOGRAPHS = 64


# -- against torch-lucent ----------------------------------------------------------------------


class Race:
    """Both sides' pictures of the same units, made in turns, and their seconds a unit."""

    def __init__(self, units: Sequence[int], steps: int, turns: int) -> None:
        network, _ = natural()
        self.steps = steps
        self.ours: list[Picture] = []
        self.seconds: list[float] = []
        """Of ours, for each turn."""
        self.theirs: list[Drawn] = []
        names = [f"3b:{c}" for c in units]
        parts = np.array_split(np.asarray(units), turns)
        with (
            TemporaryDirectory() as folder,
            lucent(Path(folder), weights=WEIGHTS, threads=torch.get_num_threads()) as peer,
        ):
            feature_visualization(network, names, steps=1)  # warm
            peer.draw(list(units)[:1], steps=1, seed=0)
            for part in parts:
                self.theirs += peer.draw([int(c) for c in part], steps=steps, seed=0)
                started = perf_counter()
                self.ours = list(feature_visualization(network, names, steps=steps))
                self.seconds.append((perf_counter() - started) / len(names))
            self.ratios = [
                drawn.seconds / ours
                for part, ours in zip(parts, self.seconds, strict=True)
                for drawn in self.theirs
                if drawn.channel in part
            ]
            self.our_marks = judged(network, [p.rgb() for p in self.ours], names)
            self.their_marks = judged(
                network, [d.image for d in self.theirs], names, enlarged_to=LUCENT_SHOWN
            )


@cache
def _race(quick: bool) -> Race:
    _, family = natural()
    units = [u.channel for u in family.units][: 2 if quick else _UNITS]
    return Race(units, 24 if quick else 128, 2 if quick else 5)


@bar(number="5.1", title="Seconds a unit, lucent over ours", needs_shared=True)
def faster_than_lucent(quick: bool) -> Outcome:
    race = _race(quick)
    theirs = median(d.seconds for d in race.theirs)
    return Outcome(
        value=f"{median(race.ratios):.1f}× ({min(race.ratios):.1f} to {max(race.ratios):.1f}), "
        f"{theirs:.1f} s and {median(race.seconds):.1f} s",
        bound="≥ 5×",
        ok=median(race.ratios) >= 5,
        detail=f"{race.steps} steps, {len(race.ours)} units",
    )


@bar(number="5.1", title="Activation of the centre unit, ours and lucent's", needs_shared=True)
def stronger_than_lucent(quick: bool) -> Outcome:
    race = _race(quick)

    def mean(marks: list[Judged], reading: str) -> float:
        return float(np.mean([getattr(m, reading).pre for m in marks]))

    pairs = {
        name: (mean(race.our_marks, name), mean(race.their_marks, name))
        for name in ("centre", "around", "enlarged")
    }
    # As it is judged, and beside lucent's pictures at the size that it showed them to the network.
    best = max(pairs["around"][1], pairs["enlarged"][1])
    ok = pairs["centre"][0] >= pairs["centre"][1] and pairs["around"][0] >= best
    return Outcome(
        value=", ".join(f"{n} {a:.0f} and {b:.0f}" for n, (a, b) in pairs.items()),
        bound="ours no lower",
        ok=ok,
        detail="; ".join(
            f"{a.unit} {a.around.pre:.0f} and {b.around.pre:.0f}, enlarged {b.enlarged.pre:.0f}"
            for a, b in zip(race.our_marks, race.their_marks, strict=True)
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
