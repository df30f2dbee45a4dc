"""Groups of a layer's units, whose inputs to later units are kept, and random ones beside them."""

from collections.abc import Mapping, Sequence

import numpy as np

from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.families.taxonomy import LINES, Taxonomy
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network

Members = Family | Sequence[Unit | Family]
Groups = Taxonomy | Mapping[str, Members]

_SHAPES = {
    "curves": ("tiny curve", "early curve", "curve"),
    # The article discusses angles with lines; edges are no family of its taxonomy.
    "lines": (*LINES, "angle"),
    "edges": ("edge",),
    "textures": ("texture",),
}


def shape_groups(taxonomy: Taxonomy, layer: str) -> dict[str, tuple[Unit, ...]]:
    """The units of a layer as curves, lines (angles too), edges, textures, and other.

    Groups without units are left out.

    Parameters
    ----------
    taxonomy
        From `discover_families`.
    layer
        As the taxonomy has it.

    Raises
    ------
    InputError
        For a layer that was not labelled.

    Examples
    --------
    >>> from curvecircuits.families.taxonomy import UnitLabel
    >>> def label(channel, family):
    ...     return UnitLabel(
    ...         unit=f"3a:{channel}", layer="3a", channel=channel, family=family, score=0.9, sign=1,
    ...         orientation=None, echo=None, wavelength=None,
    ...     )
    >>> labels = (label(0, "early curve"), label(1, "angle"), label(2, "line"))
    >>> found = Taxonomy(
    ...     model="", model_hash="", layers=("3a",), curve_layer="3b", labels=labels, seed=0
    ... )
    >>> {name: len(units) for name, units in shape_groups(found, "3a").items()}
    {'curves': 1, 'lines': 2}

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, which discusses lines and angles together.
    """
    named = {name: group for group, names in _SHAPES.items() for name in names}
    found: dict[str, list[int]] = {group: [] for group in (*_SHAPES, "other")}
    for name, channels in taxonomy.members(layer).items():
        found[named.get(name, "other")] += channels
    return {g: tuple(Unit(layer, c) for c in sorted(found[g])) for g in found if found[g]}


def channels_of(network: Network, groups: Groups, layer: str) -> dict[str, tuple[int, ...]]:
    """Channels of a layer in each group, each once, in order.

    Raises
    ------
    InputError
        For no groups, and units that are not of the layer.
    """
    full = network.layer(layer).name
    if isinstance(groups, Taxonomy):
        labelled = [x for x in groups.layers if network.layer(x).name == full]
        groups = shape_groups(groups, labelled[0] if labelled else layer)
    if not groups:
        raise InputError("Name at least one group of units whose inputs are kept.")
    found: dict[str, tuple[int, ...]] = {}
    for name, members in groups.items():
        units = [
            network.check(unit)
            for each in ([members] if isinstance(members, Family) else members)
            for unit in (each.units if isinstance(each, Family) else [each])
        ]
        for unit in units:
            if unit.layer != full:
                raise InputError(
                    f"{unit} in the group {name!r} is not of {layer}: give units of that layer."
                )
        found[name] = tuple(sorted({u.channel for u in units if isinstance(u, Unit)}))
    return found


def drawn_beside(channels: Sequence[int], size: int, *, seed: Sequence[int]) -> tuple[int, ...]:
    """As many random channels of a layer, none of the group; all others, where they are fewer.

    >>> drawn_beside((0, 1, 2), 5, seed=(0,))
    (3, 4)
    """
    rest = np.setdiff1d(np.arange(size), channels)
    count = min(len(channels), len(rest))
    drawn = np.random.default_rng(seed).choice(rest, count, replace=False)
    return tuple(sorted(map(int, drawn)))
