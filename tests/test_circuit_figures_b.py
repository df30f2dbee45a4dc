"""Figures of circuits from real results: what the records hold, and what the browser shows."""

import base64
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import networks
import numpy as np
import pytest
from browser import downloaded_table, serious_problems
from test_downstream import later  # noqa: F401  (a fixture)
from test_page import chromium, open_page  # noqa: F401  (fixtures)

from curvecircuits.artificial import Constants, artificial_network
from curvecircuits.circuits.along_arc import ArcWeights, along_arc
from curvecircuits.circuits.blocks import oriented_block
from curvecircuits.circuits.branches import branches
from curvecircuits.circuits.compression import compression_curve
from curvecircuits.circuits.downstream import DownstreamShapes, downstream_shapes
from curvecircuits.circuits.downstream_drawn import drawn_shapes
from curvecircuits.circuits.echo import EchoExperiment, echo_experiment
from curvecircuits.circuits.equivariance import rotation_fit
from curvecircuits.circuits.intervals import Interval
from curvecircuits.circuits.kernels import Kernels, kernels
from curvecircuits.circuits.line_drawn import confirm
from curvecircuits.circuits.line_matrix import line_matrix
from curvecircuits.circuits.line_positions import LinePositions, line_positions, tolerance
from curvecircuits.circuits.linear_view import linear_view
from curvecircuits.circuits.motif import tangent_motif
from curvecircuits.circuits.robustness import robustness
from curvecircuits.circuits.similarity import similarity
from curvecircuits.circuits.templates import Basis
from curvecircuits.errors import InputError
from curvecircuits.families.line_tuning import LineJudgement, judge_lines
from curvecircuits.models.network import Network
from curvecircuits.report import Colophon, Model, Report, Weights, render
from curvecircuits.report.figures import (
    DownstreamFigure,
    Echo,
    IntervalGroups,
    LinePositionsFigure,
    LineTunings,
    WeightMatrix,
    compression,
    downstream,
    echo,
    interval_groups,
    line_positions_figure,
    line_tuning,
    motif_angles,
    robustness_groups,
    rotation_groups,
    series,
    tolerance_groups,
    weight_bands,
    weight_matrix,
)
from curvecircuits.report.figures.interval_arcs import arc_groups, arc_preference, motif_likeness
from curvecircuits.report.parts import Words
from curvecircuits.report.values import SignedBlock, pack_signed, plain, written
from curvecircuits.stimuli import CurveGrid
from curvecircuits.store import dump, load
from curvecircuits.tuning.lines import LineTuning, line_grid, tune_lines
from curvecircuits.weights import ExpandedWeights, expanded_weights

ROOT = Path(__file__).parents[1]


CURVES = networks.written("3b", "curve", every=3)
EARLY = networks.written("3a", "early curve", every=2)
LINES = networks.written("3a", "line", every=2)
RADIUS = float(Constants().curve_radius)


@pytest.fixture(scope="module")
def network() -> Network:
    return artificial_network()


@pytest.fixture(scope="module")
def weights(network: Network) -> ExpandedWeights:
    return expanded_weights(network, "3a", units=CURVES.units)


@pytest.fixture(scope="module")
def between(weights: ExpandedWeights) -> Kernels:
    return kernels(weights, CURVES, EARLY)


@pytest.fixture(scope="module")
def arc(weights: ExpandedWeights) -> ArcWeights:
    return along_arc(weights, CURVES, EARLY, radius=RADIUS, permutations=20)


@pytest.fixture(scope="module")
def echoes(network: Network, weights: ExpandedWeights) -> EchoExperiment:
    around = tuple(15.0 * k for k in range(24))
    grid = CurveGrid(orientations=around, radii=(60,), tile=60, width=2)
    view = linear_view(network, weights, CURVES, EARLY, grid=grid)
    return echo_experiment(view, permutations=20)


@pytest.fixture(scope="module")
def placed(network: Network) -> LinePositions:
    return line_positions(network, CURVES.take([0, 3, 5]), "3a", radius=60.0, tile=60.0, angles=12)


@pytest.fixture(scope="module")
def tuned(network: Network) -> LineTuning:
    return tune_lines(network, ["conv2d2"], grid=line_grid(28.0))["conv2d2"]


@pytest.fixture(scope="module")
def judged(tuned: LineTuning) -> list[LineJudgement]:
    return judge_lines(tuned.curve())


@pytest.fixture(scope="module")
def built(later: Any) -> DownstreamShapes:  # noqa: F811
    above, curves, layer = later
    return downstream_shapes(above, curves, layer=layer, permutations=20)


@pytest.fixture(scope="module")
def figures(
    network: Network,
    weights: ExpandedWeights,
    between: Kernels,
    echoes: EchoExperiment,
    placed: LinePositions,
    tuned: LineTuning,
    judged: list[LineJudgement],
    built: DownstreamShapes,
    arc: ArcWeights,
    later: Any,  # noqa: F811
) -> tuple[Any, ...]:
    """Every figure, and the generic one from all that it is used for."""
    above, _, layer = later
    matrix = line_matrix(network, targets=CURVES, sources=LINES, radius=60.0)
    alike = similarity(weights, CURVES, EARLY, permutations=20)
    block = oriented_block(network, targets=CURVES, sources=EARLY)
    sides = tolerance(placed)
    robust = robustness(network, CURVES.take([0, 2, 4]), carriers=("reversed",), seeds=1)
    bases = (Basis(orders=0, waves=0, rings=1), Basis(orders=1, waves=1, rings=1))
    motif = tangent_motif(weights, CURVES, EARLY, strongest=1, permutations=20)
    below = expanded_weights(network, "conv2d2", units=LINES.units)
    bars = networks.written("conv2d2", "line")
    motifs = {
        "3a → 3b": motif,
        "conv2d2 → 3a": tangent_motif(below, LINES, bars, permutations=20),
    }
    return (
        weight_matrix(between, evidence=alike),
        weight_matrix(kernels(weights, CURVES, LINES), evidence=matrix),
        weight_bands(alike),
        motif_angles(motif),
        robustness_groups({"3b": robust, "3b again": robust, "without": robust}),
        rotation_groups([rotation_fit(block, shuffles=20)]),
        tolerance_groups(placed, sides),
        echo(echoes),
        line_positions_figure(placed, tolerance=sides, drawn=confirm(network, placed), radius=60.0),
        line_tuning(tuned, judged, layer="conv2d2"),
        compression([compression_curve(block, bases=bases)] * 2),
        downstream(built, drawn=drawn_shapes(above, built), branches=branches(above, layer)),
        motif_angles(motifs),
        motif_likeness(motifs),
        arc_groups(arc),
        arc_preference(arc),
        _long_names(),
    )


def _long_names() -> IntervalGroups:
    """Rows whose names do not fit beside a narrow chart, the reference at its left end."""
    return interval_groups(
        words=Words(title="Long names", takeaway="Of 3 names 2 are long.", caption=""),
        groups=["early curve (3a) → curve (3b), without textures", f"{'unbroken' * 6} name", "a"],
        group_label="Block",
        value_label="R²",
        series=[series("measured", [plain(0.3), plain(0.2), plain(0.4)])],
        reference=0.0,
        reference_label="nothing explained",
    )


def _unpack(block: SignedBlock) -> np.ndarray:
    steps = np.frombuffer(base64.b64decode(block.data), np.int8).reshape(block.shape)
    return np.where(steps == -128, np.nan, steps * block.scale)


def _of(figures: tuple[Any, ...], kind: type) -> Any:
    return next(figure for figure in figures if isinstance(figure, kind))


# --- what the records hold -------------------------------------------------------------------


def test_signed_blocks_keep_values_to_half_a_step_and_gaps():
    values = np.random.default_rng(0).normal(size=(3, 4, 5))
    values[1, 2, 3] = np.nan
    found = _unpack(pack_signed(values))
    assert np.isnan(found[1, 2, 3])
    assert np.isnan(found).sum() == 1
    assert np.nanmax(np.abs(found - values)) <= np.nanmax(np.abs(values)) / 127 / 2 + 1e-12
    assert pack_signed(np.zeros((2, 2))).scale > 0
    for wrong in (np.zeros((0, 2)), np.array([np.inf])):
        with pytest.raises(InputError):
            pack_signed(wrong)


@pytest.mark.parametrize(
    ("value", "low", "high", "wanted"),
    [
        (36.2, 31.4, 40.1, "36 [31, 40]"),
        (0.0034, -0.001, 0.004, "0.0034 [−0.0010, 0.0040]"),
        (0.5, np.nan, np.nan, "0.50 (too few units for an interval)"),
        (np.nan, np.nan, np.nan, "not known"),
    ],
)
def test_intervals_are_written_with_the_digits_they_need(value, low, high, wanted):
    assert written(Interval(value=value, low=low, high=high, units=5)) == wanted


def test_every_figure_reads_back(figures):
    for figure in figures:
        assert load(type(figure), dump(figure)) == figure
        assert figure.words.takeaway.endswith(".")
        assert any(letter.isdigit() for letter in figure.words.takeaway)
        assert "nan" not in figure.words.takeaway + figure.words.caption


def test_tiles_are_the_weights_in_order_of_orientation(figures, between, weights):
    figure = figures[0]
    assert isinstance(figure, WeightMatrix)
    found = _unpack(figure.kernels)
    step = np.abs(between.values).max() / 127
    assert np.abs(found - between.values).max() <= step / 2 + 1e-12
    row, col = 2, 7  # by addresses, without the kernels of the room below
    target, source = figure.targets[row], figure.sources[col]
    channel = int(source.unit.split(":")[1])
    row_of = [u.channel for u in weights.units].index(int(target.unit.split(":")[1]))
    own = weights.values[row_of, channel]
    assert np.abs(found[row, col] - own.numpy()).max() <= step / 2 + 1e-6
    assert figure.sums[row * len(EARLY) + col] == pytest.approx(float(own.sum()), abs=1e-5)
    assert figures[1].sources[0].shape == "line"


def test_the_echo_is_a_share_of_the_peak_of_its_condition(figures, echoes):
    figure = _of(figures, Echo)
    assert [row.name for row in figure.conditions] == [c.name for c in echoes.conditions]
    for row, condition in zip(figure.conditions, echoes.conditions, strict=True):
        steps = np.frombuffer(base64.b64decode(row.radial.data), np.uint8)
        radial = steps.reshape(len(CURVES), -1) * row.radial.scale
        heard = [i for i, each in enumerate(row.echo) if each is not None]
        assert len(heard) == len(CURVES) - len(condition.silent)
        for i in heard:
            assert radial[i].max() == pytest.approx(
                max(row.peak[i], row.peak[i] * row.echo[i], row.peak[i] * row.at90[i]), rel=0.1
            )
    assert figure.conditions[0].peak == pytest.approx([1.0] * len(CURVES))


def test_positions_carry_the_tangent_and_what_was_not_drawn(figures, placed):
    figure = _of(figures, LinePositionsFigure)
    assert [len(each.arc) for each in figure.units] == placed.on_arc.sum((1, 2)).tolist()
    drawn = _unpack(figure.units[0].drawn)
    on_some_arc = placed.on_arc.any(0)
    assert np.isnan(drawn[:, ~on_some_arc]).all()
    assert not np.isnan(drawn[:, on_some_arc]).any()
    middle = next(each for each in figure.units[0].arc if (each.row, each.col) == (2, 2))
    assert middle.tangent == pytest.approx(0)
    without = line_positions_figure(placed)
    assert without.units[0].drawn is None
    assert without.units[0].arc[0].smaller is None


def test_lines_are_grouped_by_what_they_are_called(figures, tuned, judged):
    figure = _of(figures, LineTunings)
    wanted = {f"conv2d2:{j.channel}": j.kind for j in judged if j.kind}
    assert {each.unit: each.label for each in figure.units} == wanted
    assert figure.curves.rows == len(wanted)
    orientations = [each.orientation for each in figure.units if each.label == "line"]
    assert orientations == sorted(orientations)
    none = line_tuning(tuned, [j for j in judged if j.kind is None], layer="conv2d2")
    assert none.curves is None
    with pytest.raises(InputError, match="another layer"):
        line_tuning(tuned, judge_lines(np.vstack([tuned.curve()] * 2)), layer="conv2d2")


def test_downstream_shows_the_best_of_each_shape(figures, built):
    figure = _of(figures, DownstreamFigure)
    assert figure.units
    for shape in {each.shape for each in figure.units}:
        scores = [each.score for each in figure.units if each.shape == shape]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) == min(6, built.counts[shape])
    first = figure.units[0]
    values = built.weights[int(first.unit.split(":")[1])]
    assert np.abs(_unpack(first.weights) - values).max() <= np.abs(values).max() / 127
    assert first.branch is not None
    assert 1 <= first.place <= 6
    assert downstream(built).units[0].place is None
    with pytest.raises(InputError):
        downstream(built, most=0)


def test_groups_have_one_estimate_each():
    words = Words(title="t", takeaway="1.", caption="")
    names = {"words": words, "group_label": "g", "value_label": "v"}
    with pytest.raises(InputError, match="different names"):
        interval_groups(groups=["a", "a"], series=[], **names)
    with pytest.raises(InputError, match="1 estimates for 2 groups"):
        interval_groups(groups=["a", "b"], series=[series("s", [plain(1.0)])], **names)
    one = series("s", [plain(1.0)], draws=[(1.0,), (2.0,)])
    with pytest.raises(InputError, match="draws for 2 of 1"):
        interval_groups(groups=["a"], series=[one], **names)
    with pytest.raises(InputError, match="same carriers"):
        robustness_groups({})


def test_controls_are_told_from_measurements(figures):
    for figure in figures[2:6]:
        assert isinstance(figure, IntervalGroups)
        assert {each.role for each in figure.series} == {"measured", "control"}
    rotated = figures[5]
    assert len(rotated.series[2].draws[0]) == 20
    assert figures[6].band.high == 45


def test_motifs_of_any_period_share_an_axis(figures, weights):
    one, several, likeness = figures[3], figures[12], figures[13]
    assert one.groups[0].endswith("°/180°)")
    assert "any orientations would give 90°" in one.words.takeaway
    assert several.reference == 0.5
    assert len(several.groups) == len(likeness.groups) == 4
    assert [name.rsplit("/")[1] for name in several.groups] == ["180°)"] * 2 + ["90°)"] * 2
    values = [each.value for each in several.series[0].estimates]
    near, far = values[::2], values[1::2]
    assert max(near) < 0.2
    assert min(far) > 0.7
    assert "in 2 of 2 links, the negative ones farther in 2" in several.words.takeaway
    signs = [each.value for each in likeness.series[0].estimates]
    assert min(signs[::2]) > 0.2
    assert max(signs[1::2]) < 0
    exchanged = tangent_motif(
        weights, replace(CURVES, orientations=CURVES.orientations[::-1]), EARLY, permutations=20
    )
    wrong = motif_angles({"first": exchanged, "again": exchanged})
    assert "in 0 of 2 links, the negative ones farther in 0" in wrong.words.takeaway
    with pytest.raises(InputError, match="at least one motif"):
        motif_likeness({})


def test_the_arc_has_its_places_and_its_turn(figures, weights):
    along, turned = figures[14], figures[15]
    places = ["−16 px", "−8 px", "centre", "+8 px", "+16 px"]
    assert along.groups == turned.groups == tuple(places)
    similar, opposing = along.series
    assert min(each.low for each in similar.estimates) > 0
    assert max(each.high for each in opposing.estimates) < 0
    assert "excite at 5 of 5 places along the arc and opposing ones inhibit at 5" in (
        along.words.takeaway
    )
    preferred, normal, exchanged = turned.series
    normals = np.degrees(np.array([-16, -8, 0, 8, 16]) / RADIUS)
    assert [each.value for each in normal.estimates] == pytest.approx(normals)
    found = np.array([each.value for each in preferred.estimates])
    assert np.polyfit(normals, found, 1)[0] > 0.5
    assert exchanged.role == "control"
    assert [len(each) for each in exchanged.draws] == [20] * 5
    other = replace(EARLY, orientations=EARLY.orientations[5:] + EARLY.orientations[:5])
    wrong = arc_groups(along_arc(weights, CURVES, other, radius=RADIUS, permutations=20))
    assert "excite at 5 of 5" not in wrong.words.takeaway


def test_a_mean_direction_is_unbroken_at_half_a_turn(arc):
    angles = np.where(np.arange(8)[:, None] % 2, 176.0, -178.0) * np.ones((1, 5))
    shown = arc_preference(replace(arc, preferred=angles)).series[0].estimates[0]
    assert abs(shown.value) == pytest.approx(179)
    assert 0 < shown.high - shown.low < 6


def test_robustness_of_many_families_has_its_controls_in_one_row(figures):
    figure = figures[4]
    assert figure.groups == ("reversed", "all carriers", "all carriers, other units")
    for each in figure.series:
        known = [estimate.value is not None for estimate in each.estimates]
        assert known == ([False, False, True] if each.role == "control" else [True, True, False])
    assert "with that of other units by at most" in figure.words.takeaway


# --- what the browser shows ------------------------------------------------------------------


@pytest.fixture(scope="module")
def html(bundle: None, figures: tuple[Any, ...]) -> str:
    return render(
        Report(
            title="Circuits",
            lede=("Figures.",),
            model=Model(
                name="artificial",
                layer="3b",
                sha256="0" * 64,
                weights=Weights(source="none", sha256=None, verified=True),
            ),
            figures=figures,
            colophon=Colophon(versions=(), seed=0, command=None),
        )
    )


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [(360, "dark"), (1000, "light")])
def test_every_figure_is_drawn_and_axe_finds_nothing_serious(
    open_page,  # noqa: F811
    html,
    figures,
    width,
    theme,
):
    opened = open_page(html, width, color_scheme=theme, bypass_csp=True)
    opened.poll("document.querySelectorAll('figure').length", len(figures))
    charts = sum(isinstance(each, IntervalGroups) for each in figures) + 3
    opened.poll("document.querySelectorAll('.chart svg').length", charts)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious_problems(opened.page) == []
    assert opened.said == []
    assert len(opened.requests) == 1


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1000])
def test_names_of_rows_stand_clear(open_page, html, figures, width):  # noqa: F811
    opened = open_page(html, width)
    opened.poll("document.querySelectorAll('figure').length", len(figures))
    found = opened.page.evaluate(
        """() => [...document.querySelectorAll('figure[data-kind=interval-groups]')].map(figure => {
          const box = each => {
            const {left, right, top, bottom} = each.getBoundingClientRect();
            return {left, right, top, bottom, text: each.textContent};
          };
          return {texts: [...figure.querySelectorAll('.chart text')].map(box),
                  dots: [...figure.querySelectorAll('.chart circle, .chart g path')].map(box)};
        })"""
    )
    assert len(found) == sum(isinstance(each, IntervalGroups) for each in figures)

    def meet(a: dict[str, Any], b: dict[str, Any]) -> bool:
        # A pixel of two boxes of letters may be shared without their letters touching.
        across = min(a["right"], b["right"]) - max(a["left"], b["left"])
        down = min(a["bottom"], b["bottom"]) - max(a["top"], b["top"])
        return across > 1 and down > 2

    names = {name.replace(" ", "") for each in figures if isinstance(each, IntervalGroups)
             for name in each.groups}  # fmt: skip
    for figure in found:
        labels = [each for each in figure["texts"] if each["text"].replace(" ", "") in names]
        assert labels
        for label in labels:
            assert label["left"] >= 0
            assert label["right"] <= width
            others = [each for each in figure["texts"] if each is not label] + figure["dots"]
            assert [o["text"] for o in others if meet(label, o)] == []


@pytest.mark.browser
def test_no_download_of_many_is_lost(open_page, html, figures):  # noqa: F811
    opened = open_page(html)
    names: list[str] = []
    opened.page.on("download", lambda each: names.append(each.suggested_filename))
    opened.poll("document.querySelectorAll('figure').length", len(figures))
    buttons = "document.querySelectorAll('.downloads button[aria-label^=JSON]')"
    opened.page.evaluate(f"{buttons}.forEach(each => each.click())")
    assert len(figures) > 12
    for _ in range(60):
        opened.page.wait_for_timeout(100)
        if len(names) == len(figures):
            break
    assert len(set(names)) == len(figures)


@pytest.mark.browser
def test_a_deflated_figure_is_read(open_page, html, figures):  # noqa: F811
    start = html.index('<script type="application/json" data-role="figure">')
    first = html[start : html.index("</script>", start)]
    text = first.split(">", 1)[1]
    packed = base64.b64encode(zlib.compress(text.encode())).decode()
    block = f'<script type="text/plain" data-role="figure" data-deflated>{packed}'
    opened = open_page(html.replace(first, block))
    opened.poll("document.querySelectorAll('figure').length", len(figures))
    assert opened.page.locator("figure h2").first.inner_text() == figures[0].words.title
    assert opened.said == []
    cut = open_page(html.replace(first, block[:-200]))
    cut.poll("document.querySelectorAll('figure').length", len(figures) - 1)
    assert "Figure 1 cannot be read" in cut.page.inner_text("main")


@pytest.mark.browser
def test_tiles_are_read_with_the_arrow_keys(open_page, html, figures):  # noqa: F811
    opened = open_page(html)
    frame = opened.page.locator("figure").first
    tiles = frame.locator(".matrix-tiles")
    tiles.focus()
    for key in ("PageUp", "Home", "ArrowRight", "ArrowDown"):
        opened.page.keyboard.press(key)
    figure = figures[0]
    said = tiles.get_attribute("aria-valuetext")
    assert said.startswith(f"{figure.sources[1].unit} to {figure.targets[1].unit}, 15° apart")
    shown = frame.locator(".large b").inner_text().replace("−", "-")
    assert float(shown) == pytest.approx(figure.sums[len(EARLY) + 1], rel=1e-2)


@pytest.mark.browser
def test_a_condition_and_a_unit_can_be_chosen(open_page, html, figures):  # noqa: F811
    opened = open_page(html)
    frame = opened.page.locator("figure[data-kind=echo]")
    frame.locator(".option input").first.check()
    spoken = frame.locator(".echo-units svg[role=img]").first.get_attribute("aria-label")
    assert "The network: echo" in spoken
    frame = opened.page.locator("figure[data-kind=line-positions]")
    frame.locator(".positions-units input").nth(1).check()
    unit = _of(figures, LinePositionsFigure).units[1]
    assert unit.unit.unit in frame.locator(".positions-chart .polar-name").inner_text()
    chart = frame.locator(".chart svg[role=img]")
    before = chart.get_attribute("aria-label")
    frame.locator(".positions-map").focus()
    opened.page.keyboard.press("ArrowDown")
    chart_label = "document.querySelector('[data-kind=line-positions] .chart svg').ariaLabel"
    opened.poll(f"{chart_label} !== {json.dumps(before)}", True)
    assert opened.said == []


@pytest.mark.browser
def test_tables_hold_the_numbers_drawn(open_page, html, figures):  # noqa: F811
    frames = open_page(html).page.locator("figure")
    matrix = downloaded_table(frames.nth(0))
    values = _unpack(figures[0].kernels)
    assert len(matrix) == 1 + values.size
    assert [float(each[-1]) for each in matrix[1:]] == pytest.approx(values.ravel(), rel=1e-3)
    # One of each kind is enough.
    firsts = {figure.kind: number for number, figure in reversed(list(enumerate(figures)))}
    tables = {kind: downloaded_table(frames.nth(n)) for kind, n in firsts.items() if n}
    for kind, table in tables.items():
        assert len(table) > 1, kind
    bands = [each for each in tables["interval-groups"][1:] if each[1] == "measured"]
    assert float(bands[0][3]) == pytest.approx(figures[2].series[0].estimates[0].value, rel=1e-3)
