"""Weights between families beside those of another network, and the path to the image."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from conftest import SHARED

from curvecircuits.artificial import artificial_network
from curvecircuits.catalog import load as load_network
from curvecircuits.circuits.kernels import Kernels, kernels
from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.matrices import (
    matrix_agreement,
    sums_agreement,
    tile_agreement,
    tile_sums,
    upright_tiles,
)
from curvecircuits.compare.paths import strongest_path
from curvecircuits.compare.published_matrices import (
    PUBLISHED_CURVES,
    PUBLISHED_LINES,
    PUBLISHED_TILE,
    Profile,
)
from curvecircuits.compare.side_by_side import side_by_side
from curvecircuits.compare.written import written_families
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.families.gabors import image_filters
from curvecircuits.families.taxonomy import Taxonomy, UnitLabel
from curvecircuits.models.address import Unit
from curvecircuits.weights import expanded_weights

PUBLISHED = SHARED / "reference/published/artificial-3a-3b-weights.json"


@pytest.fixture(scope="module")
def families():
    return written_families()


@pytest.fixture(scope="module")
def written(families):
    """The artificial network's kernels by the name of the sources."""
    curves = families["mixed3b"]["curve"]
    weights = expanded_weights(artificial_network(), "3a", units=curves.units)
    return {n: kernels(weights, curves, families["mixed3a"][n]) for n in ("early curve", "line")}


@pytest.fixture(scope="module")
def published(written):
    """The published kernels, in the frame of ours; the file is indexed by source first."""
    values = np.array(json.loads(PUBLISHED.read_text())["weights"]).swapaxes(0, 1)
    found = {}
    for name, part in (("early curve", slice(24)), ("line", slice(24, 42))):
        found[name] = replace(written[name], values=values[:24, part])
    return found


def _family(at, period=360, name="curve"):
    channels = tuple(range(len(at)))
    return Family(name=name, layer="a", channels=channels, orientations=tuple(at), period=period)


def _tiled(targets, sources, *, noise=0.0, seed=0):
    """Kernels that hold an arc's weight by the angle between the units, turned with the target."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-2:3, -2:3]
    t, s = (np.radians(f.orientations)[:, None, None] for f in (targets, sources))
    across = x * np.cos(t) + y * np.sin(t)
    tile = np.exp(-(across**2))[:, None] * np.cos(s[None] - t[:, None])
    tile = tile + noise * rng.normal(size=tile.shape)
    return Kernels(targets=targets, sources=sources, values=tile, pitch=8, offset=(-16.0, -16.0))


def test_families_are_those_that_the_weights_were_written_for(families):
    network = artificial_network(orientations=[10, 100])
    for layer, here in families.items():
        channels = [c for family in here.values() for c in family.channels]
        assert channels == list(range(len(channels)))
        if layer != "mixed3b":
            assert len(channels) == network.layer(layer).channels
    own = written_families(orientations=[10, 100])["mixed3b"]["curve"]
    assert (own.orientations, own.channels) == ((10.0, 100.0), (0, 1))


def test_sums_agree_where_they_follow_the_angle_and_not_where_it_is_exchanged():
    rng = np.random.default_rng(1)
    targets, sources = _family(rng.uniform(0, 360, 9)), _family(rng.uniform(0, 360, 14))
    wanted = Profile(sums=tuple(np.cos(np.radians(np.arange(0, 360, 15)))), period=360)
    found = sums_agreement(_tiled(targets, sources, noise=0.05), wanted)
    assert found.holds
    assert found.measured.value > 0.95
    noise = _tiled(targets, sources, noise=20.0, seed=3)
    assert not sums_agreement(noise, wanted).holds
    other = Profile(sums=tuple(-v for v in wanted.sums), period=360)
    assert sums_agreement(_tiled(targets, sources), other).measured.value < -0.95
    with pytest.raises(InputError, match="repeat every 180°"):
        sums_agreement(_tiled(targets, sources), PUBLISHED_LINES)
    with pytest.raises(InputError, match="weights between the two families are zero"):
        sums_agreement(replace(_tiled(targets, sources), values=np.zeros((9, 14, 5, 5))), wanted)


def test_tile_sums_by_angle_leave_out_angles_without_pairs():
    at = [0.0, 120.0, 240.0]
    sums = tile_sums(_tiled(_family(at), _family(at)), steps=12)
    found = [k for k, each in enumerate(sums) if np.isfinite(each.value)]
    assert found == [0, 4, 8]
    assert sums[0].value > 0 > sums[4].value
    with pytest.raises(InputError, match="2 angles or more"):
        tile_sums(_tiled(_family(at), _family(at)), steps=1)


def test_upright_tiles_do_not_depend_on_how_the_target_is_turned():
    at = [0.0, 90.0, 180.0, 270.0]
    tiles = upright_tiles(_tiled(_family(at), _family(at)))
    assert tiles.shape == (4, 5, 5)
    np.testing.assert_allclose(tiles, np.broadcast_to(tiles[0], tiles.shape), atol=1e-9)
    lone = upright_tiles(_tiled(_family(at), _family([90.0])))
    assert np.isfinite(lone).all((1, 2)).tolist() == [False, True, False, False]
    with pytest.raises(InputError, match="No target has a source within 15°"):
        tile_agreement(_tiled(_family([0.0]), _family([90.0])), PUBLISHED_TILE)
    with pytest.raises(InputError, match="A tile of 3 × 3 cells"):
        tile_agreement(_tiled(_family(at), _family(at)), np.ones((3, 3)))


def test_whole_tiles_are_compared_at_the_same_angle_whatever_the_orientations():
    even = _family(np.arange(0, 360, 15.0))
    rng = np.random.default_rng(2)
    uneven = _tiled(_family(rng.uniform(0, 360, 7)), _family(rng.uniform(0, 360, 11)))
    found = matrix_agreement(uneven, _tiled(even, even))
    assert found.measured.value > 0.9
    assert found.holds
    large = _tiled(even, even)
    large = replace(
        large,
        values=np.pad(large.values, ((0, 0), (0, 0), (1, 1), (1, 1))),
        offset=(-24.0, -24.0),
    )
    assert matrix_agreement(uneven, large).measured.value == pytest.approx(found.measured.value)
    with pytest.raises(InputError, match="cells are equally far apart"):
        matrix_agreement(uneven, replace(large, pitch=4))
    with pytest.raises(InputError, match="middle of tiles of 5 cells"):
        matrix_agreement(uneven, replace(large, values=large.values[..., :6, :6]))
    with pytest.raises(InputError, match="no pair of units within 15°"):
        matrix_agreement(uneven, _tiled(_family([0.0]), _family([0.0])))


def test_the_written_weights_are_like_the_published_figures(written):
    curves = written["early curve"]
    assert curves.values.shape[:2] == (24, 24)
    assert written["line"].values.shape[:2] == (24, 18)
    assert sums_agreement(curves, PUBLISHED_CURVES).measured.low > 0.8
    assert sums_agreement(written["line"], PUBLISHED_LINES).measured.low > 0.4
    assert tile_agreement(curves, PUBLISHED_TILE).measured.low > 0.8
    other = curves.relabelled(
        sources=_family([(o + 90) % 360 for o in curves.sources.orientations])
    )
    assert sums_agreement(other, PUBLISHED_CURVES).measured.value < 0.3


@pytest.mark.shared
def test_the_figures_are_those_of_the_published_file(published):
    curves, lines = published["early curve"], published["line"]
    np.testing.assert_allclose(
        curves.values[0].sum((1, 2)), PUBLISHED_CURVES.at(curves.relative[0]), atol=0.011
    )
    np.testing.assert_allclose(
        lines.values[0].sum((1, 2)), PUBLISHED_LINES.at(lines.relative[0]), atol=0.011
    )
    np.testing.assert_allclose(curves.values[0, 0], PUBLISHED_TILE, atol=0.006)


@pytest.mark.shared
def test_whole_written_tiles_are_like_the_published_ones(written, published):
    for name, least in (("early curve", 0.75), ("line", 0.4)):
        found = matrix_agreement(written[name], published[name], permutations=20)
        assert found.measured.low > least
        assert found.holds


# --- paths ------------------------------------------------------------------------------------


def test_a_path_follows_the_written_circuit(families):
    network = artificial_network()
    path = strongest_path(network, Unit("3b", 3), orientation=45, families=families)
    shapes = [(tile.family, tile.values.shape) for tile in path]
    assert shapes == [
        ("", (7, 7)),
        ("Gabor", (1, 1)),
        ("complex Gabor", (3, 3)),
        ("line", (3, 3)),
        ("early curve", (5, 5)),
    ]
    for before, tile in pairwise(path):
        assert tile.source == before.unit
        family = families[network.layer(tile.source.layer).name][tile.family]
        at = family.orientations[family.channels.index(tile.source.channel)]
        assert abs((at - 45 + 90) % 180 - 90) <= 30
        assert np.abs(tile.values).max() == pytest.approx(1)
    filters = image_filters(network, "conv2d0")[path[0].unit.channel].mean(0)
    np.testing.assert_allclose(path[0].values * path[0].largest, filters, atol=1e-6)
    weights = expanded_weights(network, "3a", units=[Unit("3b", 3)]).values[0]
    assert int(weights[:24].sum((1, 2)).argmax()) == path[-1].source.channel


def test_a_path_without_known_families_takes_the_strongest_of_all():
    network = artificial_network()
    path = strongest_path(network, Unit("3b", 3), orientation=45, families={})
    weights = expanded_weights(network, "3a", units=[Unit("3b", 3)]).values[0]
    assert path[-1].source.channel == int(weights.sum((1, 2)).argmax())
    assert {tile.family for tile in path} == {""}
    with pytest.raises(InputError, match="No layer before conv2d0"):
        strongest_path(network, Unit("conv2d0", 0), orientation=0, families={})


def labelled(network, families):
    """What a taxonomy of the artificial network would be if it were read off the formulas."""
    labels = []
    for layer, here in families.items():
        title = network.layer(layer).title
        for name, family in here.items():
            for channel, angle in zip(family.channels, family.orientations, strict=True):
                labels.append(
                    UnitLabel(
                        unit=f"{title}:{channel}",
                        layer=title,
                        channel=channel,
                        family=name,
                        score=1.0,
                        sign=1,
                        orientation=angle,
                        echo=None,
                        wavelength=None,
                    )
                )
    return Taxonomy(
        model="artificial",
        model_hash="0" * 64,
        layers=tuple(network.layer(layer).title for layer in families),
        curve_layer="3b",
        labels=tuple(labels),
        seed=0,
    )


@pytest.mark.parametrize("shift", [0, 2])
def test_paths_agree_with_those_of_the_same_orientation_only(shift, families):
    network = artificial_network()
    at = tuple(60.0 * k for k in range(6))
    side = Side(network=network, layer="3b", channels=tuple(4 * k for k in range(6)))
    turned = [at[(k + shift) % 6] for k in range(6)]
    other = Side(
        network=artificial_network(orientations=turned), layer="3b", channels=tuple(range(6))
    )
    matched = Matched(natural=side, artificial=other, orientations=at)
    found = side_by_side(matched, taxonomy=labelled(network, families))
    last = found.agreements[-1]
    assert last.layer == "3b"
    if shift:
        assert last.own.value < 0.6
    else:
        assert last.own.value == pytest.approx(1)
        assert last.lead.above(0.2)


@pytest.mark.shared
def test_googlenet_builds_curves_of_what_the_formulas_say():
    network = load_network("googlenet", weights=SHARED / "weights/bvlc_googlenet.safetensors")
    curves = Family(
        name="curve",
        layer="3b",
        channels=(358, 336, 394, 386, 413, 408, 398, 326),
        orientations=(0, 30, 64.5, 96, 179, 220.5, 262, 312),
        period=360,
    )
    early = Family(
        name="early curve",
        layer="3a",
        channels=(84, 198, 202, 221, 107, 203, 92, 83, 223, 171, 205, 207, 64, 173),
        orientations=(5, 60, 82, 99, 129, 150, 174, 199, 240, 259, 261, 282, 294, 340),
        period=360,
    )
    found = kernels(expanded_weights(network, "3a", units=curves.units), curves, early)
    assert sums_agreement(found, PUBLISHED_CURVES).holds
    assert not sums_agreement(
        found.relabelled(
            sources=replace(early, orientations=tuple((o + 90) % 360 for o in early.orientations))
        ),
        PUBLISHED_CURVES,
    ).holds
