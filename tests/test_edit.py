"""Edits: what they change, what they leave, and that nothing of them is left."""

import json
from contextlib import ExitStack

import networks
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from curvecircuits.artificial import artificial_network
from curvecircuits.circuits.editing import drop_weights
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family, relative_orientation
from curvecircuits.models.address import Unit
from curvecircuits.models.edit import describe, edit
from curvecircuits.models.edit_json import edits_from_json, edits_to_json
from curvecircuits.models.edits import (
    AddWeights,
    KeepInputs,
    RemoveInputs,
    ReplaceUnits,
    ReplaceWeights,
    ScaleUnits,
    SetUnits,
    ZeroUnits,
)
from curvecircuits.models.network import Network
from curvecircuits.models.permute import weight_permuted
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import curves
from curvecircuits.weights import expanded_weights

IMAGES = networks.noise(2, 3, 32, 32)


class Inception(nn.Module):
    """A stem, and a block of two rectified branches and a linear one over it, read by scores."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, 2, padding=1)
        self.reduce = nn.Conv2d(6, 5, 1)
        self.three = nn.Conv2d(5, 4, 3, padding=1)
        self.one = nn.Conv2d(6, 3, 1)
        self.plain = nn.Conv2d(6, 2, 5, padding=2)
        self.last = nn.Conv2d(9, 4, 3, 2)

    def block(self, x):
        three = self.three(F.relu(self.reduce(x)))
        return torch.cat([F.relu(self.one(x)), F.relu(three), self.plain(x)], 1)

    def forward(self, x):
        return self.last(self.block(F.relu(self.stem(x))))


class Sized(Inception):
    """The same, in a way that only torch.export records."""

    def forward(self, x):
        if x.shape[2] < 8:
            x = F.interpolate(x, (8, 8))
        return super().forward(x)


def made(kind=Inception, **options):
    return wrap(networks.seeded(kind), input_size=32, **options)


def all_of(network: Network, images=IMAGES):
    return network.activations(images, layers=list(network.layers))


def changed(network, before, images=IMAGES):
    """The channels of each layer whose values are not the same, bit for bit."""
    after = all_of(network, images)
    found = {}
    for name, values in before.items():
        different = (values != after[name]).transpose(0, 1).flatten(1).any(1)
        if different.any():
            found[name] = different.nonzero()[:, 0].tolist()
    return found


def held(network):
    return [(name, t.data_ptr(), t.clone()) for name, t in network.state.items()]


def assert_held(network, before):
    after = network.state
    assert [name for name, *_ in before] == list(after)
    for name, pointer, values in before:
        assert after[name].data_ptr() == pointer
        assert torch.equal(after[name], values)


# -- activations -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Inception, Sized])
def test_everything_that_reads_a_layer_sees_its_units_edited(kind):
    network = made(kind)
    before = all_of(network)
    module = networks.seeded(kind)
    block = before["cat"]
    for one, expected in (
        (ZeroUnits(units=[("cat", 1), ("cat", 8)]), [0, 0]),
        (ScaleUnits(units=[("cat", 1), ("cat", 8)], factor=-2.5), [-2.5 * block[:, 1], None]),
        (SetUnits(units=[("cat", 8), ("cat", 1)], values=[3, 0.1]), [0.1, 3]),
    ):
        with edit(network, one) as edited:
            assert edited is network
            after = all_of(edited)
            assert changed(network, before) == {"cat": [1, 8], "last": [0, 1, 2, 3]}
        wanted = block.clone()
        wanted[:, 1] = expected[0]
        wanted[:, 8] = -2.5 * block[:, 8] if expected[1] is None else expected[1]
        assert torch.equal(after["cat"], wanted)
        torch.testing.assert_close(after["last"], module.last(wanted))
    assert not changed(network, before)


def test_units_before_clipping_are_edited_where_they_are_made():
    """The joined pre-activations are never computed by the network: its branches are edited."""
    network = made()
    before = all_of(network)
    with edit(network, ZeroUnits(units=[("cat_pre_relu", 4), ("cat_pre_relu", 8)])):
        found = changed(network, before)
    assert found["three"] == [1]
    assert found["cat_pre_relu"] == [4, 8]
    assert found["plain"] == [1]
    assert "one" not in found
    assert "last" in found


def test_edits_act_on_what_those_before_them_left():
    network = made()
    two = [("cat", 1)]
    with edit(network, SetUnits(units=two, values=[2.0]), ScaleUnits(units=two, factor=3)):
        assert network.run(IMAGES, layers=["cat"])["cat"][:, 1].unique().tolist() == [6]
        with edit(network, ScaleUnits(units=two, factor=0.5)):
            assert network.run(IMAGES, layers=["cat"])["cat"][:, 1].unique().tolist() == [3]
        assert network.run(IMAGES, layers=["cat"])["cat"][:, 1].unique().tolist() == [6]
    with edit(network, ScaleUnits(units=two, factor=3), SetUnits(units=two, values=[2.0])):
        assert network.run(IMAGES, layers=["cat"])["cat"][:, 1].unique().tolist() == [2]


# -- inputs ------------------------------------------------------------------------------------


def _residual_by_hand(module, stem):
    """Block outputs of `networks.Residual` from the values of its rectified stem."""
    first = module.block1(module.pool(stem))
    return first, module.block2(first)


@pytest.mark.parametrize("keep", [False, True])
def test_only_the_targets_lose_inputs_and_the_path_stays_nonlinear(keep):
    """Against a second forward pass written by hand, over a pool, skips and rectifiers."""
    module = networks.seeded(networks.Residual).eval()
    network = wrap(module, input_size=32)
    before = all_of(network)
    channels, targets = [0, 3, 5], [2, 7, 11]
    one = (KeepInputs if keep else RemoveInputs)(
        targets=[("block2.relu~2", t) for t in targets], source="relu", channels=channels
    )
    stem = before["relu"].clone()
    zeroed = [c for c in range(8) if (c in channels) != keep]
    stem[:, zeroed] = 0
    _, second = _residual_by_hand(module, stem)
    wanted = before["block2.relu~2"].clone()
    wanted[:, targets] = second[:, targets]
    with edit(network, one):
        after = all_of(network)
        found = changed(network, before)
    torch.testing.assert_close(after["block2.relu~2"], wanted)
    assert set(found) == {"block2.add", "block2.relu~2", "mean", "scores"}
    assert found["block2.add"] == targets
    torch.testing.assert_close(after["scores"], module.scores(wanted.mean((2, 3))))
    assert (wanted - before["block2.relu~2"]).abs().max() > 1e-3


def test_targets_of_several_branches_share_one_second_run():
    network = made()
    module = networks.seeded(Inception)
    before = all_of(network)
    targets = [("cat", c) for c in (8, 1, 4, 5)]
    with edit(network, KeepInputs(targets=targets, source="relu", channels=[2])):
        after = all_of(network)
        assert changed(network, before)["cat"] == [1, 4, 5, 8]
        # "before clipping" too, where upper rooms read them
        assert changed(network, before)["cat_pre_relu"] == [1, 4, 5, 8]
    stem = torch.zeros_like(before["relu"])
    stem[:, 2] = before["relu"][:, 2]
    wanted = before["cat"].clone()
    wanted[:, [1, 4, 5, 8]] = module.block(stem)[:, [1, 4, 5, 8]]
    torch.testing.assert_close(after["cat"], wanted)


def test_removing_in_two_steps_is_removing_at_once():
    network = made()
    targets = [("cat", 1), ("cat", 5)]

    def without(*channels):
        return RemoveInputs(targets=targets, source="relu", channels=channels)

    with edit(network, without(0, 4)):
        at_once = all_of(network)
    with edit(network, without(0)), edit(network, without(4)):
        assert not changed(network, at_once)
    with edit(network, without(0)):
        assert changed(network, at_once)
    everything = RemoveInputs(targets=targets, source="relu", channels=range(6))
    nothing = KeepInputs(targets=targets, source="relu", channels=[])
    with edit(network, everything):
        blank = all_of(network)
    with edit(network, nothing):
        assert not changed(network, blank)
    for channel in (1, 5):  # what is left is what the biases make, the same but at the borders
        assert blank["cat"][:, channel, 1:-1, 1:-1].unique().numel() == 1


def test_one_convolution_away_removing_inputs_is_zeroing_its_kernel():
    network = artificial_network()
    images = _drawn()
    kernel = network.state["mixed3b_pre_relu.weight"].clone()
    kernel[[3, 9], :24] = 0
    with edit(network, ReplaceWeights(name="mixed3b_pre_relu.weight", tensor=kernel)):
        wanted = all_of(network, images)["mixed3b_pre_relu"]
    targets = [("3b", 3), ("3b", 9)]
    with edit(network, RemoveInputs(targets=targets, source="3a", channels=range(24))):
        found = all_of(network, images)["mixed3b_pre_relu"]
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)
    assert (found - all_of(network, images)["mixed3b_pre_relu"]).abs().max() > 1e-2


# -- weights -----------------------------------------------------------------------------------


def test_replaced_weights_are_the_networks_own_within_the_block():
    network = made()
    before, digest = all_of(network), network.model_hash
    kernel = torch.flip(network.state["three.weight"], [0]).double()
    with edit(network, ReplaceWeights(name="three.weight", tensor=kernel)):
        assert torch.equal(network.state["three.weight"], kernel.float())
        assert network.model_hash != digest
        assert "edited" in str(network.provenance)
        seen = expanded_weights(network, "reduce", units=[("three", 0)]).values
        torch.testing.assert_close(seen[0], kernel[0].float())
        assert set(changed(network, before)) == {"three", "relu~4", "cat", "cat_pre_relu", "last"}
    assert network.model_hash == digest
    assert "edited" not in str(network.provenance)


@pytest.mark.parametrize("kind", [Inception, Sized])
def test_weights_used_under_two_names_are_replaced_under_both(kind):
    class Tied(kind):
        def __init__(self):
            super().__init__()
            self.plain.weight = nn.Parameter(torch.randn(2, 6, 5, 5))
            self.second = nn.Conv2d(6, 2, 5, padding=2)
            self.second.weight = self.plain.weight

        def block(self, x):
            return torch.cat([super().block(x), self.second(x)], 1)

        def forward(self, x):
            return self.block(F.relu(self.stem(x)))

    network = made(Tied)
    new = networks.noise(2, 6, 5, 5)
    with edit(network, ReplaceWeights(name="plain.weight", tensor=new)):
        values = network.run(IMAGES, layers=["plain", "second", "relu"])
        assert torch.equal(network.state.get("second.weight", new), new)
    term = F.conv2d(values["relu"], new, padding=2)
    for name in ("plain", "second"):
        bias = network.state[f"{name}.bias"][:, None, None]
        torch.testing.assert_close(values[name], term + bias)


class Strided(nn.Module):
    """One convolution of an awkward stride, padding and dilation after a rectifier."""

    def __init__(self, **options):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.conv = nn.Conv2d(6, 5, 3, **options)

    def forward(self, x):
        return F.relu(self.conv(F.relu(self.stem(x))))


@pytest.mark.parametrize(
    "options",
    [{}, {"stride": 2, "padding": 1}, {"padding": 4}, {"stride": 3, "dilation": 2, "padding": 1}],
)
def test_adding_weights_is_changing_the_kernel(options):
    network = wrap(networks.seeded(Strided, **options), input_size=32)
    targets = [("relu~2", 4), ("relu~2", 1)]
    weights = expanded_weights(network, "relu", units=targets)
    change = torch.randn(weights.values.shape, generator=torch.Generator().manual_seed(1))
    step = options.get("dilation", 1)
    kernel = network.state["conv.weight"].clone()
    kernel[[4, 1]] += change[..., ::step, ::step]
    sparse = torch.zeros_like(change)
    sparse[..., ::step, ::step] = change[..., ::step, ::step]
    added = AddWeights(
        source="relu", targets=targets, values=sparse, origin=weights.origin, stride=weights.stride
    )
    before = all_of(network)
    with edit(network, ReplaceWeights(name="conv.weight", tensor=kernel)):
        wanted = all_of(network)
    with edit(network, added):
        found = all_of(network)
        assert changed(network, before) == {"conv": [1, 4], "relu~2": [1, 4]}
    torch.testing.assert_close(found["conv"], wanted["conv"], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found["relu~2"], wanted["relu~2"], atol=1e-5, rtol=1e-5)


def test_weights_far_outside_the_map_act_on_zeros():
    network = made()
    one = torch.ones(1, 6, 1, 1)
    before = all_of(network)
    for origin, rows in (((-100, 0), 0), ((3, -2), 13), ((0, 100), 0)):
        added = AddWeights(
            source="relu", targets=[("plain", 0)], values=one, origin=origin, stride=(1, 1)
        )
        with edit(network, added):
            gained = (network.run(IMAGES, layers=["plain"])["plain"] - before["plain"])[:, 0]
        read = torch.zeros_like(gained)
        if rows:
            read[:, :13, 2:] = before["relu"].sum(1)[:, 3:, :14]
        torch.testing.assert_close(gained, read, atol=1e-5, rtol=1e-5)


def test_weights_from_a_later_branch_can_be_added_to_an_earlier_one():
    """The source is recorded after the target, without being computed from it."""
    network = made()
    values = networks.noise(1, 2, 1, 1)
    added = AddWeights(
        source="plain", targets=[("reduce", 2)], values=values, origin=(0, 0), stride=(1, 1)
    )
    before = all_of(network)
    with edit(network, added):
        after = all_of(network)
    wanted = before["reduce"][:, 2] + (before["plain"] * values[0]).sum(1)
    torch.testing.assert_close(after["reduce"][:, 2], wanted)
    assert not torch.equal(after["last"], before["last"])


def _artificial_families():
    turns = tuple(15.0 * k for k in range(24))
    return tuple(
        Family(name=name, layer=layer, channels=tuple(range(24)), orientations=turns, period=360)
        for name, layer in (("curve", "3b"), ("early curve", "3a"))
    )


def _drawn():
    """Curves, to which the layers of the artificial network respond."""
    return curves(orientation=[0, 75, 255], radius=60, size=128).expand(-1, 3, -1, -1)


@pytest.mark.parametrize(
    ("sign", "relative"),
    [("negative", None), ("positive", None), ("negative", (90, 180)), ("positive", (0, 40))],
)
def test_dropped_weights_are_dropped_from_the_kernel(sign, relative):
    network = artificial_network()
    targets, early = _artificial_families()
    targets, early = targets.take([5, 0, 17]), early.take(list(range(23, -1, -1)))
    images = _drawn()
    weights = expanded_weights(network, "3a", units=_artificial_families()[0].units)
    kernel = network.state["mixed3b_pre_relu.weight"].clone()
    turn = abs(relative_orientation(targets.orientations, early.orientations))
    taken = 0
    for row, target in enumerate(targets.channels):
        for column, source in enumerate(early.channels):
            if relative is None or relative[0] <= turn[row, column] <= relative[1]:
                old = kernel[target, source].clone()
                new = old.clamp(min=0) if sign == "negative" else old.clamp(max=0)
                kernel[target, source] = new
                taken += int((old != new).sum())
    assert taken > 0
    with edit(network, ReplaceWeights(name="mixed3b_pre_relu.weight", tensor=kernel)):
        wanted = network.run(images, layers=["mixed3b_pre_relu"])["mixed3b_pre_relu"]
    with edit(network, drop_weights(weights, targets, early, sign=sign, relative=relative)):
        found = network.run(images, layers=["mixed3b_pre_relu"])["mixed3b_pre_relu"]
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)
    plain = network.run(images, layers=["mixed3b_pre_relu"])["mixed3b_pre_relu"]
    for channel in range(24):
        assert torch.equal(found[:, channel], plain[:, channel]) == (channel not in (5, 0, 17))


def test_relative_orientations_are_counted_in_the_smaller_period():
    """A curve of 180° and a line of 0° are aligned; units without orientation are left."""
    network = artificial_network()
    curve = Family(name="c", layer="3b", channels=(12,), orientations=(180.0,), period=360)
    turns = (0.0, 90.0, float("nan"))
    lines = Family(name="l", layer="3a", channels=(24, 33, 30), orientations=turns, period=180)
    weights = expanded_weights(network, "3a", units=curve.units)
    for relative, channel in (((0, 10), 24), ((80, 90), 33)):
        values = [
            drop_weights(weights, curve, lines, sign=sign, relative=relative).values
            for sign in ("negative", "positive")
        ]
        total = sum(values)
        torch.testing.assert_close(total[0, channel], -weights.values[0, channel])
        assert not total[0, [c for c in range(total.shape[1]) if c != channel]].any()


def test_families_that_weights_are_not_of_are_refused():
    family, early = _artificial_families()
    weights = expanded_weights(artificial_network(), "3a", units=family.units[:3])
    with pytest.raises(InputError, match="3b:3"):
        drop_weights(weights, family, early, sign="negative")
    few = family.take([0, 1])
    far = Family(name="x", layer="3a", channels=(66,), orientations=(0.0,), period=360)
    with pytest.raises(InputError, match="0 to 65"):
        drop_weights(weights, few, far, sign="negative")
    none = Family(name="x", layer="3a", channels=(4,), orientations=(0.0,), period=0)
    with pytest.raises(InputError, match="no orientations"):
        drop_weights(weights, few, none, sign="negative", relative=(0, 10))
    with pytest.raises(InputError, match="from 0 up"):
        drop_weights(weights, few, early, sign="negative", relative=(-10, 10))


# -- other networks ----------------------------------------------------------------------------


def test_units_are_replaced_by_another_networks_on_the_same_images():
    network = made()
    other = wrap(
        networks.seeded(Inception, seed=3), input_size=64, name="other", preprocess=lambda x: 1 - x
    )
    donated = other.run(IMAGES, layers=["cat"])["cat"]
    one = ReplaceUnits(
        units=[("cat", 7), ("cat", 2)],
        by=other,
        by_units=[("cat", 0), ("cat", 5)],
        scale=[2.0, 0.5],
        offset=0.25,
    )
    before = all_of(network)
    digest = network.model_hash
    with edit(network, one):
        after = all_of(network)
        assert network.model_hash == digest
        assert changed(network, before) == {"cat": [2, 7], "last": [0, 1, 2, 3]}
        with edit(other, ZeroUnits(units=[("cat", 0)])):  # later edits do not reach it
            assert not changed(network, after)
        larger = networks.noise(1, 3, 40, 56)
        assert network.run(larger, layers=["cat"])["cat"].shape[2:] == (20, 28)
    torch.testing.assert_close(after["cat"][:, 7], 2 * donated[:, 0] + 0.25)
    torch.testing.assert_close(after["cat"][:, 2], 0.5 * donated[:, 5] + 0.25)
    with edit(other, ZeroUnits(units=[("cat", 0)])), edit(network, one):
        assert network.run(IMAGES, layers=["cat"])["cat"][:, 7].unique().tolist() == [0.25]


def test_units_can_be_exchanged_within_a_network():
    network = made()
    pair = [("cat", 1), ("cat", 6)]
    exchange = ReplaceUnits(units=pair, by=network, by_units=pair[::-1])
    before = all_of(network)
    with edit(network, exchange):
        after = network.run(IMAGES, layers=["cat"])["cat"]
        assert torch.equal(after[:, [1, 6]], before["cat"][:, [6, 1]])
        with edit(network, exchange):
            assert not changed(network, before)
    with edit(network, SetUnits(units=pair[:1], values=[7.0]), exchange):
        assert network.run(IMAGES, layers=["cat"])["cat"][:, 6].unique().tolist() == [7]


def test_a_network_of_another_grid_is_refused():
    network = made()
    coarse = wrap(networks.seeded(networks.Residual), input_size=32)
    by = ReplaceUnits(units=[("cat", 0)], by=coarse, by_units=[("block1.add", 0)])
    message = r"8 × 8 cells at stride 4 .* 16 × 16 cells at stride 2"
    with pytest.raises(InputError, match=message), edit(network, by):
        pass
    same = ReplaceUnits(units=[("cat", 0)], by=coarse, by_units=[("relu", 0)])
    with edit(network, same):
        assert network.run(IMAGES, layers=["cat"])["cat"].shape == (2, 9, 16, 16)


# -- the block ---------------------------------------------------------------------------------


class _Halt(BaseException):
    """As a KeyboardInterrupt: no Exception."""


_LAYERS = {"relu": 6, "cat": 9, "cat_pre_relu": 9, "reduce": 5, "last": 4}


_RECIPES = st.fixed_dictionaries(
    {
        "kind": st.integers(0, 8),
        "layer": st.sampled_from(sorted(_LAYERS)),
        "channels": st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True),
        "targets": st.lists(st.integers(0, 8), min_size=1, unique=True),
        "sources": st.lists(st.integers(0, 5), max_size=4),
        "number": st.floats(-3, 3),
        "origin": st.tuples(st.integers(-4, 4), st.integers(-4, 4)),
        "seed": st.integers(0, 99),
    }
)


def _cooked(recipe):
    """An edit of `_NETWORK` of any kind."""
    units = [(recipe["layer"], c) for c in recipe["channels"]]
    cat = [("cat", c) for c in recipe["targets"]]
    inputs = {"targets": cat, "source": "relu", "channels": recipe["sources"]}
    number, seed = recipe["number"], recipe["seed"]
    weights = networks.noise(len(cat), 6, 3, 2, seed=seed) - 0.5
    return (
        lambda: ZeroUnits(units=units),
        lambda: ScaleUnits(units=units, factor=number),
        lambda: SetUnits(units=units, values=[number] * len(units)),
        lambda: RemoveInputs(**inputs),
        lambda: KeepInputs(**inputs),
        lambda: ReplaceWeights(name="stem.weight", tensor=networks.noise(6, 3, 3, 3, seed=seed)),
        lambda: ReplaceWeights(name="one.bias", tensor=networks.noise(3, seed=seed)),
        lambda: AddWeights(
            source="relu", targets=cat, values=weights, origin=recipe["origin"], stride=(1, 1)
        ),
        lambda: ReplaceUnits(units=units, by=_NETWORK, by_units=units, scale=0.5),
    )[recipe["kind"]]()


_NETWORK = made()
_BEFORE = all_of(_NETWORK)


def _nest(network, blocks, at):
    """Open the blocks one in the other; check each on the way out; end as told at one depth."""
    if not blocks:
        return
    ends = {0: _Halt, 1: ValueError}
    with edit(network, *blocks[0]):
        inside = all_of(network)
        held_inside = held(network)
        try:
            _nest(network, blocks[1:], at - 1)
        finally:
            assert not changed(network, inside)
            assert_held(network, held_inside)
        if at == 0:
            raise ends[len(blocks) % 2]


@settings(max_examples=60)
@given(st.lists(st.lists(_RECIPES, max_size=3), min_size=1, max_size=4), st.integers(-1, 3))
def test_after_any_nest_every_weight_is_what_it_was(blocks, at):
    network, module, wiring = _NETWORK, _NETWORK.module, _NETWORK.wiring
    before, digest = held(network), network.model_hash
    try:
        _nest(network, [[_cooked(r) for r in block] for block in blocks], at)
    except (_Halt, ValueError):
        assert at >= 0
    assert network.module is module
    assert network.wiring is wiring
    assert_held(network, before)
    assert network.model_hash == digest
    assert not changed(network, _BEFORE)


@settings(max_examples=25)
@given(st.lists(_RECIPES, max_size=4))
def test_edits_come_back_from_json_bit_for_bit(recipes):
    network, edits = _NETWORK, [_cooked(r) for r in recipes]
    text = edits_to_json(edits)
    again = edits_from_json(text, networks={network.model_hash: network})
    assert edits_to_json(again) == text
    with edit(network, *edits):
        wanted = all_of(network)
    with edit(network, *again):
        assert not changed(network, wanted)


def test_an_edit_that_is_refused_leaves_nothing_behind():
    network = made()
    before, wiring = held(network), network.wiring
    sound = ReplaceWeights(name="one.bias", tensor=torch.ones(3))
    wrong = ZeroUnits(units=[("cat", 99)])
    with pytest.raises(InputError, match="no unit"), edit(network, sound, wrong):
        pass
    assert network.wiring is wiring
    assert_held(network, before)


def test_blocks_left_in_another_order_leave_nothing_behind():
    network = made()
    before = all_of(network)
    outer, inner = ExitStack(), ExitStack()
    outer.enter_context(edit(network, ZeroUnits(units=[("cat", 1)])))
    inner.enter_context(edit(network, ZeroUnits(units=[("cat", 2)])))
    outer.close()
    inner.close()
    assert not changed(network, before)


def test_the_network_is_whole_within_the_block():
    network = made()
    layers, path = dict(network.layers), list(network.path("relu", "last"))
    geometry = network.geometry("last", size=50)
    edits = [
        KeepInputs(targets=[("cat", 0)], source="relu", channels=[1]),
        ReplaceUnits(units=[("cat", 3)], by=network, by_units=[("cat", 4)]),
    ]
    with edit(network, *edits):
        assert network.layers == layers
        assert list(network.path("relu", "last")) == path
        assert network.geometry("last", size=50) == geometry
        assert network.geometry("cat", size=36).stride == 2
        values = network.run(IMAGES, layers=["cat"])["cat"]
        assert torch.equal(network.project(values, network.check(Unit("cat", 3))), values[:, 3])
        images = IMAGES.clone().requires_grad_()
        (slope,) = torch.autograd.grad(
            network.run(images, layers=["cat"])["cat"][:, 3].sum(), images
        )
        assert slope.abs().max() > 0


@pytest.mark.parametrize("kind", [Inception, Sized])
def test_a_copy_made_within_the_block_keeps_the_edits_and_is_its_own(kind):
    network = made(kind)
    before = all_of(network)
    name = next(n for n in network.state if n.endswith("one.bias"))
    edits = [
        ZeroUnits(units=[("cat", 4)]),
        ReplaceWeights(name=name, tensor=torch.ones(3)),
        ReplaceUnits(units=[("cat", 6)], by=network, by_units=[("cat", 5)]),
        RemoveInputs(targets=[("cat", 1)], source="relu", channels=[0, 1, 2]),
    ]
    with edit(network, *edits):
        inside = all_of(network)
        twin = network.copy()
        shuffled = weight_permuted(network, seed=0)
        assert not changed(network, inside)
    assert not changed(network, before)
    assert not changed(twin, inside)
    assert changed(shuffled, inside)
    assert not all_of(shuffled)["cat"][:, 4].any()
    assert "edited" in str(twin.provenance)
    with edit(twin, ScaleUnits(units=[("cat", 4)], factor=2), *edits):
        pass
    assert not changed(twin, inside)
    for tensor in network.state.values():
        tensor.zero_()
    assert not changed(twin, inside)  # nothing is shared, the other network neither
    twin.to("cpu")


def test_an_edited_network_stays_where_it_is():
    network = made()
    with edit(network, ZeroUnits(units=[("cat", 0)])):
        assert network.to("cpu") is network
        with pytest.raises(InputError, match="before the block"):
            network.to("meta")


# -- words -------------------------------------------------------------------------------------


def test_what_cannot_be_edited_says_why():
    network = made()
    value = torch.zeros(1, 6, 1, 1)

    def added(**changes):
        fields = {"source": "relu", "targets": [("cat", 0)], "values": value}
        return AddWeights(**fields | {"origin": (0, 0), "stride": (1, 1)} | changes)

    for one, message in (
        (ZeroUnits(units=[("cat", 9)]), "channels of cat are 0 to 8"),
        (ZeroUnits(units=[("cut", 1)]), "did you mean cat"),
        (RemoveInputs(targets=[("cat", 0)], source="reduce", channels=[0]), "does not depend"),
        (RemoveInputs(targets=[("relu", 0)], source="cat", channels=[0]), "does not depend"),
        (RemoveInputs(targets=[("relu", 0)], source="relu", channels=[0]), "does not depend"),
        (KeepInputs(targets=[("cat", 0)], source="relu", channels=[6]), "0 to 5"),
        (ReplaceWeights(name="tree.weight", tensor=value), "did you mean three.weight"),
        (ReplaceWeights(name="one.weight", tensor=value), r"\(3, 6, 1, 1\), not \(1, 6, 1, 1\)"),
        (added(source="cat", values=torch.zeros(1, 9, 1, 1)), "computed from cat:0"),
        (added(source="last", values=torch.zeros(1, 4, 1, 1)), "computed from"),
        (added(source="plain"), "one column a channel: 2, not 6"),
        (added(stride=(2, 2)), r"\(1, 1\) cells of relu apart"),
        (added(targets=[("cat", 0), ("relu", 1)], values=torch.zeros(2, 6, 1, 1)), "one layer"),
        (ZeroUnits(units=[("cat_pre_relu", 0), ("one", 0)]), "twice"),
    ):
        with pytest.raises(InputError, match=message), edit(network, one):
            pass


@pytest.mark.usefixtures("unannotated")
def test_edits_that_cannot_be_say_why():
    network, value = _NETWORK, torch.zeros(1, 6, 1, 1)
    unit = [("cat", 0)]
    weights = {"source": "relu", "targets": unit, "origin": (0, 0), "stride": (1, 1)}
    for make, fields, message in (
        (ZeroUnits, {"units": []}, "at least one unit"),
        (ZeroUnits, {"units": [3]}, "give a list"),
        (ZeroUnits, {"units": unit * 2}, "twice"),
        (ScaleUnits, {"units": unit, "factor": float("nan")}, "finite"),
        (SetUnits, {"units": unit, "values": [1, 2]}, "one a unit: 1, not 2"),
        (RemoveInputs, {"targets": unit, "source": "relu", "channels": 3}, "whole numbers"),
        (ReplaceWeights, {"name": "one.bias", "tensor": torch.zeros(3).long()}, "of floats"),
        (ReplaceWeights, {"name": "one.bias", "tensor": torch.ones(3) / 0}, "finite"),
        (AddWeights, weights | {"values": value[0]}, "channel, height, width"),
        (AddWeights, weights | {"values": value.expand(2, -1, 1, 1)}, "1 targets, not 2"),
        (AddWeights, weights | {"values": value, "origin": 3}, "rows, columns"),
        (AddWeights, weights | {"values": value, "stride": (0, 1)}, "from 1 up"),
        (ReplaceUnits, {"units": unit, "by": network, "by_units": [*unit, ("cat", 1)]}, "as many"),
        (
            ReplaceUnits,
            {"units": unit, "by": network, "by_units": unit, "scale": (1, 2)},
            "one a unit",
        ),
    ):
        with pytest.raises(InputError, match=message):
            make(**fields)
    with pytest.raises(InputError, match="no edit"), edit(network, "3b:379"):
        pass
    with pytest.raises(InputError, match="no edit"):
        describe("3b:379")
    with pytest.raises(InputError, match="no edit"):
        edits_to_json(["3b:379"])


def test_json_that_is_damaged_says_where():
    network = made()
    by = ReplaceUnits(units=[("cat", 0)], by=network, by_units=[("cat", 1)])
    weights = ReplaceWeights(name="one.bias", tensor=torch.tensor([0.1, -0.0, 1e-42]))
    text = edits_to_json([by, weights])
    with pytest.raises(InputError, match="give it in `networks`"):
        edits_from_json(text)
    other = wrap(networks.seeded(Inception, seed=1), input_size=32)
    with pytest.raises(InputError, match="as it was"):
        edits_from_json(text, networks={network.model_hash: other})
    with pytest.raises(InputError, match="no JSON"):
        edits_from_json(text[:-1])
    with pytest.raises(InputError, match="doubles"):
        edits_to_json([ReplaceWeights(name="x", tensor=torch.tensor([0.1]).double() / 3)])
    assert edits_to_json([ReplaceWeights(name="x", tensor=torch.tensor([0.5]).double())])
    data = json.loads(edits_to_json([weights]))
    for path, value, message in (
        (["schema"], "curvecircuits.edits/9", "schema"),
        (["edits", 0, "kind"], "Rewrite", "valid are ZeroUnits"),
        (["edits", 0, "fields", "name"], None, "name"),
        (["edits", 0, "fields", "name"], 3, "a text, not 3"),
        (["edits", 0, "fields", "tensor", "float32"], "AAAA", "3 bytes"),
        (["edits", 0, "fields", "tensor", "float32"], "?", "base64"),
        (["edits", 0, "fields", "tensor", "shape"], [-3], "shape"),
        (["edits", 0, "fields", "more"], 1, "more"),
    ):
        bad = json.loads(json.dumps(data))
        place = bad
        for key in path[:-1]:
            place = place[key]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        with pytest.raises(InputError, match=message):
            edits_from_json(json.dumps(bad))


def test_every_edit_has_its_sentence():
    ten = [("cat", c) for c in range(9)]
    assert describe(ZeroUnits(units=ten)) == (
        "The activation of cat:0, cat:1, cat:2, cat:3, cat:4, cat:5 and 3 more is set to 0."
    )
    said = [
        describe(one)
        for one in (
            SetUnits(units=ten[:2], values=[1, 2.5]),
            RemoveInputs(targets=ten[:1], source="relu", channels=[3, 1]),
            KeepInputs(targets=ten[:1], source="relu", channels=[]),
            ReplaceWeights(name="one.bias", tensor=torch.zeros(3)),
            AddWeights(
                source="relu",
                targets=ten[:1],
                values=torch.full((1, 6, 2, 1), 0.5),
                origin=(0, 0),
                stride=(1, 1),
            ),
            ReplaceUnits(units=ten[:1], by=_NETWORK, by_units=[("cat", 5)], scale=2.0),
        )
    ]
    assert said == [
        "The activation of cat:0 and cat:1 is held at 1 and 2.5.",
        "The inputs of cat:0 from channels 1 and 3 of relu are removed.",
        "Of the inputs of cat:0 from relu, those from no channel of relu are kept.",
        "The weights one.bias are replaced by others (3).",
        "Linear weights (2 × 1 cells, 6 in all) of relu are added to cat:0 before clipping.",
        "The activation of cat:0 is that of cat:5 of Inception times 2.",
    ]


# -- a trained network -------------------------------------------------------------------------


@pytest.mark.shared
def test_the_bars_on_a_trained_network_pass_in_their_quick_form():
    from bars import edit as bars

    for measure in (bars.restored, bars.inputs, bars.kernels):
        outcome = measure(True)
        assert outcome.ok, outcome
