"""How large a patch of the image really moves a layer's units.

The theoretical receptive field of a deep layer is far larger than what its units use. The
*effective* receptive field stated here is the side of the centred square that holds 98 % of the
energy of the gradient of the layer's central units with respect to the image, on average over
seeded patterns of black and white patches with contours at every scale (after Luo et al.,
"Understanding the effective receptive field", NeurIPS 2016). For GoogLeNet's 3b it comes to about
54 pixels, where the article draws its stimuli in a square of 60.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.models.cropped import Area, position
from curvecircuits.models.network import Network

_SHARE, _IMAGES = 0.98, 8
_LIVE, _ROUNDS = 16, 24
"""A layer that some images leave still is shown more, until so many have moved it, so many times
at most."""


def effective_receptive_fields(
    network: Network, layers: list[str], *, seed: int = 0
) -> dict[str, float]:
    """Effective receptive field of each layer, in pixels of the image; NaN for a silent layer.

    Parameters
    ----------
    network, layers
        Layers with geometry; all are measured in the same passes.
    seed
        Of the noise images and of the random signs with which units are summed.

    Raises
    ------
    InputError
        When a layer has no geometry.
    """
    size = network.input_size
    generator = torch.Generator().manual_seed(seed)
    energy: dict[str, torch.Tensor] = {}
    live = dict.fromkeys(layers, 0)
    for shown in range(0, _ROUNDS * _IMAGES, _IMAGES):
        wanted = [x for x in layers if live[x] < _LIVE and (live[x] < shown or not shown)]
        if not wanted:
            break
        images = patches(_IMAGES, size, generator).to(network.device).requires_grad_()
        with torch.enable_grad():
            middles = {x: _middle(network, x, size) for x in wanted}
            maps = network.run(images, layers=wanted, within=middles)
            for layer, values in maps.items():
                middle = values[:, :, 0, 0]
                signs = torch.randn(middle.shape, generator=generator).sign().to(middle)
                (gradient,) = torch.autograd.grad((middle * signs).sum(), images, retain_graph=True)
                found = gradient.square().sum(1).cpu()
                whole = found.sum((1, 2), keepdim=True)
                live[layer] += int((whole > 0).sum())
                # Every image counts alike: where few excite a unit, one would decide.
                energy[layer] = energy.get(layer, 0) + (found / whole.clamp(min=1e-30)).sum(0)
    return {layer: _side(network, layer, found) for layer, found in energy.items()}


def receptive_centres(
    network: Network, layer: str, channels: Sequence[int], *, images: int = 64, seed: int = 0
) -> Float[ndarray, "units 2"]:
    """Where each unit really looks, beside the centre of its theoretical receptive field.

    The centroid of the energy of the gradient of the pre-activation with respect to the image, in
    pixels (right, down) from that centre, on average over the patterns of
    `effective_receptive_fields`; each pattern counts alike. (0, 0) for a unit that nothing moves.
    A trained unit may look some pixels beside its centre: its weights need not be symmetric.

    Parameters
    ----------
    channels
        The units, all of the layer.
    images
        Patterns shown.

    Raises
    ------
    InputError
        When the layer has no geometry or none of the channels given exists.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> network = artificial_network(orientations=[0.0, 0.0], centres=[(0.0, 0.0), (4.0, 0.0)])
    >>> still, moved = receptive_centres(network, "3b", [0, 1])
    >>> bool(2.5 < moved[0] - still[0] < 5.5)
    True
    """
    source = network.layer(layer).pre_activation
    count = network.layer(source).channels
    wrong = [c for c in channels if not 0 <= c < count]
    if wrong or not channels:
        raise InputError(
            f"{wrong[0] if wrong else 'No channel'} is not in {layer}: give channels from 0 to "
            f"{count - 1}, at least one."
        )
    theory = network.geometry(source)
    room = theory.receptive_field + 2 * theory.stride
    size = min(network.input_size, 32 * -(-room // 32))
    geometry = network.geometry(source, size=size)
    middle = {source: _middle(network, source, size)}
    row, _, column, _ = middle[source]
    generator = torch.Generator().manual_seed(seed)
    total = torch.zeros(len(channels), 2, dtype=torch.float64)
    seen = torch.zeros(len(channels), dtype=torch.float64)
    for _ in range(0, images, _IMAGES):
        shown = patches(_IMAGES, size, generator).to(network.device).requires_grad_()
        with torch.enable_grad():
            values = network.run(shown, layers=middle, within=middle)[source]
            for k, channel in enumerate(channels):
                (gradient,) = torch.autograd.grad(
                    values[:, channel, 0, 0].sum(), shown, retain_graph=True
                )
                energy = gradient.square().sum(1).double().cpu()
                whole = energy.sum((1, 2))
                share = energy / whole.clamp(min=1e-30)[:, None, None]
                at = torch.arange(size, dtype=torch.float64)
                x = (share.sum(1) * at).sum(1) - geometry.centre(column)
                y = (share.sum(2) * at).sum(1) - (geometry.y.centre + row * geometry.y.stride)
                live = whole > 0
                total[k] += torch.stack([x[live].sum(), y[live].sum()])
                seen[k] += live.sum()
    return (total / seen.clamp(min=1)[:, None]).numpy()


def patches(
    count: int, size: int, generator: torch.Generator
) -> Float[torch.Tensor, "n 3 size size"]:
    """Noise with the 1/f amplitudes of photographs, cut at zero into black and white."""
    white = torch.fft.rfft2(torch.randn(count, 1, size, size, generator=generator))
    rows, columns = torch.fft.fftfreq(size)[:, None], torch.fft.rfftfreq(size)[None]
    frequency = (rows.square() + columns.square()).sqrt()
    frequency[0, 0] = torch.inf
    noise = torch.fft.irfft2(white / frequency, s=(size, size))
    return (noise > 0).float().expand(-1, 3, -1, -1).contiguous()


def _middle(network: Network, layer: str, size: int) -> Area:
    """The position in the middle of a layer's map."""
    row, column = (side // 2 for side in network.map_size(layer, size=size))
    return position(row, column)


def _side(network: Network, layer: str, energy: torch.Tensor) -> float:
    """Side of the square around the unit's centre that holds the stated share of the energy."""
    geometry = network.geometry(layer)
    shape = network.layer(layer)
    rows = torch.arange(energy.shape[0]) - (
        geometry.y.centre + shape.height // 2 * geometry.y.stride
    )
    columns = torch.arange(energy.shape[1]) - geometry.centre(shape.width // 2)
    distance = torch.maximum(rows.abs()[:, None], columns.abs()[None]).flatten()
    total = float(energy.sum())
    if not total > 0:
        return float("nan")
    order = distance.argsort()
    reached = energy.flatten()[order].cumsum(0) >= _SHARE * total
    return 2 * float(distance[order][int(reached.int().argmax())]) + 1
