"""Label the units of a network's early layers: probe, describe, apply the rules."""

from collections.abc import Sequence

import numpy as np
from numpy import ndarray

from curvecircuits.families.chain import chain
from curvecircuits.families.elongation import elongation
from curvecircuits.families.features import features
from curvecircuits.families.find import find_curves
from curvecircuits.families.gabors import GaborFit, fit_gabor, image_filters
from curvecircuits.families.label import LabelRules, Stage, label_units
from curvecircuits.families.probes import probe, wavelengths
from curvecircuits.families.taxonomy import Taxonomy, UnitLabel
from curvecircuits.families.tiles import layer_tiles
from curvecircuits.models.network import Network


def discover_families(
    network: Network,
    *,
    curve_layer: str | None = None,
    layers: Sequence[str] | None = None,
    rules: LabelRules | None = None,
    seed: int = 0,
    progress: bool = False,
) -> Taxonomy:
    """Give every unit of the layers up to the curve layer a family, or `other`.

    Each unit is shown gratings, lines, edges, segments, curves, angles, spots, gradients, hues and
    textures at the centre of its receptive field. A family is named when the parameter that
    defines it (orientation, radius, hue …) accounts for a share of the variance of the responses
    that units of weight-permuted copies hardly ever reach; among the families named, the one whose
    shape drives the unit most is kept. Units of a layer that sees the image linearly are labelled
    by a Gabor function fitted to their filters.

    Parameters
    ----------
    network
        From `curvecircuits.load` or `curvecircuits.wrap`.
    curve_layer
        The layer of the curve family; by default where `find_curves` sees most.
    layers
        Which layers to label; by default `chain(network, curve_layer)`.
    rules
        The bounds of the families.
    seed
        Of the textures, and of the patches that measure receptive fields.

    Raises
    ------
    InputError
        For unknown layers and layers without geometry.

    References
    ----------
    Olah et al., "An Overview of Early Vision in InceptionV1", Distill 2020; Cammarata et al.,
    "Curve Circuits", Distill 2021.
    """
    if curve_layer is None:
        found = find_curves(network, permutations=1, seed=seed, progress=progress)
        curve_layer = found.layer or max(found.layers, key=lambda scan: scan.curves).layer
    chosen = tuple(layers or chain(network, curve_layer))
    titles = tuple(network.layer(name).title for name in chosen)
    tiles = layer_tiles(network, [*titles, curve_layer], seed)
    rules = rules or LabelRules()
    labels: list[UnitLabel] = []
    for title in titles:
        field, tile = tiles[title]
        stage = Stage(field=field, tile=tile, curve_tile=tiles[curve_layer][1])
        labels += _label(network, title, stage, rules, seed, progress)
    return Taxonomy(
        model=network.name,
        model_hash=network.model_hash,
        layers=titles,
        curve_layer=network.layer(curve_layer).title,
        labels=tuple(labels),
        seed=seed,
    )


def _label(
    network: Network, layer: str, stage: Stage, rules: LabelRules, seed: int, progress: bool
) -> list[UnitLabel]:
    responses = probe(network, layer, tile=stage.tile, seed=seed, progress=progress)
    fits: list[GaborFit | None] | None = None
    perpendicular: ndarray | None = None
    filters = image_filters(network, layer, seed=seed)
    if filters is None:
        reach = elongation(network, layer, tile=stage.tile)
        perpendicular = np.array([e.perpendicular for e in reach])
    elif filters.shape[-1] >= 5:  # a smaller filter is fitted by any Gabor
        fits = [fit_gabor(kernel) for kernel in filters]
    return label_units(
        responses,
        features(responses, wavelengths(stage.tile)),
        stage=stage,
        fits=fits,
        perpendicular=perpendicular,
        rules=rules,
    )
