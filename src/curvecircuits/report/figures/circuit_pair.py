"""The weights from the image to one curve detector, a tile a layer, learned and written."""

from dataclasses import dataclass
from typing import Literal

from curvecircuits.compare.paths import WITHIN, PathTile
from curvecircuits.compare.side_by_side import SideBySide
from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count
from curvecircuits.report.values import Estimate, SignedBlock, estimate, pack_signed, written
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class CircuitTile(Record):
    """The weights of one unit on the next."""

    unit: str
    """Address of the unit where they end."""
    source: str | None
    """Address of the unit where they begin; None for the image."""
    family: str
    """Of the source; empty where it is not known."""
    tile: SignedBlock
    """(1, 1, rows, columns), the largest magnitude 1."""
    largest: float
    """The largest magnitude, in the network's own numbers."""


@dataclass(frozen=True, kw_only=True)
class CircuitUnit(Record):
    """A pair of units with both paths, from the image on."""

    orientation: float
    """Degrees."""
    natural: tuple[CircuitTile, ...]
    artificial: tuple[CircuitTile, ...]


@dataclass(frozen=True, kw_only=True)
class StepLikeness(Record):
    """How alike the tiles that end in a layer are, over all pairs of units."""

    layer: str
    measured: Estimate
    control: Estimate
    """With the paths of artificial units of other orientations."""
    lead: Estimate
    """The first less the second, unit by unit."""


@dataclass(frozen=True, kw_only=True)
class CircuitPair(Record):
    """The paths of all pairs."""

    kind: Literal["circuit-pair"] = "circuit-pair"
    words: Words
    units: tuple[CircuitUnit, ...]
    """In order of orientation."""
    likeness: tuple[StepLikeness, ...]
    """From the image on."""


def circuit_pair(found: SideBySide, *, caption: str = "") -> CircuitPair:
    """Make the figure from the paths of matched units, with its sentences.

    Parameters
    ----------
    found
        From `compare.side_by_side.side_by_side`.
    caption
        What to add about the measurement.
    """
    orientations = found.matched.orientations
    order = sorted(range(len(orientations)), key=lambda k: orientations[k])
    return CircuitPair(
        words=Words(
            title="The circuit, learned and written",
            takeaway=_takeaway(found),
            caption=(
                "Above, the natural network; below, the artificial one. From the right: a curve "
                "detector, and at each step back the unit of the layer before whose weights on it "
                "sum to most, of the early curves, then lines, complex Gabors and Gabors whose "
                f"orientation is within {WITHIN:g}° of the curve's. A tile holds the expanded "
                "weights of one unit on the next, over its largest; the first is a filter on the "
                "image, in grey. Signs and phases of Gabors are the network's choice, so that the "
                "first tiles can differ where the circuits do not. Correlations are over the cells "
                "that all tiles of a step have, means over units with 95% intervals; the control "
                "takes the paths of artificial units at least 45° away. " + caption
            ).strip(),
        ),
        units=tuple(
            CircuitUnit(
                orientation=float(orientations[k]),
                natural=tuple(_tile(tile) for tile in found.natural[k]),
                artificial=tuple(_tile(tile) for tile in found.artificial[k]),
            )
            for k in order
        ),
        likeness=tuple(
            StepLikeness(
                layer=each.layer,
                measured=estimate(each.own),
                control=estimate(each.shuffled),
                lead=estimate(each.lead),
            )
            for each in found.agreements
        ),
    )


def _takeaway(found: SideBySide) -> str:
    units = count(len(found.matched.orientations), "pair")
    ahead = [x for x in found.agreements if x.lead.above()]
    if not ahead:
        return (
            f"In no step do the tiles of {units} of units agree more than those of units of other "
            "orientations."
        )
    steps = "; ".join(
        f"into {x.layer} by {written(x.own)}, {written(x.lead)} more than with artificial units of "
        "other orientations"
        for x in reversed(ahead)
    )
    rest = [x.layer for x in found.agreements if not x.lead.above()]
    text = f"Tiles of {units} of units correlate {steps}"
    return text + (f"; into {', '.join(rest)} no more than with those." if rest else ".")


def _tile(tile: PathTile) -> CircuitTile:
    return CircuitTile(
        unit=str(tile.unit),
        source=None if tile.source is None else str(tile.source),
        family=tile.family,
        tile=pack_signed(tile.values[None, None]),
        largest=tile.largest,
    )
