"""What curves take from textures: a small map for every factor and curve unit."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from curvecircuits.circuits.textures import TextureInputs
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count
from curvecircuits.report.values import (
    Estimate,
    OrientedUnit,
    SignedBlock,
    estimate,
    numbers,
    oriented_units,
    pack_signed,
    written,
)
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class TextureUnit(Record):
    """A texture unit in a factor."""

    unit: str
    """Address, such as "3a:66"."""
    part: float
    """Of the factor, whose parts have squares that sum to 1; at least 0."""


@dataclass(frozen=True, kw_only=True)
class TextureFactor(Record):
    """A group of textures that act on curves together."""

    strongest: tuple[TextureUnit, ...]
    """Its largest units, largest first."""
    sums: tuple[float | None, ...]
    """Sum of its map on every curve unit."""


@dataclass(frozen=True, kw_only=True)
class TextureFactors(Record):
    """Maps of each factor (a row) on each curve unit (a column)."""

    kind: Literal["texture-factors"] = "texture-factors"
    words: Words
    factors: tuple[TextureFactor, ...]
    """The rows, the largest first."""
    curves: tuple[OrientedUnit, ...]
    """The columns, in order of orientation."""
    maps: SignedBlock
    """Signed weight of each factor, (factors, curves, rows, columns of cells)."""
    explained: Estimate
    """Share of the squared weights that the factors account for."""
    control: tuple[float, ...]
    """The same for as many random other units of the layer, smallest first."""
    permuted: Estimate | None
    """The same on a copy with permuted weights."""
    share: Estimate
    """Of the weight on the whole layer, what is on its textures."""
    pitch: float
    """Pixels of the image between neighbouring cells."""


def texture_factors(
    found: TextureInputs,
    *,
    permuted: TextureInputs | None = None,
    most: int = 3,
    caption: str = "",
) -> TextureFactors:
    """Make the figure from the factors of the weights on textures, with its sentences.

    Parameters
    ----------
    found
        From `circuits.textures.texture_inputs`.
    permuted
        The same families on a copy with permuted weights.
    most
        Texture units of each factor to name.
    caption
        What to add about the measurement.

    Raises
    ------
    InputError
        When a curve unit has no orientation.

    Examples
    --------
    >>> from curvecircuits.circuits.intervals import Interval
    >>> from curvecircuits.families.family import Family
    >>> from curvecircuits.weights import WeightFactors
    >>> curves = Family(name="curve", layer="3b", channels=(9, 4), orientations=(90, 0), period=360)
    >>> textures = Family(
    ...     name="texture", layer="3a", channels=(2, 5), orientations=(np.nan, np.nan), period=0
    ... )
    >>> half = Interval(value=0.5, low=0.4, high=0.6, units=2)
    >>> figure = texture_factors(
    ...     TextureInputs(
    ...         curves=curves,
    ...         textures=textures,
    ...         factors=WeightFactors(
    ...             channels=np.array([[0.6, 0.8]]),
    ...             spatial=np.ones((1, 2, 5, 5)),
    ...             explained=0.5,
    ...             converged=True,
    ...         ),
    ...         explained=half,
    ...         control=(0.4,),
    ...         above_control=half,
    ...         share=half,
    ...         above_crowd=half,
    ...         pitch=8.0,
    ...     )
    ... )
    >>> [unit.unit for unit in figure.factors[0].strongest], figure.maps.shape
    (['3a:5', '3a:2'], (1, 2, 5, 5))
    """
    order = np.argsort(found.curves.orientations, kind="stable")
    maps = found.factors.spatial[:, order]
    layer, curves = found.textures.layer, found.curves
    addresses = dict(zip(found.textures.channels, found.textures.units, strict=True))
    parts = [dict(zip(found.textures.channels, row, strict=True)) for row in found.factors.channels]
    rows, columns = maps.shape[2:]
    return TextureFactors(
        words=Words(
            title=f"From textures of {layer} to {curves.name}s of {curves.layer}",
            takeaway=_takeaway(found, permuted),
            caption=(
                f"Each row is a factor: a group of texture units of {layer}, the strongest of them "
                f"named, that act on curves together. Columns are {curves.name} units in order of "
                "the orientation drawn above them. A tile is where the group excites the unit and "
                f"where it inhibits it, {rows} × {columns} cells that are {found.pitch:g} px of "
                f"the image apart, all on one scale. {caption}"
            ).strip(),
        ),
        factors=tuple(
            TextureFactor(
                strongest=tuple(
                    TextureUnit(unit=str(addresses[c]), part=float(parts[k][c]))
                    for c in found.strongest(k, most=most)
                ),
                sums=numbers(maps[k].sum((1, 2))),
            )
            for k in range(len(maps))
        ),
        curves=oriented_units(curves.take([int(i) for i in order])),
        maps=pack_signed(maps),
        explained=estimate(found.explained),
        control=tuple(sorted(found.control)),
        permuted=None if permuted is None else estimate(permuted.explained),
        share=estimate(found.share),
        pitch=found.pitch,
    )


def _takeaway(found: TextureInputs, permuted: TextureInputs | None) -> str:
    controls = f"{min(found.control):.2f} to {max(found.control):.2f}"
    copy = "" if permuted is None else f", on permuted weights {permuted.explained.value:.2f}"
    crowd = found.share.value - found.above_crowd.value
    return (
        f"{count(len(found.factors.channels), 'factor').capitalize()} of "
        f"{count(len(found.textures), 'texture unit')} account for {written(found.explained)} of "
        f"the squared weights on {found.curves.name}s; as many factors of as many other units for "
        f"{controls}{copy}. Textures hold {written(found.share)} of the weight and are {crowd:.2f} "
        "of the units."
    )
