"""Radial tuning of artificial units beside the ten published curve detectors of inception5h."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.compare.agreement import mean_over_units
from curvecircuits.compare.published_radial import PLAIN_WIDTH, PublishedRadial
from curvecircuits.report.parts import Map2D, Words, pack_map
from curvecircuits.report.prose import count
from curvecircuits.report.rivals import Rival, rivals
from curvecircuits.report.values import Estimate, estimate, numbers, written
from curvecircuits.store import Record
from curvecircuits.tuning import resample

_DEGREES = 360


@dataclass(frozen=True, kw_only=True)
class PublishedUnit(Record):
    """One published unit and the artificial one of its orientation; angles in degrees."""

    unit: str
    """Address in inception5h, such as "mixed3b:379"."""
    orientation: float
    fwhm: float
    """Published full width at half the peak."""
    echo: float
    """Published echo, as a share of the peak."""
    artificial_fwhm: float | None
    artificial_echo: float | None
    correlation: float | None
    """Of the published and the artificial curve; None where the published one is not at hand."""
    gaussian: float | None
    """Of the published curve and the plain Gaussian."""


@dataclass(frozen=True, kw_only=True)
class RadialMeans(Record):
    """Means over the units of one statistic."""

    name: str
    unit: Literal["degrees", "share"]
    published: Estimate
    artificial: Estimate
    difference: Estimate
    """Artificial less published, unit by unit."""
    gaussian: float
    """Of the plain Gaussian."""


@dataclass(frozen=True, kw_only=True)
class PublishedRadialFigure(Record):
    """Polar plots, one a published unit."""

    kind: Literal["published-radial"] = "published-radial"
    words: Words
    units: tuple[PublishedUnit, ...]
    """In order of orientation."""
    artificial: Map2D
    """One row a unit: response over its peak, column j at 360·j / columns degrees."""
    published: Map2D | None
    """The same of the published curves; None where they are not at hand."""
    gaussian_width: float
    """Full width at half maximum of the plain Gaussian."""
    means: tuple[RadialMeans, ...]
    rivals: tuple[Rival, ...]
    """Empty without published curves."""


def published_radial_figure(found: PublishedRadial, *, caption: str = "") -> PublishedRadialFigure:
    """Make the figure from the comparison, with its sentences.

    Parameters
    ----------
    found
        From `compare.published_radial.published_radial`.
    caption
        What to add about the measurement.

    Examples
    --------
    >>> from curvecircuits.compare.published_radial import published_radial
    >>> from curvecircuits.stimuli import CurveGrid
    >>> grid = CurveGrid(tuple(range(0, 360, 15)), (100.0, 40.0), 60.0, 2.0)
    >>> figure = published_radial_figure(published_radial(grid=grid))
    >>> figure.units[0].unit, figure.units[0].fwhm, figure.published is None
    ('mixed3b:342', 67.0, True)
    """
    order = np.argsort([unit.orientation for unit in found.published])
    widths = [(s.fwhm, p.fwhm) for s, p in zip(found.statistics, found.published, strict=True)]
    echoes = [(s.echo, p.echo) for s, p in zip(found.statistics, found.published, strict=True)]
    ours = {"fwhm": numbers([w for w, _ in widths]), "echo": numbers([e for e, _ in echoes])}
    nothing: tuple[None, ...] = (None,) * len(order)
    table = {} if found.agreement is None else found.agreement.correlations
    own = numbers(table["artificial"]) if table else nothing
    plain = numbers(table["common"]) if table else nothing
    width, echo = np.array(widths), np.array(echoes)
    return PublishedRadialFigure(
        words=_words(found, width, echo, caption),
        units=tuple(
            PublishedUnit(
                unit=f"mixed3b:{found.channels[k]}",
                orientation=found.published[k].orientation,
                fwhm=found.published[k].fwhm,
                echo=found.published[k].echo,
                artificial_fwhm=ours["fwhm"][k],
                artificial_echo=ours["echo"][k],
                correlation=own[k],
                gaussian=plain[k],
            )
            for k in order
        ),
        artificial=pack_map(_drawn(found.artificial[order])),
        published=None if found.curves is None else pack_map(_drawn(found.curves[order])),
        gaussian_width=PLAIN_WIDTH,
        means=(
            RadialMeans(
                name="full width at half the peak",
                unit="degrees",
                published=estimate(mean_over_units(width[:, 1])),
                artificial=estimate(mean_over_units(width[:, 0])),
                difference=estimate(found.width_difference),
                gaussian=PLAIN_WIDTH,
            ),
            RadialMeans(
                name="echo",
                unit="share",
                published=estimate(mean_over_units(echo[:, 1])),
                artificial=estimate(mean_over_units(echo[:, 0])),
                difference=estimate(found.echo_difference),
                gaussian=0.0,
            ),
        ),
        rivals=()
        if found.agreement is None
        else rivals(
            found.agreement,
            order=order.tolist(),
            titles={
                "common": f"plain Gaussian, {PLAIN_WIDTH:g}° wide",
                "others": "another published unit, turned there",
                "template": "sum of all other published units, turned there",
            },
        ),
    )


def _drawn(curves: Float[ndarray, "units orientations"]) -> Float[ndarray, "units degrees"]:
    """Over their peaks, degree by degree, so that outlines are smooth."""
    peaks = curves.max(1, keepdims=True)
    return resample(curves / np.where(peaks > 0, peaks, 1), _DEGREES)


def _words(found: PublishedRadial, width: ndarray, echo: ndarray, caption: str) -> Words:
    said = (
        f"Of {count(len(found.published), 'published unit')} the width is "
        f"{written(mean_over_units(width[:, 1]), unit='°')} and the echo "
        f"{written(mean_over_units(echo[:, 1]))} of the peak on average; of the artificial units "
        f"of the same orientations, {written(mean_over_units(width[:, 0]), unit='°')} and "
        f"{written(mean_over_units(echo[:, 0]))}."
    )
    agreement = found.agreement
    if agreement is not None:
        lead = agreement.lead("common")
        plain = f"a plain Gaussian {PLAIN_WIDTH:g}° wide ({written(agreement.mean('common'))})"
        text = (
            f"Published and artificial curves correlate {written(agreement.mean())}, more than "
            f"published ones and {plain}. "
            if lead.above()
            else f"Published and artificial curves correlate {written(agreement.mean())}, no more "
            f"than published ones and {plain}: so high a correlation says little. "
        )
        said = text + said
    given = (
        "The filled curve is the published one. "
        if agreement is not None
        else "What was published is drawn from its numbers, as the curves are not at hand: the "
        "filled sector is as wide as the unit at half its peak, the tick opposite as long as its "
        "echo. "
    )
    return Words(
        title="Beside the published curve detectors",
        takeaway=said.replace("-", "−"),
        caption=(
            "Radial tuning, the mean over radii of the response to outline curves, over its own "
            "peak: direction is the curve's orientation. " + given + "The line is the artificial "
            "unit written for the published orientation, the dashed line a Gaussian "
            f"{PLAIN_WIDTH:g}° wide at half its height, of which nothing was fitted: what agrees "
            "no better than this agrees for having one peak of about the right width. Echo is the "
            "largest response within 45° of the opposite orientation. Intervals of 95% are over "
            "units. Published: inception5h, Cammarata et al. 2020 (CC-BY 4.0). " + caption
        ).strip(),
    )
