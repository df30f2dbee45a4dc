"""Where a family sits in its network: what makes its values, what clips them, who sits beside."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, fx, nn

from curvecircuits.errors import InputError
from curvecircuits.models import roles
from curvecircuits.models.address import Unit
from curvecircuits.models.lean import lean
from curvecircuits.models.network import Network
from curvecircuits.models.places import before_clipping, places
from curvecircuits.models.split import Split


class Place:
    """The units of a family in their network, cut at their layer.

    Parameters
    ----------
    network, layer, channels
        The family; the network needs scores (`network.logits`) that depend on the layer.

    Raises
    ------
    InputError
        When the network is no classifier, its scores do not depend on the layer, or the units are
        clipped by something that has a weight for every channel.
    """

    def __init__(self, network: Network, layer: str, channels: Sequence[int]) -> None:
        if network.logits is None:
            raise InputError(
                f"{network.name} has no layer of class scores, so that nothing says what a "
                "transplant brings back: name one as logits of curvecircuits.wrap."
            )
        self.network, self.layer = network, network.layer(layer).name
        self.channels = tuple(channels)
        units = [Unit(self.layer, c) for c in range(network.layer(layer).channels)]
        self._made = places(network, before_clipping(network, units))
        """Of each layer that makes some of the units: its channels, and which units they are."""
        own = places(network, before_clipping(network, [units[c] for c in self.channels]))
        self._own = {
            name: (torch.tensor(c, device=network.device), torch.tensor(p))
            for name, (c, p) in own.items()
        }
        self.clipped = next(iter(own)) != self.layer
        behind = _pools(network, self.layer)
        self.through = _Chain(network, behind)
        """From maps of units of the layer to what is put in their place at the cut."""
        at = behind[-1].meta["layer"] if behind else self.layer
        self.split = Split(network, at=at, to=network.logits, also=own)
        """Cut behind pools that follow the layer, so that they need not run for every variant."""
        self._clips = {name: _clipping(network, name) for name in own} if self.clipped else {}

    def raw(self, values: dict[str, Tensor]) -> Float[Tensor, "n units h w"]:
        """Pre-activations of the family's units, from the values that `split.before` gives."""
        names = [*self._own]
        found = torch.cat([values[n].index_select(1, self._own[n][0]) for n in names], 1)
        order = torch.cat([self._own[n][1] for n in names]).argsort()
        return found[:, order.to(found.device)]

    def seen(
        self, images: Float[Tensor, "n 3 h w"]
    ) -> tuple[Float[Tensor, "n channels rows columns"], Float[Tensor, "n units rows columns"]]:
        """Activations of the whole layer, and the family's pre-activations."""
        values = self.network.run(images, layers=[self.layer, *self._own])
        return values[self.layer], self.raw(values)

    def raw_of(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n units rows columns"]:
        """The same for other images; nothing else is computed."""
        return self.raw(self.network.run(images, layers=[*self._own]))

    def clip(self, raw: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """What the network makes of pre-activations of its units; nothing where it clips none."""
        for clip in self._clips.values():  # one for all: branches are clipped alike
            return clip(raw)
        return raw

    def beside(self) -> tuple[int, ...]:
        """The other units of the family's branches; of the layer, where those are too few."""
        own = set(self.channels)
        branches = [
            set(p) for p in (positions for _, positions in self._made.values()) if own & {*p}
        ]
        others = sorted(set().union(*branches) - own)
        whole = sorted(set(range(self.network.layer(self.layer).channels)) - own)
        return tuple(others if len(others) >= len(own) else whole)


class _Chain(nn.Module):
    """Operations of one input each that follow one another, by themselves."""

    def __init__(self, network: Network, nodes: Sequence[fx.Node]) -> None:
        super().__init__()
        graph = fx.Graph()
        last = graph.placeholder("given")
        for node in nodes:
            last = graph.node_copy(node, lambda _, before=last: before)
        graph.output(last)
        self.program = lean(fx.GraphModule(network.module, graph))

    def forward(self, given: Tensor) -> Tensor:
        """Values in, values out."""
        return self.program(given)


def _pools(network: Network, layer: str) -> list[fx.Node]:
    """The max pools behind a layer, as long as nothing else reads what they pool."""
    node, found = network.wiring.nodes[layer], list[fx.Node]()
    while len(node.users) == 1:
        (node,) = node.users
        if roles.kind(network.module, node) != "maxpool" or len(node.all_input_nodes) != 1:
            break
        found.append(node)
    return found


def _clipping(network: Network, layer: str) -> nn.Module:
    """The rectifier behind a layer."""
    node = network.wiring.nodes[layer]
    behind = [n for n in node.users if roles.is_rectifier(network.module, n)]
    what = roles.called(network.module, behind[0])
    if isinstance(what, nn.PReLU) and what.num_parameters > 1:
        raise InputError(
            f"{layer} of {network.name} is clipped by a rectifier with a weight for every channel: "
            "units can be replaced where all are clipped alike."
        )
    return _Chain(network, behind[:1])
