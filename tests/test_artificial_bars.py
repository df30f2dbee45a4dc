"""The quick form of the bars on the artificial network."""

import pytest

from bars import artificial


@pytest.mark.parametrize(
    "measure",
    [
        artificial.artificial_echo_free,
        artificial.artificial_echo_returns,
        artificial.artificial_published,
    ],
    ids=["echo", "echo returns", "tuning"],
)
def test_artificial_units_meet_their_bars(measure):
    found = measure(True)
    assert found.ok, found


def test_orientations_can_be_exchanged_without_touching_other_weights():
    intact, shuffled = artificial.artificial_network(), artificial.shuffled_copy(seed=0)
    for name in ("conv2d1_pre_relu.weight", "mixed3b_pre_relu.weight"):
        before, after = (
            network.state[name].flatten().sort().values for network in (intact, shuffled)
        )
        assert (before == after).all()
        assert (intact.state[name] != shuffled.state[name]).any()
