"""Where in the network curve detectors are: every layer searched, beside its permuted copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from curvecircuits.report.parts import Words
from curvecircuits.report.prose import count
from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class ScannedLayer(Record):
    """What the rule takes in one layer."""

    layer: str
    """Name or alias of the layer."""
    tile: float
    """Side of the stimuli, pixels."""
    curves: int
    """Curve units."""
    early_curves: int
    """Units that only the limits on echo and ±90° response keep from being curves."""
    permuted: tuple[int, ...]
    """Curve units of the same layer in each weight-permuted copy."""
    gap: float
    """Largest arc of orientations without a curve unit, degrees."""


@dataclass(frozen=True, kw_only=True)
class LayerScanFigure(Record):
    """The layers searched, in the order of the network."""

    kind: Literal["layer-scan"] = "layer-scan"
    words: Words
    layers: tuple[ScannedLayer, ...]
    chosen: str | None
    """The layer of the family; None when none was found."""


def layer_scan(layers: Sequence[ScannedLayer], *, chosen: str | None) -> LayerScanFigure:
    """Make the figure from its layers, with its sentences.

    Parameters
    ----------
    layers
        In the order of the network.
    chosen
        The layer of the family, if one was found.

    """
    takeaway = f"No family was found in {count(len(layers), 'layer')}."
    if chosen is not None:
        best = next(each for each in layers if each.layer == chosen)
        takeaway = (
            f"Of {count(len(layers), 'layer')} searched, {chosen} holds the purest family: "
            f"{count(best.curves, 'curve unit')} that leave no gap wider than {best.gap:.0f}°."
        )
    return LayerScanFigure(
        words=Words(
            title="Where the curves are",
            takeaway=takeaway,
            caption=(
                "Each layer is searched with curves drawn in a tile of 1.2 times its effective "
                "receptive field. Bars count curve units and, lighter, early curves; the dots are "
                "the curve units of the weight-permuted copies in the same layer. The purest "
                "family has the most units, the weakest echoes and the smallest gap together."
            ),
        ),
        layers=tuple(layers),
        chosen=chosen,
    )
