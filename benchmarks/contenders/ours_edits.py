"""This package on many edited models in one pass, as a transplant evaluates its variants."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from benchmarks.task import Task
from curvecircuits.catalog import load
from curvecircuits.compare.transplants.calibration import Calibration
from curvecircuits.compare.transplants.evaluation import Evaluation, Evaluator
from curvecircuits.compare.transplants.variants import Variant
from curvecircuits.images import Batch, framing_for, open_images
from curvecircuits.models.network import Network
from curvecircuits.store import Manifest, run_folder, run_job


def edits(
    *,
    weights: str,
    folder: str,
    indices: Sequence[int],
    layer: str,
    edits: Sequence[Sequence[int]],
    batch: int = 32,
) -> Task:
    """All edited models in one pass over the images; what comes before the layer is shared.

    Parameters
    ----------
    folder, indices
        Images, and which of them by name.
    layer, edits
        Of each model, the channels of the layer that are set to zero; none for the network itself.
    """
    network = load("googlenet", weights=weights)
    images = open_images(Path(folder))
    job = _Scored(
        network=network,
        layer=network.layer(layer).name,
        channels=(0,),
        candidates=None,
        calibration=_nothing_calibrated(network.layer(layer).channels),
        variants=tuple(
            Variant(name=str(k), channels=tuple(c), values=((0.0,) * len(c),))
            for k, c in enumerate(edits)
        ),
        images=images,
        indices=np.array(indices),
        labels=np.full(len(indices), -1),
        framing=framing_for(network),
        batch=batch,
    )
    few = replace(job, indices=job.indices[:batch], labels=job.labels[:batch])

    def evaluated(job: Evaluation) -> Mapping[str, np.ndarray]:
        with run_folder(None, _manifest(network, job)) as found:
            run_job(job, found)
            parts = [chunk["probabilities"] for chunk in found.chunks()]
        return {"probabilities": np.concatenate(parts, 1), "indices": job.indices}

    return Task(
        run=lambda: evaluated(job),
        items=len(indices),
        warm=lambda: evaluated(few),
    )


class _Scored(Evaluation):
    """An evaluation that keeps all scores, so that they can be compared."""

    def open(self) -> "_Scores":
        return _Scores(self)


class _Scores(Evaluator):
    def compute(self, chunk: int, loaded: Batch) -> Mapping[str, np.ndarray]:
        del chunk
        job = self._job
        halves = torch.zeros(job.batch, dtype=torch.long)
        with torch.inference_mode():
            found = torch.stack(self.scored(job.padded(loaded), halves))
        return {"probabilities": found[:, : len(loaded.pixels)].exp().float().numpy()}


def _nothing_calibrated(channels: int) -> Calibration:
    none = np.zeros((1, 0, 1), np.float32)
    return Calibration(
        scale=none,
        offset=none,
        mean=np.zeros((1, channels)),
        rms=np.zeros(channels),
        rate=np.zeros((1, 1)),
        images=np.ones(1, dtype=np.int64),
    )


def _manifest(network: Network, job: Evaluation) -> Manifest:
    return Manifest(
        kind="edits",
        model=network.name,
        model_hash="",
        data="",
        images=len(job.indices),
        batch=job.batch,
        chunks=job.chunks,
        seed=0,
    )
