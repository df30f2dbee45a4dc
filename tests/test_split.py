"""A network cut in two gives what it gives whole."""

import pytest
import torch
from networks import Branches, Residual, noise, seeded
from torch import nn

from curvecircuits.errors import InputError
from curvecircuits.models.edit import edit
from curvecircuits.models.edits import ScaleUnits
from curvecircuits.models.split import Split
from curvecircuits.models.wrap import wrap


@pytest.fixture(scope="module")
def residual():
    return wrap(seeded(Residual), input_size=48, logits="scores")


@pytest.mark.parametrize("at", ["relu", "pool", "block1.relu", "block1.bn2", "block2.relu"])
def test_the_two_halves_are_the_network_bit_for_bit(residual, at):
    images = noise(3, 3, 48, 48)
    split = Split(residual, at=at, to="scores")
    assert torch.equal(
        split.after(split.before(images)), residual.run(images, layers=["scores"])["scores"]
    )


@pytest.mark.parametrize("at", ["stem", "block1.conv1"])
def test_between_a_convolution_and_its_norm_they_are_it_to_rounding(residual, at):
    """Whole, the two are one operation."""
    images = noise(3, 3, 48, 48)
    split = Split(residual, at=at, to="scores")
    whole = residual.run(images, layers=["scores"])["scores"]
    torch.testing.assert_close(split.after(split.before(images)), whole)


def test_what_a_residual_connection_carries_past_the_cut_is_passed_on(residual):
    split = Split(residual, at="block1.conv1", to="scores")
    assert split.passed == ("block1.shortcut",)


def test_other_values_in_the_layer_change_what_an_edit_of_it_changes(residual):
    images = noise(2, 3, 48, 48)
    split = Split(residual, at="block1.conv1", to="scores")
    values = split.before(images)
    doubled = values | {"block1.conv1": 2 * values["block1.conv1"]}
    units = [("block1.conv1", c) for c in range(8)]
    with edit(residual, ScaleUnits(units=units, factor=2)) as edited:
        wanted = edited.run(images, layers=["scores"])["scores"]
    torch.testing.assert_close(split.after(doubled), wanted)
    assert not torch.allclose(wanted, split.after(values))


def test_a_split_of_an_edited_network_keeps_the_edit(residual):
    images = noise(2, 3, 48, 48)
    with edit(residual, ScaleUnits(units=[("stem", 1)], factor=-3)) as edited:
        split = Split(edited, at="pool", to="scores")
        wanted = edited.run(images, layers=["scores"])["scores"]
        assert torch.equal(split.after(split.before(images)), wanted)


def test_a_concatenation_and_its_branches_before_clipping():
    module = nn.Sequential(seeded(Branches), nn.Conv2d(11, 3, 1))
    network = wrap(module, input_size=16)
    images = noise(2, 3, 16, 16)
    split = Split(network, at="0.cat", to="1", also=["0.three"])
    values = split.before(images)
    assert torch.equal(values["0.three"].relu(), values["0.cat"][:, 4:9])
    assert torch.equal(split.after(values), network.run(images, layers=["1"])["1"])


@pytest.mark.parametrize(
    ("at", "to", "also", "says"),
    [
        ("scores", "stem", (), "choose a later layer"),
        ("stem", "stem", (), "choose a later layer"),
        ("pool", "scores", ("block2.relu",), "is not there before"),
        ("nowhere", "scores", (), "has no layer"),
    ],
)
def test_cuts_that_cannot_be_are_refused(residual, at, to, also, says):
    with pytest.raises(InputError, match=says):
        Split(residual, at=at, to=to, also=also)
