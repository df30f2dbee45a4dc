import math

import pytest
import torch
from networks import Branches, noise, planted, seeded, written
from torch import nn

from curvecircuits.artificial import artificial_network
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.families.taxonomy import Taxonomy, UnitLabel
from curvecircuits.models.address import Unit
from curvecircuits.models.edit import edit
from curvecircuits.models.edits import KeepInputs
from curvecircuits.models.wrap import wrap
from curvecircuits.store import dump, load
from curvecircuits.visualize import Look
from curvecircuits.visualize.edited.groups import channels_of, drawn_beside, shape_groups
from curvecircuits.visualize.edited.pictures import edited_pictures
from curvecircuits.visualize.edited.records import EditedShares
from curvecircuits.visualize.edited.sheet import edited_sheet
from curvecircuits.visualize.edited.values import seen_by

ALL = [Unit("1", channel) for channel in range(32)]


def _halves():
    """Two units on four inputs: all weight is on the first two, or on the last two."""
    first = seeded(nn.Conv2d, 3, 4, 5, stride=2)
    second = seeded(nn.Conv2d, 4, 2, 3, seed=1)
    with torch.no_grad():
        first.bias.zero_()
        second.bias.zero_()
        first.weight += 0.02  # an average of the image, so that none is silent
        second.weight.abs_()
        second.weight[0, 2:] = 0
        second.weight[1, :2] = 0
    return wrap(nn.Sequential(first, nn.ReLU(), second, nn.ReLU()), name="halves", input_size=48)


GROUPS = {"first": [Unit("1", 0), Unit("1", 1)], "second": [Unit("1", 2), Unit("1", 3)]}


def test_keeping_all_inputs_changes_no_bit():
    network = planted([0.0, 90.0])
    found = edited_pictures(network, ["3:0", "3:1"], {"all": ALL}, layer="1", steps=12)
    for edited, own in zip(found.edited["all"], found.unedited, strict=True):
        assert torch.equal(edited.image, own.image)
        assert edited.activation == own.activation > 0
    shares = found.shares.of("all")
    assert shares.reconstructed.group == shares.kept.group == (1.0, 1.0)
    # None are left for the control, which keeps nothing.
    assert shares.drawn == ((), ())
    assert shares.kept.control == (0.0, 0.0)


def test_keeping_none_leaves_the_noise_that_pictures_begin_with():
    network = planted([0.0, 90.0])
    found = edited_pictures(network, ["3:0", "3:1"], {"none": []}, layer="1", steps=12)
    for edited, own in zip(found.edited["none"], found.unedited, strict=True):
        assert edited.image.std() < 0.5 * own.image.std()
    shares = found.shares.of("none")
    assert max(shares.reconstructed.group) < 0.2
    assert shares.kept.group == (0.0, 0.0)
    assert shares.reconstructed.difference().value == pytest.approx(0, abs=1e-4)


def test_the_group_that_holds_all_weight_makes_the_whole_picture():
    found = edited_pictures(_halves(), ["3:0", "3:1"], GROUPS, layer="1", steps=24)
    one, two = found.shares.of("first"), found.shares.of("second")
    assert one.reconstructed.group[0] == pytest.approx(1, abs=1e-4)
    assert one.kept.group[0] == pytest.approx(1, abs=1e-4)
    assert two.reconstructed.group[1] == pytest.approx(1, abs=1e-4)
    assert one.kept.group[1] == two.kept.group[0] == 0
    assert max(one.reconstructed.group[1], two.reconstructed.group[0]) < 0.9
    # Two channels are left beside either group: the control is the other group.
    assert one.drawn == ((2, 3), (2, 3))
    assert one.kept.control == pytest.approx(two.kept.group, abs=1e-5)


def test_on_photographs_the_share_is_that_of_the_inputs():
    network = _halves()
    images = noise(6, 3, 48, 48)
    found = edited_pictures(
        network, ["3:0", "3:1"], GROUPS, layer="1", steps=2, images=images
    ).shares
    maps = network.activations(images, layers=["3"])["3"]
    assert bool((maps.amax((2, 3)) > 0).any())
    assert found.images == 6
    assert found.of("first").photographs.group == pytest.approx((1, 0), abs=1e-5)
    assert found.of("second").photographs.group == pytest.approx((0, 1), abs=1e-5)


def test_photographs_are_read_where_the_unit_is_strongest():
    first, second = seeded(nn.Conv2d, 3, 4, 5, stride=2), seeded(nn.Conv2d, 4, 1, 3, seed=1)
    images = noise(9, 3, 64, 56)
    with torch.no_grad():
        before = first(images).relu()
        second.bias -= second(before).amax((1, 2, 3)).median() - 1e-3
        kept = before.clone()
        kept[:, 1:3] = 0
        whole, part = second(before).flatten(1), second(kept).flatten(1)
    network = wrap(nn.Sequential(first, nn.ReLU(), second, nn.ReLU()), input_size=48)
    groups = {"outer": [Unit("1", 0), Unit("1", 3)]}
    found = edited_pictures(network, ["3:0"], groups, layer="1", steps=1, images=images)
    peak, place = whole.max(1)
    active = peak > 0
    assert 3 < active.sum() < 8
    expected = part.gather(1, place[:, None])[active, 0].clamp(min=0).sum() / peak[active].sum()
    assert expected > 0
    # A value at any other place would be another share, as would one of images without activity.
    (share,) = seen_by(network, [Unit("3", 0)], images)
    assert len(share.parts) == active.sum()
    with edit(network, KeepInputs(targets=[("3", 0)], source="1", channels=[0, 3])):
        assert share.total(network) / float(peak[active].sum()) == pytest.approx(
            float(expected), rel=1e-4
        )
    assert found.shares.of("outer").photographs is not None


def test_early_curves_carry_more_of_curves_than_random_inputs():
    curves = written("3b", "curve", every=8)
    groups = {"early curves": written("3a", "early curve")}
    found = edited_pictures(artificial_network(), curves, groups, layer="3a", steps=24)
    shares = found.shares.of("early curves")
    assert shares.kept.difference().above(0)
    assert found.shares.orientations == (0.0, 120.0, 240.0)
    assert len(set(shares.drawn)) > 1  # drawn anew for every unit
    for drawn in shares.drawn:
        assert not set(drawn) & set(shares.channels)


def test_units_of_branches_keep_their_inputs_apart():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem = nn.Conv2d(3, 3, 3, padding=1)
            self.branches = Branches()

        def forward(self, x):
            return self.branches(torch.relu(self.stem(x)))

    network = wrap(seeded(Two), input_size=32)
    layer = next(x.name for x in network.layers.values() if x.channels == 11)
    groups = {"all": [Unit("relu", c) for c in range(3)]}
    units = [Unit(layer, c) for c in (1, 6, 10)]
    found = edited_pictures(network, units, groups, layer="relu", steps=6)
    for edited, own in zip(found.edited["all"], found.unedited, strict=True):
        torch.testing.assert_close(edited.image, own.image, rtol=0, atol=1e-4)


def test_the_record_is_written_and_read_and_the_seed_counts():
    network = _halves()
    one, again, other = (
        edited_pictures(network, ["3:0"], GROUPS, layer="1", steps=2, seed=seed).shares
        for seed in (0, 0, 1)
    )
    assert one == again != other
    assert load(EditedShares, dump(one)) == one


def test_opacity_and_cache(tmp_path):
    network = _halves()
    look = Look(grey=True, alpha=True)
    first, second = (
        edited_pictures(network, ["3:0"], GROUPS, layer="1", steps=4, look=look, cache=tmp_path)
        for _ in range(2)
    )
    assert len(first.edited["first"][0].image) == 4
    assert torch.equal(first.edited["first"][0].image, second.edited["first"][0].image)
    kept = [*tmp_path.rglob("*.npz")]
    assert len(kept) == 5  # unedited, and two groups with a control each


def test_a_silent_unit_has_no_share():
    network = wrap(nn.Sequential(seeded(nn.Conv2d, 3, 2, 3), nn.ReLU(), _negative()), input_size=24)
    shares = edited_pictures(network, ["2:0"], {"a": [Unit("1", 0)]}, layer="1", steps=2).shares
    assert shares.of("a").reconstructed.group == (None,)
    assert math.isnan(shares.of("a").reconstructed.mean().value)


def _negative():
    layer = seeded(nn.Conv2d, 2, 1, 3)
    with torch.no_grad():
        layer.weight.copy_(-layer.weight.abs())
        layer.bias.fill_(-1)
    return layer


def _label(channel, family):
    return UnitLabel(
        unit=f"1:{channel}", layer="1", channel=channel, family=family, score=0.9, sign=1,
        orientation=None, echo=None, wavelength=None,
    )  # fmt: skip


def test_families_of_a_taxonomy_become_groups():
    families = ("early curve", "texture", "cliff", "angle", "colour contrast", "other", "line")
    found = Taxonomy(
        model="planted", model_hash="", layers=("1",), curve_layer="3",
        labels=tuple(_label(i, f) for i, f in enumerate(families)), seed=0,
    )  # fmt: skip
    groups = {name: [u.channel for u in units] for name, units in shape_groups(found, "1").items()}
    assert groups == {"curves": [0], "lines": [2, 3, 6], "textures": [1], "other": [4, 5]}
    assert list(channels_of(planted([0.0]), found, "1")) == list(groups)


def test_random_channels_are_as_many_and_none_of_the_group():
    group = tuple(range(0, 20, 2))
    drawn = {drawn_beside(group, 40, seed=(0, k)) for k in range(50)}
    assert len(drawn) > 40
    assert all(len(set(d)) == 10 and not set(d) & set(group) for d in drawn)
    assert set().union(*drawn) == set(range(40)) - set(group)


def test_the_sheet_has_a_row_for_each_group_in_order_of_orientation():
    network = planted([0.0, 90.0])
    family = Family(name="c", layer="3", channels=(1, 0), orientations=(90.0, 0.0), period=360)
    groups = {"even": ALL[::2], "odd": ALL[1::2]}
    found = edited_pictures(network, family, groups, layer="1", steps=2)
    assert found.shares.units == ("3:0", "3:1")
    whole = edited_sheet(found)
    assert edited_sheet(found, random=False).height < whole.height
    assert edited_sheet(found, groups=["odd"]).height < whole.height
    with pytest.raises(InputError, match="no group 'no'"):
        edited_sheet(found, groups=["no"])


@pytest.mark.parametrize(
    ("units", "groups", "layer", "said"),
    [
        ([], {"all": ALL}, "1", "none cannot be used"),
        (["3:0", "3:0"], {"all": ALL}, "1", "each given once"),
        (["3:0", "1:0"], {"all": ALL}, "1", "units of one layer"),
        (["3:0"], {}, "1", "at least one group"),
        (["3:0"], {"all": [Unit("3", 1)]}, "1", "not of 1"),
        (["3:0"], {"all": [Unit("1", 99)]}, "1", "1:99"),
        (["1:0"], {"all": [Unit("3", 1)]}, "3", "does not depend on"),
        (["3:0"], {"all": ALL}, "no", "no layer 'no'"),
    ],
)
def test_what_cannot_be_edited_is_refused(units, groups, layer, said):
    with pytest.raises(InputError, match=said):
        edited_pictures(planted([0.0]), units, groups, layer=layer, steps=1)
