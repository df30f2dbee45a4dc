import json
from pathlib import Path

import pytest

from curvecircuits.errors import InputError
from curvecircuits.families import published_families
from curvecircuits.models.inception import branch_of
from curvecircuits.tuning import largest_gap

SHARED = Path(__file__).parents[2] / "shared"
WIDTHS = {"conv2d0": 64, "conv2d1": 64, "conv2d2": 192, "mixed3a": 256, "mixed3b": 480}


def test_every_unit_of_the_first_five_layers_is_in_one_family():
    published = published_families()
    for layer, width in WIDTHS.items():
        units = [u for family in published.families[layer].values() for u in family]
        assert sorted(units) == list(range(width))


def test_facts_the_articles_state():
    """Ten curves in 3b, all in the 5×5 branch, with the two largest gaps near the top."""
    published = published_families()
    curves = published.curves["mixed3b"]
    assert set(curves) == set(published.families["mixed3b"]["Curves"])
    assert len(curves) == 10
    assert {branch_of("mixed3b", u, variant="inception_v1") for u in curves} == {"5x5"}
    assert largest_gap([c.orientation for c in curves.values()]) == 68
    assert max(c.echo for c in curves.values()) <= 0.03
    assert max(c.echo for c in published.curves["conv2d2"].values()) > 0.8
    assert len(published.lines["mixed3a"]) == 241


def test_unknown_units_say_what_is_valid():
    published = published_families()
    assert published.family_of("mixed3a", 147) == "Curves"
    with pytest.raises(InputError, match="conv2d0"):
        published.family_of("mixed5b", 1)
    with pytest.raises(InputError, match="mixed4d:1"):
        published.family_of("mixed4d", 1)


@pytest.mark.shared
def test_the_packaged_lists_are_the_reference_ones():
    reference = json.loads((SHARED / "reference" / "families.json").read_text())
    ours = {
        layer: {family: list(units) for family, units in families.items()}
        for layer, families in published_families().families.items()
    }
    assert ours == reference
