"""The strongest connections of every unit of a layer, from one pass over its expanded weights."""

import base64

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.report.explorer_record import Links
from curvecircuits.weights import expanded_weights

_CHUNK = 128
"""Units at a time, so that their weights fit in memory."""
_WHOLE = 32767


def connection_shares(
    network: Network, source: str, target: str
) -> Float[ndarray, "targets sources"]:
    """What every unit of a layer gives to every unit of a later one, in one signed number.

    With expanded weights w[t, s, p] over positions p, the share is Σ_p w[t, s, p] / Σ_s Σ_p |w|:
    1 for a unit that only one source excites, 0 where the weights cancel. Units that do not depend
    on the source have shares of 0.

    Raises
    ------
    InputError
        As `expanded_weights`, where it raises for all units of the target.

    Examples
    --------
    >>> from torch import nn
    >>> from curvecircuits.models.wrap import wrap
    >>> network = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)), input_size=32)
    >>> found = connection_shares(network, "0", "1")
    >>> found.shape, bool((np.abs(found).sum(1) <= 1).all())
    ((5, 4), True)

    References
    ----------
    Voss et al., "Visualizing Weights", Distill 2021.
    """
    layer, channels = network.layer(target), network.layer(source).channels
    shares = np.zeros((layer.channels, channels))
    refused: InputError | None = None
    read = False
    for chunk in torch.arange(layer.channels).split(_CHUNK):
        try:
            units = [Unit(layer.name, c) for c in chunk.tolist()]
            weights = expanded_weights(network, source, units=units).values
        except InputError as error:  # none of these depends on the source
            refused = error
            continue
        read = True
        whole = weights.abs().sum((1, 2, 3)).clamp(min=torch.finfo(weights.dtype).tiny)
        shares[chunk.numpy()] = (weights.sum((2, 3)) / whole[:, None]).cpu().numpy()
    if not read and refused is not None:
        raise refused
    return shares


def links(shares: Float[ndarray, "units others"], layer: str, *, each: int = 12) -> Links:
    """Keep the strongest of each unit's connections, half of them of either sign.

    Parameters
    ----------
    shares
        From `connection_shares`; transposed for the connections to a later layer.
    layer
        Which layer the others are of.
    each
        How many are kept of each unit, an even number.

    Raises
    ------
    InputError
        When `each` is odd or below 2.

    Examples
    --------
    >>> kept = links(np.array([[0.5, -0.25, 0.0, 0.125]]), "3a", each=4)
    >>> np.frombuffer(base64.b64decode(kept.channels), "<u2").tolist()
    [0, 3, 1, 0]
    >>> (np.frombuffer(base64.b64decode(kept.shares), "<i2") / 32767).round(3).tolist()
    [0.5, 0.125, -0.25, 0.0]
    """
    if each < 2 or each % 2:
        raise InputError(f"Connections of both signs are kept, an even number, not {each}.")
    units, half = len(shares), each // 2
    steps = np.clip(np.rint(shares * _WHOLE), -_WHOLE, _WHOLE).astype(np.int64)
    channels = np.zeros((units, each), "<u2")
    values = np.zeros((units, each), "<i2")
    for first, signed in ((0, np.maximum(steps, 0)), (half, np.minimum(steps, 0))):
        # Equal ones by their channel, so that the choice is the same anywhere.
        order = np.argsort(-np.abs(signed), axis=1, kind="stable")[:, :half]
        found = np.take_along_axis(signed, order, 1)
        stop = first + order.shape[1]
        channels[:, first:stop] = np.where(found != 0, order, 0)
        values[:, first:stop] = found
    return Links(
        layer=layer,
        each=each,
        channels=base64.b64encode(channels.tobytes()).decode("ascii"),
        shares=base64.b64encode(values.tobytes()).decode("ascii"),
    )
