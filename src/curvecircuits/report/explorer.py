"""Every unit of the layers that the report is about, for the page to look up."""

import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from curvecircuits.artificial import artificial_network
from curvecircuits.claims import Evidence
from curvecircuits.claims.evidence import NotTestableError
from curvecircuits.compare.matched import Matched
from curvecircuits.errors import InputError
from curvecircuits.families.chain import chain
from curvecircuits.families.tiles import layer_tiles
from curvecircuits.models.network import Network
from curvecircuits.report.connections import connection_shares, links
from curvecircuits.report.explorer_labels import (
    Labels,
    as_written,
    labelled,
    pictured_in,
    wanted_of,
)
from curvecircuits.report.explorer_record import (
    ExploredLayer,
    ExploredNetwork,
    Explorer,
    Key,
    Links,
    Tuned,
)
from curvecircuits.report.explorer_tuning import tuned_of, written_tuning
from curvecircuits.report.figures import Figure
from curvecircuits.report.thumbnails import Thumbnails, thumbnails
from curvecircuits.weights.pixels import sees_pixels

_NATURAL, _WRITTEN = 12e6, 2e6
"""Pixels times steps of the pictures of the measured network, and of each hand-written one, beside
those that the figures have."""
_CURVES = "3b"
"""Layer of a hand-written network that holds its curves."""
_UNIT = "UNIT"


def explore(
    evidence: Evidence,
    *,
    matched: Matched | None = None,
    figures: Sequence[Figure] = (),
    pictures: bool = True,
    command: str | None = None,
    cache: Path | None = None,
    progress: bool = False,
) -> Explorer:
    """Gather what the page shows of any unit: family, tuning, connections and pictures.

    The measured network comes with the layers of its taxonomy and the next one that builds on the
    curves; then the artificial network of evenly spaced curves, and the one that was written for
    the family.

    Parameters
    ----------
    evidence
        The network and what has been measured of it.
    matched
        From `match_family`.
    figures
        Those of the page: what they show a picture of needs no other.
    pictures
        Whether to make pictures of the units.
    command
        The command that makes the report, to say how a network is loaded.
    cache
        A folder of finished pictures.
    """
    layers = list(evidence.layers)
    with suppress(NotTestableError):
        layers.append(evidence.after)
    labels = {layer: labelled(evidence, layer) for layer in evidence.layers}
    signs = {layer: labels[layer].signs if layer in labels else () for layer in layers}
    natural = _network(
        evidence.network,
        layers,
        key="",
        title=evidence.network.name,
        labels=labels,
        fields=layer_tiles(evidence.network, layers, evidence.seed),
        tuned={layer: tuned_of(evidence, layer, signs[layer]) for layer in layers},
        first=evidence.curves.layer,
        budget=_NATURAL if pictures else 0,
        shown=pictured_in(figures, ""),
        command=picture_command(command),
        partners=(),
        seed=evidence.seed,
        cache=cache,
        progress=progress,
    )
    sides: list[tuple[Network, Matched | None]] = [(artificial_network(), None)]
    if matched is not None:
        sides.append((matched.artificial.network, matched))
    written = [
        _written(
            network,
            own,
            shown=pictured_in(figures, "artificial" if own is None else "matched"),
            budget=_WRITTEN if pictures else 0,
            seed=evidence.seed,
            cache=cache,
        )
        for network, own in sides
    ]
    return Explorer(networks=(natural, *written))


def _written(
    network: Network,
    matched: Matched | None,
    *,
    shown: frozenset[tuple[str, int]],
    budget: float,
    seed: int,
    cache: Path | None,
) -> ExploredNetwork:
    """A hand-written network; what its units were written for stands for a label."""
    layers = chain(network, _CURVES)
    labels = {layer: as_written(network, layer, matched) for layer in layers}
    fields = layer_tiles(network, layers, seed)
    partners: tuple[str, ...] = ()
    if matched is not None:
        title = matched.natural.network.layer(matched.natural.layer).title
        partners = tuple(f"{title}:{channel}" for channel in matched.natural.channels)
    return _network(
        network,
        layers,
        key="artificial" if matched is None else "matched",
        title="Written by hand, curves evenly spaced"
        if matched is None
        else "Written by hand for the units that were found",
        labels=labels,
        fields=fields,
        tuned={x: written_tuning(network, x, tile=fields[x][1]) for x in layers},
        first=_CURVES,
        budget=budget,
        shown=shown,
        command=None if matched is not None else picture_command("--model artificial"),
        partners=partners,
        seed=seed,
        cache=cache,
        progress=False,
    )


def _network(
    network: Network,
    layers: Sequence[str],
    *,
    key: Key,
    title: str,
    labels: Mapping[str, Labels],
    fields: Mapping[str, tuple[float, float]],
    tuned: Mapping[str, tuple[Tuned, ...]],
    first: str,
    budget: float,
    shown: frozenset[tuple[str, int]],
    command: str | None,
    partners: tuple[str, ...],
    seed: int,
    cache: Path | None,
    progress: bool,
) -> ExploredNetwork:
    wanted = [x for name in labels for x in wanted_of(name, labels[name], first=name == first)]
    made = thumbnails(
        network,
        [x for x in wanted if (x.layer, x.channel) not in shown],
        budget=budget,
        seed=seed,
        cache=cache,
        progress=progress,
    )
    inputs, outputs = _connections(network, layers)
    return ExploredNetwork(
        key=key,
        title=title,
        command=command,
        layers=tuple(
            _layer(
                network,
                layer,
                effective=fields[layer][0] or None,
                labels=labels.get(layer, Labels()),
                inputs=inputs.get(layer),
                outputs=outputs.get(layer),
                tuned=tuned[layer],
                made=made.get(layer),
            )
            for layer in layers
        ),
        partners=partners,
    )


def _layer(
    network: Network,
    layer: str,
    *,
    effective: float | None,
    labels: Labels,
    inputs: Links | None,
    outputs: Links | None,
    tuned: tuple[Tuned, ...],
    made: Thumbnails | None,
) -> ExploredLayer:
    geometry = network.geometry(layer)
    names = list(dict.fromkeys(labels.families))
    return ExploredLayer(
        layer=network.layer(layer).title,
        name=network.layer(layer).name,
        units=network.layer(layer).channels,
        field=geometry.receptive_field,
        effective=effective,
        stride=geometry.stride,
        names=tuple(names),
        periods=tuple(labels.periods.get(name, 0) for name in names),
        families=tuple(names.index(x) for x in labels.families),
        orientations=tuple(labels.orientations),
        negative=tuple(c for c, sign in enumerate(labels.signs) if sign < 0),
        inputs=inputs,
        outputs=outputs,
        tuned=tuned,
        pictured=() if made is None else made.channels,
        sprite=None if made is None else made.sprite,
        shown="filter" if sees_pixels(network, layer) else "image",
    )


def _connections(
    network: Network, layers: Sequence[str]
) -> tuple[dict[str, Links], dict[str, Links]]:
    """Inputs from the layer before and outputs to the next, from one matrix each."""
    inputs: dict[str, Links] = {}
    outputs: dict[str, Links] = {}
    for source, target in pairwise(layers):
        try:
            shares = connection_shares(network, source, target)
        except InputError:  # the path has no linear picture
            continue
        inputs[target] = links(shares, network.layer(source).title)
        outputs[source] = links(shares.T, network.layer(target).title)
    return inputs, outputs


def picture_command(command: str | None) -> str:
    """The command that makes a unit's picture, of the network that another command loads.

    >>> picture_command("curvecircuits report --model googlenet --weights 'my file' --seed 2")
    "curvecircuits vis UNIT --model googlenet --weights 'my file'"
    """
    words = shlex.split(command or "")
    kept: list[str] = []
    for name in ("--model", "--weights"):
        if name in words[:-1]:
            kept += [name, words[words.index(name) + 1]]
    return shlex.join(["curvecircuits", "vis", _UNIT, *(kept or ["--model", "M"])])
