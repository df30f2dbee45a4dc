"""What an affine step of the path between two layers is, and what is said of one that is none."""

from dataclasses import dataclass

from torch import Tensor, fx
from torch.fx.node import map_arg

from curvecircuits.errors import InputError
from curvecircuits.models import roles
from curvecircuits.models.network import Network


@dataclass(frozen=True, kw_only=True)
class Step:
    """One affine operation of the path: what it reads, and how it maps it."""

    name: str
    inputs: tuple[str, ...]
    """The tensors on the path that it reads; one read twice is there twice."""
    kind: str
    """`same` (identity), `scale` (by `factor`), `conv`, `average`, `shift` (padding), `concat` or
    `add`."""
    channels: int
    parts: tuple[tuple[str, int], ...] = ()
    """Of `concat`: every branch and its channels, those off the path too."""
    signs: tuple[float, ...] = ()
    """Of `add`: what each input is multiplied by."""
    factor: Tensor | None = None
    """Of `scale`: one number a channel."""
    bias: Tensor | None = None
    """What is added, one number a channel."""
    kernel: Tensor | None = None
    """Of `conv`: (out, in / groups, h, w)."""
    window: tuple[int, int] = (1, 1)
    divisor: float = 1.0
    """Of `average`: what the sum over the window is divided by."""
    stride: tuple[int, int] = (1, 1)
    before: tuple[int, int] = (0, 0)
    """Padding before the first row and column."""
    after: tuple[int, int] = (0, 0)
    """Of `average`: padding after the last ones; negative where some are never read."""
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1


def operands(node: fx.Node) -> list[fx.Node]:
    """The nodes among the arguments, in order; one that is given twice is there twice."""
    found: list[fx.Node] = []
    map_arg((node.args, node.kwargs), found.append)
    return found


def refusal(network: Network, node: fx.Node, why: str = "") -> InputError:
    """The sentence for an operation that cannot be crossed."""
    because = f": {why}" if why else ""
    return InputError(
        f"{node.meta['layer']} ({roles.kind(network.module, node)}) of {network.name} has no "
        f"linear counterpart{because}; expanded weights cross convolutions, pooling, padding, "
        "normalisation, rectifiers, gates of one value a channel, sums and concatenations."
    )
