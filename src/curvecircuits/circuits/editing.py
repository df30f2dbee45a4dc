"""Edits that are told in terms of families: drop weights of one sign, at some orientations."""

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.families.family import Family, relative_orientation
from curvecircuits.models.edits import AddWeights
from curvecircuits.weights.expanded import ExpandedWeights

Sign = Literal["negative", "positive"]


def drop_weights(
    weights: ExpandedWeights,
    targets: Family,
    sources: Family,
    *,
    sign: Sign,
    relative: tuple[float, float] | None = None,
) -> AddWeights:
    """The edit that takes one sign of the expanded weights between two families away.

    For each pair of a target and a source unit it adds −min(w, 0) (negative) or −max(w, 0)
    (positive) to the target's pre-activation, at every position. Where one convolution lies
    between the layers that is the same as setting those weights to 0; over longer paths the linear
    approximation is subtracted.

    Parameters
    ----------
    weights
        Of the targets (and of other units, if need be) on the sources' layer. Families are
        matched with it by channel.
    targets, sources
        The families; all other weights stay.
    sign
        Which weights to drop.
    relative
        Only for pairs whose orientations differ by an angle within these bounds, both included,
        in degrees: of the source to the target, without sign, in the smaller of the families'
        periods. Units without an orientation are then left as they are.

    Returns
    -------
    edit
        To be given to `edit`.

    Raises
    ------
    InputError
        When a target has no weights here, a source channel is not in the layer, the bounds are
        not in order, or a family has no orientations to compare.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.weights import expanded_weights
    >>> network = artificial_network()
    >>> turns = tuple(15.0 * k for k in range(24))
    >>> curve, early = (
    ...     Family(name="c", layer=x, channels=tuple(range(24)), orientations=turns, period=360)
    ...     for x in ("3b", "3a")
    ... )
    >>> weights = expanded_weights(network, "3a", units=curve.units)
    >>> dropped = drop_weights(weights, curve, early, sign="negative", relative=(135, 180))
    >>> dropped.source, tuple(dropped.values.shape), bool((dropped.values >= 0).all())
    ('3a', (24, 66, 5, 5), True)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021: "we can validate by using circuit editing to
    remove them and confirming that echoes appear".
    """
    rows = {unit.channel: row for row, unit in enumerate(weights.units)}
    missing = [u for u in targets.units if u.channel not in rows]
    if missing:
        raise InputError(
            f"These weights are not of {missing[0]}: compute expanded weights of all targets."
        )
    count = weights.values.shape[1]
    unknown = [u for u in sources.units if not 0 <= u.channel < count]
    if unknown:
        raise InputError(
            f"These weights are on {weights.source} with channels 0 to {count - 1}: {unknown[0]} "
            "is none of them."
        )
    pairs = _pairs(targets, sources, relative).to(weights.values.device)
    dropped = torch.zeros_like(weights.values[[rows[c] for c in targets.channels]])
    between = weights.values[[rows[c] for c in targets.channels]][:, list(sources.channels)]
    taken = between.clamp(max=0) if sign == "negative" else between.clamp(min=0)
    dropped[:, list(sources.channels)] = -taken * pairs[:, :, None, None]
    return AddWeights(
        source=weights.source,
        targets=[weights.units[rows[c]] for c in targets.channels],
        values=dropped,
        origin=weights.origin,
        stride=weights.stride,
    )


def _pairs(targets: Family, sources: Family, relative: tuple[float, float] | None) -> Tensor:
    """Which pairs of a target and a source are meant."""
    if relative is None:
        return torch.ones(len(targets), len(sources), dtype=torch.bool)
    low, high = relative
    period = min(targets.period, sources.period)
    if not period:
        raise InputError(
            f"The families {targets.name} and {sources.name} have no orientations to compare: "
            "leave `relative` out."
        )
    if not 0 <= low <= high:
        raise InputError(
            f"A range of relative orientations is (smallest, largest) in degrees from 0 up, not "
            f"{relative}."
        )
    turn = np.abs(relative_orientation(targets.orientations, sources.orientations, period=period))
    return torch.from_numpy((turn >= low) & (turn <= high))
