"""Figures that set artificial units beside natural ones: joint maps, other shapes, published."""

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from browser import assert_drawn, downloaded_table, report_of
from conftest import SHARED
from PIL import Image
from test_page import chromium, open_page  # noqa: F401

from curvecircuits.artificial import artificial_network
from curvecircuits.compare import Matched, Side, held_out_shapes, joint_maps, shape_responses
from curvecircuits.compare.published_radial import plain_tuning, published_radial
from curvecircuits.errors import InputError
from curvecircuits.families import published_families
from curvecircuits.report import Report, render
from curvecircuits.report.comparison import comparison_figures
from curvecircuits.report.figures import (
    joint_maps_figure,
    published_radial_figure,
    radius_groups,
    shape_responses_figure,
)
from curvecircuits.report.rivals import rivals
from curvecircuits.stimuli import CurveGrid, quick
from curvecircuits.store import dump, load

GRID = CurveGrid(tuple(15.0 * k for k in range(24)), (120.0, 50.0, 20.0), 60.0, 2.0)
CHANNELS = (9, 1, 5, 13, 17, 21)
KINDS = ("short arc", "filling", "line")


def _matched(*, turn=0):
    """Every fourth unit of the written family, beside itself or the unit `turn` steps on."""
    network = artificial_network()
    return Matched(
        natural=Side(network=network, layer="3b", channels=CHANNELS),
        artificial=Side(
            network=network, layer="3b", channels=tuple((c + turn) % 24 for c in CHANNELS)
        ),
        orientations=tuple(15.0 * c for c in CHANNELS),
    )


@pytest.fixture(scope="module")
def same():
    return joint_maps(_matched(), grid=GRID)


@pytest.fixture(scope="module")
def turned():
    return joint_maps(_matched(turn=6), grid=GRID)


@pytest.fixture(scope="module")
def shapes():
    return shape_responses(_matched(), shapes=held_out_shapes(kinds=KINDS), tile=60.0)


def _values(packed):
    steps = np.frombuffer(base64.b64decode(packed.data), np.uint8).astype(float)
    return steps.reshape(packed.rows, packed.cols) * packed.scale


def _apart(a, b):
    return np.abs((np.asarray(a) - b + 180) % 360 - 180)


def test_pairs_come_in_order_with_their_own_maps(same):
    figure = joint_maps_figure(same)
    angles = [pair.orientation for pair in figure.pairs]
    assert angles == sorted(angles)
    assert figure.radii == (20.0, 50.0, 120.0)
    assert [pair.natural for pair in figure.pairs] == [f"3b:{c}" for c in sorted(CHANNELS)]
    for pair in figure.pairs:
        found = _values(pair.natural_map)
        k = CHANNELS.index(int(pair.natural.split(":")[1]))
        wanted = same.natural[k][:, ::-1].T
        assert np.abs(found - wanted).max() <= wanted.max() / 255
        assert _apart(15.0 * found.max(0).argmax(), pair.orientation) <= 15
        assert pair.correlation == pytest.approx(1.0)
    first = figure.rivals[0]
    assert (first.name, first.role) == ("artificial", "artificial")
    assert first.straight.value == pytest.approx(1.0)


def test_numbers_of_units_follow_the_order_of_pairs(same):
    agreement = same.agreement
    order = np.argsort(CHANNELS).tolist()
    for rival in rivals(agreement, order=order):
        assert rival.units == pytest.approx(agreement.correlations[rival.name][order].tolist())
    assert {r.name for r in rivals(agreement)} == set(agreement.correlations)


def test_artificial_units_of_wrong_orientation_are_said_to_agree_less(same, turned):
    good, bad = joint_maps_figure(same), joint_maps_figure(turned)
    assert bad.rivals[0].straight.high < 0.3
    assert "unit by unit: above one plain Gaussian" in good.words.takeaway
    assert "unit by unit: below one plain Gaussian" in bad.words.takeaway
    leads = {rival.name: rival.lead for rival in bad.rivals}
    assert leads["common"].high < 0
    assert good.natural_echo == good.artificial_echo


def test_agreement_at_each_radius_falls_for_wrong_orientations(same, turned):
    good, bad = radius_groups(same), radius_groups(turned)
    assert good.groups == ("20 px", "50 px", "120 px")
    for figure, low, high in ((good, 0.999, 1.001), (bad, -1.0, 0.3)):
        measured, control = figure.series
        assert control.role == "control"
        assert all(low <= each.value <= high for each in measured.estimates)
        assert all(each.value < 0.3 for each in control.estimates)
    # A unit that is silent at a radius has no agreement there.
    silent = same.natural.copy()
    silent[0, :, 2] = 0
    quieter = radius_groups(replace(same, natural=silent))
    assert "one case of a silent natural unit" in quieter.words.caption
    assert "silent" not in good.words.caption
    nothing = radius_groups(replace(same, natural=np.zeros_like(silent)))
    assert nothing.words.takeaway == "No natural unit responds at any radius."


def test_profiles_have_the_preferred_orientation_in_the_middle(shapes, same, turned):
    figure = shape_responses_figure(shapes, curves=same)
    filled = next(k for k, row in enumerate(figure.shapes) if row.name == "filled")
    natural = _values(figure.natural)[filled]
    assert abs(-180 + 10 * natural.argmax()) <= 10
    # Profiles are interpolated between orientations, best responses are not.
    assert figure.shapes[filled].natural.value == pytest.approx(natural.max(), abs=0.05)
    assert [kind.name for kind in figure.kinds] == ["line", "short arc", "filling"]
    assert all(kind.correlation.value == pytest.approx(1) for kind in figure.kinds)
    assert all(kind.control.value < 0.3 for kind in figure.kinds)

    wrong = shape_responses(_matched(turn=6), shapes=held_out_shapes(kinds=["filling"]), tile=60.0)
    other = shape_responses_figure(wrong, curves=turned)
    assert abs(-180 + 10 * _values(other.artificial)[0].argmax() - 90) <= 10
    assert abs(-180 + 10 * _values(other.natural)[0].argmax()) <= 10
    assert other.kinds[0].correlation.high < 0.3
    few = replace(same.matched, orientations=tuple(o + 1 for o in same.matched.orientations))
    with pytest.raises(InputError, match="joint maps are of other units"):
        shape_responses_figure(shapes, curves=replace(same, matched=few))


def test_drawings_are_the_shapes_that_were_shown(shapes, same):
    figure = shape_responses_figure(shapes, curves=same)
    data = base64.b64decode(figure.sprite.split(",")[1])
    sheet = np.asarray(Image.open(io.BytesIO(data)).convert("L"), float) / 255
    cell = figure.cell
    for k, shape in enumerate(shapes.shapes):
        row, column = divmod(k, figure.columns)
        drawn = sheet[row * cell :, column * cell :][:cell, :cell]
        images, _ = shape.images([0.0], tile=cell, size=cell, centre=(cell / 2, cell / 2))
        assert np.abs(drawn - images[0].mean(0).numpy()).mean() < 0.02, shape.name


def test_published_numbers_are_compared_without_curves():
    found = published_radial(grid=GRID)
    figure = published_radial_figure(found)
    assert (figure.published, figure.rivals) == (None, ())
    known = published_families().curves["mixed3b"]
    for unit, values in zip(figure.units, _values(figure.artificial), strict=True):
        published = known[int(unit.unit.split(":")[1])]
        assert (unit.orientation, unit.fwhm, unit.echo) == (
            published.orientation,
            published.fwhm,
            published.echo,
        )
        assert _apart(values.argmax(), unit.orientation) <= 15
        assert unit.correlation is None
    width, echo = figure.means
    assert width.difference.value == pytest.approx(width.artificial.value - width.published.value)
    assert width.published.value == pytest.approx(np.mean([each.fwhm for each in known.values()]))
    assert echo.published.value == pytest.approx(np.mean([each.echo for each in known.values()]))
    assert "correlate" not in figure.words.takeaway


def test_the_plain_gaussian_makes_high_correlations_unimpressive():
    known = published_families().curves["mixed3b"]
    grid = replace(quick(), radii=(120.0, 50.0))
    plain = {c: plain_tuning(u.orientation, grid).tolist() for c, u in known.items()}
    found = published_radial(plain, grid=grid)
    assert found.agreement is not None
    assert found.agreement.mean("common").value == pytest.approx(1)
    assert found.agreement.mean("shuffled").high < 0.3
    assert 0.7 < found.agreement.mean().value < 1
    assert "so high a correlation says little" in published_radial_figure(found).words.takeaway
    own = dict(zip(found.channels, found.artificial.tolist(), strict=True))
    again = published_radial_figure(published_radial(own, grid=grid))
    assert "more than published ones and a plain Gaussian" in again.words.takeaway
    assert [unit.correlation for unit in again.units] == pytest.approx([1.0] * 10)
    assert again.published == again.artificial


def test_curves_that_were_not_published_are_refused():
    known = published_families().curves["mixed3b"]
    flat = {channel: [1.0] * 36 for channel in known}
    with pytest.raises(InputError, match="all and no others"):
        published_radial({379: [1.0] * 36}, grid=GRID)
    for wrong in ([1.0] * 4, [-1.0] * 36, [float("nan")] * 36, [float("inf")] * 36):
        with pytest.raises(InputError, match="mixed3b:379 is no tuning curve"):
            published_radial({**flat, 379: wrong}, grid=GRID)
    shifted = replace(GRID, orientations=tuple(o + 5 for o in GRID.orientations))
    with pytest.raises(InputError, match="from 0°"):
        published_radial(grid=shifted)


@pytest.mark.shared
def test_published_curves_agree_with_artificial_units_and_as_well_with_a_gaussian():
    path = SHARED / "reference/published/curves-mixed3b.json"
    curves = {int(k): v for k, v in json.loads(path.read_text())["activations"].items()}
    found = published_radial(curves)
    assert found.agreement is not None
    for channel, row in zip(found.channels, found.curves, strict=True):
        unit = published_families().curves["mixed3b"][channel]
        assert _apart(5 * row.argmax(), unit.orientation) <= 5
    assert found.agreement.mean().low > 0.85
    assert found.agreement.mean("shuffled").high < 0
    assert found.agreement.mean("common").low > 0.9


# --- the page ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(same, shapes):
    grid = replace(quick(), radii=(120.0, 50.0))
    known = published_families().curves["mixed3b"]
    curves = {c: plain_tuning(u.orientation, grid).tolist() for c, u in known.items()}
    return report_of(
        (
            joint_maps_figure(same),
            radius_groups(same),
            shape_responses_figure(shapes, curves=same),
            published_radial_figure(published_radial(grid=GRID)),
            published_radial_figure(published_radial(curves, grid=grid)),
        ),
    )


def test_the_figures_read_back(report):
    assert load(Report, dump(report)) == report


def test_all_figures_of_a_comparison():
    both = _matched()
    written = artificial_network(orientations=both.orientations, detector="lines")
    lines = replace(
        both, artificial=Side(network=written, layer="3b", channels=tuple(range(len(CHANNELS))))
    )
    figures = comparison_figures(both, lines, grid=GRID)
    assert [figure.kind for figure in figures] == [
        "joint-maps",
        "interval-groups",
        "shape-responses",
        "published-radial",
    ]
    for figure in (figures[0], figures[2]):
        found = {rival.name: rival for rival in figure.rivals}
        assert found["lines"].straight.high < found["artificial"].straight.value
    assert len(figures[2].shapes) == 31


@pytest.mark.browser
@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1100)])
def test_figures_are_drawn_and_axe_finds_nothing(open_page, bundle, report, theme, width):  # noqa: F811
    opened = open_page(render(report), width, color_scheme=theme, bypass_csp=True)
    opened.poll("document.querySelectorAll('figure .body > *').length", len(report.figures))
    assert_drawn(opened, report, width)


@pytest.mark.browser
def test_figures_answer_to_the_keyboard(open_page, bundle, report):  # noqa: F811
    opened = open_page(render(report))
    page = opened.page
    joint = page.locator("figure[data-kind=joint-maps]")
    pairs = report.figures[0].pairs
    assert joint.get_by_role("radio").count() == len(pairs)
    joint.get_by_role("radio").nth(3).focus()
    page.keyboard.press("ArrowRight")
    maps = joint.get_by_role("slider")
    assert maps.get_attribute("aria-label").startswith(f"Responses of {pairs[4].natural} and ")
    before = maps.get_attribute("aria-valuetext")
    assert before.endswith("natural 100% of its peak, artificial 100% of its peak")
    maps.focus()
    page.keyboard.press("ArrowRight")
    angle = int(before.split("°")[0])
    after = maps.get_attribute("aria-valuetext")
    assert int(after.split("°")[0]) == (angle + 15) % 360
    table = _values(pairs[4].natural_map)
    row = table.max(1).argmax()
    share = table[row, ((angle + 15) % 360) // 15] / table.max()
    assert float(after.split("natural ")[1].split("%")[0]) == pytest.approx(100 * share, abs=0.5)

    shown = page.locator("figure[data-kind=shape-responses]")
    assert shown.locator(".shape-kind li").count() == len(report.figures[2].shapes)
    drawn = """[...document.querySelectorAll('.shape-kind canvas')].filter(c =>
      c.getContext('2d').getImageData(0, 0, c.width, c.height).data[3] > 0).length"""
    opened.poll(drawn, len(report.figures[2].shapes))

    polars = page.locator("figure[data-kind=published-radial]")
    assert polars.nth(0).locator(".polar").count() == 10
    assert polars.nth(0).locator("table.rivals").count() == 0
    assert polars.nth(1).locator("table.rivals tbody tr").count() == 5
    for figure in (joint, shown, polars.nth(1)):
        assert len(downloaded_table(figure)) > 50
    assert opened.said == []
