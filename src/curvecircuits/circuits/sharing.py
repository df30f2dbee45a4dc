"""Equivariance over scales and hues: one template where there could be several.

Over scales, blocks between larger and larger shapes share a template that is stretched for each.
Over hues, sources of all hues share one that does not know them. Both are compared with templates
of their own, by R² of targets left out and by the numbers that each needs for the same R².
"""

from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from curvecircuits.circuits.compression import TemplateCurve, numbers_at
from curvecircuits.circuits.equivariance import FEWEST, beats, lead, r2_of
from curvecircuits.circuits.intervals import Interval, resampled
from curvecircuits.circuits.tied import Residuals
from curvecircuits.errors import InputError


@dataclass(frozen=True, kw_only=True)
class SharedFit:
    """One template for all scales or hues beside templates of their own.

    R² is that of targets left out, pooled over blocks that count alike; for each of the two the
    size with the highest is taken. Intervals resample the targets.
    """

    name: str
    r2: Interval
    """Of the shared template."""
    separate: Interval
    """Of templates of their own."""
    kept: Interval
    """The first R² over the second; NaN where the second is not above 0."""
    control: tuple[float, ...]
    """Of a shared template where nothing can be shared; see the functions."""
    above_control: Interval
    """R² less the mean of the controls'."""
    numbers: int
    """What the shared template keeps, with an orientation and a gain of each unit."""
    separate_numbers: int
    factor: Interval
    """Numbers that separate templates need over those that the shared one needs, for the same R²;
    NaN unless it beats its control."""
    scales: tuple[float, ...]
    """Size of each block's template over that of the first, in pixels; empty for hues."""
    holds: bool | None
    """Whether the shared template beats its control, and for hues, whether knowing them does not
    raise R²; none where targets are too few to say."""
    reason: str | None = None
    """Why `holds` is none."""


def total_factor(*factors: Interval) -> Interval:
    """The product of factors, as of rotation, scale and hue.

    Its bounds are the products of bounds: whatever the dependence between the factors, it is not
    narrower than an interval of the product would be. NaN where one is.

    Raises
    ------
    InputError
        When there is no factor.

    Examples
    --------
    >>> both = total_factor(
    ...     Interval(value=15, low=10, high=20, units=12), Interval(value=2, low=1, high=3, units=9)
    ... )
    >>> both.value, both.low, both.high, both.units
    (30.0, 10.0, 60.0, 9)
    """
    if not factors:
        raise InputError("A total needs at least one factor.")
    value, low, high = (
        float(np.prod([getattr(f, name) for f in factors])) for name in ("value", "low", "high")
    )
    return Interval(value=value, low=low, high=high, units=min(f.units for f in factors))


def check_draws(draws: int) -> None:
    """Refuse controls of fewer than 20 draws."""
    if draws < 20:
        raise InputError(f"A control needs at least 20 draws, not {draws}.")


def compared(
    name: str,
    shared: TemplateCurve,
    separate: TemplateCurve,
    control: list[Residuals],
    *,
    share: float,
    scales: tuple[float, ...],
    fewest: int,
    seed: int,
) -> SharedFit:
    """Put the curve of shared templates beside that of separate ones, and the control's fits.

    Parameters
    ----------
    scales
        Empty for hues, where knowing them must not raise R² either.
    fewest
        Targets of the block that has the fewest.
    """
    one, own = shared.fits[shared.best], separate.fits[separate.best]
    over = lead(one, control, seed=seed)
    better = beats(one, control) and over.above()
    if not scales:  # of hues there is no template but the one that knows them to be compared with
        gained = lead(own, [one], seed=seed)
        better = better and not gained.above()
    split = shared.rows.shape[1]
    rows = np.concatenate([shared.rows, separate.rows], axis=1)

    def needed(drawn: ndarray) -> float:
        r2 = [1 - d[:, 1:].sum(0) / d[:, 0].sum() for d in (drawn[:, :split], drawn[:, split:])]
        wanted = share * min(r2[0][shared.best], r2[1][separate.best])
        least = [
            numbers_at(wanted, curve.numbers, r, start=curve.start)
            for curve, r in zip((shared, separate), r2, strict=True)
        ]
        return least[1] / least[0]

    def kept(drawn: ndarray) -> float:
        missed, all_missed = drawn[:, 1 + shared.best], drawn[:, split + 1 + separate.best]
        total = drawn[:, 0].sum()
        whole = 1 - all_missed.sum() / total
        return float((1 - missed.sum() / total) / whole) if whole > 0 else np.nan

    enough = fewest >= FEWEST
    nothing = Interval(value=np.nan, low=np.nan, high=np.nan, units=len(rows))
    return SharedFit(
        name=name,
        r2=r2_of(one, seed=seed),
        separate=r2_of(own, seed=seed),
        kept=resampled(rows, kept, seed=seed),
        control=tuple(c.r2 for c in control),
        above_control=over,
        numbers=int(shared.numbers[shared.best]),
        separate_numbers=int(separate.numbers[separate.best]),
        factor=resampled(rows, needed, seed=seed) if better else nothing,
        scales=scales,
        holds=better if enough else None,
        reason=None if enough else _why(fewest),
    )


def _why(targets: int) -> str:
    return f"There are {targets} targets, and {FEWEST} are the fewest to resample."


def too_few(name: str, targets: int) -> SharedFit:
    """What is said of a block that has no targets to leave out."""
    nothing = Interval(value=np.nan, low=np.nan, high=np.nan, units=targets)
    return SharedFit(
        name=name,
        r2=nothing,
        separate=nothing,
        kept=nothing,
        control=(),
        above_control=nothing,
        numbers=0,
        separate_numbers=0,
        factor=nothing,
        scales=(),
        holds=None,
        reason=_why(targets),
    )
