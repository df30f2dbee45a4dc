"""From the chunks of an evaluation to its record, and what is kept in its folder."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy import ndarray

from curvecircuits.compare.edited_models.classes import class_shifts
from curvecircuits.compare.edited_models.evaluation import INTACT, EditsEvaluation
from curvecircuits.compare.edited_models.records import ClassShift, EditedModel, EditedModels
from curvecircuits.compare.transplants.records import Measured, Skipped
from curvecircuits.compare.transplants.recovered import LEAST_PER_CLASS, measured
from curvecircuits.compare.transplants.result import class_names, framing_in_words
from curvecircuits.compare.transplants.tally import Estimates, Metric, Tally, estimates, tally
from curvecircuits.errors import InputError
from curvecircuits.images import Labels
from curvecircuits.images.labels import scores_of
from curvecircuits.models.edit import describe
from curvecircuits.store import Manifest, RunFolder, dump, load, versions

KIND = "edited models"
_LISTED = 1000
"""Skipped files that are named in the record."""
_DRAWS = 1000
_RECORD = "edited_models.json"


def result_of(folder: RunFolder, job: EditsEvaluation, labels: Labels, seed: int) -> EditedModels:
    """The record, from what the folder holds of a job."""
    network = job.network
    sums = tally(folder.chunks(), job.names, classes=scores_of(network)[1])
    means = estimates(sums, draws=_DRAWS, seed=seed)
    shifts = class_shifts(sums, folder.chunks(), class_names(job, labels), seed=seed)
    skipped, count = job.skipped(folder.chunks(), most=_LISTED)
    sentences = [(), *(tuple(describe(e) for e in edits) for edits in job.edits)]
    intact, *models = (
        _model(means, sums, name, said, classes)
        for name, said, classes in zip(job.names, sentences, shifts, strict=True)
    )
    return EditedModels(
        model=network.name,
        model_hash=folder.manifest.model_hash,
        weights=str(network.provenance),
        intact=intact,
        models=tuple(models),
        images=sums.read,
        labelled=sums.labelled,
        skipped=tuple(Skipped(name=name, reason=reason) for name, reason in skipped),
        skipped_count=count,
        unlabelled=dict(labels.missing),
        data=str(job.images.root),
        data_fingerprint=job.images.fingerprint,
        framing=framing_in_words(job.framing),
        order=labels.source,
        least_per_class=LEAST_PER_CLASS,
        seed=seed,
        notes=_notes(sums),
        versions=versions(),
    )


def _model(
    found: Estimates, sums: Tally, name: str, said: tuple[str, ...], classes: tuple[ClassShift, ...]
) -> EditedModel:
    def value(metric: Metric) -> Measured | None:
        return measured(found.of(name, metric), sums.labelled)

    def change(metric: Metric) -> Measured | None:
        return measured(found.of(name, metric) - found.of(INTACT, metric), sums.labelled)

    kl = measured(found.of(name, "kl"), sums.read)
    assert kl is not None
    return EditedModel(
        name=name,
        edits=said,
        top1=value("top1"),
        top5=value("top5"),
        loss=value("loss"),
        kl=kl,
        top1_change=change("top1"),
        top5_change=change("top5"),
        loss_change=change("loss"),
        classes=classes,
    )


def _notes(found: Tally) -> tuple[str, ...]:
    said = [
        "These images are a sample that the user chose: accuracy on them is not comparable with "
        "published accuracy, only models with each other. Intervals are from images drawn anew, "
        "the same for all models."
    ]
    if found.labelled < found.read:
        said.append(
            f"{found.read - found.labelled} of {found.read} images have no class among the "
            "network's scores: they count for the KL divergence only."
        )
    if found.class_counts.max(initial=0) < LEAST_PER_CLASS:
        said.append(
            f"No class has {LEAST_PER_CLASS} images or more: nothing is said of single classes."
        )
    return tuple(said)


# -- what is kept ------------------------------------------------------------------------------


def write_result(folder: RunFolder, result: EditedModels) -> None:
    """Write the record into the folder."""
    folder.write(_RECORD, json.dumps(dump(result), ensure_ascii=False, indent=1) + "\n")


def open_edited_models(folder: str | Path) -> EditedModels:
    """The record that `evaluate_edits` wrote into a folder.

    Raises
    ------
    InputError
        If there is none, or it is of another version.
    """
    return load(EditedModels, _json(Path(folder) / _RECORD))


@dataclass(frozen=True, kw_only=True)
class ImageFigures:
    """Every version on every image, the intact network first."""

    models: tuple[str, ...]
    index: Int[ndarray, " images"]
    """Of each image, its place in what `open_images` gives."""
    label: Int[ndarray, " images"]
    """The score of its class; −1 where it is not known."""
    read: Bool[ndarray, " images"]
    """Whether it could be; the figures of others have no meaning."""
    loss: Float[ndarray, "models images"]
    """−log p(class), in nats."""
    rank: Int[ndarray, "models images"]
    """Classes before the true one: below 1 it is the answer, below 5 among the first five."""
    kl: Float[ndarray, "models images"]
    """KL(intact ‖ this), in nats."""


def open_image_figures(folder: str | Path) -> ImageFigures:
    """Loss, rank and KL divergence of every image, from a folder of `evaluate_edits`.

    Raises
    ------
    InputError
        If it holds no such run, or one that is not finished.
    """
    path = Path(folder)
    manifest = load(Manifest, _json(path / "manifest.json"))
    if manifest.kind != KIND:
        raise InputError(
            f"{path} holds a run of another kind ({manifest.kind}): give the folder of "
            "`curvecircuits evaluate --out`."
        )
    parts = list(RunFolder(path=path, manifest=manifest).chunks())
    one = {n: np.concatenate([p[n] for p in parts]) for n in ("index", "label", "read")}
    all_ = {n: np.concatenate([p[n] for p in parts], 1) for n in ("loss", "rank", "kl")}
    names = (name for name, _ in manifest.settings["edits"])
    return ImageFigures(models=(INTACT, *names), **one, **all_)


def _json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InputError(
            f"{path} cannot be read: give the folder that `curvecircuits evaluate --out` wrote."
        ) from None
