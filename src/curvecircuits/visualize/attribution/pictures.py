"""Attribution pictures: what of an image moves a unit, by its weights on an earlier layer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.visualize.attribution.frame import Cell, corner_of, cut, middle_of, values_on
from curvecircuits.visualize.attribution.records import (
    SIGNS,
    Attributed,
    AttributionPicture,
    Signed,
    compared,
)
from curvecircuits.visualize.features.climbed import feature_visualization
from curvecircuits.visualize.features.objectives import Objective
from curvecircuits.visualize.features.plans import Look
from curvecircuits.visualize.saliency import saliency
from curvecircuits.weights.expanded import ExpandedWeights, expanded_weights, linear_bias
from curvecircuits.weights.sampling import sampling


def attribution_pictures(
    network: Network,
    units: Unit | str | Sequence[Unit | str],
    images: Float[Tensor, "n 3 h w"],
    *,
    layer: str,
    position: Cell | Sequence[Cell] | None = None,
    signed: Signed = "absolute",
    steps: int = 256,
    look: Look | None = None,
    seed: int = 0,
    cache: str | Path | None = None,
    progress: bool = False,
) -> tuple[AttributionPicture, ...]:
    """Show what of an earlier layer moves a unit on an image, as a feature visualization.

    With h the activations of the layer in the window that the unit sees at its position, and W its
    expanded weights, A = |W · h| for every channel and cell, and the picture is climbed towards the
    dot product of the layer with A, cell by cell: `Objective.field(layer, A)`. Cells beyond the
    border of the layer's map count as zero. The crop of the image and the unit's saliency are
    given in the picture's frame, so that they can be laid over it.

    Parameters
    ----------
    units
        One for all images, or one for each; of any layers.
    images
        RGB in [0, 1].
    layer
        The earlier layer, whose activations are weighed.
    position
        Row and column of the unit's layer, for all images or one for each. By default where the
        unit is strongest.
    signed
        `positive` keeps max(0, W · h), which supports the unit; `negative` max(0, −W · h), which
        opposes it.
    look
        By default grey with opacity.
    steps, seed, cache, progress
        As for `feature_visualization`.

    Raises
    ------
    InputError
        For units that are not there or not as many as images, units that do not depend on the
        layer, positions that are not on the map, and an attribution that is zero everywhere.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.stimuli import curves
    >>> drawn = curves(orientation=[0.0], radius=30.0, size=96, width=2.0, centre=(46.5, 46.5))
    >>> (found,) = attribution_pictures(
    ...     artificial_network(), "3b:0", drawn.expand(-1, 3, -1, -1), layer="3a", steps=2
    ... )
    >>> found.picture.image.shape[1:] == found.crop.shape[1:] == found.saliency.shape
    True
    >>> 0.5 < found.found.predicted / found.found.actual < 2
    True

    References
    ----------
    Cammarata et al., "Curve Detectors", Distill 2020, whose dataset examples have attribution
    pictures; saliency as in Cammarata et al., "Curve Circuits", Distill 2021.
    """
    if signed not in SIGNS:
        raise InputError(f"{signed!r} is no sign of an attribution: choose {', '.join(SIGNS)}.")
    named = _units(network, units, len(images))
    cells = _cells(position, len(images))
    weights = {u: expanded_weights(network, layer, units=[u]) for u in dict.fromkeys(named)}
    bias = {u: float(linear_bias(network, layer, units=[u])[0]) for u in weights}
    shown = images.detach().to(network.device, torch.get_default_dtype())
    seen = [
        _seen(network, weights[u], shown[i : i + 1], cells[i], signed) for i, u in enumerate(named)
    ]
    title = network.layer(layer).title
    asked: list[Objective] = []
    for number, (unit, each) in enumerate(zip(named, seen, strict=True)):
        if not bool(each.values.any()):
            kind = "an" if signed == "absolute" else f"a {signed}"
            raise InputError(
                f"Nothing of {title} has {kind} effect on {unit} at {each.cell} of image {number}:"
                " choose another image or position."
            )
        name = f"{signed} {unit} {number}"
        asked.append(Objective.field(layer, each.values, name=name))
    pictures = feature_visualization(
        network,
        asked,
        steps=steps,
        look=look or Look(grey=True, alpha=True),
        seed=seed,
        cache=cache,
        progress=progress,
    )
    found: list[AttributionPicture] = []
    for i, (unit, each, picture) in enumerate(zip(named, seen, pictures, strict=True)):
        others = [j for j in range(len(named)) if named[j] == unit and j != i]
        product = weights[unit].values[0].cpu() * values_on(network, asked[i], picture)
        again = _signed(product, signed)
        elsewhere = [seen[j].values for j in others]
        full = network.layer(unit.layer)
        middle = middle_of(network, weights[unit], asked[i], picture)
        corner = corner_of(network, full.pre_activation, shown[i], each.cell, middle)
        side = (picture.image.shape[1], picture.image.shape[2])
        (light,) = saliency(network, shown[i : i + 1], unit, position=each.cell)
        found.append(
            AttributionPicture(
                found=Attributed(
                    model=network.name,
                    model_hash=network.model_hash,
                    weights=str(network.provenance),
                    unit=str(Unit(full.title, unit.channel)),
                    layer=title,
                    image=i,
                    position=each.cell,
                    signed=signed,
                    predicted=each.total + bias[unit],
                    actual=each.actual,
                    alike=compared(again, each.values, elsewhere),
                    alike_summed=compared(
                        again.sum(0), each.values.sum(0), [v.sum(0) for v in elsewhere]
                    ),
                ),
                picture=picture,
                values=each.values,
                middle=middle,
                crop=cut(shown[i], corner, side, beyond=0.5).cpu(),
                saliency=cut(light[None], corner, side, beyond=0.0)[0].cpu(),
            )
        )
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """A unit at one position of an image."""

    cell: Cell
    values: Float[Tensor, "channels h w"]
    """The attribution A."""
    total: float
    """Σ W · h."""
    actual: float


def _seen(
    network: Network, weights: ExpandedWeights, image: Tensor, cell: Cell | None, signed: Signed
) -> _Seen:
    unit = weights.units[0]
    target = network.layer(unit.layer).pre_activation
    with torch.inference_mode():
        maps = network.activations(image, layers=[weights.source, target])
        own = maps[target][0, unit.channel]
        if own.ndim != 2:
            raise InputError(
                f"{unit} of {network.name} is of no map: give a unit of a layer that is."
            )
        if cell is None:
            place = int(own.argmax())
            cell = (place // own.shape[1], place % own.shape[1])
        where = sampling(network, weights, image, positions=None, at=cell, seed=0)
        height, width = weights.values.shape[2:]
        (patch,) = where.patches(maps[weights.source], height, width)
        product = (weights.values[0].to(patch) * patch[0]).cpu()
    return _Seen(
        cell=cell,
        values=_signed(product, signed),
        total=float(product.double().sum()),
        actual=float(own[cell]),
    )


def _signed(product: Tensor, signed: Signed) -> Tensor:
    match signed:
        case "absolute":
            return product.abs()
        case "positive":
            return product.clamp(min=0)
        case "negative":
            return (-product).clamp(min=0)


def _units(network: Network, units: Unit | str | Sequence[Unit | str], count: int) -> list[Unit]:
    given = [units] if isinstance(units, Unit | str) else units
    named = [Unit.parse(u) if isinstance(u, str) else u for u in given]
    named = named * count if len(named) == 1 else named
    if len(named) != count or not count:
        raise InputError(
            f"{len(named)} units cannot be attributed on {count} images: give one unit, or one for "
            "each image."
        )
    for unit in named:
        network.check(unit)
    return [Unit(network.layer(u.layer).name, u.channel) for u in named]


def _cells(position: Cell | Sequence[Cell] | None, count: int) -> list[Cell | None]:
    if position is None:
        return [None] * count
    given = torch.as_tensor(position)
    given = given.expand(count, -1) if given.ndim == 1 else given
    if tuple(given.shape) != (count, 2) or given.is_floating_point():
        raise InputError(
            "A position is a row and a column of the unit's map, whole numbers, for all images or "
            f"for each of {count}."
        )
    return [(row, column) for row, column in given.tolist()]
