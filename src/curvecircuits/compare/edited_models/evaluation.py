"""One pass over images for a network and its edited versions: what they share is computed once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from torch import Tensor

from curvecircuits.compare.image_figures import at_once, image_figures, log_probabilities
from curvecircuits.images import Batch, ImageChunks
from curvecircuits.images.labels import scores_of
from curvecircuits.models.edits import Edit
from curvecircuits.models.network import Network
from curvecircuits.models.shared import Shared

INTACT = "intact"
_WIDE = 4
"""A map is wide that is no more than so many times narrower than the image."""


@dataclass(frozen=True, kw_only=True)
class EditsEvaluation(ImageChunks):
    """A job for `store.run_job`: the intact network and every edited one, on every image."""

    network: Network
    models: tuple[str, ...]
    edits: tuple[tuple[Edit, ...], ...]
    """Of each model."""
    labels: Int[ndarray, " images"]
    """The score of each image's class; −1 where it is not known."""
    shared: Shared | None = None
    """Made of network and edits already, in this process: other processes make their own."""

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "shared": None}

    @property
    def names(self) -> tuple[str, ...]:
        """Of all versions, the intact network first."""
        return (INTACT, *self.models)

    def open(self) -> "EditsEvaluator":
        """What computes chunks, in the process that does."""
        return EditsEvaluator(self)


def shared_of(network: Network, edits: Sequence[Sequence[Edit]]) -> Shared:
    """The class scores of the intact network, and of every edited one."""
    return Shared(network, [(), *edits], to=scores_of(network)[0])


class EditsEvaluator:
    """Computes the chunks of an evaluation."""

    def __init__(self, job: EditsEvaluation) -> None:
        self._job = job
        self._shared = job.shared or shared_of(job.network.to(job.device), job.edits)

    def load(self, chunk: int) -> Batch:
        """Read the images of a chunk."""
        return self._job.read(chunk)

    def compute(self, chunk: int, loaded: Batch) -> Mapping[str, ndarray]:
        """`image_figures` of every version; without meaning where `read` is false."""
        job = self._job
        part = job.part(chunk)
        labels = torch.from_numpy(job.labels[part])
        with torch.inference_mode():
            found = [s[: len(labels)] for s in self.scored(job.padded(loaded))]
        return {
            **image_figures(found, labels),
            "label": labels.numpy(),
            "index": job.indices[part],
            "read": loaded.read.numpy(),
            "reason": np.array([loaded.reasons.get(int(i), "") for i in job.indices[part]]),
        }

    def scored(self, pixels: Float[Tensor, "n 3 h w"]) -> list[Float[Tensor, "n classes"]]:
        """Log-probabilities of every version."""
        shared, shown = self._shared, pixels.to(self._job.device)
        parts = [shared.before(some) for some in shown.split(at_once(shown))]
        values = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
        return [
            log_probabilities(self._after(values, version, shown))
            for version in range(len(self._job.names))
        ]

    def _after(self, values: Mapping[str, Tensor], version: int, shown: Tensor) -> Tensor:
        """Tails run on all images, unless they begin with wide maps."""
        read = {name: values[name] for name in self._shared.reads[version]}
        wide = any(v.ndim == 4 and v.shape[3] * _WIDE >= shown.shape[3] for v in read.values())
        count = at_once(shown) if wide else len(shown)
        parts = [
            self._shared.after({n: v[k : k + count] for n, v in read.items()}, version)
            for k in range(0, len(shown), count)
        ]
        return torch.cat(parts)
