"""The echo: what a curve detector answers to opposite curves once its inhibition is taken away.

Early curves, its inputs, answer a little to curves turned by 180°. A curve detector does not.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy import ndarray

from curvecircuits.circuits.chance import Compared, against_chance, exchanged
from curvecircuits.circuits.intervals import NOTHING, Interval, resampled
from curvecircuits.circuits.kernels import Kernels
from curvecircuits.circuits.linear_view import LinearView
from curvecircuits.circuits.readings import Reading, read_at
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.tuning import Look

OPPOSING = 120.0
"""Sources at least this many degrees from the target's orientation oppose it."""
_SILENT = 0.05
"""A unit that keeps less of the network's own response to its orientation is silent."""


@dataclass(frozen=True, kw_only=True)
class EchoCondition:
    """Every target with some of its weights; responses in the network's own units.

    Orientation is that of the unedited unit throughout: nothing is looked for anew after an edit.
    """

    name: str
    title: str
    radial: Float[ndarray, "targets angles"]
    """Radial tuning curves: the mean over radius of the positive responses."""
    peak: Float[ndarray, " targets"]
    """Largest response within 45° of the unit's orientation."""
    echo: Float[ndarray, " targets"]
    """Largest response within 45° of the opposite, over `peak`; NaN for a silent unit."""
    at90: Float[ndarray, " targets"]
    """The larger response at ±90°, over `peak`; NaN for a silent unit."""
    removed: Float[ndarray, " targets"]
    """Sum of the magnitudes of the weights taken away from the sources."""
    silent: tuple[int, ...]
    """Channels that keep less than 5 % of the network's own peak."""
    mean_echo: Interval
    mean_at90: Interval


@dataclass(frozen=True, kw_only=True)
class EchoExperiment:
    """Echoes of every target in six conditions; effects are over units that are not silent.

    An effect is (echo − at90) with negative weights removed minus the same with all weights of
    the sources, unit by unit.
    """

    targets: Family
    sources: Family
    look: Look
    angles: tuple[float, ...]
    """Orientations of the stimuli, the columns of every radial curve."""
    conditions: tuple[EchoCondition, ...]
    """`network`, `linear` (all inputs), `sources` (those only), and the sources
    `without_opposing`, `without_other` and `without_negative` weights."""
    opposing: Interval
    """Effect of removing the negative weights from opposing sources."""
    other: Interval
    """Effect of removing the negative weights from all other sources."""
    difference: Compared
    """Their difference, unit by unit. Null: the sources' orientations exchanged, so that as many
    sources, but not the opposing ones, count as opposing."""
    absolute: Compared
    """The same with echo and at90 as shares of the network's own peak, in which no weak unit
    counts for much, and which silent units do not escape."""
    units: int
    """How many targets are not silent in the three conditions that `difference` compares."""

    def condition(self, name: str) -> EchoCondition:
        """One of the six by its name."""
        return next(c for c in self.conditions if c.name == name)


def echo_experiment(view: LinearView, *, permutations: int = 200, seed: int = 0) -> EchoExperiment:
    """Take negative weights away from curve detectors and measure what echo comes back.

    A unit's response is max(0, Σ W · h + b) with the real activations h of the source layer and
    edited expanded weights W. Radial curves are means over radius. Each is read at the unit's own
    orientation: peak within 45° of it, echo within 45° of the opposite, and the response at ±90°,
    which a general lift raises as much as an echo.

    Parameters
    ----------
    view
        From `linear_view`, of curves and the early curves they are made of.
    permutations
        Of the sources' orientations, for the null.

    Raises
    ------
    InputError
        When the grid of the view does not go round the circle in even steps from 0°.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> from curvecircuits.circuits.linear_view import linear_view
    >>> from curvecircuits.stimuli import CurveGrid
    >>> from curvecircuits.weights import expanded_weights
    >>> def family(layer):
    ...     around, units = (0.0, 90.0, 180.0, 270.0), (0, 6, 12, 18)
    ...     return Family(
    ...         name="curve", layer=layer, channels=units, orientations=around, period=360
    ...     )
    >>> network = artificial_network()
    >>> weights = expanded_weights(network, "3a", units=family("3b").units)
    >>> around = tuple(30.0 * k for k in range(12))
    >>> grid = CurveGrid(orientations=around, radii=(60,), tile=60, width=2)
    >>> view = linear_view(network, weights, family("3b"), family("3a"), grid=grid)
    >>> found = echo_experiment(view, permutations=20)
    >>> conditions = [found.condition(n) for n in ("network", "without_opposing")]
    >>> [c.mean_echo.value > 0.2 for c in conditions]
    [False, True]

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021: "These negative weights are the reason curve
    neurons in 3b have no echoes, which we can validate by using circuit editing".
    """
    angles = np.asarray(view.grid.orientations, dtype=float)
    if len(angles) < 8 or not np.allclose(angles, np.arange(len(angles)) * 360 / len(angles)):
        raise InputError(
            "An echo is measured on orientations 0, 360/n, … all round the circle, at least 8."
        )
    k = view.kernels
    positive, negative = (_driven(view, part) for part in (k.values.clip(0), k.values.clip(max=0)))
    weight = -k.values.clip(max=0).sum((2, 3))
    orientations = np.asarray(k.targets.orientations)

    def response(keep: Bool[ndarray, "targets sources"]) -> ndarray:
        total = positive.sum(1) + np.einsum("tsor,ts->tor", negative, keep)
        return np.maximum(total + view.bias[:, None, None], 0).mean(2)

    none = np.zeros_like(weight, dtype=bool)
    opposing = k.apart >= OPPOSING
    kept = {
        "sources": ~none,
        "without_opposing": ~opposing,
        "without_other": opposing,
        "without_negative": none,
    }
    radial = {
        "network": view.real.mean(2),
        "linear": np.maximum(view.everything, 0).mean(2),
        **{name: response(keep) for name, keep in kept.items()},
    }
    read = {name: read_at(curves, orientations) for name, curves in radial.items()}
    own = read["network"].peak
    floor = np.maximum(_SILENT * own, 1e-12)

    def effects(sets: dict[str, Reading], *, absolute: bool = False) -> ndarray:
        """Rows (opposing, other) of the units that the measure is defined for."""
        compared = [sets[n] for n in ("sources", "without_opposing", "without_other")]
        answers = [r.peak > floor for r in compared]
        kept = own > 0 if absolute else np.all(answers, axis=0)
        base, first, second = (
            r.take(kept).excess((own if absolute else r.peak)[kept]) for r in compared
        )
        return np.stack([first - base, second - base], 1)

    null: list[tuple[float, float]] = []
    for family in exchanged(k.sources, count=permutations, seed=seed):
        chosen = k.relabelled(sources=family).apart >= OPPOSING
        other = {
            "sources": read["sources"],
            "without_opposing": read_at(response(~chosen), orientations),
            "without_other": read_at(response(chosen), orientations),
        }
        null.append((_difference(effects(other)), _difference(effects(other, absolute=True))))
    rows, whole = effects(read), effects(read, absolute=True)
    return EchoExperiment(
        targets=k.targets,
        sources=k.sources,
        look=view.look,
        angles=tuple(map(float, angles)),
        conditions=tuple(
            _condition(
                name,
                radial[name],
                read[name],
                (weight * ~kept[name]).sum(1) if name in kept else np.zeros(len(own)),
                floor,
                k,
                seed,
            )
            for name in radial
        ),
        opposing=_over(rows[:, :1], seed),
        other=_over(rows[:, 1:], seed),
        difference=against_chance(_over(rows, seed), [relative for relative, _ in null]),
        absolute=against_chance(_over(whole, seed), [share for _, share in null]),
        units=len(rows),
    )


def _driven(view: LinearView, values: ndarray) -> Float[ndarray, "targets sources o r"]:
    """What each source contributes to each target on each stimulus."""
    return np.einsum("orsij,tsij->tsor", view.inputs, values, optimize=True)


def _difference(rows: ndarray) -> float:
    return float((rows[:, 0] - rows[:, -1]).mean()) if len(rows) else float("nan")


def _over(rows: ndarray, seed: int) -> Interval:
    """The mean of one column, or of the difference of two, over units."""
    if not len(rows):
        return NOTHING
    return resampled(rows[:, 0] - rows[:, 1] if rows.shape[1] == 2 else rows[:, 0], seed=seed)


_TITLES = {
    "network": "The network",
    "linear": "Linear, all inputs",
    "sources": "Linear, {} only",
    "without_opposing": "Without negative weights from opposing ones",
    "without_other": "Without negative weights from the others",
    "without_negative": "Without negative weights",
}


def _condition(
    name: str,
    radial: ndarray,
    read: Reading,
    removed: ndarray,
    floor: ndarray,
    found: Kernels,
    seed: int,
) -> EchoCondition:
    answers = read.peak > floor
    over = np.where(answers, read.peak, np.nan)
    echo, at90 = read.echo / over, read.at90 / over
    return EchoCondition(
        name=name,
        title=_TITLES[name].format(f"{found.sources.name}s"),
        radial=radial,
        peak=read.peak,
        echo=echo,
        at90=at90,
        removed=removed,
        silent=tuple(
            c for c, heard in zip(found.targets.channels, answers, strict=True) if not heard
        ),
        mean_echo=_over(echo[answers][:, None], seed),
        mean_at90=_over(at90[answers][:, None], seed),
    )
