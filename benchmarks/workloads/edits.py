"""Workload 4: eight models edited at 3b, on photographs."""

from collections.abc import Mapping

import numpy as np
from numpy import ndarray

from benchmarks import GOOGLENET, SHARED
from benchmarks.workloads import Answers, Bound, Contender, Workload
from curvecircuits.images import evenly

_ALL, _SOME, _QUICK = 500, 64, 8
_MODELS, _UNITS, _CHANNELS = 8, 12, 480
_LIMIT = 1e-4
_INTACT, _PLAIN_INTACT = "ours, one intact pass", "plain, one intact pass"


def _edits() -> list[list[int]]:
    """Of each model the channels that are zero: as many as a curve family has, drawn at random."""
    generator = np.random.default_rng(0)
    drawn = [generator.choice(_CHANNELS, _UNITS, replace=False) for _ in range(_MODELS)]
    return [sorted(map(int, channels)) for channels in drawn]


def divergence(own: ndarray, other: ndarray) -> ndarray:
    """Σ p log(p / q) over the last axis."""
    p, q = (np.maximum(a.astype(np.float64), 1e-30) for a in (own, other))
    return (p * np.log(p / q)).sum(-1)


def _figures(
    scores: ndarray, labels: ndarray, intact: ndarray | None, rank: ndarray
) -> Mapping[str, ndarray]:
    """Loss, rank and KL divergence of every model and image, from probabilities.

    Of scores that are equal to rounding any order is right: the rank is then the one that is given.
    """
    own = np.take_along_axis(scores, labels[None, :, None], 2)
    least = (scores > own * (1 + _LIMIT)).sum(2)
    most = (scores >= own * (1 - _LIMIT)).sum(2) - 1
    figures = {"loss": -np.log(np.maximum(own[..., 0], 1e-30)), "rank": rank.clip(least, most)}
    return figures if intact is None else {**figures, "kl": divergence(intact, scores)}


def _equal(answers: Answers) -> str:
    """Loss, rank and KL divergence of every model and image, beside what the edits change."""
    ours, plain = answers["ours"], answers.get(_PLAIN_INTACT)
    said: list[str] = []
    for name, answer in answers.items():
        if name in ("ours", _INTACT, _PLAIN_INTACT):
            continue
        shared, mine, other = np.intersect1d(
            ours["indices"], answer["indices"], return_indices=True
        )
        assert len(shared), f"{name} has no image to compare"
        found: Mapping[str, ndarray] = {k: v[..., other] for k, v in answer.items() if v.ndim == 2}
        if "probabilities" in answer:
            scores = answer["probabilities"][:, other]
            count = len(ours["rank"])
            assert len(scores) == count, f"{name} has {len(scores)} models, not {count}"
            intact = None
            if plain is not None and set(shared) <= set(plain["indices"]):
                at = np.searchsorted(plain["indices"], shared)
                intact = plain["probabilities"][0, at]
            found = _figures(scores, ours["labels"][mine], intact, ours["rank"][:, mine])
        parts: list[str] = []
        for figure, values in found.items():
            wanted = ours[figure][:, mine]
            worst = float(np.abs(values - wanted).max())
            assert worst <= _LIMIT, f"{name} differs by {worst:.1e} in {figure}"
            parts += [f"{figure} {worst:.0e}"] if figure != "rank" else []
        said.append(f"{name} by {', '.join(parts)} ({len(shared)} images)")
    shift = float(ours["kl"].mean())
    assert shift > 10 * _LIMIT, "the edits change nothing"
    named = float((ours["rank"] == 0).mean())
    control = f" The edits change KL {shift:.2g} on average; {named:.1%} are named right"
    if _INTACT in answers:
        control += f", {float((answers[_INTACT]['rank'] == 0).mean()):.1%} by the intact network"
    return (
        "The same rank of the true class in every model and image; differences from "
        + "; ".join(said)
        + f".{control}."
    )


def _indices(count: int) -> list[int]:
    return [int(i) for i in evenly(_ALL, count)]


_OURS = "benchmarks.contenders.ours:edits"
_GIVEN: dict[str, object] = {
    "weights": str(GOOGLENET),
    "folder": str(SHARED / "imagenet" / "images"),
    "indices": _indices(_SOME),
    "layer": "mixed3b",
    "edits": _edits(),
}
_FEW: dict[str, object] = {"indices": _indices(_QUICK), "batch": _QUICK}
WORKLOADS = (
    Workload(
        name="edits",
        title="Eight models edited at 3b",
        item="image",
        contenders=(
            Contender(name="ours", task=_OURS, given=_GIVEN, quick=_FEW, limits=True),
            Contender(
                name=_INTACT,
                task=_OURS,
                given={**_GIVEN, "edits": [[]]},
                quick=_FEW,
                limits=True,
                note="one model instead of nine: the inverse of its ratio is what nine cost",
            ),
            Contender(
                name="plain passes",
                task="benchmarks.contenders.plain:edits",
                given=_GIVEN,
                quick=_FEW,
                rounds=5,
                note="a whole pass for every model, images decoded in each",
            ),
            Contender(
                name=_PLAIN_INTACT,
                task="benchmarks.contenders.plain:edits",
                given={**_GIVEN, "edits": [[]]},
                quick=_FEW,
                rounds=1,
                note="one model; KL divergences are from what it answers",
            ),
            Contender(
                name="nnsight",
                task="benchmarks.contenders.nnsight:edits",
                given=_GIVEN,
                quick=_FEW,
                peers=True,
                rounds=3,
                note="a trace for every model, images decoded once",
            ),
            Contender(
                name="nnsight, one trace",
                task="benchmarks.contenders.nnsight:edits",
                given={**_GIVEN, "shared": True},
                quick=_FEW,
                peers=True,
                rounds=3,
                note="in the peer's favour: the layer's output repeated for every model",
            ),
            Contender(
                name="ours, 500 images",
                task=_OURS,
                given={**_GIVEN, "indices": _indices(_ALL)},
                quick=_FEW,
                rounds=1,
                note="once",
            ),
        ),
        check=_equal,
        bounds=(
            Bound(
                number="7.4", what="Eight edited models, times faster", of="plain passes", least=5
            ),
        ),
        notes=(
            f"{_MODELS} models, each with {_UNITS} of the {_CHANNELS} units of 3b set to zero, on "
            f"{_SOME} of the {_ALL} images a round, 32 at a time, decoding included.",
            "Ours is `evaluate_edits`, which evaluates the intact network too (nine models), reads "
            "ahead in a thread, and keeps loss, rank and KL of every image on disk. A plain pass "
            "is eager, contiguous, with torch's local_response_norm; nnsight runs the same module.",
        ),
    ),
)
