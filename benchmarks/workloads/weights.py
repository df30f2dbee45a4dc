"""Workload 2: expanded weights against a gradient a channel."""

import numpy as np

from benchmarks import GOOGLENET
from benchmarks.workloads import Answers, Bound, Contender, Workload

# Curve detectors of GoogLeNet's 3b.
ASKED = (358, 336, 368, 394, 386, 346, 413, 408, 398, 321)
_LIMIT = 1e-5
_OURS = "benchmarks.contenders.ours:weights"
_THEIRS = "benchmarks.contenders.per_channel:weights"
_METHOD = (
    "The method of lucid and captum is written anew, as neither function is in a package that can "
    "be installed; it takes the gradients of every channel, whichever are asked for, on the map of "
    "a 224-pixel image.",
    "Response normalisation is its constant at zero on both sides. captum's own linear network "
    "keeps it as it is, so its weights would differ across it, and it would compute more.",
)


def _equal(answers: Answers) -> str:
    """Largest difference over the largest weight, on the channels both have."""
    ours = answers["ours"]
    row = {int(channel): k for k, channel in enumerate(ours["channels"])}
    largest = float(np.abs(ours["values"]).max())
    said: list[str] = []
    for name, answer in answers.items():
        if name == "ours":
            continue
        rows = [row[int(channel)] for channel in answer["channels"]]
        difference = float(np.abs(ours["values"][rows] - answer["values"]).max()) / largest
        assert rows, f"{name} has no weights to compare"
        assert difference <= _LIMIT, f"{name} differs by {difference:.1e} of the largest weight"
        said.append(f"{name} by {difference:.0e} of the largest weight ({len(rows)} units)")
    return "Differs from " + ", ".join(said) + "."


def _given(source: str, *, asked: bool = False) -> dict[str, object]:
    given: dict[str, object] = {"weights": str(GOOGLENET), "source": source, "target": "3b"}
    return {**given, "asked": ASKED} if asked else given


WORKLOADS = (
    Workload(
        name="weights-near",
        title="Expanded weights 3a → 3b, all 480 units",
        item="unit",
        contenders=(
            Contender(name="ours", task=_OURS, given=_given("3a"), limits=True),
            Contender(
                name="a gradient a channel",
                task=_THEIRS,
                given=_given("3a"),
                quick={"every": 24},
                note="as lucid and captum do it",
            ),
            Contender(
                name="the same, channels last",
                task=_THEIRS,
                given={**_given("3a"), "channels_last": True},
                quick={"every": 24},
                note="in the peer's favour",
            ),
        ),
        check=_equal,
        bounds=(
            Bound(
                number="7.2",
                what="Expanded weights 3a → 3b, all units, times faster",
                of="a gradient a channel",
                least=500,
            ),
        ),
        notes=_METHOD,
    ),
    Workload(
        name="weights-ten",
        title="Expanded weights conv2d0 → 3b, 10 units",
        item="unit",
        contenders=(
            Contender(name="ours", task=_OURS, given=_given("conv2d0", asked=True), limits=True),
            Contender(
                name="a gradient a channel",
                task=_THEIRS,
                given={**_given("conv2d0", asked=True)},
                quick={"every": 48},
                rounds=1,
                note="all 480 channels, as lucid and captum do it; one round",
            ),
            Contender(
                name="the same, only the ten",
                task=_THEIRS,
                given={**_given("conv2d0", asked=True), "only": ASKED},
                note="in the peer's favour",
            ),
            Contender(
                name="only the ten, channels last",
                task=_THEIRS,
                given={**_given("conv2d0", asked=True), "only": ASKED, "channels_last": True},
                note="in the peer's favour",
            ),
        ),
        check=_equal,
        bounds=(
            Bound(
                number="7.2",
                what="Expanded weights conv2d0 → 3b, 10 units, times faster",
                of="a gradient a channel",
                least=100,
            ),
        ),
        notes=_METHOD,
    ),
    Workload(
        name="weights-all",
        title="Expanded weights conv2d0 → 3b, all 480 units",
        item="unit",
        contenders=(
            Contender(name="ours", task=_OURS, given=_given("conv2d0"), limits=True),
            Contender(
                name="a gradient a channel",
                task=_THEIRS,
                given={**_given("conv2d0"), "every": 8},
                quick={"every": 96},
                note="each 8th channel, as all take the same time",
            ),
            Contender(
                name="the same, channels last",
                task=_THEIRS,
                given={**_given("conv2d0"), "every": 8, "channels_last": True},
                quick={"every": 96},
                note="in the peer's favour",
            ),
        ),
        check=_equal,
        notes=_METHOD,
    ),
)
