"""Which pixels move a unit: the gradient of its pre-activation with respect to the image."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.address import Address
from curvecircuits.models.network import Network
from curvecircuits.visualize.window import Cells, Window, window_for

Position = tuple[float, float] | Sequence[tuple[float, float]] | Tensor
"""Row and column of a layer's map, for all images or one for each; with fractions between cells."""

_SAME = 1e-3
"""Relative difference by which a value on a part of an image may differ from that on the whole."""


def saliency(
    network: Network,
    images: Float[Tensor, "n 3 h w"],
    unit: Address | Sequence[Address],
    *,
    position: Position | None = None,
) -> Float[Tensor, "n h w"]:
    """How much each pixel moves a unit: ‖∂z / ∂(r, g, b)‖₂.

    z is the unit's pre-activation at one position. The norm is over the three colours; the map has
    no sign, and its unit is that of the pre-activation for a step of 1 in brightness.

    Parameters
    ----------
    network
        In evaluation mode, as every network here is.
    images
        RGB in [0, 1].
    unit
        A unit or direction, for all images or one for each, of one layer.
    position
        Row and column of the layer's map, for all images or one for each. Between cells, values
        are interpolated bilinearly. By default where the unit is strongest in each image.

    Returns
    -------
    Tensor
        Zero for pixels outside the receptive field.

    Raises
    ------
    InputError
        For images of another form, units that are not there or not of one layer, layers without a
        map, and positions that are not on it.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.models.address import Unit
    >>> from curvecircuits.stimuli import curves
    >>> drawn = curves(orientation=[0.0], radius=30.0, size=96, width=2.0, centre=(46.5, 46.5))
    >>> found = saliency(
    ...     artificial_network(), drawn.expand(-1, 3, -1, -1), Unit("3b", 0), position=(5, 5)
    ... )
    >>> inside = found[0, 16:78, 16:78].sum() / found.sum()
    >>> tuple(found.shape), bool(inside > 0.95)
    ((1, 96, 96), True)

    References
    ----------
    Simonyan et al., "Deep Inside Convolutional Networks", 2013; shown for artificial curve
    detectors in Cammarata et al., "Curve Circuits", Distill 2021.
    """
    return saliency_gradient(network, images, unit, position=position).norm(dim=1)


def saliency_gradient(
    network: Network,
    images: Float[Tensor, "n 3 h w"],
    unit: Address | Sequence[Address],
    *,
    position: Position | None = None,
) -> Float[Tensor, "n 3 h w"]:
    """∂z / ∂image with its sign, for each colour; parameters and errors are those of `saliency`.

    Only the receptive field is computed, where the geometry of the layer is known.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.address import Unit
    >>> from curvecircuits.models.wrap import wrap
    >>> conv = nn.Conv2d(3, 2, 3)
    >>> found = saliency_gradient(
    ...     wrap(conv, input_size=16), torch.rand(1, 3, 16, 16), Unit("conv2d", 1), position=(4, 6)
    ... )
    >>> torch.equal(found[0, :, 4:7, 6:9], conv.weight[1])
    True
    """
    _, gradient = value_and_gradient(network, images, unit, position=position)
    return gradient


def value_and_gradient(
    network: Network,
    images: Float[Tensor, "n 3 h w"],
    unit: Address | Sequence[Address],
    *,
    position: Position | None = None,
) -> tuple[Float[Tensor, " n"], Float[Tensor, "n 3 h w"]]:
    """The pre-activation at each position, and its gradient."""
    units = [network.check(u) for u in (unit if isinstance(unit, Sequence) else [unit])]
    units = units * len(images) if len(units) == 1 else units
    layers = {u.layer for u in units}
    if len(layers) != 1 or len(units) != len(images):
        raise InputError(
            f"Saliency of {len(units)} units of {len(layers)} layers on {len(images)} images: give "
            "one unit, or one for each image, all of one layer."
        )
    (layer,) = layers
    source = network.layer(layer).pre_activation
    if not network.layer(source).spatial:
        raise InputError(f"{layer} of {network.name} is no map: give a unit of a layer that is.")
    shown = images.detach().to(network.device, torch.get_default_dtype())
    with torch.inference_mode():
        looked = shown if position is None else shown[:1]
        maps = network.activations(looked, layers=[source])[source]
        height, width = maps.shape[2:]
        if position is None:
            best = _projected(network, maps, units).flatten(1).argmax(1)
            cells = torch.stack([best // width, best % width], 1).to(shown)
        else:
            cells = torch.as_tensor(position, dtype=shown.dtype).to(shown.device)
        cells = _checked(cells, len(images), (height, width))
        value = _at(_projected(network, maps[:1], units[:1]), cells[:1])
    size = (int(shown.shape[2]), int(shown.shape[3]))
    window = window_for(network, source, cells, size=size)
    if window is not None and not _same(network, source, shown, units, cells, window, value, maps):
        window = None
    return _derived(network, source, shown, units, cells, window)


def _derived(
    network: Network,
    source: str,
    shown: Tensor,
    units: Sequence[Address],
    cells: Cells,
    window: Window | None,
) -> tuple[Tensor, Tensor]:
    seen, where = (shown, cells) if window is None else (window.cut(shown), window.cells(cells))
    with torch.inference_mode(False), torch.enable_grad():
        leaf = seen.clone().requires_grad_()
        # Images do not depend on each other, so one sum gives the gradient of every value.
        first, last = where.floor().amin(0).long(), where.ceil().amax(0).long() + 1
        area = (int(first[0]), int(last[0]), int(first[1]), int(last[1]))
        maps = network.run(leaf, layers=[source], within={source: area})[source]
        values = _at(_projected(network, maps, units), where - first)
        (gradient,) = torch.autograd.grad(values.sum(), leaf)
    return values.detach(), gradient if window is None else window.put(gradient, shown)


def _same(
    network: Network,
    source: str,
    shown: Tensor,
    units: Sequence[Address],
    cells: Cells,
    window: Window,
    value: Tensor,
    maps: Tensor,
) -> bool:
    """Whether the first image gives the same value in its window.

    Geometry knows nothing of the preprocessing, which may look at the whole image.
    """
    with torch.inference_mode():
        first = network.run(window.cut(shown)[:1], layers=[source])[source]
        found = _at(_projected(network, first, units[:1]), window.cells(cells)[:1])
    room = _SAME * float(maps.abs().max())
    return bool((found - value).abs().max() <= room)


def _projected(
    network: Network, maps: Float[Tensor, "n c h w"], units: Sequence[Address]
) -> Float[Tensor, "n h w"]:
    """Of each image, the map of its own unit."""
    kinds = list(dict.fromkeys(units))
    each = torch.stack([network.project(maps, u) for u in kinds])
    which = torch.tensor([kinds.index(u) for u in units], device=maps.device)
    return each[which, torch.arange(len(maps), device=maps.device)]


def _at(maps: Float[Tensor, "n h w"], cells: Cells) -> Float[Tensor, " n"]:
    """The value of each map at its own position, bilinear between cells."""
    each = torch.arange(len(maps), device=maps.device)
    last = torch.tensor(maps.shape[1:], device=maps.device) - 1
    low = cells.floor().long().clamp(min=torch.zeros_like(last), max=last)
    high = torch.minimum(low + 1, last)
    y, x = (cells - low).to(maps).unbind(1)
    (top, left), (bottom, right) = low.unbind(1), high.unbind(1)
    above = (1 - x) * maps[each, top, left] + x * maps[each, top, right]
    below = (1 - x) * maps[each, bottom, left] + x * maps[each, bottom, right]
    return (1 - y) * above + y * below


def _checked(cells: Tensor, count: int, size: tuple[int, int]) -> Cells:
    if cells.ndim == 1:
        cells = cells.expand(count, -1)
    if tuple(cells.shape) != (count, 2):
        raise InputError(
            f"Positions of shape {tuple(cells.shape)} are not a row and a column for each of "
            f"{count} images: give (row, column), or as many as there are images."
        )
    last = torch.tensor(size, device=cells.device) - 1
    if not bool(((cells >= 0) & (cells <= last)).all()):
        raise InputError(
            f"A position is off the map of {size[0]} × {size[1]} cells: rows 0 to {size[0] - 1} "
            f"and columns 0 to {size[1] - 1} are valid."
        )
    return cells
