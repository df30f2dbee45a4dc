"""What is read off a network's weights: motifs, shares, and templates that copies share."""

from functools import cached_property

import numpy as np

from curvecircuits.circuits.along_arc import ArcWeights, along_arc
from curvecircuits.circuits.blocks import OrientedBlock, oriented_block
from curvecircuits.circuits.compression import CompressionCurve, compression_curve
from curvecircuits.circuits.equivariance import RotationFit, rotation_fit
from curvecircuits.circuits.hues import hue_fit
from curvecircuits.circuits.line_matrix import LineMatrix, line_matrix
from curvecircuits.circuits.motif import TangentMotif, tangent_motif
from curvecircuits.circuits.scales import scale_fit
from curvecircuits.circuits.shares import FamilyShares, family_shares
from curvecircuits.circuits.sharing import SharedFit
from curvecircuits.circuits.similarity import Similarity, similarity
from curvecircuits.claims.subject import NotTestableError, Subject, once
from curvecircuits.families import Family
from curvecircuits.weights import ExpandedWeights, expanded_weights

PERMUTATIONS = 100
"""Of orientations, for what chance gives."""
_MOST = 32
"""Units of a large family that a template shared over scales or hues is fitted to."""
_HARMONICS = 4
"""Of the hue: enough to tell eight hues apart, which is what the article says is saved."""


class Weighed(Subject):
    """A subject whose weights are read; each reading is made when a claim first asks for it."""

    @once
    def weights(self, back: int) -> ExpandedWeights:
        """Expanded weights of the curves on a layer before them."""
        return expanded_weights(self.network, self.layer(back), units=self.curves.units)

    @cached_property
    def similarity(self) -> Similarity:
        """Early curves against curves by relative orientation."""
        return similarity(
            self.weights(1), self.curves, self.early, permutations=PERMUTATIONS, seed=self.seed
        )

    @cached_property
    def arc(self) -> ArcWeights:
        """The same along the arc."""
        return along_arc(
            self.weights(1),
            self.curves,
            self.early,
            radius=self.radius,
            permutations=PERMUTATIONS,
            seed=self.seed,
        )

    @once
    def motif(self, targets: Family, sources: Family, *, radius: float) -> TangentMotif:
        """The tangent motif between two families."""
        return tangent_motif(
            expanded_weights(self.network, sources.layer, units=targets.units),
            targets,
            sources,
            radius=radius,
            permutations=PERMUTATIONS,
            seed=self.seed,
        )

    @once
    def line_matrix(self, back: int) -> LineMatrix:
        """Weights of the lines of a layer on the curves by the angle between them."""
        return line_matrix(
            self.network,
            targets=self.curves,
            sources=self.lines(back),
            radius=self.radius,
            seed=self.seed,
        )

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
