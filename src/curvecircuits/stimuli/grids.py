"""Grids of stimuli: every orientation by every radius, or by every offset, drawn in batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.stimuli.arcs import curves
from curvecircuits.stimuli.options import Bounds, Place, numbers, whole
from curvecircuits.stimuli.strokes import lines

_THIN_BELOW = 30.0
"""Tiles smaller than this get a thinner stroke."""


@dataclass(frozen=True)
class CurveGrid:
    """Every orientation by every radius, each in a square tile, with one stroke width.

    Parameters
    ----------
    orientations
        Degrees, as for `curves`.
    radii
        Pixels.
    tile
        Side of the window that the curves are drawn in, in pixels.
    width
        Width of the stroke, in pixels.

    Examples
    --------
    >>> grid = CurveGrid(orientations=(0.0, 90.0), radii=(40.0, 20.0, 10.0), tile=30.0, width=2.0)
    >>> len(grid), grid.shape
    (6, (2, 3))
    >>> [(part, images.shape[0]) for part, images in grid.batches(size=32, chunk=4)]
    [(slice(0, 4, None), 4), (slice(4, 6, None), 2)]
    """

    orientations: tuple[float | int, ...]
    radii: tuple[float | int, ...]
    tile: float | int
    width: float | int

    def __post_init__(self) -> None:
        _check(self.orientations, self.tile, self.width)
        Bounds(above=0).check("radii", numbers("radii", self.radii))

    def __len__(self) -> int:
        return len(self.orientations) * len(self.radii)

    @property
    def shape(self) -> tuple[int, int]:
        """How many orientations and radii; stacked results reshape to it."""
        return len(self.orientations), len(self.radii)

    def scaled(self, factor: float | int) -> "CurveGrid":
        """Return the grid with tile and radii times `factor`, for fields of another size.

        The stroke keeps its width, as lines of a drawing do, except in tiles below 30 px, where
        it is `factor` times as wide but at least 1 px.

        Raises
        ------
        InputError
            If the factor is not above 0.

        Examples
        --------
        >>> quick().scaled(0.25).tile, quick().scaled(0.25).width, quick().scaled(2).width
        (15.0, 1.0, 2.0)
        """
        tile, width = _scaled(self.tile, self.width, factor)
        radii = tuple(radius * factor for radius in self.radii)
        return replace(self, radii=radii, tile=tile, width=width)

    def batches(
        self,
        *,
        size: int,
        centre: Place = None,
        chunk: int = 256,
        device: str | torch.device = "cpu",
        **draw: Any,
    ) -> Iterator[tuple[slice, Float[Tensor, "n c size size"]]]:
        """Yield (slice, images) through the grid, `chunk` images at a time, the last maybe fewer.

        Image i has orientation i // len(radii) and radius i % len(radii). Further options go to
        `curves`; they hold for all images.

        Raises
        ------
        InputError
            If an option is wrong, as for `curves`.
        """
        options: dict[str, Any] = {"tile": self.tile, "width": self.width} | draw
        for part, orientation, radius in _pairs(self.orientations, self.radii, chunk):
            yield (
                part,
                curves(
                    orientation=orientation,
                    radius=radius,
                    size=size,
                    centre=centre,
                    device=device,
                    **options,
                ),
            )


@dataclass(frozen=True)
class LineGrid:
    """Every orientation by every offset along the normal, each in a square tile.

    Parameters
    ----------
    orientations
        Degrees, as for `lines`.
    offsets
        Pixels from the centre along the normal.
    tile
        Side of the window that the lines are drawn in, in pixels.
    width
        Width of the lines, in pixels.
    length
        Their length in pixels; None is from edge to edge of the tile.

    Examples
    --------
    >>> grid = LineGrid(orientations=(0.0, 45.0), offsets=(-4.0, 0.0, 4.0), tile=24.0, width=2.0)
    >>> part, images = next(grid.batches(size=32))
    >>> images.shape
    torch.Size([6, 1, 32, 32])
    """

    orientations: tuple[float | int, ...]
    offsets: tuple[float | int, ...]
    tile: float | int
    width: float | int
    length: float | int | None = None

    def __post_init__(self) -> None:
        _check(self.orientations, self.tile, self.width)
        numbers("offsets", self.offsets)
        if self.length is not None:
            Bounds(above=0).check("length", numbers("length", self.length))

    def __len__(self) -> int:
        return len(self.orientations) * len(self.offsets)

    @property
    def shape(self) -> tuple[int, int]:
        """How many orientations and offsets; stacked results reshape to it."""
        return len(self.orientations), len(self.offsets)

    def scaled(self, factor: float | int) -> "LineGrid":
        """Return the grid with tile, offsets and length times `factor`; width as for curves.

        Raises
        ------
        InputError
            If the factor is not above 0.
        """
        tile, width = _scaled(self.tile, self.width, factor)
        offsets = tuple(offset * factor for offset in self.offsets)
        length = None if self.length is None else self.length * factor
        return replace(self, offsets=offsets, tile=tile, width=width, length=length)

    def batches(
        self,
        *,
        size: int,
        centre: Place = None,
        chunk: int = 256,
        device: str | torch.device = "cpu",
        **draw: Any,
    ) -> Iterator[tuple[slice, Float[Tensor, "n c size size"]]]:
        """Yield (slice, images) through the grid, as `CurveGrid.batches` does.

        Raises
        ------
        InputError
            If an option is wrong, as for `lines`.
        """
        options: dict[str, Any] = {
            "tile": self.tile,
            "width": self.width,
            "length": self.length,
        } | draw
        for part, orientation, offset in _pairs(self.orientations, self.offsets, chunk):
            yield (
                part,
                lines(
                    orientation=orientation,
                    offset=offset,
                    size=size,
                    centre=centre,
                    device=device,
                    **options,
                ),
            )


def published() -> CurveGrid:
    """Return the article's grid: 720 orientations by 80 radii in a tile of 60 px, stroke 2 px.

    Orientations step by half a degree; radius k is 250 * 5^(-k / 40) px, from 250 to 10.4. Range,
    tile and stroke were fitted to the bitmaps of Cammarata et al., "Curve Detectors" (Distill,
    2020), section "Synthetic Curves", whose heatmaps count the angle from the curve towards its
    circle's centre: 180 degrees away from ours.

    Examples
    --------
    >>> published().shape, round(published().radii[-1], 1)
    ((720, 80), 10.4)
    """
    return CurveGrid(
        orientations=tuple(step / 2 for step in range(720)),
        radii=_radii(range(80)),
        tile=60.0,
        width=2.0,
    )


def quick() -> CurveGrid:
    """Return a coarse grid: 72 orientations by 10 radii over the range of `published`.

    Examples
    --------
    >>> quick().shape
    (72, 10)
    """
    return CurveGrid(
        orientations=tuple(5.0 * step for step in range(72)),
        radii=_radii([79 * k / 9 for k in range(10)]),
        tile=60.0,
        width=2.0,
    )


def _radii(steps: Sequence[float | int]) -> tuple[float | int, ...]:
    return tuple(250.0 * 5.0 ** (-step / 40) for step in steps)


def _check(orientations: tuple[float | int, ...], tile: float | int, width: float | int) -> None:
    numbers("orientations", orientations)
    Bounds(above=0).check("tile", numbers("tile", tile))
    Bounds(least=0).check("width", numbers("width", width))


def _scaled(
    tile: float | int, width: float | int, factor: float | int
) -> tuple[float | int, float | int]:
    """Return the tile and the stroke's width in a grid `factor` times as large."""
    Bounds(above=0).check("factor", numbers("factor", factor))
    tile *= factor
    return tile, width if tile >= _THIN_BELOW else max(1.0, width * factor)


def _pairs(
    slow: tuple[float | int, ...], fast: tuple[float | int, ...], chunk: int
) -> Iterator[tuple[slice, Tensor, Tensor]]:
    """Yield slices of the product of two lists with their elements, the second varying first."""
    chunk = whole("chunk", chunk)
    first, second = (torch.tensor(values, dtype=torch.float64) for values in (slow, fast))
    total = len(first) * len(second)
    for start in range(0, total, chunk):
        at = torch.arange(start, min(start + chunk, total))
        yield slice(start, start + len(at)), first[at // len(second)], second[at % len(second)]
