"""What the claims are measured on: a network, its families, and the experiments, each run once."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from curvecircuits.circuits.along_arc import ArcWeights, along_arc
from curvecircuits.circuits.blocks import OrientedBlock, oriented_block
from curvecircuits.circuits.bumps import Bumps, bumps
from curvecircuits.circuits.cofiring import Cofiring, cofiring
from curvecircuits.circuits.compression import CompressionCurve, compression_curve
from curvecircuits.circuits.downstream import DownstreamShapes, downstream_shapes
from curvecircuits.circuits.downstream_drawn import ShapeResponses, drawn_shapes
from curvecircuits.circuits.echo import EchoExperiment, echo_experiment
from curvecircuits.circuits.equivariance import RotationFit, rotation_fit
from curvecircuits.circuits.hues import hue_fit
from curvecircuits.circuits.line_drawn import Confirmation, confirm
from curvecircuits.circuits.line_matrix import LineMatrix, line_matrix
from curvecircuits.circuits.line_positions import (
    LinePositions,
    Tolerance,
    line_positions,
    tolerance,
)
from curvecircuits.circuits.linear_view import LinearView, linear_view
from curvecircuits.circuits.motif import TangentMotif, tangent_motif
from curvecircuits.circuits.robustness import Robustness, robustness
from curvecircuits.circuits.scales import scale_fit
from curvecircuits.circuits.shares import FamilyShares, family_shares
from curvecircuits.circuits.sharing import SharedFit
from curvecircuits.circuits.similarity import Similarity, similarity
from curvecircuits.circuits.truth import LinearTruth, linear_truth
from curvecircuits.families import (
    LINES,
    CurveFamily,
    Family,
    Taxonomy,
    next_layer,
    tile_of,
)
from curvecircuits.families.tiles import scan_grid
from curvecircuits.models.network import Network
from curvecircuits.models.permute import weight_permuted
from curvecircuits.stimuli import CurveGrid
from curvecircuits.tuning import CurveTuning, tune
from curvecircuits.tuning.lines import LineTuning, line_grid, tune_lines
from curvecircuits.weights import ExpandedWeights, expanded_weights

_PERMUTATIONS = 100
_MOST = 32
"""Units of a large family that a template shared over scales or hues is fitted to."""
_HARMONICS = 4
"""Of the hue: enough to tell eight hues apart, which is what the article says is saved."""


class NotTestableError(Exception):
    """A claim that this network has nothing to be measured on; says what is missing."""


@dataclass
class Evidence:
    """A network with its families; experiments are run when a claim first asks for them.

    The same families are used on a weight-permuted copy: what a claim still finds there is owed to
    the stimuli, to chance, or to how the units were chosen.
    """

    network: Network
    curves: Family
    """The curve family: what `find_curves` prints."""
    radius: float
    """Preferred radius of its units in pixels, the median."""
    taxonomy: Taxonomy
    seed: int = 0
    search: CurveFamily | None = None
    """The search that found the curves; None on a permuted copy."""
    layers: tuple[str, ...] = field(init=False)
    """The chain up to the curve layer."""

    def __post_init__(self) -> None:
        self.layers = self.taxonomy.layers

    def permuted(self, seed: int) -> "Evidence":
        """The same families on a copy with permuted weights."""
        return Evidence(
            network=weight_permuted(self.network, seed=seed),
            curves=self.curves,
            radius=self.radius,
            taxonomy=self.taxonomy,
            seed=self.seed,
        )

    # -- families --------------------------------------------------------------------------

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

    # -- weights ---------------------------------------------------------------------------

    def weights(self, back: int) -> ExpandedWeights:
        """Expanded weights of the curves on a layer before them."""
        kept: dict[int, ExpandedWeights] = self.__dict__.setdefault("_weights", {})
        if back not in kept:
            kept[back] = expanded_weights(self.network, self.layer(back), units=self.curves.units)
        return kept[back]

    @cached_property
    def similarity(self) -> Similarity:
        """Early curves against curves by relative orientation."""
        return similarity(
            self.weights(1), self.curves, self.early, permutations=_PERMUTATIONS, seed=self.seed
        )

    @cached_property
    def arc(self) -> ArcWeights:
        """The same along the arc."""
        return along_arc(
            self.weights(1),
            self.curves,
            self.early,
            radius=self.radius,
            permutations=_PERMUTATIONS,
            seed=self.seed,
        )

    def motif(self, targets: Family, sources: Family, *, radius: float) -> TangentMotif:
        """The tangent motif between two families."""
        kept: dict[Any, TangentMotif] = self.__dict__.setdefault("_motifs", {})
        key = (targets, sources, radius)
        if key not in kept:
            weights = expanded_weights(self.network, sources.layer, units=targets.units)
            kept[key] = tangent_motif(
                weights,
                targets,
                sources,
                radius=radius,
                permutations=_PERMUTATIONS,
                seed=self.seed,
            )
        return kept[key]

    @cached_property
    def block(self) -> OrientedBlock:
        """Early curves on curves as one block."""
        return oriented_block(self.network, targets=self.curves, sources=self.early)

    @cached_property
    def rotation(self) -> RotationFit:
        """One template, turned, for early curves on curves."""
        return rotation_fit(self.block, seed=self.seed)

    @cached_property
    def compression(self) -> CompressionCurve:
        """Numbers kept against variance explained, for the same block."""
        return compression_curve(self.block, seed=self.seed)

    @cached_property
    def scale(self) -> SharedFit:
        """One template for tiny curve → early curve and early curve → curve."""
        tiny = self.family(2, "tiny curve", least=4)
        blocks = [
            oriented_block(self.network, targets=self.early, sources=tiny),
            self.block,
        ]
        return scale_fit(blocks, seed=self.seed)

    def _best(self, family: Family) -> Family:
        """At most as many units as a template can be fitted to in seconds, those labelled best."""
        score = {x.channel: x.score for x in self.taxonomy.of(family.layer)}
        order = sorted(range(len(family)), key=lambda i: -score[family.channels[i]])
        return family.take(sorted(order[:_MOST]))

    @cached_property
    def scale_lines(self) -> SharedFit:
        """One template for complex Gabor → line and line → line, layer by layer.

        Of the layers with lines after lines after complex Gabors, the nearest to the curves.
        """
        for back in range(1, len(self.layers) - 2):
            try:
                large, small = (self._best(self.lines(k, least=4)) for k in (back, back + 1))
                waves = self._best(self.family(back + 2, "complex Gabor"))
            except NotTestableError:
                continue
            steps = ((small, waves), (large, small))
            blocks = [oriented_block(self.network, targets=t, sources=s) for t, s in steps]
            return scale_fit(blocks, seed=self.seed)
        raise NotTestableError(
            "No three successive layers before the curves have 4 complex Gabors, 4 lines and "
            "4 lines."
        )

    @cached_property
    def hue(self) -> SharedFit:
        """One template for colour contrasts of all hues on lines of the next layer.

        Of the layers with enough of both, the nearest to the curves.
        """
        for back in range(1, len(self.layers) - 1):
            try:
                lines = self._best(self.lines(back, least=4))
                contrasts = self._best(self.family(back + 1, "colour contrast"))
            except NotTestableError:
                continue
            hues = {x.channel: x.hue for x in self.taxonomy.of(contrasts.layer)}
            return hue_fit(
                oriented_block(self.network, targets=lines, sources=contrasts),
                np.array([hues[channel] for channel in contrasts.channels], dtype=float),
                harmonics=_HARMONICS,
                seed=self.seed,
            )
        raise NotTestableError(
            "No layer before the curves has 4 lines after one that has 4 colour contrasts with a "
            "direction."
        )

    @cached_property
    def shares(self) -> FamilyShares:
        """Shares of the families in the curves' expanded weights."""
        return family_shares(self.network, self.taxonomy, self.curves, seed=self.seed)

    @cached_property
    def truth(self) -> LinearTruth:
        """How far the weights from the layer before say what the network does."""
        return linear_truth(
            self.network, self.weights(1), self.curves, taxonomy=self.taxonomy, seed=self.seed
        )

    # -- behaviour -------------------------------------------------------------------------

    @cached_property
    def view(self) -> LinearView:
        """Curves drawn for the network and for its linear picture."""
        return linear_view(self.network, self.weights(1), self.curves, self.early)

    @cached_property
    def echo(self) -> EchoExperiment:
        """The six conditions of the echo experiment."""
        return echo_experiment(self.view, permutations=_PERMUTATIONS, seed=self.seed)

    @cached_property
    def cofiring(self) -> Cofiring:
        """Whom negative weights go to."""
        return cofiring(self.view, permutations=_PERMUTATIONS, seed=self.seed)

    def tuning(self, layer: str) -> CurveTuning:
        """Outline curves on a layer, in its own tile."""
        kept: dict[str, CurveTuning] = self.__dict__.setdefault("_tuning", {})
        if layer not in kept:
            grid = scan_grid(tile_of(self.network, layer, seed=self.seed))
            kept[layer] = tune(self.network, [layer], grid=grid)[layer]
        return kept[layer]

    def line_tuning(self, layer: str) -> LineTuning:
        """Dark lines on a layer, in its own tile."""
        kept: dict[str, LineTuning] = self.__dict__.setdefault("_lines", {})
        if layer not in kept:
            grid = line_grid(tile_of(self.network, layer, seed=self.seed))
            kept[layer] = tune_lines(self.network, [layer], grid=grid)[layer]
        return kept[layer]

    @cached_property
    def positions(self) -> LinePositions:
        """Lines at every position of the curves' input from the layer before."""
        return line_positions(
            self.network, self.curves, self.before, radius=self.radius, seed=self.seed
        )

    @cached_property
    def tolerance(self) -> Tolerance:
        """How far from the tangent lines may turn."""
        return tolerance(self.positions)

    @cached_property
    def confirmation(self) -> Confirmation:
        """The same lines drawn for the real network."""
        return confirm(self.network, self.positions)

    def line_matrix(self, back: int) -> LineMatrix:
        """Weights of the lines of a layer on the curves by the angle between them."""
        kept: dict[int, LineMatrix] = self.__dict__.setdefault("_matrices", {})
        if back not in kept:
            kept[back] = line_matrix(
                self.network,
                targets=self.curves,
                sources=self.lines(back),
                radius=self.radius,
                seed=self.seed,
            )
        return kept[back]

    @cached_property
    def bumps(self) -> Bumps:
        """Cliffs and other lines on smooth and bumpy arcs."""
        back = self.line_layers[0]
        cliffs = self.family(back, "cliff", least=2)
        others = self.family(back, "line", "line with an echo", least=2)
        return bumps(
            self.network,
            self.curves,
            source=self.layer(back),
            cliffs=cliffs.channels,
            lines=others.channels,
            radius=self.radius,
            seed=self.seed,
        )

    def _few(self, layer: str) -> CurveGrid:
        """Every second orientation of the search, at every second radius: carriers are many."""
        grid = scan_grid(tile_of(self.network, layer, seed=self.seed))
        return replace(grid, orientations=grid.orientations[::2], radii=grid.radii[1::2])

    def robustness(self, family: Family, *, without: tuple[int, ...] = ()) -> Robustness:
        """Tuning of a family under carriers, with or without some channels of the layer before."""
        kept: dict[Any, Robustness] = self.__dict__.setdefault("_robust", {})
        key = (family, without)
        if key not in kept:
            removed = (self.before, without) if without else None
            kept[key] = robustness(
                self.network, family, grid=self._few(family.layer), without=removed, seeds=1
            )
        return kept[key]

    @cached_property
    def downstream(self) -> DownstreamShapes:
        """What the next layer builds from the curves."""
        return downstream_shapes(
            self.network, self.curves, layer=self.after, permutations=50, seed=self.seed
        )

    @cached_property
    def drawn(self) -> ShapeResponses:
        """The same shapes drawn for the network."""
        return drawn_shapes(self.network, self.downstream, seed=self.seed)
