"""Claims: verdicts follow intervals, controls say nothing holds, and the table is complete."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import planted

from curvecircuits.artificial import Constants, artificial_network
from curvecircuits.circuits.chance import Compared
from curvecircuits.circuits.intervals import Interval, resampled
from curvecircuits.claims import CLAIMS, ClaimTable, Evidence, measure_claims, words
from curvecircuits.claims.verdict import beyond_chance, judged, within
from curvecircuits.cli import main
from curvecircuits.errors import InputError
from curvecircuits.families import Family, discover_families
from curvecircuits.models.network import Network
from curvecircuits.models.wrap import wrap
from curvecircuits.store import dump, load

HERE = Path(__file__).resolve()
CONTRACT = {
    "id",
    "section",
    "statement",
    "published",
    "measured",
    "interval",
    "permuted",
    "holds",
}


def twelve() -> Network:
    """Twelve artificial curves, found by this file's own name."""
    few = Constants(curve_orientations=16)
    return artificial_network(few, orientations=[30.0 * k for k in range(12)])


def eight() -> Network:
    """Eight curves of two layers, found by this file's own name."""
    return planted([45.0 * k for k in range(8)])


@pytest.fixture(scope="module")
def artificial() -> ClaimTable:
    return measure_claims(twelve(), layer="3b")


def test_there_are_claims_enough():
    assert len(CLAIMS) >= 25
    assert len({c.id for c in CLAIMS}) == len(CLAIMS)
    assert all(c.statement.endswith(".") and c.how and c.criterion for c in CLAIMS)


@given(st.floats(-5, 5), st.floats(0, 3), st.floats(0, 3), st.floats(-3, 3), st.floats(0, 4))
def test_a_verdict_is_where_the_interval_lies(value, below, above, low, span):
    found = Interval(value=value, low=value - below, high=value + above, units=9)
    holds = within(found, low, low + span)
    inside = low <= found.low and found.high <= low + span
    outside = found.high < low or found.low > low + span
    assert holds is (True if inside else False if outside else None)


def test_too_few_units_are_undecided():
    finding = judged(resampled(np.array([1.0, 2.0])), low=0)
    assert finding.holds is None
    assert "Too few units (2)" in finding.note


def test_chance_can_undo_a_claim():
    measured = Interval(value=1.0, low=0.5, high=1.5, units=9)
    rare = Compared(measured=measured, null=(0.0,) * 99, side="above")
    common = Compared(measured=measured, null=(0.0, 1.0) * 50, side="above")
    assert beyond_chance(rare, note="").holds is True
    assert beyond_chance(common, note="").holds is None
    assert beyond_chance(Compared(measured=measured, null=(), side="below"), note="").holds is False


def test_the_artificial_network_bears_the_story_out(artificial):
    holds = {c.id: c.holds for c in artificial.claims}
    for name in (
        "rotated-copies",
        "rotation-equivariant",
        "similar-excite",
        "opposing-inhibit",
        "tiles-follow-the-arc",
        "preference-shifts",
        "early-curves-echo",
        "curves-have-no-echo",
        "echo-returns",
        "tangent-motif",
        "lines-along-the-tangent",
    ):
        assert holds[name] is True, name


def test_next_to_nothing_holds_on_the_permuted_copy(artificial):
    """But counts, and ranges that nearly any weights fall into."""
    held = {c.id for c in artificial.claims if c.permuted}
    assert held <= {"parameters", "tolerance", "tolerance-asymmetric"}


def test_every_claim_stays_in_the_table(artificial):
    assert [c.id for c in artificial.claims] == [c.id for c in CLAIMS]
    for c in artificial.claims:
        assert c.measured is None or math.isfinite(c.measured)
        assert c.holds is None or c.measured is not None or c.note
        if c.measured is None and c.holds is None:
            assert c.note
        if c.interval is not None and c.measured is not None:
            assert c.interval[0] <= c.measured <= c.interval[1]
    assert load(ClaimTable, dump(artificial)) == artificial


def test_a_network_without_curves_is_told_so():
    from torch import nn

    network = wrap(
        nn.Sequential(nn.Conv2d(3, 8, 9, stride=4), nn.ReLU(), nn.Conv2d(8, 8, 9), nn.ReLU()),
        input_size=96,
    )
    found = measure_claims(network)
    assert found.layer is None
    assert all(c.holds is None and c.permuted is None for c in found.claims)
    assert all("curve family" in c.note for c in found.claims)


def test_a_shallow_network_tests_what_it_can():
    """Two layers: there are no early curves, and each claim says what is missing."""
    found = measure_claims(eight())
    assert found.layer == "3"
    holds = {c.id: c.holds for c in found.claims}
    assert holds["rotated-copies"] is True
    assert all(c.note.startswith("Not testable here") for c in found.claims if c.measured is None)


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    network = twelve()
    taxonomy = discover_families(network, curve_layer="3b", layers=["conv2d2", "3a", "3b"])
    curves = taxonomy.family("3b", "curve")
    return Evidence(network=network, curves=curves, radius=20.0, taxonomy=taxonomy)


def test_an_experiment_is_made_once(evidence):
    assert evidence.layers == evidence.taxonomy.layers
    assert evidence.weights(1) is evidence.weights(1)
    assert evidence.weights(1).source != evidence.weights(2).source
    lines = evidence.lines(2)
    far = evidence.motif(evidence.early, lines, radius=math.inf)
    assert far is evidence.motif(evidence.early, lines, radius=math.inf)
    assert far is not evidence.motif(evidence.early, lines, radius=50.0)
    assert evidence.tuning("3a") is evidence.tuning("3a")
    assert evidence.tuning("3a").grid.tile == evidence.tile("3a") != evidence.tile("3b")


def test_a_copy_takes_nothing_from_the_original(evidence):
    """What was kept of one network is no measurement of another."""
    few = Family(name="curve", layer="3b", channels=(0, 6), orientations=(0.0, 90.0), period=360)
    assert len(evidence.weights(1).units) == len(evidence.curves)
    assert len(replace(evidence, curves=few).weights(1).units) == 2
    copy = evidence.permuted(1)
    assert type(copy) is Evidence
    assert copy.curves == evidence.curves
    assert not np.allclose(copy.weights(1).values, evidence.weights(1).values)


def test_results_in_words(artificial):
    first = artificial.claims[0]
    told = replace(first, measured=0.12345, interval=(0.1, 0.2), holds=True, permuted=False)
    assert words.measured(told) == "0.123 [0.1, 0.2]"
    assert words.measured(replace(told, interval=(0.12345, 0.12345))) == "0.123"
    assert words.measured(replace(told, measured=None, interval=None)) == "–"
    assert words.verdict(told) == "holds"
    assert words.verdict(replace(told, permuted=True)) == "says nothing"
    assert words.verdict(replace(told, holds=False, permuted=True)) == "does not hold"
    assert words.verdict(replace(told, holds=None)) == "undecided"
    assert words.control(replace(told, permuted_measured=0.5)) == "0.5, does not hold"
    assert words.control(replace(told, permuted_measured=None)) == "nothing to measure"


def test_unknown_claims_are_refused():
    with pytest.raises(InputError, match=r"valid are .*echo-returns"):
        measure_claims(artificial_network(), claims=["flat-earth"])


def test_the_command_prints_the_contract_and_the_same_for_the_same_seed(artificial, capsys):
    chosen = ["similar-excite", "shapes-drawn", "echo-returns", "tolerance"]
    options = [token for name in chosen for token in ("--claim", name)]
    status = main(["claims", "--model", f"{HERE}:twelve", "--layer", "3b", "--json", *options])
    printed = json.loads(capsys.readouterr().out)
    assert status == 0
    assert printed["model"] == "artificial"
    found = load(ClaimTable, printed).claims
    before = {c.id: c for c in artificial.claims}
    assert found == tuple(before[name] for name in chosen)
    first, second, *_ = printed["claims"]
    assert set(first) >= CONTRACT
    assert first["holds"] is True
    assert first["permuted"] is not True
    assert second["holds"] is None
    assert "Not testable here" in second["note"]


def test_the_command_in_words_and_side_by_side(capsys):
    model, options = f"{HERE}:eight", ["--layer", "3", "--claim", "rotated-copies"]
    assert main(["claims", "--model", model, *options]) == 0
    printed = capsys.readouterr().out
    assert "holds  The curve family covers the circle" in printed
    assert "On the permuted copy" in printed
    assert main(["claims", "--compare", model, model, *options]) == 0
    printed = capsys.readouterr().out
    assert printed.count("curves in 3") == 2
    assert "rotated-copies" in printed
