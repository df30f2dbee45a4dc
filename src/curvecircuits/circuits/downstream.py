"""What the units of a later layer build from a family of curves."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.circuits.shapes import SHAPES, shape_scores
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.models.network import Network
from curvecircuits.weights import expanded_weights

_CHANCE = 95.0
"""Percentile of chance that a share and a score must exceed."""


@dataclass(frozen=True, kw_only=True)
class Downstream:
    """One unit of a later layer: how much of it is made of curves, and what they form."""

    channel: int
    share: float
    """Share of its squared weights on the whole source layer that is on the family."""
    share_chance: float
    """95th percentile of the same for as many other units, matched in size of weight."""
    shape: str | None
    """The shape whose template its weights follow best; None where that is no better than chance,
    or curves are no more of it than other units are."""
    score: float
    """Correlation with that template."""
    score_chance: float
    """95th percentile of the best correlation when the curves exchange orientations."""
    scores: dict[str, float]
    """Correlation with every shape."""

    @property
    def dominated(self) -> bool:
        """Whether curves hold more of it than matched units would."""
        return self.share > self.share_chance


@dataclass(frozen=True, kw_only=True)
class DownstreamShapes:
    """All units of a later layer, and what chance makes of them."""

    layer: str
    curves: Family
    units: tuple[Downstream, ...]
    weights: Float[ndarray, "units curves h w"]
    """Expanded weights from the curves."""
    counts: dict[str, int]
    """Units of each shape."""
    counts_chance: float
    """Units of any shape when the curves exchange orientations, the mean over permutations."""

    def of_shape(self, shape: str) -> tuple[int, ...]:
        """Channels of one shape, the best first."""
        chosen = sorted((u for u in self.units if u.shape == shape), key=lambda u: -u.score)
        return tuple(u.channel for u in chosen)


def downstream_shapes(
    network: Network, curves: Family, *, layer: str, permutations: int = 100, seed: int = 0
) -> DownstreamShapes:
    """Classify the units of a later layer by how they arrange a family of curves.

    Two questions of each unit, each against chance: are curves more of its squared weight than as
    many other units whose weights are as large (matched one by one), and do its weights on the
    curves follow the template of a shape (`circuits.shapes`) better than when the curves exchange
    their orientations.

    Parameters
    ----------
    curves
        Curves of period 360.
    layer
        A later layer, whose every unit is looked at.
    permutations
        Random groups, and exchanges of orientations.

    Raises
    ------
    InputError
        For families of another period or of fewer than 4 units, too few other units to match, and
        as `expanded_weights`.

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on what curves are used for.
    """
    if curves.period != 360 or len(curves) < 4:
        raise InputError("Shapes are built from a family of at least 4 curves of period 360.")
    target = network.layer(layer)
    found = expanded_weights(
        network, curves.layer, units=[(target.name, c) for c in range(target.channels)]
    )
    every = found.values.double().cpu().numpy()
    chosen = list(curves.channels)
    others = np.setdiff1d(np.arange(every.shape[1]), chosen)
    if len(others) < 2 * len(curves):
        raise InputError(f"{curves.layer} has too few other units to compare the family with.")
    generator = np.random.default_rng(seed)
    energy = (every**2).sum((2, 3))
    shares, share_chance = _shares(energy, chosen, others, permutations, generator)
    of_curves = every[:, chosen]
    scores = shape_scores(of_curves, curves.orientations)
    table = np.stack([scores[name] for name in SHAPES], axis=1)
    chance = np.stack(
        [
            np.max(
                list(
                    shape_scores(
                        of_curves[:, generator.permutation(len(curves))], curves.orientations
                    ).values()
                ),
                axis=0,
            )
            for _ in range(permutations)
        ]
    )
    bound = np.percentile(chance, _CHANCE, axis=0)
    dominated = shares > share_chance
    best = table.argmax(1)
    units = tuple(
        Downstream(
            channel=u,
            share=float(shares[u]),
            share_chance=float(share_chance[u]),
            shape=SHAPES[best[u]] if dominated[u] and table[u, best[u]] > bound[u] else None,
            score=float(table[u, best[u]]),
            score_chance=float(bound[u]),
            scores={name: float(table[u, k]) for k, name in enumerate(SHAPES)},
        )
        for u in range(target.channels)
    )
    return DownstreamShapes(
        layer=target.title,
        curves=curves,
        units=units,
        weights=of_curves,
        counts={name: sum(u.shape == name for u in units) for name in SHAPES},
        counts_chance=float((chance > bound)[:, dominated].sum(1).mean()),
    )


def _shares(
    energy: Float[ndarray, "units channels"],
    chosen: list[int],
    others: ndarray,
    permutations: int,
    generator: np.random.Generator,
) -> tuple[Float[ndarray, " units"], Float[ndarray, " units"]]:
    """Share of the family, and the 95th percentile of matched groups, for every unit.

    Each curve is matched with one of the ten other channels that are nearest to it in the size of
    all their outgoing weights.
    """
    total = np.maximum(energy.sum(1), 1e-30)
    size = np.sqrt(energy.sum(0))
    nearest = [others[np.argsort(np.abs(size[others] - size[c]))[:10]] for c in chosen]
    groups = [[int(generator.choice(n)) for n in nearest] for _ in range(permutations)]
    drawn = np.stack([energy[:, group].sum(1) / total for group in groups])
    return energy[:, chosen].sum(1) / total, np.percentile(drawn, _CHANCE, axis=0)
