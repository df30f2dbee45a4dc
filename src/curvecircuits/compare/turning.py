"""Correlation of responses over stimuli that go round the circle, as they are or turned.

Responses are (units, conditions, orientations); conditions are radii, or shapes. Turning by d
degrees gives the responses of a unit whose orientation is d greater, if it is otherwise the same.
Between the orientations responses are interpolated: take steps of a quarter of a unit's width or
less (10° for curve detectors), or turned responses agree less than they should.
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.errors import InputError
from curvecircuits.tuning import resample
from curvecircuits.tuning.statistics import STEPS

REACH = 15.0
"""Degrees to either side within which responses are aligned."""
_FEWEST = 8
"""Orientations, so that turning has something between to go by."""


def check_circle(orientations: tuple[float | int, ...]) -> None:
    """Refuse orientations by which nothing can be turned.

    Raises
    ------
    InputError
        When they do not go round the circle in equal steps, or are fewer than 8.

    Examples
    --------
    >>> check_circle(tuple(range(0, 360, 10)))
    """
    count = len(orientations)
    wanted = orientations[0] + 360 * np.arange(count) / count
    off = (np.asarray(orientations, dtype=float) - wanted + 180) % 360 - 180
    if count < _FEWEST or bool(np.abs(off).max() > 1e-6):
        raise InputError(
            f"Maps are turned into one another, so their orientations have to go round the circle "
            f"in equal steps, at least {_FEWEST} of them."
        )


def turned(
    responses: Float[ndarray, "units conditions orientations"], degrees: Float[ndarray, " units"]
) -> Float[ndarray, "units conditions orientations"]:
    """Responses of each unit turned by its own angle, to half a degree.

    f'(θ) = f(θ − d), f between the orientations by `tuning.resample`.

    Parameters
    ----------
    responses
        Not below zero, over orientations in equal steps round the circle.
    degrees
        d of each unit.

    Examples
    --------
    >>> one = np.zeros((1, 1, 36))
    >>> one[..., 2] = 1
    >>> turned(one, np.array([-20.0]))[0, 0, :3]
    array([1., 0., 0.])
    """
    units, conditions, count = responses.shape
    fine = resample(responses.reshape(-1, count)).reshape(units, conditions, STEPS)
    at = np.arange(count) * STEPS / count - np.asarray(degrees)[:, None] * STEPS / 360
    return np.take_along_axis(fine, np.rint(at).astype(int)[:, None, :] % STEPS, axis=2)


def standardised(values: Float[ndarray, "units *rest"]) -> Float[ndarray, "units stimuli"]:
    """Each unit's values less their mean, at unit length; zeros if they never change."""
    flat = values.reshape(len(values), -1)
    centred = flat - flat.mean(1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    # A constant that is not zero leaves rounding behind.
    moves = length > 1e-7 * np.abs(flat).max(1, keepdims=True)
    return np.where(moves, centred / np.where(moves, length, 1), 0)


def correlation(
    natural: Float[ndarray, "units *rest"], other: Float[ndarray, "units *rest"]
) -> Float[ndarray, " units"]:
    """Pearson correlation of each unit with what is set beside it, over all stimuli.

    NaN where the natural unit never changes, as then there is nothing to say; 0 where only the
    other never does.

    Examples
    --------
    >>> correlation(np.array([[0.0, 1, 2], [0, 1, 2], [0, 0, 0]]), np.array([[1.0, 3, 5]] * 3))
    array([ 1.,  1., nan])
    >>> correlation(np.array([[0.0, 1, 2]]), np.zeros((1, 3)))
    array([0.])
    """
    one, two = standardised(natural), standardised(other)
    return np.where(one.any(1), (one * two).sum(1).clip(-1, 1).round(12), np.nan)


def aligned(
    natural: Float[ndarray, "units conditions orientations"],
    other: Float[ndarray, "units conditions orientations"],
    *,
    reach: float = REACH,
) -> tuple[Float[ndarray, " units"], Float[ndarray, " units"]]:
    """The largest correlation of each unit over turns of the other by up to `reach` degrees.

    Turns are in steps of one degree; the one that was taken is the second result.

    Examples
    --------
    >>> angle = np.radians(np.arange(36) * 10.0)
    >>> one = np.maximum(np.cos(angle), 0)[None, None]
    >>> best, turn = aligned(turned(one, np.array([7.0])), one)
    >>> turn, bool(best[0] > 0.999)
    (array([7.]), True)
    """
    turns = np.arange(-np.floor(reach), np.floor(reach) + 1, dtype=float)
    # From no turn outwards, so that of equally good turns the least is taken.
    turns = turns[np.argsort(np.abs(turns), kind="stable")]
    every = np.stack([correlation(natural, turned(other, np.full(len(other), d))) for d in turns])
    best = np.where(np.isnan(every), -2, every).argmax(0)
    taken = np.take_along_axis(every, best[None], axis=0)[0]
    return taken, np.where(np.isnan(taken), np.nan, turns[best])
