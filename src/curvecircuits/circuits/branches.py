"""Which branch of a network makes a channel, and whether a group of units keeps to one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from curvecircuits.errors import InputError
from curvecircuits.models import roles
from curvecircuits.models.network import Network


@dataclass(frozen=True, kw_only=True)
class BranchShare:
    """How many units of a group one branch of their layer makes."""

    branch: str
    size: int
    """Channels of the branch."""
    units: int
    """How many of the group are among them."""
    chance: float
    """Probability of at least as many when as many channels are drawn at random."""


def branches(network: Network, layer: str) -> dict[str, range]:
    """Channels of each branch that a layer joins; the layer itself where it joins none.

    Raises
    ------
    InputError
        For unknown layers.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> branches(artificial_network(), "3b")
    {'mixed3b': range(0, 24)}
    """
    target = network.layer(layer)
    first = next(iter(network.layers))
    node = network.path(first, target.name).get(target.name)
    if node is None or not roles.is_concat(network.module, node):
        return {target.name: range(target.channels)}
    found: dict[str, range] = {}
    start = 0
    for part in roles.concat_inputs(node):
        name = str(part.meta["layer"])
        end = start + network.layers[name].channels
        found[name] = range(start, end)
        start = end
    return found


def branch_shares(network: Network, layer: str, channels: Sequence[int]) -> tuple[BranchShare, ...]:
    """Units of a group in each branch of their layer, with the hypergeometric chance of as many.

    Raises
    ------
    InputError
        For unknown layers, and channels the layer does not have.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> [(b.units, b.chance) for b in branch_shares(artificial_network(), "3b", [0, 3])]
    [(2, 1.0)]

    References
    ----------
    Voss et al., "Branch Specialization", Distill 2021.
    """
    total = network.layer(layer).channels
    group = set(channels)
    if not group <= set(range(total)):
        raise InputError(f"The channels of {layer} are 0 to {total - 1}.")
    found: list[BranchShare] = []
    for name, span in branches(network, layer).items():
        hits = len(group & set(span))
        ways = sum(
            math.comb(len(span), k) * math.comb(total - len(span), len(group) - k)
            for k in range(hits, min(len(span), len(group)) + 1)
        )
        chance = ways / math.comb(total, len(group))
        found.append(BranchShare(branch=name, size=len(span), units=hits, chance=chance))
    return tuple(found)
