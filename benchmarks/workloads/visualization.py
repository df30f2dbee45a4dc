"""Workload 1: feature visualization of ten units of 3b, the pictures judged by the same judge."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from benchmarks import GOOGLENET, SHARED
from benchmarks.contenders import dreams, lucent
from benchmarks.judged import judged, resized
from benchmarks.workloads import Answers, Bound, Contender, Workload
from curvecircuits.catalog import load
from curvecircuits.models.network import Network

# GoogLeNet's curve family, as the search finds it; the first ten of its twelve.
_UNITS = tuple(f"3b:{c}" for c in (358, 336, 368, 394, 386, 346, 413, 408, 398, 321))
_STEPS, _QUICK_STEPS = 128, 24
_A_RUN = 2

_SHOWN = {"torch-lucent": lucent.SHOWN, "torch-dreams": dreams.SHOWN}
"""Pixels of the longer side at which peers' pictures are seen as they were optimised."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A unit's pre-activation for a picture in the middle of an image of the network's size."""

    centre: float
    around: float
    """The largest of 5 × 5 cells around the centre."""
    enlarged: float
    """The same with the picture at the size that its method showed it to the network, or, for
    ours, at the network's."""


def marks(answers: Answers) -> dict[str, dict[str, Mark]]:
    """Of each contender and unit that it has drawn a picture of."""
    network = load("googlenet", weights=GOOGLENET)
    return {
        name: {
            unit: _mark(network, torch.from_numpy(picture), unit, _shown(name, network))
            for unit, picture in _pictures(answer).items()
        }
        for name, answer in answers.items()
    }


def mean(marks: Mapping[str, Mark], reading: str, units: Mapping[str, object]) -> float:
    """Over some units, which all have a mark."""
    return float(np.mean([getattr(marks[unit], reading) for unit in units]))


def as_strong(ours: Mapping[str, Mark], theirs: Mapping[str, Mark]) -> bool:
    """Whether ours are no weaker on average, theirs being seen at the better of two sizes."""
    best = max(mean(theirs, reading, theirs) for reading in ("around", "enlarged"))
    return mean(ours, "centre", theirs) >= mean(theirs, "centre", theirs) and (
        mean(ours, "around", theirs) >= best
    )


def _shown(name: str, network: Network) -> int:
    return next((n for who, n in _SHOWN.items() if name.startswith(who)), network.input_size)


def _pictures(answer: Mapping[str, ndarray]) -> dict[str, ndarray]:
    return {name: array for name, array in answer.items() if array.ndim == 3}


def _mark(network: Network, picture: Float[Tensor, "3 h w"], unit: str, shown: int) -> Mark:
    """Of a picture that is larger than the network's input, the middle is seen."""
    side = network.input_size
    (own,) = judged(network, [_middle(picture, side)], [unit])
    (other,) = judged(network, [_middle(resized(picture, size=shown), side)], [unit])
    return Mark(centre=own.centre.pre, around=own.around.pre, enlarged=other.around.pre)


def _middle(picture: Tensor, most: int) -> Tensor:
    height, width = (min(most, side) for side in picture.shape[1:])
    top, left = (picture.shape[1] - height) // 2, (picture.shape[2] - width) // 2
    return picture[:, top : top + height, left : left + width]


def _check(answers: Answers) -> str:
    found = marks(answers)
    said: list[str] = []
    for name, theirs in found.items():
        if name == "ours":
            continue
        ours = found["ours"]
        pairs = "; ".join(
            f"{reading} {mean(ours, reading, theirs):.0f} and {mean(theirs, reading, theirs):.0f}"
            for reading in ("centre", "around", "enlarged")
        )
        said.append(f"{name} ({len(theirs)} units): {pairs}")
        assert as_strong(ours, theirs) or not name.startswith("torch-lucent"), (
            f"Ours is weaker than {name}: {pairs}"
        )
    return (
        "Mean pre-activation, ours and theirs, for the picture as it is (at the centre, and the "
        "largest around it) and at the size its method showed it: " + ". ".join(said) + "."
    )


_GIVEN = {"weights": str(GOOGLENET), "units": _UNITS, "steps": _STEPS}
_FEW = {"units": _UNITS[:2], "steps": _QUICK_STEPS}


def _peer(name: str, module: str, note: str, *, rounds: int, **given: object) -> Contender:
    return Contender(
        name=name,
        task=f"benchmarks.contenders.{module}:visualization",
        given={**_GIVEN, "a_run": _A_RUN, **given},
        quick=_FEW,
        peers=True,
        rounds=rounds,
        note=note,
    )


_IMAGES = str(SHARED / "imagenet" / "images")
WORKLOADS = (
    Workload(
        name="visualization",
        title="Feature visualization of 10 units of 3b",
        item="unit",
        contenders=(
            Contender(
                name="ours",
                task="benchmarks.contenders.ours:visualization",
                given=_GIVEN,
                quick=_FEW,
                limits=True,
                note="all ten together",
            ),
            _peer(
                "torch-lucent",
                "lucent",
                "one unit after the other, two a round",
                rounds=5,
                folder=_IMAGES,
            ),
            _peer(
                "torch-lucent, frozen",
                "lucent",
                "in the peer's favour: no gradients of the weights",
                rounds=2,
                folder=_IMAGES,
                frozen=True,
            ),
            _peer("torch-dreams", "dreams", "one unit after the other, two a round", rounds=3),
            _peer(
                "torch-dreams, frozen",
                "dreams",
                "in the peer's favour: no gradients of the weights",
                rounds=2,
                frozen=True,
            ),
        ),
        check=_check,
        bounds=(
            Bound(
                number="7.1",
                what="Feature visualization, times faster a unit",
                of="torch-lucent",
                least=6,
            ),
        ),
        notes=(
            f"{_STEPS} steps each, all else at each library's own defaults: ours optimises the "
            "pixels that the unit sees, lucent 128 pixels enlarged to 224, torch-dreams 256 "
            "pixels scaled at random by 0.5 to 1.2.",
            "The networks have the same weights; lucent's own module has them up to 3b, and what "
            "comes after costs it the same as it would with trained ones.",
            "torch-dreams is given the unit before the rectifier: behind it, silent units have no "
            "gradient.",
        ),
    ),
)
