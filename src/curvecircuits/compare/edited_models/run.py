"""Evaluate many edited versions of a network in one pass over images."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from curvecircuits.compare.edited_models.evaluation import INTACT, EditsEvaluation, shared_of
from curvecircuits.compare.edited_models.records import EditedModels
from curvecircuits.compare.edited_models.result import KIND, result_of, write_result
from curvecircuits.errors import InputError
from curvecircuits.images import ImageSet, evenly, framing_for, label_indices, open_images
from curvecircuits.models.edit import edit
from curvecircuits.models.edits import Edit
from curvecircuits.models.fingerprint import edits_fingerprint, fingerprint
from curvecircuits.models.network import Network
from curvecircuits.models.shared import Shared
from curvecircuits.store import Manifest, run_folder, run_job

Engine = Literal["local", "ray"]


def evaluate_edits(
    network: Network,
    edits: Mapping[str, Sequence[Edit]],
    images: str | Path | ImageSet,
    *,
    out: str | Path | None = None,
    limit: int | None = None,
    order: Path | None = None,
    batch: int = 32,
    engine: Engine = "local",
    workers: int | None = None,
    address: str | None = None,
    fresh: bool = False,
    seed: int = 0,
    progress: bool = False,
) -> EditedModels:
    """Classify images with the intact network and with edited versions of it, all in one pass.

    Images are read once, and what several versions have in common is computed once (`Shared`): of
    edits of one layer, all that comes before it. Each version answers as it does within `edit`, to
    rounding.

    Of every version: top-1 and top-5 accuracy, cross-entropy, KL(intact ‖ edited) = Σ p log(p / q)
    in nats, and the changes from the intact network. Their 95 % intervals are from images drawn
    anew, the same for all versions, so that changes are compared image by image. Of each, the
    classes that change most.

    Parameters
    ----------
    network
        A classifier, as it is now: within `edit`, as edited.
    edits
        The edits of each version by its name, which act one after the other. A version of no edits
        is the intact network once more.
    images
        Photographs, as `open_images` takes them. Without classes there is no accuracy and no
        loss, only KL.
    out
        A folder for the record and, of every image, loss, rank and KL (`open_image_figures`); an
        interrupted run goes on there. None keeps nothing.
    limit
        Evaluate so many images at most, evenly spread over all.
    order
        The list of the network's classes, as `label_indices` takes it.
    batch
        Images of a chunk.
    engine, workers, address
        As `run_job` takes them.
    fresh
        Start anew in a folder that holds another run.
    seed
        Of the images drawn anew.
    progress
        Show a bar on stderr.

    Raises
    ------
    InputError
        If there are no edits or they cannot be made, a name cannot be used, the network is no
        classifier, images cannot be used, or the folder holds something else.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from PIL import Image
    >>> from torch import nn
    >>> import curvecircuits as cc
    >>> module = nn.Sequential(nn.Conv2d(3, 4, 5), nn.ReLU(), nn.Conv2d(4, 2, 28), nn.Flatten())
    >>> network = cc.wrap(module, input_size=32, logits="3")
    >>> draw = np.random.default_rng(0).integers
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for k in range(8):
    ...         Path(folder, f"{k % 2}").mkdir(exist_ok=True)
    ...         pixels = draw(0, 256, (64, 64, 3), dtype=np.uint8)
    ...         Image.fromarray(pixels).save(Path(folder, f"{k % 2}", f"{k}.png"))
    ...     found = evaluate_edits(
    ...         network,
    ...         {
    ...             "without 2": [cc.ZeroUnits(units=[("1", 2)])],
    ...             "as it is": [cc.ScaleUnits(units=[("1", 2)], factor=1)],
    ...         },
    ...         folder,
    ...     )
    >>> found.model_of("without 2").kl.above(), str(found.model_of("as it is").kl)
    (True, '0.00 [0.00, 0.00]')

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, where the effect of removing the curve
    detectors on accuracy is measured in this way. Efron and Tibshirani, "An Introduction to the
    Bootstrap", 1993, chapter 13.
    """
    if batch < 1 or (limit is not None and limit < 2):
        raise InputError("Edited models are evaluated on at least 2 images, at least 1 at a time.")
    models = _checked(edits)
    shown = images if isinstance(images, ImageSet) else open_images(images)
    indices = evenly(len(shown), limit)
    if len(indices) < 2:
        raise InputError(
            f"{shown.root} holds {len(indices)} images: edited models are evaluated on 2 or more."
        )
    labels = label_indices(network, shown, order=order)
    framing = framing_for(network)
    shared = _shared(network, models)
    manifest = Manifest(
        kind=KIND,
        settings={
            "edits": [[name, edits_fingerprint(each)] for name, each in models.items()],
            "network": fingerprint(network),
            "framing": asdict(framing),
            "order": labels.source,
        },
        model=network.name,
        model_hash=network.model_hash,
        data=shown.fingerprint,
        images=len(indices),
        batch=batch,
        chunks=-(-len(indices) // batch),
        seed=seed,
    )
    job = EditsEvaluation(
        network=network,
        models=tuple(models),
        edits=tuple(models.values()),
        images=shown,
        indices=indices,
        labels=labels.indices[indices],
        framing=framing,
        batch=batch,
        device=str(network.device),
        shared=shared,
    )
    with run_folder(out, manifest, fresh=fresh) as folder:
        run_job(job, folder, engine=engine, workers=workers, address=address, progress=progress)
        result = result_of(folder, job, labels, seed)
        if out is not None:
            write_result(folder, result)
    return result


def _checked(edits: Mapping[str, Sequence[Edit]]) -> dict[str, tuple[Edit, ...]]:
    """The edits of each version by its name."""
    if not isinstance(edits, Mapping) or not edits:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError(
            "There is nothing to evaluate: give the edits of each model by its name, such as "
            '{"without 379": [ZeroUnits(units=[("3b", 379)])]}.'
        )
    found: dict[str, tuple[Edit, ...]] = {}
    for name, each in edits.items():
        if not isinstance(name, str) or not name.strip():  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError(f"{name!r} is no name of a model: give a text.")
        if name == INTACT:
            raise InputError(
                f"{INTACT!r} is the network without edits, which is evaluated beside every model: "
                "give the edited model another name."
            )
        if isinstance(each, str | Edit) or not isinstance(each, Sequence):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError(f"The edits of {name!r} are a list, of one edit too: give [edit].")
        found[name] = tuple(each)
    return found


def _shared(network: Network, models: Mapping[str, Sequence[Edit]]) -> Shared:
    """What computes all versions; an edit that cannot be made is told with its model's name."""
    try:
        return shared_of(network, [*models.values()])
    except InputError:
        for name, each in models.items():
            try:
                with edit(network, *each):
                    pass
            except InputError as error:
                raise InputError(f"The model {name!r} cannot be made: {error}") from error
        raise
