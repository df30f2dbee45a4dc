from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import SHARED
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import noise, planted
from PIL import Image
from torch import nn

from curvecircuits.artificial import artificial_network
from curvecircuits.catalog import load
from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.natural_records import NaturalTuning
from curvecircuits.compare.natural_tuning import natural_tuning
from curvecircuits.compare.picked_crops import Choosers, PickedCrops, pick_crops
from curvecircuits.compare.turned_crops import Window, cut, turned_crop
from curvecircuits.errors import InputError
from curvecircuits.families import Family
from curvecircuits.images import Framing, open_images
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import curves
from curvecircuits.tuning import read_out, station, tuning_statistics

EIGHT = tuple(45.0 * k for k in range(8))
TURNS = tuple(30.0 * k for k in range(12))
FRAMING = Framing(kind="crop", resize=128, size=128)
WINDOW = Window(field=40.0)


@pytest.fixture(scope="module")
def written():
    """The artificial network: one unit every 45°."""
    return artificial_network(orientations=EIGHT)


def _side(network, layer="3b", units=8):
    return Side(network=network, layer=layer, channels=tuple(range(units)))


def _drawings(count=16, *, size=160, seed=0):
    """Curves of any orientation, at any place, of any contrast, each on noise of its own."""
    generator = np.random.default_rng(seed)
    drawn = curves(
        orientation=generator.uniform(0, 360, count),
        radius=generator.uniform(18, 40, count),
        size=size,
        centre=torch.tensor(generator.uniform(60, size - 60, (count, 2))),
        tile=60,
        width=2,
    )
    contrast = torch.tensor(generator.uniform(0.5, 0.9, (count, 1, 1, 1))).float()
    ground = 0.1 * noise(count, 1, size, size, seed=seed)
    return ((1 - contrast) + contrast * drawn - ground).clamp(0, 1).expand(-1, 3, -1, -1)


# -- turning -----------------------------------------------------------------------------------


@given(st.floats(0, 360), st.floats(-180, 180), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=20)
def test_a_turned_curve_is_the_curve_of_the_greater_orientation(start, turn, dx, dy):
    point = (60 + dx, 60 + dy)
    options = {"radius": 25, "width": 4, "tile": 120}
    image = curves(orientation=start, size=121, centre=point, **options)[0].expand(3, -1, -1)
    shown = turned_crop(
        cut(image, point, WINDOW), torch.tensor([turn]), size=64, centre=(31.5, 32), window=WINDOW
    )
    wanted = curves(orientation=start + turn, size=64, centre=(31.5, 32), **options)[0]
    at = torch.arange(64) + 0.5
    inside = (at - 31.5)[None].hypot((at - 32)[:, None]) < WINDOW.radius
    apart = (shown[0, 0] - wanted[0]).abs()[inside]
    assert float(apart.mean()) < 0.02
    assert float(apart.max()) < 0.4  # the stroke's edge is resampled


@given(st.floats(0, 360))
@settings(max_examples=8)
def test_turning_an_image_turns_the_peaks(start):
    """Unit j peaks on a curve of orientation o at the turn o_j − o, not at o − o_j."""
    network = artificial_network(orientations=(10.0, 100.0, 250.0))
    place = station(network, network.layer("3b").pre_activation, tile=60.0)
    image = curves(orientation=start, radius=30, size=121, tile=121, width=2)[0].expand(3, -1, -1)
    crop = cut(image, (60.5, 60.5), Window(field=55.0))
    shown = turned_crop(
        crop,
        torch.arange(36) * 10.0,
        size=place.size,
        centre=place.centre,
        window=Window(field=55.0),
    )
    found = tuning_statistics(read_out(network, place, [shown]).clamp(min=0).T.double().numpy())
    for unit, orientation in zip(found, (10.0, 100.0, 250.0), strict=True):
        off = (unit.orientation - (orientation - start) + 180) % 360 - 180
        assert abs(off) < 6


def test_no_turn_shows_a_border_within_the_field_nor_anything_beyond_the_window():
    image = torch.ones(3, 300, 300)
    crop = cut(image, (150.3, 149.8), WINDOW)
    shown = turned_crop(crop, torch.tensor(TURNS), size=120, centre=(60.0, 60.0), window=WINDOW)
    at = torch.arange(120) + 0.5 - 60
    distance = at[None].hypot(at[:, None])
    square = (at.abs() < 20)[None] & (at.abs() < 20)[:, None]  # of the field
    for where, value in (
        (square, 1.0),
        (distance < WINDOW.radius, 1.0),
        (distance > WINDOW.reach, 0.5),
    ):
        seen = shown[..., where]
        torch.testing.assert_close(seen, torch.full_like(seen, value))


def test_a_square_beyond_the_image_is_mirrored():
    image = noise(3, 30, 20)
    crop = cut(image, (2.0, 28.0), Window(field=20.0))
    assert crop.reflected
    left = round(2.0 - crop.middle[0])
    assert left < 0
    assert torch.equal(crop.square[:, :, -left], crop.square[:, :, -left - 1])
    inside = crop.square[:, : 30 - round(28.0 - crop.middle[1]), -left : -left + 20]
    assert torch.equal(inside, image[:, round(28.0 - crop.middle[1]) :])


# -- picking -----------------------------------------------------------------------------------


def _pick(network, images, units=8, **options):
    side = _side(network, units=units)
    choosers = Choosers(side=side, signs=(1,) * units, centres=((0.0, 0.0),) * units)
    return pick_crops(choosers, images, window=WINDOW, **options)


def test_the_strongest_position_of_each_image_is_picked(written):
    images = _drawings(10)
    picked = _pick(written, images, count=4)
    layer = written.layer("3b").pre_activation
    maps = written.activations(images, layers=[layer])[layer]
    stride, first = (
        written.geometry("3b", size=160).stride,
        written.geometry("3b", size=160).x.centre,
    )
    reach = WINDOW.side // 2
    whole = [k for k in range(maps.shape[-1]) if reach <= first + k * stride < 160 - reach]
    inside = maps[:, :, whole][..., whole].amax((2, 3))
    for unit, crops in enumerate(picked.strongest):
        strongest = inside[:, unit].sort(descending=True)
        assert [c.image for c in crops] == strongest.indices[:4].tolist()
        torch.testing.assert_close(torch.tensor([c.value for c in crops]), strongest.values[:4])
        for crop in crops:
            column, row = ((c - 0.5 - first) / stride for c in crop.centre)
            assert crop.value == pytest.approx(
                float(maps[crop.image, unit, round(row), round(column)])
            )
            assert not crop.reflected


def test_crops_do_not_depend_on_how_images_are_given(written, tmp_path):
    images = (_drawings(12, size=128) * 255).round() / 255
    paths = []
    for k, image in enumerate(images):
        paths.append(tmp_path / f"{k:02}.png")
        pixels = (image * 255).round().byte().permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(paths[-1])
    (tmp_path / "99.png").write_bytes(b"")
    options = {"count": 3, "framing": FRAMING}
    given_ = [images, paths, list(images.split(5)), iter(images.split(4)), open_images(tmp_path)]
    found = [
        _pick(written, one, batch=batch, **options)
        for one, batch in zip(given_, (3, 5, 1, 16, 7), strict=True)
    ]
    for other in found:
        assert other.images == 12
        for one, two in ((found[0].strongest, other.strongest), (found[0].random, other.random)):
            for a, b in zip(sum(one, ()), sum(two, ()), strict=True):
                assert (a.image, a.centre) == (b.image, b.centre)
                torch.testing.assert_close(a.square, b.square)
    assert found[1].strongest[0][0].path == str(paths[found[1].strongest[0][0].image])
    assert found[4].strongest[0][0].path in {p.name for p in paths}


def test_of_many_images_an_even_share_is_looked_at(written):
    picked = _pick(written, noise(9, 3, 128, 128), count=8, most=3)
    assert picked.images == 3
    assert {crop.image for crops in picked.random for crop in crops} == {0, 3, 6}
    streamed = _pick(written, iter(noise(9, 3, 128, 128).split(2)), count=8, most=3)
    assert {crop.image for crops in streamed.random for crop in crops} == {0, 1, 2}


def test_mirrored_crops_stand_in_only_where_there_are_too_few_whole_ones(written):
    small, large = _drawings(3, size=121)[:, :, 40:100, 40:100], _drawings(3)
    mixed = [small, large]  # a window's square does not fit the first
    many = _pick(written, mixed, count=3).random
    assert all(not crop.reflected and crop.image >= 3 for crops in many for crop in crops)
    few = _pick(written, mixed, count=5).random
    for crops in few:
        assert [crop.reflected for crop in crops] == [False] * 3 + [True] * 2
        assert len({crop.image for crop in crops}) == 5


def test_a_unit_that_answers_nowhere_has_no_strong_crops(written):
    picked = _pick(written, torch.full((2, 3, 128, 128), 0.5))
    assert picked.strongest == ((),) * 8
    assert [len(crops) for crops in picked.random] == [2] * 8


# -- tuning ------------------------------------------------------------------------------------


def _tuned(network, orientations, images=None, **options):
    side = _side(network, units=len(orientations))
    pairs = Matched(natural=side, artificial=side, orientations=orientations)
    options = {"crops": 3, "turns": 24, "centres": [(0.0, 0.0)] * len(orientations)} | options
    return natural_tuning(network, pairs, _drawings() if images is None else images, **options)


@pytest.fixture(scope="module")
def tuned(written):
    return _tuned(written, EIGHT)


def test_units_that_are_one_unit_turned_peak_in_turn(tuned):
    assert tuned.error().value < 6
    assert tuned.error(by="lag").value < 6
    assert tuned.error(own=True).value < 8
    assert tuned.error(shuffled=True).value > 80
    assert tuned.gain(over="shuffled").low > 60


def test_random_crops_show_no_peak_to_expect_but_still_a_lag(tuned):
    assert tuned.error(on="random").value > 50
    assert tuned.gain(over="random").low > 20
    assert tuned.error(on="random", by="lag").value < 15
    assert tuned.error(on="random", by="lag", shuffled=True).value > 80


def test_orientations_that_are_wrong_are_found_wrong(written):
    """The same units, called by one another's orientations: turned the other way round."""
    mirrored = tuple((-o) % 360 for o in EIGHT)
    found = _tuned(written, mirrored, crops=2, turns=12)
    assert found.error().value > 45
    assert found.error(by="lag").value > 45
    shifted = _tuned(written, tuple((o + 40) % 360 for o in EIGHT), crops=2, turns=12)
    assert shifted.error().value < 10  # only differences of orientation count


def test_a_unit_agrees_with_itself_and_not_with_units_far_from_it(tuned):
    for on in ("strongest", "random"):
        np.testing.assert_allclose(tuned.agreements(on=on), 1, rtol=1e-5)
        assert tuned.agreement(on=on, shuffled=True).value < 0.2
    np.testing.assert_allclose(tuned.agreements(own=True), 1, rtol=1e-5)


def test_units_paired_with_others_do_not_agree(written):
    side = _side(written)
    other = replace(side, channels=(3, 4, 5, 6, 7, 0, 1, 2))
    pairs = Matched(natural=side, artificial=other, orientations=EIGHT)
    found = natural_tuning(written, pairs, _drawings(), crops=2, turns=12, centres=[(0.0, 0.0)] * 8)
    assert found.agreement().value < 0.2
    assert found.error("natural").value < 10
    assert found.error("artificial").value > 90


def test_the_mean_is_over_crops_and_at_most_one(tuned):
    mean = tuned.mean()
    assert mean.shape == (8, 24, 8)
    np.testing.assert_allclose(mean.max((0, 1)), 1)
    raw = np.nanmean(tuned.natural["strongest"], 1)
    np.testing.assert_allclose(mean * raw.max((0, 1)), raw, rtol=1e-5, atol=1e-6)
    assert tuned.mean(on="random").shape == (8, 24, 8)


def test_units_with_fewer_crops_are_averaged_over_those_they_have(written):
    found = _tuned(written, EIGHT, images=_drawings(4), crops=6, turns=12)
    counts = [len(crops) for crops in found.crops.strongest]
    assert max(counts) <= 4
    there = np.isfinite(found.natural["strongest"]).all((2, 3)).sum(1)
    assert there.tolist() == counts
    assert np.isfinite(found.peaks()[np.array(counts) > 0]).any()


def _joint(responses, orientations):
    """A result made by hand from (choosers, crops, turns, units)."""
    network = planted(list(orientations), others=0)
    values = {"strongest": responses, "random": responses}
    return NaturalTuning(
        layer="3",
        channels=tuple(range(len(orientations))),
        orientations=tuple(orientations),
        centres=((0.0, 0.0),) * len(orientations),
        turns=tuple(360 * k / responses.shape[2] for k in range(responses.shape[2])),
        field=network.geometry("3").receptive_field,
        crops=PickedCrops(strongest=(), random=(), images=1),
        natural=values,
        artificial={},
        seed=0,
    )


def test_figures_of_a_result_made_by_hand():
    turns = np.radians(np.arange(36) * 10.0)
    at = np.array([[0, 100, 200], [260, 0, 100], [160, 260, 20.0]])
    curves_ = np.maximum(np.cos(turns[:, None] - np.radians(at)[:, None, None]), 0)
    found = _joint(curves_, (0.0, 90.0, 180.0))
    np.testing.assert_allclose(found.peaks(), at)
    wanted = np.array([[0, 10, 20], [10, 0, 10], [20, 10, 20]])
    np.testing.assert_allclose(found.errors(), wanted)
    assert found.error().value == pytest.approx(wanted[~np.eye(3, dtype=bool)].mean())
    assert found.error(own=True).value == pytest.approx(20 / 3)
    # Unit 0's far ones are 1 and 2; on the crops of unit 1 it peaks at 260, they at 0 and 90.
    assert found.errors(shuffled=True)[1, 0] == pytest.approx((100 + 170) / 2)
    # The third unit is itself late by 20° on its own crops: what counts is how far others are.
    lags = found.peaks(by="lag")
    np.testing.assert_allclose(lags[2], [140, 240, 0], atol=0.5)
    np.testing.assert_allclose(lags.diagonal(), 0)


def test_a_unit_that_never_changes_has_no_peak():
    responses = np.random.default_rng(0).uniform(size=(3, 2, 12, 3))
    responses[..., 1], responses[..., 2] = 0, 0.5
    found = _joint(responses, (0.0, 90.0, 180.0))
    for by in ("peak", "lag"):
        assert np.isfinite(found.peaks(by=by)).tolist() == [
            [True, False, False],
            [by == "peak", False, False],
            [by == "peak", False, False],
        ]
    assert np.isnan(found.mean()[..., 1]).all()


def test_units_of_a_linear_layer_are_read_by_their_sign():
    """Units that answer by going down, with their sign, are units that go up."""
    network = planted(list(EIGHT), others=0)
    lines, _, joined, _ = (network.module.get_submodule(str(k)) for k in range(4))

    def linear(sign):
        last = nn.Conv2d(joined.in_channels, 8, 9)
        with torch.no_grad():
            last.weight.copy_(sign * joined.weight)
            last.bias.fill_(0.7)
        return wrap(nn.Sequential(lines, nn.ReLU(), last), name="linear", input_size=96)

    family = Family(
        name="curve", layer="2", channels=tuple(range(8)), orientations=EIGHT, period=360
    )
    options = {"crops": 2, "turns": 12, "centres": [(0.0, 0.0)] * 8}
    images = _drawings(12, size=128)
    up = natural_tuning(linear(1), family, images, **options)
    down = natural_tuning(linear(-1), family, images, signs=[-1] * 8, **options)
    for on in ("strongest", "random"):
        np.testing.assert_allclose(up.natural[on], down.natural[on], rtol=1e-4, atol=1e-4)
        assert up.natural[on].max() > 0
    assert up.error().value < 20
    wrong = natural_tuning(linear(-1), family, images, **options)
    assert wrong.error().value > up.error().value + 10


def test_crops_are_cut_around_the_point_that_the_unit_is_said_to_look_at(written):
    images = _drawings(4)
    side = _side(written, units=2)
    choosers = Choosers(side=side, signs=(1, 1), centres=((6.0, 0.0), (0.0, -3.5)))
    picked = pick_crops(choosers, images, window=WINDOW, count=2)
    geometry = written.geometry("3b", size=160)
    layer = written.layer("3b").pre_activation
    maps = written.activations(images, layers=[layer])[layer]
    for unit, (right, down) in enumerate(choosers.centres):
        for crop in picked.strongest[unit]:
            column = (crop.centre[0] - 0.5 - right - geometry.x.centre) / geometry.stride
            row = (crop.centre[1] - 0.5 - down - geometry.y.centre) / geometry.stride
            assert row % 1 == column % 1 == 0
            assert crop.value == float(maps[crop.image, unit, int(row), int(column)])
            left, top = (round(c - m) for c, m in zip(crop.centre, crop.middle, strict=True))
            there = images[crop.image, :, top : top + WINDOW.side, left : left + WINDOW.side]
            assert torch.equal(crop.square, there)


def test_the_seed_decides_the_random_crops_only(written):
    images = _drawings(12)
    one, again, other = (_pick(written, images, count=2, seed=seed) for seed in (0, 0, 5))

    def centres(kind):
        return [[(crop.image, crop.centre) for crop in crops] for crops in kind]

    assert centres(one.random) == centres(again.random)
    assert centres(one.random) != centres(other.random)
    assert centres(one.strongest) == centres(other.strongest)


# -- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"turns": 7}, "8 turns"),
        ({"crops": 0}, "1 or more"),
        ({"most": 0}, "1 or more"),
        ({"batch": 0}, "1 or more"),
        ({"signs": [1] * 7}, "Signs"),
        ({"signs": [0] * 8}, "Signs"),
        ({"centres": [(0.0, 0.0)]}, "Centres"),
        ({"centres": [(0.0, float("nan"))] * 8}, "Centres"),
        ({"images": torch.full((1, 3, 96, 96), 0.5)}, "None of the 8 units"),
        ({"images": []}, "at least one image"),
        ({"images": torch.rand(1, 3, 96, 96) + 5}, r"\[0, 1\]"),
    ],
)
def test_what_cannot_be_turned_is_refused(written, options, said):
    with pytest.raises(InputError, match=said):
        _tuned(written, EIGHT, **({"images": _drawings(2)} | options))


def test_one_path_and_families_that_have_no_joint_tuning_are_refused(
    written, tmp_path, unannotated
):
    with pytest.raises(InputError, match="open_images"):
        _tuned(written, EIGHT, images=tmp_path)
    lines = Family(name="line", layer="3b", channels=(0,), orientations=(0.0,), period=180)
    with pytest.raises(InputError, match="half a circle"):
        natural_tuning(written, lines, _drawings(1))
    with pytest.raises(InputError, match="no units"):
        natural_tuning(written, replace(lines, channels=(), orientations=(), period=360), [])
    with pytest.raises(InputError, match="no unit"):
        natural_tuning(written, replace(lines, channels=(99,), period=360), _drawings(1))
    other = artificial_network(orientations=EIGHT)
    pairs = Matched(natural=_side(other), artificial=_side(other), orientations=EIGHT)
    with pytest.raises(InputError, match="another network"):
        natural_tuning(written, pairs, _drawings(1))


def test_without_artificial_units_there_is_nothing_to_agree_with():
    found = _joint(np.random.default_rng(0).uniform(size=(3, 2, 12, 3)), (0.0, 90.0, 180.0))
    for asked in (found.agreement, lambda: found.error("artificial")):
        with pytest.raises(InputError, match="match_family"):
            asked()


# -- a trained network -------------------------------------------------------------------------


@pytest.mark.shared
def test_googlenets_curve_detectors_peak_one_after_another_on_photographs():
    network = load("googlenet", weights=SHARED / "weights" / "bvlc_googlenet.safetensors")
    curves_ = Family(
        name="curve",
        layer="3b",
        channels=(336, 386, 346, 413, 321, 335),
        orientations=(31.5, 95.5, 128.5, 180.5, 281.0, 335.5),
        period=360,
    )
    found = natural_tuning(
        network,
        curves_,
        open_images(SHARED / "imagenet" / "images"),
        crops=3,
        turns=12,
        most=40,
        centres=[(0.0, 0.0)] * 6,
    )
    assert found.error().value < 12
    assert found.gain(over="shuffled").low > 60
    assert found.gain(over="random").low > 10
