"""What a family's inputs do on a grid of curves, and what the linear picture makes of it."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor
from torch.nn import functional as F

from curvecircuits.circuits.kernels import Kernels, kernels
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.families.tiles import scan_grid, tile_of
from curvecircuits.models.network import Network
from curvecircuits.stimuli import CurveGrid
from curvecircuits.tuning import Look, Station, images_at_once, tune
from curvecircuits.weights.expanded import ExpandedWeights, linear_bias


@dataclass(frozen=True, kw_only=True)
class LinearView:
    """Targets and sources on one grid of curves, at the position where the targets are read.

    In the linear picture a target's pre-activation is Σ W · h + b, with h the real activations of
    the source layer on the stimulus and W the expanded weights. On a target layer that nothing
    clips, both it and the real response are what the stimulus adds to the blank canvas.
    """

    kernels: Kernels
    """Between the families. Where a target's negative is the one that answers to its shape (on a
    layer that nothing clips), its weights have the other sign here."""
    grid: CurveGrid
    look: Look
    real: Float[ndarray, "targets orientations radii"]
    """Responses of the network, never negative."""
    everything: Float[ndarray, "targets orientations radii"]
    """Σ W · h + b over all channels of the source layer, not clipped."""
    inputs: Float[ndarray, "orientations radii sources h w"]
    """Real activations of the sources at the cells of the kernels."""
    bias: Float[ndarray, " targets"]
    """b: what the linear picture gives without any input."""


def linear_view(
    network: Network,
    weights: ExpandedWeights,
    targets: Family,
    sources: Family,
    *,
    grid: CurveGrid | None = None,
    look: Look = "outline",
) -> LinearView:
    """Run a grid of curves through the network and read targets, sources and the linear picture.

    Parameters
    ----------
    weights
        Expanded weights of the targets on the sources' layer.
    grid
        Curves drawn through the targets' centre; by default the search grid of their layer.
    look
        As for `curvecircuits.tuning.tune`.

    Raises
    ------
    InputError
        When the weights belong to other families or layers, or the families have no inside and
        outside (period 360).

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.weights import expanded_weights
    >>> network = artificial_network()
    >>> curves = Family(
    ...     name="curve", layer="3b", channels=(0, 12), orientations=(0, 180), period=360
    ... )
    >>> early = Family(
    ...     name="early curve", layer="3a", channels=(0, 12), orientations=(0, 180), period=360
    ... )
    >>> weights = expanded_weights(network, "3a", units=curves.units)
    >>> grid = CurveGrid(orientations=(0.0, 90.0, 180.0, 270.0), radii=(60,), tile=60, width=2)
    >>> found = linear_view(network, weights, curves, early, grid=grid)
    >>> found.inputs.shape, found.real[0, :, 0].argmax().item()
    ((4, 1, 2, 5, 5), 0)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section "Early Curves".
    """
    between = kernels(weights, targets, sources)
    _check(network, weights, targets, sources, between)
    grid = grid or scan_grid(tile_of(network, targets.layer))
    tuning = tune(network, [targets.layer], grid=grid, look=look)[targets.layer]
    rows = {unit.channel: row for row, unit in enumerate(weights.units)}
    chosen = [rows[c] for c in between.targets.channels]
    channels = list(between.targets.channels)
    values = weights.values[chosen].to(network.device)
    bias = linear_bias(network, weights.source, units=between.targets.units).double().cpu().numpy()
    sign = np.ones(len(chosen))
    both = {s: tuning.responses(sign=s)[channels] for s in ((1, -1) if tuning.linear else (1,))}
    if tuning.linear:
        sign = np.where(both[1].mean(2).max(1) >= both[-1].mean(2).max(1), 1.0, -1.0)
    totals: list[Tensor] = []
    inputs: list[Tensor] = []
    for patch in _patches(network, weights, tuning.station, grid, look):
        totals.append(torch.einsum("ncij,tcij->tn", patch, values).cpu())
        inputs.append(patch[:, list(between.sources.channels)].cpu())
    # The first image is the blank canvas.
    everything = torch.cat(totals, 1).double().numpy()
    seen = torch.cat(inputs).double().numpy()
    if tuning.linear:
        everything, seen, bias = (
            everything - everything[:, :1],
            seen - seen[:1],
            np.zeros(len(sign)),
        )
    everything = sign[:, None] * everything + bias[:, None]
    signed = between.values * sign[:, None, None, None]
    return LinearView(
        kernels=Kernels(
            targets=between.targets,
            sources=between.sources,
            values=signed,
            pitch=between.pitch,
            offset=between.offset,
        ),
        grid=grid,
        look=look,
        real=np.where(sign[:, None, None] > 0, both[1], both.get(-1, both[1])),
        everything=everything[:, 1:].reshape(-1, *grid.shape),
        inputs=seen[1:].reshape(*grid.shape, *seen.shape[1:]),
        bias=bias,
    )


def _check(
    network: Network, weights: ExpandedWeights, targets: Family, sources: Family, between: Kernels
) -> None:
    source, target = (network.layer(f.layer) for f in (sources, targets))
    if network.layer(weights.source).name != source.name:
        raise InputError(
            f"The weights were expanded on {weights.source}, and {sources.name} is a family of "
            f"{sources.layer}: expand them on that layer."
        )
    if network.layer(weights.units[0].layer).pre_activation != target.pre_activation:
        raise InputError(
            f"The weights are of {weights.units[0].layer}, and {targets.name} is a family of "
            f"{targets.layer}: expand those of its units."
        )
    if between.period != 360:
        raise InputError(
            f"Curves opposing {targets.name} need an inside and an outside: choose two families "
            "of period 360."
        )


def _patches(
    network: Network, weights: ExpandedWeights, place: Station, grid: CurveGrid, look: Look
):
    """The source layer at the kernel's cells, batch by batch; first on the blank canvas."""
    height, width = weights.values.shape[2:]
    top, left = (
        o + s * k
        for o, s, k in zip(weights.origin, weights.stride, (place.row, place.column), strict=True)
    )

    def read(images: Tensor) -> Tensor:
        maps = network.run(images.expand(-1, 3, -1, -1), layers=[weights.source])
        values = maps[weights.source]
        # Beyond its edge the network sees zeros; a negative padding crops.
        bottom, right = values.shape[2] - top - height, values.shape[3] - left - width
        return F.pad(values, (-left, -right, -top, -bottom))

    ink, paper = (1.0, 0.0) if look.endswith("reversed") else (0.0, 1.0)
    with torch.inference_mode():
        yield read(torch.full((1, 1, place.size, place.size), paper, device=network.device))
        for _, images in grid.batches(
            size=place.size,
            centre=place.centre,
            chunk=images_at_once(place, network.device),
            device=network.device,
            filled=look.startswith("filled"),
            ink=ink,
            paper=paper,
        ):
            yield read(images)
