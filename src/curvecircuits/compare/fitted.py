"""The record of a fit: figures before and after, and which constants moved."""

from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from numpy import ndarray

from curvecircuits.artificial import Constants
from curvecircuits.circuits.intervals import Interval
from curvecircuits.compare.agreement import mean_over_units

On = Literal["stimuli", "images"]
ONS: tuple[On, ...] = ("stimuli", "images")


@dataclass(frozen=True, kw_only=True)
class Score:
    """Correlation of each natural unit's clipped responses with artificial ones, on one half."""

    own: Float[ndarray, " units"]
    """With the artificial unit of its orientation; NaN for units that never respond."""
    shuffled: Float[ndarray, " units"]
    """With artificial units of orientations at least 45° away, their mean: the control."""


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A constant before and after."""

    name: str
    handwritten: float
    fitted: float

    @property
    def factor(self) -> float:
        """By how much it was multiplied."""
        return self.fitted / self.handwritten


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Constants fitted to a natural family, and what that gained on what they were not fitted to.

    `handwritten` and `after` are of the other half of the stimuli or photographs; `seen` has the
    same two of the half that was fitted to.
    """

    fitted: Literal[True] = True
    """This is no hand-written network."""
    network: str
    layer: str
    channels: tuple[int, ...]
    on: On
    start: Constants
    """The hand-written constants."""
    constants: Constants
    """The fitted ones."""
    handwritten: Score
    after: Score
    seen: tuple[Score, Score]
    moved: tuple[Moved, ...]
    """Those of the tuned constants that changed, the most changed first; constants of parts that
    are switched off do not."""
    objective: tuple[float, ...]
    """1 − correlation on the fitted half, mean over units, at every evaluation."""
    seed: int

    def before_mean(self, *, control: bool = False) -> Interval:
        """Mean correlation of the hand-written units, with its interval over units."""
        return self._mean(_of(self.handwritten, control))

    def after_mean(self, *, control: bool = False) -> Interval:
        """Mean correlation of the fitted units, with its interval over units."""
        return self._mean(_of(self.after, control))

    def gain(self, *, control: bool = False) -> Interval:
        """What fitting added to the correlation, unit by unit, with its interval over units.

        With `control`, what it added to that with units of other orientations: fitting that only
        made all units answer more alike would add there too.
        """
        return self._mean(_of(self.after, control) - _of(self.handwritten, control))

    def _mean(self, values: ndarray) -> Interval:
        return mean_over_units(values, seed=self.seed)


def _of(score: Score, control: bool) -> ndarray:
    return score.shuffled if control else score.own
