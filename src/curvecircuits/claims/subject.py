"""Whom the claims are about: a network with its families, and what is measured of it once."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np

from curvecircuits.families import (
    LINES,
    CurveFamily,
    Family,
    Taxonomy,
    next_layer,
    tile_of,
)
from curvecircuits.models.network import Network

_S = TypeVar("_S", bound="Subject")
_P = ParamSpec("_P")
_T = TypeVar("_T")


class NotTestableError(Exception):
    """A claim that this network has nothing to be measured on; says what is missing."""


def once(measure: Callable[Concatenate[_S, _P], _T]) -> Callable[Concatenate[_S, _P], _T]:
    """Let a method of a subject run once for each set of arguments, and keep what it found."""

    @wraps(measure)
    def remembered(self: _S, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        key = (measure, args, *sorted(kwargs.items()))
        if key not in self.kept:
            self.kept[key] = measure(self, *args, **kwargs)
        return self.kept[key]

    return remembered


@dataclass
class Subject:
    """A network, its curve family, and the families of the layers before it."""

    network: Network
    curves: Family
    """The curve family: what `find_curves` prints."""
    radius: float
    """Preferred radius of its units in pixels, the median."""
    taxonomy: Taxonomy
    seed: int = 0
    search: CurveFamily | None = None
    """The search that found the curves; None on a permuted copy."""
    kept: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What methods marked `once` found, by method and arguments."""

    @property
    def layers(self) -> tuple[str, ...]:
        """The chain up to the curve layer."""
        return self.taxonomy.layers

    @once
    def tile(self, layer: str) -> float:
        """Side in pixels of the tile that a layer's stimuli are drawn in."""
        return tile_of(self.network, layer, seed=self.seed)

    def layer(self, back: int) -> str:
        """The layer so many steps before the curve layer."""
        if back >= len(self.layers):
            raise NotTestableError(
                f"Only {len(self.layers) - 1} layers come before the curve layer."
            )
        return self.layers[-1 - back]

    def family(self, back: int, *names: str, least: int = 4) -> Family:
        """A family of the layer so many steps back, of oriented units only."""
        layer = self.layer(back)
        found = self.taxonomy.family(layer, *names)
        if found.period:
            known = [i for i, o in enumerate(found.orientations) if np.isfinite(o)]
            found = found.take(known)
        if len(found) < least:
            raise NotTestableError(
                f"{layer} has {len(found)} units of {' or '.join(names)}; {least} are needed."
            )
        return found

    @cached_property
    def before(self) -> str:
        """The layer before the curve layer."""
        return self.layer(1)

    @cached_property
    def early(self) -> Family:
        """Early curves of the layer before; whatever the stage calls the curves there."""
        for name in ("early curve", "tiny curve", "curve"):
            try:
                return self.family(1, name)
            except NotTestableError:
                continue
        raise NotTestableError(f"{self.before} has fewer than 4 curve units.")

    def lines(self, back: int, *, least: int = 8) -> Family:
        """The line families of a layer together."""
        return self.family(back, *LINES, least=least)

    @cached_property
    def line_layers(self) -> tuple[int, int]:
        """Steps back of the nearest and the next nearest layer with a family of lines."""
        found = [
            back
            for back in range(1, len(self.layers))
            if sum(self.taxonomy.counts(self.layer(back)).get(n, 0) for n in LINES) >= 8
        ]
        if len(found) < 2:
            raise NotTestableError("Fewer than two layers before the curves have 8 line units.")
        return found[0], found[1]

    @cached_property
    def after(self) -> str:
        """The next layer that builds on the curves."""
        found = next_layer(self.network, self.curves.layer)
        if found is None:
            raise NotTestableError(
                f"No layer of {self.network.name} builds on {self.curves.layer}."
            )
        return found
