"""What opens each part of the page: what the article says there, and what was measured here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from curvecircuits.claims import ClaimResult
from curvecircuits.report.prose import count


@dataclass(frozen=True)
class _Opening:
    """The article's story in a sentence or two, and claims that say how this network compares."""

    story: str
    said: tuple[tuple[str, str], ...] = ()
    """Ids of claims, each with a clause that its value is put into."""


_OPENINGS = {
    "The family": _Opening(
        "The article begins with ten units of InceptionV1’s layer 3b that detect curves, each at "
        "its own orientation. Here the family of this network is shown beside 24 units that were "
        "written by hand."
    ),
    "The search": _Opening(
        "The units above were found by one rule, the same for every network, that looks at nothing "
        "but responses to drawn curves. A rule finds something anywhere, so it is also asked of "
        "copies with permuted weights."
    ),
    "The circuit": _Opening(
        "The units of the layers before are sorted into families by what drives them, and the "
        "weights between families are read as a circuit: in the article Gabors build proto-lines, "
        "these build lines and early curves, and those build curves.",
        (
            ("parameters", "the circuit holds {} parameters"),
            (
                "gabors-largest",
                "in the first layer the share of Gabors is {} ahead of the largest other family’s",
            ),
            ("early-largest", "in the last layer before the curves that of early curves is {}"),
        ),
    ),
    "Early curves": _Opening(
        "In the article early curves of a similar orientation excite a curve detector and those of "
        "the opposing orientation inhibit it, all along its arc; the inhibition removes the echo, "
        "a response to curves turned by half a circle.",
        (
            ("similar-excite", "pairs within 30° of each other have a mean weight of {}"),
            ("opposing-inhibit", "pairs more than 150° apart one of {}"),
            (
                "echo-returns",
                "without the weights from opposing early curves the echo rises by {} more than "
                "without as many other negative ones",
            ),
        ),
    ),
    "Equivariance": _Opening(
        "If the units of a family are turned copies of one another, so are their weights, and a "
        "few templates say what tens of thousands of numbers do. The article counts a factor of "
        "10 to 20 for rotation and 2 to 3 for scale.",
        (
            ("rotation-factor", "rotation alone makes the weights {} times fewer"),
            ("scale-factor", "scale a further {} times"),
            ("total-factor", "both together {} times"),
        ),
    ),
    "Lines": _Opening(
        "Lines along the tangent of a curve excite it too, and in the article they may turn 10° to "
        "45° before they cease to. Lines of the earlier layer follow the angle smoothly, those of "
        "the later one, cliffs among them, do not.",
        (
            ("lines-along-the-tangent", "tangent lines excite on {} of the arc"),
            ("tolerance", "they may turn by {}°"),
            ("cliffs-are-sharp", "cliffs fall from their peak to half of it within {}°"),
        ),
    ),
    "Cosmetic robustness": _Opening(
        "The article finds that curve detectors do not care what a curve is painted with, and that "
        "inputs from texture and colour units help them not to.",
        (
            ("curves-are-robust", "tuning under other paints correlates by {} with that under ink"),
            ("robustness-grows", "which is {} more than in early curves"),
            ("texture-inputs", "weights on texture units are {} times those on all inputs"),
        ),
    ),
    "Downstream": _Opening(
        "The next layer builds shapes from curves: circles, S-shapes, spirals, evolutes.",
        (
            ("shapes-downstream", "it has {} times the shapes that exchanged orientations give"),
            ("shapes-drawn", "drawn shapes confirm {} of them"),
        ),
    ),
    "The artificial circuit": _Opening(
        "If the story is true, a network can be written from it. The artificial units here have "
        "weights that follow from a few dozen named constants. Two facts are taken from each "
        "natural unit, its orientation and where it looks; nothing is trained."
    ),
    "On photographs": _Opening(
        "Drawn curves are clean. On photographs one sees what units answer when a curve is a "
        "shoulder, a cup or a tyre."
    ),
    "The transplant": _Opening(
        "The hand-written units are put in the place of the trained ones, and the network is asked "
        "to classify photographs again.",
        (
            ("family-matters", "without the family the cross-entropy grows by {} nats"),
            ("transplant-recovers", "artificial units bring back {} of what its absence costs"),
            ("transplant-is-specific", "which is {} ahead of the best control"),
        ),
    ),
    "The claims": _Opening(
        "Every sentence of the article that measurements could contradict, with what they say of "
        "this network and of a copy with permuted weights. A claim that does not hold here is a "
        "fact about this network, not an error."
    ),
}


def introduction(
    title: str, claims: Mapping[str, ClaimResult], shown: Sequence[ClaimResult] = ()
) -> tuple[str, ...]:
    """The paragraphs under a heading of the page.

    Parameters
    ----------
    title
        The heading.
    claims
        Everything measured, by id; values of those that could not be tested are left out.
    shown
        The claims whose figures are in this part, to be counted by verdict.

    Examples
    --------
    >>> introduction("The search", {})[0][:40]
    'The units above were found by one rule, '
    """
    if title not in _OPENINGS:
        return ()
    opening = _OPENINGS[title]
    said = [
        (clause.format(_value(claims[name])), claims[name])
        for name, clause in opening.said
        if name in claims and _tested(claims[name])
    ]
    here = [clause + _verdict(claim) for clause, claim in said]
    measured = f"Here {'; '.join(here)}. " if here else ""
    second = f"{measured}{_counted(shown)}".strip()
    return (opening.story, second) if second else (opening.story,)


def _tested(claim: ClaimResult) -> bool:
    return claim.measured is not None


def _value(claim: ClaimResult) -> str:
    assert claim.measured is not None
    value = _number(claim.measured)
    if claim.interval is None or claim.interval[0] == claim.interval[1]:
        return value
    low, high = claim.interval
    return f"{value} [{_number(low)}, {_number(high)}]"


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    digits = 2 if abs(value) < 10 else 0 if abs(value) >= 100 else 1
    return f"{value:.{digits}f}".replace("-", "−")


def _verdict(claim: ClaimResult) -> str:
    """Nothing for a claim that holds: the sentence is then as in the article."""
    if claim.holds is None:
        return ", which leaves the claim open"
    return "" if claim.holds else ", against the article"


def _counted(claims: Sequence[ClaimResult]) -> str:
    tested = [claim for claim in claims if _tested(claim)]
    if not tested:
        return ""
    holding = sum(claim.holds is True for claim in tested)
    failing = sum(claim.holds is False for claim in tested)
    if len(tested) == 1:
        word = "holds" if holding else "does not hold" if failing else "stays open"
        return f"The one claim that is measured in this part {word}."
    said = [count(holding, "holds", "hold") if holding else "none holds"]
    if failing:
        said.append(f"{count(failing, 'does', 'do')} not")
    if left := len(tested) - holding - failing:
        said.append(f"{count(left, 'stays', 'stay')} open")
    listed = (", ".join(said[:-1]) + " and " if said[1:] else "") + said[-1]
    return f"Of the {count(len(tested), 'claim')} measured in this part {listed}."
