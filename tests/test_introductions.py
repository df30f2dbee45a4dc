from dataclasses import replace

import pytest

from curvecircuits.claims import ClaimResult
from curvecircuits.report.introductions import introduction
from curvecircuits.report.sections import _SECTIONS

CLAIM = ClaimResult(
    id="similar-excite",
    section="Early curves",
    statement="Curves are excited by early curves of a similar orientation.",
    published=None,
    measured=0.2912,
    interval=(0.12, 0.5),
    permuted=None,
    holds=True,
    quantity="mean sum of weights",
    criterion="above 0",
    how="",
    note="",
    permuted_measured=None,
    permuted_interval=None,
    figure="weight-bands",
)


def said(*claims: ClaimResult, title: str = "Early curves") -> str:
    return " ".join(introduction(title, {c.id: c for c in claims}, claims)[1:])


def test_numbers_come_with_intervals_and_verdicts():
    assert "a mean weight of 0.29 [0.12, 0.50]." in said(CLAIM)
    assert "0.29 [0.12, 0.50], against the article." in said(replace(CLAIM, holds=False))
    assert "leaves the claim open" in said(replace(CLAIM, holds=None))
    assert "−0.31" in said(
        replace(CLAIM, id="opposing-inhibit", measured=-0.31, interval=(-0.5, -0.1))
    )


def test_what_was_not_measured_is_not_said():
    nothing = replace(CLAIM, measured=None, interval=None, holds=None)
    assert said(nothing) == ""
    assert introduction("No such part", {}) == ()


@pytest.mark.parametrize(
    ("verdicts", "sentence"),
    [
        ([True], "The one claim that is measured in this part holds."),
        ([False], "The one claim that is measured in this part does not hold."),
        (
            [True, True, False],
            "Of the three claims measured in this part two hold and one does not.",
        ),
        (
            [True, False, None, None],
            "Of the four claims measured in this part one holds, one does not and two stay open.",
        ),
        ([False, False], "Of the two claims measured in this part none holds and two do not."),
    ],
)
def test_verdicts_are_counted(verdicts, sentence):
    claims = [replace(CLAIM, id=f"claim-{k}", holds=holds) for k, holds in enumerate(verdicts)]
    assert said(*claims) == sentence


def test_every_part_of_the_page_is_opened():
    for title in _SECTIONS:
        assert introduction(title, {}), title
