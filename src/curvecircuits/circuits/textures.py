"""What curves take from textures: their weights on the texture family, as a few factors."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from curvecircuits.circuits.intervals import Interval, resampled
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.families.taxonomy import Taxonomy
from curvecircuits.models.network import Network
from curvecircuits.weights import WeightFactors, expanded_weights, weight_factors

_FACTORS = 9
"""As many as were published."""


@dataclass(frozen=True, kw_only=True)
class TextureInputs:
    """The weights of curves on the textures of the layer before, factored.

    Intervals resample the curves.
    """

    curves: Family
    textures: Family
    """Without orientations."""
    factors: WeightFactors
    """`channels` (factors, textures), none negative; `spatial` (factors, curves, h, w), free in
    sign. The largest factor first."""
    explained: Interval
    """1 − Σ (W − approximation)² / Σ W² of the curves' weights on the textures."""
    control: tuple[float, ...]
    """The same for as many random other units of that layer, one a draw."""
    above_control: Interval
    """`explained` less the mean of the controls'."""
    share: Interval
    """Σ |w| on the textures over Σ |w| on the whole layer, mean over the curves."""
    above_crowd: Interval
    """`share` less the textures' share of the layer's units."""
    pitch: float
    """Pixels of the image between neighbouring cells."""

    def strongest(self, factor: int, *, most: int = 3) -> tuple[int, ...]:
        """Channels of the textures that a factor holds most of, largest first.

        Raises
        ------
        InputError
            For a factor that there is not.
        """
        count = len(self.factors.channels)
        if not 0 <= factor < count:
            raise InputError(f"There are factors 0 to {count - 1}, not {factor}.")
        row = self.factors.channels[factor]
        order = np.argsort(-row, kind="stable")[:most]
        return tuple(self.textures.channels[i] for i in order if row[i] > 0)


def _missed(values: Tensor, found: WeightFactors) -> Float[ndarray, "curves 2"]:
    """Squares of each curve's weights, and of what the factors leave of them."""
    array = values.double().cpu().numpy()
    left = array - np.einsum("kc,kuij->ucij", found.channels, found.spatial)
    return np.stack([np.square(a).sum((1, 2, 3)) for a in (array, left)], axis=1)


def _explained(rows: Float[ndarray, "curves 2"]) -> float:
    whole, left = rows.sum(0)
    return float(1 - left / whole) if whole > 0 else float("nan")


def texture_inputs(
    network: Network,
    taxonomy: Taxonomy,
    curves: Family,
    *,
    factors: int = _FACTORS,
    draws: int = 20,
    seed: int = 0,
) -> TextureInputs:
    """Factor the curves' weights on the texture units of the layer before them.

    One-sided non-negative factors, W[u, c, i, j] ≈ Σ_k channels[k, c] · spatial[k, u, i, j] with
    channels ≥ 0: which textures go together, and where each such group excites or inhibits a
    curve. As a control as many random units of the same layer that are not textures are factored
    in as many. Weights of a permuted network are the other control: give that network and the same
    families.

    Parameters
    ----------
    taxonomy
        From `discover_families`; the layer before the curves' is the one read.
    factors
        At most; no more than there are texture units.
    draws
        Of other units, 1 at least.

    Raises
    ------
    InputError
        When the curves' layer is not in the taxonomy or is its first, there are fewer than two
        textures before it or fewer other units than textures, no curve is given, or a count is
        below 1.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.families import discover_families
    >>> network = artificial_network()
    >>> found = discover_families(network, curve_layer="3b", layers=["3a", "3b"])
    >>> called = {"line": "texture"}  # it has no textures: call its lines so
    >>> labels = [replace(x, family=called.get(x.family, x.family)) for x in found.labels]
    >>> inputs = texture_inputs(
    ...     network,
    ...     replace(found, labels=tuple(labels)),
    ...     found.family("3b", "curve"),
    ...     factors=2,
    ...     draws=1,
    ... )
    >>> inputs.factors.spatial.shape
    (2, 24, 5, 5)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section "Cosmetic robustness", where 65
    texture units of mixed3a are shown as nine factors.
    """
    if min(factors, draws) < 1:
        raise InputError(f"Factors and draws are 1 or more, not {factors} and {draws}.")
    if not len(curves):
        raise InputError("Textures are factored for at least one curve.")
    layer = _before(network, taxonomy, curves)
    textures = _bare(taxonomy.family(layer, "texture"))
    others = [x.channel for x in taxonomy.of(layer) if x.family != "texture"]
    count = len(textures)
    if count < 2:
        raise InputError(f"{layer} has {count} texture units; 2 are needed for factors.")
    if len(others) < count:
        raise InputError(
            f"The control needs as many other units of {layer} as its {count} textures, and there "
            f"are {len(others)}."
        )
    weights = expanded_weights(network, layer, units=curves.units)
    kept = min(factors, count)

    def factored(channels: list[int]) -> tuple[WeightFactors, ndarray]:
        values = weights.values[:, channels]
        found = weight_factors(values, factors=kept, seed=seed)
        return found, _missed(values, found)

    found, rows = factored(list(textures.channels))
    generator = np.random.default_rng(seed)
    control: list[float] = []
    for _ in range(draws):
        drawn = generator.choice(others, count, replace=False)
        control.append(_explained(factored(sorted(int(c) for c in drawn))[1]))
    usual = float(np.mean(control))
    size = weights.values.abs().sum((2, 3)).double().cpu().numpy()
    share = size[:, list(textures.channels)].sum(1) / np.maximum(size.sum(1), 1e-30)
    crowd = count / size.shape[1]
    return TextureInputs(
        curves=curves,
        textures=textures,
        factors=found,
        explained=resampled(rows, _explained, seed=seed),
        control=tuple(control),
        above_control=resampled(rows, lambda drawn: _explained(drawn) - usual, seed=seed),
        share=resampled(share, seed=seed),
        above_crowd=resampled(share - crowd, seed=seed),
        pitch=float(weights.pitch),
    )


def _before(network: Network, taxonomy: Taxonomy, curves: Family) -> str:
    """The labelled layer before the curves'."""
    title = network.layer(curves.layer).title
    place = taxonomy.layers.index(title) if title in taxonomy.layers else 0
    if not place:
        raise InputError(
            f"Textures are read on the layer before the curves' in the taxonomy: {title} has none "
            f"among {', '.join(taxonomy.layers)}."
        )
    return taxonomy.layers[place - 1]


def _bare(family: Family) -> Family:
    order = np.argsort(family.channels)
    return family.take([int(i) for i in order])
