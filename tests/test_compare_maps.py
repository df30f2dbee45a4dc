import networks
import numpy as np
import pytest
import torch
from conftest import SHARED
from torch import nn

from curvecircuits.artificial import artificial_network
from curvecircuits.artificial.network import FromGrey
from curvecircuits.catalog import load
from curvecircuits.compare.agreement import agreement, mean_over_units
from curvecircuits.compare.gaussians import GaussianTuning, common_gaussian, fitted_gaussian
from curvecircuits.compare.joint_maps import joint_maps
from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.turning import aligned, check_circle, correlation, turned
from curvecircuits.errors import InputError
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import CurveGrid, quick
from curvecircuits.tuning import tune

AT = (10.0, 80.0, 150.0, 200.0, 310.0)
COARSE = CurveGrid(tuple(15.0 * k for k in range(24)), (200.0, 90.0, 40.0, 18.0), 60.0, 2.0)


def _side(network, channels=(0, 1, 2, 3, 4), layer="3b"):
    return Side(network=network, layer=layer, channels=tuple(channels))


def _matched(natural, artificial, orientations=AT):
    return Matched(natural=natural, artificial=artificial, orientations=tuple(orientations))


def _unit(orientation, *, width=45.0, radius=60.0, radius_width=2.0, peak=1.0):
    return GaussianTuning(
        peak=peak,
        orientation=orientation,
        orientation_width=width,
        radius=radius,
        radius_width=radius_width,
    )


def _family(orientations=AT, **options):
    return np.stack([_unit(o, **options).responses(quick()).T for o in orientations])


@pytest.fixture(scope="module")
def off():
    """The artificial family against its like with orientations 8 degrees less, and lines."""
    lines = artificial_network(orientations=AT, detector="lines")
    natural = _side(artificial_network(orientations=AT))
    other = _side(artificial_network(orientations=[a - 8 for a in AT]))
    return joint_maps(_matched(natural, other), grid=COARSE, lines=_side(lines))


def test_maps_are_what_tuning_measures(off):
    network = off.matched.natural.network
    tuned = tune(network, ["3b"], grid=COARSE)["3b"].responses()
    assert tuned.max() > 0
    np.testing.assert_allclose(off.natural, tuned, atol=1e-5 * tuned.max())
    assert off.natural[0].argmax() // 4 in (0, 1)  # 10 degrees lie between the first two


def test_same_network_agrees_entirely_and_shuffled_units_do_not():
    side = _side(artificial_network(orientations=AT))
    found = joint_maps(_matched(side, side), grid=COARSE).agreement
    np.testing.assert_allclose(found.correlations["artificial"], 1)
    np.testing.assert_array_equal(found.turns, 0)
    assert found.mean("shuffled").high < 0.2
    assert found.lead("shuffled").above(0.8)
    assert "lines" not in found.correlations


def test_orientations_that_are_off_are_found_by_aligning(off):
    found = off.agreement
    assert np.abs(found.turns - 8).max() <= 4
    assert found.lead("artificial").value == 0
    assert found.mean(aligned=True).low > found.mean().high
    assert found.mean(aligned=True).value > 0.97


def test_copies_of_one_unit_predict_one_another_and_lines_predict_less(off):
    found = off.agreement
    # The copies differ by the raster of the image and the cells.
    assert found.mean("template").value > found.mean("others").value > 0.9
    assert found.mean("lines").high < found.mean("others").value
    assert found.lead("lines").above()
    assert found.lead("lines").units == len(AT)


def test_baselines_of_exact_copies_are_exact_and_a_stranger_lowers_its_own_only():
    family = _family()
    found = agreement(family, family, orientations=AT, beside=family[None])
    for name in ("others", "template", "beside"):
        np.testing.assert_allclose(found.correlations[name], 1, atol=1e-3)
    stranger = family.copy()
    stranger[2] = networks.noise(*family[2].shape).numpy()
    odd = agreement(stranger, family, orientations=AT, beside=stranger[None])
    others = [0, 1, 3, 4]
    for name in ("others", "template", "artificial"):
        assert odd.correlations[name][2] < 0.2
        assert odd.correlations[name][others].min() > 0.9


def test_shuffled_units_are_artificial_ones():
    family = _family()
    alike = np.repeat(family[:1], len(family), axis=0)
    found = agreement(family, alike, orientations=AT, beside=family[None]).correlations
    assert found["shuffled"][0] == pytest.approx(1)
    assert found["shuffled"][1:].max() < 0.3


def test_neighbours_are_averaged():
    family = _family()
    cells = np.stack([family, turned(family, np.full(5, 180.0))])
    found = agreement(family, family, orientations=AT, beside=cells).correlations["beside"]
    opposite = correlation(family, cells[1])
    assert opposite.max() < 0
    np.testing.assert_allclose(found, (1 + opposite) / 2)
    none = agreement(family, family, orientations=AT, beside=cells[:0])
    assert np.isnan(none.correlations["beside"]).all()


def test_a_family_of_one_has_no_others():
    one = _family((30.0,))
    found = agreement(one, one, orientations=[30.0], beside=one[None])
    for name in ("others", "template", "shuffled"):
        assert np.isnan(found.correlations[name]).all()
        assert found.mean(name).units == 0
    assert np.isnan(found.aligned["template"]).all()
    assert found.mean().value == 1


def test_silent_units():
    network = artificial_network(orientations=AT)
    with torch.no_grad():
        network.state["mixed3b_pre_relu.bias"][1] = -1e6
    deaf, whole = _side(network), _side(artificial_network(orientations=AT))
    natural = joint_maps(_matched(deaf, whole), grid=COARSE)
    assert natural.gaussians[1] is None
    found = natural.agreement
    for name, values in found.correlations.items():
        assert np.isnan(values[1]), name
        assert np.isfinite(np.delete(values, 1)).all(), name
    assert np.isnan(found.turns[1])
    assert found.mean().units == 4
    artificial = joint_maps(_matched(whole, deaf), grid=COARSE).agreement
    assert artificial.correlations["artificial"][1] == 0  # not left out, which would flatter
    assert artificial.mean().value == pytest.approx(0.8)


def test_layers_that_are_never_clipped_are_read_against_the_empty_canvas():
    first = artificial_network(orientations=AT)
    network = wrap(
        nn.Sequential(first.module, nn.Conv2d(len(AT), 2, 1)), name="linear", input_size=96
    )
    with torch.no_grad():
        network.state["1.weight"].zero_()
        network.state["1.weight"][0, 1] = network.state["1.weight"][1, 3] = 1
        network.state["1.bias"].fill_(5)
    wanted = _side(first, (1, 3))
    found = joint_maps(_matched(_side(network, (0, 1), "1"), wanted, (80.0, 200.0)), grid=COARSE)
    np.testing.assert_allclose(found.natural, found.artificial, atol=1e-5)


def test_networks_of_another_scale_are_shown_larger_shapes():
    small = _side(artificial_network(orientations=AT[:2]), (0, 1))
    doubled = nn.Sequential(nn.AvgPool2d(2), artificial_network(orientations=AT[:2]).module)
    large = _side(
        wrap(doubled, name="large", input_size=224, preprocess=FromGrey()), (0, 1), "1.mixed3b"
    )
    grid = CurveGrid(COARSE.orientations[::2], (160.0, 50.0), 60.0, 2.0)
    both = _matched(small, large, AT[:2])
    right = joint_maps(both, grid=grid, scale=2.0).agreement
    wrong = joint_maps(both, grid=grid).agreement
    # Strokes are as wide, so that the larger network sees them at half the width.
    assert right.mean().value > 0.999
    assert wrong.mean().value < right.mean().value - 0.005


def test_turning_is_by_half_degrees_and_round_the_circle():
    family = _family((350.0,), width=60.0)
    there = _family((20.0,), width=60.0)
    np.testing.assert_allclose(turned(family, np.array([30.0])), there, atol=1e-9)
    np.testing.assert_allclose(
        turned(family, np.array([12.5])), _family((2.5,), width=60.0), atol=0.01
    )
    best, turn = aligned(there, family, reach=10)
    assert turn == 10  # as far as it may go
    assert correlation(there, family) < best < 1


@pytest.mark.parametrize("orientation", [2.0, 91.3, 358.0])
def test_fitted_gaussian_recovers_what_drew_the_map(orientation):
    drawn = _unit(orientation, width=33.0, radius=90.0, radius_width=1.5, peak=400.0)
    noise = 4 * networks.noise(*quick().shape).numpy()
    found = fitted_gaussian(drawn.responses(quick()) + noise, grid=quick())
    assert found is not None
    assert (found.orientation - orientation + 180) % 360 - 180 == pytest.approx(0, abs=0.5)
    assert found.orientation_width == pytest.approx(33, rel=0.05)
    assert found.radius == pytest.approx(90, rel=0.05)
    assert found.radius_width == pytest.approx(1.5, rel=0.1)
    assert found.peak == pytest.approx(400, rel=0.03)


def test_fitted_gaussian_is_no_worse_than_the_common_one(off):
    gaussian, common = (off.agreement.correlations[k] for k in ("gaussian", "common"))
    assert (gaussian >= common - 1e-6).all()
    np.testing.assert_allclose(
        correlation(
            off.natural, np.stack([common_gaussian(a, grid=COARSE).responses(COARSE) for a in AT])
        ),
        common,
    )


def test_what_cannot_be_compared_is_refused():
    side = _side(artificial_network(orientations=AT))
    both = _matched(side, side)
    half = CurveGrid(tuple(float(k) for k in range(0, 180, 10)), (90.0, 40.0), 60.0, 2.0)
    one_radius = CurveGrid(COARSE.orientations, (90.0,), 60.0, 2.0)
    with pytest.raises(InputError, match="round the circle"):
        joint_maps(both, grid=half)
    with pytest.raises(InputError, match="two radii"):
        joint_maps(both, grid=one_radius)
    with pytest.raises(InputError, match="2 line detectors cannot stand in for 5"):
        joint_maps(both, grid=COARSE, lines=_side(side.network, (0, 1)))
    missing = _matched(side, _side(side.network, (0, 1, 2, 3, 24)))
    with pytest.raises(InputError, match="no channel 24: give 0 to 4"):
        joint_maps(missing, grid=COARSE)
    with pytest.raises(InputError, match="at least 8"):
        check_circle((0.0, 90.0, 180.0, 270.0))
    check_circle((350.0, *range(0, 350, 10)))
    family = _family()
    found = agreement(family, family, orientations=AT, beside=family[None])
    with pytest.raises(InputError, match="'lines': choose artificial"):
        found.mean("lines")
    with pytest.raises(InputError, match="'shuffled'"):
        found.lead("shuffled", aligned=True)
    assert mean_over_units(np.array([np.nan])).units == 0


@pytest.mark.shared
def test_googlenet_units_are_nearly_one_unit_turned():
    network = load("googlenet", weights=SHARED / "weights" / "bvlc_googlenet.safetensors")
    at = (0.5, 63.0, 95.5, 180.5, 266.0, 318.5)
    natural = _side(network, (358, 368, 386, 413, 398, 326))
    handmade = artificial_network(orientations=at)
    lines = artificial_network(orientations=at, detector="lines")
    found = joint_maps(
        _matched(natural, _side(handmade, range(6)), at),
        grid=COARSE,
        lines=_side(lines, range(6)),
    ).agreement
    assert found.mean().low > 0.6
    assert found.lead("lines").above(0.1)
    assert found.mean("shuffled").high < 0.1
    assert 0.6 < found.mean("others").value < found.mean("template").value < 0.97
    assert found.mean("gaussian").value > 0.9
    assert found.mean("beside").value < 0.97
