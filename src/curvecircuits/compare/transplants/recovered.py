"""From sums over images to shares of what ablation costs, and to what explains the rest."""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from curvecircuits.compare.transplants.calibration import Calibration
from curvecircuits.compare.transplants.records import (
    Cause,
    ClassChange,
    Measured,
    Score,
    Shares,
)
from curvecircuits.compare.transplants.tally import Estimates, Metric, Tally
from curvecircuits.compare.transplants.variants import ABLATED, INTACT, MEAN, RANDOM, RANDOM_RMS

_BOUNDS = (2.5, 97.5)
_FEW = 3
"""Images below which nothing is said of others."""
LEAST_PER_CLASS = 20
_BY_CLASS = (INTACT, ABLATED, "transplanted")
_CEILINGS = {"grey": ("grey",), "centring": ("right", "below"), "scale": ("rescaled",)}
_WORDS = {
    "grey": "seeing no colour",
    "centring": "looking one cell beside",
    "scale": "a scale and threshold taken from other images",
}
_MOST = 0.5
"""Share of the gap from which on a cause explains it."""

_Draws = Float[ndarray, " draws_and_value"]
"""A value, then the same with images drawn anew."""


def scores(found: Estimates, *, images: int) -> tuple[Score, ...]:
    """Every variant's score, in the order in which they were planned.

    Parameters
    ----------
    images
        How many the estimates are over.
    """
    groups = {name.split("/")[0]: 0 for name in found.names}
    for name in found.names:
        groups[name.split("/")[0]] += 1
    return tuple(_score(found, name, draws, images) for name, draws in groups.items())


def _score(found: Estimates, name: str, draws: int, images: int) -> Score:
    def change(metric: Metric) -> Measured | None:
        return measured(found.of(name, metric) - found.of(INTACT, metric), images)

    # Where other units are silenced the family is intact: nothing comes back.
    whole = name in (RANDOM, RANDOM_RMS)
    behind = None
    if "transplanted" in found.names and not whole and name not in (INTACT, "transplanted"):
        behind = measured(_kl_share(found, "transplanted") - _kl_share(found, name), images)
    kl = measured(found.of(name, "kl"), images)
    assert kl is not None
    return Score(
        name=name,
        draws=draws,
        top1=_finite(found.of(name, "top1")[0]),
        top5=_finite(found.of(name, "top5")[0]),
        loss=_finite(found.of(name, "loss")[0]),
        kl=kl,
        top1_change=change("top1"),
        top5_change=change("top5"),
        loss_change=change("loss"),
        recovered=Shares(kl=None, kl_vs_mean=None, loss=None, top1=None, top5=None)
        if whole
        else Shares(
            kl=_share(found, name, "kl", images),
            kl_vs_mean=_share(found, name, "kl", images, against=MEAN),
            loss=_share(found, name, "loss", images),
            top1=_share(found, name, "top1", images),
            top5=_share(found, name, "top5", images),
        ),
        behind=behind,
    )


def _kl_share(found: Estimates, name: str) -> _Draws:
    with np.errstate(divide="ignore", invalid="ignore"):  # of a cost of nothing there is no share
        return 1 - found.of(name, "kl") / found.of(ABLATED, "kl")


def _share(
    found: Estimates, name: str, metric: Metric, images: int, *, against: str = ABLATED
) -> Measured | None:
    """What of the ablation's cost comes back; None where its interval does not exclude zero."""
    sign = -1 if metric.startswith("top") else 1
    cost = sign * (found.of(against, metric) - found.of(INTACT, metric))
    whole = measured(cost, images)
    if whole is None or not whole.above():
        return None
    left = sign * (found.of(name, metric) - found.of(INTACT, metric))
    with np.errstate(divide="ignore", invalid="ignore"):
        return measured(1 - left / cost, images)


def measured(values: _Draws, images: int) -> Measured | None:
    """A value with the interval of its draws; None where it is no number."""
    value, draws = float(values[0]), values[1:][np.isfinite(values[1:])]
    if not np.isfinite(value):
        return None
    if images < _FEW or len(draws) < len(values) / 2:
        return Measured(value=value, low=None, high=None)
    low, high = np.percentile(draws, _BOUNDS)
    return Measured(value=value, low=float(low), high=float(high))


def causes(found: Estimates, *, images: int) -> tuple[Cause, ...]:
    """What grey, centring and scale cost natural units by themselves, beside the whole gap.

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on the artificial artificial neural
    network, which suspects the three.
    """
    if "transplanted" not in found.names or not {"grey", "right"} <= {*found.names}:
        return ()
    gap = 1 - _kl_share(found, "transplanted")
    listed: list[Cause] = []
    for name, variants in _CEILINGS.items():
        lost = 1 - np.mean([_kl_share(found, v) for v in variants], axis=0)
        cost, whole = measured(lost, images), measured(gap, images)
        # Of a gap that may be none at all there is no share.
        share = measured(lost / gap, images) if whole is not None and whole.above() else None
        if cost is not None:
            listed.append(
                Cause(name=name, cost=cost, of_gap=share, sentence=_sentence(name, cost, share))
            )
    return tuple(listed)


def _sentence(name: str, cost: Measured, share: Measured | None) -> str:
    what = f"{_WORDS[name][0].upper()}{_WORDS[name][1:]} costs natural units {cost.value:.1%}"
    if share is None or share.low is None or share.high is None:
        return f"{what} of the effect."
    if share.low > 1:
        return f"{what} of the effect, more than what the artificial ones do not bring back."
    part = f"{what} of the effect, {share.value:.0%} of what the artificial ones do not bring back"
    if share.low > _MOST:
        return f"{part}: it explains most of the gap."
    if share.high < _MOST:
        return f"{part}: it does not explain the gap."
    return f"{part}; whether it explains most of the gap cannot be said."


def class_changes(
    found: Tally, names: dict[int, str], *, least: int = LEAST_PER_CLASS
) -> tuple[ClassChange, ...]:
    """Classes with at least so many images, the largest change in KL first."""
    kept = {name: k for k, name in enumerate(found.names) if name in _BY_CLASS}
    listed = [
        ClassChange(
            index=int(c),
            name=names.get(int(c), str(c)),
            images=int(found.class_counts[c]),
            **{
                metric: {
                    n: float(found.classes[k, m, c] / found.class_counts[c])
                    for n, k in kept.items()
                }
                for m, metric in enumerate(("top1", "top5", "kl"))
            },
        )
        for c in np.flatnonzero(found.class_counts >= least)
    ]
    return tuple(sorted(listed, key=lambda c: -c.kl.get(ABLATED, 0.0)))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def notes(
    found: Tally, classes: tuple[ClassChange, ...], calibration: Calibration
) -> tuple[str, ...]:
    """What a reader of the figures has to know."""
    said = [
        "These images are a sample that the user chose, not the ImageNet validation set: accuracy "
        "on them is not comparable with published accuracy, only variants with each other."
    ]
    if found.labelled < found.read:
        said.append(
            f"{found.read - found.labelled} of {found.read} images have no class among the "
            "network's scores: they count for the KL divergence only."
        )
    if not classes:
        said.append(
            f"No class has {LEAST_PER_CLASS} images or more: nothing is said of single classes."
        )
    if not any(name.startswith("random/") for name in found.names):
        said.append("No other units were silenced: none were asked for, or the layer has too few.")
    silent = int((calibration.scale[:, 0] == 0).any(0).sum())
    if silent:
        said.append(f"{silent} units never vary on the images they were calibrated on: silent.")
    return tuple(said)
