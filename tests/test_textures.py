"""Texture factors: planted groups are found, their control says when there are none."""

import numpy as np
import pytest
import torch
from browser import assert_drawn, report_of
from test_page import chromium, open_page  # noqa: F401
from torch import nn

from bars import SHARED
from curvecircuits.circuits.textures import texture_inputs
from curvecircuits.errors import InputError
from curvecircuits.families import Family, Taxonomy, UnitLabel, discover_families
from curvecircuits.models.permute import weight_permuted
from curvecircuits.models.wrap import wrap
from curvecircuits.report import render
from curvecircuits.report.figures import TextureFactors, texture_factors
from curvecircuits.store import dump, load
from curvecircuits.weights import weight_factors

GROUPS = ((0, 2, 4), (1, 3, 5), (6, 7, 8))


def _taxonomy(textures, *, channels=40):
    labels = tuple(
        UnitLabel(
            unit=f"1:{c}",
            layer="1",
            channel=c,
            family="texture" if c in textures else "edge",
            score=0.5,
            sign=1,
            orientation=None,
            echo=None,
            wavelength=None,
        )
        for c in range(channels)
    )
    return Taxonomy(
        model="written",
        model_hash="",
        layers=("1", "3"),
        curve_layer="3",
        labels=labels,
        seed=0,
    )


def _written(*, grouped, size=1.0, seed=0):
    """Four curve units on 40 units, of which the first nine are textures, in groups or not."""
    generator = np.random.default_rng(seed)
    weights = generator.normal(size=(4, 40, 5, 5))
    if grouped:
        for members in GROUPS:
            gains = generator.uniform(0.5, 1.5, len(members))
            field = generator.normal(size=(4, 5, 5))
            weights[:, list(members)] = gains[:, None, None] * field[:, None]
    weights[:, :9] *= size
    module = nn.Sequential(nn.Conv2d(3, 40, 3), nn.ReLU(), nn.Conv2d(40, 4, 5), nn.ReLU())
    with torch.no_grad():
        module[2].weight[:] = torch.tensor(weights)
    return wrap(module, input_size=48)


CURVES = Family(
    name="curve",
    layer="3",
    channels=(2, 0, 3, 1),
    orientations=(270.0, 10.0, 100.0, 190.0),
    period=360,
)
TEXTURES = set(range(9))


def test_planted_groups_are_the_factors():
    found = texture_inputs(_written(grouped=True), _taxonomy(TEXTURES), CURVES, factors=3)
    assert found.textures.channels == tuple(range(9))
    assert found.explained.value > 0.99
    assert max(found.control) < 0.9
    assert found.above_control.above()
    assert {tuple(sorted(found.strongest(k))) for k in range(3)} == set(GROUPS)


def test_random_weights_are_no_better_than_the_control():
    found = texture_inputs(_written(grouped=False), _taxonomy(TEXTURES), CURVES, factors=3)
    assert not found.above_control.above()
    assert min(found.control) <= found.explained.value + 0.05
    permuted = weight_permuted(_written(grouped=True), seed=1)
    assert not texture_inputs(permuted, _taxonomy(TEXTURES), CURVES, factors=3).above_control.above(
        0.1
    )


@pytest.mark.parametrize("size", [0.2, 1.0, 5.0])
def test_the_share_is_of_magnitudes(size):
    found = texture_inputs(_written(grouped=False, size=size), _taxonomy(TEXTURES), CURVES, draws=1)
    expected = 9 * size / (9 * size + 31)
    assert found.share.value == pytest.approx(expected, rel=0.1)
    assert found.above_crowd.value == pytest.approx(found.share.value - 9 / 40)
    assert found.above_crowd.above() is (size > 1)
    assert found.above_crowd.below() is (size < 1)


def test_explained_is_what_the_factors_leave():
    network = _written(grouped=False)
    found = texture_inputs(network, _taxonomy(TEXTURES), CURVES, factors=4, draws=1)
    assert found.explained.value == pytest.approx(found.factors.explained)
    assert found.factors.spatial.shape == (4, 4, 5, 5)
    most = texture_inputs(network, _taxonomy(TEXTURES), CURVES, factors=50, draws=1)
    assert len(most.factors.channels) == 9
    again = texture_inputs(network, _taxonomy(TEXTURES), CURVES, factors=4, draws=1)
    assert again.control == found.control
    direct = weight_factors(
        torch.as_tensor(network.module.get_submodule("2").weight[list(CURVES.channels), :9]),
        factors=4,
    )
    assert direct.explained == pytest.approx(found.explained.value)


def test_what_cannot_be_factored_is_said():
    network = _written(grouped=True)
    with pytest.raises(InputError, match="1 texture units; 2"):
        texture_inputs(network, _taxonomy({3}), CURVES)
    with pytest.raises(InputError, match="as many other units"):
        texture_inputs(network, _taxonomy(set(range(25))), CURVES)
    with pytest.raises(InputError, match="1 or more"):
        texture_inputs(network, _taxonomy(TEXTURES), CURVES, draws=0)
    with pytest.raises(InputError, match="at least one curve"):
        texture_inputs(network, _taxonomy(TEXTURES), CURVES.take([]))
    early = Family(name="curve", layer="1", channels=(0,), orientations=(0.0,), period=360)
    with pytest.raises(InputError, match="before the curves'"):
        texture_inputs(network, _taxonomy(TEXTURES), early)
    with pytest.raises(InputError, match="factors 0 to 2"):
        texture_inputs(network, _taxonomy(TEXTURES), CURVES, factors=3, draws=1).strongest(3)


def test_the_figure_is_in_order_of_orientation_and_names_textures():
    found = texture_inputs(_written(grouped=True), _taxonomy(TEXTURES), CURVES, factors=3)
    figure = texture_factors(found, permuted=found, most=2)
    assert [u.orientation for u in figure.curves] == [10, 100, 190, 270]
    assert [u.unit for u in figure.curves] == ["3:0", "3:3", "3:1", "3:2"]
    assert figure.maps.shape == (3, 4, 5, 5)
    assert figure.factors[0].sums[3] == pytest.approx(found.factors.spatial[0, 0].sum())
    for k, factor in enumerate(figure.factors):
        assert [u.unit for u in factor.strongest] == [f"1:{c}" for c in found.strongest(k, most=2)]
        assert factor.strongest[0].part >= factor.strongest[1].part > 0
    assert figure.words.takeaway.startswith("Three factors of nine texture units")
    assert load(TextureFactors, dump(figure)) == figure


@pytest.mark.browser
def test_factors_are_drawn_and_read_with_the_arrow_keys(open_page, bundle):  # noqa: F811
    found = texture_inputs(_written(grouped=True), _taxonomy(TEXTURES), CURVES, factors=3, draws=2)
    figure = texture_factors(found)
    report = report_of([figure])
    opened = open_page(render(report), 360, bypass_csp=True)
    tiles = opened.page.locator(".matrix-tiles")
    tiles.focus()
    for key in ("PageUp", "Home", "ArrowRight", "ArrowDown"):
        opened.page.keyboard.press(key)
    assert tiles.get_attribute("aria-valuetext").startswith("factor 2 to 3:3, sum")
    shown = opened.page.locator(".large b").inner_text().replace("−", "-")
    assert float(shown) == pytest.approx(figure.factors[1].sums[1], rel=1e-2)
    units = opened.page.locator(".large .unit").all_inner_texts()
    assert units[:3] == [u.unit for u in figure.factors[1].strongest]
    assert_drawn(opened, report, 360)


@pytest.mark.shared
def test_googlenet_textures_hold_less_than_their_number():
    import curvecircuits as cc

    network = cc.load("googlenet", weights=SHARED / "weights" / "bvlc_googlenet.safetensors")
    labelled = discover_families(network, curve_layer="3b", layers=["3a"])
    channels = (358, 336, 368, 394, 386, 346, 413, 408, 398, 321, 326, 335)
    curves = Family(
        name="curve", layer="3b", channels=channels, orientations=(float("nan"),) * 12, period=360
    )
    taxonomy = Taxonomy(
        model=labelled.model,
        model_hash=labelled.model_hash,
        layers=("3a", "3b"),
        curve_layer="3b",
        labels=labelled.labels,
        seed=0,
    )
    found = texture_inputs(network, taxonomy, curves)
    assert len(found.factors.channels) == 9
    assert found.explained.low > 0.5
    assert found.above_crowd.below()
