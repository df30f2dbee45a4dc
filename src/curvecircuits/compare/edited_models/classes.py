"""Which classes an edit changes most, with intervals from their images drawn anew."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.compare.edited_models.records import ClassShift
from curvecircuits.compare.transplants.recovered import LEAST_PER_CLASS, measured
from curvecircuits.compare.transplants.tally import Tally

_MOST = 10
"""Classes that are listed of a model."""
_ROUNDING = 1e-6
"""Mean KL divergence, in nats, up to which a class has not changed."""
_DRAWS = 1000
_NUMBERS = 1 << 20
"""Of draws that are held at a time."""


def class_shifts(
    found: Tally,
    chunks: Iterable[Mapping[str, ndarray]],
    names: Mapping[int, str],
    *,
    least: int = LEAST_PER_CLASS,
    seed: int = 0,
) -> list[tuple[ClassShift, ...]]:
    """Of every version the classes with the largest mean KL divergence, the largest first.

    Parameters
    ----------
    found
        What the chunks add up to.
    names
        What the folder calls each class.
    least
        Images below which nothing is said of a class.
    """
    enough = np.flatnonzero(found.class_counts >= least)
    chosen: list[list[int]] = []
    for version in range(len(found.names)):
        mean = found.classes[version, 2, enough] / found.class_counts[enough]
        order = np.argsort(-mean, kind="stable")[:_MOST]
        chosen.append([int(enough[k]) for k in order if mean[k] > _ROUNDING])
    wanted = sorted({c for classes in chosen for c in classes})
    drawn = {c: _drawn(values, seed) for c, values in _of_classes(chunks, wanted).items()}

    def shift(version: int, index: int) -> ClassShift:
        images = int(found.class_counts[index])
        values = drawn[index]
        change = measured(values[:, 0, version] - values[:, 0, 0], images)
        kl = measured(values[:, 1, version], images)
        assert change is not None
        assert kl is not None
        name = names.get(index, str(index))
        return ClassShift(index=index, name=name, images=images, top1_change=change, kl=kl)

    return [tuple(shift(k, c) for c in classes) for k, classes in enumerate(chosen)]


def _of_classes(
    chunks: Iterable[Mapping[str, ndarray]], classes: Sequence[int]
) -> dict[int, Float[ndarray, "top1_and_kl versions images"]]:
    """Of single classes, whether each image is named right, and its KL divergence."""
    kept: dict[int, list[ndarray]] = {c: [] for c in classes}
    for chunk in chunks if classes else ():
        there = np.where(chunk["read"].astype(bool), chunk["label"], -1)
        for c in kept.keys() & set(there.tolist()):
            rows = there == c
            kept[c].append(np.stack([chunk["rank"][:, rows] < 1, chunk["kl"][:, rows]]))
    return {c: np.concatenate(parts, 2).astype(np.float64) for c, parts in kept.items()}


def _drawn(
    values: Float[ndarray, "top1_and_kl versions images"], seed: int
) -> Float[ndarray, "draws_and_value top1_and_kl versions"]:
    """Means over images, then the same with images drawn with replacement."""
    count = values.shape[2]
    generator = np.random.default_rng(seed)
    block = max(1, _NUMBERS // count)
    drawn = [values.mean(2)[None]]
    for start in range(0, _DRAWS, block):
        size = min(block, _DRAWS - start)
        times = generator.multinomial(count, np.full(count, 1 / count), size=size)
        drawn.append(np.einsum("di,mvi->dmv", times, values, optimize=True) / count)
    return np.concatenate(drawn)
