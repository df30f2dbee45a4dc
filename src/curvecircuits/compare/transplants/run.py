"""Transplant an artificial family, and measure what of the network's behaviour comes back."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from numpy import ndarray

from curvecircuits.artificial import Constants, Parts
from curvecircuits.compare.transplants.calibration import (
    MOST,
    Calibration,
    calibrate,
    halves_of,
)
from curvecircuits.compare.transplants.candidates import SETS, Candidates, candidates_for
from curvecircuits.compare.transplants.evaluation import Evaluation
from curvecircuits.compare.transplants.place import Place
from curvecircuits.compare.transplants.records import Transplant
from curvecircuits.compare.transplants.result import result_of, write_result
from curvecircuits.compare.transplants.variants import plan
from curvecircuits.errors import InputError
from curvecircuits.families.records import CurveFamily
from curvecircuits.images import (
    Framing,
    ImageSet,
    evenly,
    framing_for,
    label_indices,
    open_images,
)
from curvecircuits.models.network import Network
from curvecircuits.store import (
    Manifest,
    RunFolder,
    run_folder,
    run_job,
)

Engine = Literal["local", "ray"]


def transplant(
    network: Network,
    family: CurveFamily,
    images: str | Path | ImageSet,
    *,
    out: str | Path | None = None,
    calibration: str | Path | ImageSet | None = None,
    limit: int | None = None,
    order: Path | None = None,
    constants: Constants | None = None,
    parts: Parts | None = None,
    sets: Sequence[str] = SETS,
    random: int = 10,
    batch: int = 32,
    engine: Engine = "local",
    workers: int | None = None,
    address: str | None = None,
    fresh: bool = False,
    seed: int = 0,
    progress: bool = False,
) -> Transplant:
    """Replace a curve family by an artificial one of the same orientations, and evaluate it.

    The artificial units are aligned with the natural ones by their measured receptive-field
    centres. Of each natural unit they are given its marginals only: a threshold at which they fire
    as often, and a scale with which they vary as much, from images that are not evaluated on. With
    one folder of images, every other one calibrates the rest, and the other way round. Controls
    and ceilings (`candidates_for`) are put in place by the same rule.

    Of every variant: top-1 and top-5 accuracy, cross-entropy, and KL(intact ‖ variant); of these
    the share that ablating the family costs and the variant brings back, with 95 % intervals from
    images drawn anew, the same for all variants.

    Parameters
    ----------
    network, family
        A classifier, and what `find_curves` returned for it.
    images
        Photographs, as `open_images` takes them. Without classes there is no accuracy and no
        loss, only KL.
    out
        A folder for results; an interrupted run goes on there. None keeps nothing.
    calibration
        Other photographs to take thresholds and scales from, for all that are evaluated.
    limit
        Evaluate so many images at most, evenly spread over all.
    order
        The list of the network's classes, as `label_indices` takes it.
    constants, parts
        Of the artificial network.
    sets
        What to put in the place of the family, beside the artificial one: names of
        `candidates_for`.
    random
        Draws of other units of the same branches, ablated as controls; as many again of like
        strength.
    batch
        Images of a chunk.
    engine, workers, address
        As `run_job` takes them.
    fresh
        Start anew in a folder that holds another run.

    Raises
    ------
    InputError
        If there is no family, the network is no classifier, images cannot be used, or the folder
        holds something else.

    Examples
    --------
    >>> found = transplant(network, find_curves(network), "imagenet/val")  # doctest: +SKIP
    >>> found.score("transplanted").recovered.kl  # doctest: +SKIP
    Measured(value=0.84, low=0.82, high=0.86)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on the artificial artificial neural
    network.
    """
    if batch < 1 or random < 0 or (limit is not None and limit < 2):
        raise InputError(
            "A transplant is evaluated on at least 2 images, at least 1 at a time, with no less "
            "than 0 random draws."
        )
    shown = images if isinstance(images, ImageSet) else open_images(images)
    other = open_images(calibration) if isinstance(calibration, str | Path) else calibration
    if other is not None and other.fingerprint == shown.fingerprint:
        raise InputError(
            "Thresholds and scales cannot be taken from the images that are evaluated: give other "
            "images for calibration, or none, which uses each half for the other."
        )
    indices = evenly(len(shown), limit)
    if len(indices) < 2:
        raise InputError(f"{shown.root} holds {len(indices)} images: a transplant needs 2 or more.")
    labels = label_indices(network, shown, order=order)
    framing = framing_for(network)
    assert family.layer is not None or not family.units
    candidates = candidates_for(
        network,
        family,
        constants=constants,
        parts=parts,
        sets=sets,
        seed=seed,
    )
    assert family.layer is not None
    place = Place(network, family.layer, [u.channel for u in family.units])
    settings = {
        "units": [u.unit for u in family.units],
        "orientations": list(candidates.orientations),
        "constants": asdict(constants or Constants()),
        "parts": asdict(parts or Parts()),
        "candidates": list(candidates.names),
        "random": random,
        "framing": asdict(framing),
        "order": labels.source,
        "calibration": None if other is None else other.fingerprint,
    }
    manifest = Manifest(
        kind="transplant",
        settings=settings,
        model=network.name,
        model_hash=network.model_hash,
        data=shown.fingerprint,
        images=len(indices),
        batch=batch,
        chunks=-(-len(indices) // batch),
        seed=seed,
    )
    with run_folder(out, manifest, fresh=fresh) as folder:
        found = _calibrated(
            folder, place, candidates, shown, indices, other, framing, seed, progress
        )
        variants = plan(place, found, candidates.names, random=random, seed=seed)
        job = Evaluation(
            network=network,
            layer=place.layer,
            channels=place.channels,
            candidates=candidates,
            calibration=found,
            variants=variants,
            images=shown,
            indices=indices,
            labels=labels.indices[indices],
            framing=framing,
            batch=batch,
            device=str(network.device),
        )
        run_job(job, folder, engine=engine, workers=workers, address=address, progress=progress)
        result = result_of(folder, job, family, labels, other, seed)
        if out is not None:
            write_result(folder, result, job)
    return result


def _calibrated(
    folder: RunFolder,
    place: Place,
    candidates: Candidates,
    shown: ImageSet,
    indices: ndarray,
    other: ImageSet | None,
    framing: Framing,
    seed: int,
    progress: bool,
) -> Calibration:
    """The calibration that is kept in the folder; made and kept there if there is none."""
    kept = folder.arrays("calibration")
    if kept is not None:
        return Calibration(**kept)
    if other is None:
        parts = tuple(indices[half] for half in halves_of(len(indices)))
    else:
        parts = (evenly(len(other), MOST),)
    found = calibrate(
        place,
        candidates,
        shown if other is None else other,
        indices=parts,
        framing=framing,
        seed=seed,
        progress=progress,
    )
    folder.save_arrays("calibration", found.arrays())
    return found
