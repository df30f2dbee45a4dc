from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from curvecircuits.artificial import artificial_network
from curvecircuits.circuits.branches import branch_shares, branches
from curvecircuits.circuits.downstream import downstream_shapes
from curvecircuits.circuits.downstream_drawn import draw_shapes, drawn_shapes
from curvecircuits.circuits.robustness import more_robust, robustness
from curvecircuits.circuits.shapes import SHAPES, shape_scores, shape_templates
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import CurveGrid

WEIGHTS = Path(__file__).parents[2] / "shared" / "weights" / "bvlc_googlenet.safetensors"
ORIENTATIONS = tuple(15.0 * k for k in range(24))
WRITTEN = ("circle", "evolute", "spiral", "curve", "S")


def _family(orientations=ORIENTATIONS):
    return Family(
        name="curve",
        layer="3b",
        channels=tuple(range(24)),
        orientations=tuple(orientations),
        period=360,
    )


class Later(nn.Module):
    """The artificial network, noise beside its curves, and a layer that builds shapes of both."""

    def __init__(self) -> None:
        super().__init__()
        source = artificial_network()
        self.below = nn.Sequential(*list(source.module.children()))
        generator = torch.Generator().manual_seed(0)
        side = 5
        shapes = shape_templates(ORIENTATIONS, rows=side, columns=side)
        own = torch.stack([torch.from_numpy(shapes[name][0]).float() for name in WRITTEN])
        size = own.pow(2).mean(1, keepdim=True).sqrt()
        beside = 0.2 * size.mean() * torch.randn(len(own), 96, side, side, generator=generator)
        noise = own.std() * torch.randn(10, 120, side, side, generator=generator)
        self.mixed = nn.Conv2d(24, 96, 1)
        self.later = nn.Conv2d(120, len(own) + 10, side, padding=side // 2)
        with torch.no_grad():
            self.mixed.weight[:] = torch.randn(96, 24, 1, 1, generator=generator) / 5
            self.mixed.bias.zero_()
            self.later.weight[:] = torch.cat([torch.cat([own, beside], 1), noise])
            self.later.bias.zero_()

    def forward(self, x):
        curves = self.below(x)
        joined = torch.cat([curves, torch.relu(self.mixed(curves))], 1)
        return torch.relu(self.later(joined))


@pytest.fixture(scope="module")
def later():
    network = wrap(Later(), name="later", input_size=160)
    joined, last = (
        [x.title for x in network.layers.values() if x.kind == kind and "pre_relu" not in x.name][
            -1
        ]
        for kind in ("concat", "relu")
    )
    family = _family()
    moved = Family(
        name="curve",
        layer=joined,
        channels=family.channels,
        orientations=family.orientations,
        period=360,
    )
    return network, moved, last


# -- templates ---------------------------------------------------------------------------------


def test_every_template_is_best_matched_by_itself():
    templates = shape_templates(ORIENTATIONS, rows=9, columns=9)
    assert tuple(templates) == SHAPES
    for name, variants in templates.items():
        for variant in variants:
            scores = shape_scores(variant[None], ORIENTATIONS)
            assert scores[name][0] == pytest.approx(1)
            assert max(scores, key=lambda k: scores[k][0]) == name


def test_scores_turn_with_the_weights():
    """A quarter turn of cells and orientations together changes no score."""
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(3, 24, 5, 5))
    turned = np.roll(np.rot90(weights, -1, axes=(2, 3)), 6, axis=1)
    for name, values in shape_scores(weights, ORIENTATIONS).items():
        np.testing.assert_allclose(values, shape_scores(turned, ORIENTATIONS)[name], atol=1e-9)
    assert all((v == 0).all() for v in shape_scores(0 * weights, ORIENTATIONS).values())


# -- units of a later layer --------------------------------------------------------------------


def test_written_shapes_are_found_and_noise_is_not(later):
    network, family, layer = later
    found = downstream_shapes(network, family, layer=layer, permutations=40)
    assert [u.shape for u in found.units[: len(WRITTEN)]] == list(WRITTEN)
    assert all(u.dominated for u in found.units[: len(WRITTEN)])
    assert sum(u.shape is not None for u in found.units[len(WRITTEN) :]) <= 1
    assert sum(found.counts.values()) > 4 * found.counts_chance
    assert found.of_shape("circle")[0] == 0
    drawn = drawn_shapes(network, found, tile=80.0)
    assert drawn.standing.shape == (len(found.units), len(SHAPES))
    assert drawn.place.value < drawn.place_chance
    assert drawn.first.value >= 0.6


def test_orientations_that_are_wrong_find_no_shapes(later):
    network, family, layer = later
    order = np.random.default_rng(1).permutation(24)
    wrong = Family(
        name="curve",
        layer=family.layer,
        channels=family.channels,
        orientations=tuple(ORIENTATIONS[i] for i in order),
        period=360,
    )
    found = downstream_shapes(network, wrong, layer=layer, permutations=40)
    assert sum(found.counts.values()) <= 2
    none = replace(found, units=tuple(replace(u, shape=None) for u in found.units))
    with pytest.raises(InputError, match="could be drawn"):
        drawn_shapes(network, none)


def test_what_cannot_be_downstream_is_refused(later):
    network, family, layer = later
    with pytest.raises(InputError, match="at least 4 curves"):
        downstream_shapes(network, family.take([0, 1]), layer=layer)
    with pytest.raises(InputError, match="does not depend"):
        downstream_shapes(network, family, layer=family.layer)
    with pytest.raises(InputError, match="too few other units"):
        downstream_shapes(
            wrap(nn.Sequential(nn.Conv2d(3, 24, 3), nn.ReLU(), nn.Conv2d(24, 2, 3)), input_size=32),
            Family(
                name="curve",
                layer="1",
                channels=tuple(range(24)),
                orientations=ORIENTATIONS,
                period=360,
            ),
            layer="2",
        )


@pytest.mark.parametrize("shape", SHAPES)
def test_drawn_shapes_are_about_their_centre(shape):
    images = draw_shapes(shape, scale=12.0, size=96)
    ink = (1 - images).mean((0, 1))
    places = torch.arange(96) + 0.5
    assert ink.sum() > 0
    assert float((ink.sum(0) * places).sum() / ink.sum()) == pytest.approx(48, abs=1.5)
    assert float((ink.sum(1) * places).sum() / ink.sum()) == pytest.approx(48, abs=1.5)
    assert ink[:20].sum() == 0  # nothing far from it
    with pytest.raises(InputError, match="no shape"):
        draw_shapes("star", scale=12.0, size=96)


def test_circles_bend_round_the_centre_and_evolutes_away():
    y, x = torch.meshgrid(torch.arange(96) + 0.5, torch.arange(96) + 0.5, indexing="ij")
    away = torch.hypot(x - 48, y - 48)
    circle = 1 - draw_shapes("circle", scale=20.0, size=96)[0, 0]
    evolute = 1 - draw_shapes("evolute", scale=20.0, size=96)[0, 0]
    assert away[circle > 0.5].std() < 1
    assert away[evolute > 0.5].min() > 18
    assert away[evolute > 0.5].max() > 24


# -- branches ----------------------------------------------------------------------------------


@pytest.mark.shared
def test_branches_are_read_from_the_graph():
    from curvecircuits.catalog import load
    from curvecircuits.models.inception import branch_of

    network = load("googlenet", weights=WEIGHTS)
    for layer in ("3b", "4a"):
        found = branches(network, layer)
        assert len(found) == 4
        full = network.layer(layer).name
        for name, span in found.items():
            for channel in (span[0], span[-1]):
                assert name == f"{full}_{branch_of(full, channel, variant='googlenet')}"
    five = branches(network, "3b")["mixed3b_5x5"]
    shares = {b.branch: b for b in branch_shares(network, "3b", list(five)[:10])}
    assert shares["mixed3b_5x5"].units == 10
    assert shares["mixed3b_5x5"].chance < 1e-6
    assert shares["mixed3b_1x1"].chance == pytest.approx(1)
    with pytest.raises(InputError, match="0 to 479"):
        branch_shares(network, "3b", [480])


# -- robustness --------------------------------------------------------------------------------


GRID = CurveGrid(
    orientations=tuple(15.0 * k for k in range(24)), radii=(40.0, 60.0), tile=60.0, width=2.0
)


def _curves(chosen):
    return _family().take(chosen)


def test_robustness_falls_with_the_carrier():
    network = artificial_network()
    family = _curves(range(0, 24, 4))
    found = robustness(
        network, family, carriers=("reversed", "shading", "texture-boundary"), grid=GRID, seeds=1
    )
    mean = found.mean()
    assert mean["reversed"].value > 0.95
    assert mean["shading"].value > mean["texture-boundary"].value
    assert found.across.value < 0.3 < found.overall().value
    assert more_robust(found, found).value == 0
    other = robustness(network, family, carriers=("reversed",), grid=GRID, seeds=1)
    with pytest.raises(InputError, match="same carriers"):
        more_robust(found, other)


def test_units_without_their_inputs_are_not_robust():
    """All that the curves read is taken away: their tuning is flat, which agrees with nothing."""
    network = artificial_network()
    family = _curves(range(0, 24, 6))
    options = {"carriers": ("reversed", "noise"), "grid": GRID, "seeds": 1}
    whole = robustness(network, family, **options)
    every = range(network.layer("3a").channels)
    none = robustness(network, family, without=("3a", every), **options)
    assert none.overall().value == 0
    assert more_robust(whole, none).above(0.5)
    again = robustness(network, family, **options)  # the edit has ended with its block
    np.testing.assert_array_equal(whole.correlations, again.correlations)
    with pytest.raises(InputError, match="at least 2 units"):
        robustness(network, family.take([0]), **options)
