"""Random crops of photographs by a unit's pre-activation, from its lowest to its highest."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from curvecircuits.compare.agreement import mean_over_units
from curvecircuits.errors import InputError
from curvecircuits.report.figures.crop_edges import (
    GROUPS,
    EdgeAlignment,
    bin_group,
    edge_alignment,
)
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count, in_words, percent
from curvecircuits.report.sprites import Sprite, sprite
from curvecircuits.report.values import Estimate, OrientedUnit, estimate, written
from curvecircuits.store import Record
from curvecircuits.visualize.dataset.gallery import Gallery
from curvecircuits.visualize.dataset.records import UnitExamples

_BUDGET, _LARGEST = 2_200_000, 150_000
"""Characters of all sheets together, and of one."""


@dataclass(frozen=True, kw_only=True)
class QuiltCrop(Record):
    """One random position."""

    image: str
    x: float
    """Of the centre of the receptive field, pixels of the framed image."""
    y: float
    value: float
    """Pre-activation."""
    cell: int
    """Place of the crop on the unit's sheet."""


@dataclass(frozen=True, kw_only=True)
class QuiltBin(Record):
    """A range of pre-activation."""

    low: float | None
    """None for the lowest bin, which has no end."""
    high: float | None
    """None for the highest bin."""
    group: str
    """Such as "strongly positive"."""
    count: int
    """Positions in it, of all photographs."""
    crops: tuple[QuiltCrop, ...]


@dataclass(frozen=True, kw_only=True)
class QuiltUnit(Record):
    """A unit's bins, from the lowest to the highest."""

    shape: OrientedUnit
    bins: tuple[QuiltBin, ...]
    sprite: Sprite | None


@dataclass(frozen=True, kw_only=True)
class QuiltGroup(Record):
    """Edges in the crops of a group of bins, mean over units."""

    name: str
    along: Estimate
    """How far they lie along the unit's curve: 1 if all do, −1 if all lie across it."""
    exchanged: Estimate
    """The same with orientations of other units: the control."""


@dataclass(frozen=True, kw_only=True)
class DatasetQuilt(Record):
    """Random crops of every bin, of every unit."""

    kind: Literal["dataset-quilt"] = "dataset-quilt"
    words: Words
    units: tuple[QuiltUnit, ...]
    """In order of orientation."""
    groups: tuple[QuiltGroup, ...]


def dataset_quilt(
    shown: Gallery, orientations: Mapping[str, float], *, seed: int = 0, caption: str = ""
) -> DatasetQuilt:
    """Make the figure from dataset examples, with its sentences.

    Parameters
    ----------
    shown
        From `visualize.open_examples`.
    orientations
        Of the natural units that are shown, in degrees, by name.
    seed
        Of the intervals over units.
    caption
        What to add to the caption.

    Raises
    ------
    InputError
        If there are no examples of these units.

    Examples
    --------
    >>> found = open_examples("run")  # doctest: +SKIP
    >>> dataset_quilt(found, {"3b:379": 218.0}).words.title  # doctest: +SKIP
    'Photographs from the most negative to the most positive'

    References
    ----------
    Cammarata et al., "Curve Detectors", Distill 2020, section "The Dataset Perspective".
    """
    units = [u for u in shown.examples.units if u.side == "natural" and u.unit in orientations]
    if not units:
        raise InputError(
            "There are no examples of the family's units: run `curvecircuits examples` without "
            "units, or with those that `find` prints."
        )
    units.sort(key=lambda u: orientations[u.unit] % 360)
    edges = edge_alignment(shown, {u.unit: orientations[u.unit] for u in units}, seed=seed)
    limit = min(_LARGEST, _BUDGET // len(units))
    record = shown.examples
    return DatasetQuilt(
        words=Words(
            title="Photographs from the most negative to the most positive",
            takeaway=_takeaway(units, edges, seed),
            caption=(
                f"{count(record.images, 'image')} ({record.framing}), "
                f"{sum(units[0].counts):,} positions a unit. Each column is a range of "
                "pre-activation; its crops were drawn at random from all positions in it. Bars: "
                "positions in each range, on a logarithmic scale. Crops are grey beyond the border "
                "of their image. Edges along the curve: in the crops, the mean of cos 2(θ − o), "
                "weighted by the squared gradient of brightness around the middle, θ its "
                "direction and o the unit’s orientation; a curve and its opposite count alike. "
                "Hollow: the same crops with orientations of other units, 45° or more away. Bars "
                "are 95% intervals over units. "
                f"Images {record.data_fingerprint[:12]}, seed {record.seed}. {caption}"
            ).strip(),
        ),
        units=tuple(_unit(shown, u, float(orientations[u.unit]), limit) for u in units),
        groups=tuple(
            QuiltGroup(
                name=name,
                along=estimate(edges.along[name]),
                exchanged=estimate(edges.exchanged[name]),
            )
            for name in GROUPS
            if np.isfinite(edges.along[name].value)
        ),
    )


def _takeaway(units: list[UnitExamples], edges: EdgeAlignment, seed: int) -> str:
    shares = np.array([_above_zero(u) for u in units])
    above = mean_over_units(shares, seed=seed)
    known = np.isfinite(above.low)
    between = f" ({percent(above.low)} to {percent(above.high)})" if known else ""
    many = len(units) > 1
    whose = f"the {in_words(len(units))} units are" if many else "the unit is"
    text = (
        f"On photographs {whose} above zero at {percent(above.value)}{between} of positions"
        if np.isfinite(above.value)
        else f"On photographs {whose} shown by what drives {'them' if many else 'it'}"
    )
    along, other, lead = (each[GROUPS[3]] for each in (edges.along, edges.exchanged, edges.lead))
    if not np.isfinite(along.value):
        return f"{text}; none was seen where {'they are' if many else 'it is'} strongly positive."
    verdict = (
        f"edges lie along the unit’s curve, {written(along)} on a scale from −1 to 1"
        if along.above()
        else f"it cannot be told that edges lie along the unit’s curve ({written(along)} on a "
        "scale from −1 to 1)"
    )
    if not np.isfinite(other.value):
        return f"{text}; where strongly positive, {verdict}."
    beside = (
        f"with orientations exchanged {written(other)}"
        if lead.above()
        else f"and with orientations exchanged no less ({written(other)})"
    )
    return f"{text}; where strongly positive, {verdict}, {beside}."


def _above_zero(unit: UnitExamples) -> float:
    """Share of positions above zero; NaN where zero is no edge."""
    if 0.0 not in unit.edges:
        return float("nan")
    return sum(unit.counts[unit.edges.index(0.0) :]) / sum(unit.counts)


def _unit(shown: Gallery, unit: UnitExamples, orientation: float, limit: int) -> QuiltUnit:
    last = len(unit.bins) - 1
    firsts = np.cumsum([0, *(len(each) for each in unit.bins)])
    return QuiltUnit(
        shape=OrientedUnit(unit=unit.unit, shape="curve", orientation=orientation),
        bins=tuple(
            QuiltBin(
                low=None if k == 0 else low,
                high=None if k == last else high,
                group=bin_group(low, high, unit.edges),
                count=unit.counts[k],
                crops=tuple(
                    QuiltCrop(
                        image=e.image,
                        x=e.centre[0],
                        y=e.centre[1],
                        value=e.value,
                        cell=int(firsts[k]) + i,
                    )
                    for i, e in enumerate(unit.bins[k])
                ),
            )
            for k, (low, high) in enumerate(zip(unit.edges[:-1], unit.edges[1:], strict=True))
        ),
        sprite=sprite([shown.crop(unit, e) for each in unit.bins for e in each], limit=limit),
    )
