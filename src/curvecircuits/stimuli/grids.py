"""Grids of stimuli: every orientation by every radius, or by every offset."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.stimuli.arcs import curves
from curvecircuits.stimuli.options import Place, numbers, whole
from curvecircuits.stimuli.strokes import lines


@dataclass(frozen=True)
class CurveGrid:
    """Every orientation by every radius, drawn in a square tile with one stroke width."""

    orientations: tuple[float, ...]
    radii: tuple[float, ...]
    tile: float
    width: float

    def __len__(self) -> int:
        return len(self.orientations) * len(self.radii)

    @property
    def shape(self) -> tuple[int, int]:
        """How many orientations and radii; results stack to this shape, orientation first."""
        return len(self.orientations), len(self.radii)

    def scaled(self, factor: float) -> "CurveGrid":
        """Return the grid with radii and tile times `factor`."""
        factor = float(numbers("factor", factor))
        tile = self.tile * factor
        width = self.width if tile >= 30 else max(1.0, self.width * factor)
        return replace(
            self, radii=tuple(radius * factor for radius in self.radii), tile=tile, width=width
        )

    def batches(
        self,
        *,
        size: int,
        centre: Place = None,
        chunk: int = 256,
        device: str | torch.device = "cpu",
        **draw: Any,
    ) -> Iterator[tuple[slice, Float[Tensor, "n c size size"]]]:
        """Yield (slice, images) through the grid, orientation-major, `chunk` images at a time."""
        chunk = whole("chunk", chunk)
        orientation = torch.tensor(self.orientations, dtype=torch.float64)
        radius = torch.tensor(self.radii, dtype=torch.float64)
        options = {"tile": self.tile, "width": self.width} | draw
        for first in range(0, len(self), chunk):
            at = torch.arange(first, min(first + chunk, len(self)))
            yield (
                slice(first, first + len(at)),
                curves(
                    orientation=orientation[at // len(radius)],
                    radius=radius[at % len(radius)],
                    size=size,
                    centre=centre,
                    device=device,
                    **options,
                ),
            )


def published() -> CurveGrid:
    """Return the grid of the article: 720 orientations by 80 radii in a 60-pixel tile."""
    return CurveGrid(
        orientations=tuple(step / 2 for step in range(720)),
        radii=tuple(250.0 * 5.0 ** (-k / 40) for k in range(80)),
        tile=60.0,
        width=2.0,
    )


def quick() -> CurveGrid:
    """Return a coarse grid: 72 orientations by 10 radii over the published range."""
    return CurveGrid(
        orientations=tuple(5.0 * step for step in range(72)),
        radii=tuple(250.0 * 5.0 ** (-79 * k / (9 * 40)) for k in range(10)),
        tile=60.0,
        width=2.0,
    )
