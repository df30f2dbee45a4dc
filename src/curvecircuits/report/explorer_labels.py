"""The families of the units that can be looked up, and which of them want a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from curvecircuits.claims import Evidence
from curvecircuits.compare.matched import Matched
from curvecircuits.compare.written import written_families
from curvecircuits.families.taxonomy import PERIODS
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.report.explorer_record import Key
from curvecircuits.report.figures import FamilySheet, Figure, PicturesFigure
from curvecircuits.report.thumbnails import Wanted


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The families of a layer's units, by channel; nothing for a layer without labels."""

    families: Sequence[str] = ()
    orientations: Sequence[float | None] = ()
    signs: Sequence[int] = ()
    scores: Sequence[float] = ()
    periods: Mapping[str, int] = field(default_factory=dict[str, int])


def labelled(evidence: Evidence, layer: str) -> Labels:
    """The taxonomy's labels; of the curve layer, the family that was found goes before them."""
    units = evidence.taxonomy.of(layer)
    families = [x.family for x in units]
    orientations: list[float | None] = [x.orientation for x in units]
    signs = [x.sign for x in units]
    if layer == evidence.curves.layer:
        found = {} if evidence.search is None else {u.channel: u for u in evidence.search.units}
        for channel, angle in zip(
            evidence.curves.channels, evidence.curves.orientations, strict=True
        ):
            families[channel] = evidence.curves.name
            orientations[channel] = float(angle)
            if channel in found:
                signs[channel] = found[channel].sign
    return Labels(
        families=families,
        orientations=orientations,
        signs=signs,
        scores=[x.score for x in units],
        periods=PERIODS,
    )


def as_written(network: Network, layer: str, matched: Matched | None) -> Labels:
    """What every unit was written for."""
    own = None if matched is None else matched.orientations
    count = network.layer(layer).channels
    families, orientations = ["other"] * count, list[float | None]([None] * count)
    written = written_families(orientations=own).get(network.layer(layer).name, {})
    for name, family in written.items():
        for channel, angle in zip(family.channels, family.orientations, strict=True):
            families[channel] = name
            orientations[channel] = float(angle) if family.period else None
    return Labels(
        families=families,
        orientations=orientations,
        signs=[1] * count,
        scores=[1.0] * count,
        periods={name: family.period for name, family in written.items()},
    )


def wanted_of(layer: str, labels: Labels, *, first: bool) -> list[Wanted]:
    """The units that have a family, by their place in it; curves of the curve layer before all."""
    found: list[Wanted] = []
    for family in dict.fromkeys(labels.families):
        if family == "other":
            continue
        members = [c for c, name in enumerate(labels.families) if name == family]
        members.sort(key=lambda c: -labels.scores[c])
        found += [
            Wanted(
                layer=layer,
                channel=channel,
                sign=labels.signs[channel],
                place=-1 if first and family == "curve" else place,
            )
            for place, channel in enumerate(members)
        ]
    return found


def pictured_in(figures: Sequence[Figure], key: Key) -> frozenset[tuple[str, int]]:
    """Layers and channels of the units that figures have pictures of."""
    found: set[tuple[str, int]] = set()
    for figure in figures:
        if isinstance(figure, FamilySheet) and key == "":
            found |= {
                (sheet.layer, unit.channel)
                for sheet in figure.layers
                for row in sheet.rows
                for unit in row.units
            }
        if isinstance(figure, PicturesFigure) and key != "artificial":
            for pair in figure.pairs:
                side = pair.natural if key == "" else pair.artificial
                if side is not None:
                    unit = Unit.parse(side.unit)
                    found.add((unit.layer, unit.channel))
    return frozenset(found)
