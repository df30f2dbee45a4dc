"""What is said of a transplant: names of its variants, its takeaway, caption and notes."""

from typing import Literal

from curvecircuits.compare.transplants.records import Measured, Score, Transplant
from curvecircuits.report.prose import count

Role = Literal["measured", "variant", "ceiling", "control", "silenced", "intact"]

ROWS: dict[str, tuple[str, Role]] = {
    "intact": ("intact network", "intact"),
    "ablated": ("family set to zero", "silenced"),
    "mean_ablated": ("family held at its mean", "silenced"),
    "random": ("other units set to zero", "silenced"),
    "random_rms": ("others as strong set to zero", "silenced"),
    "transplanted": ("hand-written family", "measured"),
    "uncentred": ("hand-written, not centred", "variant"),
    "rescaled": ("natural, rescaled", "ceiling"),
    "grey": ("natural, seeing no colour", "ceiling"),
    "right": ("natural, one cell right", "ceiling"),
    "below": ("natural, one cell below", "ceiling"),
    "shuffled": ("orientations exchanged", "control"),
    "turned90": ("turned by 90°", "control"),
    "turned180": ("turned by 180°", "control"),
    "lines": ("straight lines", "control"),
    "edges": ("edges of any orientation", "control"),
}
"""Every variant by its name: how it is called and what it is for, in the order shown."""
_ACCURACY = {"loss": "loss", "top1": "top-1 accuracy", "top5": "top-5 accuracy"}


def takeaway_of(found: Transplant) -> str:
    """What comes back, beside the control that comes nearest; or why nothing can be said."""
    scores = {score.name: score for score in found.scores}
    share, units = scores["transplanted"].recovered.kl, count(len(found.family), "natural unit")
    if share is None:
        cost = scores["ablated"].kl
        return (
            f"On {count(found.images, 'image')}, what silencing the {units} costs cannot be told "
            f"from zero (KL {cost.value:.2g} nats): there is nothing to bring back."
        )
    back = (
        f"The hand-written family brings back {_written(share)} of what silencing the {units} costs"
        if share.above()
        else f"Of what silencing the {units} costs, the hand-written family brings back "
        f"{_written(share)}, which cannot be told from nothing"
    )
    against = _against(scores)
    return f"{back}; {against}."


def _against(scores: dict[str, Score]) -> str:
    """Beside the control that comes nearest; one that is not beaten before any that is."""
    rivals = [
        (behind, share, ROWS[name][0])
        for name, score in scores.items()
        if ROWS[name][1] == "control"
        and (behind := score.behind) is not None
        and (share := score.recovered.kl) is not None
    ]
    if not rivals:
        return "no control was evaluated beside it"
    behind, share, title = min(rivals, key=lambda each: (each[0].above(), each[0].value))
    if behind.above():
        return f"the best control, {title}, {_written(share)}, is {_points(behind)} behind"
    if behind.high is not None and behind.high < 0:
        return f"a control, {title}, brings back more, {_written(share)}"
    return f"a control, {title}, brings back {_written(share)}, and which is ahead cannot be told"


def caption_of(found: Transplant) -> str:
    """How it was measured, and how to read it."""
    draws = {s.name: s.draws for s in found.scores if s.draws > 1}
    several = [f"{n} of {ROWS[name][0]}" for name, n in draws.items()]
    mean = f"Means of several draws: {', '.join(several)}. " if several else ""
    replaced = count(len(found.family), "unit")
    return (
        f"{replaced[0].upper()}{replaced[1:]} of {found.layer} in {found.model}, replaced on "
        f"{count(found.images, 'image')} ({found.framing}). What takes their place has of each "
        "natural unit only its firing rate and standard deviation, and where it looks; thresholds "
        f"and scales are from {found.calibration}. KL is that of the class probabilities from the "
        "intact network's, the mean over images; a share is 1 less the cost of a variant over "
        "that of silencing the family. All intervals are of 95%, over images drawn anew, the same "
        "for all variants. Solid grey bars are natural units, changed in one way: ceilings. "
        "Hollow grey bars are controls put in place by the same rule, which have to be worse. "
        f"{mean}Seed {found.seed}, images {found.data_fingerprint[:12]}."
    )


def unavailable(found: Transplant) -> tuple[str, ...]:
    """Why some measures have no share."""
    ablated = found.score("ablated")
    if not found.labelled:
        return ("No image has a known class: there is no accuracy and no loss.",)
    changes = {
        "loss": ablated.loss_change,
        "top1": ablated.top1_change,
        "top5": ablated.top5_change,
    }
    shares = {name: getattr(found.score("transplanted").recovered, name) for name in changes}
    none = [
        f"{_ACCURACY[name]} ({_change(name, change)})"
        for name, change in changes.items()
        if shares[name] is None and change is not None
    ]
    if not none:
        return ()
    listed = " and ".join([", ".join(none[:-1]), none[-1]] if none[:-1] else none)
    text = f"Of {listed} there is no share"
    return (f"{text}: what silencing the family costs there cannot be told from zero.",)


def skipped_files(found: Transplant) -> tuple[str, ...]:
    """How many files were not evaluated, and the first of them."""
    if not found.skipped_count:
        return ()
    text = f"{count(found.skipped_count, 'file')} could not be evaluated".capitalize()
    if not found.skipped:
        return (f"{text}.",)
    first = found.skipped[0]
    return (f"{text}, such as {first.name} ({first.reason}).",)


def _change(name: str, change: Measured) -> str:
    """A change in loss, or in accuracy in points, with its interval."""
    scale, digits, unit = (1, 3, "") if name == "loss" else (100, 1, " points")
    known = [x for x in (change.value, change.low, change.high) if x is not None]
    text = [_signed(scale * x, digits) for x in known]
    return text[0] + unit + (f", {text[1]} to {text[2]}" if len(text) == 3 else "")


def _points(change: Measured) -> str:
    """A difference of shares in points of a percent, with its interval.

    >>> _points(Measured(value=0.446, low=0.347, high=0.577))
    '45 points (35 to 58)'
    """
    known = [x for x in (change.value, change.low, change.high) if x is not None]
    text = [_signed(100 * x, 0) for x in known]
    between = "" if len(text) < 3 else f" ({text[1]} to {text[2]})"
    return f"{text[0]} points{between}"


def _signed(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    return f"{0:.{digits}f}" if not float(text) else text.replace("-", "−")


def _written(share: Measured) -> str:
    """A share as a percentage with its interval, all with a decimal where they are small.

    >>> _written(Measured(value=0.842, low=0.806, high=0.871))
    '84% (81% to 87%)'
    >>> _written(Measured(value=0.031, low=-0.04, high=0.09))
    '3.1% (−4.0% to 9.0%)'
    """
    known = [x for x in (share.value, share.low, share.high) if x is not None]
    digits = 1 if max(map(abs, known)) < 0.0995 else 0
    text = [f"{x:.{digits}%}".replace("-", "−") for x in known]
    return text[0] if len(text) < 3 else f"{text[0]} ({text[1]} to {text[2]})"
