"""Workload 4: eight models edited at 3b, on photographs."""

import numpy as np
from numpy import ndarray

from benchmarks import GOOGLENET, SHARED
from benchmarks.workloads import Answers, Bound, Contender, Workload
from curvecircuits.images import evenly

_ALL, _SOME, _QUICK = 500, 64, 8
_MODELS, _UNITS, _CHANNELS = 8, 12, 480
_LIMIT = 1e-4
_INTACT = "ours, one intact pass"


def _edits() -> list[list[int]]:
    """Of each model the channels that are zero: as many as a curve family has, drawn at random."""
    generator = np.random.default_rng(0)
    drawn = [generator.choice(_CHANNELS, _UNITS, replace=False) for _ in range(_MODELS)]
    return [sorted(map(int, channels)) for channels in drawn]


def divergence(own: ndarray, other: ndarray) -> ndarray:
    """Σ p log(p / q) over the last axis."""
    p, q = (np.maximum(a.astype(np.float64), 1e-30) for a in (own, other))
    return (p * np.log(p / q)).sum(-1)


def _equal(answers: Answers) -> str:
    """Classes and probabilities of every model and image, beside what the edits change."""
    ours = answers["ours"]
    said: list[str] = []
    for name, answer in answers.items():
        if name in ("ours", _INTACT):
            continue
        shared, mine, other = np.intersect1d(
            ours["indices"], answer["indices"], return_indices=True
        )
        assert len(shared), f"{name} has no image to compare"
        p, q = ours["probabilities"][:, mine], answer["probabilities"][:, other]
        assert p.shape == q.shape, f"{name} has {q.shape} scores, not {p.shape}"
        changed = int((p.argmax(-1) != q.argmax(-1)).sum())
        worst = float(np.abs(p - q).max()), float(divergence(p, q).max())
        assert not changed, f"{name} chooses another class {changed} times"
        assert max(worst) <= _LIMIT, f"{name} differs by {worst[0]:.1e}, KL {worst[1]:.1e}"
        said.append(f"{name} by {worst[0]:.0e}, KL {worst[1]:.0e} ({len(shared)} images)")
    intact = answers.get(_INTACT)
    control = ""
    if intact is not None:
        p, q = intact["probabilities"], ours["probabilities"]
        moved = float((p.argmax(-1) != q.argmax(-1)).mean())
        shift = float(divergence(p, q).mean())
        control = f" The edits change {moved:.1%} of the classes, KL {shift:.2g} on average."
        assert shift > 10 * _LIMIT, "the edits change nothing"
    return (
        "The same class in every model and image; probabilities differ from "
        + ", ".join(said)
        + "."
        + control
    )


def _indices(count: int) -> list[int]:
    return [int(i) for i in evenly(_ALL, count)]


_OURS = "benchmarks.contenders.ours_edits:edits"
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
                note="one model instead of eight: the inverse of its ratio is what eight cost",
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
            "Ours is the pass that evaluates a transplant's variants: it reads ahead in a thread, "
            "and keeps its results on disk. A plain pass is eager, contiguous, with torch's "
            "local_response_norm; nnsight runs the same module.",
        ),
    ),
)
