"""Figures of families, the schematic and the claims, and units in pixels."""

import base64
import io
from dataclasses import replace

import networks
import numpy as np
import pytest
import torch
from browser import assert_drawn, downloaded_table, report_of
from conftest import SHARED
from PIL import Image
from test_page import chromium, open_page  # noqa: F401
from torch import nn

from curvecircuits.artificial import artificial_network
from curvecircuits.catalog import load as load_network
from curvecircuits.circuits.intervals import Interval
from curvecircuits.circuits.schematic import Schematic, SchematicEdge, SchematicNode
from curvecircuits.circuits.shares import SHARE_METRICS, FamilyShare, FamilyShares
from curvecircuits.claims.records import ClaimResult, ClaimTable
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.families.gabors import image_filters
from curvecircuits.families.taxonomy import Taxonomy, UnitLabel
from curvecircuits.models.wrap import wrap
from curvecircuits.report import Report, render
from curvecircuits.report.document import Section
from curvecircuits.report.figures import (
    ClaimsTableFigure,
    claims_table,
    family_counts,
    family_shares_figure,
    family_sheet,
    schematic_figure,
)
from curvecircuits.store import dump, load
from curvecircuits.weights import expanded_weights
from curvecircuits.weights.pixels import pixel_weights, sees_pixels

NAN = float("nan")


# --- units in pixels --------------------------------------------------------------------------


def _layers(*, linear):
    torch.manual_seed(3)
    first, second = nn.Conv2d(3, 6, 5, stride=2), nn.Conv2d(6, 4, 3, padding=1)
    if linear:
        return nn.Sequential(first, nn.Identity(), nn.AvgPool2d(3, 2), second)
    return nn.Sequential(first, nn.ReLU(), nn.MaxPool2d(3, 2), second)


def test_pixel_weights_are_finite_differences_of_the_linear_network():
    network = wrap(_layers(linear=False), input_size=48, preprocess=lambda x: 3 * x - 1)
    found = pixel_weights(network, [("3", 2), ("3", 0)])
    assert found.shape == (2, 3, *(network.geometry("3").y.size,) * 2)
    linear = _layers(linear=True).double().requires_grad_(False)
    grey = torch.full((1, 3, 48, 48), 0.5, dtype=torch.float64)
    axis = network.geometry("3").y
    unit = 5
    first = axis.first + unit * axis.stride
    rng = np.random.default_rng(0)
    for channel, row, column in rng.integers((3, axis.size, axis.size), size=(25, 3)):
        moved = grey.clone()
        moved[0, channel, first + row, first + column] += 1e-3
        change = (linear(3 * moved - 1) - linear(3 * grey - 1))[0, :, unit, unit] / 1e-3
        assert found[0, channel, row, column] == pytest.approx(float(change[2]), abs=1e-6)
        assert found[1, channel, row, column] == pytest.approx(float(change[0]), abs=1e-6)
    assert found.abs().max() > 1e-3


def test_pixel_weights_of_the_first_layer_are_its_filters():
    network = artificial_network()
    units = [("conv2d0", c) for c in range(network.layer("conv2d0").channels)]
    found = pixel_weights(network, units).numpy()
    filters = image_filters(network, "conv2d0")
    assert np.abs(found - filters).max() < 1e-5 * np.abs(filters).max()


@pytest.mark.shared
def test_pixel_weights_place_the_composed_expanded_weights():
    network = load_network("googlenet", weights=SHARED / "weights/bvlc_googlenet.safetensors")
    found = pixel_weights(network, [("3a", 84)])[0]
    weights = expanded_weights(network, "conv2d0", units=[("3a", 84)])
    filters = torch.tensor(image_filters(network, "conv2d0")).float()
    placed = nn.functional.conv_transpose2d(weights.values, filters, stride=weights.pitch)[0]
    assert placed.shape == found.shape
    assert (placed - found).abs().max() < 1e-4 * found.abs().max()


def test_phases_cancel_in_linear_fields():
    network = artificial_network()
    units = [("conv2d2", 0), ("conv2d2", 12)]
    gabor = pixel_weights(network, [("conv2d0", 0)]).abs().max()
    assert pixel_weights(network, units).abs().max() < 1e-5 * gabor


def _slope(image):
    """Normal of the strongest structure of an image in degrees, mod 180, and how one-sided it is.

    The angle of the structure tensor's larger eigenvector; 0 is a vertical line.
    """
    gy, gx = np.gradient(np.asarray(image).mean(0))
    xx, yy, xy = (gx * gx).sum(), (gy * gy).sum(), (gx * gy).sum()
    angle = np.degrees(np.arctan2(2 * xy, xx - yy) / 2) % 180
    return angle, np.hypot(xx - yy, 2 * xy) / (xx + yy)


def test_what_cannot_be_shown_in_pixels_is_said():
    network = wrap(_layers(linear=False), input_size=48)
    with pytest.raises(InputError, match="these are of 0, 3"):
        pixel_weights(network, [("0", 1), ("3", 1)])
    with pytest.raises(InputError, match="channels of 3 are 0 to 3"):
        pixel_weights(network, [("3", 4)])
    with pytest.raises(InputError, match="name at least one unit"):
        pixel_weights(network, [])
    branches = wrap(networks.Branches(), input_size=24)
    joined = next(x.name for x in branches.layers.values() if x.kind == "concat")
    with pytest.raises(InputError, match="several ways"):
        pixel_weights(branches, [(joined, 0)])
    assert not sees_pixels(branches, joined)
    assert sees_pixels(branches, "three")
    normed = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3))
    normed = wrap(normed.eval(), input_size=16)
    assert [sees_pixels(normed, name) for name in ("0", "1", "2", "3")] == [True, True, True, False]


# --- figures from results ---------------------------------------------------------------------


def _label(layer, channel, family, *, score=0.5, orientation=None, sign=1):
    return UnitLabel(
        unit=f"{layer}:{channel}",
        layer=layer,
        channel=channel,
        family=family,
        score=0.0 if family == "other" else score,
        sign=sign,
        orientation=orientation,
        echo=None,
        wavelength=None,
    )


def _taxonomy(labels, model="artificial"):
    return Taxonomy(
        model=model,
        model_hash="0" * 64,
        layers=tuple(dict.fromkeys(x.layer for x in labels)),
        curve_layer="3b",
        labels=tuple(labels),
        seed=0,
    )


@pytest.fixture(scope="module")
def taxonomy():
    first = [_label("conv2d0", c, "Gabor", orientation=45.0 * (c % 4)) for c in range(20)]
    lines = [
        _label("conv2d2", c, "line", score=0.9 - c / 100, orientation=10.0 * c) for c in range(16)
    ]
    others = [_label("conv2d2", c, "other") for c in range(16, 24)]
    return _taxonomy([*first, *lines, *others])


@pytest.fixture(scope="module")
def permuted(taxonomy):
    return _taxonomy([replace(x, family="other", score=0.0) for x in taxonomy.labels])


@pytest.fixture(scope="module")
def sheet(taxonomy):
    return family_sheet(artificial_network(), taxonomy)


def test_counts_are_shares_of_each_layer(taxonomy, permuted):
    figure = family_counts(taxonomy, permuted)
    first, second = figure.layers
    assert [(x.family, x.units, x.share) for x in first.families] == [("Gabor", 20, 1.0)]
    assert [x.share for x in second.families] == pytest.approx([2 / 3, 1 / 3])
    assert [x.family for x in second.permuted] == ["other"]
    assert "44 units in two layers" in figure.words.takeaway
    assert "82% have a family; from layer to layer it is 67% to 100%" in figure.words.takeaway
    assert "0.0% in a weight-permuted copy" in figure.words.takeaway
    alone = family_counts(taxonomy)
    assert alone.layers[1].permuted == ()
    assert "permuted" not in alone.words.takeaway + alone.words.caption
    with pytest.raises(InputError, match="no families for conv2d2"):
        family_counts(taxonomy, _taxonomy(permuted.labels[:20]))


def _shares():
    values = {"sum": (0.6, 0.4), "energy": (0.3, 0.7)}
    found = []
    for metric in SHARE_METRICS:
        for place in ("peak", "all"):
            for family, units, share in zip(
                ("Gabor", "other"), (6, 2), values.get(metric, (0.6, 0.4)), strict=True
            ):
                sure = metric == "sum"
                found.append(
                    FamilyShare(
                        layer="conv2d0",
                        family=family,
                        units=units,
                        place=place,
                        metric=metric,
                        share=Interval(
                            value=share,
                            low=share - 0.05 if sure else NAN,
                            high=share + 0.05 if sure else NAN,
                            units=4,
                        ),
                    )
                )
    targets = Family(
        name="curve", layer="3b", channels=(1, 2, 3, 4), orientations=(0, 9, 18, 27), period=360
    )
    return FamilyShares(targets=targets, shares=tuple(found))


def test_shares_keep_intervals_and_say_that_the_measure_matters():
    figure = family_shares_figure(_shares())
    (layer,) = figure.layers
    assert [(x.family, x.evenly) for x in layer.families] == [("Gabor", 0.75), ("other", 0.25)]
    assert len(layer.bars) == 2 * 2 * len(SHARE_METRICS)
    bars = {(x.family, x.metric, x.place): x for x in layer.bars}
    assert bars["Gabor", "sum", "peak"].low == pytest.approx(0.55)
    assert bars["Gabor", "energy", "peak"].low is None
    assert "Gabor 60% (55% to 65%) in conv2d0" in figure.words.takeaway
    assert "in no of one layer" not in figure.words.takeaway
    assert "the same family leads under all five measures in none" in figure.words.takeaway
    assert "Gabor 65%" in str(layer.published)
    elsewhere = replace(_shares(), shares=tuple(replace(x, layer="a") for x in _shares().shares))
    assert family_shares_figure(elsewhere).layers[0].published is None


def _graph():
    def node(layer, family, units):
        return SchematicNode(
            id=f"{layer}/{family}", layer=layer, family=family, units=units, share=units / 40
        )

    def edge(source, target, positive, negative):
        return SchematicEdge(source=source, target=target, positive=positive, negative=negative)

    return Schematic(
        model="made",
        layers=("a", "b", "c"),
        nodes=(
            node("a", "Gabor", 20),
            node("a", "texture", 8),
            node("b", "line", 10),
            node("b", "angle", 9),
            node("c", "curve", 5),
        ),
        edges=(
            edge("a/Gabor", "b/line", 0.6, -0.1),
            edge("a/Gabor", "b/angle", 0.02, -0.01),
            edge("a/texture", "b/line", 0.1, -0.2),
            edge("b/line", "c/curve", 0.4, -0.15),
            edge("b/angle", "c/curve", 0.1, -0.3),
        ),
        parameters=1234,
    )


def test_the_schematic_names_what_excites_and_inhibits_the_curves():
    figure = schematic_figure(_graph())
    assert figure.core == ("a/Gabor", "b/line", "b/angle", "c/curve")
    said = figure.words.takeaway
    assert "44 units in three layers and 1,234 weights" in said
    assert "excited most by “line” of b (net +25% of all weights into them)" in said
    assert "inhibited most by “angle” of b (−20%)" in said
    turned = _graph()
    turned = replace(
        turned,
        edges=tuple(replace(x, positive=-x.negative, negative=-x.positive) for x in turned.edges),
    )
    assert "excited most by “angle” of b" in schematic_figure(turned).words.takeaway


def _picture(layer):
    data = base64.b64decode(layer.sprite.split(",")[1])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), float) / 255


def _thumbnail(layer, unit):
    row, column = divmod(unit.cell, layer.columns)
    box = _picture(layer)[row * layer.cell :, column * layer.cell :][: layer.cell, : layer.cell]
    return box.transpose(2, 0, 1)


def test_the_sheet_shows_what_its_units_see(sheet, taxonomy):
    first, second = sheet.layers
    assert (first.shown, second.shown) == ("filter", "image")
    assert [(x.family, x.members, len(x.units), x.period) for x in second.rows] == [
        ("line", 16, 12, 180),
        ("other", 8, 8, 0),
    ]
    assert [x.channel for x in second.rows[0].units] == list(range(12))  # the highest scores
    for unit in second.rows[0].units:
        angle, strength = _slope(_thumbnail(second, unit))
        assert abs((angle - unit.orientation + 90) % 180 - 90) < 25, unit
        assert strength > 0.15
    filters = image_filters(artificial_network(), "conv2d0")
    for unit in first.rows[0].units:
        wanted = filters[unit.channel]
        found = _thumbnail(first, unit) - 0.5
        assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.99
    assert all(len(x.sprite) <= 120_000 for x in sheet.layers)


def test_a_budget_is_kept_by_the_layers_that_cost_most(taxonomy):
    few = family_sheet(artificial_network(), taxonomy, most=4, budget=100_000)
    assert [[len(row.units) for row in layer.rows] for layer in few.layers] == [[4], [1, 1]]
    assert "at most four of a family." in few.words.takeaway


def test_layers_are_left_out_where_nothing_else_helps():
    network = artificial_network()
    labels = [_label(layer, 0, "line") for layer in ("conv2d0", "conv2d1", "conv2d2", "3a")]
    sheet = family_sheet(network, _taxonomy(labels), budget=1)
    assert [layer.layer for layer in sheet.layers] == ["conv2d0", "3a"]
    assert "Left out for their size: conv2d1, conv2d2." in sheet.words.takeaway


def test_the_sheet_turns_negative_units_and_refuses_empty_rows(taxonomy):
    network = artificial_network()
    labels = [_label("conv2d0", 3, "Gabor"), _label("conv2d0", 4, "edge", sign=-1)]
    (layer,) = family_sheet(network, _taxonomy(labels)).layers
    plain, turned = (_thumbnail(layer, row.units[0]) - 0.5 for row in layer.rows)
    filters = image_filters(network, "conv2d0")
    assert np.corrcoef(plain.ravel(), filters[3].ravel())[0, 1] > 0.99
    assert np.corrcoef(turned.ravel(), filters[4].ravel())[0, 1] < -0.99
    with pytest.raises(InputError, match="at least one unit of a family"):
        family_sheet(network, taxonomy, most=0)
    with pytest.raises(InputError, match="labelled are conv2d0, conv2d2"):
        family_sheet(network, taxonomy, layers=["3a"])


def _claim(name, **fields):
    plain = {
        "id": name,
        "section": "Echoes",
        "statement": f"The {name} sentence is true.",
        "published": None,
        "measured": 0.2,
        "interval": (0.1, 0.3),
        "permuted": False,
        "holds": True,
        "quantity": "share of the peak",
        "criterion": "above 0",
        "how": f"As {name} is measured.",
        "note": "",
        "permuted_measured": 0.0,
        "permuted_interval": (-0.1, 0.1),
        "figure": None,
    }
    return ClaimResult(**{**plain, **fields})


def _claims():
    return ClaimTable(
        model="made",
        model_hash="0" * 64,
        weights="made",
        layer="3b",
        seed=7,
        claims=(
            _claim("plain", published="0.25", figure="schematic"),
            _claim("false", measured=-0.2, interval=(-0.3, -0.1), holds=False),
            _claim("open", interval=(-0.1, 0.5), holds=None, note="Units are few."),
            _claim("empty", permuted=True, permuted_interval=(0.1, 0.2)),
            _claim(
                "untried",
                measured=None,
                interval=None,
                holds=None,
                permuted=None,
                permuted_measured=None,
                permuted_interval=None,
            ),
            _claim("wrong", holds=False, permuted=True, interval=(NAN, NAN)),
        ),
    )


def test_a_claim_that_chance_meets_too_says_nothing():
    figure = claims_table(_claims())
    assert {row.id: row.verdict for row in figure.rows} == {
        "plain": "holds",
        "false": "does not hold",
        "open": "undecided",
        "empty": "says nothing",
        "untried": "cannot be tested",
        "wrong": "does not hold",
    }
    assert (figure.rows[0].low, figure.rows[5].low) == (0.1, None)
    assert "Of six claims" in figure.words.takeaway
    assert "one holds, two do not, one is undecided" in figure.words.takeaway
    empty = claims_table(replace(_claims(), claims=()))
    assert empty.rows == ()
    assert "none" in empty.words.takeaway


# --- the page ---------------------------------------------------------------------------------


def test_counts_are_exact_and_estimates_are_not():
    exact = _claim("count", measured=191360.0, interval=(191360.0, 191360.0))
    factor = _claim("factor", measured=8.17, interval=(8.17, 8.17))
    figure = claims_table(replace(_claims(), claims=(exact, factor, _claim("plain"))))
    rows = dump(figure, digits=4)["rows"]
    assert [row["count"] for row in rows] == [191360, None, None]
    assert [row["permuted_count"] for row in rows] == [None, None, None]
    assert [(row["low"], row["high"]) for row in rows[1:]] == [(8.17, 8.17), (0.1, 0.3)]
    assert load(ClaimsTableFigure, dump(figure)) == figure
    assert "“Says nothing” marks a claim that holds there as well" in figure.words.caption


def test_sections_begin_at_figures_in_order(report):
    for firsts in [(0,), (6,), (2, 2), (3, 2)]:
        sections = tuple(Section(title="A", first=first) for first in firsts)
        with pytest.raises(InputError, match="begin at figures 1 to 5"):
            replace(report, sections=sections)
    assert replace(report, sections=()).sections == ()


@pytest.fixture(scope="module")
def report(taxonomy, permuted, sheet):
    return report_of(
        (
            family_counts(taxonomy, permuted),
            family_shares_figure(_shares()),
            schematic_figure(_graph()),
            sheet,
            claims_table(_claims()),
        ),
        sections=(Section(title="Circuit", first=3), Section(title="Claims", first=5)),
    )


def test_the_figures_read_back(report):
    assert load(Report, dump(report)) == report


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1400])
def test_figures_are_drawn_and_axe_finds_nothing(open_page, bundle, report, theme, width):  # noqa: F811
    opened = open_page(render(report), width, color_scheme=theme, bypass_csp=True)
    opened.poll("document.querySelectorAll('figure .body > *').length", 5)
    opened.page.locator("button.claim").first.click()
    assert_drawn(opened, report, width)


@pytest.mark.browser
def test_thumbnails_are_those_of_the_sprite(open_page, bundle, report, sheet):  # noqa: F811
    opened = open_page(render(report))
    figure = opened.page.locator("figure[data-kind=family-sheet]")
    figure.get_by_role("button", name="conv2d2", exact=True).click()
    opened.poll("[...document.querySelectorAll('.sheet canvas')].length", 20)
    row = """[...document.querySelectorAll('.sheet canvas')].map(c => {
      const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      return Math.max(...d.slice(0, 4 * c.width));
    }).every(x => x > 0)"""
    opened.poll(row, True)
    pixels = opened.page.evaluate(
        """[...document.querySelectorAll('.sheet canvas')].map(c =>
          [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data])"""
    )
    layer = sheet.layers[1]
    units = [unit for row in layer.rows for unit in row.units]
    for unit, data in zip(units, pixels, strict=True):
        drawn = np.array(data).reshape(layer.cell, layer.cell, 4)[..., :3].transpose(2, 0, 1) / 255
        assert np.abs(drawn - _thumbnail(layer, unit)).mean() < 0.02


@pytest.mark.browser
def test_figures_answer_to_keyboard_and_controls(open_page, bundle, report):  # noqa: F811
    opened = open_page(render(report))
    page = opened.page
    claims = page.locator("figure[data-kind=claims-table]")
    opened.poll("document.querySelectorAll('.claims .claim-row').length", 6)
    assert claims.locator(".claim-section").all_inner_texts() == ["ECHOES"]
    claims.get_by_role("button", name="does not hold").press("Enter")
    assert claims.locator(".claim-row th").all_inner_texts() == [
        "▸\nThe false sentence is true.",
        "▸\nThe wrong sentence is true.",
    ]
    claims.get_by_role("button", name="all 6").press("Enter")
    claims.get_by_role("searchbox").fill("OPEN true")
    assert claims.locator(".claim-row").count() == 1
    claims.locator("button.claim").press("Enter")
    assert "As open is measured." in claims.locator(".claim-more").inner_text()
    assert "Units are few." in claims.locator(".claim-more").inner_text()
    claims.get_by_role("searchbox").fill("")
    assert claims.get_by_role("link", name="Figure 3").get_attribute("href") == (
        "#figure-3-schematic"
    )

    shares = page.locator("figure[data-kind=family-shares]")
    names = shares.locator(".shares-name")
    assert names.all_inner_texts() == ["Gabor", "other"]
    shares.get_by_label("Measure").select_option("energy")
    assert names.all_inner_texts() == ["other", "Gabor"]
    assert shares.locator(".shares-value").all_inner_texts() == ["70%", "30%"]

    graph = page.locator("figure[data-kind=schematic]")
    assert graph.locator(".node").count() == 4
    assert graph.locator("path.edge[data-stop]").count() == 4
    graph.get_by_role("checkbox").check()
    assert graph.locator(".node").count() == 5
    assert graph.locator("path.edge[data-stop]").count() == 5
    graph.get_by_role("slider").fill("60")
    assert graph.locator("path.edge[data-stop]").count() == 3
    graph.locator(".node").first.focus()
    assert "a/Gabor: 20 units, 50% of the layer; to b/line +50%" in graph.inner_text()
    page.keyboard.press("ArrowLeft")  # from the first item to the last, the widest line
    assert "a/Gabor → b/line: net +50%, of it +60% and −10%" in graph.inner_text()

    counts = page.locator("figure[data-kind=family-counts]")
    counts.get_by_role("button", name="line", exact=True).press("Enter")
    assert "line: conv2d0 0 (0.0%), conv2d2 16 (67%)" in counts.inner_text()
    for figure, rows in (("family-counts", 5), ("schematic", 5), ("claims-table", 6)):
        table = downloaded_table(page.locator(f"figure[data-kind={figure}]"))
        assert len(table) == 1 + rows
    assert opened.said == []


@pytest.mark.browser
def test_claims_are_grouped_and_numbers_written_as_read(open_page, bundle, report):  # noqa: F811
    made = (
        _claim("count", measured=191360.0, interval=(191360.0, 191360.0), section="Overview"),
        _claim("echo", measured=0.5082, interval=(0.04587, 0.5572)),
        _claim("late", measured=-0.0007, interval=(-0.00726, 0.0045), section="Overview"),
    )
    figure = claims_table(replace(_claims(), claims=made))
    opened = open_page(render(replace(report, figures=(figure,), sections=())), 380)
    claims = opened.page.locator("figure[data-kind=claims-table]")
    assert claims.locator("tbody").all_inner_texts()[0].startswith("OVERVIEW")
    assert claims.locator("tbody").count() == 2
    shown = claims.locator("td[data-name=Measured]").all_inner_texts()
    numbers = [text.removesuffix("share of the peak").strip() for text in shown]
    assert numbers == ["191,360", "−0.00070 −0.00726 to 0.00450", "0.508 0.046 to 0.557"]
    # A card has no columns: what is said of a claim begins at the left, its figure excepted.
    lefts = claims.locator(".claim-row > :is(th, td):not(.claim-figure, .none)").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect().left)"
    )
    assert len(set(lefts)) == 1
    assert claims.locator(".claim-figure:visible").count() == 0


@pytest.mark.browser
def test_figures_are_listed_and_headed_by_section(open_page, bundle, report):  # noqa: F811
    page = open_page(render(report)).page
    headings = "[...document.querySelectorAll('main h2')].map(h => h.innerText)"
    titles = [figure.words.title for figure in report.figures]
    assert page.evaluate(headings)[: len(titles) + 2] == [
        *titles[:2],
        "Circuit",
        *titles[2:4],
        "Claims",
        titles[4],
    ]
    lists = page.locator(".contents ol")
    assert [each.locator("li").count() for each in lists.all()] == [2, 2, 1]
    assert lists.nth(1).get_attribute("start") == "3"
    page.locator(".contents").get_by_role("link", name="Claims", exact=True).click()
    assert page.evaluate("document.querySelector(location.hash).innerText") == "Claims"
    plain = open_page(render(replace(report, sections=()))).page
    assert plain.evaluate(headings)[: len(titles)] == titles
    assert plain.locator(".contents ol").count() == 1
