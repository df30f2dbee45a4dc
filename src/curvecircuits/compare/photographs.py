"""Agreement of an artificial family with a natural one on photographs, at all positions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.photo_figures import Estimate, Figure, Figures, average, image_draws
from curvecircuits.compare.photo_maps import Photographs, PhotoMaps, photo_maps
from curvecircuits.compare.photo_pairs import paired_figures
from curvecircuits.errors import InputError
from curvecircuits.families.family import relative_orientation
from curvecircuits.images.framing import Framing

_EACH: tuple[Figure, ...] = ("auroc", "precision", "clipped")
"""What has to be larger than a control's: correlation before clipping is mostly of silence."""


@dataclass(frozen=True, kw_only=True)
class PhotographAgreement:
    """How well several things predict each natural unit on photographs.

    ===============  ==========================================================================
    name             what predicts the natural unit
    ===============  ==========================================================================
    ``artificial``   the artificial unit of its orientation
    ``lines``        the unit of a line detector in its place; absent where none was given
    ``beside``       the same unit one cell beside: mean over four neighbours. What a unit that
                     is right but for its position would reach
    ``others``       the natural unit of the nearest orientation that is at least `apart` away
    ``shuffled``     artificial units of orientations at least `apart` away: their mean
    ===============  ==========================================================================
    """

    matched: Matched
    figures: Mapping[str, Figures]
    rates: Mapping[str, Float[ndarray, " units"]]
    """Share of positions where a unit is above zero: `natural`, `artificial`, and `lines`."""
    images: int
    positions: int
    """Of all images together."""
    share: float
    """Of positions that count as a unit's top."""
    seed: int

    def mean(self, figure: Figure, *, of: str = "artificial") -> Estimate:
        """A figure over units: its mean, with intervals over units and over images.

        Raises
        ------
        InputError
            When nothing of this name predicts the units.
        """
        return self._of(of).estimate(figure, seed=self.seed)

    def lead(self, figure: Figure, *, over: str = "lines") -> Estimate:
        """A figure of the artificial unit less that of something else, unit by unit.

        Raises
        ------
        InputError
            As `mean`.
        """
        return self._of("artificial").estimate(figure, less=self._of(over), seed=self.seed)

    def ahead(self, *, over: str = "lines") -> bool:
        """Whether AUROC, precision and clipped correlation are all larger, by both intervals.

        Raises
        ------
        InputError
            As `mean`.
        """
        return all(self.lead(figure, over=over).above() for figure in _EACH)

    def _of(self, name: str) -> Figures:
        if name not in self.figures:
            raise InputError(
                f"Nothing called {name} was compared: there are {', '.join(self.figures)}."
            )
        return self.figures[name]


def photograph_agreement(
    matched: Matched,
    images: Photographs,
    *,
    lines: Side | None = None,
    signs: Sequence[int] | None = None,
    framing: Framing | None = None,
    share: float = 0.01,
    apart: float = 45.0,
    draws: int = 200,
    batch: int = 16,
    seed: int = 0,
    progress: bool = False,
) -> PhotographAgreement:
    """Run two networks on photographs and compare paired units at all positions.

    As `maps_agreement` of `photo_maps`, which say what is computed; use these where the maps are
    wanted for more than this.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.stimuli import CurveGrid
    >>> network = artificial_network(orientations=[0, 90, 180])
    >>> side = Side(network=network, layer="3b", channels=(0, 1, 2))
    >>> pairs = Matched(natural=side, artificial=side, orientations=(0, 90, 180))
    >>> grid = CurveGrid(orientations=(0, 90, 180), radii=(30, 60), tile=60, width=2)
    >>> images = [drawn.expand(-1, 3, -1, -1) for _, drawn in grid.batches(size=96)]
    >>> found = photograph_agreement(pairs, images, share=0.1)
    >>> round(found.mean("auroc").value, 3), sorted(found.figures)
    (1.0, ['artificial', 'beside', 'others', 'shuffled'])
    """
    maps = photo_maps(
        matched,
        images,
        lines=lines,
        signs=signs,
        framing=framing,
        batch=batch,
        progress=progress,
    )
    return maps_agreement(maps, share=share, apart=apart, draws=draws, seed=seed)


def maps_agreement(
    maps: PhotoMaps,
    *,
    share: float = 0.01,
    apart: float = 45.0,
    draws: int = 200,
    seed: int = 0,
) -> PhotographAgreement:
    """Compare the pre-activations of paired units at all positions of all images.

    Of each natural unit the top `share` of positions is what is to be predicted: by AUROC, by
    precision among as many positions of the prediction, and by Pearson's correlation of the
    responses, clipped and not (`photo_figures.Figures`). Every baseline is measured by the same
    means on the same images.

    Parameters
    ----------
    share
        Of positions, above 0 and below 1.
    apart
        Degrees from which on two orientations are different ones.
    draws
        Of images, for the intervals over images.

    Raises
    ------
    InputError
        For a share outside its bounds, and less than 20 draws.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.stimuli import CurveGrid
    >>> network = artificial_network(orientations=[0, 90, 180])
    >>> side = Side(network=network, layer="3b", channels=(0, 1, 2))
    >>> other = Side(network=network, layer="3b", channels=(1, 2, 0))
    >>> pairs = Matched(natural=side, artificial=other, orientations=(0, 90, 180))
    >>> grid = CurveGrid(orientations=(0, 90, 180), radii=(30, 60), tile=60, width=2)
    >>> images = [drawn.expand(-1, 3, -1, -1) for _, drawn in grid.batches(size=96)]
    >>> found = maps_agreement(photo_maps(pairs, images), share=0.02)
    >>> found.lead("clipped", over="shuffled").value < 0
    True

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on the artificial artificial neural
    network.
    """
    if draws < 20:
        raise InputError(f"An interval needs at least 20 draws, not {draws}.")
    weights = image_draws(maps.natural.shape[1], draws=draws, seed=seed)

    def compared(reference: ndarray, scores: ndarray, partners: Sequence[Sequence[int]]) -> Figures:
        return paired_figures(reference, scores, partners=partners, weights=weights, share=share)

    own = [[unit] for unit in range(len(maps.natural))]
    nearest, unlike = _partners(maps.matched.orientations, apart)
    figures = {"artificial": compared(maps.natural, maps.artificial, own)}
    if maps.lines is not None:
        figures["lines"] = compared(maps.natural, maps.lines, own)
    figures["beside"] = average([compared(a, b, own) for a, b in _beside(maps.natural)])
    if any(nearest):
        figures["others"] = compared(maps.natural, maps.natural, nearest)
        figures["shuffled"] = compared(maps.natural, maps.artificial, unlike)
    sides = {"natural": maps.natural, "artificial": maps.artificial, "lines": maps.lines}
    return PhotographAgreement(
        matched=maps.matched,
        figures=figures,
        rates={n: (m > 0).mean((1, 2, 3)) for n, m in sides.items() if m is not None},
        images=maps.natural.shape[1],
        positions=maps.natural[0].size,
        share=share,
        seed=seed,
    )


def _partners(
    orientations: Sequence[float], apart: float
) -> tuple[list[list[int]], list[list[int]]]:
    """For each unit, the nearest of those that are far enough, and all of them."""
    away = np.abs(relative_orientation(orientations, orientations))
    unlike = [np.flatnonzero(row >= apart).tolist() for row in away]
    nearest = [
        [min(far, key=lambda other, row=row: row[other])] if far else []
        for far, row in zip(unlike, away, strict=True)
    ]
    return nearest, unlike


def _beside(maps: Float[ndarray, "units images rows columns"]) -> list[tuple[ndarray, ndarray]]:
    """Maps and their neighbours one cell in each direction, where both are there."""
    below, above = maps[:, :, 1:], maps[:, :, :-1]
    right, left = maps[..., 1:], maps[..., :-1]
    return [(below, above), (above, below), (right, left), (left, right)]
