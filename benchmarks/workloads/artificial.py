"""Workload 6: the artificial network's forward pass, against the natural stem and the limits."""

import numpy as np

from benchmarks import GOOGLENET
from benchmarks.workloads import Answers, Bound, Contender, Workload


def _check(answers: Answers) -> str:
    """No two of them compute the same; each must have computed something."""
    ours = answers["ours"]["values"]
    assert np.isfinite(ours).all()
    assert (ours > 0).any(), "no unit of the artificial network answers"
    assert ours.shape[1] == 24
    alone = int(answers["its convolutions alone"]["convolutions"])
    assert alone == 5, f"{alone} convolutions were run alone, not 5"
    return "Different networks: nothing to compare but the time."


def _race(name: str, title: str, size: int | None) -> Workload:
    given = {} if size is None else {"size": size}
    return Workload(
        name=f"artificial-{name}",
        title=f"Artificial network, {title}",
        item="image",
        contenders=(
            Contender(
                name="ours", task="benchmarks.contenders.ours:artificial", given=given, limits=True
            ),
            Contender(
                name="its convolutions alone",
                task="benchmarks.contenders.ours:convolutions",
                given=given,
                limits=True,
                note="each on a tensor of its own shape, nothing between them",
            ),
            Contender(
                name="natural stem",
                task="benchmarks.contenders.ours:stem",
                given={**given, "weights": str(GOOGLENET)},
                limits=True,
                note="GoogLeNet up to 3b, ours too",
            ),
        ),
        check=_check,
        bounds=(
            Bound(
                number="7.6",
                what=f"Artificial network, {title}: share of the convolution rate",
                of="ours",
                reads="convolutions",
                least=0.5,
            ),
            Bound(
                number="7.6",
                what=f"Artificial network, {title}: share of its own convolutions' rate",
                of="its convolutions alone",
                least=0.5,
            ),
        ),
        notes=(
            "The convolution rate is that of the fastest of the shapes listed under the machine, "
            "each alone, channels last; the network's FLOPs over its seconds are the share. Its "
            "own convolutions have fewer channels, and what they reach alone is the second bar: "
            "the ratio of their seconds to the network's.",
        ),
    )


WORKLOADS = (
    _race("stimulus", "a stimulus on the read-out canvas", None),
    _race("224", "an image of 224 pixels", 224),
)
