"""The layers that a curve family is built through, and the one that builds on it."""

from torch import nn

from curvecircuits.errors import InputError
from curvecircuits.families.tiles import searchable_layers
from curvecircuits.models.network import Network


def _reached(network: Network, start: set[str], without: str) -> set[str]:
    """All layers that some layers feed, directly or not, if one of them is taken out."""
    found: set[str] = set()
    waiting = [name for name in start if name != without]
    while waiting:
        name = waiting.pop()
        if name in found or name == without or name not in network.layers:
            continue
        found.add(name)
        waiting.extend(network.layers[name].feeds)
    return found


def _sources(network: Network) -> set[str]:
    """Layers that read nothing but the image."""
    fed = {name for layer in network.layers.values() for name in layer.feeds}
    return {name for name in network.layers if name not in fed}


def chain(network: Network, curve_layer: str) -> tuple[str, ...]:
    """The rectified layers that everything on its way to the curve layer passes, then itself.

    Bottlenecks and branches are left out, as other paths go round them; so are layers whose
    receptive field is no smaller than that of the next one kept, which combine channels at one
    place.

    Raises
    ------
    InputError
        For a layer that is not in the network or has no geometry.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> chain(artificial_network(), "3b")
    ('conv2d0', 'conv2d1', 'conv2d2', '3a', '3b')
    """
    end = network.layer(curve_layer)
    field = network.geometry(end.name).receptive_field
    starts = _sources(network)
    kept = [end.title]
    for title in reversed(searchable_layers(network)):
        layer = network.layer(title)
        if layer.name == end.name or not layer.rectified or not network.path(layer.name, end.name):
            continue
        own = network.geometry(layer.name).receptive_field
        if own < field and end.name not in _reached(network, starts, layer.name):
            kept.append(title)
            field = own
    return tuple(reversed(kept))


def _depthwise(network: Network, source: str, target: str) -> bool:
    """Whether each unit of a layer reads one channel, so that nothing is combined there."""
    for node in reversed(network.path(source, target).values()):
        made = network.called(node)
        if isinstance(made, nn.Conv2d):
            return made.groups == made.in_channels > 1
    return False


def next_layer(network: Network, curve_layer: str) -> str | None:
    """The next rectified layer that everything built on the curve layer passes; None if none.

    Depthwise layers are passed over, as their units combine no curves.

    Raises
    ------
    InputError
        For a layer that is not in the network or has no geometry.
    """
    start = network.layer(curve_layer)
    field = network.geometry(start.name).receptive_field
    ends = {n for n in _reached(network, {start.name}, "") if not network.layers[n].feeds}
    for title in searchable_layers(network):
        layer = network.layer(title)
        if not layer.rectified or not network.path(start.name, layer.name):
            continue
        if _depthwise(network, start.name, layer.name):
            continue
        larger = network.geometry(layer.name).receptive_field > field
        # What nothing reads, such as a concatenation before it is clipped, is no end.
        left = _reached(network, {start.name}, layer.name) & ends
        deepest = [n for n in left if network.layers[n].geometry is None]
        if larger and not deepest:
            return title
    return None


def before(network: Network, curve_layer: str) -> str:
    """The layer of the chain before the curve layer.

    Raises
    ------
    InputError
        When the curve layer is the first.
    """
    found = chain(network, curve_layer)
    if len(found) < 2:
        raise InputError(f"No layer of {network.name} comes before {curve_layer}.")
    return found[-2]
