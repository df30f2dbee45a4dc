"""What is measured on the family that was found in GoogLeNet."""

import pytest
from networks import googlenet_family

from bars.comparison import comparison_shapes, natural, photographs
from bars.pictures import pictures_shown, written_shown
from bars.transplant import googlenet_transplant
from curvecircuits.circuits.truth import linear_truth
from curvecircuits.families import Family
from curvecircuits.weights import expanded_weights

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module", autouse=True)
def _recorded():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bars.comparison.find_curves", lambda *_, **__: googlenet_family())
        yield


def test_artificial_units_answer_as_its_curves_do():
    """On a fifth of the photographs, where the last digits move more."""
    shapes, found = comparison_shapes(True), photographs(True)
    assert shapes.ok, shapes
    assert found.mean("auroc").value > 0.88
    assert found.mean("precision").value > 0.36
    assert found.mean("clipped").value > 0.5
    assert found.ahead(over="lines")
    assert found.mean("precision", of="shuffled").value < 0.05


def test_it_gets_back_most_of_what_its_curves_do():
    result = googlenet_transplant(limit=28, sets=("lines", "turned90"), random=0)
    share = result.score("transplanted").recovered.kl
    assert share.value > 0.6
    assert result.score("lines").behind.value > 0.1
    assert result.score("intact").top1 > 0.5


def test_it_follows_its_weights_but_not_exactly():
    network, family = natural()
    curves = Family(
        name="curve",
        layer="3b",
        channels=tuple(u.channel for u in family.units),
        orientations=tuple(u.outline_orientation for u in family.units),
        period=360,
    )
    found = linear_truth(network, expanded_weights(network, "3a", units=curves.units), curves)
    assert 0.6 < found.whole.correlation.value < 0.99
    assert found.whole.correlation.low > found.whole.control.high


def test_its_pictures_show_what_it_is_tuned_to():
    """By its own units and by hand-written ones; exchanged pictures do not."""
    for shown in (pictures_shown(True), written_shown(True)):
        near = shown.near(20)
        assert shown.own().value.value >= 0.9
        assert near.value.value >= 0.8
        assert near.exchanged < 0.3
    assert written_shown(True).colour < 0.01 < pictures_shown(True).colour
