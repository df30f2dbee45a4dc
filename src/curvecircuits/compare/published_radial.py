"""Radial tuning of artificial units beside that published of inception5h's ten curve detectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.artificial import Constants, artificial_network
from curvecircuits.circuits.intervals import Interval
from curvecircuits.compare.agreement import Agreement, agreement, mean_over_units
from curvecircuits.compare.gaussians import GaussianTuning
from curvecircuits.compare.turning import check_circle
from curvecircuits.errors import InputError
from curvecircuits.families.published import PublishedCurve, published_families
from curvecircuits.stimuli import CurveGrid, quick
from curvecircuits.tuning import TuningStatistics, tune, tuning_statistics

_LAYER = "mixed3b"
PLAIN_WIDTH = 50.0
"""Full width at half maximum of the plain Gaussian, degrees."""


@dataclass(frozen=True, kw_only=True)
class PublishedRadial:
    """Artificial units of the published orientations, and what was published of the natural ones.

    Radial tuning is the mean over radii of the clipped responses to outline curves.
    """

    channels: tuple[int, ...]
    """Of inception5h's mixed3b."""
    published: tuple[PublishedCurve, ...]
    """Orientation, width and echo that were published of each."""
    orientations: tuple[float, ...]
    """Of the stimuli, degrees."""
    artificial: Float[ndarray, "units orientations"]
    statistics: tuple[TuningStatistics, ...]
    """Of the artificial units."""
    curves: Float[ndarray, "units orientations"] | None
    """Published tuning curves at the same orientations; none where they were not given."""
    agreement: Agreement | None
    """Of the published curves with the artificial ones and their rivals; `common` is the plain
    Gaussian of 50° at the published orientation, without an echo."""

    @property
    def width_difference(self) -> Interval:
        """Mean over units of artificial less published full width at half the peak, degrees."""
        pairs = zip(self.statistics, self.published, strict=True)
        return mean_over_units(np.array([ours.fwhm - theirs.fwhm for ours, theirs in pairs]))

    @property
    def echo_difference(self) -> Interval:
        """Mean over units of artificial less published echo, shares of the peak."""
        pairs = zip(self.statistics, self.published, strict=True)
        return mean_over_units(np.array([ours.echo - theirs.echo for ours, theirs in pairs]))


def published_radial(
    curves: Mapping[int, Sequence[float]] | None = None,
    *,
    constants: Constants | None = None,
    grid: CurveGrid | None = None,
    progress: bool = False,
) -> PublishedRadial:
    """Measure artificial units written for the published orientations, beside the published units.

    Each published curve is correlated over orientations with the radial tuning of the artificial
    unit of its orientation, with a plain Gaussian there, with the other published units turned
    there, and with artificial units of other orientations.

    Parameters
    ----------
    curves
        Published radial tuning of each unit by channel, evenly round the circle from 0°; without
        them only orientations, widths and echoes are compared.
    constants
        Of the artificial network.
    grid
        Stimuli; by default `stimuli.quick()`. Its orientations go round the circle in equal steps
        from 0°.

    Raises
    ------
    InputError
        For curves that are not those of the ten units or not numbers of 0 and more, and grids that
        do not go round the circle.

    Examples
    --------
    >>> grid = CurveGrid(tuple(range(0, 360, 15)), (100.0, 40.0), 60.0, 2.0)
    >>> found = published_radial(grid=grid)
    >>> found.channels[0], found.published[0].orientation, found.agreement is None
    (379, 243.0, True)

    References
    ----------
    Cammarata et al., "Curve Detectors", Distill 2020, on radial tuning; "Curve Circuits", Distill
    2021, on the artificial artificial neural network.
    """
    shown = quick() if grid is None else grid
    check_circle(shown.orientations)
    if shown.orientations[0] != 0:
        raise InputError("Radial tuning is measured from 0° on: start the grid there.")
    known = published_families().curves[_LAYER]
    channels, units = tuple(known), tuple(known.values())
    at = tuple(unit.orientation for unit in units)
    angles = tuple(float(o) for o in shown.orientations)
    theirs = None if curves is None else _sampled(curves, channels, angles)
    network = artificial_network(constants, orientations=at)
    ours = tune(network, ["3b"], grid=shown, progress=progress)["3b"].radial().astype(np.float64)
    return PublishedRadial(
        channels=channels,
        published=units,
        orientations=angles,
        artificial=ours,
        statistics=tuple(tuning_statistics(ours)),
        curves=theirs,
        agreement=None
        if theirs is None
        else agreement(
            theirs[:, None],
            ours[:, None],
            orientations=at,
            beside=np.empty((0, len(units), 1, len(angles))),
            more={"common": np.stack([plain_tuning(o, shown) for o in at])[:, None]},
        ),
    )


def plain_tuning(orientation: float, grid: CurveGrid) -> Float[ndarray, " orientations"]:
    """exp(−Δθ² / 2σ²) over a grid's orientations, 50° wide at half its height, without an echo.

    >>> plain_tuning(90.0, quick())[[13, 18, 23, 54]].round(2)
    array([0.5, 1. , 0.5, 0. ])
    """
    unit = GaussianTuning(
        peak=1.0,
        orientation=orientation,
        orientation_width=PLAIN_WIDTH,
        radius=float(grid.radii[0]),
        radius_width=1.0,
    )
    return unit.responses(grid)[:, 0]


def _sampled(
    curves: Mapping[int, Sequence[float]], channels: tuple[int, ...], angles: tuple[float, ...]
) -> Float[ndarray, "units orientations"]:
    if set(curves) != set(channels):
        raise InputError(
            f"Give the published curves of {_LAYER} units "
            f"{', '.join(map(str, sorted(channels)))}, all and no others."
        )
    rows: list[ndarray] = []
    for channel in channels:
        values = np.asarray(curves[channel], dtype=np.float64)
        if values.ndim != 1 or len(values) < 8 or not (values >= 0).all() or np.isinf(values).any():
            raise InputError(
                f"The published curve of {_LAYER}:{channel} is no tuning curve: give at least 8 "
                "finite numbers of 0 and more, evenly round the circle."
            )
        places = np.arange(len(values)) * 360 / len(values)
        rows.append(np.interp(angles, places, values, period=360))
    return np.stack(rows)
