import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from networks import written
from torch import nn

from curvecircuits.artificial import Constants, artificial_network
from curvecircuits.circuits.bumps import bumps
from curvecircuits.circuits.line_drawn import confirm
from curvecircuits.circuits.line_matrix import line_matrix, smoother
from curvecircuits.circuits.line_positions import line_positions, tolerance
from curvecircuits.errors import InputError
from curvecircuits.families.elongation import elongation
from curvecircuits.families.line_tuning import judge_lines, line_statistics
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli.bumpy import bumpy_arcs
from curvecircuits.tuning.lines import line_grid, tune_lines

REFERENCE = Path(__file__).parents[2] / "shared" / "reference"


@pytest.fixture(scope="module")
def network():
    """Weights whose expansion is known to follow tangents, smoothly.

    Opposing curves inhibit less than similar ones excite: were it more, lines across the tangent,
    which inhibit the inhibitors, would excite in expanded weights. Lines are accepted from angles
    wide enough for bins of 15°.
    """
    return artificial_network(
        replace(Constants(), opposing_inhibition=0.5, early_concentration=4.0)
    )


@pytest.fixture(scope="module")
def curves():
    return written("3b", "curve", every=3)


def _apart(a, b):
    return np.abs((np.asarray(a) - np.asarray(b) + 90) % 180 - 90)


# -- classes of line tuning curves -------------------------------------------------------------


def _bump(centre, below, above, step=0.5):
    """A curve that falls to half at `below` and `above` degrees from its peak."""
    angle = (np.arange(0, 180, step) - centre + 90) % 180 - 90
    return 0.5 ** np.where(angle < 0, (angle / below) ** 2, (angle / above) ** 2)


@pytest.mark.parametrize("step", [0.5, 5.0])
def test_statistics_are_those_a_curve_was_made_with(step):
    (found,) = line_statistics(_bump(40, 12, 30, step)[None])
    assert _apart(found.orientation, 40) <= 3
    assert found.flanks == pytest.approx((12, 30), abs=3)
    assert found.fwhm == pytest.approx(42, abs=2.5)
    assert found.sharpest == min(found.flanks)
    assert found.feet[0] == pytest.approx(12 * np.log2(20) ** 0.5, abs=5)
    assert found.tolerance == pytest.approx(2.5, abs=0.6)
    assert found.dip == 0
    assert found.at90 < 0.01


@pytest.mark.parametrize("turn", [0, 37, 175])
@pytest.mark.parametrize("mirrored", [False, True])
def test_classes_do_not_depend_on_orientation_hand_or_noise(turn, mirrored):
    line, cliff = _bump(90, 25, 25), _bump(90, 8, 30)
    echoing = line + 0.3 * np.roll(_bump(90, 15, 15), 180)
    cross = line + 0.8 * np.roll(_bump(90, 15, 15), 180)
    rows = np.stack([line, cliff, echoing, cross, 0.1 * line, np.ones(360), np.zeros(360)])
    rows = np.roll(rows[:, ::-1] if mirrored else rows, 2 * turn, axis=1)
    wanted = ["line", "cliff", "line with an echo", None, None, None, None]
    assert [j.kind for j in judge_lines(rows)] == wanted
    noise = np.random.default_rng(turn).normal(size=rows.shape) * 0.03 * rows.max(1, keepdims=True)
    assert [j.kind for j in judge_lines(np.maximum(rows + noise, 0))] == wanted
    assert [j.kind for j in judge_lines(rows[:, ::10])] == wanted


def test_a_top_with_two_summits_is_no_cliff():
    two = _bump(80, 10, 10) + _bump(105, 10, 10)
    (found,) = judge_lines(two[None])
    assert found.statistics.dip > 0.1
    assert found.kind != "cliff"
    assert _apart(found.statistics.axis, 92.5) < 2


def test_curves_that_are_none_are_refused():
    with pytest.raises(InputError, match="at least 12"):
        line_statistics(np.ones((2, 8)))
    with pytest.raises(InputError, match="never negative"):
        line_statistics(-np.ones((2, 36)))


@pytest.mark.shared
def test_published_lines_and_cliffs_are_recovered():
    data = json.loads((REFERENCE / "published" / "lines-mixed3a.json").read_text("utf-8"))
    sets = json.loads((REFERENCE / "curve-circuits-sets.json").read_text("utf-8"))
    curves = np.array([data[str(unit)] for unit in range(256)])
    kinds = [j.kind for j in judge_lines(curves)]
    lines, cliffs = (sets[f"mixed3a_{name}"] for name in ("simple_lines", "cliffs"))
    assert sum(str(kinds[u]).startswith("line") for u in lines) >= 10
    assert sum(kinds[u] == "cliff" for u in cliffs) >= 4
    # Cliffs are not what every unit is: among the others that respond they are a minority.
    others = [kinds[u] for u in range(256) if u not in cliffs]
    assert others.count("cliff") < len(others) / 4


# -- measuring them ----------------------------------------------------------------------------


@pytest.mark.parametrize("look", ["outline", "reversed"])
def test_written_lines_are_lines_of_their_orientation(network, look):
    tuning = tune_lines(network, ["conv2d2"], grid=line_grid(24.0), look=look)["conv2d2"]
    assert tuning.values.shape == (network.layer("conv2d2").channels, 36, 5)
    judged = judge_lines(tuning.curve())
    for name in ("line", "shifted line"):
        lines = written("conv2d2", name)
        found = [judged[c] for c in lines.channels]
        assert {j.kind for j in found} <= {"line", "line with an echo"}
        assert _apart([j.statistics.axis for j in found], lines.orientations).max() < 4


def test_an_edge_has_ink_where_its_normal_points():
    """The unit adds up what is left of its centre less what is right of it."""
    conv = nn.Conv2d(3, 1, (1, 9), bias=False)
    with torch.no_grad():
        conv.weight[0, :] = torch.sign(torch.arange(4.0, -5, -1)) / 12
    net = wrap(nn.Sequential(conv, nn.ReLU()), input_size=64)
    grid = line_grid(32.0, offsets=1)
    found = {
        look: tune_lines(net, ["1"], grid=grid, look=look)["1"]
        for look in ("edge", "edge-reversed")
    }
    assert found["edge"].values[0, 0, 0] > 0.9  # paper to the left, ink to the right
    assert found["edge-reversed"].values[0, 0, 0] < -0.9


def test_looks_and_layers_that_are_none_are_refused(network, unannotated):
    with pytest.raises(InputError, match="no look of a line"):
        tune_lines(network, ["3a"], grid=line_grid(32.0), look="dotted")
    with pytest.raises(InputError, match="at least one layer"):
        tune_lines(network, [], grid=line_grid(32.0))


def _gabor(orientation, along, across):
    """21 × 21: dark stripes of one orientation under an envelope of two widths."""
    y, x = torch.meshgrid(torch.arange(-10.0, 11), torch.arange(-10.0, 11), indexing="ij")
    turn = torch.deg2rad(torch.tensor(orientation))
    s, t = x * torch.cos(turn) + y * torch.sin(turn), y * torch.cos(turn) - x * torch.sin(turn)
    kernel = torch.cos(s * 2 * torch.pi / 6) * torch.exp(
        -((s / across) ** 2 + (t / along) ** 2) / 2
    )
    return -(kernel - kernel.mean())


def test_elongation_tells_texture_from_lines():
    """Stripes longer across than along are what the article calls perpendicular."""
    cases = [(o, *sides) for o in (0.0, 30.0, 90.0, 135.0) for sides in ((5, 1.5), (1.5, 5))]
    conv = nn.Conv2d(3, len(cases), 21, bias=False)
    with torch.no_grad():
        conv.weight[:] = torch.stack([_gabor(*case) for case in cases])[:, None] / 3
    net = wrap(nn.Sequential(conv, nn.ReLU()), input_size=96)
    found = elongation(net, "1", tile=26.0, positions=13)
    assert [u.perpendicular for u in found] == [along < across for _, along, across in cases]
    assert _apart([u.orientation for u in found], [c[0] for c in cases]).max() <= 15
    told = elongation(net, "1", tile=26.0, positions=13, preferred=[c[0] for c in cases])
    assert [u.perpendicular for u in told] == [u.perpendicular for u in found]
    with pytest.raises(InputError, match="odd number"):
        elongation(net, "1", tile=26.0, positions=8)
    with pytest.raises(InputError, match="as many preferred"):
        elongation(net, "1", tile=26.0, preferred=[0.0])


# -- lines and curves --------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["3a", "conv2d2"])
def test_lines_excite_along_the_tangent(network, curves, source):
    found = line_positions(network, curves, source, radius=60.0, tile=60.0)
    measured = tolerance(found)
    assert measured.excited.value == 1
    assert measured.excited_across.value == 0
    assert measured.excited.low > measured.excited_shuffled.high
    assert 5 < measured.side.low <= measured.side.high < 50
    assert np.isfinite(measured.degrees[found.on_arc]).all()
    assert np.isnan(measured.degrees[~found.on_arc]).all()


def test_values_turn_with_the_curve(network, curves):
    """A quarter turn of curve, cell and line leaves the value as it is."""
    found = line_positions(network, curves, "3a", radius=60.0, tile=60.0)
    first, quarter = found.values[0], found.values[2]  # 0° and 90°
    turned = np.roll(np.rot90(first, -1, axes=(1, 2)), 18, axis=0)
    assert np.corrcoef(turned.ravel(), quarter.ravel())[0, 1] > 0.99
    assert np.corrcoef(first.ravel(), quarter.ravel())[0, 1] < 0.9


def test_drawn_lines_do_what_the_weights_say(network, curves):
    found = line_positions(network, curves, "3a", radius=60.0, tile=60.0, angles=18)
    real = confirm(network, found)
    assert real.on_arc.low > 0.9
    assert real.on_arc.low > real.shuffled.high
    assert len(real.of_units) == len(curves)


def test_a_cut_flank_shows_as_asymmetry(network, curves):
    """Without the lines turned one way, curves tolerate less on that side."""
    edited = network.copy()
    with torch.no_grad():
        lines = written("3a", "line")
        for channel, orientation in zip(lines.channels, lines.orientations, strict=True):
            turn = (orientation - 0.0 + 90) % 180 - 90  # relative to the first curve
            if 8 < turn < 60:
                edited.state["mixed3b_pre_relu.weight"][0, channel] -= 0.005
    one = curves.take([0])
    before, after = (
        tolerance(line_positions(net, one, "3a", radius=60.0, tile=60.0)).degrees[0, 2, 2]
        for net in (network, edited)
    )
    assert after[1] < before[1] - 2
    assert after[1] < after[0] - 2


def test_smoothness_is_of_the_angle_between_line_and_curve(network, curves):
    early = line_matrix(network, targets=curves, sources=written("conv2d2", "line"), radius=60.0)
    later = line_matrix(network, targets=curves, sources=written("3a", "line"), radius=60.0)
    for found in (early, later):
        assert found.smoothness.low > 0.8 > found.shuffled
        bins = found.bins()
        assert bins[7.5].value > 0 > bins[82.5].value
    assert abs(smoother(early, later).value) < 0.2
    lines = written("3a", "line")
    dealt = np.random.default_rng(0).permutation(lines.channels)
    mixed = replace(lines, channels=tuple(int(k) for k in dealt))
    rough = line_matrix(network, targets=curves, sources=mixed, radius=60.0)
    assert rough.smoothness.value < 0.3
    assert smoother(early, rough).above()


def test_what_is_no_curve_or_line_is_refused(network, curves):
    lines = written("3a", "line")
    with pytest.raises(InputError, match="period 360"):
        line_positions(network, lines, "conv2d2", radius=60.0)
    with pytest.raises(InputError, match="more than 0"):
        line_positions(network, curves, "3a", radius=0.0)
    with pytest.raises(InputError, match="at least 8 lines"):
        line_matrix(network, targets=curves, sources=lines.take([0, 1]), radius=60.0)
    with pytest.raises(InputError, match="none as both"):
        bumps(network, curves, source="3a", cliffs=[24], lines=[24, 25], radius=60.0)


# -- bumps -------------------------------------------------------------------------------------


def test_bumps_swing_about_the_arc():
    options = {"orientation": 90, "radius": 24.0, "size": 64, "arc": 90}
    smooth = bumpy_arcs(amplitude=0.0, wavelength=12.0, phases=1, **options)
    rough = bumpy_arcs(amplitude=3.0, wavelength=12.0, phases=4, **options)
    assert rough.shape == (4, 1, 64, 64)
    y, x = torch.meshgrid(torch.arange(64) + 0.5, torch.arange(64) + 0.5, indexing="ij")
    away = (torch.hypot(x - 32, y - 8) - 24).abs()
    for images, furthest in ((smooth, 2), (rough, 5)):
        assert away[(images < 0.5).any(0)[0]].max() < furthest
    assert away[(rough < 0.5).any(0)[0]].max() > 3
    # Together the phases lie as often outside as inside.
    side = (1 - rough).mean(0)[0] * (torch.hypot(x - 32, y - 8) - 24)
    assert abs(side.sum() / (1 - rough).mean(0).sum()) < 0.3
    with pytest.raises(InputError, match="amplitude below the radius"):
        bumpy_arcs(amplitude=30.0, wavelength=12.0, **options)


def test_bumps_disturb_curves_and_their_inputs(network, curves):
    """Nothing tells some lines of the artificial network from others."""
    lines = written("3a", "line").channels
    options = {"source": "3a", "radius": 60.0}
    found = bumps(network, curves, cliffs=lines[::2], lines=lines[1::2], **options)
    assert 0 < found.kept_response.value < 1
    assert found.from_cliffs.shape == found.from_lines.shape == (len(curves), 2)
    low, high = found.change_chance
    assert low < found.change.value < high
    whole = found.from_cliffs + found.from_lines
    early = written("3a", "early curve").channels
    alone = bumps(network, curves, cliffs=early, lines=lines, **options)
    np.testing.assert_allclose(alone.from_lines, whole, rtol=1e-4, atol=1e-4)
    # 3a is the last layer before the curves: its contributions are the response.
    rest = sorted(set(range(network.layer("3a").channels)) - set(early))
    every = bumps(network, curves, cliffs=early, lines=rest, **options)
    np.testing.assert_allclose(
        every.from_cliffs + every.from_lines, every.response, rtol=1e-3, atol=1e-3
    )
