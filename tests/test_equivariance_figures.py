"""Weights by the angle between units: what is turned, what the page shows, and the claims there."""

import base64
import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import assert_drawn, report_of
from networks import written
from test_page import chromium, open_page  # noqa: F401

from curvecircuits.artificial import artificial_network
from curvecircuits.circuits.blocks import OrientedBlock
from curvecircuits.circuits.equivariance import rotation_fit
from curvecircuits.circuits.kernels import Kernels, kernels
from curvecircuits.circuits.motif import tangent_motif
from curvecircuits.circuits.similarity import similarity
from curvecircuits.circuits.upright import folded_tiles, turned_tiles
from curvecircuits.claims import ClaimTable
from curvecircuits.claims.records import ClaimResult
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.models.permute import weight_permuted
from curvecircuits.report import render
from curvecircuits.report.figures import equivariance, motif_tiles, opposing_pairs
from curvecircuits.report.sections import linked_claims
from curvecircuits.store import dump, load
from curvecircuits.weights import expanded_weights

CURVES = written("3b", "curve", every=3)
EARLY = written("3a", "early curve", every=2)
LINES = written("3a", "line", every=2)
BARS = written("conv2d2", "line")
RADIUS = 60.0


def _between(network, targets, sources):
    weights = expanded_weights(network, sources.layer, units=targets.units)
    return weights, kernels(weights, targets, sources)


def _all(network):
    """The three figures, and what they were made of."""
    weights, found = _between(network, CURVES, EARLY)
    block = OrientedBlock(
        targets=found.targets,
        sources=found.sources,
        values=found.values,
        pitch=float(found.pitch),
        offset=found.offset,
    )
    fit = rotation_fit(block, shuffles=20)
    measured = similarity(weights, CURVES, EARLY, permutations=20)
    below, lines = _between(network, LINES, BARS)
    links = {
        "3a → 3b": (tangent_motif(weights, CURVES, EARLY, radius=RADIUS, permutations=20), found),
        "conv2d2 → 3a": (tangent_motif(below, LINES, BARS, permutations=20), lines),
    }
    figures = equivariance(found, fit), motif_tiles(links), opposing_pairs(found, measured)
    return figures, found, block, fit, measured, links


@pytest.fixture(scope="module")
def made():
    return _all(artificial_network())


@pytest.fixture(scope="module")
def permuted():
    return _all(weight_permuted(artificial_network(), seed=3))


@pytest.fixture(scope="module")
def figures(made):
    return made[0]


def _unpack(block):
    steps = np.frombuffer(base64.b64decode(block.data), np.int8).reshape(block.shape)
    return np.where(steps == -128, np.nan, steps * block.scale)


def _alike(tiles):
    """Mean correlation of the shapes of each row of tiles with the mean of the others.

    What a tile sums to does not change when it is turned, and is left out.
    """
    shapes = np.nan_to_num(tiles - tiles.mean((2, 3), keepdims=True))
    rows = shapes.reshape(len(tiles), -1)
    others = (rows.sum(0) - rows) / (len(rows) - 1)
    return np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(rows, others, strict=True)])


# --- what is turned --------------------------------------------------------------------------


def test_turned_upright_all_units_of_a_family_have_one_circuit(made, permuted):
    tiles, none = turned_tiles(made[1]), turned_tiles(permuted[1])
    assert _alike(tiles.upright) > 0.9
    assert _alike(tiles.plain) < 0.65
    assert _alike(none.upright) < 0.3


def test_a_tile_is_the_mean_of_the_sources_at_its_angle(made):
    found = made[1]
    tiles = turned_tiles(found, steps=12)
    assert tiles.angles.tolist() == [30 * k for k in range(-5, 7)]
    row, angle = 2, 8
    near = np.abs((found.relative[row] - 90 + 180) % 360 - 180) <= 15
    wanted = found.values[row, near].mean(0) / np.abs(found.values[row]).max()
    assert tiles.plain[row, angle] == pytest.approx(wanted)
    assert (tiles.column[row][near] == angle).all()
    # Opposite units count at 180°, to whichever side of it rounding puts them.
    assert tiles.column[np.abs(found.relative) > 166].tolist() == [11] * int(
        (np.abs(found.relative) > 166).sum()
    )


def test_a_quarter_turn_of_a_tile_is_exact(made):
    found = made[1]
    row = int(np.argmin(np.abs(np.array(found.targets.orientations) - 90)))
    assert found.targets.orientations[row] == 90
    tiles = turned_tiles(found)
    assert tiles.upright[row] == pytest.approx(np.rot90(tiles.plain[row], axes=(1, 2)))


def test_where_there_is_no_source_there_is_no_tile(made):
    found = made[1]
    few = Kernels(
        targets=found.targets,
        sources=found.sources.take([0, 1]),
        values=found.values[:, :2],
        pitch=found.pitch,
        offset=found.offset,
    )
    tiles = turned_tiles(few)
    assert tiles.plain.shape[1] == 4
    empty = np.isnan(tiles.plain).all((2, 3))
    assert empty.any(1).all()
    assert (empty == ~(tiles.column[..., None] == np.arange(4)).any(1)).all()
    silent = replace(few, values=few.values * (np.arange(8) > 0)[:, None, None, None])
    assert (turned_tiles(silent).upright[0][~empty[0]] == 0).all()
    assert np.isfinite(folded_tiles(silent, steps=2).tiles).all()
    with pytest.raises(InputError, match="even number"):
        turned_tiles(few, steps=3)
    with pytest.raises(InputError, match="2 angles or more"):
        folded_tiles(few, steps=1)


def test_inputs_turned_either_way_are_laid_over_one_another():
    """A curve whose clockwise inputs lie below and whose others lie above."""
    curve = Family(name="curve", layer="b", channels=(0,), orientations=(0.0,), period=360)
    parts = Family(name="line", layer="a", channels=(0, 1), orientations=(45.0, 135.0), period=180)
    values = np.zeros((1, 2, 3, 3))
    values[0, 0, 2, 1] = values[0, 1, 0, 1] = 1
    found = folded_tiles(
        Kernels(targets=curve, sources=parts, values=values, pitch=8, offset=(-8.0, -8.0)), steps=3
    )
    assert found.angles.tolist() == [0, 45, 90]
    assert found.pairs.tolist() == [0, 2, 0]
    assert np.isnan(found.tiles[[0, 2]]).all()
    assert found.tiles[1, 2, 1] == pytest.approx(1)
    assert np.abs(found.tiles[1]).sum() == pytest.approx(1)


# --- what the records hold -------------------------------------------------------------------


def test_records_read_back(figures):
    for figure in figures:
        assert load(type(figure), dump(figure)) == figure
        assert "nan" not in figure.words.takeaway + figure.words.caption


def test_what_the_template_explains_is_that_of_the_fit(made, permuted):
    figure, block, fit = made[0][0], made[2], made[3]
    assert figure.r2.value == fit.r2.value
    total = np.square(block.values - block.values.mean()).sum((1, 2, 3))
    explained = dict(zip(map(str, block.targets.units), fit.of_targets, strict=True))
    each = [row.r2 for row in figure.units]
    assert each == [explained[row.target.unit] for row in figure.units]
    assert 1 - ((1 - np.array(each)) * total).sum() / total.sum() == pytest.approx(fit.r2.value)
    assert min(each) > 0.4
    assert max(row.shuffled.high for row in figure.units) < min(each)
    none = permuted[0][0]
    assert none.r2.value < 0.1
    assert max(row.r2 for row in none.units) < 0.3
    assert f"{fit.r2.value:.2f}" in figure.words.takeaway


def test_rows_are_explained_by_their_unit_whatever_the_order(made):
    figure, found, block, fit = made[0][0], made[1], made[2], made[3]
    turned = [*range(3, 8), 0, 1, 2]
    other = replace(
        fit,
        targets=block.targets.take(turned),
        of_targets=tuple(fit.of_targets[i] for i in turned),
        of_targets_shuffled=tuple(tuple(d[i] for i in turned) for d in fit.of_targets_shuffled),
    )
    assert equivariance(found, other).units == figure.units


def test_the_last_row_is_the_mean_and_the_template_is_like_it(figures):
    figure = figures[0]
    upright = _unpack(figure.upright)
    assert np.nanmax(np.abs(upright[-1] - upright[:-1].mean(0))) < 1.01 * figure.upright.scale
    template = _unpack(figure.template)[0]
    assert np.corrcoef(template.ravel(), upright[-1].ravel())[0, 1] > 0.8
    addresses = {each for row in figure.units for angle in row.sources for each in angle}
    assert addresses == {str(unit) for unit in EARLY.units}


def test_aligned_inputs_excite_along_the_tangent_and_others_inhibit(made, permuted):
    for link, (motif, _) in zip(made[0][1].links, made[5].values(), strict=True):
        tiles = _unpack(link.values)[0]
        middle = tiles.shape[1] // 2
        aligned = tiles[0]
        assert aligned[:, middle].min() > 0
        assert aligned[:, middle].mean() > 3 * aligned[:, 0].mean()
        sums = [each.sum for each in link.tiles if each.sum]
        assert [each.angle for each in link.tiles][:5] == [
            k * (45 if link.source_shape == "curve" else 22.5) for k in range(5)
        ]
        assert sums[0].low > 0 > sums[-1].high
        strongest = link.tiles[-2:]
        assert strongest[0].apart.value == motif.positive_apart.measured.value
        assert strongest[1].likeness.value == motif.negative_likeness.measured.value
        assert tiles[-2] == pytest.approx(motif.positive_kernel, abs=link.values.scale)
    assert "in two of two links" in made[0][1].words.takeaway
    assert "in none of two links" in permuted[0][1].words.takeaway
    both = made[5].values()
    many = motif_tiles({str(k): each for k, each in enumerate([*both, *both])})
    assert "in four of four links: their tiles correlate with it, in the strongest and" in (
        many.words.takeaway
    )
    with pytest.raises(InputError, match="at least one motif"):
        motif_tiles({})


def test_pairs_are_the_nearest_and_the_farthest(made, permuted):
    figure, found, measured = made[0][2], made[1], made[4]
    assert len(figure.shown) == 6
    assert len({each.target.unit for each in figure.shown}) == 6
    sums = np.array([[each.sum for each in row.sources] for row in figure.shown])
    assert (sums[:, 0] > 0).all()
    assert (sums[:, 2] < 0).all()
    assert (np.abs(sums[:, 1]) < np.abs(sums[:, [0, 2]]).min(1)).all()
    pairs = {str(pair.target): pair for pair in measured.pairs}
    for row in figure.shown:
        pair = pairs[row.target.unit]
        assert [row.sources[k].source.unit for k in (0, 2)] == [
            str(pair.similar),
            str(pair.opposing),
        ]
        assert row.sources[0].sum == pytest.approx(pair.similar_sum)
    assert [band.mean.value for band in figure.bands] == [b.mean.value for b in measured.bands]
    assert np.reshape(figure.sums, found.relative.shape) == pytest.approx(found.values.sum((2, 3)))
    other = np.array([[each.sum for each in row.sources] for row in permuted[0][2].shown])
    assert not ((other[:, 0] > 0).all() and (other[:, 2] < 0).all())


def test_who_has_no_opposite_has_no_opposing_pair(made):
    weights, found = _between(artificial_network(), CURVES, LINES)
    figure = opposing_pairs(found, similarity(weights, CURVES, LINES, permutations=20))
    assert figure.half == 90
    assert all(row.sources[2] is None for row in figure.shown)
    assert np.isnan(_unpack(figure.tiles)[:, 2]).all()
    few = made[1].sources.take([0])
    one = _between(artificial_network(), CURVES, few)
    alone = opposing_pairs(one[1], similarity(one[0], CURVES, few, permutations=20))
    assert any(row.sources[0] is None for row in alone.shown)


# --- what the browser shows ------------------------------------------------------------------


def _claim(name, figure, *, holds=True, published=None, section="Early curves"):
    return ClaimResult(
        id=name,
        section=section,
        statement=f"The sentence {name} is true.",
        published=published,
        measured=0.25,
        interval=(0.125, 0.5),
        permuted=False,
        holds=holds,
        quantity="mean weight",
        criterion="above 0",
        how="Measured.",
        note="",
        permuted_measured=0.0,
        permuted_interval=(-0.1, 0.1),
        figure=figure,
    )


@pytest.fixture(scope="module")
def report(figures):
    table = ClaimTable(
        model="made",
        model_hash="0" * 64,
        weights="made",
        layer="3b",
        seed=0,
        claims=(
            _claim("one", "equivariance", published="about <b>2</b>"),
            _claim("two", "motif-tiles", holds=False),
            _claim("three", "motif-tiles", section="Circuit motifs"),
            _claim("four", "motif-tiles", holds=None),
            _claim("five", None),
        ),
    )
    names = ("equivariance", "motif-tiles", "opposing-pairs")
    claims = linked_claims(table, list(zip(names, figures, strict=True)))
    return report_of([*figures, claims])


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [(360, "dark"), (800, "light"), (1400, "light")])
def test_figures_are_drawn_and_axe_finds_nothing(open_page, bundle, report, width, theme):  # noqa: F811
    opened = open_page(render(report), width, color_scheme=theme, bypass_csp=True)
    opened.poll("document.querySelectorAll('figure .body > *').length", 4)
    opened.page.locator("details.beside summary").click()
    assert_drawn(opened, report, width)


def _rows(page, number):
    with page.expect_download() as download:
        page.get_by_role("button", name=f"CSV: download figure {number}", exact=True).click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.browser
def test_tiles_are_turned_chosen_and_written_out(open_page, bundle, report, made):  # noqa: F811
    opened = open_page(render(report), 1400)
    page = opened.page
    figure, motif, pairs, _ = report.figures
    opened.poll("document.querySelectorAll('figure .body > *').length", 4)

    turned = page.locator("figure[data-kind=equivariance]")
    drawn = "document.querySelector('.turned .matrix-tiles canvas').toDataURL()"
    page.evaluate(f"window.upright = {drawn}")
    turned.get_by_role("radio", name="turned upright").press("ArrowLeft")
    assert turned.get_by_role("radio", name="as they are").is_checked()
    opened.poll(f"{drawn} === upright", False)
    turned.get_by_role("radio", name="turned upright").check()
    opened.poll(f"{drawn} === upright", True)
    picker = turned.get_by_role("slider")
    for key in ("PageUp", "Home", "ArrowDown", "ArrowRight"):
        picker.press(key)
    row = figure.units[1]
    assert picker.get_attribute("aria-valuetext").startswith(
        f"{row.target.unit}, inputs at −120°, R² {row.r2:.2f}"
    )
    for address in row.sources[1]:
        assert address in turned.locator(".large").inner_text()
    picker.press("PageDown")
    assert "template" in turned.locator(".large").inner_text()
    box = picker.bounding_box()
    picker.hover(position={"x": box["width"] * 5.5 / 12, "y": box["height"] * 2.5 / 10})
    assert figure.units[2].target.unit in turned.locator(".large").inner_text()

    found = _rows(page, 1)
    cells = [r for r in found if r["part"] == "upright" and r["target"] == row.target.unit]
    assert len(cells) == 12 * 25
    # The file, the page and Python turn tiles alike: the page turns none itself.
    values = np.reshape([float(each["value"]) for each in cells], (12, 5, 5))
    wanted = turned_tiles(made[1]).upright[1]
    assert values == pytest.approx(wanted, abs=figure.upright.scale)
    assert {each["part"] for each in found} == {"as is", "upright", "template", "r2", "shuffled"}

    links = page.locator("figure[data-kind=motif-tiles]")
    links.get_by_role("slider").nth(1).press("ArrowRight")
    link = motif.links[1]
    assert f"inputs {link.tiles[1].name}" in links.locator(".large").inner_text()
    links.get_by_role("slider").first.press("End")
    assert "inhibit most" in links.locator(".large").inner_text()
    found = _rows(page, 2)
    sums = [each for each in found if each["quantity"] == "sum"]
    assert [float(each["value"]) for each in sums] == pytest.approx(
        [t.sum.value for each in motif.links for t in each.tiles if t.sum], rel=1e-3, abs=1e-6
    )
    assert len([each for each in found if each["quantity"] == "weight"]) == 7 * sum(
        each.values.shape[2] ** 2 for each in motif.links
    )

    opposed = page.locator("figure[data-kind=opposing-pairs]")
    opposed.get_by_role("slider").press("End")
    assert pairs.shown[0].sources[2].source.unit in opposed.locator(".large").inner_text()
    assert opposed.locator(".chart circle").count() >= len(pairs.sums)
    found = _rows(page, 3)
    sums = [float(each["value"]) for each in found if each["part"] == "sum"]
    assert sums == pytest.approx(list(pairs.sums), rel=1e-3, abs=1e-6)
    for format in ("SVG", "PNG"):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"{format}: download figure 1").click()
        assert Path(download.value.path()).stat().st_size > 10_000
    assert opened.said == []


@pytest.mark.browser
def test_claims_stand_below_their_figure_and_lead_to_their_row(open_page, bundle, report):  # noqa: F811
    opened = open_page(render(report), 1400)
    page = opened.page
    opened.poll("document.querySelectorAll('figure .body > *').length", 4)
    one = page.locator("figure[data-kind=equivariance] .beside")
    assert one.evaluate("each => each.tagName") == "DIV"
    text = " ".join(one.inner_text().split())
    assert text == (
        "The sentence one is true. In the article about <b>2</b> "
        "Here 0.250 0.125 to 0.500 mean weight ✓ holds"
    )
    assert page.locator("figure[data-kind=opposing-pairs] .beside").count() == 0
    many = page.locator("figure[data-kind=motif-tiles] .beside")
    assert not many.get_by_role("link").first.is_visible()
    summary = many.locator("summary")
    assert summary.inner_text().endswith(
        "3 claims of the article and what was measured here: 1 hold"
    )
    summary.press("Enter")

    claims = page.locator("figure[data-kind=claims-table]")
    claims.get_by_label("Section").select_option("Circuit motifs")
    assert claims.locator(".claim-row").count() == 1
    claims.get_by_role("button", name="does not hold").press("Enter")
    assert claims.locator(".claim-row").count() == 0
    # The row is there for who follows the link, whatever was filtered away.
    many.get_by_role("link", name="The sentence four is true.").press("Enter")
    opened.poll("document.querySelectorAll('.claim-row').length", 5)
    opened.poll(
        "(r => r.top >= 0 && r.bottom <= innerHeight)"
        "(document.getElementById('claim-four').getBoundingClientRect())",
        True,
    )
    back = claims.locator("#claim-four").get_by_role("link")
    assert back.get_attribute("href") == "#figure-2-motif-tiles"
    assert opened.said == []
