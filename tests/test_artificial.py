import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from curvecircuits.artificial import Constants, artificial_network, artificial_weights
from curvecircuits.artificial.curves import curve_weights, early_curve_weights
from curvecircuits.artificial.gabors import PHASES, complex_gabor_weights, gabor_weights
from curvecircuits.artificial.lines import line_weights
from curvecircuits.errors import InputError
from curvecircuits.families import find_curves
from curvecircuits.models.inception import InceptionV1
from curvecircuits.models.network import Network
from curvecircuits.stimuli import quick
from curvecircuits.tuning import angular_distance, tune, tuning_statistics


def test_family_meets_its_bar_on_outlines_and_on_held_out_stimuli():
    family = find_curves(artificial_network(), layer="3b", permutations=1)
    assert family.found
    assert [u.channel for u in sorted(family.units, key=lambda u: u.channel)] == list(range(24))
    for unit in family.units:
        for prefix in ("", "outline_"):
            own = getattr(unit, f"{prefix}orientation")
            assert angular_distance(own, 15 * unit.channel) <= 7.5
            assert 20 <= getattr(unit, f"{prefix}fwhm") <= 70
            assert 35 <= getattr(unit, f"{prefix}radius") <= 80
            assert getattr(unit, f"{prefix}echo") <= 0.15


def test_echo_comes_from_opposing_early_curves():
    """Without its negative weights from opposing early curves a curve answers both ways."""
    echoes = {}
    for inhibition in (Constants().opposing_inhibition, 0.0):
        network = artificial_network(
            dataclasses.replace(Constants(), opposing_inhibition=inhibition)
        )
        tuned = tune(network, ["3b"], grid=quick())["3b"]
        echoes[inhibition] = np.mean([s.echo for s in tuning_statistics(tuned.radial())])
    assert echoes[Constants().opposing_inhibition] < 0.03 < 0.3 < echoes[0.0]


@pytest.mark.parametrize("variant", ["googlenet", "inception_v1"])
def test_looks_where_the_trained_network_looks(variant):
    artificial = artificial_network(variant=variant)
    natural = Network(InceptionV1(variant), name=variant, aliases={"3b": "mixed3b"})
    for size in (96, 224):
        ours = artificial.geometry("3b", size=size).x
        theirs = natural.geometry("mixed3b", size=size).x
        assert (ours.stride, ours.centre) == (theirs.stride, theirs.centre)


def test_units_take_the_orientations_of_a_family():
    wanted = [10.0, 123.0, 301.0]
    network = artificial_network(orientations=wanted)
    tuned = tune(network, ["3b"], grid=quick())["3b"]
    found = [s.orientation for s in tuning_statistics(tuned.radial())]
    assert all(angular_distance(a, b) <= 5 for a, b in zip(found, wanted, strict=True))
    with pytest.raises(InputError, match="at least one"):
        artificial_network(orientations=[])


def test_gabors_come_in_reciprocal_pairs_and_ignore_an_even_grey():
    weights = gabor_weights(Constants()).unflatten(0, (-1, PHASES))
    torch.testing.assert_close(weights[:, 0], -weights[:, 2], atol=1e-6, rtol=0)
    torch.testing.assert_close(weights[:, 1], -weights[:, 3], atol=1e-6, rtol=0)
    assert weights.sum((2, 3, 4)).abs().max() < 1e-6
    grey = artificial_network().activations(torch.full((1, 3, 96, 96), 0.4), layers=["conv2d0"])
    assert grey["conv2d0"][:, :, 4:-4, 4:-4].max() < 1e-5


def test_complex_gabors_answer_every_phase_alike():
    weights = complex_gabor_weights(Constants())[:, :, 0, 0].unflatten(1, (-1, PHASES))
    assert (weights == weights[:, :, :1]).all()
    own = weights[:, :, 0].diagonal()
    assert (own > 0).all()
    assert (weights[:, :, 0] - torch.diag(own) <= 0).all()


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.floats(0, 360))
def test_a_quarter_turn_turns_the_curve_circuit(orientation):
    """Rotated copies of one circuit: turning the unit permutes inputs and turns the kernel."""
    c = Constants()
    turned = torch.deg2rad(torch.tensor([orientation, orientation + 90]))
    first, second = curve_weights(c, turned)
    early, lines = c.curve_orientations, c.line_orientations
    moved = torch.cat([first[:early].roll(early // 4, 0), first[early:].roll(lines // 2, 0)])
    torch.testing.assert_close(second, moved.rot90(-1, (1, 2)), atol=2e-5, rtol=0)


def test_shapes_are_built_along_the_tangent():
    c = Constants()
    kernel = line_weights(c)[0]  # a vertical line: normal to the right
    best = kernel[0]
    assert best[:, 1].sum() > 2 * best[:, 0].sum() > 0
    early = early_curve_weights(c)[0, 0]  # ")" seen by vertical lines
    assert early[1, 1] == early.max()
    assert early[0, 1] > early[1, 0]


def test_tails_are_exactly_zero_and_nothing_is_subnormal():
    tiny = torch.finfo(torch.float32).tiny
    for name, (kernel, _) in artificial_weights(Constants()).items():
        size = kernel.abs()
        assert kernel.isfinite().all(), name
        assert not ((size > 0) & (size < max(tiny, 0.99e-6 * float(size.max())))).any(), name


def test_forty_constants_at_most():
    assert len(dataclasses.fields(Constants)) <= 40
