"""Feature visualization on the page: what the figures say, and that they can be used."""

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from browser import assert_drawn, downloaded, downloaded_rows, report_of
from networks import family_of
from PIL import Image
from test_page import HOSTILE, chromium, open_page  # noqa: F401

from curvecircuits.artificial import artificial_network
from curvecircuits.cli.app import main
from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.picture_check import check_pictures, dial_for
from curvecircuits.errors import InputError
from curvecircuits.families.family import Family
from curvecircuits.report import Report, pictured, render
from curvecircuits.report.figures import decomposed_figure, pictures_figure
from curvecircuits.report.figures.decomposed import grey_sprite
from curvecircuits.report.figures.picture_words import PicturedSide
from curvecircuits.report.parts import spread
from curvecircuits.report.pictured import missing_pictures, picture_figures
from curvecircuits.report.sections import in_order, sections
from curvecircuits.store import dump, load
from curvecircuits.visualize import decompose, family_pictures
from curvecircuits.visualize.features import climbed

AT = (0.0, 90.0, 180.0, 270.0)
STEPS = 12


@pytest.fixture(scope="module")
def network():
    return artificial_network(orientations=AT)


@pytest.fixture(scope="module")
def family(network):
    return family_of(network, "3b", list(AT))


@pytest.fixture(scope="module")
def side(network, family):
    curves = Family(name="curve", layer="3b", channels=(0, 1, 2, 3), orientations=AT, period=360)
    shown = family_pictures(network, curves, steps=STEPS)
    return PicturedSide(shown=shown, check=_check(network, family, shown.pictures))


def _check(network, family, pictures, dial=True):
    asked = dial_for(network, family) if dial else None
    return check_pictures(network, "3b", range(4), AT, asked, [p.rgb() for p in pictures])


@pytest.fixture(scope="module")
def found(network):
    """Two units over two layers, in few cells."""
    return [
        decompose(network, unit, layers=["3a", "conv2d1"], grids={"3a": 3, "conv2d1": 5}, steps=3)
        for unit in ("3b:1", "3b:2")
    ]


@pytest.fixture(scope="module")
def decomposed(found, side):
    return decomposed_figure(found, side.shown.pictures[1:3], AT[1:3])


def _opened(uri):
    head, data = uri.split(",", 1)
    assert head == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


# --- the decomposed unit ----------------------------------------------------------------------


def test_the_grids_are_those_of_the_decomposition(decomposed, found):
    for view, each in zip(decomposed.units, found, strict=True):
        assert view.shape.unit == each.made.unit
        assert (view.height, view.width) == each.made.field
        for number, (grid, layer) in enumerate(zip(view.grids, each.layers, strict=True)):
            assert (grid.layer, (grid.rows, grid.columns)) == (layer.layer, layer.grid)
            for cell, kept in zip(grid.cells, layer.cells, strict=True):
                assert (cell.top, cell.left, cell.height, cell.width) == kept.footprint
                assert (cell.opacity, cell.picture) == (kept.opacity, kept.picture)
                assert (cell.positive, cell.negative) == (kept.positive, kept.negative)
            pictures = each.arrays[f"pictures.{number}"]
            assert grid.pixels == pictures.shape[-1]
            sheet = np.asarray(_opened(grid.sprite.uri).convert("RGBA"), float)
            last = next(c for c in reversed(layer.cells) if c.picture is not None)
            row, column = divmod(last.picture, grid.sprite.columns)
            s = grid.sprite.side
            square = sheet[row * s : (row + 1) * s, column * s : (column + 1) * s]
            grey, alpha = each.picture(number, last).astype(float)
            # Where hardly anything is opaque the colour is not kept.
            weight = alpha / 255
            assert np.abs(square[..., 3] - alpha).mean() < 12
            assert (np.abs(square[..., 0] - grey) * weight).sum() / weight.sum() < 16


def test_what_is_said_of_neighbours_is_measured(found, side):
    text = decomposed_figure(found[:1], side.shown.pictures[1:2], AT[1:2]).words
    cosines = sorted(layer.alikeness.neighbours for layer in found[0].layers)
    assert text.takeaway.startswith("What 3b:1 asks of earlier layers")
    assert f"mean cosine of {cosines[0]:.2f} to {cosines[1]:.2f}" in text.takeaway
    for layer in found[0].layers:
        likeness = layer.alikeness
        assert f"{layer.layer} {likeness.neighbours:.2f} (random order" in text.caption
    unlike = [replace(x, alikeness=replace(x.alikeness, neighbours=-0.2)) for x in found[0].layers]
    made = replace(found[0].made, layers=tuple(unlike))
    other = decomposed_figure(
        [replace(found[0], made=made)], side.shown.pictures[:1], AT[:1], skipped=["conv2d2"]
    ).words
    assert "does not always change little by little" in other.takeaway
    assert "a mean cosine of −0.20 to −0.20; in no of two grids" in other.takeaway
    assert "Of the earlier layers 3a, conv2d1 are shown." in other.caption


def test_what_does_not_belong_together_is_refused(found, side):
    with pytest.raises(InputError, match="2 decomposed units, 1 pictures and 2 orientations"):
        decomposed_figure(found, side.shown.pictures[:1], AT[:2])
    with pytest.raises(InputError, match="do not belong together"):
        decomposed_figure([], [], [])
    fewer = replace(side, shown=replace(side.shown, pictures=side.shown.pictures[:3]))
    with pytest.raises(InputError, match="4 natural and 3 artificial pictures"):
        pictures_figure(side, fewer)


def test_a_sheet_of_grey_pictures_keeps_to_its_limit():
    random = np.random.default_rng(0)
    pictures = random.integers(0, 255, (9, 2, 60, 40), dtype=np.uint8)
    free, tight = (grey_sprite(pictures, limit=n, largest=48) for n in (10**7, 20_000))
    assert len(tight.uri) <= 20_000 < len(free.uri)
    assert (free.columns, free.side) == (3, 48)
    alpha = np.asarray(_opened(free.uri).convert("RGBA"))[..., 3]
    assert alpha[:48, :6].max() == 0, "the borders of what is not square are transparent"
    assert grey_sprite(pictures[:0], limit=1, largest=1) is None


# --- both families' pictures ------------------------------------------------------------------


def test_pictures_are_told_to_be_their_units(side):
    figure = pictures_figure(side, side)
    assert [p.natural.orientation for p in figure.pairs] == list(AT)
    assert [p.artificial.cell for p in figure.pairs] == [4, 5, 6, 7]
    for pair in figure.pairs:
        assert pair.natural.strongest == pair.natural.unit
        assert pair.natural.other == pair.natural.unit, "both families are the same"
        assert abs((pair.natural.read - pair.natural.orientation + 180) % 360 - 180) <= 20
    values = [(s.family, s.judge, s.value.value) for s in figure.shares]
    assert values == [
        (name, judge, 1.0)
        for name in ("natural", "artificial")
        for judge in ("own unit", "orientation")
    ]
    text = figure.words.takeaway
    assert "Of the 4 natural units’ pictures, 100% excite the unit that they were made for" in text
    assert "(exchanged 2" in text
    assert f"{STEPS} steps" in figure.words.caption


def test_pictures_of_other_units_are_not_said_to_be_right(side, network, family):
    pictures = (*side.shown.pictures[1:], side.shown.pictures[0])
    wrong = PicturedSide(
        shown=replace(side.shown, pictures=pictures), check=_check(network, family, pictures)
    )
    figure = pictures_figure(wrong, None)
    assert {s.value.value for s in figure.shares} == {0.0}
    assert "0.0% excite the unit" in figure.words.takeaway
    assert figure.words.takeaway.count("not clearly more than exchanged") == 2
    assert figure.pairs[0].artificial is None
    assert figure.pairs[0].natural.other is None


def test_without_a_dial_no_orientation_is_read(side, network, family):
    check = _check(network, family, side.shown.pictures, dial=False)
    figure = pictures_figure(replace(side, check=check), side)
    assert [(s.family, s.judge) for s in figure.shares][:2] == [
        ("natural", "own unit"),
        ("artificial", "own unit"),
    ]
    assert figure.pairs[0].natural.read is None
    assert "Of the 4 artificial units’ pictures, 100% (" in figure.words.takeaway


def test_all_pictures_are_of_one_scale(side):
    figure = pictures_figure(side, None)
    sheet = np.asarray(_opened(figure.sprite.uri).convert("RGB"), float)
    side_px = side.shown.pictures[0].image.shape[-1]
    assert figure.pixels <= side_px
    cut = (side_px - figure.pixels) // 2
    s = figure.sprite.side
    assert s == min(figure.pixels, 128)
    first = side.shown.pictures[0].rgb().permute(1, 2, 0).numpy() * 255
    wanted = first[cut : side_px - cut, cut : side_px - cut]
    assert np.abs(sheet[:s, :s] - wanted).mean() < 12


# --- in a report ------------------------------------------------------------------------------


def test_few_pixels_are_climbed_and_none_again(network, family, monkeypatch, tmp_path):
    monkeypatch.setattr(pictured, "_FAMILY", 1e3)
    monkeypatch.setattr(pictured, "_GRIDS", 1e3)
    monkeypatch.setattr(pictured, "_FEWEST", 2)
    monkeypatch.setattr(pictured, "_LAYERS", 2)
    own = Side(network=network, layer="3b", channels=(0, 1, 2, 3))
    matched = Matched(natural=own, artificial=own, orientations=AT)
    made = picture_figures(network, family, matched, cache=tmp_path)
    assert [name for name, _ in made] == ["decomposed", "pictures"]
    (view,) = made[0][1].units
    assert view.steps == 2
    assert [g.layer for g in view.grids] == ["3a", "conv2d0"]
    assert "conv2d0" in made[0][1].words.caption

    def never(*args, **kwargs):
        raise AssertionError("a picture was climbed again")

    monkeypatch.setattr(climbed, "climb", never)
    again = picture_figures(network, family, matched, cache=tmp_path)
    assert [dump(f) for _, f in again] == [dump(f) for _, f in made]
    alone = picture_figures(network, family, None, cache=tmp_path)
    assert [name for name, _ in alone] == ["decomposed", "own-pictures"]
    with pytest.raises(AssertionError, match="climbed again"):
        picture_figures(network, family, None, cache=None)


def test_units_are_chosen_round_the_circle():
    orientations = [10.0 * k for k in range(36)]
    strengths = [float(k == 3) for k in range(36)]
    around = pictured._around(orientations, strengths, range(36))
    assert around == [3, 15, 27]
    assert pictured._around([0.0, 90.0], [1.0, 2.0], [0, 1]) == [1, 0]
    assert pictured._around([0.0, 90.0], [9.0, 2.0], [1]) == [1], "those that go down are left out"
    assert spread([str(k) for k in range(8)], 4) == ["0", "2", "5", "7"]
    assert spread(["a", "b"], 4) == ["a", "b"]


def test_the_figures_have_places_of_their_own(decomposed, side):
    one = pictures_figure(side, None)
    mixed = [("joint-maps", one), ("family-counts", one), ("pictures", one)]
    ordered = in_order([*mixed, ("decomposed", decomposed), ("unit-table", one)])
    names = ["unit-table", "decomposed", "family-counts", "pictures", "joint-maps"]
    assert [name for name, _ in ordered] == names
    assert [(s.title, s.first) for s in sections(ordered)] == [
        ("The family", 1),
        ("The circuit", 2),
        ("The artificial circuit", 4),
    ]


def test_what_is_left_out_names_its_command(family):
    (part,) = missing_pictures(family, shown=False)
    assert part.command == "curvecircuits report --model M --circuit --pictures"
    assert missing_pictures(family, shown=True) == ()
    assert missing_pictures(replace(family, units=()), shown=False) == ()


def test_the_command_in_the_page_makes_the_same_page(tmp_path):
    code = tmp_path / "own.py"
    code.write_text(
        "from torch import nn\n"
        "def make():\n"
        "    return nn.Sequential(nn.Conv2d(3, 4, 31, 4), nn.ReLU())\n"
    )

    def printed(*options):
        page = tmp_path / "page.html"
        tokens = ["report", "--model", f"{code}:make", *options, "--out", str(page)]
        assert main(tokens) == 0
        block = page.read_text(encoding="utf-8").split('data-role="report">')[1]
        command = json.loads(block.split("</script>")[0])["colophon"]["command"]
        start, end = f"curvecircuits report --model {code}:make", f" --out {page}"
        assert command.startswith(start)
        assert command.endswith(end)
        return command[len(start) : -len(end)]

    assert printed() == " --seed 0"
    wanted = " --no-circuit --no-pictures --seed 3 --no-cache"
    assert printed("--no-pictures", "--no-cache", "--no-circuit", "--seed", "3") == wanted
    assert printed("--device", "cpu:0") == " --device cpu:0 --seed 0"


# --- the page ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(decomposed, side):
    return report_of((decomposed, pictures_figure(side, side), pictures_figure(side, None)))


def test_the_figures_are_written_and_read_as_they_are(report):
    assert load(Report, json.loads(json.dumps(dump(report)))) == report


@pytest.mark.browser
@pytest.mark.parametrize(("theme", "width"), [("light", 360), ("dark", 1200)])
def test_the_figures_are_drawn_and_axe_finds_nothing(open_page, bundle, report, theme, width):  # noqa: F811
    opened = open_page(render(report), width, color_scheme=theme, bypass_csp=True)
    opened.poll("document.querySelectorAll('.chart svg[role=img]').length", 2)
    assert_drawn(opened, report, width)
    assert [each for each in opened.requests if not each.startswith("data:")] == [opened.page.url]


CELLS = """([number, rows, columns]) => {
  const canvas = document.querySelectorAll('.decomposed-grid canvas')[number];
  const context = canvas.getContext('2d', {willReadFrequently: true});
  return Array.from({length: rows * columns}, (_, k) => {
    const x = Math.floor((k % columns + 0.5) * canvas.width / columns);
    const y = Math.floor((Math.floor(k / columns) + 0.5) * canvas.height / rows);
    return [...context.getImageData(x, y, 1, 1).data];
  });
}"""


@pytest.mark.browser
def test_cells_are_as_opaque_as_their_weights_are_long(open_page, bundle, report, found):  # noqa: F811
    opened = open_page(render(report))
    grids = report.figures[0].units[0].grids
    for number, grid in enumerate(grids):
        ask = [number, grid.rows, grid.columns]
        while opened.page.evaluate(CELLS, ask)[grid.cells.index(_longest(grid))][3] == 0:
            opened.page.wait_for_timeout(20)
        shown = np.array(opened.page.evaluate(CELLS, ask), float)
        wanted = [0.0 if c.picture is None else c.opacity for c in grid.cells]
        np.testing.assert_allclose(shown[:, 3] / 255, wanted, atol=0.01)
        for cell, colour in zip(grid.cells, shown[:, 0], strict=True):
            if cell.picture is None or cell.opacity < 0.3:
                continue
            picture = found[0].arrays[f"pictures.{number}"][cell.picture].astype(float)
            near = picture[:, picture.shape[1] // 2 - 2 :][:, :4, picture.shape[2] // 2 - 2 :]
            grey, alpha = near[0, :, :4], near[1, :, :4] / 255
            laid = grey * alpha + 191 * (1 - alpha)
            assert laid.min() - 25 <= colour <= laid.max() + 25


def _longest(grid):
    return max(grid.cells, key=lambda cell: cell.norm)


@pytest.mark.browser
def test_cells_are_reached_by_keyboard_and_by_pointer(open_page, bundle, report):  # noqa: F811
    opened = open_page(render(report))
    page = opened.page
    figure = page.locator("figure").first
    view = report.figures[0].units[0]
    first, second = figure.get_by_role("slider").all()
    grid = view.grids[0]
    assert first.get_attribute("aria-valuenow") == str(grid.cells.index(_longest(grid)) + 1)
    first.focus()
    for key in ("Home", *["ArrowUp"] * 3, "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    cell = grid.cells[4]
    spoken = first.get_attribute("aria-valuetext")
    assert spoken.startswith("3a, row 2, column 2: sees ")
    assert f"sees {cell.height} × {cell.width} px, at the centre" in spoken
    assert f"{cell.share * 100:.0f}% of the energy" in spoken
    panel = figure.locator(".decomposed-panel")
    assert "3a, row 2, column 2" in panel.inner_text()
    box = panel.locator("rect.decomposed-box")
    assert float(box.get_attribute("width")) == cell.width
    middle = float(box.get_attribute("x")) + cell.width / 2
    assert middle == pytest.approx(view.pixels / 2, abs=0.6)
    second.focus()
    page.keyboard.press("End")
    assert "conv2d1, row " in panel.inner_text()
    corner = view.grids[1].cells[4 * 5]
    place = second.bounding_box()
    page.mouse.move(place["x"] + place["width"] * 0.1, place["y"] + place["height"] * 0.9)
    assert "conv2d1, row 5, column 1" in panel.inner_text()
    assert f"{corner.height} × {corner.width} px" in panel.inner_text()
    left = float(box.get_attribute("x")) + 0.5 - view.pixels / 2
    assert left == pytest.approx(corner.left, rel=1e-3)
    figure.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    assert "Cells of 3b:2 on 3a" in figure.get_by_role("slider").first.get_attribute("aria-label")
    assert opened.said == []


@pytest.mark.browser
def test_pairs_are_chosen_by_keyboard_and_by_pointer(open_page, bundle, report):  # noqa: F811
    opened = open_page(render(report))
    page = opened.page
    both, alone = page.locator("figure").nth(1), page.locator("figure").nth(2)
    assert both.locator(".picture-large section").count() == 2
    assert alone.locator(".picture-large section").count() == 1
    both.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    section = both.get_by_role("region", name="natural unit 3b:1")
    pair = report.figures[1].pairs[1]
    text = section.inner_text()
    assert f"{pair.natural.read:.0f}°" in text
    assert "itself" in text
    assert "Nearest artificial" in text
    both.locator(".option").nth(3).hover()
    assert both.get_by_role("region", name="natural unit 3b:3").count() == 1
    ink = """() => [...document.querySelectorAll('.picture-pairs canvas.pictures')].map(c =>
      c.getContext('2d').getImageData(c.width >> 1, c.height >> 2, 1, 1).data[3])"""
    opened.poll(f"({ink})().every(a => a === 255)", True)
    assert [each for each in opened.said if "getImageData" not in each] == []


@pytest.mark.browser
def test_names_are_inert(open_page, bundle, report):  # noqa: F811
    decomposed, pictures, _ = report.figures
    name = f"{HOSTILE}:1"
    view = decomposed.units[0]
    grids = (replace(view.grids[0], layer=HOSTILE), view.grids[1])
    view = replace(view, shape=replace(view.shape, unit=name), grids=grids)
    pair = replace(pictures.pairs[0].natural, unit=name, strongest=name, other=name)
    pairs = (replace(pictures.pairs[0], natural=pair), *pictures.pairs[1:])
    made = report_of(
        (
            replace(decomposed, units=(view, *decomposed.units[1:])),
            replace(pictures, pairs=pairs),
        )
    )
    opened = open_page(render(made))
    text = opened.page.inner_text("body")
    assert HOSTILE in text
    assert opened.page.locator("#page img").count() == 0
    assert "dialog" not in opened.said
    assert opened.said == []


@pytest.mark.browser
def test_all_numbers_can_be_downloaded(open_page, bundle, report):  # noqa: F811
    figures = open_page(render(report)).page.locator("figure")
    grids = [g for u in report.figures[0].units for g in u.grids]
    cells = downloaded_rows(figures.nth(0))
    assert sum(r["part"] == "cell" for r in cells) == sum(len(g.cells) for g in grids)
    one = next(r for r in cells if r["part"] == "grid" and r["layer"] == "conv2d1")
    assert float(one["neighbours_cosine"]) == pytest.approx(grids[1].alikeness.neighbours, 1e-3)
    shares = [r for r in downloaded_rows(figures.nth(1)) if r["part"] == "share"]
    assert [(r["family"], r["judge"]) for r in shares] == [
        (s.family, s.judge) for s in report.figures[1].shares
    ]
    assert float(shares[0]["exchanged"]) == pytest.approx(report.figures[1].shares[0].exchanged)
    pictures = [r for r in downloaded_rows(figures.nth(2)) if r["part"] == "picture"]
    assert [r["unit"] for r in pictures] == ["3b:0", "3b:1", "3b:2", "3b:3"]
    svg = downloaded(figures.first, "SVG").decode()
    assert svg.count("<image") == 4, "two grids, the unit and the cell"
