"""Joint tuning: how natural and artificial units answer curves of each orientation and radius."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from curvecircuits.compare.agreement import Agreement, agreement
from curvecircuits.compare.gaussians import GaussianTuning, common_gaussian, fitted_gaussian
from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.readings import Reading, check_lines, read_side
from curvecircuits.compare.turning import check_circle
from curvecircuits.stimuli import CurveGrid
from curvecircuits.tuning import Station, images_at_once


@dataclass(frozen=True, kw_only=True)
class JointMaps:
    """Joint tuning maps of matched units: clipped responses by orientation and radius.

    Maps are read as `tuning.tune` reads them. `agreement` holds, besides what it always does,
    `gaussian` (the Gaussian fitted to that very natural map, with five free numbers) and `common`
    (the same Gaussian for every unit, of which only the orientation is known).
    """

    matched: Matched
    grid: CurveGrid
    """In pixels of the natural network's images."""
    natural: Float[ndarray, "units orientations radii"]
    artificial: Float[ndarray, "units orientations radii"]
    gaussians: tuple[GaussianTuning | None, ...]
    """Fitted to the natural maps; none for units that never respond."""
    agreement: Agreement


def joint_maps(
    matched: Matched,
    *,
    grid: CurveGrid,
    lines: Side | None = None,
    scale: float = 1.0,
    progress: bool = False,
) -> JointMaps:
    """Correlate the joint tuning maps of natural and artificial units, beside what else would do.

    A map holds the clipped pre-activations for curves through the centre of the receptive field.
    Each natural map is correlated, over all its cells, with the maps that `Agreement` names.

    Parameters
    ----------
    grid
        Curves in the natural layer's tile, their orientations round the circle in equal steps;
        such as `stimuli.quick()`.
    lines
        Units of an artificial network that detects lines instead, as many.
    scale
        Pixels of the artificial network's images for one of the natural network's: the ratio of
        the tiles of the two layers.

    Raises
    ------
    InputError
        For grids that do not go round the circle or have one radius, lines that are not as many as
        the units, channels that are not there, and tiles that do not fit.

    Examples
    --------
    A network against itself:

    >>> from curvecircuits.artificial import artificial_network
    >>> side = Side(network=artificial_network(), layer="3b", channels=(0, 6, 12))
    >>> grid = CurveGrid(tuple(range(0, 360, 30)), (100.0, 30.0), 60.0, 2.0)
    >>> both = Matched(natural=side, artificial=side, orientations=(0.0, 90.0, 180.0))
    >>> found = joint_maps(both, grid=grid).agreement
    >>> found.mean().value, found.mean("shuffled").value < 0.3
    (1.0, True)

    References
    ----------
    Cammarata et al., "Curve Detectors", Distill 2020, on joint tuning to orientation and radius;
    "Curve Circuits", Distill 2021, on the artificial artificial neural network.
    """
    check_circle(grid.orientations)
    check_lines(matched, lines)
    shown = [common_gaussian(o, grid=grid) for o in matched.orientations]
    natural = _read(matched.natural, grid, progress)
    other = grid if scale == 1 else grid.scaled(scale)
    artificial = _maps(_read(matched.artificial, other, progress).values, grid)
    maps = _maps(natural.values, grid)
    fits = tuple(fitted_gaussian(one.T, grid=grid) for one in maps)
    nothing = np.zeros(grid.shape)
    return JointMaps(
        matched=matched,
        grid=grid,
        natural=maps.transpose(0, 2, 1),
        artificial=artificial.transpose(0, 2, 1),
        gaussians=fits,
        agreement=agreement(
            maps,
            artificial,
            orientations=matched.orientations,
            beside=np.stack([_maps(cell, grid) for cell in natural.beside])
            if len(natural.beside)
            else np.empty((0, *maps.shape)),
            lines=None if lines is None else _maps(_read(lines, other, progress).values, grid),
            more={
                "gaussian": np.stack([(f.responses(grid) if f else nothing).T for f in fits]),
                "common": np.stack([unit.responses(grid).T for unit in shown]),
            },
        ),
    )


def _read(side: Side, grid: CurveGrid, progress: bool) -> Reading:
    def draw(place: Station) -> Iterable[tuple[Tensor, Tensor]]:
        ground = torch.ones(1, 1, place.size, place.size)
        batches = grid.batches(
            size=place.size,
            centre=place.centre,
            chunk=images_at_once(place, side.network.device),
            device=side.network.device,
        )
        return ((images, ground) for _, images in batches)

    return read_side(side, draw, tile=grid.tile, progress=progress)


def _maps(
    values: Float[ndarray, "units images"], grid: CurveGrid
) -> Float[ndarray, "units radii orientations"]:
    return np.maximum(values, 0).reshape(len(values), *grid.shape).transpose(0, 2, 1)
