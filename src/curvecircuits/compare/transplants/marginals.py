"""The calibration rule: what replaces a unit fires as often and varies as much, and no more."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

_ROUNDS = 60
_WIDEST = 1e6
"""By how much a scale may be off its first guess."""

Clip = Callable[[Tensor], Tensor]


def match_marginals(
    candidate: Float[Tensor, " offered"],
    natural: Float[Tensor, " samples"],
    *,
    clip: Clip | None,
) -> tuple[float, float]:
    """Scale s and offset b with which s · candidate + b has the marginals of a natural unit.

    Where the network clips its unit, the threshold t = −b / s is the quantile of the candidate at
    which it fires as often as the unit is above zero, and s gives clip(s · (candidate − t)) the
    standard deviation of clip(unit). Where nothing is clipped, mean and standard deviation are
    those of the unit. The two are never paired: in another order of samples the result is the same.

    Parameters
    ----------
    candidate, natural
        Pre-activations; of the same images and positions, though that does not matter.
    clip
        What the network makes of pre-activations; None where it takes them as they are.

    Returns
    -------
    tuple
        Scale and offset; both 0 where either never varies, so that the unit is silent.

    Examples
    --------
    >>> natural = torch.randn(9999, generator=torch.Generator().manual_seed(0)) - 1
    >>> scale, offset = match_marginals(7 * natural.flip(0) + 3, natural, clip=torch.relu)
    >>> round(scale, 2), round(offset, 2)
    (0.14, -0.43)
    """
    candidate, natural = candidate.double(), natural.double()
    if clip is None:
        scale = _ratio(natural.std(), candidate.std())
        return scale, float(natural.mean() - scale * candidate.mean()) if scale else 0.0
    wanted = clip(natural).std()
    over = candidate - _threshold(candidate, float((natural > 0).double().mean()))
    scale = _ratio(wanted, clip(over).std())
    if not scale:
        return 0.0, 0.0
    # A rectifier that also saturates is not proportional to what it is given.
    if not torch.allclose(clip(scale * over), scale * clip(over)):
        low, high = scale / _WIDEST, scale * _WIDEST
        for _ in range(_ROUNDS):
            scale = (low * high) ** 0.5
            low, high = (scale, high) if clip(scale * over).std() < wanted else (low, scale)
    threshold = candidate[0] - over[0]
    return scale, float(-scale * threshold)


def _threshold(values: Tensor, rate: float) -> float:
    """What a share of the values is above; halfway between two of them."""
    ordered = values.sort(descending=True).values
    above = round(rate * len(values))
    if not above:
        return float(ordered[0])
    if above == len(values):
        return float(ordered[-1] - 1e-9 * (1 + ordered[-1].abs()))
    return float((ordered[above - 1] + ordered[above]) / 2)


def _ratio(wanted: Tensor, found: Tensor) -> float:
    ratio = float(wanted / found) if found > 0 else 0.0
    return ratio if ratio < float("inf") else 0.0
