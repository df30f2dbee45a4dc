"""The figures in which the artificial network's weights stand beside the natural one's."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from curvecircuits.artificial import artificial_network
from curvecircuits.circuits.kernels import Kernels, kernels
from curvecircuits.compare.disagreement import crops, disagreements
from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.photo_maps import photo_maps
from curvecircuits.compare.photographs import maps_agreement
from curvecircuits.compare.published_matrices import (
    PUBLISHED_CURVES,
    PUBLISHED_LINES,
    PUBLISHED_TILE,
)
from curvecircuits.compare.side_by_side import side_by_side
from curvecircuits.compare.written import written_families
from curvecircuits.errors import InputError
from curvecircuits.families import Taxonomy, discover_families
from curvecircuits.families.chain import chain
from curvecircuits.families.family import Family
from curvecircuits.models.network import Network
from curvecircuits.report.figures import Figure
from curvecircuits.report.figures.circuit_pair import circuit_pair
from curvecircuits.report.figures.matrix_pair import matrix_pair
from curvecircuits.report.figures.photo_agreement import photo_agreement
from curvecircuits.weights import expanded_weights

BESIDE = ("early-curve-pair", "line-pair", "circuit-pair", "photo-agreement")
"""Names of the figures, in their order."""
_SHOWN = 5
"""Units whose disagreements are shown, spread over the orientations."""
_EACH = 6
"""Of either kind and unit."""


def circuit_comparison_figures(
    matched: Matched,
    lines: Side | None,
    photographs: list[Path] | None,
    *,
    taxonomy: Taxonomy | None = None,
    artificial: Network | None = None,
    seed: int = 0,
    progress: bool = False,
) -> list[tuple[str, Figure]]:
    """The weights of both networks between the same families, one path, and the photographs.

    What a network has nothing to show for is left out: without early curves there is no matrix of
    them, and without photographs no agreement on them.

    Parameters
    ----------
    matched
        From `match_family`.
    lines
        The line detectors of `match_family(..., detector="lines")`, as a control.
    photographs
        Image files; 64 to 250 are enough.
    taxonomy
        Families of the natural network up to the matched layer; by default they are discovered.
    artificial
        The artificial network with units evenly round the circle; by default that of the default
        constants.

    Returns
    -------
    figures
        Curves on curves, lines on curves, the path, and the photographs, by their names.

    Raises
    ------
    InputError
        For photographs that cannot be read.
    """
    natural = matched.natural
    families = taxonomy or discover_families(
        natural.network, curve_layer=natural.layer, seed=seed, progress=progress
    )
    curves = Family(
        name="curve",
        layer=natural.layer,
        channels=natural.channels,
        orientations=matched.orientations,
        period=360,
    )
    even = artificial or artificial_network()
    recipes: list[Callable[[], Figure]] = [
        lambda: matrix_pair(
            *_matrices(natural.network, families, curves, even, "early curve"),
            published=PUBLISHED_CURVES,
            published_tile=PUBLISHED_TILE,
            seed=seed,
        ),
        lambda: matrix_pair(
            *_matrices(natural.network, families, curves, even, "line"),
            published=PUBLISHED_LINES,
            seed=seed,
        ),
        lambda: circuit_pair(side_by_side(matched, taxonomy=families, seed=seed)),
    ]
    made: list[tuple[str, Figure]] = []
    named = list(zip(BESIDE, recipes, strict=False))
    for name, recipe in tqdm(named, desc="comparison", unit="figure", disable=not progress):
        try:
            made.append((name, recipe()))
        except InputError:
            continue
    if photographs:
        shown = _photographs(matched, lines, photographs, seed=seed, progress=progress)
        made.append((BESIDE[-1], shown))
    return made


def _matrices(
    network: Network, families: Taxonomy, curves: Family, even: Network, name: str
) -> tuple[Kernels, Kernels]:
    """Natural and artificial weights from a family of the layer before the curves."""
    before = chain(network, curves.layer)[:-1]
    if not before:
        raise InputError(f"There is no layer before {curves.layer} to read weights on.")
    written = written_families()
    pairs = (
        (network, curves, families.family(before[-1], name)),
        (even, written["mixed3b"]["curve"], written["mixed3a"][name]),
    )
    natural, artificial = (
        kernels(expanded_weights(n, sources.layer, units=targets.units), targets, sources)
        for n, targets, sources in pairs
    )
    return natural, artificial


def _photographs(
    matched: Matched, lines: Side | None, paths: list[Path], *, seed: int, progress: bool
) -> Figure:
    maps = photo_maps(matched, paths, lines=lines, progress=progress)
    order = np.argsort(matched.orientations, kind="stable")
    few = {
        int(u) for u in order[np.linspace(0, len(order) - 1, min(_SHOWN, len(order))).astype(int)]
    }
    misses = [m for m in disagreements(maps, count=_EACH) if m.unit in few]
    return photo_agreement(
        maps_agreement(maps, seed=seed),
        misses=misses,
        squares=crops(misses, maps) if misses else None,
        caption=(
            "Crops are centred where the units look; of each unit, the positions in the top of one "
            "of the two where the other ranks lowest, at most one a photograph."
        ),
    )
