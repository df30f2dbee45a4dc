"""What the claims are measured on: a network, its families, and the experiments, each run once."""

from dataclasses import dataclass, replace
from functools import cached_property

from curvecircuits.circuits.bumps import Bumps, bumps
from curvecircuits.circuits.cofiring import Cofiring, cofiring
from curvecircuits.circuits.downstream import DownstreamShapes, downstream_shapes
from curvecircuits.circuits.downstream_drawn import ShapeResponses, drawn_shapes
from curvecircuits.circuits.echo import EchoExperiment, echo_experiment
from curvecircuits.circuits.line_drawn import Confirmation, confirm
from curvecircuits.circuits.line_positions import (
    LinePositions,
    Tolerance,
    line_positions,
    tolerance,
)
from curvecircuits.circuits.linear_view import LinearView, linear_view
from curvecircuits.circuits.robustness import Robustness, robustness
from curvecircuits.circuits.truth import LinearTruth, linear_truth
from curvecircuits.claims.subject import NotTestableError, once
from curvecircuits.claims.weighed import PERMUTATIONS, Weighed
from curvecircuits.compare.transplants.records import Transplant
from curvecircuits.families import Family
from curvecircuits.families.tiles import scan_grid, thinned
from curvecircuits.models.permute import weight_permuted
from curvecircuits.tuning import CurveTuning, LineTuning, line_grid, tune, tune_lines

__all__ = ["Evidence", "NotTestableError"]


@dataclass
class Evidence(Weighed):
    """A network with its families; experiments are run when a claim first asks for them.

    The same families are used on a weight-permuted copy: what a claim still finds there is owed to
    the stimuli, to chance, or to how the units were chosen.
    """

    transplant: Transplant | None = None
    """What `curvecircuits.transplant` measured on this network; no claim runs it."""

    def permuted(self, seed: int) -> "Evidence":
        """The same families on a copy with permuted weights."""
        copy = weight_permuted(self.network, seed=seed)
        return replace(self, network=copy, search=None, transplant=None)

    @cached_property
    def truth(self) -> LinearTruth:
        """How far the weights from the layer before say what the network does."""
        return linear_truth(
            self.network, self.weights(1), self.curves, taxonomy=self.taxonomy, seed=self.seed
        )

    @cached_property
    def view(self) -> LinearView:
        """Curves drawn for the network and for its linear picture."""
        return linear_view(self.network, self.weights(1), self.curves, self.early)

    @cached_property
    def echo(self) -> EchoExperiment:
        """The six conditions of the echo experiment."""
        return echo_experiment(self.view, permutations=PERMUTATIONS, seed=self.seed)

    @cached_property
    def cofiring(self) -> Cofiring:
        """Whom negative weights go to."""
        return cofiring(self.view, permutations=PERMUTATIONS, seed=self.seed)

    @once
    def tuning(self, layer: str) -> CurveTuning:
        """Outline curves on a layer, in its own tile."""
        return tune(self.network, [layer], grid=scan_grid(self.tile(layer)))[layer]

    @once
    def line_tuning(self, layer: str) -> LineTuning:
        """Dark lines on a layer, in its own tile."""
        return tune_lines(self.network, [layer], grid=line_grid(self.tile(layer)))[layer]

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

    @once
    def robustness(self, family: Family, *, without: tuple[int, ...] = ()) -> Robustness:
        """Tuning of a family under carriers, with or without some channels of the layer before.

        The grid is thinned, as carriers are many.
        """
        return robustness(
            self.network,
            family,
            grid=thinned(scan_grid(self.tile(family.layer))),
            without=(self.before, without) if without else None,
            seeds=1,
        )

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
