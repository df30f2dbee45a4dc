"""The smallest image on which an objective can be read, and where on its layers' maps."""

from dataclasses import dataclass
from math import ceil, floor, lcm

from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
from curvecircuits.models.geometry import Axis, Geometry
from curvecircuits.models.network import Network
from curvecircuits.models.operations import Add, Donated
from curvecircuits.models.places import written
from curvecircuits.visualize.features.objectives import Objective, Term

_AROUND = 8
"""Positions a side that a channel's mean is taken over, where the network has room for them."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Where a term is read: layers, channels, and the cells of their maps."""

    source: str
    """Before clipping."""
    clipped: str | None
    """The layer itself, where what the rectifier leaves is asked for."""
    channels: tuple[int, ...] | None
    rows: tuple[int, int] | None
    """First and one past the last; None for a layer that is no map."""
    columns: tuple[int, int] | None
    everywhere: bool
    leak: float


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """The image a network is given while a picture changes."""

    size: tuple[int, int]
    middle: tuple[float, float]
    """Pixel on which the picture's middle falls."""
    field: tuple[int, int]
    """Pixels that the objective sees."""
    readings: tuple[Reading, ...]
    """One for each term."""


def canvas_for(network: Network, objective: Objective) -> Canvas:
    """The smallest canvas that holds the receptive field of every term whole.

    It leaves the same remainder under the strides as the network's own input, as padding may depend
    on it. Where a receptive field is larger than the network's input, where a gate sees the whole
    image, where an edit lets units see more than their layer, or the network takes no smaller
    images, it is the network's own input.

    Raises
    ------
    InputError
        For layers and units that the network does not have, weights that are not one a channel,
        and fields and offsets that do not fit its maps.
    """
    sites = [site(network, term) for term in objective.terms]
    whole = (network.input_size, network.input_size)
    fields = [_geometry(network, source) for source, _ in sites]
    spatial = [g for g in fields if g is not None]
    # What such edits add is read around the unit, farther than its own layer may reach.
    wider = any(isinstance(m, Add | Donated) for m in network.module.modules())
    if len(spatial) < len(fields) or any(g.context for g in spatial) or wider:
        return _canvas(network, objective, sites, whole)
    widest = max(spatial, key=lambda g: g.y.size)
    size = (
        _side([g.y for g in spatial], widest.y, objective.terms, 0, network.input_size),
        _side([g.x for g in spatial], widest.x, objective.terms, 1, network.input_size),
    )
    if max(size) >= network.input_size:
        return _canvas(network, objective, sites, whole)
    try:
        return _canvas(network, objective, sites, size)
    except InputError:
        return _canvas(network, objective, sites, whole)


def site(network: Network, term: Term) -> tuple[str, tuple[int, ...] | None]:
    """The layer before clipping that has the term's channels, and their numbers there."""
    layer = network.layer(term.layer)
    if term.channels is None:
        if len(term.values) != layer.channels:
            raise InputError(
                f"{term.layer} of {network.name} has {layer.channels} channels, not "
                f"{len(term.values)}."
            )
        return layer.pre_activation, None
    for channel in term.channels:
        network.check(Unit(term.layer, channel))
    if term.leak != 1.0 or len(term.channels) != 1:
        return layer.pre_activation, term.channels
    # A unit of a concatenation needs its own branch alone.
    unit = written(network, Unit(layer.pre_activation, term.channels[0]))
    return unit.layer, (unit.channel,)


def _geometry(network: Network, source: str) -> Geometry | None:
    layer = network.layer(source)
    return layer.geometry if layer.spatial else None


def _side(axes: list[Axis], widest: Axis, terms: tuple[Term, ...], n: int, own: int) -> int:
    """The fewest pixels on which all that the terms see is whole; the network's own at most."""
    step = lcm(*(axis.stride for axis in axes))
    for side in range(own % step or step, own, step):
        middle = _middle(widest, side)
        if all(_whole(a, t, middle, side, n) for a, t in zip(axes, terms, strict=True)):
            return side
    return own


def _whole(axis: Axis, term: Term, middle: float, side: int, n: int) -> bool:
    cells = _AROUND if term.everywhere else term.values.shape[1 + n]
    first = -(axis.first // axis.stride) if term.everywhere else _nearest(term, axis, middle, n)
    before = axis.first + first * axis.stride
    return first >= 0 and before >= 0 and before + axis.size + (cells - 1) * axis.stride <= side


def _canvas(
    network: Network,
    objective: Objective,
    sites: list[tuple[str, tuple[int, ...] | None]],
    size: tuple[int, int],
) -> Canvas:
    """A canvas of one size; `InputError` where the network or its geometry is another there."""
    found: list[Geometry | None] = []
    for source, _ in sites:
        geometry = _geometry(network, source)
        if geometry is not None and size != (network.input_size,) * 2:
            smaller = network.geometry(source, size=size)
            if smaller != geometry:
                raise InputError(f"{source} of {network.name} sees otherwise at {size}.")
        found.append(geometry)
    maps = [g for g in found if g is not None]
    if not maps:
        middle = ((size[0] - 1) / 2, (size[1] - 1) / 2)
    else:
        widest = max(maps, key=lambda g: g.y.size)
        middle = (_middle(widest.y, size[0]), _middle(widest.x, size[1]))
    readings = tuple(
        _reading(network, term, site, geometry, middle, size)
        for term, site, geometry in zip(objective.terms, sites, found, strict=True)
    )
    down = _extent([(r.rows, g and g.y) for r, g in zip(readings, found, strict=True)], size[0])
    across = _extent(
        [(r.columns, g and g.x) for r, g in zip(readings, found, strict=True)], size[1]
    )
    field = (_around(down, middle[0], size[0]), _around(across, middle[1], size[1]))
    return Canvas(size=size, middle=middle, field=field, readings=readings)


def _extent(spans: list[tuple[tuple[int, int] | None, Axis | None]], side: int) -> tuple[int, int]:
    """First and last pixel that the terms see together."""
    first, last = [], []
    for cells, axis in spans:
        if cells is None or axis is None:
            return 0, side - 1
        first.append(axis.first + cells[0] * axis.stride)
        last.append(axis.last + (cells[1] - 1) * axis.stride)
    return max(0, min(first)), min(side - 1, max(last))


def _around(extent: tuple[int, int], middle: float, side: int) -> int:
    """Pixels around the middle that hold an extent."""
    return min(side, ceil(2 * max(middle - extent[0], extent[1] - middle)) + 1)


def _middle(axis: Axis, side: int) -> float:
    """The centre of the unit nearest to the middle of an image."""
    return axis.centre + axis.stride * round(((side - 1) / 2 - axis.centre) / axis.stride)


def _reading(
    network: Network,
    term: Term,
    site: tuple[str, tuple[int, ...] | None],
    geometry: Geometry | None,
    middle: tuple[float, float],
    size: tuple[int, int],
) -> Reading:
    source, channels = site
    layer = network.layer(source)
    spans: list[tuple[int, int] | None] = [None, None]
    if geometry is not None:
        height, width = network.map_size(source, size=size)
        spans = [
            _span(term, axis, place, length, n)
            for n, (axis, place, length) in enumerate(
                ((geometry.y, middle[0], height), (geometry.x, middle[1], width))
            )
        ]
    elif layer.height * layer.width > 1:
        raise InputError(
            f"{term.layer} of {network.name} is a map without a known receptive field: choose a "
            "layer with one from the list."
        )
    elif term.values[0].numel() != 1 or term.offset != (0, 0):
        raise InputError(
            f"{term.layer} of {network.name} is no map: an objective has one cell of it, and no "
            "offset."
        )
    return Reading(
        source=source,
        clipped=None if term.leak == 1.0 else network.layer(term.layer).name,
        channels=channels,
        rows=spans[0],
        columns=spans[1],
        everywhere=term.everywhere,
        leak=term.leak,
    )


def _span(term: Term, axis: Axis, place: float, length: int, n: int) -> tuple[int, int]:
    if term.everywhere:
        return 0, length
    cells = term.values.shape[1 + n]
    first = _nearest(term, axis, place, n)
    if first < 0 or first + cells > length:
        raise InputError(
            f"{cells} cells of {term.layer} {term.offset[n]:+d} from its middle do not fit: its "
            f"map has {length} cells a side."
        )
    return first, first + cells


def _nearest(term: Term, axis: Axis, place: float, n: int) -> int:
    """The first of the term's cells, whose middle is nearest to a pixel and the offset from it."""
    cells = term.values.shape[1 + n]
    return floor((place - axis.centre) / axis.stride + term.offset[n] - (cells - 1) / 2 + 0.5)
