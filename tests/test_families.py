"""What was planted is found, and nothing else is."""

import re
from dataclasses import replace

import networks
import numpy as np
import pytest
from torch import nn

from bars import families as bars
from curvecircuits.errors import InputError
from curvecircuits.families import find_curves, searchable_layers
from curvecircuits.families.criteria import Criteria, judge
from curvecircuits.families.tiles import scan_grid
from curvecircuits.models.inception import InceptionV1, inception_aliases
from curvecircuits.models.network import Network
from curvecircuits.models.permute import weight_permuted
from curvecircuits.models.wrap import wrap
from curvecircuits.tuning import CurveTuning, angular_distance
from curvecircuits.tuning.station import Station

EIGHT = [45.0 * i for i in range(8)]


@pytest.fixture(scope="module")
def planted() -> Network:
    return networks.planted(EIGHT)


@pytest.fixture(scope="module")
def family(planted):
    return find_curves(planted, permutations=2)


def test_the_planted_units_are_found(planted, family):
    assert family.found
    assert family.layer == "3"
    assert sorted(u.channel for u in family.units) == list(range(8))
    assert family.early == ()
    for unit in family.units:
        assert angular_distance(unit.orientation, EIGHT[unit.channel]) <= 3, unit
        assert angular_distance(unit.outline_orientation, EIGHT[unit.channel]) <= 3, unit
        assert unit.confirmed
        assert (unit.unit, unit.sign, unit.kind) == (f"3:{unit.channel}", 1, "curve")
        assert 10 <= unit.radius <= 30
    assert family.largest_gap == pytest.approx(45, abs=6)
    assert family.model_hash == planted.model_hash
    assert "curve family of 8 units in 3" in family.verdict


def test_every_searched_layer_is_reported(family):
    (scan,) = family.layers  # the 9 × 9 lines of layer 1 are too small to hold a curve
    assert (scan.layer, scan.curves, scan.early_curves) == ("3", 8, 0)
    assert scan.permuted == family.permuted_counts == (0, 0)
    assert scan.purity > 5


def test_nothing_is_found_where_the_weights_are_shuffled(planted):
    for seed in (5, 6):
        control = find_curves(weight_permuted(planted, seed=seed), layer="3", permutations=1)
        assert not control.found
        assert control.units == control.early == ()
        assert control.layer == "3"
        assert "No curve family found" in control.verdict
    assert find_curves(weight_permuted(planted, seed=5), permutations=1).layer is None


def test_three_units_are_no_family():
    few = find_curves(networks.planted(EIGHT[:3]), layer="3", permutations=1)
    assert few.layers[0].curves == 3
    assert not few.found
    assert few.units == ()


def test_as_many_units_in_a_permuted_copy_are_no_family(planted, monkeypatch):
    from curvecircuits.families import find

    monkeypatch.setattr(find, "weight_permuted", lambda network, **_: network.copy())
    found = find_curves(planted, layer="3", permutations=1)
    assert found.permuted_counts == (8,)
    assert not found.found


def test_the_same_seed_gives_the_same_family(planted, family):
    assert find_curves(planted, permutations=2) == family
    other = find_curves(planted, permutations=2, seed=9)
    assert other.units == family.units
    assert other.seed == 9


def test_what_cannot_be_searched(planted):
    with pytest.raises(InputError, match="planted has no layer 'mixed3b'"):
        find_curves(planted, layer="mixed3b")
    with pytest.raises(InputError, match="at least 1 weight-permuted copy"):
        find_curves(planted, permutations=0)
    tiny = wrap(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), name="tiny", input_size=32)
    with pytest.raises(InputError, match="tiny has no layer whose receptive field holds a curve"):
        find_curves(tiny)
    with pytest.raises(InputError, match="scores of Residual has no geometry"):
        find_curves(wrap(networks.Residual(), input_size=48), layer="scores")


def test_searched_are_the_layers_that_hold_features():
    network = Network(
        InceptionV1("googlenet"), name="googlenet", aliases=inception_aliases(), input_size=96
    )
    found = searchable_layers(network)
    assert {"conv2d0", "conv2d2", "3a", "mixed3b_5x5_bottleneck", "3b", "4a"} <= set(found)
    # A branch that only the concatenation reads, and what was not clipped yet, are parts of others.
    assert not {"mixed3b_5x5", "mixed3b_5x5_pre_relu", "mixed3b_pre_relu", "maxpool0"} & set(found)
    residual = searchable_layers(wrap(networks.Residual(), input_size=48))
    assert residual == ["relu", "block1.relu", "block1.relu~2", "block2.relu", "block2.relu~2"]


# The criteria, one by one -------------------------------------------------------------------------

GRID = scan_grid(60.0)


def bump(at: float, width: float = 50.0) -> np.ndarray:
    away = (np.asarray(GRID.orientations) - at + 180) % 360 - 180
    return np.exp(-4 * np.log(2) * (away / width) ** 2)


def tuning(*units: np.ndarray, linear: bool = False, blank: float = 0.0) -> CurveTuning:
    """Tuning made by hand: a radial curve each, or a whole (orientations, radii) response."""
    best = np.array([0.1, 0.3, 0.6, 1.0, 0.5, 0.2])
    values = np.stack([u if u.ndim == 2 else u[:, None] * best for u in units])
    return CurveTuning(
        layer="l",
        look="outline",
        grid=GRID,
        station=Station(layer="l", size=64, row=3, column=3, centre=(32.0, 32.0)),
        values=values + blank,
        blank=np.full(len(units), blank),
        linear=linear,
    )


CURVE = bump(90)


def verdict(unit: np.ndarray) -> tuple[str | None, tuple[str, ...]]:
    """Of a unit beside two that are surely curves."""
    found = judge(tuning(CURVE, CURVE, unit), Criteria())
    assert [j.channel for j in found] == [0, 1, 2]
    assert found[0].kind == "curve"
    return found[2].kind, found[2].reasons


def test_a_curve_meets_every_criterion():
    assert verdict(bump(212)) == ("curve", ())


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        (0.3 * bump(10), "its peak is 0.30 of the layer's strong units, under 0.5"),
        (bump(10, 12), "° wide, outside 15 to 110"),
        (bump(10, 115), "its tuning is 11[5-8]° wide"),
        (3 * bump(10)[:, None] * np.array([1.0, 0.2, 0.1, 0, 0, 0]), "a radius of 4.17 tiles"),
        (3 * bump(10)[:, None] * np.array([0, 0, 0, 0, 0.1, 1.0]), "a radius of 0.28 tiles"),
    ],
)
def test_a_near_miss_says_why(unit, reason):
    kind, reasons = verdict(unit)
    assert kind is None
    assert len(reasons) == 1
    assert re.search(reason, reasons[0])


def test_an_echo_makes_an_early_curve():
    kind, reasons = verdict(bump(10, 100) + 0.3 * bump(190, 90))
    assert kind == "early curve"
    assert reasons == ("it has an echo of 0.30 on the opposite side, over 0.1",)
    kind, reasons = verdict(bump(10) + 0.4 * bump(100))
    assert kind == "early curve"
    assert reasons == ("it responds 0.40 of its peak at ±90°",)


def test_a_line_is_no_curve():
    kind, reasons = verdict(bump(10) + bump(190))
    assert kind is None
    assert "a line rather than a curve" in reasons[0]


def test_an_orientation_that_drifts_with_the_radius_is_incoherent():
    drifting = np.stack([bump(10 + 60 * r) for r in range(6)], axis=1)
    kind, reasons = verdict(drifting)
    assert kind is None
    assert any("its orientation changes with radius" in r for r in reasons)


def test_a_silent_unit_says_so():
    assert verdict(-CURVE) == (None, ("no outline curve excites it",))


@pytest.mark.parametrize("blank", [0.0, -7.0, 100.0])
def test_on_a_linear_layer_a_negative_can_be_the_detector(blank):
    plus, minus = judge(tuning(CURVE, -CURVE, linear=True, blank=blank), Criteria())
    assert (plus.kind, plus.sign) == ("curve", 1)
    assert (minus.kind, minus.sign) == ("curve", -1)
    assert minus.statistics.orientation == plus.statistics.orientation == 90


def test_criteria_can_be_changed():
    strict = replace(Criteria(), fwhm=(15.0, 40.0))
    assert judge(tuning(CURVE), strict)[0].kind is None
    assert judge(tuning(CURVE), Criteria())[0].kind == "curve"


# The trained network ------------------------------------------------------------------------------


def passes(bar):
    outcome = bar(True)
    assert outcome.ok, f"{outcome.value}, not {outcome.bound}: {outcome.detail}"


@pytest.mark.shared
def test_the_family_of_googlenet_is_the_one_that_other_tests_use(monkeypatch):
    found = []

    def search(*args, **options):
        found.append(find_curves(*args, **options))
        return found[-1]

    monkeypatch.setattr(bars, "find_curves", search)
    passes(bars.googlenet_family)
    recorded = networks.googlenet_family()
    assert [u.unit for u in found[0].units] == [u.unit for u in recorded.units]
    for one, other in zip(found[0].units, recorded.units, strict=True):
        assert one.orientation == pytest.approx(other.orientation, abs=1)
        assert one.radius == pytest.approx(other.radius, rel=0.05)


@pytest.mark.shared
def test_there_is_none_without_its_weights():
    passes(bars.permuted)
