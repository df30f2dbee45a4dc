"""Bars on circuits: what the weights from early curves to curves do, and the echo without them."""

import numpy as np

from bars import Outcome, bar
from bars.families import googlenet
from curvecircuits.artificial import Constants, artificial_network
from curvecircuits.circuits import Interval
from curvecircuits.circuits.along_arc import along_arc
from curvecircuits.circuits.echo import EchoExperiment, echo_experiment
from curvecircuits.circuits.linear_view import linear_view
from curvecircuits.circuits.similarity import Similarity, similarity
from curvecircuits.claims import gather
from curvecircuits.families.family import Family
from curvecircuits.families.tiles import scan_grid, tile_of
from curvecircuits.models.network import Network
from curvecircuits.tuning import LOOKS, Look, angular_distance, tune, tuning_statistics
from curvecircuits.weights import expanded_weights


def early_curves(
    network: Network, layer: str, *, strength: float = 0.5, harmonic: float = 0.6
) -> Family:
    """Units tuned to one orientation of a curve, dark and light alike, whatever their echo."""
    grid = scan_grid(tile_of(network, layer))
    looks: tuple[Look, ...] = ("outline", "reversed")
    dark, light = (
        tuning_statistics(tune(network, [layer], grid=grid, look=look)[layer].radial())
        for look in looks
    )
    least = strength * float(np.percentile([d.peak for d in dark], 95))
    chosen = {
        channel: d.orientation
        for channel, (d, i) in enumerate(zip(dark, light, strict=True))
        if d.peak >= least
        and min(d.first_harmonic, i.first_harmonic) >= harmonic
        and angular_distance(d.orientation, i.orientation) <= 20
        and d.at90 <= 0.5
    }
    return Family(
        name="early curve",
        layer=layer,
        channels=tuple(chosen),
        orientations=tuple(chosen.values()),
        period=360,
    )


def googlenet_families(*, wide: bool = False) -> tuple[Network, Family, Family]:
    """GoogLeNet, its curves of 3b, and the early curves of 3a: as labelled, or leniently taken."""
    found = gather(googlenet(), layer="3b")
    rule = {"strength": 0.3, "harmonic": 0.25}
    early = early_curves(found.network, "3a", **rule) if wide else found.early
    return found.network, found.curves, early


def artificial_families() -> tuple[Network, Family, Family]:
    """The artificial network, whose orientations are known."""
    around = tuple(15.0 * k for k in range(24))
    curves, early = (
        Family(name=name, layer=layer, channels=tuple(range(24)), orientations=around, period=360)
        for name, layer in (("curve", "3b"), ("early curve", "3a"))
    )
    return artificial_network(), curves, early


def _shown(interval: Interval) -> str:
    return f"{interval.value:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


def echoes(
    network: Network, curves: Family, early: Family, *, look: Look = "outline"
) -> EchoExperiment:
    """The experiment on two families."""
    weights = expanded_weights(network, early.layer, units=curves.units)
    return echo_experiment(linear_view(network, weights, curves, early, look=look))


def _echo(found: list[EchoExperiment], *, absolute: bool = False) -> Outcome:
    """The claim has to hold for every look; the figures are of the first.

    Both measures are asked for, or only that of the network's own peak, where early curves alone
    leave units all but silent.
    """
    first = found[0]
    shown = first.absolute if absolute else first.difference
    return Outcome(
        value=f"{_shown(shown.measured)}, {shown.measured.units} units",
        bound="interval > 0, p ≤ 0.05",
        ok=all(x.absolute.holds and (absolute or x.difference.holds) for x in found),
        detail="; ".join(
            f"{x.look}, {len(x.sources)} early: opposing {_shown(x.opposing)}, others "
            f"{_shown(x.other)}, p {x.difference.p:.3f}, of the network's own peak "
            f"{_shown(x.absolute.measured)}; echo "
            + ", ".join(f"{c.name} {c.mean_echo.value:.2f}" for c in x.conditions)
            for x in found
        ),
    )


def _googlenet_echo(quick: bool, *, wide: bool) -> Outcome:
    families = googlenet_families(wide=wide)
    return _echo([echoes(*families, look=look) for look in LOOKS[: 1 if quick else None]])


@bar(number="2.2", title="GoogLeNet: echo without opposing negatives", needs_shared=True)
def googlenet_echo(quick: bool) -> Outcome:
    return _googlenet_echo(quick, wide=False)


@bar(number="2.2", title="The same, early curves taken leniently", needs_shared=True)
def googlenet_echo_wide(quick: bool) -> Outcome:
    return _googlenet_echo(quick, wide=True)


@bar(number="2.2", title="Artificial network: echo without them")
def artificial_echo(quick: bool) -> Outcome:
    del quick
    return _echo([echoes(*artificial_families())], absolute=True)


def _tiles(network: Network, curves: Family, early: Family, radius: float) -> Outcome:
    weights = expanded_weights(network, early.layer, units=curves.units)
    found = along_arc(weights, curves, early, radius=radius)
    similar, opposing = found.similar, found.opposing
    return Outcome(
        value=f"{_shown(similar.measured)} similar, {_shown(opposing.measured)} opposing",
        bound="> 0 and < 0, p ≤ 0.05",
        ok=similar.holds and opposing.holds,
        detail=f"p {similar.p:.3f} and {opposing.p:.3f}; {len(early)} early curves",
    )


@bar(number="2.3", title="GoogLeNet: tiles follow the arc, position by position", needs_shared=True)
def googlenet_tiles(quick: bool) -> Outcome:
    del quick
    found = gather(googlenet(), layer="3b")
    return _tiles(found.network, found.curves, found.early, found.radius)


@bar(number="2.3", title="Artificial network: tiles follow the arc")
def artificial_tiles(quick: bool) -> Outcome:
    del quick
    return _tiles(*artificial_families(), float(Constants().curve_radius))


def weight_bands(network: Network, curves: Family, early: Family) -> Similarity:
    """Weights between two families against relative orientation."""
    weights = expanded_weights(network, early.layer, units=curves.units)
    return similarity(weights, curves, early)


def _bands(found: Similarity) -> Outcome:
    near, far = found.bands[0].mean, found.bands[-1].mean
    return Outcome(
        value=f"{_shown(near)} → {_shown(far)}",
        bound="falls, p ≤ 0.05; < 0 beyond 150°",
        ok=found.fall.holds and near.above() and far.below(),
        detail="; ".join(f"{b.low:g}–{b.high:g}° {_shown(b.mean)}" for b in found.bands),
    )


@bar(number="2.3", title="GoogLeNet: weights by relative orientation", needs_shared=True)
def googlenet_bands(quick: bool) -> Outcome:
    del quick
    return _bands(weight_bands(*googlenet_families()))


@bar(number="2.3", title="The same, early curves taken leniently", needs_shared=True)
def googlenet_bands_wide(quick: bool) -> Outcome:
    del quick
    return _bands(weight_bands(*googlenet_families(wide=True)))


@bar(number="2.3", title="Artificial network: weights by orientation")
def artificial_bands(quick: bool) -> Outcome:
    del quick
    return _bands(weight_bands(*artificial_families()))
