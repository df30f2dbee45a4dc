"""Shapes that neither network was made for: what natural and artificial units answer to them."""

import base64
from dataclasses import dataclass
from io import BytesIO
from math import ceil
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from PIL import Image

from curvecircuits.compare.agreement import APART, mean_over_units
from curvecircuits.compare.held_out_shapes import HeldOutShape
from curvecircuits.compare.joint_maps import JointMaps
from curvecircuits.compare.shape_responses import ShapeResponses
from curvecircuits.compare.turning import correlation, standardised, turned
from curvecircuits.errors import InputError
from curvecircuits.families.family import relative_orientation
from curvecircuits.report.parts import Map2D, Words, pack_map
from curvecircuits.report.prose import count
from curvecircuits.report.rivals import Rival, rivals
from curvecircuits.report.values import Estimate, estimate, written
from curvecircuits.store import Record

_COLUMNS = 8
_CELL = 60


@dataclass(frozen=True, kw_only=True)
class ShapeRow(Record):
    """One shape; responses are shares of a unit's peak on outline curves."""

    name: str
    kind: str
    """What it shares with its like, such as "line"."""
    natural: Estimate
    """Mean over units of the response to the shape in its best orientation."""
    artificial: Estimate
    correlation: Estimate
    """Mean over units of the correlation over orientations; no value where no unit responds."""


@dataclass(frozen=True, kw_only=True)
class ShapeKind(Record):
    """All shapes of a kind together."""

    name: str
    correlation: Estimate
    """Mean over units of the correlation over the kind's shapes and orientations."""
    control: Estimate
    """The same with artificial units at least 45° away, the mean over them."""


@dataclass(frozen=True, kw_only=True)
class ShapeResponsesFigure(Record):
    """The shapes as small drawings, with the mean response of both sides."""

    kind: Literal["shape-responses"] = "shape-responses"
    words: Words
    kinds: tuple[ShapeKind, ...]
    shapes: tuple[ShapeRow, ...]
    """In the order of the kinds."""
    natural: Map2D
    """One row a shape: mean response over units by orientation less the unit's own, from −180°."""
    artificial: Map2D
    sprite: str
    """Data URI of all drawings, in the order of `shapes`, each in the orientation 0."""
    columns: int
    """Drawings in a row of the sprite."""
    cell: int
    """Side of a drawing in the sprite's pixels."""
    rivals: tuple[Rival, ...]


def shape_responses_figure(
    found: ShapeResponses, *, curves: JointMaps, caption: str = "", seed: int = 0
) -> ShapeResponsesFigure:
    """Make the figure from the responses, with its sentences.

    A unit's responses are clipped and divided by its largest response in `curves`. Its profile is
    turned by its own orientation, so that 0 is the orientation it prefers, then averaged.

    Parameters
    ----------
    found
        From `compare.shape_responses`.
    curves
        Joint maps of the same units, for their peaks.
    caption
        What to add about the measurement.
    seed
        For what is random in the drawings.

    Raises
    ------
    InputError
        When the joint maps are of other units.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.compare import (
    ...     Matched, Side, held_out_shapes, joint_maps, shape_responses,
    ... )
    >>> from curvecircuits.stimuli import CurveGrid
    >>> side = Side(network=artificial_network(), layer="3b", channels=(0, 6, 12))
    >>> both = Matched(natural=side, artificial=side, orientations=(0.0, 90.0, 180.0))
    >>> grid = CurveGrid(tuple(range(0, 360, 30)), (100.0, 50.0), 60.0, 2.0)
    >>> maps, arcs = joint_maps(both, grid=grid), held_out_shapes(kinds=["short arc"])
    >>> found = shape_responses(both, shapes=arcs, tile=60.0)
    >>> figure = shape_responses_figure(found, curves=maps)
    >>> figure.shapes[0].name, figure.kinds[0].correlation.value
    ('arc of 30°', 1.0)
    """
    if curves.matched.orientations != found.matched.orientations:
        raise InputError("The joint maps are of other units than the shapes were shown to.")
    natural = _over_peak(found.natural, curves.natural)
    artificial = _over_peak(found.artificial, curves.artificial)
    own = np.asarray(found.matched.orientations)
    # The first orientation shown is where a profile begins before it is turned.
    middle = found.orientations[0] + 180 - own
    profiles = [turned(each, middle).mean(0) for each in (natural, artificial)]
    sprite = _sprite(found.shapes, seed=seed)
    return ShapeResponsesFigure(
        words=_words(found, natural, artificial, caption),
        kinds=tuple(
            ShapeKind(
                name=kind,
                correlation=estimate(found.over([kind])),
                control=estimate(mean_over_units(_far(found, kind))),
            )
            for kind in found.kinds
        ),
        shapes=tuple(
            ShapeRow(
                name=shape.name,
                kind=shape.kind,
                natural=estimate(mean_over_units(natural[:, k].max(1))),
                artificial=estimate(mean_over_units(artificial[:, k].max(1))),
                correlation=estimate(mean_over_units(found.each[:, k])),
            )
            for k, shape in enumerate(found.shapes)
        ),
        natural=pack_map(profiles[0]),
        artificial=pack_map(profiles[1]),
        sprite=sprite,
        columns=_COLUMNS,
        cell=_CELL,
        rivals=rivals(found.agreement),
    )


def _over_peak(
    values: Float[ndarray, "units shapes orientations"],
    curves: Float[ndarray, "units angles radii"],
) -> Float[ndarray, "units shapes orientations"]:
    peaks = curves.max((1, 2))[:, None, None]
    return np.maximum(values, 0) / np.where(peaks > 0, peaks, np.inf)


def _far(found: ShapeResponses, kind: str) -> Float[ndarray, " units"]:
    """Mean correlation with artificial units of other orientations; NaN without any."""
    at = [k for k, shape in enumerate(found.shapes) if shape.kind == kind]
    natural, artificial = (np.maximum(v[:, at], 0) for v in (found.natural, found.artificial))
    across = standardised(natural) @ standardised(artificial).T
    apart = relative_orientation(found.matched.orientations, found.matched.orientations)
    far = np.abs(apart) >= APART
    heard = np.isfinite(correlation(natural, artificial)) & far.any(1)
    means = np.where(far, across, 0).sum(1) / np.maximum(far.sum(1), 1)
    return np.where(heard, means, np.nan)


def _sprite(shapes: tuple[HeldOutShape, ...], *, seed: int) -> str:
    rows = ceil(len(shapes) / _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * _CELL, rows * _CELL), (255, 255, 255))
    for k, shape in enumerate(shapes):
        drawn, _ = shape.images(
            [0.0], tile=float(_CELL), size=_CELL, centre=(_CELL / 2, _CELL / 2), seed=seed
        )
        pixels = (drawn[0].expand(3, -1, -1).permute(1, 2, 0) * 255).round().byte().numpy()
        sheet.paste(Image.fromarray(pixels), (k % _COLUMNS * _CELL, k // _COLUMNS * _CELL))
    file = BytesIO()
    sheet.quantize(64).save(file, "png", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def _words(
    found: ShapeResponses,
    natural: Float[ndarray, "units shapes orientations"],
    artificial: Float[ndarray, "units shapes orientations"],
    caption: str,
) -> Words:
    means = {kind: found.over([kind]) for kind in found.kinds}
    known = {kind: each for kind, each in means.items() if each.units}
    takeaway = "No natural unit responds to any of these shapes."
    if known:
        low = min(known, key=lambda kind: known[kind].value)
        high = max(known, key=lambda kind: known[kind].value)
        agreement = found.agreement
        takeaway = (
            f"Over {count(len(found.shapes), 'shape')} that the artificial units were not fitted "
            f"to they correlate {written(agreement.mean())} with the natural ones"
        )
        if agreement.mean("template").units:
            takeaway += (
                f"; the other natural units, turned and summed, "
                f"{written(agreement.mean('template'))}"
            )
        if len(known) > 1:
            takeaway += (
                f". The best kind is “{high}” ({written(known[high])}), the worst “{low}” "
                f"({written(known[low])})"
            )
        gap = mean_over_units(natural.max(2).mean(1) - artificial.max(2).mean(1))
        takeaway += (
            ". In a shape's best orientation natural units answer with "
            f"{written(mean_over_units(natural.max(2).mean(1)))} of their peak on curves, "
            f"artificial ones with {written(mean_over_units(artificial.max(2).mean(1)))}"
            f"{'' if gap.above() or gap.below() else ', no clear difference'}."
        )
    return Words(
        title="Other shapes than curves",
        takeaway=takeaway.replace("-", "−"),
        caption=(
            f"Each shape was shown in {count(len(found.orientations), 'orientation')}; it is drawn "
            "as it looks at 0°. The plot beside it is the mean response over units by orientation, "
            "the one a unit prefers for curves in the middle, as a share of the unit's largest "
            "response to outline curves (top line: all of it). “Best” is the mean over units of "
            "the response in the shape's best orientation. Correlations are over shapes and "
            "orientations of a kind, unit by unit, with 95% intervals over units; the "
            "control is the same with artificial units at least 45° away. Curves in ink of other "
            "radii than these are left out: those are what joint maps are made of. " + caption
        ).strip(),
    )
