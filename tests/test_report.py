import pytest
from browser import assert_drawn
from networks import planted
from test_page import chromium, open_page  # noqa: F401

from curvecircuits.artificial import Constants, artificial_network
from curvecircuits.models.network import Network
from curvecircuits.models.permute import weight_permuted
from curvecircuits.report import render
from curvecircuits.report.build import build_report
from curvecircuits.report.figures import null_counts

TURNS = [45.0 * k for k in range(8)]


STAND_IN = null_counts(found=1, counts=[0])


def built(cache, **options):
    """Of a network with fewer families than the one it is compared with; pictures of few steps."""
    network = artificial_network(
        Constants(curve_orientations=12, small_orientations=6), orientations=TURNS
    )
    with pytest.MonkeyPatch.context() as patch:
        for budget in ("pictured._FAMILY", "pictured._GRIDS", "explorer._NATURAL"):
            patch.setattr(f"curvecircuits.report.{budget}", 1e6)
        patch.setattr("curvecircuits.report.explorer._WRITTEN", 0)
        # What is measured has tests of its own: here are few draws.
        patch.setattr("curvecircuits.circuits.intervals._DRAWS", 200)
        patch.setattr("curvecircuits.claims.weighed.PERMUTATIONS", 20)
        patch.setattr("curvecircuits.claims.evidence.PERMUTATIONS", 20)
        # Writing the network as ONNX takes a quarter of a minute; `test_live` has the real figure.
        patch.setattr("curvecircuits.report.figured.live_figures", lambda: [("live", STAND_IN)])
        return build_report(
            network, layer="3b", seed=3, command="curvecircuits report", cache=cache, **options
        )


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def report(cache):
    return built(cache)


FAMILY = [
    "tuning-maps",
    "radial-curves",
    "unit-table",
    "selectivity",
    "layer-scan",
    "null-counts",
    "near-misses",
]


def test_every_figure_is_there_in_order(report):
    kinds = [f.kind for f in report.figures]
    assert kinds[: len(FAMILY)] == FAMILY
    expected = ["family-counts", "schematic", "weight-matrix", "echo", "compression"]
    assert [k for k in dict.fromkeys(kinds) if k in expected] == expected
    assert "line-positions" in kinds
    assert report.figures.index(STAND_IN) > kinds.index("matrix-pair")
    assert "downstream" not in kinds, "nothing builds on the last layer"
    assert kinds[-1] == "claims-table"


def test_a_report_made_again_runs_no_network(report, cache, monkeypatch):
    def no_run(*args, **kwargs):
        raise AssertionError("the network was run again")

    monkeypatch.setattr(Network, "run", no_run)
    assert render(built(cache)) == render(report)
    with pytest.raises(AssertionError, match="run again"):
        built(None)


def test_claims_point_at_their_figures(report):
    ids = {f"figure-{n}-{f.kind}" for n, f in enumerate(report.figures, start=1)}
    linked = {row.figure for row in report.figures[-1].rows if row.figure}
    assert linked <= ids
    assert len(linked) > 5


def test_the_circuit_can_be_left_out():
    bare = build_report(planted(TURNS), layer="3", circuit=False)
    assert [f.kind for f in bare.figures] == FAMILY


def test_rows_are_both_families_and_each_unit_meets_itself(report):
    maps, curves, table, *_ = report.figures
    assert [row.family for row in table.rows].count("natural") == 8
    assert [row.family for row in table.rows].count("artificial") == 24
    pairs = {(pair.natural, pair.artificial) for pair in maps.pairs}
    assert pairs == {(f"3b:{k}", f"artificial 3b:{3 * k}") for k in range(8)}
    assert all(max(curve.values) == pytest.approx(1) for curve in curves.natural)
    assert list(maps.radii) == sorted(maps.radii)


def test_the_lede_states_the_numbers(report):
    assert "8 units" in report.lede[0]
    assert "3b" in report.lede[0]
    assert report.colophon.seed == 3
    assert report.model.weights.sha256 is None
    assert "written by formula" in render(report)


def test_a_network_without_a_family_says_so():
    nothing = build_report(weight_permuted(artificial_network(), seed=1), layer="3b")
    assert [f.kind for f in nothing.figures] == ["layer-scan", "null-counts", "near-misses"]
    assert nothing.lede[0].startswith("None of the 24 units")


# -- the whole page in a browser ---------------------------------------------------------------


@pytest.mark.parametrize(("width", "theme"), [(360, "dark"), (800, "light"), (1400, "dark")])
def test_the_whole_page_fits_and_axe_finds_nothing(open_page, bundle, report, width, theme):  # noqa: F811
    opened = open_page(render(report), width, color_scheme=theme, bypass_csp=True)
    text = assert_drawn(opened, report, width)
    for section in report.sections:
        assert all(paragraph in text for paragraph in section.text)
    assert len(opened.requests) == 1


def test_the_page_is_soon_there(open_page, bundle, report, record_property):  # noqa: F811
    opened = open_page(render(report), 1000)
    painted = opened.page.evaluate(
        "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    )
    record_property("milliseconds to the first paint", f"{painted:.0f}")
    assert painted < 1000


_CONTROLS = """
  () => {
    const able = 'a[href], button, input, select, textarea, summary, [tabindex]';
    return [...document.querySelectorAll(able)].map((each, k) => {
      each.dataset.control = k;
      const box = each.getBoundingClientRect();
      return {
        k,
        name: each.outerHTML.slice(0, 160),
        look: LOOK(each),
        shown: each.checkVisibility() && box.width > 0 && !each.disabled && !each.inert,
        first: each.tabIndex >= 0,
      };
    });
  }
"""
_FOCUSED = """
  () => {
    const each = document.activeElement;
    if (each === document.body) return null;
    return {k: +each.dataset.control, name: each.outerHTML.slice(0, 160), look: LOOK(each)};
  }
"""
_LOOK = """
  (each => {
    const names = ['outline', 'boxShadow', 'stroke', 'strokeWidth', 'strokeOpacity', 'fill'];
    const look = style => names.map(name => style[name]).join();
    return [each, ...each.children].slice(0, 3).map(e => look(getComputedStyle(e))).join(';');
  })
"""


def test_every_control_is_reached_by_tab_and_shows_it(open_page, bundle, report, record_property):  # noqa: F811
    """Those with a tab index of −1 are reached by arrow keys, which tests of figures press."""
    page = open_page(render(report), 1000).page
    every, focus = (text.replace("LOOK", _LOOK) for text in (_CONTROLS, _FOCUSED))
    controls = {each["k"]: each for each in page.evaluate(every) if each["shown"]}
    waiting = {k: each["name"] for k, each in controls.items() if each["first"]}
    record_property("controls reached by keyboard", len(waiting))
    assert len(waiting) > 100
    for _ in range(2 * len(waiting)):
        page.keyboard.press("Tab")
        focused = page.evaluate(focus)
        if focused is None or focused["k"] not in controls:
            continue
        waiting.pop(focused["k"], None)
        assert focused["look"] != controls[focused["k"]]["look"], focused["name"]
        if not waiting:
            break
    # Of radio buttons with one name the keyboard reaches one, and arrows the others.
    left = [name for name in waiting.values() if 'type="radio"' not in name]
    assert left == []
