from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from curvecircuits.artificial import (
    Constants,
    Parts,
    artificial_network,
    general_geometry,
    inception_geometry,
)
from curvecircuits.artificial.constants import VARIABLES
from curvecircuits.catalog import load
from curvecircuits.compare.fit import fit_constants
from curvecircuits.compare.halves import drawn
from curvecircuits.compare.varied import Varied
from curvecircuits.errors import InputError
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import CurveGrid
from curvecircuits.tuning import tune

SHARED = Path(__file__).parents[2] / "shared"
AT = (0.0, 75.0, 160.0, 250.0)
GRID = CurveGrid(tuple(range(0, 360, 15)), (250.0, 120.0, 80.0, 60.0, 40.0, 25.0), 60.0, 2.0)
SMALL = CurveGrid(tuple(range(0, 360, 30)), (120.0, 80.0, 50.0, 30.0), 60.0, 2.0)
OTHER = replace(
    Constants(),
    opposing_inhibition=0.6 * Constants().opposing_inhibition,
    early_crossing=0.7 * Constants().early_crossing,
)
"""What a natural family might have been written with."""


def fitted(natural, **options):
    defaults = {
        "layer": "3b",
        "channels": range(len(AT)),
        "orientations": AT,
        "grid": None if options.get("on") == "images" else SMALL,
        "geometry": inception_geometry(),
        "names": ["opposing_inhibition", "early_crossing"],
    }
    return fit_constants(network=natural, **(defaults | options))


def photographs(count=8, *, seed=0):
    """Blurred noise, which has contours of all orientations."""
    noise = torch.rand(count, 1, 14, 14, generator=torch.Generator().manual_seed(seed))
    return nn.functional.interpolate(noise, 96, mode="bicubic").clamp(0, 1).expand(-1, 3, -1, -1)


@pytest.mark.parametrize(
    ("geometry", "parts"),
    [
        (inception_geometry(), Parts(colour=True, texture=True)),
        (inception_geometry("inception_v1"), Parts(contrast=False)),
        (general_geometry(stride=16, tile=75.0, centre=7.5), Parts()),
    ],
)
def test_what_is_varied_is_the_network_itself(geometry, parts):
    varied = Varied(start=Constants(), orientations=AT, geometry=geometry, parts=parts)
    images = photographs(2)
    # Without contrast normalisation little is left above a threshold.
    loud = replace(OTHER, contrast_floor=0.2, early_threshold=0.0, curve_threshold=0.0)
    for constants in (Constants(), loud):
        network = varied.network(constants)
        real = network.activations(images, layers=["3b"])["3b"]
        found = varied.responses(varied.parameters(constants), images)
        assert constants != loud or real.max() > 0
        torch.testing.assert_close(found, real, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("on", ["stimuli", "images"])
def test_constants_of_a_known_network_are_found_again(on):
    images = photographs() if on == "images" else None
    grid = GRID if on == "stimuli" else None  # so many images that they are shown in parts
    natural = artificial_network(OTHER, orientations=AT)
    found = fitted(natural, on=on, grid=grid, images=images, steps=20)
    assert found.fitted is True
    for name in ("opposing_inhibition", "early_crossing"):
        wanted = getattr(OTHER, name)
        assert getattr(found.constants, name) == pytest.approx(wanted, rel=0.05)
    assert found.start == Constants()
    assert np.all(found.after.own > 0.999)
    assert found.gain().above()
    # What fitting gained is no likeness to everything.
    assert found.gain(control=True).value < found.gain().value / 2
    untouched = replace(
        found.constants,
        opposing_inhibition=Constants().opposing_inhibition,
        early_crossing=Constants().early_crossing,
    )
    assert untouched == Constants()


def test_a_family_that_is_written_already_gains_nothing():
    found = fitted(artificial_network(orientations=AT), steps=3)
    assert found.before_mean().value == pytest.approx(1, abs=1e-4)
    assert found.gain().value == pytest.approx(0, abs=1e-4)
    assert found.before_mean(control=True).value < 0.2


def test_figures_are_of_radii_that_nothing_was_fitted_to():
    natural = artificial_network(OTHER, orientations=AT)
    found = fitted(natural, grid=GRID, steps=2, seed=3)
    seen, unseen = drawn(len(GRID.radii), seed=3)
    for constants, on_seen, on_unseen in (
        (found.start, found.seen[0], found.handwritten),
        (found.constants, found.seen[1], found.after),
    ):
        artificial = artificial_network(constants, orientations=AT)
        maps = [
            np.maximum(tune(n, ["3b"], grid=GRID)["3b"].values, 0) for n in (natural, artificial)
        ]
        for radii, score in ((seen, on_seen), (unseen, on_unseen)):
            expected = [
                np.corrcoef(a[:, radii].ravel(), b[:, radii].ravel())[0, 1]
                for a, b in zip(*maps, strict=True)
            ]
            np.testing.assert_allclose(score.own, expected, atol=1e-4)


def test_halves_are_drawn_by_the_seed_and_share_nothing():
    halves = {tuple(drawn(10, seed=seed)[0]) for seed in range(20)}
    assert len(halves) > 5
    for count in (4, 9, 10):
        first, second = drawn(count, seed=1)
        assert sorted(first + second) == list(range(count))
        assert len(first) == count // 2
    with pytest.raises(InputError, match="4 or more"):
        drawn(3, seed=0)


def test_no_constant_moves_further_than_it_may():
    found = fitted(
        artificial_network(Constants(opposing_inhibition=0.1), orientations=AT),
        reach=1.2,
        steps=4,
        names=None,
    )
    assert {m.name for m in found.moved} > {"opposing_inhibition", "curve_radius"}
    factors = [abs(np.log(m.factor)) for m in found.moved]
    assert max(factors) <= np.log(1.2) + 1e-6
    assert factors == sorted(factors, reverse=True)
    assert found.objective[-1] < found.objective[0]
    # Nothing is switched on that reads colour or texture.
    assert not {m.name for m in found.moved} & {"colour_gain", "texture_inhibition"}
    assert {m.name for m in found.moved} <= set(VARIABLES)


def test_a_unit_that_never_responds_says_nothing():
    natural = artificial_network(OTHER, orientations=AT)
    found = fitted(_with_silent(natural, 1), layer="silenced", steps=2)
    assert np.isnan(found.after.own[1])
    assert np.isfinite(np.delete(found.after.own, 1)).all()
    assert found.after_mean().units == 3
    with pytest.raises(InputError, match="responds"):
        fitted(_with_silent(natural, 0, 1, 2, 3), layer="silenced")


@pytest.mark.parametrize("on", ["stimuli", "images"])
def test_units_that_answer_by_going_down_are_fitted_by_their_sign(on):
    images = photographs() if on == "images" else None
    network = artificial_network(OTHER, orientations=AT)
    negative = _followed(network, -torch.eye(len(AT)), name="negated")
    options = {"layer": "negated", "on": on, "images": images, "steps": 2}
    found = fitted(negative, signs=[-1] * 4, **options)
    same = fitted(network, **(options | {"layer": "3b"}))
    np.testing.assert_allclose(found.handwritten.own, same.handwritten.own, atol=1e-3)
    with pytest.raises(InputError, match="responds"):
        fitted(negative, **options)


def test_a_network_of_another_stride_gets_a_geometry_of_its_own():
    shape = general_geometry(stride=16, tile=60.0, centre=3.0)
    natural = artificial_network(OTHER, orientations=AT, geometry=shape)
    found = fitted(natural, geometry=None, on="images", images=photographs(), steps=1)
    assert found.before_mean().value > 0.5
    with pytest.raises(InputError, match="look beside"):
        fitted(natural, on="images", images=photographs(), steps=1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"names": ["curve_radii"]}, "choose gabor_wavelength"),
        ({"names": ["curve_radius"] * 2}, "once"),
        ({"names": []}, "at least one"),
        ({"names": ["small_share"], "start": Constants(small_share=0.0)}, "stays 0"),
        ({"on": "images"}, "Give photographs"),
        ({"images": torch.rand(4, 3, 64, 64)}, "Give photographs"),
        ({"on": "images", "images": torch.rand(2, 3, 64, 64)}, "4 or more"),
        ({"reach": 1.0}, "factor above 1"),
        ({"steps": 0}, "1 step"),
        ({"orientations": [0.0]}, "equally many"),
        ({"channels": [99, 1, 2, 3]}, "99"),
        ({"signs": [2, 1, 1, 1]}, "1 or −1"),
    ],
)
def test_misuse_is_one_sentence(options, said):
    with pytest.raises(InputError, match=said):
        fitted(artificial_network(orientations=AT), **options)


@pytest.mark.shared
def test_the_family_of_googlenet():
    weights = SHARED / "weights" / "bvlc_googlenet.safetensors"
    if not weights.exists():
        pytest.skip(f"{weights} is not here")
    family = {358: 0.0, 368: 71.5, 386: 96.0, 346: 127.5, 413: 179.0, 408: 220.5, 321: 289.0}
    found = fit_constants(
        network=load("googlenet", weights=weights),
        layer="3b",
        channels=tuple(family),
        orientations=tuple(family.values()),
        grid=GRID,
        steps=3,
    )
    assert found.before_mean().above(0.5)
    assert found.objective[-1] < found.objective[0]
    assert found.after_mean(control=True).below(0.3)


def _followed(network, matrix, *, name):
    """A network behind whose 3b every cell is multiplied by a matrix."""
    artificial = Varied(start=OTHER, orientations=AT)
    layer = nn.Conv2d(len(matrix), len(matrix), 1, bias=False)
    with torch.no_grad():
        layer.weight[:] = matrix[:, :, None, None]

    class Behind(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = artificial._module
            setattr(self, name, layer)

        def forward(self, x):
            return getattr(self, name)(self.inner(x - 0.5))

    return wrap(Behind(), name=name, input_size=network.input_size)


def _with_silent(network, *units):
    keep = torch.ones(len(AT))
    keep[list(units)] = 0
    return _followed(network, torch.diag(keep), name="silenced")
