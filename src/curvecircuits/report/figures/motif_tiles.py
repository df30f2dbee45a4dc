"""The tangent motif as tiles: what each link of the chain puts together, by angle."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal

import numpy as np

from curvecircuits.circuits.chance import Compared
from curvecircuits.circuits.kernels import Kernels
from curvecircuits.circuits.motif import TangentMotif
from curvecircuits.circuits.upright import folded_tiles
from curvecircuits.errors import InputError
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count, in_words
from curvecircuits.report.values import (
    Estimate,
    SignedBlock,
    estimate,
    pack_signed,
    written,
)
from curvecircuits.store import Record

_TOLD = 3
"""Links that are all told of; of more, two."""
_Shape = Literal["curve", "line"]


@dataclass(frozen=True, kw_only=True)
class MotifTile(Record):
    """The mean tile of some inputs."""

    name: str
    """What its inputs are, such as "45° apart"."""
    angle: float | None
    """Degrees between input and unit; None for the strongest inputs."""
    pairs: int
    sum: Estimate | None
    """Mean sum of the tile's cells; None for the strongest inputs."""
    apart: Estimate | None
    """Mean degrees of the strongest inputs from their unit; None for those of an angle."""
    likeness: Estimate | None
    """Mean correlation of the strongest inputs' tiles with the tangent."""
    p: float | None
    """Share of exchanges of orientations whose likeness is as far to its side."""


@dataclass(frozen=True, kw_only=True)
class MotifLink(Record):
    """One step of the chain."""

    source: str
    """What the inputs see, such as "line"."""
    source_layer: str
    source_shape: _Shape
    target: str
    target_layer: str
    target_shape: _Shape
    units: int
    """Units that are built."""
    radius: float | None
    """Of the arc along which inputs are expected, pixels; None for a straight tangent."""
    pitch: float
    """Pixels between cells."""
    tiles: tuple[MotifTile, ...]
    """By angle, then the strongest positive and negative inputs."""
    values: SignedBlock
    """(1, tiles, rows, columns), the unit at 0°; each unit's largest weight is 1."""


@dataclass(frozen=True, kw_only=True)
class MotifTiles(Record):
    """The links of the chain, from the last to the first."""

    kind: Literal["motif-tiles"] = "motif-tiles"
    words: Words
    links: tuple[MotifLink, ...]


def motif_tiles(
    found: Mapping[str, tuple[TangentMotif, Kernels]], *, seed: int = 0, caption: str = ""
) -> MotifTiles:
    """Make the figure from the tangent motifs of successive layers and their weights.

    Parameters
    ----------
    found
        Of each link its motif, from `circuits.motif.tangent_motif`, and the kernels it was
        measured on.

    Raises
    ------
    InputError
        When there is no link.

    """
    if not found:
        raise InputError("Give at least one motif to show.")
    links = tuple(_link(motif, kernels, seed) for motif, kernels in found.values())
    return MotifTiles(
        words=Words(
            title="A simpler contrast detector, tiled along the tangent",
            takeaway=_takeaway([motif for motif, _ in found.values()]),
            caption=(
                "A row is one link of the chain. Its tiles are mean expanded weights of inputs of "
                "about that angle to the unit they build, which is turned to 0°: “)” for a curve, "
                "“|” for a line: rotated about the centre of the unit's receptive field, bilinear "
                "between cells, and 0 beyond the tile. Inputs that are turned counterclockwise "
                "from the unit are mirrored in its normal, so that both sides add up. The largest "
                "weight of each unit counts as 1. The number under a tile is the "
                "mean sum of its cells with its 95% interval, inputs and units both drawn anew. "
                "The last two tiles are the three strongest inputs of each sign of every unit, not "
                "mirrored, with their mean angle and the correlation of their weights with the "
                f"tangent (dashed when enlarged). {caption}"
            ).strip(),
        ),
        links=links,
    )


def _link(motif: TangentMotif, found: Kernels, seed: int) -> MotifLink:
    folded = folded_tiles(found, seed=seed)
    sources, targets = motif.sources, motif.targets
    strongest = (
        ("excite most", motif.positive_kernel, motif.positive_apart, motif.positive_likeness),
        ("inhibit most", motif.negative_kernel, motif.negative_apart, motif.negative_likeness),
    )
    return MotifLink(
        source=sources.name,
        source_layer=sources.layer,
        source_shape=_shape(sources.period),
        target=targets.name,
        target_layer=targets.layer,
        target_shape=_shape(targets.period),
        units=len(targets),
        radius=motif.radius if isfinite(motif.radius) else None,
        pitch=float(found.pitch),
        tiles=(
            *(
                MotifTile(
                    name=f"{angle:g}° apart",
                    angle=float(angle),
                    pairs=int(pairs),
                    sum=estimate(total),
                    apart=None,
                    likeness=None,
                    p=None,
                )
                for angle, pairs, total in zip(
                    folded.angles, folded.pairs, folded.sums, strict=True
                )
            ),
            *(
                MotifTile(
                    name=name,
                    angle=None,
                    pairs=motif.strongest_positive.size,
                    sum=None,
                    apart=estimate(apart.measured),
                    likeness=estimate(likeness.measured),
                    p=likeness.p,
                )
                for name, _, apart, likeness in strongest
            ),
        ),
        values=pack_signed(
            np.concatenate([folded.tiles, [kernel for _, kernel, _, _ in strongest]])[None]
        ),
    )


def _shape(period: int) -> _Shape:
    return "line" if period == 180 else "curve"


def _takeaway(motifs: list[TangentMotif]) -> str:
    holding = sum(m.positive_likeness.holds for m in motifs)
    ordered = sorted(motifs, key=lambda m: m.positive_likeness.measured.value)
    told = motifs if len(motifs) <= _TOLD else [ordered[-1], ordered[0]]
    excite = [
        f"{_chance(m.positive_likeness)} for {m.sources.name} → {m.targets.name}" for m in told
    ]
    inhibit = [_chance(m.negative_likeness) for m in told]
    which = "" if told is motifs else ", in the strongest and the weakest link,"
    how_many = in_words(holding) if holding else "none"
    return (
        f"The inputs that excite a unit most are laid along its tangent in {how_many} of "
        f"{count(len(motifs), 'link')}: their tiles correlate with it{which} by "
        f"{'; '.join(excite)}. Those that inhibit it most: {'; '.join(inhibit)}."
    )


def _chance(found: Compared) -> str:
    return f"{written(found.measured)} (p {'≤' if found.holds else '='} {found.p:.2g})"
