"""Find the curve family of a network: which units, in which layer, and is it more than chance."""

from dataclasses import replace

import numpy as np
from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.families.criteria import Criteria, Judgement, judge
from curvecircuits.families.records import CurveFamily, CurveUnit, LayerScan, NearMiss
from curvecircuits.families.tiles import layer_tiles, scan_grid, searchable_layers
from curvecircuits.models.network import Network
from curvecircuits.models.permute import weight_permuted
from curvecircuits.stimuli import CurveGrid, quick
from curvecircuits.tuning import (
    CurveTuning,
    angular_distance,
    largest_gap,
    tune,
    tuning_statistics,
)

_SMALLEST, _LARGEST = 20.0, 120.0
"""Layers whose tile is smaller cannot hold a curve; larger ones see whole objects."""
_NEAR = 0.25
"""A unit with less of the strong units' peak is no near miss, only silent."""
_LEAST = 4
"""Fewer orientations leave a gap of more than 90° and are no family."""


def _scan(
    network: Network,
    tiles: dict[str, tuple[float, float]],
    criteria: Criteria,
    progress: bool,
) -> dict[str, list[Judgement]]:
    """Judge every unit of the layers on the search grid."""
    groups: dict[float, list[str]] = {}
    for key, (_, tile) in tiles.items():
        groups.setdefault(tile, []).append(key)
    judged: dict[str, list[Judgement]] = {}
    for tile, keys in groups.items():
        tuned = tune(network, keys, grid=scan_grid(tile), progress=progress)
        judged |= {key: judge(tuned[key], criteria) for key in keys}
    return judged


def _count(judged: list[Judgement], kind: str = "curve") -> int:
    return sum(j.kind == kind for j in judged)


def _gap(judged: list[Judgement]) -> float:
    return largest_gap([j.statistics.orientation for j in judged if j.kind == "curve"])


def _purity(judged: list[Judgement]) -> float:
    curves = [j.statistics for j in judged if j.kind == "curve"]
    return sum((1 - s.echo) * (1 - s.at90) for s in curves) * (1 - _gap(judged) / 360)


def find_curves(
    network: Network,
    *,
    layer: str | None = None,
    criteria: Criteria | None = None,
    permutations: int = 3,
    seed: int = 0,
    progress: bool = False,
) -> CurveFamily:
    """Find the units that detect curves, and the layer where they form the purest family.

    Every unit is tuned to outline curves drawn through the centre of its receptive field and
    judged by `criteria`. The same search runs on weight-permuted copies of the network; a family
    is only found if it has at least 4 units and at least twice as many as any copy. Statistics
    are then measured on held-out stimuli: filled shapes and reversed polarity.

    Parameters
    ----------
    network
        Any network, from `curvecircuits.load` or `curvecircuits.wrap`.
    layer
        Search this layer only; by default all layers whose receptive fields could hold a curve.
    permutations
        Weight-permuted copies to search.
    seed
        Of the copies and of the receptive-field measurement.

    Raises
    ------
    InputError
        For an unknown layer, or one without geometry.

    References
    ----------
    Cammarata et al., "Curve Detectors", Distill 2020; "Curve Circuits", Distill 2021.
    """
    criteria = criteria or Criteria()
    if permutations < 1:
        raise InputError("A search needs at least 1 weight-permuted copy to compare with.")
    if layer is None:
        searchable = searchable_layers(network)
        if not searchable:
            raise InputError(f"{network.name} has no layer of units that look at a place.")
        tiles = layer_tiles(network, searchable, seed)
        fitting = {k: v for k, v in tiles.items() if _SMALLEST <= v[1] <= _LARGEST}
        if not fitting:
            raise InputError(
                f"{network.name} has no layer whose receptive field holds a curve; name one to "
                "search it all the same."
            )
        tiles = fitting
    else:
        network.geometry(layer)
        tiles = layer_tiles(network, [network.layer(layer).title], seed)
    judged = _scan(network, tiles, criteria, progress)
    nulls = [
        _scan(weight_permuted(network, seed=seed + 1 + i), tiles, criteria, progress)
        for i in range(permutations)
    ]
    best = max(judged, key=lambda key: (_purity(judged[key]), _count(judged[key])))
    permuted_counts = tuple(max(_count(null[key]) for key in tiles) for null in nulls)
    count = _count(judged[best])
    found = count >= _LEAST and count >= 2 * max(permuted_counts)
    family = _measure(network, best, tiles[best][1], judged[best], progress) if found else ()
    units = tuple(u for u in family if u.kind == "curve")
    gap = largest_gap([u.orientation for u in units])
    return CurveFamily(
        model=network.name,
        model_hash=network.model_hash,
        weights=str(network.provenance),
        layer=best if found else (layer and network.layer(layer).title),
        found=found,
        verdict=_verdict(network, best, count, permuted_counts, gap, found),
        units=units,
        early=tuple(u for u in family if u.kind == "early curve"),
        near_misses=_near_misses(best, judged[best]),
        largest_gap=gap,
        permuted_counts=permuted_counts,
        layers=tuple(
            LayerScan(
                layer=key,
                receptive_field=tiles[key][0],
                tile=tiles[key][1],
                curves=_count(judged[key]),
                early_curves=_count(judged[key], "early curve"),
                largest_gap=_gap(judged[key]),
                purity=_purity(judged[key]),
                permuted=tuple(_count(null[key]) for null in nulls),
            )
            for key in tiles
        ),
        seed=seed,
    )


def _verdict(
    network: Network, best: str, count: int, permuted: tuple[int, ...], gap: float, found: bool
) -> str:
    null = f"weight-permuted copies have {', '.join(map(str, permuted))}"
    if found:
        return (
            f"{network.name} has a curve family of {count} units in {best} ({null}); its largest "
            f"gap in orientation is {gap:.0f}°."
        )
    return (
        f"No curve family found in {network.name}: the best layer, {best}, has {count} units "
        f"that pass ({null}); a family needs {_LEAST}, and twice what any copy has."
    )


def held_out(
    network: Network, layer: str, *, grid: CurveGrid, progress: bool = False
) -> list[CurveTuning]:
    """Tuning to the stimuli that nothing was selected on: reversed and filled, both polarities."""
    looks = ("reversed", "filled", "filled-reversed")
    return [
        tune(network, [layer], grid=grid, look=look, progress=progress)[layer] for look in looks
    ]


def _measure(
    network: Network, layer: str, tile: float, judged: list[Judgement], progress: bool
) -> tuple[CurveUnit, ...]:
    chosen = [j for j in judged if j.kind]
    grid = quick().scaled(tile / 60)
    outline = tune(network, [layer], grid=grid, progress=progress)[layer]
    others = held_out(network, layer, grid=grid, progress=progress)
    units: list[CurveUnit] = []
    for j in chosen:
        seen = outline.responses(sign=j.sign)[j.channel]
        unseen = np.mean([t.responses(sign=j.sign)[j.channel] for t in others], axis=0)
        units.append(_unit(layer, j, seen, unseen, np.asarray(grid.radii)))
    return tuple(sorted(units, key=lambda u: (u.orientation, u.channel)))


def _unit(
    layer: str, judged: Judgement, seen: ndarray, unseen: ndarray, radii: ndarray
) -> CurveUnit:
    """The record of a unit from its joint responses (orientations, radii) to both sets."""
    outline, other = tuning_statistics(np.stack([seen.mean(1), unseen.mean(1)]))
    if not outline.peak > 0:  # only between the orientations of this finer grid
        outline = judged.statistics
    silent = not other.peak > 0
    if silent:
        other = replace(outline, peak=0.0)
    outline_radius = float(radii[seen.max(0).argmax()])
    return CurveUnit(
        unit=f"{layer}:{judged.channel}",
        channel=judged.channel,
        sign=judged.sign,
        kind=str(judged.kind),
        orientation=other.orientation,
        radius=outline_radius if silent else float(radii[unseen.max(0).argmax()]),
        fwhm=other.fwhm,
        echo=other.echo,
        at90=other.at90,
        peak=other.peak,
        outline_orientation=outline.orientation,
        outline_radius=outline_radius,
        outline_fwhm=outline.fwhm,
        outline_echo=outline.echo,
        outline_at90=outline.at90,
        outline_peak=outline.peak,
        confirmed=not silent
        and angular_distance(outline.orientation, other.orientation) <= 30
        and other.echo <= 0.2,
    )


def _near_misses(layer: str, judged: list[Judgement]) -> tuple[NearMiss, ...]:
    close = [j for j in judged if len(j.reasons) == 1 and j.strength >= _NEAR]
    close.sort(key=lambda j: -j.statistics.peak)
    return tuple(
        NearMiss(
            unit=f"{layer}:{j.channel}",
            reason=j.reasons[0],
            orientation=j.statistics.orientation,
            fwhm=j.statistics.fwhm,
            echo=j.statistics.echo,
            at90=j.statistics.at90,
        )
        for j in close
    )
