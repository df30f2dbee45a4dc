"""Versions of a network share what they have in common, and answer as they do one by one."""

from contextlib import ExitStack

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import Residual, noise, seeded
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from bars.edit import _edit as drawn
from curvecircuits.errors import InputError
from curvecircuits.models.edit import edit
from curvecircuits.models.edits import (
    AddWeights,
    RemoveInputs,
    ReplaceUnits,
    ReplaceWeights,
    ScaleUnits,
    SetUnits,
    ZeroUnits,
)
from curvecircuits.models.shared import Shared
from curvecircuits.models.wrap import wrap

SIZE = 32


class Pooled(nn.Module):
    """Rectified branches behind two pools in a row; the batch's size is read to flatten them."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, 2, padding=1)
        self.pool = nn.MaxPool2d(3, 2, padding=1)
        self.one = nn.Conv2d(6, 4, 1)
        self.three = nn.Conv2d(6, 5, 3, padding=1)
        self.again = nn.MaxPool2d(3, 1, padding=1)
        self.last = nn.Conv2d(9, 4, 3)
        self.scores = nn.Linear(4 * 6 * 6, 5)

    def block(self, x):
        return torch.cat([F.relu(self.one(x)), F.relu(self.three(x))], 1)

    def forward(self, x):
        x = self.block(self.pool(F.relu(self.stem(x))))
        x = self.last(F.max_pool2d(self.again(x), 1, 1))
        return self.scores(x.reshape(x.size(0), -1))


class Sized(Pooled):
    """The same, in a way that only torch.export records."""

    def forward(self, x):
        if x.shape[2] < 8:
            x = F.interpolate(x, (8, 8))
        return super().forward(x)


class Sequence(Pooled):
    """Positions come first behind the maps, images second."""

    def __init__(self):
        super().__init__()
        self.mixed = nn.Linear(4, 4)
        self.named = nn.Linear(4, 5)

    def forward(self, x):
        x = self.last(self.block(self.pool(F.relu(self.stem(x)))))
        x = self.mixed(x.flatten(2).permute(2, 0, 1))
        return self.named(F.relu(x).mean(0))


TO = {Residual: "scores", Pooled: "scores", Sized: "scores", Sequence: "named"}
NETWORKS = {kind: wrap(seeded(kind), input_size=SIZE) for kind in TO}


def one_by_one(network, versions, images, to):
    """What each version answers within `edit`."""
    found = []
    for edits in versions:
        with edit(network, *edits):
            found.append(network.run(images, layers=[to])[to])
    return found


def in_parts(shared, images, *, at_once=2):
    """The trunk on a few images at a time."""
    parts = [shared.before(some) for some in images.split(at_once)]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def assert_same(network, versions, to, images=None):
    images = noise(5, 3, SIZE, SIZE) if images is None else images
    shared = Shared(network, versions, to=to)
    values = in_parts(shared, images)
    before = {name: value.clone() for name, value in values.items()}
    wanted = one_by_one(network, versions, images, to)
    for version, expected in enumerate(wanted):
        found = shared.after(values, version)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert all(torch.equal(values[name], value) for name, value in before.items())
    return wanted


def flops(run):
    with FlopCounterMode(display=False) as counter:
        run()
    return counter.get_total_flops()


def costs(network, versions, to):
    """Of the trunk, of each tail, and of the network itself, for two images."""
    images = noise(2, 3, SIZE, SIZE)
    shared = Shared(network, versions, to=to)
    values = shared.before(images)
    tails = [flops(lambda k=k: shared.after(values, k)) for k in range(len(versions))]
    whole = flops(lambda: network.run(images, layers=[to]))
    return flops(lambda: shared.before(images)), tails, whole


# -- the same answers --------------------------------------------------------------------------


@settings(max_examples=25)
@given(
    st.sampled_from(list(NETWORKS)),
    st.integers(0, 1000),
    st.lists(st.integers(0, 3), min_size=1, max_size=4),
)
def test_any_edits_answer_as_they_do_one_by_one(kind, seed, counts):
    """Versions of so many random edits each; the last begins as the first does."""
    network, rng = NETWORKS[kind], np.random.default_rng(seed)
    versions = [[drawn(rng, network) for _ in range(count)] for count in counts]
    versions = [[], *versions, [*versions[0], drawn(rng, network)]]
    wiring = network.wiring
    assert_same(network, versions, TO[kind])
    assert network.wiring is wiring


@pytest.mark.parametrize("kind", TO)
def test_what_edits_change_is_not_shared(kind):
    """The comparison above could fail: the versions differ from each other by far more."""
    network = NETWORKS[kind]
    versions = [[], *([ScaleUnits(units=[("stem", c)], factor=-3.0)] for c in range(3))]
    found = assert_same(network, versions, TO[kind])
    for k, one in enumerate(found):
        assert all((one - other).abs().max() > 1e-3 for other in found[:k])


def test_weights_of_one_shape_and_other_numbers_are_others():
    network = NETWORKS[Pooled]
    own = network.state["three.weight"]
    versions = [[ReplaceWeights(name="three.weight", tensor=own * f)] for f in (1, 2, 2, -1)]
    found = assert_same(network, versions, "scores")
    assert not torch.allclose(found[0], found[1])
    trunk, tails, whole = costs(network, versions, "scores")
    assert trunk == whole  # the doubled ones have the same numbers: all of theirs is shared
    assert tails[1] == tails[2] == 0
    assert tails[0] == tails[3] > 0


def test_edits_of_one_kind_and_other_settings_are_others():
    network = NETWORKS[Pooled]
    one = [("cat", 1)]
    other = wrap(seeded(Pooled, seed=1), input_size=SIZE)
    values = noise(1, 9, 2, 3)
    added = {"targets": [("last", 0)], "source": "cat", "values": values, "stride": (1, 1)}
    versions = [
        [ScaleUnits(units=one, factor=2.0)],
        [ScaleUnits(units=one, factor=2.5)],
        [SetUnits(units=one, values=[2.0])],
        [SetUnits(units=one, values=[2.5])],
        [ReplaceUnits(units=one, by=network, by_units=[("cat", 7)])],
        [ReplaceUnits(units=one, by=other, by_units=[("cat", 7)])],
        [AddWeights(**added, origin=(0, 0))],
        [AddWeights(**added, origin=(1, 0))],
    ]
    found = assert_same(network, versions, "scores")
    for k, scores in enumerate(found):
        assert not any(torch.allclose(scores, other, atol=1e-5) for other in found[:k])


def test_versions_of_an_edited_network_keep_its_edits():
    network = NETWORKS[Pooled]
    plain = assert_same(network, [[]], "scores")[0]
    with ExitStack() as stack:
        stack.enter_context(edit(network, SetUnits(units=[("cat", 1)], values=[3.0])))
        versions = [[], [ScaleUnits(units=[("cat", 1)], factor=0.5)]]
        kept, halved = assert_same(network, versions, "scores")
    assert not torch.allclose(kept, plain)
    assert not torch.allclose(kept, halved)


# -- what is shared ----------------------------------------------------------------------------


def test_what_comes_before_an_edit_is_computed_once():
    network = NETWORKS[Residual]
    versions = [[], *([ZeroUnits(units=[("block1.relu~2", c)])] for c in range(3))]
    trunk, tails, whole = costs(network, versions, "scores")
    later = whole - flops(lambda: network.run(noise(2, 3, SIZE, SIZE), layers=["block1.relu~2"]))
    assert trunk == whole - later
    assert tails == [later] * 4
    assert 0 < later < whole


def test_only_the_second_run_of_a_path_is_a_versions_own():
    network = NETWORKS[Residual]
    targets = [("block2.relu~2", c) for c in range(4)]
    versions = [[], [RemoveInputs(targets=targets, source="block1.relu", channels=[1])]]
    trunk, tails, whole = costs(network, versions, "scores")
    scores = 2 * 2 * 16 * 5
    assert trunk == whole - scores
    assert tails[0] == scores
    assert scores < tails[1] < whole


def test_edits_that_versions_have_in_common_are_shared():
    network = NETWORKS[Residual]
    first = ScaleUnits(units=[("stem", 0)], factor=2.0)
    last = [ZeroUnits(units=[("block2.relu~2", c)]) for c in range(2)]
    trunk, tails, whole = costs(network, [[], [first, last[0]], [first, last[1]]], "scores")
    # The network's own way behind the stem is a tail, the edited one is not.
    assert trunk > whole / 2
    assert tails[0] > tails[1] == tails[2]


def test_a_version_of_no_edits_is_all_shared():
    network = NETWORKS[Residual]
    assert costs(network, [[], []], "scores")[1] == [0, 0]
    trunk, (tail,), whole = costs(network, [[]], "scores")
    assert (trunk, tail) == (0, whole)


@pytest.mark.parametrize("kind", [Pooled, Sized])
@pytest.mark.parametrize(
    ("one", "through"),
    [
        (ZeroUnits(units=[("cat", 1), ("cat", 8)]), True),
        (SetUnits(units=[("cat", 1), ("cat", 8)], values=[-1.0, 2.0]), True),
        (ScaleUnits(units=[("cat", 1)], factor=0.5), True),
        (ScaleUnits(units=[("cat", 1)], factor=-0.5), False),
    ],
)
def test_pools_behind_a_layer_are_shared_where_maxima_stay_maxima(kind, one, through):
    """Nothing smaller can be carried than what the pools have made."""
    network = NETWORKS[kind]
    assert_same(network, [[], [one]], "scores")
    shared = Shared(network, [[], [one]], to="scores")
    images = noise(2, 3, SIZE, SIZE)
    held = shared.before(images)
    raw = network.run(images, layers=["cat"])["cat"]
    read = [held[name] for name in shared.reads[1]]
    assert any(torch.equal(value, raw) for value in read) is not through


def test_sizes_of_a_batch_are_not_carried():
    """Else tails would flatten five images as the two of the trunk's first part."""
    network = NETWORKS[Pooled]
    versions = [[], [ZeroUnits(units=[("last", 0)])]]
    values = in_parts(Shared(network, versions, to="scores"), noise(5, 3, SIZE, SIZE))
    assert [len(value) for value in values.values()] == [5] * len(values)


def test_what_has_no_images_first_is_computed_again():
    network = NETWORKS[Sequence]
    versions = [[], [ReplaceWeights(name="named.bias", tensor=torch.ones(5))]]
    assert_same(network, versions, "named")
    values = Shared(network, versions, to="named").before(noise(5, 3, SIZE, SIZE))
    assert {len(value) for value in values.values()} == {5}


@pytest.mark.parametrize(
    ("versions", "to", "says"),
    [
        ([[ZeroUnits(units=[("cat", 99)])]], "scores", "no unit"),
        ([[]], "nowhere", "has no layer"),
    ],
)
def test_what_cannot_be_is_refused(versions, to, says):
    with pytest.raises(InputError, match=says):
        Shared(NETWORKS[Pooled], versions, to=to)
