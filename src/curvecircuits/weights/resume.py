"""The network itself, run on from a layer whose values are given."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.network import Network
from curvecircuits.weights.replay import needs, replayed


def resumed(
    network: Network,
    source: str,
    target: str,
    *,
    images: Float[Tensor, "n 3 h w"] | None = None,
) -> Callable[[Float[Tensor, "n c *map"]], Float[Tensor, "n k *map2"]]:
    """The network from one layer on: a function from its values to a later layer's.

    The network's own operations are run, with no linear stand-ins. What the target reads besides
    the source (a residual branch around it, say) keeps the values of a real run on the images.

    Parameters
    ----------
    source, target
        Layers; the target is read before it is clipped.
    images
        RGB in [0, 1], (N, 3, H, W); needed where branches go around the source. The function then
        takes the source's values for these images, in their order.

    Raises
    ------
    InputError
        When the target does not depend on the source, when images are needed and not given, and
        when a branch around the source starts at the image itself.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3))
    >>> network = wrap(layers, input_size=32)
    >>> after = resumed(network, "1", "2")
    >>> bool((after(torch.zeros(1, 4, 30, 30))[0, 3] == layers[2].bias[3]).all())
    True

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section "Ablation".
    """
    start = network.layer(source).name
    end = network.layer(target).pre_activation
    path = network.path(start, end)
    if not path:
        raise InputError(f"{target} of {network.name} does not depend on {source}.")
    around = {
        read.meta["layer"]
        for node in path.values()
        for read in node.all_input_nodes
        if read.meta["layer"] not in path
        and read.meta["layer"] != start
        and needs(read, {start: None})[1]
    }
    unnamed = sorted(around - set(network.layers))
    if unnamed:
        raise InputError(
            f"{target} of {network.name} reads {unnamed[0]} around {source}, which is no layer: "
            "choose a source that all of the target passes through."
        )
    if around and images is None:
        raise InputError(
            f"{target} of {network.name} also reads {', '.join(sorted(around))} around {source}: "
            "give the images."
        )
    given = {} if images is None else network.activations(images, layers=sorted(around))

    def run(values: Tensor) -> Tensor:
        return replayed(network, path[end], {start: values, **given})

    return run
