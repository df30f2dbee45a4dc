"""From the chunks of an evaluation to the record of a transplant, and what is written of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from numpy import ndarray

from curvecircuits.compare.transplants import recovered
from curvecircuits.compare.transplants.evaluation import Evaluation
from curvecircuits.compare.transplants.records import (
    Published,
    Replaced,
    Skipped,
    Transplant,
)
from curvecircuits.compare.transplants.tally import estimates, tally
from curvecircuits.errors import InputError
from curvecircuits.families.records import CurveFamily
from curvecircuits.images import Framing, ImageChunks, ImageSet, Labels
from curvecircuits.models.network import Network
from curvecircuits.store import RunFolder, dump, load, versions, write_table

_LISTED = 1000
"""Skipped files that are named in the record; the table names all."""
_DRAWS = 1000
_TABLE = "curvecircuits.transplant-images/1"
_RECORD = "transplant.json"


def result_of(
    folder: RunFolder,
    job: Evaluation,
    family: CurveFamily,
    labels: Labels,
    other: ImageSet | None,
    seed: int,
) -> Transplant:
    """The record, from what the folder holds of a job."""
    network = job.network
    assert network.logits is not None
    sums = tally(
        folder.chunks(),
        [v.name for v in job.variants],
        classes=network.layer(network.logits).channels,
    )
    means = estimates(sums, draws=_DRAWS, seed=seed)
    skipped, count = job.skipped(folder.chunks(), most=_LISTED)
    calibration = job.calibration
    assert job.candidates is not None
    names = class_names(job, labels)
    classes = recovered.class_changes(sums, names)
    return Transplant(
        model=network.name,
        model_hash=network.model_hash,
        weights=str(network.provenance),
        layer=family.layer or "",
        family=tuple(
            Replaced(
                unit=unit.unit,
                orientation=unit.orientation,
                centre=job.candidates.centres[k],
                rate=_floats(calibration.rate[:, k]),
                scale=_floats(calibration.scale[:, 0, k]),
                offset=_floats(calibration.offset[:, 0, k]),
            )
            for k, unit in enumerate(family.units)
        ),
        images=sums.read,
        labelled=sums.labelled,
        skipped=tuple(Skipped(name=name, reason=reason) for name, reason in skipped),
        skipped_count=count,
        unlabelled=dict(labels.missing),
        data=str(job.images.root),
        data_fingerprint=job.images.fingerprint,
        framing=framing_in_words(job.framing),
        calibration=(
            "every other image, for the rest"
            if other is None
            else f"{other.root} ({other.fingerprint[:12]})"
        ),
        calibration_images=tuple(int(n) for n in calibration.images),
        seed=seed,
        scores=recovered.scores(means, images=sums.read),
        causes=recovered.causes(means, images=sums.read),
        classes=classes,
        least_per_class=recovered.LEAST_PER_CLASS,
        published=Published(),
        notes=recovered.notes(sums, classes, calibration),
        versions=versions(),
    )


def class_names(job: ImageChunks, labels: Labels) -> dict[int, str]:
    """What the folder calls each class of a job's images."""
    found: dict[int, str] = {}
    for index in job.indices:
        label = int(labels.indices[index])
        if label >= 0 and label not in found:
            found[label] = str(job.images.category(int(index)))
    return found


def write_result(folder: RunFolder, result: Transplant, job: Evaluation) -> None:
    """The record, and a table with a row an image where tables can be written."""
    folder.write(_RECORD, json.dumps(dump(result), ensure_ascii=False, indent=1) + "\n")
    write_table(folder.file("images.parquet"), _rows(folder, job), schema=_TABLE)


def open_transplant(folder: str | Path) -> Transplant:
    """The record that `transplant` wrote into a folder.

    Raises
    ------
    InputError
        If there is none, or it is of another version.
    """
    path = Path(folder) / _RECORD
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(
            f"{path} cannot be read: give the folder that `curvecircuits transplant --out` wrote."
        ) from None
    return load(Transplant, data)


def check_transplant(network: Network, found: Transplant) -> None:
    """Refuse a transplant of other weights than a network's.

    Raises
    ------
    InputError
        If the hashes of the loaded parameters differ.

    Examples
    --------
    >>> check_transplant(network, open_transplant("run"))  # doctest: +SKIP
    """
    if found.model_hash != network.model_hash:
        raise InputError(
            f"The transplant is of {found.model} with other parameters "
            f"(SHA-256 {found.model_hash[:12]}…) than those of {network.name} "
            f"({network.model_hash[:12]}…): give one that was run on this network."
        )


def _rows(folder: RunFolder, job: Evaluation) -> Iterator[dict[str, Any]]:
    start = 0
    for chunk in folder.chunks():
        count = len(chunk["read"])
        rows = job.indices[start : start + count]
        start += count
        table: dict[str, Any] = {
            "index": rows,
            "name": [job.images.name(int(i)) for i in rows],
            "label": chunk["label"],
            "read": chunk["read"],
            "reason": chunk["reason"].tolist(),
        }
        for k, variant in enumerate(job.variants):
            for metric in ("loss", "rank", "kl"):
                table[f"{variant.name}.{metric}"] = chunk[metric][k]
        yield table


def framing_in_words(framing: Framing) -> str:
    """How images were cut, as a reader is told."""
    if framing.kind == "warp":
        return f"warped to {framing.resize} × {framing.resize} pixels, centre {framing.size}"
    return f"shorter side {framing.resize} pixels ({framing.resample}), centre {framing.size}"


def _floats(values: ndarray) -> tuple[float, ...]:
    return tuple(map(float, values))
