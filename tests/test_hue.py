"""Colour contrasts: hue and direction, what lines make of them; the published families."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from bars import SHARED
from curvecircuits.artificial import artificial_network
from curvecircuits.claims import CLAIMS, Evidence
from curvecircuits.claims.evidence import NotTestableError
from curvecircuits.cli import main
from curvecircuits.errors import InputError
from curvecircuits.families import (
    LINES,
    NAMES,
    Family,
    Taxonomy,
    UnitLabel,
    discover_families,
    published_families,
)
from curvecircuits.families.colour import EDGE_HUES, contrasts
from curvecircuits.families.compare import COUNTERPARTS, against_published
from curvecircuits.families.probes import EDGE_ORIENTATIONS
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import colour_pair
from curvecircuits.store import dump, load

MEASURES = {claim.id: claim.measure for claim in CLAIMS}


def _apart(a, b, period):
    return abs((a - b + period / 2) % period - period / 2)


def _same_unit(label, hue, direction, *, within):
    """Hue and direction as given, or both turned by half a turn."""
    return any(
        _apart(label.hue, hue + turn, 360) < within
        and _apart(label.orientation, direction + turn, 360) < within
        for turn in (0, 180)
    )


def _coloured(hue):
    first, second = colour_pair(hue=hue)
    return first - second


def _plane(direction):
    y, x = torch.meshgrid(torch.arange(-4.0, 5), torch.arange(-4.0, 5), indexing="ij")
    angle = math.radians(direction)
    across = x * math.cos(angle) + y * math.sin(angle)
    return across, torch.exp(-(x**2 + y**2) / 8)


def _network(kernels):
    layers = nn.Sequential(nn.Conv2d(3, len(kernels), 9, stride=4), nn.ReLU())
    with torch.no_grad():
        layers[0].weight[:] = torch.stack(kernels)
        layers[0].bias.zero_()
    return wrap(layers, name="coloured", input_size=96)


PLANTED = [(h, (67 * k + 2 * h) % 360) for k, h in enumerate(range(0, 180, 15))]


@pytest.fixture(scope="module")
def written():
    """A first layer of edges between colours, then stripes of colour, then grey edges."""
    kernels = []
    for hue, direction in PLANTED:
        across, window = _plane(direction)
        kernels.append(_coloured(hue)[:, None, None] * across * window)
    for hue, direction in PLANTED[:4]:
        across, window = _plane(direction)
        stripe = window * torch.cos(across)
        stripe = stripe - window * stripe.sum() / window.sum()
        kernels.append(_coloured(hue)[:, None, None] * stripe)
    for direction in (0, 120):
        across, window = _plane(direction)
        kernels.append(torch.ones(3, 1, 1) * across * window)
    return discover_families(_network(kernels), curve_layer="1")


def test_written_contrasts_have_their_hue_and_direction(written):
    labels = written.of("1")[: len(PLANTED)]
    assert {x.family for x in labels} == {"colour contrast"}
    for label, (hue, direction) in zip(labels, PLANTED, strict=True):
        assert 0 <= label.hue < 180
        assert 0 <= label.orientation < 360
        assert _same_unit(label, hue, direction, within=6), (label, hue, direction)


def test_what_has_no_two_sides_has_no_direction(written):
    stripes, grey = written.of("1")[len(PLANTED) : -2], written.of("1")[-2:]
    assert {x.family for x in stripes} == {"colour contrast"}
    assert all(x.orientation is None and x.hue is None for x in stripes)
    assert all(x.family != "colour contrast" and x.hue is None for x in grey)


def test_contrasts_are_a_family_over_the_whole_circle(written):
    found = written.family("1", "colour contrast")
    assert found.period == 360
    assert np.isfinite(found.orientations).sum() == len(PLANTED)
    assert load(Taxonomy, dump(written)) == written
    old = dump(written)
    for label in old["labels"]:
        del label["hue"]
    assert all(x.hue is None for x in load(Taxonomy, old).labels)


@given(st.floats(0, 359), st.floats(0, 359), st.floats(0.1, 9), st.integers(0, 99))
def test_hue_and_direction_of_any_edge(hue, direction, size, seed):
    h, at = np.radians(EDGE_HUES)[:, None], np.radians(EDGE_ORIENTATIONS)
    clean = np.cos(h - math.radians(hue)) * np.tanh(3 * np.cos(at - math.radians(direction)))
    noise = np.random.default_rng(seed).normal(size=clean.shape)
    (found,) = contrasts(size * (clean + 0.1 * noise + 2)[None])
    assert 0 <= found.hue < 180
    label = UnitLabel(
        unit="a:0",
        layer="a",
        channel=0,
        family="colour contrast",
        score=1.0,
        sign=1,
        orientation=found.direction,
        echo=None,
        wavelength=None,
        hue=found.hue,
    )
    assert _same_unit(label, hue, direction, within=6)
    assert 0.8 < found.share <= 1


def test_noise_and_one_sided_colour_are_no_contrast():
    noise = np.random.default_rng(0).normal(size=(200, len(EDGE_HUES), len(EDGE_ORIENTATIONS)))
    assert max(c.share for c in contrasts(noise)) < 0.5
    even = np.cos(2 * np.radians(EDGE_ORIENTATIONS))[None] * np.ones((len(EDGE_HUES), 1))
    assert contrasts(even[None])[0].share < 1e-9


def test_responses_must_fit_the_edges():
    with pytest.raises(InputError, match="shape"):
        contrasts(np.zeros((2, 5, 24)))
    with pytest.raises(InputError, match="evenly spaced"):
        contrasts(np.zeros((1, 3, 4)), hues=(0, 60, 90), orientations=(0, 90, 180, 270))


# --- claims -----------------------------------------------------------------------------------


def _label(layer, channel, family, orientation=None, hue=None):
    return UnitLabel(
        unit=f"{layer}:{channel}",
        layer=layer,
        channel=channel,
        family=family,
        score=0.5,
        sign=1,
        orientation=orientation,
        echo=None,
        wavelength=None,
        hue=hue,
    )


def _evidence(*, by_hue, seed=0):
    """Lines made of contrasts along a stripe, whatever their hue or only of like hue."""
    generator = np.random.default_rng(seed)
    hues = generator.uniform(0, 180, 16)
    directions = generator.uniform(0, 360, 16)
    normals = np.arange(12) * 15.0
    y, x = np.mgrid[-2:3, -2:3].astype(float)
    weights = np.zeros((12, 16, 5, 5))
    for t, normal in enumerate(np.radians(normals)):
        across = x * np.cos(normal) + y * np.sin(normal)
        stripe = np.exp(-(across**2) / 2)
        turn = np.radians(directions) - normal
        size = np.cos(2 * turn)
        if by_hue:
            size = np.cos(2 * turn - 2 * np.radians(hues))
        weights[t] = size[:, None, None] * stripe
    weights += 0.1 * generator.normal(size=weights.shape)
    module = nn.Sequential(
        nn.Conv2d(3, 16, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(16, 12, 5, padding=2),
        nn.ReLU(),
        nn.Conv2d(12, 3, 3),
        nn.ReLU(),
    )
    with torch.no_grad():
        module[2].weight[:] = torch.tensor(weights)
    labels = [
        _label("1", c, "colour contrast", float(o), float(h))
        for c, (o, h) in enumerate(zip(directions, hues, strict=True))
    ]
    labels += [_label("3", c, "line", float(o)) for c, o in enumerate(normals)]
    return Evidence(
        network=wrap(module, input_size=64),
        curves=Family(name="curve", layer="5", channels=(0,), orientations=(0.0,), period=360),
        radius=10.0,
        taxonomy=Taxonomy(
            model="written",
            model_hash="",
            layers=("1", "3", "5"),
            curve_layer="5",
            labels=tuple(labels),
            seed=0,
        ),
    )


@pytest.fixture(scope="module")
def blind():
    return _evidence(by_hue=False)


@pytest.fixture(scope="module")
def knowing():
    return _evidence(by_hue=True)


def test_lines_that_know_no_hue_share_a_template(blind, knowing):
    assert blind.hue.name == "colour contrast (1) → line (3)"
    assert blind.hue.holds is True
    assert blind.hue.factor.low > 1
    assert blind.hue.r2.value > 0.6
    assert knowing.hue.holds is False
    assert not np.isfinite(knowing.hue.factor.value)


def test_the_claim_of_hue_fails_where_hue_matters(blind, knowing):
    found = MEASURES["hue-factor"](knowing)
    assert found.holds is False
    assert "controls reach" in found.note
    assert np.isfinite(MEASURES["hue-factor"](blind).interval.value)


def test_too_few_units_are_not_testable(blind):
    few = [x for x in blind.taxonomy.labels if x.layer != "1" or x.channel < 3]
    undirected = [
        replace(x, hue=None, orientation=None) if x.layer == "1" and x.channel > 2 else x
        for x in blind.taxonomy.labels
    ]
    for labels in (few, undirected):
        less = replace(blind.taxonomy, labels=tuple(labels))
        with pytest.raises(NotTestableError, match="4 colour contrasts"):
            _ = replace(blind, taxonomy=less).hue
        with pytest.raises(NotTestableError, match="4 complex Gabors"):
            _ = replace(blind, taxonomy=less).scale_lines


@pytest.fixture(scope="module")
def artificial():
    network = artificial_network()
    layers = ("conv2d1", "conv2d2", "3a", "3b")
    taxonomy = discover_families(network, curve_layer="3b", layers=layers)
    half = tuple(x for x in taxonomy.labels if x.channel % 2 == 0)
    taxonomy = replace(taxonomy, labels=half)
    return Evidence(
        network=network, curves=taxonomy.family("3b", "curve"), radius=20.0, taxonomy=taxonomy
    )


def test_lines_of_lines_share_a_template_in_the_artificial_network(artificial):
    fit = artificial.scale_lines
    assert fit.name == "complex Gabor (conv2d1) → line (conv2d2); line (conv2d2) → line (3a)"
    assert fit.holds is True
    assert fit.factor.value > 1
    total = MEASURES["total-factor"](artificial)
    assert "of lines" in total.note
    assert total.interval.value == pytest.approx(
        artificial.compression.factor.value * fit.factor.value
    )


def test_claims_are_in_the_order_of_their_sections():
    sections = [c.section for c in CLAIMS]
    order = list(dict.fromkeys(sections))
    assert sections == sorted(sections, key=order.index)
    assert order[:3] == ["Overview", "Equivariance", "Early curves"]


@pytest.mark.shared
def test_googlenet_lines_know_no_hue():
    import curvecircuits as cc

    network = cc.load("googlenet", weights=SHARED / "weights" / "bvlc_googlenet.safetensors")
    found = discover_families(network, curve_layer="3b", layers=["conv2d1", "conv2d2"])
    evidence = Evidence(
        network=network,
        curves=Family(name="curve", layer="3b", channels=(0,), orientations=(0.0,), period=360),
        radius=10.0,
        taxonomy=replace(found, layers=("conv2d1", "conv2d2", "3b")),
    )
    assert evidence.hue.holds is True
    assert evidence.permuted(1).hue.holds is not True


# --- the published families -------------------------------------------------------------------


def _taxonomy(families):
    """A taxonomy of conv2d0 to 3b with these families by layer."""
    labels = [
        _label(layer, c, family)
        for layer, names in families.items()
        for c, family in enumerate(names)
    ]
    return Taxonomy(
        model="inception_v1",
        model_hash="",
        layers=tuple(families),
        curve_layer="3b",
        labels=tuple(labels),
        seed=0,
    )


def _as_published(*, wrong=0.0, seed=0):
    generator = np.random.default_rng(seed)
    published = published_families()
    families = {}
    for layer in ("conv2d0", "conv2d1", "conv2d2", "mixed3a", "mixed3b"):
        own = published.families[layer]
        names = ["other"] * sum(map(len, own.values()))
        for family, channels in own.items():
            for c in channels:
                if family in COUNTERPARTS[layer] and generator.uniform() >= wrong:
                    names[c] = COUNTERPARTS[layer][family][-1]
        families[layer.removeprefix("mixed")] = names
    return families


def test_counterparts_are_families_of_both():
    published = published_families()
    for layer, pairs in COUNTERPARTS.items():
        assert set(pairs) <= set(published.families[layer])
        assert {name for names in pairs.values() for name in names} <= set(NAMES)
    assert COUNTERPARTS["mixed3a"]["Lines"] == LINES


def test_agreement_counts_units_that_have_a_counterpart():
    found = against_published(_taxonomy(_as_published()), published_families())
    assert found.total.share == 1
    assert found.total.units + found.total.without == 64 + 64 + 192 + 256 + 480
    assert [x.layer for x in found.layers] == ["conv2d0", "conv2d1", "conv2d2", "3a", "3b"]
    assert all(c.agreeing == (c.units if c.counterparts else 0) for c in found.families)
    assert all(sum(c.labels.values()) == c.units for c in found.families)
    assert found.total.chance < 0.6
    assert load(type(found), dump(found)) == found


def test_agreement_falls_with_errors_and_to_chance_when_exchanged():
    half = against_published(_taxonomy(_as_published(wrong=0.5)), published_families())
    assert half.total.low < 0.5 < half.total.high
    generator = np.random.default_rng(1)
    families = _as_published()
    published = published_families()
    for layer, names in families.items():
        own = published.families[layer if layer.startswith("c") else f"mixed{layer}"]
        pairs = COUNTERPARTS[layer if layer.startswith("c") else f"mixed{layer}"]
        compared = [c for family in pairs for c in own[family]]
        for c, other in zip(compared, generator.permutation(compared), strict=True):
            families[layer] = [*families[layer][:c], names[other], *families[layer][c + 1 :]]
    found = against_published(_taxonomy(families), published)
    assert found.total.low < found.total.chance < found.total.high


def test_other_networks_are_told_apart():
    with pytest.raises(InputError, match="conv2d0"):
        against_published(_taxonomy({"stem": ["other"] * 64}), published_families())
    with pytest.raises(InputError, match="are of inception5h"):
        against_published(_taxonomy({"conv2d0": ["other"] * 32}), published_families())


@pytest.mark.shared
def test_the_command_prints_the_comparison(tmp_path, capsys):
    import gzip

    graph = tmp_path / "random.pb"
    packed = (SHARED / "reference" / "tf-inception5h-random.pb.gz").read_bytes()
    graph.write_bytes(gzip.decompress(packed))
    arguments = ["families", "--model", "inception_v1", "--weights", str(graph)]
    assert main([*arguments, "--curve-layer", "3b", "--layer", "conv2d0"]) in (0, None)
    printed = capsys.readouterr().out
    assert "Gabor Filters" in printed
    assert "by chance" in printed
