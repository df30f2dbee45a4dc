"""How far the linear picture is true: of whole units, and of what each family gives them."""

from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from curvecircuits.circuits.intervals import NOTHING, Interval, resampled
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.families.taxonomy import Taxonomy
from curvecircuits.families.tiles import scan_images
from curvecircuits.models.network import Network
from curvecircuits.weights import ExpandedWeights, ablation, agreement


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Correlation of what the weights predict with what the network does, over units."""

    name: str
    """The family whose removal is predicted, or `all inputs` for the pre-activation itself."""
    units: int
    """How many inputs that is."""
    correlation: Interval
    """NaN for a family that the targets do not depend on."""
    control: Interval
    """With the weights of other channels in their place."""
    slope: Interval
    """Change in the network over change predicted: 1 if the picture were exact."""


@dataclass(frozen=True, kw_only=True)
class LinearTruth:
    """The linear picture of some units on one layer, checked on curves drawn for the network."""

    targets: Family
    source: str
    whole: Truth
    families: tuple[Truth, ...]


def linear_truth(
    network: Network,
    weights: ExpandedWeights,
    targets: Family,
    *,
    taxonomy: Taxonomy | None = None,
    seed: int = 0,
) -> LinearTruth:
    """Check expanded weights against the network itself.

    Outline curves of every orientation and radius are shown through the targets' centre. Of all
    inputs, Σ W · h + b is correlated with the real pre-activation over the stimuli. Of each family
    F of the source layer, the predicted change −Σ_{c∈F} W_c · h_c is correlated with the change of
    the pre-activation when the real network runs on with those channels at zero.

    Parameters
    ----------
    weights
        Expanded weights of the targets.
    taxonomy
        Families of the source layer; without it only the whole is checked.

    Raises
    ------
    InputError
        When the weights are of other units.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.weights import expanded_weights
    >>> curves = Family(
    ...     name="curve", layer="3b", channels=(0, 6, 12), orientations=(0, 90, 180), period=360
    ... )
    >>> network = artificial_network()
    >>> weights = expanded_weights(network, "3a", units=curves.units)
    >>> found = linear_truth(network, weights, curves)
    >>> round(found.whole.correlation.value, 3)  # nothing between 3a and 3b clips
    1.0

    References
    ----------
    Voss et al., "Visualizing Weights", Distill 2021, on when expanded weights are exact.
    """
    if [u.channel for u in weights.units] != list(targets.channels):
        raise InputError("The weights are not those of the targets, in their order.")
    images, at = scan_images(network, targets.layer, seed=seed)
    whole = agreement(network, weights, images, at=at, seed=seed)
    families = taxonomy.members(weights.source) if taxonomy else {}
    truths: list[Truth] = []
    if families:
        removed = ablation(network, weights, images, groups=families, at=at, seed=seed)
        truths = [
            _truth(name, len(families[name]), correlation, control, slope, seed)
            for name, correlation, control, slope in zip(
                removed.groups, removed.correlation, removed.control, removed.slope, strict=True
            )
        ]
    depth = weights.values.shape[1]
    return LinearTruth(
        targets=targets,
        source=weights.source,
        whole=_truth("all inputs", depth, whole.correlation, whole.control, whole.slope, seed),
        families=tuple(truths),
    )


def _truth(
    name: str, units: int, correlation: ndarray, control: ndarray, slope: ndarray, seed: int
) -> Truth:
    return Truth(
        name=name,
        units=units,
        correlation=_over(correlation, seed),
        control=_over(control, seed),
        slope=_over(slope, seed),
    )


def _over(values: ndarray, seed: int) -> Interval:
    kept = np.asarray(values, dtype=float)
    kept = kept[np.isfinite(kept)]
    return resampled(kept, seed=seed) if kept.size else NOTHING
