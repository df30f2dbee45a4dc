"""A family for every unit of the early layers of any network, from behaviour and weights."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.store import Record

NAMES = (
    "Gabor",
    "complex Gabor",
    "line",
    "line with an echo",
    "perpendicular line",
    "cliff",
    "edge",
    "tiny curve",
    "early curve",
    "curve",
    "angle",
    "colour contrast",
    "centre–surround",
    "brightness gradient",
    "low frequency",
    "texture",
    "other",
)
"""Every family there is."""

LINES = ("line", "line with an echo", "perpendicular line", "cliff")
"""The families that respond to lines."""

PERIODS = {
    **dict.fromkeys(("Gabor", "complex Gabor", "edge", *LINES), 180),
    **dict.fromkeys(
        ("tiny curve", "early curve", "curve", "angle", "brightness gradient", "colour contrast"),
        360,
    ),
}
"""Degrees after which the orientation of a family repeats; families without one are left out."""


@dataclass(frozen=True, kw_only=True)
class UnitLabel(Record):
    """The family of one unit; angles in degrees."""

    unit: str
    layer: str
    channel: int
    family: str
    score: float
    """The share that the family's own parameter accounts for, 0 to 1: of the variance of the
    responses to its probe, or of the filter for a Gabor. 0 for `other`."""
    sign: int
    """−1 where the negative of a unit of a linear layer is meant."""
    orientation: float | None
    """Outward normal of curves and angles, direction of growing brightness, direction of the first
    colour of a contrast, if it has one; normal of lines."""
    echo: float | None
    """Of curves: the response to the opposite orientation, as a share of the peak."""
    wavelength: float | None
    """Of Gabors and complex Gabors, in pixels."""
    hue: float | None = None
    """Of the first colour of a contrast that has a direction, 0 up to 180, as in `colour_pair`."""


@dataclass(frozen=True, kw_only=True)
class Taxonomy(Record):
    """The families of all units of some layers."""

    SCHEMA = "curvecircuits.families/1"

    model: str
    model_hash: str
    layers: tuple[str, ...]
    curve_layer: str
    labels: tuple[UnitLabel, ...]
    seed: int

    def of(self, layer: str) -> tuple[UnitLabel, ...]:
        """The labels of a layer's units, by channel.

        Raises
        ------
        InputError
            For a layer that was not labelled.
        """
        if layer not in self.layers:
            raise InputError(
                f"The units of {layer} have no families here: labelled are "
                f"{', '.join(self.layers)}."
            )
        return tuple(label for label in self.labels if label.layer == layer)

    def family(self, layer: str, *names: str) -> Family:
        """The units of a layer in one or several families, by orientation.

        Raises
        ------
        InputError
            For a layer that was not labelled, and names that are no family.
        """
        unknown = [n for n in names if n not in NAMES]
        if unknown or not names:
            raise InputError(
                f"{', '.join(unknown) or 'Nothing'} is no family: valid are {', '.join(NAMES)}."
            )
        found = [x for x in self.of(layer) if x.family in names]
        periods = {PERIODS.get(n, 0) for n in names}
        return Family(
            name=names[0],
            layer=layer,
            channels=tuple(x.channel for x in found),
            orientations=tuple(
                float("nan") if x.orientation is None else x.orientation for x in found
            ),
            period=periods.pop() if len(periods) == 1 else 0,
        ).sorted()

    def members(self, layer: str) -> dict[str, tuple[int, ...]]:
        """Channels of each family that a layer has units of, in the order of `NAMES`.

        Raises
        ------
        InputError
            For a layer that was not labelled.
        """
        labels = self.of(layer)
        found = {n: tuple(x.channel for x in labels if x.family == n) for n in NAMES}
        return {name: channels for name, channels in found.items() if channels}

    def counts(self, layer: str) -> dict[str, int]:
        """Units of each family in a layer, in the order of `NAMES`."""
        return {name: len(channels) for name, channels in self.members(layer).items()}

    def named(self, layers: Sequence[str] | None = None) -> float:
        """Share of the units that have a family other than `other`."""
        chosen = [x for name in layers or self.layers for x in self.of(name)]
        return sum(x.family != "other" for x in chosen) / max(len(chosen), 1)


def agreement(a: Iterable[UnitLabel], b: Iterable[UnitLabel]) -> float:
    """Share of the units that two labellings put into the same family."""
    first, second = ({x.unit: x.family for x in labels} for labels in (a, b))
    shared = first.keys() & second.keys()
    return float(np.mean([first[u] == second[u] for u in shared])) if shared else float("nan")


def axis_of(responses: ndarray, period: int) -> float:
    """Orientation at the peak of evenly spaced responses, their harmonics up to 60° kept.

    What the grid of pixels does to lines of single orientations is passed over.
    """
    spectrum = np.fft.rfft(responses)
    kept = 3 if period == 180 else 6
    steps = 720
    padded = np.zeros(steps // 2 + 1, complex)
    padded[: kept + 1] = spectrum[: kept + 1]
    return float(np.fft.irfft(padded, steps).argmax() * period / steps)
