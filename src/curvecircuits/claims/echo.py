"""Claims on the echo, and on what negative weights are for."""

from dataclasses import replace

import numpy as np

from curvecircuits.circuits.echo import EchoCondition
from curvecircuits.circuits.intervals import NOTHING, resampled, resampled_difference
from curvecircuits.claims.evidence import Evidence, NotTestableError
from curvecircuits.claims.verdict import Claim, Finding, beyond_chance, judged, middle
from curvecircuits.tuning import tuning_statistics

_EARLY = "Early curves"


def _cofiring(e: Evidence) -> Finding:
    return beyond_chance(e.cofiring.measured, note="")


def _echo_of(radial: np.ndarray) -> np.ndarray:
    return np.array([s.echo for s in tuning_statistics(radial)])


def _no_echo(e: Evidence) -> Finding:
    tuned = e.tuning(e.curves.layer)
    echo = _echo_of(tuned.radial()[list(e.curves.channels)])
    if not np.isfinite(echo).all():
        silent = int((~np.isfinite(echo)).sum())
        return Finding(
            interval=resampled(echo[np.isfinite(echo)]) if np.isfinite(echo).any() else NOTHING,
            holds=False,
            note=f"{silent} of the units answer to no curve.",
        )
    early = _echo_of(e.tuning(e.before).radial()[list(e.early.channels)])
    note = f"Early curves: {np.nanmean(early):.2f}."
    found = judged(resampled(echo, seed=e.seed), high=0.1, note=note)
    return _if_tuned(e, found)


def _if_tuned(e: Evidence, found: Finding) -> Finding:
    """Units without tuning have no echo either: the claim is about units that have a peak."""
    tuned = e.tuning(e.curves.layer)
    orientations = [s.orientation for s in tuning_statistics(tuned.radial())]
    turned = [
        abs((orientations[c] - o + 180) % 360 - 180)
        for c, o in zip(e.curves.channels, e.curves.orientations, strict=True)
    ]
    if not middle(np.array(turned)) <= 30:
        return replace(found, holds=False, note="The units are not tuned to their orientations.")
    return found


def _early_echo(e: Evidence) -> Finding:
    echo = _echo_of(e.tuning(e.before).radial()[list(e.early.channels)])
    own = _echo_of(e.tuning(e.curves.layer).radial()[list(e.curves.channels)])
    if not np.isfinite(echo).all() or not np.isfinite(own).all():
        return Finding(interval=NOTHING, holds=False, note="Some units answer to no curve.")
    return _if_tuned(e, judged(resampled_difference(echo, own, seed=e.seed), low=0))


def _echo_returns(e: Evidence) -> Finding:
    found = e.echo
    told = ", ".join(
        f"{c.name.replace('_', ' ')} {_shown(c)}" for c in found.conditions if c.name != "linear"
    )
    if found.units >= 3:
        return _if_tuned(e, beyond_chance(found.difference, note=f"Mean echo: {told}."))
    note = f"Mean echo: {told}. As shares of the network's own peaks: alone the early curves leave"
    return _if_tuned(e, beyond_chance(found.absolute, note=f"{note} most units silent."))


def _shown(condition: EchoCondition) -> str:
    value = condition.mean_echo.value
    return f"{value:.2f}" if np.isfinite(value) else "none, all silent"


def _opposing_effect(e: Evidence) -> Finding:
    if e.echo.units < 3:
        raise NotTestableError("Early curves alone leave most of the curve units silent.")
    return _if_tuned(e, judged(e.echo.opposing, low=0))


CLAIMS = (
    Claim(
        id="negatives-prevent-mistakes",
        section=_EARLY,
        statement="Negative weights go to inputs similar enough to be mistaken.",
        quantity="correlation of input activity with weight, over unlike inputs",
        criterion="below 0, beyond exchanged curves",
        how="Activity along the curve that each unit prefers, of early curves over 60° from it.",
        figure="echo",
        measure=_cofiring,
    ),
    Claim(
        id="early-curves-echo",
        section=_EARLY,
        statement="Early curves respond to opposite curves a little, an echo; curves do not.",
        published="3a 0.04–0.53, 3b at most 0.03",
        quantity="mean echo of early curves less that of curves",
        criterion="above 0",
        how="Largest response within 45° of the opposite orientation over the peak, outlines.",
        figure="echo",
        measure=_early_echo,
    ),
    Claim(
        id="curves-have-no-echo",
        section=_EARLY,
        statement="Curve detectors have no echo.",
        published="at most 0.03",
        quantity="mean echo of the curve units",
        criterion="at most 0.1, of units tuned to their orientations",
        how="As for early curves.",
        figure="echo",
        measure=_no_echo,
    ),
    Claim(
        id="echo-returns",
        section=_EARLY,
        statement="Without the negative weights from opposing early curves the echo returns.",
        published="echoes of 0.04–0.66 with positive weights only",
        quantity="rise of echo − response at ±90°, over that without other negative weights",
        criterion="above 0, beyond shuffled orientations",
        how="Linearised early curves only; paired over units; the unedited orientation is kept.",
        figure="echo",
        measure=_echo_returns,
    ),
    Claim(
        id="opposing-removal-raises-echo",
        section=_EARLY,
        statement="Removing those weights raises the echo by itself, not all responses alike.",
        quantity="rise of echo − response at ±90°",
        criterion="above 0",
        how="The same experiment, against all early-curve weights kept.",
        figure="echo",
        measure=_opposing_effect,
    ),
)
