"""Workload 5: which pixels move a unit, on 64 photographs."""

import numpy as np

from benchmarks import GOOGLENET, SHARED
from benchmarks.workloads import Answers, Bound, Contender, Workload
from curvecircuits.images import evenly

_COUNT, _QUICK = 64, 8
_LIMIT = 1e-5


def _equal(answers: Answers) -> str:
    """Largest difference over the largest gradient; the control is that of another image."""
    ours = answers["ours"]["gradient"]
    largest = float(np.abs(ours).max())
    assert largest > 0, "nothing moves the unit"
    said: list[str] = []
    for name, answer in answers.items():
        if name == "ours":
            continue
        theirs = answer["gradient"]
        assert theirs.shape == ours.shape, f"{name} has {theirs.shape} values, not {ours.shape}"
        difference = float(np.abs(ours - theirs).max()) / largest
        assert difference <= _LIMIT, f"{name} differs by {difference:.1e} of the largest gradient"
        said.append(f"{name} by {difference:.0e}")
    other = float(np.abs(ours - np.roll(ours, 1, 0)).max()) / largest
    return (
        f"Differs from {', '.join(said)} of the largest gradient (of another image by {other:.1g})."
    )


_GIVEN: dict[str, object] = {
    "weights": str(GOOGLENET),
    "folder": str(SHARED / "imagenet" / "images"),
    "indices": [int(i) for i in evenly(500, _COUNT)],
    "unit": "3b:379",
    "position": [14, 14],
}
_FEW: dict[str, object] = {"indices": [int(i) for i in evenly(500, _QUICK)]}
_CAPTUM = "benchmarks.contenders.captum:saliency"
WORKLOADS = (
    Workload(
        name="saliency",
        title="Saliency of 3b:379 on 64 images",
        item="image",
        contenders=(
            Contender(
                name="ours",
                task="benchmarks.contenders.ours:saliency",
                given=_GIVEN,
                quick=_FEW,
                limits=True,
            ),
            Contender(
                name="captum",
                task=_CAPTUM,
                given=_GIVEN,
                quick=_FEW,
                peers=True,
                note="one call, the plain module",
            ),
            Contender(
                name="captum, 8 at a time",
                task=_CAPTUM,
                given={**_GIVEN, "batch": 8},
                quick=_FEW,
                peers=True,
                note="in the peer's favour: maps that stay in the cache",
            ),
            Contender(
                name="captum, our module",
                task=_CAPTUM,
                given={**_GIVEN, "batch": 8, "kind": True},
                quick=_FEW,
                peers=True,
                note="in the peer's favour: the same, channels-last, frozen, banded normalisation",
            ),
        ),
        check=_equal,
        bounds=(
            Bound(number="7.5", what="Saliency, times faster than captum", of="captum", least=2),
        ),
        notes=(
            "Gradients of the unit before its rectifier with respect to RGB in [0, 1], read before "
            "the time is taken. Captum runs the whole network, ours what the unit sees.",
        ),
    ),
)
