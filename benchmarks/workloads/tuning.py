"""Workload 3: tuning of a whole layer, against numpy's images and a full pass with a hook."""

import numpy as np
from numpy import ndarray

from benchmarks import GOOGLENET
from benchmarks.workloads import Answers, Bound, Contender, Workload

# The sample's orientations and radii of lucid: 20 × 2 = 40 images.
_STEP = 18
_RADII = (40.0, 80.0)
_AGREE = 15.0
_TUNED = 0.3


def _direction(values: ndarray, orientations: ndarray) -> tuple[ndarray, ndarray]:
    """Circular mean in degrees, and its length over the sum, of each unit's positive responses."""
    radial = np.maximum(values, 0).mean(2)
    sums = radial @ np.exp(1j * np.radians(orientations))
    return np.degrees(np.angle(sums)), np.abs(sums) / np.maximum(radial.sum(1), 1e-9)


def _apart(a: ndarray, b: ndarray) -> ndarray:
    return np.abs((a - b + 180) % 360 - 180)


def _agree(answers: Answers) -> str:
    """Preferred orientations on the same orientations, at the radii nearest to lucid's.

    Of the units that both find tuned. The control exchanges the units of one side at random.
    """
    if "lucid" not in answers:
        return "Nothing to compare with."
    ours, theirs = answers["ours"], answers["lucid"]
    at = [int(np.abs(ours["orientations"] - o).argmin()) for o in theirs["orientations"]]
    assert np.allclose(ours["orientations"][at], theirs["orientations"])
    near = [int(np.abs(ours["radii"] - r).argmin()) for r in theirs["radii"]]
    own, strong = _direction(ours["values"][:, at][:, :, near], theirs["orientations"])
    other, clear = _direction(theirs["values"], theirs["orientations"])
    tuned = np.flatnonzero((strong >= _TUNED) & (clear >= _TUNED))
    assert len(tuned) >= 10, f"only {len(tuned)} units are tuned in both"
    difference = float(np.median(_apart(own[tuned], other[tuned])))
    exchanged = np.random.default_rng(0).permutation(tuned)
    control = float(np.median(_apart(own[tuned], other[exchanged])))
    assert difference <= _AGREE, f"preferred orientations differ by {difference:.1f}°"
    return (
        f"Preferred orientations of the {len(tuned)} units that both find tuned differ by "
        f"{difference:.1f}° (median; {control:.0f}° between units exchanged at random)."
    )


def _race(look: str, *, least: float, whole: bool) -> Workload:
    filled = look == "filled"
    given = {"weights": str(GOOGLENET), "layer": "3b", "filled": filled}
    every = Contender(
        name="ours, the whole grid",
        task="benchmarks.contenders.ours:tuning",
        given={**given, "values": False},
        quick={"every": 120},
        rounds=1,
        note="57 600 images, once",
    )
    minutes = Bound(
        number="7.3",
        what=f"Seconds for the whole grid, {look}",
        of=every.name,
        reads="total",
        most=8 * 60,
    )
    times = Bound(number="7.3", what=f"Tuning, {look}, times faster", of="lucid", least=least)
    return Workload(
        name=f"tuning-{look}",
        title=f"Tuning of all 480 units of 3b, {look}",
        item="image",
        contenders=(
            Contender(
                name="ours",
                task="benchmarks.contenders.ours:tuning",
                given={**given, "every": _STEP},
                quick={"every": 2 * _STEP, "radii": (20.0, 40.0, 80.0, 160.0)},
                limits=True,
                note="40 orientations × 80 radii of the published grid",
            ),
            Contender(
                name="lucid",
                task="benchmarks.contenders.lucid:tuning",
                given={
                    **given,
                    "orientations": [float(o) for o in range(0, 360, _STEP)],
                    "radii": _RADII,
                },
                quick={"radii": _RADII[:1]},
                peers=True,
                note="40 images of 224 pixels, drawn by numpy, and a full pass in PyTorch",
            ),
            *((every,) if whole else ()),
        ),
        check=_agree,
        bounds=(times, *((minutes,) if whole else ())),
        notes=(
            "The images are not the same: lucid's are 224 pixels wide and its curves go on as "
            "straight lines to the edge, ours end with the article's tile of 60 pixels and are "
            "drawn on the canvas that the unit sees.",
            "lucid draws images, it does not tune; the pass is what a user would write with "
            "PyTorch: the whole network, contiguous, 32 images at a time, a hook on the layer.",
        ),
    )


WORKLOADS = (
    _race("outline", least=100, whole=True),
    _race("filled", least=20, whole=False),
)
