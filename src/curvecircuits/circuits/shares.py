"""Which families a curve unit is built from: their shares of its expanded weights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.circuits.intervals import Interval, resampled
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.families.taxonomy import Taxonomy
from curvecircuits.families.tiles import scan_grid, thinned, tile_of
from curvecircuits.models.network import Network
from curvecircuits.tuning import tune
from curvecircuits.weights import expanded_weights

ShareMetric = Literal["sum", "energy", "positive", "negative", "active"]
SHARE_METRICS: tuple[ShareMetric, ...] = get_args(ShareMetric)
Place = Literal["peak", "all"]


@dataclass(frozen=True, kw_only=True)
class FamilyShare:
    """The share of one family of a layer, under one metric, in one place."""

    layer: str
    family: str
    units: int
    """Members of the family."""
    place: Place
    """`peak`: at the position of greatest magnitude; `all`: over all positions."""
    metric: ShareMetric
    share: Interval
    """Mean over the target units, its interval by resampling them."""


@dataclass(frozen=True, kw_only=True)
class FamilyShares:
    """Shares of every family of every labelled layer before the targets."""

    targets: Family
    shares: tuple[FamilyShare, ...]

    def of(
        self, layer: str, *, metric: ShareMetric = "sum", place: Place = "peak"
    ) -> Mapping[str, Interval]:
        """Shares of the families of a layer, largest first."""
        found = {
            s.family: s.share
            for s in self.shares
            if (s.layer, s.metric, s.place) == (layer, metric, place)
        }
        return dict(sorted(found.items(), key=lambda item: -item[1].value))


def _weighed(
    values: Float[ndarray, "units channels cells"], activation: Float[ndarray, " channels"]
) -> dict[ShareMetric, Float[ndarray, "units channels cells"]]:
    return {
        "sum": np.abs(values),
        "energy": values**2,
        "positive": np.maximum(values, 0),
        "negative": np.maximum(-values, 0),
        "active": np.abs(values) * activation[:, None],
    }


def family_shares(
    network: Network, taxonomy: Taxonomy, targets: Family, *, seed: int = 0
) -> FamilyShares:
    """Shares of the families in the expanded weights of target units, layer by layer.

    With m(w) the magnitude of a weight, a family F has the share Σ_{c∈F} m(w_c) / Σ_c m(w_c) of a
    unit, at the position where Σ_c w_c² is largest or over all positions. The magnitudes: `sum`
    |w|, `energy` w², `positive` and `negative` the weights of one sign, `active` |w| times the mean
    activation of the channel while the targets' layer is shown curves. The metric matters, as
    there is a long tail of small weights: none is preferred here.

    Parameters
    ----------
    taxonomy
        From `discover_families`; its layers before the targets' are read.

    Raises
    ------
    InputError
        For an empty family of targets.

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, on the families at the highest magnitude
    position of each layer.
    """
    if not len(targets):
        raise InputError("Family shares are of the weights of at least one target unit.")
    end = network.layer(targets.layer).name
    layers = [x for x in taxonomy.layers if network.path(network.layer(x).name, end)]
    grid = thinned(scan_grid(tile_of(network, targets.layer, seed=seed)))
    tuned = tune(network, layers, grid=grid)
    found: list[FamilyShare] = []
    for layer in layers:
        weights = expanded_weights(network, layer, units=targets.units).values
        values = weights.flatten(2).cpu().double().numpy()
        weighed = _weighed(values, np.maximum(tuned[layer].values, 0).mean((1, 2)))
        peak = (values**2).sum(1).argmax(1)
        members = taxonomy.members(layer)
        for metric, m in weighed.items():
            places: dict[Place, ndarray] = {
                "peak": m[np.arange(len(m)), :, peak],
                "all": m.sum(2),
            }
            for place, by_channel in places.items():
                whole = np.maximum(by_channel.sum(1), 1e-30)
                found += [
                    FamilyShare(
                        layer=layer,
                        family=name,
                        units=len(channels),
                        place=place,
                        metric=metric,
                        share=resampled(by_channel[:, channels].sum(1) / whole, seed=seed),
                    )
                    for name, channels in members.items()
                ]
    return FamilyShares(targets=targets, shares=tuple(found))
