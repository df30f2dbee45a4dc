import ast
import dataclasses
import inspect
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from curvecircuits.artificial import (
    Constants,
    Parts,
    artificial_network,
    artificial_weights,
    curves,
    early_curves,
    gabors,
    general_geometry,
    inception_geometry,
    layout,
    lines,
    motifs,
    proto_lines,
    tiled_lines,
)
from curvecircuits.artificial.constants import COUNTS, VARIABLES, with_values
from curvecircuits.artificial.layout import HUES
from curvecircuits.errors import InputError
from curvecircuits.families import find_curves
from curvecircuits.models.inception import InceptionV1
from curvecircuits.models.network import Network
from curvecircuits.stimuli import CurveGrid, quick
from curvecircuits.tuning import angular_distance, tune, tuning_statistics

EVERYTHING = Parts(contrast=True, colour=True, texture=True)


def _statistics(network, *, layer="3b", look="outline"):
    return tuning_statistics(tune(network, [layer], grid=quick(), look=look)[layer].radial())


def _peaks(network, *, look="outline"):
    grid = CurveGrid(tuple(range(0, 360, 15)), (95.0, 60.0, 45.0), 60.0, 2.0)
    return tune(network, ["3b"], grid=grid, look=look)["3b"].responses().max((1, 2))


def test_family_is_found_and_turned_as_written():
    family = find_curves(artificial_network(), layer="3b", permutations=1)
    assert family.found
    assert sorted(u.channel for u in family.units) == list(range(24))
    for unit in family.units:
        for prefix in ("", "outline_"):
            assert angular_distance(getattr(unit, f"{prefix}orientation"), 15 * unit.channel) <= 5
            assert 25 <= getattr(unit, f"{prefix}fwhm") <= 69
            assert 35 <= getattr(unit, f"{prefix}radius") <= 80
            assert getattr(unit, f"{prefix}echo") <= 0.03


def test_echo_comes_back_without_the_weights_from_opposing_early_curves():
    """And not without as many negative weights of another kind."""
    echo = {}
    for name, value in (("opposing_inhibition", 0.0), ("curve_lines", 0.0), ("phases", 4)):
        network = artificial_network(dataclasses.replace(Constants(), **{name: value}))
        echo[name] = np.mean([s.echo for s in _statistics(network)])
    assert echo["opposing_inhibition"] > 0.15
    assert max(echo["curve_lines"], echo["phases"]) < 0.03


def test_reversed_and_filled_curves_are_curves():
    network = artificial_network()
    outline = _peaks(network)
    for look in ("reversed", "filled", "filled-reversed"):
        assert (_peaks(network, look=look) > 0.6 * outline).all(), look


def test_contrast_normalisation_is_worth_something():
    """Faint curves excite as strong ones do with it, and a tenth as much without."""
    from curvecircuits.stimuli import curves as drawn

    images = drawn(orientation=0.0, radius=60.0, size=96, centre=(47.0, 47.0), tile=60)
    ratio = {}
    for contrast in (True, False):
        network = artificial_network(parts=Parts(contrast=contrast))
        strong, faint = (
            network.run((0.5 + share * (images - 0.5)).expand(-1, 3, -1, -1), layers=["3a"])
            for share in (1.0, 0.1)
        )
        ratio[contrast] = float(faint["3a"].max() / strong["3a"].max())
    assert ratio[True] > 0.8 > 0.2 > ratio[False]


def test_colour_contrast_sees_curves_of_even_luminance():
    """A red curve on green of the same luminance excites with the part, hardly without."""
    from curvecircuits.stimuli import curves as drawn

    mask = 1 - drawn(orientation=0.0, radius=60.0, size=96, centre=(47.0, 47.0), tile=60)
    ink, paper = torch.tensor([0.68, 0.26, 0.5]), torch.tensor([0.2, 0.4, 0.5])
    image = paper[:, None, None] + mask * (ink - paper)[:, None, None]
    strongest = {
        colour: float(
            artificial_network(parts=Parts(colour=colour))
            .run(image, layers=["conv2d1"])["conv2d1"][:, :, 4:-4, 4:-4]
            .max()
        )
        for colour in (True, False)
    }
    assert strongest[True] > 0.03 > 1e-3 > strongest[False]


def test_texture_unit_inhibits_curves_among_texture():
    generator = torch.Generator().manual_seed(1)
    image = torch.rand(1, 3, 96, 96, generator=generator).round()
    maps = [
        artificial_network(parts=Parts(texture=texture)).run(image, layers=["mixed3b_pre_relu"])
        for texture in (False, True)
    ]
    plain, inhibited = (m["mixed3b_pre_relu"].mean() for m in maps)
    assert plain - inhibited > 0.1 * abs(plain)


@pytest.mark.parametrize("variant", ["googlenet", "inception_v1"])
def test_looks_where_the_trained_network_looks(variant):
    artificial = artificial_network(geometry=inception_geometry(variant))
    natural = Network(InceptionV1(variant), name=variant, aliases={"3b": "mixed3b"})
    for size in (96, 224):
        ours = artificial.geometry("3b", size=size).x
        theirs = natural.geometry("mixed3b", size=size).x
        assert (ours.stride, ours.centre) == (theirs.stride, theirs.centre)


@pytest.mark.parametrize(
    ("stride", "tile", "centre"),
    [(4, 60.0, 3.0), (8, 90.0, 3.5), (16, 117.2, 15.0), (16, 75.0, -1.0), (32, 150.0, 15.5)],
)
def test_general_geometry_looks_where_it_is_told(stride, tile, centre):
    network = artificial_network(
        orientations=[90.0], geometry=general_geometry(stride=stride, tile=tile, centre=centre)
    )
    axis = network.geometry("3b", size=224).x
    assert axis.stride == stride
    assert abs(axis.centre - centre) <= 0.5
    shape = network.activations(torch.rand(1, 3, 224, 224), layers=["3b"])["3b"].shape
    assert shape[2:] == (224 // stride, 224 // stride)


def test_general_geometry_sees_larger_curves():
    """Twice the tile: the same tuning to curves twice as large."""
    large = artificial_network(
        orientations=[0.0, 90.0], geometry=general_geometry(stride=16, tile=120.0, centre=7.0)
    )
    tuned = tune(large, ["3b"], grid=quick().scaled(2.0))["3b"]
    first, second = tuning_statistics(tuned.radial())
    assert angular_distance(first.orientation, 0) <= 5
    assert angular_distance(second.orientation, 90) <= 5
    assert max(first.echo, second.echo) < 0.05


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"stride": 6, "tile": 60.0, "centre": 0.0}, "stride of 6"),
        ({"stride": 8, "tile": 0.0, "centre": 0.0}, "tile of 0"),
    ],
)
def test_geometries_that_cannot_be_had_are_refused(wrong, said):
    with pytest.raises(InputError, match=said):
        general_geometry(**wrong)


def test_units_take_the_orientations_and_centres_of_a_family():
    wanted = [10.0, 123.0, 301.0]
    found = [s.orientation for s in _statistics(artificial_network(orientations=wanted))]
    assert all(angular_distance(a, b) <= 5 for a, b in zip(found, wanted, strict=True))
    still, moved = (artificial_network(orientations=[0.0], centres=[(x, 0.0)]) for x in (0.0, 8.0))
    image = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0))
    there, here = (
        n.run(image, layers=["mixed3b_pre_relu"])["mixed3b_pre_relu"] for n in (still, moved)
    )
    # A unit that looks one stride to the right is its neighbour, but for what the kernel cuts off.
    inner = (slice(None), slice(None), slice(3, -3), slice(3, -3))
    same = np.corrcoef(there[..., 1:][inner].ravel(), here[..., :-1][inner].ravel())[0, 1]
    other = np.corrcoef(there[..., :-1][inner].ravel(), here[..., :-1][inner].ravel())[0, 1]
    assert same > 0.9 > other
    with pytest.raises(InputError, match="at least one"):
        artificial_network(orientations=[])
    with pytest.raises(InputError, match="as many centres"):
        artificial_network(orientations=[0.0, 90.0], centres=[(0.0, 0.0)])


def test_line_detectors_answer_both_ways_and_energy_every_way():
    lines_, energy = (
        tune(artificial_network(orientations=[0.0, 60.0], detector=d), ["3b"], grid=quick())["3b"]
        for d in ("lines", "energy")
    )
    assert min(s.echo for s in tuning_statistics(lines_.radial())) > 0.8
    radial = energy.radial()
    assert (radial.min(1) > 0.5 * radial.max(1)).all()


def test_gabors_come_in_reciprocal_pairs_and_ignore_an_even_grey():
    c = Constants()
    weights = gabors.gabor_weights(c, inception_geometry(), Parts()).unflatten(0, (-1, c.phases))
    torch.testing.assert_close(weights[:, 0], -weights[:, 2], atol=1e-6, rtol=0)
    torch.testing.assert_close(weights[:, 1], -weights[:, 3], atol=1e-6, rtol=0)
    assert weights.sum((2, 3, 4)).abs().max() < 1e-6
    grey = artificial_network().activations(torch.full((1, 3, 96, 96), 0.4), layers=["conv2d0"])
    assert grey["conv2d0"][:, :, 4:-4, 4:-4].max() < 1e-5


def test_colour_contrast_ignores_luminance():
    c = Constants()
    weights = gabors.gabor_weights(c, inception_geometry(), EVERYTHING)
    coloured = weights[-c.gabor_orientations * HUES * c.phases :]
    assert coloured.sum(1).abs().max() < 1e-6
    assert coloured.abs().sum((1, 2, 3)).min() > 0.5


def test_complex_gabors_answer_every_phase_alike():
    c = Constants()
    weights = proto_lines.proto_line_weights(c, Parts())[: c.gabor_orientations, :, 0, 0]
    weights = weights.unflatten(1, (2, c.gabor_orientations, c.phases))
    assert (weights == weights[..., :1]).all()
    own = weights[:, 0, :, 0].diagonal()
    assert (own > 0).all()
    assert (weights[:, 0, :, 0] - torch.diag(own) <= 0).all()
    assert not weights[:, 1].any()


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.floats(0, 360), st.floats(-6, 6), st.floats(-6, 6))
def test_a_quarter_turn_turns_the_curve_circuit(orientation, x, y):
    """Rotated copies of one circuit: turning the unit permutes inputs and turns the kernel."""
    c = Constants()
    written = artificial_weights(
        c, orientations=[orientation, orientation + 90], centres=[(x, y), (-y, x)]
    )
    first, second = written["mixed3b"][0]
    start, moved = 0, []
    for group in layout(c, Parts())["mixed3a"]:
        part = first[start : start + group.units]
        moved.append(part.roll(group.units * 90 // group.period, 0))
        start += group.units
    torch.testing.assert_close(second, torch.cat(moved).rot90(-1, (1, 2)), atol=5e-5, rtol=0)


def test_shapes_are_built_along_the_tangent():
    c, g = Constants(), inception_geometry()
    line = lines.line_layer_weights(c, g)[0]  # a vertical line: normal to the right
    assert line[0][:, 1].sum() > 2 * line[0][:, 0].sum()
    early = early_curves.early_layer_weights(c, g, Parts())
    bracket = early[0, 0]  # ")" seen by vertical lines
    assert bracket[1, 1] == bracket.max()
    # Its upper end is tilted as "/", its lower end as the other: lines of 160° and of 20°.
    up, down = early[0, 16], early[0, 2]
    assert up[0].sum() > up[2].sum()
    assert down[2].sum() > down[0].sum()


def test_tails_are_exactly_zero_and_nothing_is_subnormal():
    tiny = torch.finfo(torch.float32).tiny
    for parts in (Parts(), EVERYTHING):
        for name, (kernel, bias) in artificial_weights(parts=parts).items():
            size = kernel.abs()
            assert kernel.isfinite().all(), name
            assert not ((size > 0) & (size < max(tiny, 0.99e-6 * float(size.max())))).any(), name
            assert bias.isfinite().all()


def test_forty_constants_at_most_each_documented():
    from curvecircuits.artificial.constants import constant_docs

    assert len(dataclasses.fields(Constants)) <= 40
    assert set(COUNTS) | set(VARIABLES) == {f.name for f in dataclasses.fields(Constants)}
    assert not [name for name, text in constant_docs().items() if len(text) < 15 and text]
    undocumented = [name for name, text in constant_docs().items() if not text]
    assert not undocumented


@pytest.mark.parametrize("module", [gabors, proto_lines, lines, early_curves, curves, tiled_lines])
def test_no_number_stands_in_a_weight_formula(module):
    """Every number of a formula is a constant with a name: 0, 1 and 2 alone are mathematics.

    Indices and axes are no numbers of a formula.
    """
    tree = ast.parse(inspect.getsource(module))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        for outer in (
            [node.slice]
            if isinstance(node, ast.Subscript)
            else [k.value for k in node.keywords if k.arg in ("dim", "keepdim")]
            if isinstance(node, ast.Call)
            else []
        )
        for inner in ast.walk(outer)
    }
    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and not isinstance(node.value, bool)
        and id(node) not in skipped
    ]
    calls = [  # sum((1, 2, 3)), flatten(0, 2): axes
        argument
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("sum", "flatten", "expand", "repeat_interleave")
        for argument in node.args
    ]
    axes = [n.value for a in calls for n in ast.walk(a) if isinstance(n, ast.Constant)]
    for value in axes:
        if value in found:
            found.remove(value)
    assert not [v for v in found if v not in (0, 1, 2)]


def test_motifs_use_no_numbers_of_their_own():
    tree = ast.parse(inspect.getsource(motifs))
    numbers = {
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant)
        and isinstance(n.value, int | float)
        and not isinstance(n.value, bool)
    }
    assert numbers <= {0, 1, 2, 3, motifs._NEGLIGIBLE}


def test_weights_are_differentiable_functions_of_the_constants():
    c = Constants()
    values = torch.tensor([float(getattr(c, n)) for n in VARIABLES], requires_grad=True)
    written = artificial_weights(with_values(c, values), parts=EVERYTHING)
    fixed = artificial_weights(c, parts=EVERYTHING)
    for name, (kernel, bias) in written.items():
        torch.testing.assert_close(kernel, fixed[name][0], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(bias, fixed[name][1])
    total = sum(k.square().sum() + b.square().sum() for k, b in written.values())
    (gradient,) = torch.autograd.grad(total, values)
    unused = [n for n, g in zip(VARIABLES, gradient, strict=True) if not g.abs() > 0]
    assert unused == ["contrast_floor"]  # which is no weight, but a constant of the normalisation
    assert math.isfinite(float(gradient.abs().max()))
