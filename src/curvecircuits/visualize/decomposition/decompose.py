"""Decomposed feature visualization: what a unit asks of earlier layers, place by place."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.families.chain import chain
from curvecircuits.models.address import Direction, Unit
from curvecircuits.models.network import Network
from curvecircuits.models.permute import weight_permuted
from curvecircuits.store import pack, versions
from curvecircuits.visualize.decomposition.grid import alikeness, cells_of, default_side, spread
from curvecircuits.visualize.decomposition.records import (
    DecomposedLayer,
    DecomposedUnit,
    Decomposition,
)
from curvecircuits.visualize.features.climbed import feature_visualization
from curvecircuits.visualize.features.objectives import Objective
from curvecircuits.visualize.features.picture import Picture
from curvecircuits.visualize.features.plans import Look
from curvecircuits.weights.expanded import ExpandedWeights, expanded_weights

_COPIES = 8
"""Weight-permuted copies that neighbouring cells are compared with."""


def decompose(
    network: Network,
    unit: Unit | str,
    *,
    layers: Sequence[str] | None = None,
    grids: Mapping[str, int] | None = None,
    steps: int = 128,
    look: Look | None = None,
    seed: int = 0,
    batch: int | None = None,
    cache: str | Path | None = None,
    progress: bool = False,
) -> Decomposition:
    """Show what a unit asks of earlier layers at every place: a grid of pictures for each layer.

    The unit's expanded weights on a layer are summed by area into a grid over all positions that
    units of its layer can see (`spread`; nothing is cut off). With v the vector of a cell over the
    layer's channels, its picture is climbed towards Σ v_c · h_c / ‖v‖ at one position
    (`Objective.unit` of a direction), and its opacity is ‖v‖ over the layer's largest. Cells below
    2 % of that get no picture.

    The first layer is climbed too. The sum of its filters, Σ v_c F_c, would be best if nothing
    were clipped; but a unit that takes both phases of a line has filters that cancel in it.

    Parameters
    ----------
    unit
        Such as 3b:358.
    layers
        Earlier ones; by default the `chain` below the unit's layer.
    grids
        Cells a side, by layer; by default `default_side` of the positions. A support that is
        not square has no more cells across its shorter side than it has positions.
    steps, look, seed, batch, cache, progress
        As for `feature_visualization`; by default in shades of grey, with opacity. The cache keeps
        what is finished before an interrupt.

    Raises
    ------
    InputError
        For units and layers that the network does not have, layers that the unit does not depend
        on or that are named twice, grids of other layers or with more cells than positions, and as
        `expanded_weights` and `feature_visualization`.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> found = decompose(artificial_network(), "3b:0", layers=["conv2d1"], steps=2)
    >>> found.layers[0].grid, found.layers[0].cells[40].footprint
    ((9, 9), (-9.0, -9.0, 19, 19))

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, first figure; Voss et al., "Visualizing
    Weights", Distill 2021, on expanded weights.
    """
    look = look or Look(grey=True, alpha=True)
    address = Unit.parse(unit) if isinstance(unit, str) else unit
    network.check(address)
    title = network.layer(address.layer).title
    chosen = _layers(network, title, layers)
    # All weights come before the first picture, so that what is refused is refused at once.
    weights = [expanded_weights(network, layer, units=[address]) for layer in chosen]
    sides = _grids(network, weights, grids or {})
    controls = _controls(network, address, chosen, sides, seed)
    parts: list[DecomposedLayer] = []
    arrays: dict[str, ndarray] = {}
    for number, (found, grid) in enumerate(zip(weights, sides, strict=True)):
        vectors = spread(found.values[0], grid)
        permuted = [control[number] for control in controls]
        part = _decomposed(network, found, vectors, permuted, seed)
        wanted = _objectives(part, vectors)
        pictures: tuple[Picture, ...] = ()
        if wanted:
            pictures = feature_visualization(
                network,
                wanted,
                steps=steps,
                look=look,
                seed=seed,
                batch=batch,
                cache=cache,
                progress=progress,
            )
        parts.append(part)
        arrays[f"vectors.{number}"] = vectors.float().numpy()
        arrays[f"pictures.{number}"] = _bytes(pictures, grey=look.grey)
    field = network.geometry(title)
    made = DecomposedUnit(
        unit=f"{title}:{address.channel}",
        model=network.name,
        model_hash=network.model_hash,
        weights=str(network.provenance),
        field=(field.y.size, field.x.size),
        layers=tuple(parts),
        steps=steps,
        rate=look.rate,
        grey=look.grey,
        alpha=look.alpha,
        seed=seed,
        arrays=hashlib.sha256(pack(arrays)).hexdigest(),
        versions=versions(),
    )
    return Decomposition(made=made, arrays=arrays)


def _layers(network: Network, title: str, layers: Sequence[str] | None) -> list[str]:
    """The layers to show by their titles, the latest first."""
    if layers is None:
        layers = chain(network, title)[:-1]
        if not layers:
            raise InputError(f"No rectified layer comes before {title}: name layers to decompose.")
    elif isinstance(layers, str) or not layers:
        raise InputError(f"Layers to decompose over are a list of names, not {layers!r}.")
    named = [network.layer(name) for name in layers]
    if len({layer.name for layer in named}) < len(named):
        raise InputError(f"Each layer is named once: {', '.join(layers)} has one twice.")
    order = list(network.layers)
    return [x.title for x in sorted(named, key=lambda x: order.index(x.name), reverse=True)]


def _grids(
    network: Network, weights: Sequence[ExpandedWeights], grids: Mapping[str, int]
) -> list[tuple[int, int]]:
    asked = {network.layer(name).title: (name, side) for name, side in grids.items()}
    shapes = {w.source: (w.values.shape[2], w.values.shape[3]) for w in weights}
    for layer, (name, side) in asked.items():
        if layer not in shapes:
            raise InputError(
                f"A grid is given for {name}, which is not decomposed over: "
                f"{', '.join(shapes)} are."
            )
        most = max(shapes[layer])
        if type(side) is not int or not 1 <= side <= most:
            raise InputError(f"{name} has grids of 1 to {most} cells a side here, not {side!r}.")
    found: list[tuple[int, int]] = []
    for layer, (height, width) in shapes.items():
        if layer in asked:
            side = asked[layer][1]
            found.append((min(side, height), min(side, width)))
        else:
            found.append((default_side(height), default_side(width)))
    return found


def _controls(
    network: Network,
    address: Unit,
    layers: Sequence[str],
    grids: Sequence[tuple[int, int]],
    seed: int,
) -> list[list[Tensor]]:
    """For each weight-permuted copy, what `spread` makes of it on every layer."""
    found: list[list[Tensor]] = []
    for number in range(_COPIES):
        copy = weight_permuted(network, seed=seed * _COPIES + number)
        weights = (expanded_weights(copy, layer, units=[address]) for layer in layers)
        found.append([spread(w.values[0], grid) for w, grid in zip(weights, grids, strict=True)])
    return found


def _decomposed(
    network: Network,
    found: ExpandedWeights,
    vectors: Tensor,
    permuted: Sequence[Tensor],
    seed: int,
) -> DecomposedLayer:
    height, width = found.values.shape[2:]
    rows, columns = vectors.shape[1:]
    source = network.geometry(found.source)
    return DecomposedLayer(
        layer=found.source,
        grid=(rows, columns),
        positions=(height, width),
        stride=found.pitch,
        pitch=(height * source.y.stride / rows, width * source.x.stride / columns),
        cells=cells_of(vectors, found, source),
        alikeness=alikeness(vectors, permuted, seed=seed),
    )


def _objectives(part: DecomposedLayer, vectors: Tensor) -> list[Objective]:
    wanted: list[Objective] = []
    for cell in part.cells:
        if cell.picture is not None:
            # Of length 1: what is climbed does not depend on how strong a cell is.
            vector = vectors[:, cell.row, cell.column] / cell.norm
            name = f"{cell.row}-{cell.column}"
            wanted.append(Objective.unit(Direction(part.layer, tuple(vector.tolist()), name=name)))
    return wanted


def _bytes(pictures: Sequence[Picture], *, grey: bool) -> ndarray:
    """Pictures as bytes; one channel is kept of three that are the same."""
    if not pictures:
        return np.zeros((0, 1, 1, 1), dtype=np.uint8)
    images = torch.stack([p.image for p in pictures])
    if grey:
        images = torch.cat([images[:, :1], images[:, 3:]], 1)
    return (images.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
