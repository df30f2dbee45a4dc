"""Judges read drawn pictures as they were drawn, and say so of no others."""

import numpy as np
import pytest
import torch
from networks import family_of, noise

from curvecircuits.artificial import artificial_network
from curvecircuits.compare.picture_check import DIAL, check_pictures, dial_for
from curvecircuits.errors import InputError
from curvecircuits.stimuli import curves

TURNS = tuple(45.0 * k for k in range(8))
UNITS = range(len(TURNS))


@pytest.fixture(scope="module")
def network():
    return artificial_network(orientations=TURNS)


@pytest.fixture(scope="module")
def dial(network):
    return dial_for(network, family_of(network, "3b", list(TURNS)))


def _drawn(orientations, *, size=91):
    """Curves through the middle of a picture, dark on light."""
    return [
        1 - curves(orientation=float(a), radius=25, size=size, width=3)[0].expand(3, -1, -1)
        for a in orientations
    ]


def _checked(network, dial, pictures, **options):
    return check_pictures(network, "3b", UNITS, TURNS, dial, pictures, **options)


def test_drawn_curves_are_read_as_they_were_drawn(network, dial):
    found = _checked(network, dial, _drawn(TURNS))
    assert found.strongest.tolist() == list(UNITS)
    assert found.off.max() <= 7.5, "the dial has a unit every 15°"
    assert set(found.read) <= set(DIAL)
    own, near = found.own(), found.near()
    assert (own.value.value, near.value.value) == (1.0, 1.0)
    assert own.exchanged == pytest.approx(1 / len(TURNS), abs=0.02)
    assert near.exchanged == pytest.approx(1 / len(TURNS), abs=0.02)
    assert max(own.reached, near.reached) < 0.01
    assert found.colour == 0


def test_pictures_of_other_units_are_not_said_to_be_their_own(network, dial):
    found = _checked(network, dial, _drawn(np.roll(TURNS, 1)))
    assert found.strongest.tolist() == [7, *range(7)]
    np.testing.assert_allclose(found.off, 45, atol=7.5)
    assert found.own().value.value == 0
    assert found.near().value.value == 0
    assert found.near(60).value.value == 1
    assert found.own().reached > 0.9


def test_one_wrong_picture_is_one_wrong_picture(network, dial):
    drawn = _drawn(TURNS)
    drawn[3] = drawn[6]
    found = _checked(network, dial, drawn)
    assert found.own().value.value == 7 / 8
    assert found.own().value.low < 7 / 8 < found.own().value.high
    assert found.off[3] == pytest.approx(135, abs=7.5)


def test_a_picture_that_says_nothing_is_not_read(network, dial):
    drawn = _drawn(TURNS)
    drawn[0] = torch.full((3, 91, 91), 0.5)
    found = _checked(network, dial, drawn)
    assert np.isnan(found.read[0])
    assert found.off[0] == 180
    assert found.near().value.value == 7 / 8
    blind = _checked(network, None, drawn)
    assert np.isnan(blind.read).all()
    assert blind.near().value.value == 0
    assert (blind.strongest == found.strongest).all()


def test_pictures_lie_in_the_middle_whatever_their_size(network, dial):
    small, large = (_checked(network, dial, _drawn(TURNS, size=s)) for s in (91, 301))
    assert (small.read == large.read).all()
    np.testing.assert_allclose(small.activations, large.activations, rtol=0.35)
    wide = [each[:, 20:-20] for each in _drawn(TURNS, size=131)]
    assert _checked(network, dial, wide).own().value.value == 1


def test_z_scores_take_away_what_makes_one_unit_louder(network, dial):
    drawn = _drawn(TURNS)
    before = _checked(network, dial, drawn)
    loud = artificial_network(orientations=TURNS)
    with torch.no_grad():
        for name, values in loud.module.named_parameters():
            if name.startswith("mixed3b"):
                values[2] *= 50
    found = _checked(loud, dial, drawn)
    assert found.activations[2] == pytest.approx(50 * before.activations[2], rel=1e-3)
    assert found.own().value.value == 1


def test_scores_can_be_of_photographs(network, dial):
    size = network.input_size
    photographs = noise(3, 3, size, size)
    found = _checked(network, dial, _drawn(TURNS), over=photographs)
    assert found.strongest.tolist() == list(UNITS)
    # On a blank image no unit varies, so that none is above another and the first is taken.
    still = _checked(
        network, dial, _drawn(TURNS), over=torch.full((1, 3, 1, 1), 0.5).expand(1, 3, size, size)
    )
    assert len(set(still.strongest.tolist())) < len(TURNS)


def test_a_unit_that_goes_down_is_read_by_its_sign(network, dial):
    found = _checked(network, dial, _drawn(TURNS), signs=[1] * 7 + [-1])
    plain = _checked(network, dial, _drawn(TURNS))
    assert found.activations[7] == -plain.activations[7] < 0
    assert found.strongest[7] != 7


def test_colour_is_a_share_of_the_variance(network):
    grey = _drawn(TURNS)
    red = [torch.stack([each[0], 0 * each[0], 0 * each[0]]) for each in grey]
    assert check_pictures(network, "3b", UNITS, TURNS, None, grey).colour == 0
    found = check_pictures(network, "3b", UNITS, TURNS, None, red).colour
    pixels = torch.cat([each.flatten(1) for each in red], 1).double()
    wanted = float((pixels - pixels.mean(0)).var() / pixels.var())
    assert found == pytest.approx(wanted)
    assert 0.3 < found < 1


def test_what_does_not_belong_together_is_refused(network):
    with pytest.raises(InputError, match="8 units, 8 orientations, 8 signs and 7 pictures"):
        _checked(network, None, _drawn(TURNS)[:7])
    with pytest.raises(InputError, match="do not belong together"):
        check_pictures(network, "3b", [], [], None, [])
    with pytest.raises(InputError, match="99"):
        check_pictures(network, "3b", [99], [0.0], None, _drawn([0.0]))
