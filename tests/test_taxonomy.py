"""The families of all units: rules, records, and what they say of networks known and shuffled."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from networks import planted, seeded, written
from torch import nn

from bars import SHARED
from bars.taxonomy import errors, truth
from curvecircuits.artificial import Constants, artificial_network
from curvecircuits.errors import InputError
from curvecircuits.families import (
    NAMES,
    Taxonomy,
    chain,
    discover_families,
    next_layer,
    relative_orientation,
)
from curvecircuits.families.gabors import fit_gabor, image_filters
from curvecircuits.families.taxonomy import agreement, axis_of
from curvecircuits.models.permute import weight_permuted
from curvecircuits.models.wrap import wrap
from curvecircuits.store import dump, load


@pytest.fixture(scope="module")
def artificial() -> Taxonomy:
    return discover_families(artificial_network(), curve_layer="3b")


def test_artificial_families_are_found(artificial):
    wrong, worst = errors(artificial, Constants())
    assert len(wrong) <= 0.05 * len(artificial.labels)
    assert worst <= 7.5


def test_labels_follow_the_weights():
    """Other constants, other orientations: the labels say so."""
    constants = Constants(
        gabor_orientations=10,
        line_orientations=15,
        curve_orientations=18,
        small_orientations=10,
        early_opposing=0.5,
    )
    found = discover_families(artificial_network(constants), curve_layer="3b")
    wrong, worst = errors(found, constants)
    assert len(wrong) <= 0.05 * len(found.labels)
    assert worst <= 7.5


def test_permuted_copies_are_mostly_other(artificial):
    network = weight_permuted(artificial_network(), seed=3)
    found = discover_families(network, curve_layer="3b")
    assert found.named(["conv2d0", "conv2d2", "3a", "3b"]) <= 0.2
    assert artificial.named() == 1


def test_families_as_records(artificial):
    assert load(Taxonomy, dump(artificial)) == artificial
    curves = artificial.family("3b", "curve")
    assert len(curves) == 24
    assert list(curves.orientations) == sorted(curves.orientations)
    assert curves.period == 360
    assert artificial.family("3a", "line", "early curve").period == 0
    members = artificial.members("3a")
    assert artificial.counts("3a") == {name: len(found) for name, found in members.items()}
    assert list(members) == [name for name in NAMES if name in members]
    assert sorted(c for channels in members.values() for c in channels) == list(
        range(artificial_network().layer("3a").channels)
    )
    assert members["line"] == written("3a", "line").channels
    assert set(members["line"]) == set(artificial.family("3a", "line").channels)
    assert set(truth(Constants())) == set(artificial.layers)
    assert {x.family for x in artificial.labels} <= set(NAMES)
    assert all(0 < x.score <= 1 for x in artificial.labels if x.family != "other")


def test_what_is_not_there_is_refused(artificial):
    with pytest.raises(InputError, match="labelled are conv2d0"):
        artificial.of("4a")
    with pytest.raises(InputError, match="valid are Gabor"):
        artificial.family("3a", "crease")


def test_labels_are_those_of_the_seed(artificial):
    again = discover_families(artificial_network(), curve_layer="3b", layers=["conv2d2"])
    assert again.of("conv2d2") == artificial.of("conv2d2")
    assert agreement(again.labels, artificial.labels) == 1


@given(st.floats(0, 179.9), st.sampled_from([4.0, 5.5, 8.0]), st.floats(0, 359))
def test_planted_gabors_are_fitted(orientation, wavelength, phase):
    y, x = np.mgrid[-4:5, -4:5]
    angle = math.radians(orientation)
    u = x * math.cos(angle) + y * math.sin(angle)
    wave = np.exp(-(x**2 + y**2) / 10) * np.cos(2 * np.pi * u / wavelength + math.radians(phase))
    found = fit_gabor(np.stack([wave, wave, wave]))
    assert found is not None
    assert found.share > 0.98
    assert abs((found.orientation - orientation + 90) % 180 - 90) < 5
    assert found.chroma < 1e-6


def test_noise_is_no_gabor():
    generator = np.random.default_rng(0)
    shares = [fit_gabor(generator.normal(size=(3, 7, 7))).share for _ in range(20)]
    assert max(shares) < 0.45


def test_filters_only_where_the_image_is_seen_linearly():
    network = wrap(
        nn.Sequential(
            seeded(nn.Conv2d, 3, 4, 5, stride=2), nn.ReLU(), seeded(nn.Conv2d, 4, 4, 3), nn.ReLU()
        ),
        input_size=48,
    )
    filters = image_filters(network, "1")
    torch.testing.assert_close(
        torch.from_numpy(filters).float(), network.module.get_submodule("0").weight
    )
    assert image_filters(network, "3") is None


@given(st.floats(0, 359.9), st.sampled_from([180, 360]))
def test_axis_of_a_bump(orientation, period):
    n = 48
    at = np.arange(n) * period / n
    turn = (at - orientation % period + period / 2) % period - period / 2
    found = axis_of(np.exp(-((turn / (period / 9)) ** 2)), period)
    assert abs((found - orientation + period / 2) % period - period / 2) < 2


def test_relative_orientation_wraps():
    turned = relative_orientation([10, 350], [0, 90, 190])
    assert turned.tolist() == [[-10, 80, -180], [10, 100, -160]]
    assert relative_orientation([170], [10], period=180).tolist() == [[20]]


def test_chain_leaves_branches_out():
    assert chain(planted([0.0]), "3") == ("1", "3")
    assert next_layer(planted([0.0]), "3") is None
    assert next_layer(artificial_network(), "3a") == "3b"


def test_the_next_layer_combines_channels():
    """A depthwise layer reads each curve alone; the next one that joins them is several on."""
    import curvecircuits as cc

    assert next_layer(cc.load("efficientnet_lite0"), "block9.expand") == "block11.expand"


@pytest.mark.shared
def test_googlenet():
    import curvecircuits as cc

    network = cc.load("googlenet", weights=SHARED / "weights" / "bvlc_googlenet.safetensors")
    layers = ["conv2d0", "conv2d1", "conv2d2", "3a"]
    assert chain(network, "3b") == (*layers, "3b")
    assert next_layer(network, "3b") == "4a"
    found = discover_families(network, curve_layer="3b", layers=layers)
    assert found.named() >= 0.7
    assert len(found.family("3a", "early curve")) >= 11
    assert {x.family for x in found.labels if x.hue is not None} == {"colour contrast"}
    assert np.isfinite(found.family("conv2d0", "colour contrast").orientations).sum() >= 15
    permuted = discover_families(weight_permuted(network, seed=11), curve_layer="3b", layers=layers)
    assert permuted.named() <= 0.2
    assert sum(x.hue is not None for x in permuted.labels) <= 3
