"""The linear approximation of the path between two layers, as a list of steps.

Each operation is replaced by its nearest linear (more exactly, affine) one:

- rectifiers and everything that is clipped or squashed, smooth ones too (ReLU, GELU, SiLU,
  hardswish, sigmoid, …): the identity, whatever their slope at zero;
- max pooling: average pooling over the same window;
- response normalisation: its constant at zero activation, k^−β;
- batch normalisation: its slope and offset;
- a product with a gate of one value a channel (squeeze and excitation): the constant that the gate
  has where the source is zero.

What is left is a directed graph of affine steps, which the two implementations of expanded weights
read in their own ways.
"""

from curvecircuits.errors import InputError
from curvecircuits.models.network import Network
from curvecircuits.weights.reading import read_step
from curvecircuits.weights.step import Step


def linear_path(network: Network, source: str, target: str) -> list[Step]:
    """The steps from one layer to another, in the order of the network.

    Parameters
    ----------
    source, target
        Layers; the target is read before it is clipped.

    Raises
    ------
    InputError
        When the target does not depend on the source, or an operation between them has no linear
        counterpart here.
    """
    start = network.layer(source).name
    end = network.layer(target).pre_activation
    between = network.path(start, end)
    if not between:
        raise InputError(f"{target} of {network.name} does not depend on {source}.")
    known = {start, *between}
    wanted = {end}
    steps: list[Step] = []
    for name in reversed(between):  # from the target back: what only feeds a gate is no step
        if name in wanted:
            step = read_step(network, between[name], start, known)
            steps.append(step)
            wanted.update(step.inputs)
    return steps[::-1]
