"""What an objective asks for: its terms, its name and its key."""

import math

import networks
import pytest
import torch
from torch import nn

from curvecircuits.errors import InputError
from curvecircuits.models.address import Direction, Unit
from curvecircuits.models.wrap import wrap
from curvecircuits.visualize import Objective, feature_visualization
from curvecircuits.visualize.features.ascent import values_of
from curvecircuits.visualize.features.canvas import canvas_for

NETWORK = wrap(
    networks.seeded(
        lambda: nn.Sequential(
            nn.Conv2d(3, 6, 5, 2), nn.ReLU(), nn.Conv2d(6, 5, 3, 2), nn.ReLU(), nn.Conv2d(5, 4, 2)
        )
    ),
    input_size=48,
)
A, B = Objective.unit("2:1"), Objective.unit("0:3")
LESS = -A
LESS_THAN = -(A - B)


def value(objective: Objective, picture: torch.Tensor) -> float:
    return float(values_of(NETWORK, [objective], canvas_for(NETWORK, objective), picture[None])[0])


def test_sums_of_layers_of_different_stride_are_sums_of_values():
    picture = networks.noise(3, 41, 41)
    parts = {"2": value(A, picture), "0": value(B, picture)}
    for objective, wanted in (
        (A + B, parts["2"] + parts["0"]),
        (A - 0.5 * B, parts["2"] - 0.5 * parts["0"]),
        (-(A - B) * 2, -2 * parts["2"] + 2 * parts["0"]),
        (-A, -parts["2"]),
    ):
        assert value(objective, picture) == pytest.approx(wanted, abs=1e-5), objective.name


@pytest.mark.parametrize(
    ("objective", "name"),
    [
        (A + B, "2:1 + 0:3"),
        (A - B, "2:1 - 0:3"),
        (A - 0.5 * B, "2:1 - 0.5 0:3"),
        (LESS_THAN, "-(2:1 - 0:3)"),
        (-LESS_THAN, "(2:1 - 0:3)"),
        (-(0.5 * (A + B)), "-0.5 (2:1 + 0:3)"),
        (A - (A - B), "2:1 - (2:1 - 0:3)"),
        (A - 0.5 * (A + B), "2:1 - 0.5 (2:1 + 0:3)"),
        (2 * LESS, "2 (-2:1)"),
        (-LESS, "2:1"),
        (Objective.unit("2:1", offset=(1, -2)), "2:1 at +1-2"),
        (Objective.channel("2:1"), "channel 2:1"),
        (Objective.field("2", torch.ones(5, 1, 1), name="edge"), "2@edge"),
    ],
)
def test_names_say_what_the_signs_are(objective, name):
    assert objective.name == name


def test_a_key_is_of_what_is_asked_and_not_of_its_name():
    vector = (1.0, 0.0, -2.0, 0.0, 0.5)
    one, two = (Objective.unit(Direction("2", vector, name=name)) for name in ("a", "b"))
    assert one.key == two.key
    assert one.name != two.name
    asked = [
        one,
        Objective.unit(Direction("4", vector)),
        Objective.unit(Direction("2", (*vector[:4], 0.25))),
        A,
        Objective.unit("2:2"),
        Objective.unit("2:1", offset=(0, 1)),
        Objective.channel("2:1"),
        -A,
        2 * A,
        A + B,
        B + A,
        Objective.field("2", torch.ones(5, 1, 2)),
        Objective.field("2", torch.ones(5, 2, 1)),
    ]
    assert len({o.key for o in asked}) == len(asked)


def test_a_key_does_not_depend_on_the_precision(float64):
    assert Objective.unit("2:1").key == A.key
    assert Objective.unit(Unit("2", 1)).key == A.key


def test_a_direction_is_of_what_is_left_and_a_tenth_of_what_was_clipped():
    picture = networks.noise(3, 41, 41)
    vector = tuple(torch.linspace(-1, 2, 5).tolist())
    z = torch.tensor([value(Objective.unit(f"2:{c}"), picture) for c in range(5)])
    assert (z < 0).any()
    h = z.relu()
    wanted = float(torch.tensor(vector) @ (h + 0.1 * (z - h)))
    assert value(Objective.unit(Direction("3", vector)), picture) == pytest.approx(wanted, abs=1e-5)
    # Of a layer that nothing clips, it is the dot product.
    plain = float(torch.tensor(vector) @ z)
    assert value(Objective.unit(Direction("2", vector)), picture) == pytest.approx(plain, abs=1e-5)


def test_a_field_keeps_its_numbers_when_the_callers_change():
    values = torch.ones(5, 1, 1)
    objective = Objective.field("2", values)
    key = objective.key
    values.zero_()
    assert objective.key == key


@pytest.mark.parametrize("factor", [math.nan, math.inf, -math.inf])
def test_a_factor_is_finite(factor):
    with pytest.raises(InputError, match="multiplied by a finite number"):
        A * factor


def test_a_factor_of_zero_asks_for_nothing():
    with pytest.raises(InputError, match="leave it out"):
        0 * A


@pytest.mark.parametrize(
    "values",
    [
        torch.ones(5),
        torch.ones(5, 3),
        torch.ones(1, 5, 3, 3),
        torch.ones(5, 0, 3),
        torch.full((5, 1, 1), math.nan),
        torch.full((5, 1, 1), 1e300, dtype=torch.float64),
    ],
)
def test_a_field_of_another_form_is_refused(values, unannotated):
    with pytest.raises(InputError, match="finite numbers of the form"):
        Objective.field("2", values)


@pytest.mark.parametrize("size", [0.0, 1e-300])
def test_a_field_of_zeros_is_refused(size):
    with pytest.raises(InputError, match="not zero"):
        Objective.field("2", torch.full((5, 1, 1), size, dtype=torch.float64))


def test_an_objective_has_a_term():
    with pytest.raises(InputError, match="at least one term"):
        Objective((), "nothing")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("2", "is not a unit"),
        ("2:-1", "is not a unit"),
        ("2:9", "has no unit 2:9"),
        ("other:1", "has no layer 'other'"),
        (Direction("2", (1.0, 2.0)), "has 5 channels, not 2"),
        (Objective.field("2", torch.ones(4, 1, 1)), "has 5 channels, not 4"),
        (Objective.field("2", torch.ones(5, 12, 1)), "12 cells of 2 .* do not fit"),
        (Objective.unit("2:1", offset=(0, 30)), r"2 \+30 from its middle do not fit"),
        (Objective.unit("2:1", offset=(-30, 0)), "2 -30 from its middle do not fit"),
    ],
)
def test_what_a_network_does_not_have_is_said_in_one_sentence(wanted, message):
    with pytest.raises(InputError, match=message) as raised:
        feature_visualization(NETWORK, [wanted], steps=1)
    text = str(raised.value)
    assert text.endswith(".")
    assert text.count(". ") == 0
    assert "\n" not in text


@pytest.mark.parametrize(
    "wanted",
    [
        Objective.field("scores", torch.ones(5, 3, 3)),
        Objective.unit("scores:1", offset=(1, 0)),
    ],
)
def test_a_vector_has_one_cell(wanted):
    network = wrap(networks.seeded(networks.Residual), input_size=48)
    with pytest.raises(InputError, match="is no map"):
        feature_visualization(network, [wanted], steps=1)
