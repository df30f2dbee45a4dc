"""One pass over images for all variants: what comes before the family is computed once."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

from curvecircuits.compare.image_figures import at_once, image_figures, log_probabilities
from curvecircuits.compare.transplants.calibration import Calibration
from curvecircuits.compare.transplants.candidates import Candidates
from curvecircuits.compare.transplants.place import Place
from curvecircuits.compare.transplants.variants import Substitution, Variant
from curvecircuits.images import Batch, ImageChunks
from curvecircuits.models.network import Network


@dataclass(frozen=True, kw_only=True)
class Evaluation(ImageChunks):
    """A job for `store.run_job`: every variant on every image."""

    network: Network
    layer: str
    channels: tuple[int, ...]
    candidates: Candidates | None
    """None where no variant needs any."""
    calibration: Calibration
    variants: tuple[Variant, ...]
    labels: Int[ndarray, " images"]
    """The score of each image's class; −1 where it is not known."""

    def open(self) -> "Evaluator":
        """What computes chunks, in the process that does."""
        return Evaluator(self)


class Evaluator:
    """Computes the chunks of an evaluation."""

    def __init__(self, job: Evaluation) -> None:
        self._job = job
        network = job.network.to(job.device)
        if job.candidates is not None:
            job.candidates.artificial.to(job.device)
        self._place = Place(network, job.layer, job.channels)

    def load(self, chunk: int) -> Batch:
        """Read the images of a chunk."""
        return self._job.read(chunk)

    def compute(self, chunk: int, loaded: Batch) -> Mapping[str, ndarray]:
        """`image_figures` of every variant; without meaning where `read` is false."""
        job = self._job
        part = job.part(chunk)
        labels = torch.from_numpy(job.labels[part])
        halves = torch.arange(part.start, part.start + job.batch) % len(job.calibration.images)
        with torch.inference_mode():
            found = [s[: len(labels)] for s in self.scored(job.padded(loaded), halves)]
        return {
            **image_figures(found, labels),
            "label": labels.numpy(),
            "read": loaded.read.numpy(),
            "reason": np.array([loaded.reasons.get(int(i), "") for i in job.indices[part]]),
        }

    def scored(
        self, pixels: Float[Tensor, "n 3 h w"], halves: Int[Tensor, " n"]
    ) -> list[Float[Tensor, "n classes"]]:
        """Log-probabilities of every variant."""
        job, place = self._job, self._place
        shown = pixels.to(place.network.device)
        parts = [self._before(some) for some in shown.split(at_once(shown))]
        values = {name: torch.cat([p[0][name] for p in parts]) for name in parts[0][0]}
        sets = None if job.candidates is None else torch.cat([p[1] for p in parts])
        substitution = Substitution(place, job.calibration, values, sets, halves.to(shown.device))
        return [log_probabilities(substitution.scores(v)) for v in job.variants]

    def _before(self, images: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """What `after` needs of some images, and the candidates on them."""
        place, candidates = self._place, self._job.candidates
        values = place.split.before(images)
        raw = place.raw(values)
        kept = {name: values[name] for name in (place.split.at, *place.split.passed)}
        return kept, raw if candidates is None else candidates.read(place, images, raw)
