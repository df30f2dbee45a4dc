"""The echo comes back with the opposing negatives, and with nothing else."""

from dataclasses import replace

import networks
import numpy as np
import pytest
import torch
from test_similarity import in_disorder
from torch import nn

from bars import circuits as bars
from bars.families import GOOGLENET
from curvecircuits.catalog import load
from curvecircuits.circuits.along_arc import along_arc
from curvecircuits.circuits.cofiring import cofiring
from curvecircuits.circuits.echo import echo_experiment
from curvecircuits.circuits.linear_view import linear_view
from curvecircuits.circuits.readings import read_at
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import CurveGrid
from curvecircuits.tuning import tune
from curvecircuits.weights import expanded_weights

FEW = 40
GRID = CurveGrid(
    orientations=tuple(15.0 * k for k in range(24)), radii=(120, 66, 36), tile=60, width=2
)


@pytest.fixture(scope="module")
def artificial():
    return bars.artificial_families()


@pytest.fixture(scope="module")
def view(artificial):
    network, curves, early = artificial
    weights = expanded_weights(network, "3a", units=curves.units)
    return linear_view(network, weights, curves, early, grid=GRID)


@pytest.fixture(scope="module")
def weaker(view):
    """The same with inhibition that early curves alone overcome."""
    values = np.where(view.kernels.values < 0, 0.4, 1) * view.kernels.values
    return replace(view, kernels=replace(view.kernels, values=values))


def test_a_network_that_is_linear_there_is_its_linear_picture(artificial, view):
    """From 3a to 3b the artificial network is one convolution, so the picture is exact."""
    network, _, _ = artificial
    tuned = tune(network, ["3b"], grid=GRID)["3b"]
    np.testing.assert_allclose(view.real, tuned.responses())
    scale = np.abs(tuned.values).max()
    np.testing.assert_allclose(view.everything, tuned.values, atol=1e-5 * scale)


def test_the_echo_returns_without_opposing_negatives_only(view):
    found = echo_experiment(view, permutations=FEW)
    echo = {c.name: c.mean_echo.value for c in found.conditions}
    assert list(echo) == [
        "network", "linear", "sources", "without_opposing", "without_other", "without_negative",
    ]  # fmt: skip
    assert echo["network"] < 0.05
    # What returns is the echo of the early curves themselves, which is small.
    assert echo["without_opposing"] > 0.1
    assert echo["without_negative"] > 0.1
    assert found.absolute.holds
    assert found.absolute.measured.units == 24
    assert found.difference.holds


def test_units_that_early_curves_alone_do_not_excite_are_left_out(view):
    """A hundredth of their weights does not reach the threshold."""
    least = replace(view.kernels, values=0.01 * view.kernels.values)
    found = echo_experiment(replace(view, kernels=least), permutations=FEW)
    for name in ("sources", "without_other"):
        assert found.condition(name).silent == found.targets.channels
    assert found.units == 0
    assert np.isnan(found.difference.measured.value)
    assert not found.difference.holds


def test_units_that_answer_are_compared_by_their_own_peaks(weaker):
    found = echo_experiment(weaker, permutations=FEW)
    assert found.units == 24
    assert found.difference.holds
    assert found.opposing.above()
    assert found.condition("sources").mean_echo.value < found.opposing.value
    assert abs(found.other.value) < found.opposing.value / 2


def test_what_is_removed_adds_up(view):
    found = echo_experiment(view, permutations=20)
    removed = {c.name: c.removed for c in found.conditions}
    assert (removed["sources"] == 0).all()
    np.testing.assert_allclose(
        removed["without_opposing"] + removed["without_other"], removed["without_negative"]
    )
    radial = {c.name: c.radial for c in found.conditions}
    assert (radial["without_negative"] >= radial["without_other"] - 1e-12).all()
    assert (radial["without_opposing"] >= radial["sources"] - 1e-12).all()
    assert found.condition("sources").title == "Linear, early curves only"


def test_no_echo_returns_where_the_opposing_ones_are_not_known(weaker):
    """Which sources oppose is all that tells the two removals apart."""
    sources = in_disorder(weaker.kernels.sources)
    mixed = replace(weaker, kernels=weaker.kernels.relabelled(sources=sources))
    found = echo_experiment(mixed, permutations=FEW)
    assert not found.difference.holds
    assert not found.absolute.holds


def test_edited_units_are_read_at_their_own_orientation():
    angles = np.arange(24) * 15.0
    turned_over = np.exp(3 * np.cos(np.radians(angles - 180)))[None]
    found = read_at(turned_over, np.array([0.0]))
    assert found.echo > 10 * found.peak
    nearly = read_at(turned_over, np.array([180.0]))
    assert nearly.peak > 10 * nearly.echo
    assert nearly.at90 == pytest.approx(1, rel=0.05)
    assert nearly.excess(nearly.peak) < 0
    two = read_at(np.repeat(turned_over, 2, 0), np.array([0.0, 180.0]))
    assert two.take(np.array([False, True])).peak == nearly.peak


def test_a_unit_without_excitation_is_silent_and_left_out(weaker):
    k = weaker.kernels
    values = k.values.copy()
    values[5] = -np.abs(values[5])
    found = echo_experiment(replace(weaker, kernels=replace(k, values=values)), permutations=20)
    assert found.condition("sources").silent == (5,)
    assert np.isnan(found.condition("sources").echo[5])
    assert found.condition("network").silent == ()
    assert found.units == 23
    assert found.absolute.measured.units == 24
    assert found.difference.holds


def _joined(*, sign, clipped):
    """Lines and edges, then curves that join them: the planted network, perhaps turned over."""
    lines, rectifier, curves, last = networks.planted([45.0 * k for k in range(8)]).module
    with torch.no_grad():
        curves.weight.mul_(sign)
        curves.bias.mul_(sign)
    layers = [lines, rectifier, curves, *([last] if clipped else [])]
    return wrap(nn.Sequential(*layers), name="joined", input_size=96)


def test_on_a_layer_that_nothing_clips_a_unit_may_answer_with_its_negative():
    grid = replace(GRID, radii=(18.0,), tile=45)
    curves = Family(
        name="curve",
        layer="2",
        channels=tuple(range(8)),
        orientations=tuple(45.0 * k for k in range(8)),
        period=360,
    )
    # What the sources are is of no matter here: the channels stand for directions.
    parts = replace(curves, name="part", layer="1")
    seen = []
    for sign in (1, -1):
        network = _joined(sign=sign, clipped=False)
        weights = expanded_weights(network, "1", units=curves.units)
        seen.append(linear_view(network, weights, curves, parts, grid=grid))
    upright, over = seen
    np.testing.assert_allclose(upright.real, over.real, atol=1e-5)
    np.testing.assert_allclose(upright.everything, over.everything, atol=1e-5)
    np.testing.assert_allclose(upright.kernels.values, over.kernels.values)
    # One convolution: what it adds to the blank canvas is all there is.
    np.testing.assert_allclose(np.maximum(upright.everything, 0), upright.real, atol=1e-4)
    assert upright.real.max() > 0
    assert (upright.bias == 0).all()


def test_inputs_that_do_not_fit_are_refused(artificial, view):
    network, curves, early = artificial
    weights = expanded_weights(network, "conv2d2", units=curves.units)
    with pytest.raises(InputError, match="expanded on conv2d2"):
        linear_view(network, weights, curves, early, grid=GRID)
    weights = expanded_weights(network, "3a", units=curves.units)
    with pytest.raises(InputError, match="inside and an outside"):
        linear_view(network, weights, curves, replace(early, period=180), grid=GRID)
    with pytest.raises(InputError, match="expand those of its units"):
        linear_view(network, weights, replace(curves, layer="3a"), early, grid=GRID)
    half = replace(view, grid=replace(GRID, orientations=tuple(7.5 * k for k in range(24))))
    with pytest.raises(InputError, match="all round the circle"):
        echo_experiment(half)


# -- whom negatives go to ----------------------------------------------------------------------


def test_negatives_go_to_what_fires_on_the_targets_curve(view):
    found = cofiring(view, permutations=FEW)
    assert found.measured.holds
    assert found.measured.measured.value < -0.5
    assert found.responses.shape == found.weights.shape == (24, 24)
    assert set(found.radii) <= set(GRID.radii)
    assert not found.dissimilar[0, 0]
    assert found.dissimilar[0, 12]


def test_nothing_cofires_by_chance(view):
    """The same activations, of other sources."""
    order = np.random.default_rng(1).permutation(view.inputs.shape[2])
    mixed = replace(view, inputs=view.inputs[:, :, order])
    assert not cofiring(mixed, permutations=FEW).measured.holds
    with pytest.raises(InputError, match="smaller distance"):
        cofiring(view, apart=181)
    with pytest.raises(InputError, match="20 permutations"):
        cofiring(view, permutations=3)


# -- GoogLeNet ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def googlenet():
    """Curves of 3b as the search finds them, early curves of 3a by the bars' strict rule."""
    network = load("googlenet", weights=GOOGLENET)
    orientations = {
        358: 0, 336: 30, 368: 71.5, 394: 64.5, 386: 96, 346: 127.5, 413: 179, 408: 220.5,
        398: 262, 321: 289, 326: 312, 335: 335.5,
    }  # fmt: skip
    curves = Family(
        name="curve",
        layer="3b",
        channels=tuple(orientations),
        orientations=tuple(map(float, orientations.values())),
        period=360,
    )
    return network, curves, bars.early_curves(network, "3a")


@pytest.mark.shared
def test_the_echo_of_googlenet_returns(googlenet):
    found = bars.echoes(*googlenet)
    assert found.units == 12
    assert found.difference.holds
    assert found.absolute.holds
    assert found.condition("network").mean_echo.value < 0.05
    assert found.condition("without_opposing").mean_echo.above(0.2)


@pytest.mark.shared
def test_the_weights_of_googlenet_fall_and_turn_with_orientation(googlenet):
    network, curves, early = googlenet
    found = bars.weight_bands(network, curves, early)
    assert found.fall.holds
    assert found.smoothness.holds
    assert found.bands[-1].mean.below()
    weights = expanded_weights(network, "3a", units=curves.units)
    arc = along_arc(weights, curves, early, radius=66, permutations=FEW)
    assert arc.similar.holds
    assert arc.opposing.holds
    assert all(step.above() for step in arc.similar_steps)
    assert all(step.below() for step in arc.opposing_steps)
