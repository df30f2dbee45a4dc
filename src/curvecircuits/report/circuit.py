"""The figures of the circuit: what the claims were measured on, in the order of the article."""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from curvecircuits.circuits.branches import branches
from curvecircuits.circuits.kernels import Kernels, kernels
from curvecircuits.circuits.motif import TangentMotif
from curvecircuits.circuits.schematic import schematic
from curvecircuits.circuits.textures import texture_inputs
from curvecircuits.claims import Evidence
from curvecircuits.claims.evidence import NotTestableError
from curvecircuits.claims.motifs import motifs
from curvecircuits.errors import InputError
from curvecircuits.families import Taxonomy
from curvecircuits.families.line_tuning import judge_lines
from curvecircuits.report.figures import Figure
from curvecircuits.report.figures.compression import compression
from curvecircuits.report.figures.downstream import downstream
from curvecircuits.report.figures.echo import echo
from curvecircuits.report.figures.equivariance import equivariance
from curvecircuits.report.figures.family_counts import family_counts
from curvecircuits.report.figures.family_shares import family_shares_figure
from curvecircuits.report.figures.family_sheet import family_sheet
from curvecircuits.report.figures.interval_arcs import (
    arc_groups,
    arc_preference,
    motif_likeness,
)
from curvecircuits.report.figures.interval_sources import (
    motif_angles,
    robustness_groups,
    rotation_groups,
    weight_bands,
)
from curvecircuits.report.figures.line_positions import line_positions_figure, tolerance_groups
from curvecircuits.report.figures.line_tuning import line_tuning
from curvecircuits.report.figures.linear_truth import linear_truth_groups
from curvecircuits.report.figures.motif_tiles import motif_tiles
from curvecircuits.report.figures.opposing_pairs import opposing_pairs
from curvecircuits.report.figures.schematic import schematic_figure
from curvecircuits.report.figures.texture_factors import texture_factors
from curvecircuits.report.figures.weight_matrix import weight_matrix
from curvecircuits.report.sections import Made
from curvecircuits.store import Shelf
from curvecircuits.weights import expanded_weights
from curvecircuits.weights.pixels import sees_pixels

_SHEET = 4
"""Units of a family that the sheet shows."""
_CLIMBED = 36e6
"""Pixels times steps that its pictures may take: a core of a CPU does a million a second."""


def circuit_figures(
    evidence: Evidence,
    *,
    names: Collection[str] | None = None,
    permuted: Callable[[], Taxonomy] | None = None,
    pictures: bool = True,
    shelf: Shelf | None = None,
    cache: Path | None = None,
    progress: bool = False,
) -> Made:
    """The figures that can be made of a network, by the names that claims give them.

    What a network has nothing to show for is left out; the table of claims says why.

    Parameters
    ----------
    names
        The figures to make; by default all.
    permuted
        Measures the families of a weight-permuted copy, to set beside the network's own.
    pictures
        Whether the sheet of families has feature visualizations; else it shows filters only.
    shelf
        Where figures are kept, for what the evidence is of.
    cache
        A folder of finished pictures.

    Returns
    -------
    figures
        (name, figure), in the order shown.
    """
    e = evidence
    recipes: list[tuple[str, Callable[[], Figure]]] = [
        ("family-counts", lambda: family_counts(e.taxonomy, permuted and permuted())),
        ("linear-truth", lambda: linear_truth_groups(e.truth)),
        ("family-shares", lambda: family_shares_figure(e.shares)),
        (
            "schematic",
            lambda: schematic_figure(schematic(e.network, e.taxonomy, e.curves)),
        ),
        (
            "family-sheet",
            lambda: family_sheet(
                e.network,
                e.taxonomy,
                layers=None if pictures else _filters(e),
                most=_SHEET,
                budget=_CLIMBED,
                seed=e.seed,
                cache=cache,
                progress=progress,
            ),
        ),
        ("opposing-pairs", lambda: opposing_pairs(_early_kernels(e), e.similarity)),
        (
            "weight-matrix",
            lambda: weight_matrix(_early_kernels(e), evidence=e.similarity),
        ),
        ("weight-bands", lambda: weight_bands(e.similarity)),
        ("arc-weights", lambda: arc_groups(e.arc)),
        ("arc-preference", lambda: arc_preference(e.arc)),
        ("motif-tiles", lambda: _motif_tiles(e)),
        ("motif", lambda: motif_angles(motifs(e))),
        ("motif-likeness", lambda: motif_likeness(motifs(e))),
        ("echo", lambda: echo(e.echo)),
        ("equivariance", lambda: equivariance(_early_kernels(e), e.rotation)),
        ("rotation", lambda: rotation_groups([e.rotation])),
        ("compression", lambda: compression([e.compression])),
        ("line-matrix", lambda: _line_matrix(e)),
        (
            "line-positions",
            lambda: line_positions_figure(
                e.positions, tolerance=e.tolerance, drawn=e.confirmation, radius=e.radius
            ),
        ),
        ("tolerance", lambda: tolerance_groups(e.positions, e.tolerance)),
        ("line-tuning", lambda: _line_tuning(e)),
        ("robustness", lambda: _robustness(e)),
        (
            "texture-factors",
            lambda: texture_factors(texture_inputs(e.network, e.taxonomy, e.curves, seed=e.seed)),
        ),
        (
            "downstream",
            lambda: downstream(
                e.downstream,
                drawn=e.drawn if any(u.shape for u in e.downstream.units) else None,
                branches=branches(e.network, e.after),
            ),
        ),
    ]
    kept = (shelf or Shelf()).given(pictures=pictures, permuted=permuted is not None)
    asked = [each for each in recipes if names is None or each[0] in names]
    made: Made = []
    for name, recipe in tqdm(asked, desc="figures", unit="figure", disable=not progress):
        figure = kept.kept(name, Figure | None, lambda r=recipe: _if_any(r))
        if figure is not None:
            made.append((name, figure))
    return made


def _if_any(recipe: Callable[[], Figure]) -> Figure | None:
    try:
        return recipe()
    except (NotTestableError, InputError):
        return None


def _filters(e: Evidence) -> list[str]:
    """The layers whose units are shown by their weights on the pixels."""
    found = [layer for layer in e.taxonomy.layers if sees_pixels(e.network, layer)]
    if not found:
        raise NotTestableError("no layer that was labelled sees the image itself")
    return found


def _early_kernels(e: Evidence) -> Kernels:
    return kernels(e.weights(1), e.curves, e.early)


def _motif_tiles(e: Evidence) -> Figure:
    """Every link with the weights that its motif was measured on."""
    found: dict[str, tuple[TangentMotif, Kernels]] = {}
    for name, motif in motifs(e).items():
        weights = expanded_weights(e.network, motif.sources.layer, units=motif.targets.units)
        found[name] = motif, kernels(weights, motif.targets, motif.sources)
    return motif_tiles(found, seed=e.seed)


def _line_matrix(e: Evidence) -> Figure:
    back = e.line_layers[1]
    found = e.line_matrix(back)
    return weight_matrix(
        kernels(e.weights(back), e.curves, e.lines(back)),
        evidence=found,
        title="Lines to curves",
    )


def _line_tuning(e: Evidence) -> Figure:
    """All line units of the later line layer; what other families see is left out."""
    back = e.line_layers[0]
    layer = e.layer(back)
    lines = set(e.lines(back).channels)
    tuning = e.line_tuning(layer)
    judged = [
        j if j.channel in lines else replace(j, kind=None) for j in judge_lines(tuning.curve())
    ]
    return line_tuning(tuning, judged, layer=layer)


def _robustness(e: Evidence) -> Figure:
    """Of the curves of every layer, and of the last without texture and colour inputs."""
    families = [e.early, e.curves]
    with suppress(NotTestableError):
        families.insert(0, e.family(2, "tiny curve"))
    found = {f"{f.layer} {f.name}": e.robustness(f) for f in families}
    with suppress(NotTestableError):
        removed = e.family(1, "texture", "colour contrast", least=1)
        name = f"{e.curves.layer} curve without texture and colour"
        found[name] = e.robustness(e.curves, without=removed.channels)
    return robustness_groups(found)
