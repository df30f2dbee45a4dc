"""What a family answers while crops of photographs are turned, and how far it is one unit turned.

Turns are degrees clockwise on screen. A crop that a unit of orientation o answers most holds,
roughly, a curve of that orientation; turned by t it holds one of o + t. If a family is one unit at
many orientations, unit j peaks on the crops of unit i at the turn o_j − o_i.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.circuits.intervals import Interval, resampled_pairs
from curvecircuits.compare.agreement import APART, mean_over_units
from curvecircuits.compare.picked_crops import PickedCrops
from curvecircuits.compare.turning import correlation
from curvecircuits.errors import InputError
from curvecircuits.families.family import relative_orientation
from curvecircuits.tuning import resample
from curvecircuits.tuning.statistics import STEPS

Of = Literal["natural", "artificial"]
On = Literal["strongest", "random"]
By = Literal["peak", "lag"]


@dataclass(frozen=True, kw_only=True)
class NaturalTuning:
    """Responses of every unit of a family to the crops of every unit, at every turn.

    Arrays and figures come for two kinds of crops, `on`: the ``strongest`` of each unit, and as
    many ``random`` ones. The second is a control: where no unit chose a curve nothing says at which
    turn another should peak, and errors are about 90°. So is `shuffled`: errors from orientations
    at least 45° away from the answering unit's, and correlations with artificial units of those.

    Selection and measurement use the same image at turn 0 for the unit that chose it, so that its
    own peak near 0 says little. Figures are therefore of pairs of different units, unless `own`
    is asked for.
    """

    layer: str
    channels: tuple[int, ...]
    orientations: tuple[float, ...]
    """Degrees; direction of the outward normal."""
    centres: tuple[tuple[float, float], ...]
    """Where the natural units look, in pixels right and down from where they nominally do."""
    turns: tuple[float, ...]
    """Degrees, from 0, in equal steps round the circle."""
    field: float
    """Effective receptive field of the layer, in pixels: what a crop shows at every turn."""
    crops: PickedCrops
    natural: Mapping[str, Float[ndarray, "choosers crops turns units"]]
    """By kind of crop: responses clipped below at zero, or on a linear layer what the crop adds to
    a grey canvas in the direction of the unit's sign. NaN where a unit has fewer crops."""
    artificial: Mapping[str, Float[ndarray, "choosers crops turns units"]]
    """The same of the artificial units; empty where none were given."""
    seed: int

    def mean(
        self, of: Of = "natural", *, on: On = "strongest"
    ) -> Float[ndarray, "choosers turns units"]:
        """Mean response over crops, over each answering unit's largest one.

        m(i, t, j) / max over i and t of m(i, t, j), the maximum always of the strongest crops.
        Peaks do not depend on it. NaN for a unit that never answers or never chose.

        Raises
        ------
        InputError
            If there are no artificial units.
        """
        top = np.nan_to_num(self._mean(of, "strongest")).max((0, 1))
        return self._mean(of, on) / np.where(top > 0, top, np.nan)

    @property
    def expected(self) -> Float[ndarray, "choosers units"]:
        """The turn o_j − o_i at which unit j should peak on crops of unit i, in [−180, 180)."""
        return relative_orientation(self.orientations, self.orientations)

    def peaks(
        self, of: Of = "natural", *, on: On = "strongest", by: By = "peak"
    ) -> Float[ndarray, "choosers units"]:
        """The turn at which each unit peaks on the crops of each, in half degrees from 0 to 360.

        By ``peak``: where the response of unit j, mean over the crops of unit i, is largest.
        By ``lag``: where Σ over crops and turns of r_i(t) · r_j(t + lag) is, which is how far j
        comes behind the unit that chose, wherever that peaks; 0 on its own crops by construction.
        For this no crop needs to have been chosen: random crops are evidence too, and `shuffled`
        is the control.

        Both are interpolated between turns (`tuning.resample`). NaN where nothing changes.

        Raises
        ------
        InputError
            As `mean`.
        """
        if by == "peak":
            rows = np.nan_to_num(self._mean(of, on)).transpose(0, 2, 1)
        else:
            spectrum = np.fft.rfft(np.nan_to_num(self._of(of)[on]).astype(float), axis=2)
            chooser = np.stack([own[..., i] for i, own in enumerate(spectrum)]).conj()
            both = (chooser[..., None] * spectrum).sum(1)
            rows = np.fft.irfft(both, n=len(self.turns), axis=1).transpose(0, 2, 1)
            rows = np.maximum(rows, 0)  # below zero by rounding only, as no response is
        fine = resample(rows.reshape(-1, len(self.turns))).reshape(*rows.shape[:2], STEPS)
        moves = np.ptp(rows, axis=2) > 1e-6 * rows.max(2)
        return np.where(moves, fine.argmax(2) * 360 / STEPS, np.nan)

    def errors(
        self, of: Of = "natural", *, on: On = "strongest", by: By = "peak", shuffled: bool = False
    ) -> Float[ndarray, "choosers units"]:
        """Degrees between where unit j peaks on crops of unit i and where it should, 0 to 180.

        With `shuffled`, o_j is the orientation of another unit at least 45° away: the mean over
        all such units, NaN where there is none.

        Raises
        ------
        InputError
            As `mean`.
        """
        peaks, expected = self.peaks(of, on=on, by=by), self.expected
        if not shuffled:
            return _apart(peaks, expected)
        found = np.full(peaks.shape, np.nan)
        for unit, far in enumerate(_far(self.orientations)):
            if len(far):
                found[:, unit] = _apart(peaks[:, unit, None], expected[:, far]).mean(1)
        return found

    def error(
        self,
        of: Of = "natural",
        *,
        on: On = "strongest",
        by: By = "peak",
        shuffled: bool = False,
        own: bool = False,
    ) -> Interval:
        """Mean error over pairs of different units, with its interval over units.

        Choosing and answering units are drawn apart. With `own`: of units on their own crops.

        Raises
        ------
        InputError
            As `mean`.
        """
        errors = self.errors(of, on=on, by=by, shuffled=shuffled)
        if own:
            return mean_over_units(errors.diagonal(), seed=self.seed)
        return resampled_pairs((_others(errors),), _mean, seed=self.seed)

    def gain(
        self,
        of: Of = "natural",
        *,
        over: Literal["random", "shuffled"] = "shuffled",
        on: On = "strongest",
        by: By = "peak",
    ) -> Interval:
        """By how many degrees a control errs more, pair by pair, with its interval over units.

        Raises
        ------
        InputError
            As `mean`.
        """
        errors = self.errors(of, on=on, by=by)
        shuffled = over == "shuffled"
        control = self.errors(of, on=on if shuffled else "random", by=by, shuffled=shuffled)
        return resampled_pairs((_others(control - errors),), _mean, seed=self.seed)

    def agreements(
        self, *, on: On = "strongest", shuffled: bool = False, own: bool = False
    ) -> Float[ndarray, " units"]:
        """Correlation of each natural unit with its artificial one over crops and turns.

        Pearson's, over all turns of all crops of the other units, or of its `own`. With `shuffled`
        the mean over the artificial units at least 45° away. NaN for units that never answer.

        Raises
        ------
        InputError
            As `mean`.
        """
        natural, artificial = self.natural[on], self._of("artificial")[on]
        units = np.arange(len(self.channels))
        far = _far(self.orientations)
        found = np.full(len(units), np.nan)
        for unit in units:
            crops = units == unit if own else units != unit
            beside = far[unit] if shuffled else np.array([unit])
            one, two = natural[crops][..., unit].ravel(), artificial[crops][..., beside]
            seen = np.isfinite(one)
            if seen.any() and len(beside):
                rows = two.reshape(-1, len(beside))[seen].T
                found[unit] = correlation(np.tile(one[seen], (len(beside), 1)), rows).mean()
        return found

    def agreement(
        self, *, on: On = "strongest", shuffled: bool = False, own: bool = False
    ) -> Interval:
        """The mean of `agreements` over units, with its interval over units.

        Raises
        ------
        InputError
            As `mean`.
        """
        found = self.agreements(on=on, shuffled=shuffled, own=own)
        return mean_over_units(found, seed=self.seed)

    def _of(self, of: Of) -> Mapping[str, ndarray]:
        table = {"natural": self.natural, "artificial": self.artificial}[of]
        if not table:
            raise InputError(
                f"Only the natural units of {self.layer} were turned: give what match_family "
                "returns for them to have artificial ones."
            )
        return table

    def _mean(self, of: Of, on: On) -> Float[ndarray, "choosers turns units"]:
        values = self._of(of)[on]
        there = np.isfinite(values)
        count = there.sum(1)
        whole = np.where(there, values, 0).sum(1)
        return np.where(count > 0, whole / np.maximum(count, 1), np.nan)


def _apart(peaks: ndarray, expected: ndarray) -> ndarray:
    return np.abs((peaks - expected + 180) % 360 - 180)


def _far(orientations: tuple[float, ...]) -> list[ndarray]:
    away = np.abs(relative_orientation(orientations, orientations))
    return [np.flatnonzero(row >= APART) for row in away]


def _others(pairs: Float[ndarray, "units units"]) -> Float[ndarray, "units units"]:
    return np.where(np.eye(len(pairs), dtype=bool), np.nan, pairs)


def _mean(pairs: ndarray) -> float:
    kept = pairs[np.isfinite(pairs)]
    return float(kept.mean()) if len(kept) else float("nan")
