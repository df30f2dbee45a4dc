"""Bins and ranks of a unit's values, fixed by a sample of the images before all are seen."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy import ndarray
from tqdm import tqdm

from curvecircuits.errors import InputError
from curvecircuits.images import Framing, ImageSet, load_batch
from curvecircuits.visualize.dataset.views import View

SAMPLE = 200
"""Images of the sample, at most."""
_STEPS = 256
_VALUES = 2**15
"""Values of a unit that its ranks are taken from, over all images of the sample."""


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """Of each view: edges of the bins of every unit, and thresholds of its ranks."""

    edges: tuple[Float[ndarray, "_ _"], ...]
    """Each units × edges."""
    thresholds: tuple[Float[ndarray, "_ _"], ...]
    """Each units × 256."""

    def bins(
        self, view: int, values: Float[ndarray, "units *points"]
    ) -> Int[ndarray, "units *points"]:
        """The bin of each value; the outermost bins reach as far as values do."""
        inner = self.edges[view][:, 1:-1]
        found = [np.searchsorted(e, v, "right") for e, v in zip(inner, values, strict=True)]
        return np.stack(found).astype(np.int16)

    def ranks(
        self, view: int, values: Float[ndarray, "units *points"]
    ) -> Float[ndarray, "units *points"]:
        """Share of 256 thresholds below each value, and half of those equal to it: 0 to 1.

        The thresholds are even quantiles of the sample, so that a rank is a percentile to ± 0.2 %
        with a bounded memory; a unit that is the same everywhere has the rank 0.5.
        """
        found = [
            np.searchsorted(t, v, "left") + np.searchsorted(t, v, "right")
            for t, v in zip(self.thresholds[view], values, strict=True)
        ]
        return np.stack(found) / (2 * _STEPS)

    def rank(self, view: int, unit: int, value: float) -> float:
        """The rank of one value of a unit."""
        steps = self.thresholds[view][unit]
        at = np.float32(value)
        sides = np.searchsorted(steps, at, "left"), np.searchsorted(steps, at, "right")
        return float(sum(sides)) / (2 * _STEPS)

    def arrays(self) -> dict[str, ndarray]:
        """All arrays by name, to be kept."""
        kinds = {"edges": self.edges, "thresholds": self.thresholds}
        return {f"{name}.{k}": v for name, each in kinds.items() for k, v in enumerate(each)}

    @staticmethod
    def of(arrays: Mapping[str, ndarray]) -> "Ranges":
        """What `arrays` gave."""
        kept = (
            tuple(arrays[f"{name}.{k}"] for k in range(len(arrays) // 2))
            for name in ("edges", "thresholds")
        )
        edges, thresholds = kept
        return Ranges(edges=edges, thresholds=thresholds)


def bin_edges(low: float, high: float, *, bins: int) -> Float[ndarray, " edges"]:
    """Edges of bins of one width from the lowest value to the highest, one of them at zero.

    The width is the smallest of two digits with which they reach both ends. Values that are all of
    one sign have no edge at zero.

    Parameters
    ----------
    low, high
        The lowest and highest value seen.
    bins
        At least 1.

    Examples
    --------
    >>> bin_edges(-410.0, 905.0, bins=6).tolist()
    [-460.0, -230.0, 0.0, 230.0, 460.0, 690.0, 920.0]
    """
    if not high > low:
        return low + np.linspace(-0.5, 0.5, bins + 1) * max(1e-6, abs(low))
    if low >= 0 or high <= 0 or bins == 1:
        return np.linspace(low, high, bins + 1)
    # With k bins below zero the width is that of the side which needs the wider ones.
    width, below = min((max(-low / k, high / (bins - k)), k) for k in range(1, bins))
    step = 10.0 ** (math.floor(math.log10(width)) - 1)
    width = math.ceil(width / step * (1 - 1e-12)) * step
    return np.array([float(f"{(k - below) * width:.12g}") for k in range(bins + 1)])


def measure_ranges(
    views: Sequence[View],
    images: ImageSet,
    *,
    indices: Int[ndarray, " sample"],
    framing: Framing,
    bins: int,
    batch: int = 16,
    seed: int = 0,
    progress: bool = False,
) -> Ranges:
    """Read a sample of images, and fix every unit's bins and ranks by it.

    Raises
    ------
    InputError
        If none of the images can be read, or a network gives values that are not finite.
    """
    most = max(1, _VALUES // max(1, len(indices)))
    generator = torch.Generator().manual_seed(seed)
    kept: list[list[ndarray]] = [[] for _ in views]
    ends = [np.tile([np.inf, -np.inf], (len(v.units), 1)) for v in views]
    with (
        torch.inference_mode(),
        tqdm(total=len(indices), desc="ranges", unit=" images", disable=not progress) as bar,
    ):
        for start in range(0, len(indices), batch):
            found = load_batch(images, indices[start : start + batch].tolist(), framing=framing)
            bar.update(len(found.read))
            if not found.read.any():
                continue
            for k, view in enumerate(views):
                values = view.read(found.pixels[found.read]).flatten(2)
                ends[k][:, 0] = np.minimum(ends[k][:, 0], values.amin((1, 2)).numpy())
                ends[k][:, 1] = np.maximum(ends[k][:, 1], values.amax((1, 2)).numpy())
                some = torch.randperm(values.shape[2], generator=generator)[:most]
                kept[k].append(values[..., some].flatten(1).numpy())
    if not kept[0]:
        raise InputError(
            f"None of {len(indices)} images of {images.root} can be read: give images in a format "
            "that Pillow reads."
        )
    for view, low_high in zip(views, ends, strict=True):
        if not np.isfinite(low_high).all():
            raise InputError(
                f"{view.units[0].layer} of {view.network.name} has values that are not finite: "
                "give a network whose values are."
            )
    shares = (np.arange(_STEPS) + 0.5) / _STEPS
    return Ranges(
        edges=tuple(
            np.stack([bin_edges(float(a), float(b), bins=bins) for a, b in each]) for each in ends
        ),
        thresholds=tuple(
            np.quantile(np.concatenate(each, 1), shares, axis=1).T.astype(np.float32)
            for each in kept
        ),
    )
