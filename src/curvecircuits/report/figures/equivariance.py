"""The weights between two families by relative orientation: one circuit, turned to each unit."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.circuits.equivariance import RotationFit
from curvecircuits.circuits.kernels import Kernels
from curvecircuits.circuits.upright import turned_tiles
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count
from curvecircuits.report.values import (
    Estimate,
    OrientedUnit,
    Range,
    SignedBlock,
    estimate,
    numbers,
    oriented_units,
    pack_signed,
    written,
)
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class TurnedUnit(Record):
    """One target, a row."""

    target: OrientedUnit
    sources: tuple[tuple[str, ...], ...]
    """Addresses at each angle, whose mean is the tile there."""
    largest: float
    """The weight that counts as 1, in the network's own numbers."""
    r2: float | None
    """What the template fitted to the other targets explains of this one."""
    shuffled: Range | None
    """The middle 95 % of the same with orientations shuffled."""


@dataclass(frozen=True, kw_only=True)
class Equivariance(Record):
    """Tiles of weights of each target at each relative orientation, in two ways."""

    kind: Literal["equivariance"] = "equivariance"
    words: Words
    angles: tuple[float, ...]
    """Degrees from target to source, of the columns."""
    units: tuple[TurnedUnit, ...]
    """In order of orientation."""
    plain: SignedBlock
    """(targets + 1, angles, rows, columns of cells) as the weights are, the largest of a target 1;
    the last row is the mean of the targets."""
    upright: SignedBlock
    """The same, each tile turned so that its target sees “)”."""
    template: SignedBlock
    """The template tied over rotations, (1, angles, rows, columns), its largest 1."""
    pitch: float
    """Pixels between neighbouring cells."""
    source_shape: Literal["curve", "line"]
    r2: Estimate
    """Of all targets, each left out in turn."""
    shuffled: tuple[float | None, ...]
    """The same with orientations shuffled."""


def equivariance(found: Kernels, fit: RotationFit, *, caption: str = "") -> Equivariance:
    """Make the figure from the kernels between two families and the template tied over rotations.

    Parameters
    ----------
    found
        From `circuits.kernels.kernels`.
    fit
        From `circuits.equivariance.rotation_fit`, of the same families.

    """
    tiles = turned_tiles(found)
    targets, sources = found.targets, found.sources
    addresses = [str(unit) for unit in sources.units]
    step = tiles.angles[1] - tiles.angles[0]
    explained = dict(zip(fit.targets.units, fit.of_targets, strict=True))
    chance = dict(zip(fit.targets.units, np.array(fit.of_targets_shuffled).T, strict=True))
    units = tuple(
        TurnedUnit(
            target=shown,
            sources=tuple(
                tuple(a for a, k in zip(addresses, tiles.column[row], strict=True) if k == angle)
                for angle in range(len(tiles.angles))
            ),
            largest=float(tiles.largest[row]),
            r2=numbers([explained[unit]])[0],
            shuffled=_middle(chance[unit]),
        )
        for row, (unit, shown) in enumerate(
            zip(targets.units, oriented_units(targets), strict=True)
        )
    )
    return Equivariance(
        words=Words(
            title="One circuit, turned to each unit",
            takeaway=_takeaway(found, fit),
            caption=_caption(found, tiles.plain.shape[2:], float(step), caption),
        ),
        angles=tuple(float(each) for each in tiles.angles),
        units=units,
        plain=pack_signed(_with_mean(tiles.plain)),
        upright=pack_signed(_with_mean(tiles.upright)),
        template=pack_signed(_template(fit, tiles.angles, tiles.upright.shape[2], found.pitch)),
        pitch=float(found.pitch),
        source_shape="line" if sources.period == 180 else "curve",
        r2=estimate(fit.r2),
        shuffled=numbers(fit.shuffled),
    )


def _with_mean(tiles: Float[ndarray, "targets angles h w"]) -> ndarray:
    """With the mean over the targets that have a tile, as a last row."""
    known = np.isfinite(tiles)
    mean = np.where(known, tiles, 0).sum(0) / np.where(known.any(0), known.sum(0), np.nan)
    return np.concatenate([tiles, mean[None]])


def _template(fit: RotationFit, angles: ndarray, size: int, pitch: float) -> ndarray:
    """The template for a target at 0°: its normal to the right."""
    place = (np.arange(size) - (size - 1) / 2) * pitch
    right = np.broadcast_to(place[None, None, :], (len(angles), size, size))
    down = np.broadcast_to(place[None, :, None], right.shape)
    turn = np.broadcast_to(angles[:, None, None], right.shape)
    values = fit.template.at(turn, right, down)
    return (values / max(float(np.abs(values).max()), np.finfo(float).tiny))[None]


def _middle(draws: ndarray) -> Range | None:
    if not np.isfinite(draws).all():
        return None
    low, high = np.percentile(draws, [2.5, 97.5])
    return Range(low=float(low), high=float(high))


def _takeaway(found: Kernels, fit: RotationFit) -> str:
    text = (
        f"One template, turned, explains R² {written(fit.r2)} of the weights from "
        f"{count(len(found.sources), found.sources.name)} of {found.sources.layer} to a "
        f"{found.targets.name} of {found.targets.layer} that it was not fitted to, over "
        f"{count(len(found.targets), 'unit')}"
    )
    shuffled = max(fit.shuffled, default=float("nan"))
    text += f"; with orientations shuffled, at most {shuffled:.2f}."
    if fit.holds is None:
        text += " Units are too few to conclude anything from it."
    return text.replace("-", "−")


def _caption(found: Kernels, shape: tuple[int, ...], step: float, more: str) -> str:
    rows, columns = shape
    return (
        f"Rows are {found.targets.name}s of {found.targets.layer} in order of orientation. Columns "
        f"are {found.sources.name}s of {found.sources.layer} by their orientation less the row's, "
        f"each to the nearest {step:g}°; a tile is the mean of the expanded weights of the sources "
        f"there, {rows} × {columns} cells {found.pitch:g} px apart, and empty where there is none. "
        "The largest weight of a row counts as 1. Turned upright, each tile is rotated about the "
        "centre of the unit's receptive field by minus the unit's orientation, so that every row "
        "sees “)”: values between cells are bilinear, and those from beyond the tile 0. Mean: of "
        "the rows, as they are shown. Template: a smooth function of the source's relative "
        "orientation and of the place in the unit's frame, fitted to all rows, always upright and "
        "on a scale of its own. "
        "R² at the right is what the same template explains of a row when it is fitted to the "
        "other rows, the strengths of the units being left free; the grey bar is the middle 95% "
        f"of that when orientations are shuffled. {more}"
    ).strip()
