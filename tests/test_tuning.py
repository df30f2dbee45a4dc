"""Tuning curves of known shape, units of known preference."""

from dataclasses import replace

import networks
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import nn

from curvecircuits.errors import InputError
from curvecircuits.models.inception import InceptionV1
from curvecircuits.models.network import Network
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import CurveGrid, curves
from curvecircuits.tuning import (
    LOOKS,
    angular_distance,
    effective_receptive_fields,
    images_at_once,
    largest_gap,
    read_out,
    resample,
    station,
    stroke,
    tune,
    tuning_statistics,
)

ANGLES = st.floats(0, 360, exclude_max=True)


def bump(at: float, *, width: float = 40.0, n: int = 72) -> np.ndarray:
    """A Gaussian on the circle, of a given full width at half maximum."""
    away = (np.arange(n) * 360 / n - at + 180) % 360 - 180
    return np.exp(-4 * np.log(2) * (away / width) ** 2)


# Statistics ---------------------------------------------------------------------------------------


@given(arrays(np.float64, (1, 72), elements=st.floats(0, 1)), st.integers(0, 71))
def test_turning_the_stimuli_turns_the_orientation_and_nothing_else(radial, by):
    fine = resample(radial)[0]
    assume(np.sort(fine)[-1] > np.sort(fine)[-2] + 1e-6)
    (one,), (other,) = tuning_statistics(radial), tuning_statistics(np.roll(radial, by, axis=1))
    assert other.orientation == (one.orientation + 5 * by) % 360
    for name in ("peak", "fwhm", "echo", "at90"):
        assert getattr(other, name) == pytest.approx(getattr(one, name)), name
    assert other.first_harmonic == pytest.approx(one.first_harmonic, abs=1e-9)
    if one.first_harmonic > 1e-3:
        assert angular_distance(other.circular_mean, one.circular_mean + 5 * by) < 1e-6


@given(ANGLES, st.floats(20, 120), st.floats(0.01, 1000), st.sampled_from([48, 72, 360, 720]))
def test_a_gaussian_has_its_own_width(at, width, height, n):
    (found,) = tuning_statistics(height * bump(at, width=width, n=n)[None])
    assert angular_distance(found.orientation, at) <= 180 / n + 0.5
    assert angular_distance(found.circular_mean, at) < 0.01
    assert found.fwhm == pytest.approx(width, abs=1.5)
    assert found.peak == pytest.approx(height, rel=0.02 if width > 40 else 0.15)
    assert found.first_harmonic > found.second_harmonic


@given(ANGLES, st.floats(0.05, 0.9), st.floats(-40, 40))
def test_a_second_bump_is_the_echo(at, height, off):
    (found,) = tuning_statistics((bump(at) + height * bump(at + 180 + off))[None])
    assert found.echo == pytest.approx(height, abs=0.03)
    assert found.at90 < 0.2 * height
    assert angular_distance(found.orientation, at) <= 3


@given(ANGLES, st.floats(0.05, 0.9), st.sampled_from([-90, 90]))
def test_a_bump_at_the_side_is_no_echo(at, height, side):
    (found,) = tuning_statistics((bump(at) + height * bump(at + side))[None])
    assert found.at90 == pytest.approx(height, abs=0.04)
    assert found.echo < 0.1


def test_a_line_detector_repeats_after_half_a_turn():
    (line,) = tuning_statistics((bump(30) + bump(210))[None])
    assert line.second_harmonic > line.first_harmonic
    assert line.first_harmonic == pytest.approx(0, abs=1e-9)


def test_a_unit_that_responds_to_everything_has_the_full_width():
    (flat,) = tuning_statistics(np.ones((1, 72)))
    assert (flat.fwhm, flat.echo, flat.at90) == (360, 1, 1)


def test_a_unit_that_never_responds():
    silent, loud = tuning_statistics(np.stack([np.zeros(72), bump(90)]))
    assert silent.peak == 0
    for name in ("orientation", "circular_mean", "fwhm", "echo", "at90", "first_harmonic"):
        assert np.isnan(getattr(silent, name)), name
    assert loud.orientation == 90


@pytest.mark.parametrize(
    "bad", [np.ones((2, 7)), np.full((1, 72), np.nan), np.full((1, 72), np.inf), -np.ones((1, 72))]
)
def test_what_is_no_tuning_curve(bad):
    with pytest.raises(InputError, match="Radial tuning curves"):
        tuning_statistics(bad)


@given(arrays(np.float64, (2, 48), elements=st.floats(0, 100)))
def test_resampling_keeps_the_values_it_had(radial):
    fine = resample(radial)
    assert fine.shape == (2, 720)
    assert np.array_equal(fine[:, ::15], radial)
    assert (fine >= 0).all()
    assert np.array_equal(resample(fine), fine)


def test_resampling_follows_a_smooth_curve():
    angle = np.radians(np.arange(720) / 2)
    fine = resample((1 + np.cos(angle[::15] - 1))[None])
    assert np.abs(fine[0] - 1 - np.cos(angle - 1)).max() < 1e-3


@given(ANGLES, ANGLES, st.integers(-3, 3))
def test_angular_distance(a, b, turns):
    assert angular_distance(a, a) == 0
    found = angular_distance(a, b)
    assert 0 <= found <= 180
    assert found == pytest.approx(angular_distance(b + 360 * turns, a), abs=1e-6)
    assert np.cos(np.radians(found)) == pytest.approx(np.cos(np.radians(a - b)), abs=1e-6)


@given(st.lists(ANGLES, min_size=1, max_size=12), ANGLES)
def test_the_largest_gap(orientations, other):
    found = largest_gap(orientations)
    assert 360 / len(orientations) - 1e-6 <= found <= 360 + 1e-6
    assert largest_gap([*orientations, other]) <= found + 1e-9
    assert largest_gap([o + 77 for o in orientations]) == pytest.approx(found, abs=1e-6)
    assert largest_gap([]) == largest_gap([0]) == 360


# Where units are read -----------------------------------------------------------------------------


@pytest.mark.parametrize("tile", [20, 33.3, 60])
@pytest.mark.parametrize("variant", ["inception_v1", "googlenet"])
def test_the_station_is_the_centre_of_its_unit(variant, tile):
    network = Network(InceptionV1(variant), name=variant)
    for layer in ("conv2d2", "mixed3a", "mixed3b"):
        place = station(network, layer, tile=tile)
        here = network.geometry(layer, size=place.size)
        assert place.centre[0] == here.x.centre + place.column * here.x.stride + 0.5
        assert place.centre[1] == here.y.centre + place.row * here.y.stride + 0.5
        assert tile / 2 <= min(place.centre)
        assert max(place.centre) <= place.size - tile / 2
        maps = network.run(torch.zeros(1, 3, place.size, place.size), layers=[layer])
        height, width = maps[layer].shape[2:]
        assert 0 <= place.row < height
        assert 0 <= place.column < width


def test_the_unit_looks_at_the_station_and_at_nothing_else():
    network = wrap(networks.neutral(nn.Conv2d(3, 1, 21, 4, padding=3)).float(), input_size=64)
    layer = next(iter(network.layers))
    place = station(network, layer, tile=21)
    x, y = (int(c) for c in place.centre)
    for shift, sees in ((0, True), (10, True), (-10, True), (11, False), (-11, False)):
        for dx, dy in ((shift, 0), (0, shift)):
            image = torch.zeros(1, 3, place.size, place.size)
            image[:, :, y + dy, x + dx] = 1
            found = network.run(image, layers=[layer])[layer][0, 0, place.row, place.column]
            assert bool(found != 0) == sees, (dx, dy)


# Responses ----------------------------------------------------------------------------------------

GRID = CurveGrid(
    orientations=tuple(15.0 * i for i in range(24)), radii=(12.0, 18.0, 40.0), tile=48.0, width=2.0
)
EIGHT = [45.0 * i for i in range(8)]


@pytest.fixture(scope="module")
def planted() -> Network:
    return networks.planted(EIGHT)


def test_planted_detectors_prefer_what_was_planted(planted):
    tuned = tune(planted, ["3"], grid=GRID)["3"]
    assert tuned.values.shape == (20, 24, 3)
    assert not tuned.linear
    found = tuning_statistics(tuned.radial()[:8])
    for wanted, s in zip(EIGHT, found, strict=True):
        assert angular_distance(s.orientation, wanted) <= 4
        assert s.echo < 0.1


def test_responses_are_those_of_the_curves_drawn_one_by_one(planted):
    tuned = tune(planted, ["3"], grid=GRID)["3"]
    place = tuned.station
    for o, r in ((0, 0), (5, 1), (23, 2)):
        image = curves(
            orientation=GRID.orientations[o],
            radius=GRID.radii[r],
            size=place.size,
            width=GRID.width,
            tile=GRID.tile,
            centre=place.centre,
        )
        values = planted.activations(image.expand(-1, 3, -1, -1), layers=["2"])["2"]
        wanted = values[0, :, place.row, place.column].numpy()
        assert np.abs(tuned.values[:, o, r] - wanted).max() < 1e-4
    paper = planted.activations(torch.ones(1, 3, place.size, place.size), layers=["2"])["2"]
    assert np.abs(tuned.blank - paper[0, :, place.row, place.column].numpy()).max() < 1e-4
    assert np.array_equal(tuned.responses(), np.maximum(tuned.values, 0))


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_the_size_of_batches_changes_nothing(planted, batch):
    wanted, found = (tune(planted, ["3"], grid=GRID, batch=b)["3"] for b in (None, batch))
    assert np.abs(found.values - wanted.values).max() <= 1e-5 * np.abs(wanted.values).max()


@settings(max_examples=5)
@given(st.permutations(range(24)), st.permutations(range(3)))
def test_the_order_of_the_grid_changes_nothing(orientations, radii):
    conv = wrap(networks.seeded(nn.Conv2d, 3, 4, 15, 4), input_size=32)
    small = replace(GRID, tile=20.0)
    other = replace(
        small,
        orientations=tuple(GRID.orientations[i] for i in orientations),
        radii=tuple(GRID.radii[i] for i in radii),
    )
    (layer,) = conv.layers
    one, two = (tune(conv, [layer], grid=g)[layer].values for g in (small, other))
    assert np.abs(one[:, orientations][:, :, radii] - two).max() < 1e-5


def test_layers_tuned_together_are_those_tuned_alone(planted):
    together = tune(planted, ["3", "1", "2"], grid=GRID)
    assert list(together) == ["3", "1", "2"]
    assert np.array_equal(together["3"].values, together["2"].values)
    for layer, tuned in together.items():
        alone = tune(planted, [layer], grid=GRID)[layer]
        assert tuned.layer == alone.layer == planted.layer(layer).pre_activation
        scale = np.abs(alone.values).max()
        assert np.abs(tuned.values - alone.values).max() <= 1e-4 * scale, layer


def test_a_linear_layer_responds_to_what_a_curve_adds_to_the_paper():
    module = networks.seeded(nn.Conv2d, 3, 4, 31, 8)
    module.bias.data += 5
    network = wrap(module, input_size=64)
    (layer,) = network.layers
    tuned = tune(network, [layer], grid=GRID)[layer]
    assert tuned.linear
    paper = module.bias + module.weight.sum((1, 2, 3))
    assert np.abs(tuned.blank - paper.detach().numpy()).max() < 1e-4
    added = tuned.values - tuned.blank[:, None, None]
    assert np.array_equal(tuned.responses(sign=1), np.maximum(added, 0))
    assert np.array_equal(tuned.responses(sign=-1), np.maximum(-added, 0))
    assert np.array_equal(tuned.radial(sign=-1), tuned.responses(sign=-1).mean(2))


@pytest.mark.parametrize(
    ("look", "other"), [("outline", "reversed"), ("filled", "filled-reversed")]
)
def test_reversed_looks_are_the_negative_of_the_image(look, other):
    module = networks.seeded(nn.Conv2d, 3, 4, 31, 8)
    network = wrap(module, input_size=64)
    (layer,) = network.layers
    one, two = (tune(network, [layer], grid=GRID, look=k)[layer] for k in (look, other))
    total = (2 * module.bias + module.weight.sum((1, 2, 3))).detach().numpy()
    assert np.abs(one.values + two.values - total[:, None, None]).max() < 1e-4
    assert np.abs(one.blank + two.blank - total).max() < 1e-4
    assert np.abs(one.values - two.values).max() > 0.01


def test_filled_is_not_outline():
    network = wrap(networks.seeded(nn.Conv2d, 3, 4, 31, 8), input_size=64)
    (layer,) = network.layers
    found = {look: tune(network, [layer], grid=GRID, look=look)[layer].values for look in LOOKS}
    assert np.abs(found["filled"] - found["outline"]).max() > 0.01


def test_what_cannot_be_tuned(planted):
    for layers, message in ((["9"], "no layer '9'"), ([], "at least one layer")):
        with pytest.raises(InputError, match=message):
            tune(planted, layers, grid=GRID)
    network = wrap(networks.Residual(), input_size=48)
    with pytest.raises(InputError, match="has no geometry"):
        tune(network, ["scores"], grid=GRID)


@pytest.mark.usefixtures("unannotated")
def test_a_look_that_does_not_exist(planted):
    with pytest.raises(InputError, match="'outlined' is no look of a curve: choose outline, rev"):
        tune(planted, ["3"], grid=GRID, look="outlined")


# Effective receptive fields -----------------------------------------------------------------------


def test_a_box_is_as_large_as_it_is():
    box = wrap(networks.neutral(nn.Conv2d(3, 2, 21, 2)).float(), input_size=64)
    (layer,) = box.layers
    assert effective_receptive_fields(box, [layer]) == {layer: 21}


def test_a_unit_that_looks_mostly_at_its_middle():
    module = networks.neutral(nn.Conv2d(3, 2, 41, 2)).float()
    module.weight.data[..., 15:26, 15:26] *= 100
    network = wrap(module, input_size=96)
    (layer,) = network.layers
    assert network.geometry(layer).receptive_field == 41
    assert effective_receptive_fields(network, [layer]) == {layer: 11}


def test_a_unit_that_looks_at_nothing():
    network = wrap(nn.Sequential(nn.Conv2d(3, 2, 5), nn.ReLU()), name="blind", input_size=32)
    network.state["0.weight"].zero_()
    assert np.isnan(effective_receptive_fields(network, ["0"])["0"])


# Reading at a station -----------------------------------------------------------------------------


def test_units_are_read_at_the_station_whatever_the_batches():
    network = wrap(networks.seeded(networks.Residual), input_size=64)
    place = station(network, "block1.conv1", tile=24.0)
    images = networks.noise(5, 3, place.size, place.size)
    values = network.run(images, layers=[place.layer])[place.layer][:, :, place.row, place.column]
    for size in (1, 2, 5):
        assert torch.allclose(read_out(network, place, images.split(size)), values, atol=1e-5)
    grey = images[:, :1]
    alike = read_out(network, place, [grey.expand(-1, 3, -1, -1)])
    assert torch.allclose(read_out(network, place, [grey]), alike, atol=1e-6)
    assert not torch.allclose(alike, values, atol=1e-3)


def test_larger_canvases_come_in_smaller_batches():
    network = wrap(networks.seeded(networks.Residual), input_size=64)
    place = station(network, "stem", tile=24.0)
    sizes = (8, 64, 128, 4096)
    counts, more = (
        [images_at_once(replace(place, size=size), torch.device(name)) for size in sizes]
        for name in ("cpu", "cuda")
    )
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[1] > counts[2] > counts[3] > 1
    assert all(a < b for a, b in zip(counts[:3], more[:3], strict=True))


@given(st.floats(0.1, 500), st.floats(0, 100))
def test_strokes_are_one_to_two_pixels_and_wider_in_larger_tiles(tile, more):
    assert 1 <= stroke(tile) <= stroke(tile + more) <= 2
