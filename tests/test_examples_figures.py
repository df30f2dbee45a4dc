"""Examples and joint tuning on the page: what the figures say, and that they can be used."""

import base64
import io
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from browser import assert_drawn, downloaded, downloaded_rows, report_of
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import family_of, noise, seeded
from PIL import Image
from test_page import chromium, open_page  # noqa: F401
from torch import nn

from curvecircuits.artificial import artificial_network
from curvecircuits.cli.app import main
from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.natural_tuning import natural_tuning
from curvecircuits.compare.paired_examples import paired_examples
from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
from curvecircuits.models.wrap import wrap
from curvecircuits.report import Report, render
from curvecircuits.report.build import build_report
from curvecircuits.report.examples import (
    check_examples,
    example_figures,
    missing_examples,
    open_shown,
    tuning_figures,
)
from curvecircuits.report.figures import dataset_quilt, natural_tuning_figure, saliency_pairs
from curvecircuits.report.figures.crop_edges import GROUPS, alignment, edge_alignment
from curvecircuits.report.sections import sections
from curvecircuits.report.sprites import sprite
from curvecircuits.stimuli import curves
from curvecircuits.store import dump, load
from curvecircuits.visualize import dataset_examples

AT = (0.0, 90.0, 180.0, 270.0)
ORIENTATIONS = {f"3b:{k}": angle for k, angle in enumerate(AT)}


@pytest.fixture(scope="module")
def network():
    return artificial_network(orientations=AT)


@pytest.fixture(scope="module")
def matched(network):
    side = Side(network=network, layer="3b", channels=(0, 1, 2, 3))
    return Matched(natural=side, artificial=side, orientations=AT, centres=((0.0, 0.0),) * 4)


def _drawings(count=12, *, size=224, seed=0):
    """Curves of any orientation at any place, each on noise of its own."""
    generator = np.random.default_rng(seed)
    drawn = curves(
        orientation=np.arange(count) * 360 / count + generator.uniform(0, 20),
        radius=generator.uniform(20, 40, count),
        size=size,
        centre=torch.tensor(generator.uniform(60, size - 60, (count, 2))),
        tile=60,
        width=2,
    )
    return (drawn - 0.15 * noise(count, 1, size, size, seed=seed)).clamp(0, 1).expand(-1, 3, -1, -1)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    for k, pixels in enumerate(_drawings()):
        shown = (pixels.permute(1, 2, 0) * 255).byte().numpy()
        Image.fromarray(shown).save(folder / f"{k:02d}.png")
    return folder


@pytest.fixture(scope="module")
def run(matched, photographs, tmp_path_factory):
    """A run on pairs that are the same unit twice."""
    out = tmp_path_factory.mktemp("run")
    paired_examples(matched, photographs, out=out, top=4, worst=2, bins=6, per_bin=4)
    return out


@pytest.fixture(scope="module")
def shown(run):
    return open_shown(run)


@pytest.fixture(scope="module")
def turned(network, matched):
    return natural_tuning(network, matched, _drawings(), crops=2, turns=18)


# --- edges in crops ---------------------------------------------------------------------------


def _crop(orientation, *, contrast=1.0, size=60):
    drawn = curves(orientation=orientation, radius=90, size=size, width=3)[0, 0]
    ground = (1 - contrast) / 2
    return np.repeat((255 * (ground + contrast * drawn)).byte().numpy()[None], 3, 0)


@given(st.floats(0, 360), st.floats(0.1, 1.0))
@settings(max_examples=20)
def test_edges_of_a_curve_lie_along_it_whatever_its_contrast(orientation, contrast):
    crop = _crop(orientation, contrast=contrast)
    along, opposite, across = alignment(crop, orientation + np.array([0.0, 180.0, 90.0]))
    assert along > 0.8
    assert opposite == pytest.approx(along)
    assert across == pytest.approx(-along)


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_the_border_of_an_image_is_no_edge(side):
    # A curve that is nearly flat runs into the grey, whose border lies across it.
    orientation = 90.0 if side in ("left", "right") else 0.0
    crop = _crop(orientation)
    grey = {
        "left": np.s_[:, :, :20],
        "right": np.s_[:, :, 40:],
        "top": np.s_[:, :20],
        "bottom": np.s_[:, 40:],
    }
    whole = alignment(crop, np.array([orientation]))[0]
    crop[grey[side]] = 128
    assert alignment(crop, np.array([orientation]))[0] > whole - 0.02


def test_without_edges_there_is_no_alignment():
    for shade in (40, 128):
        assert np.isnan(alignment(np.full((3, 60, 60), shade, np.uint8), np.array([0.0]))[0])


def test_edges_follow_the_units_and_not_others(shown):
    found = edge_alignment(shown.gallery, ORIENTATIONS)
    strong = GROUPS[-1]
    assert found.along[strong].value > 0.5
    assert found.along[strong].value > found.along["negative"].value + 0.3
    assert found.lead[strong].above()
    wrong = edge_alignment(shown.gallery, {n: a + 90 for n, a in ORIENTATIONS.items()})
    assert wrong.along[strong].value == pytest.approx(-found.along[strong].value)


# --- the quilt --------------------------------------------------------------------------------


def test_the_quilt_shows_what_was_drawn_from_every_bin(shown):
    backwards = {name: 359 - angle for name, angle in ORIENTATIONS.items()}
    figure = dataset_quilt(shown.gallery, backwards)
    assert [u.shape.unit for u in figure.units] == ["3b:3", "3b:2", "3b:1", "3b:0"]
    for unit in figure.units:
        kept = shown.gallery.examples.unit(unit.shape.unit, side="natural")
        assert [b.count for b in unit.bins] == list(kept.counts)
        assert unit.bins[0].low is None
        assert unit.bins[-1].high is None
        assert [b.high for b in unit.bins[:-1]] == list(kept.edges[1:-1])
        cells = [c.cell for b in unit.bins for c in b.crops]
        assert cells == list(range(len(cells)))
        assert [(c.image, c.value) for b in unit.bins for c in b.crops] == [
            (e.image, e.value) for each in kept.bins for e in each
        ]
        sheet = np.asarray(_opened(unit.sprite.uri), float)
        side, last = unit.sprite.side, kept.bins[-1][-1]
        row, column = divmod(cells[-1], unit.sprite.columns)
        square = sheet[row * side : (row + 1) * side, column * side : (column + 1) * side]
        crop = Image.fromarray(shown.gallery.crop(kept, last).transpose(1, 2, 0))
        wanted = np.asarray(crop.resize((side, side)), float)
        assert np.abs(square - wanted).mean() < 12


def _opened(uri):
    head, data = uri.split(",", 1)
    assert head == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


def test_the_takeaway_of_the_quilt_is_measured(shown):
    text = dataset_quilt(shown.gallery, ORIENTATIONS).words.takeaway
    counts = [u for u in shown.gallery.examples.units if u.side == "natural"]
    above = np.mean([sum(u.counts[u.edges.index(0.0) :]) / sum(u.counts) for u in counts])
    assert f"above zero at {above:.1%} (" in text or f"above zero at {above:.0%} (" in text
    assert "where strongly positive, edges lie along the unit’s curve" in text
    wrong = {name: angle + 90 for name, angle in ORIENTATIONS.items()}
    text = dataset_quilt(shown.gallery, wrong).words.takeaway
    assert "it cannot be told that edges lie along the unit’s curve (−" in text
    assert "and with orientations exchanged no less" in text
    # One unit has neither an interval nor another to exchange its orientation with.
    text = dataset_quilt(shown.gallery, {"3b:1": 90.0}).words.takeaway
    assert text.startswith("On photographs the unit is above zero at ")
    assert "exchanged" not in text


def test_units_without_examples_have_no_quilt(shown):
    with pytest.raises(InputError, match="no examples of the family's units"):
        dataset_quilt(shown.gallery, {"3b:99": 0.0})


def test_a_sheet_keeps_to_its_limit():
    pictures = list((noise(9, 3, 100, 100) * 255).byte().numpy())
    free, tight = sprite(pictures, limit=10**7), sprite(pictures, limit=20_000)
    assert free is not None
    assert tight is not None
    assert len(tight.uri) <= 20_000 < len(free.uri)
    assert (free.columns, free.side) == (3, 72)
    assert _opened(free.uri).size == (216, 216)
    assert sprite([], limit=100) is None


# --- saliency ---------------------------------------------------------------------------------


def test_the_saliency_of_equal_units_is_alike_and_more_so_than_its_controls(shown):
    figure = saliency_pairs(shown.pairs, shown.arrays)
    tops = {each.name: each for each in figure.likeness}
    assert tops["natural_top"].own.value == pytest.approx(1, abs=1e-3)
    assert tops["natural_top"].other.value < 0.9
    assert tops["natural_top"].turned.value < 0.9
    assert "correlate by 1.0 [1.0, 1.0]" in figure.words.takeaway
    assert "not clearly more" not in figure.words.takeaway
    for pair, kept in zip(figure.pairs, shown.pairs.pairs, strict=True):
        assert pair.shape.orientation == kept.orientation
        for each, listed in zip(pair.lists, kept.lists, strict=True):
            assert [c.image for c in each.crops] == [e.example.image for e in listed]
        cells = [c.cell for each in pair.lists for c in each.crops]
        assert cells == list(range(0, 3 * len(cells), 3))


def test_saliency_of_other_crops_is_not_said_to_be_alike(shown):
    shuffled = np.random.default_rng(0).permutation(len(shown.arrays["artificial"]))
    arrays = {**shown.arrays, "artificial": shown.arrays["artificial"][shuffled]}
    figure = saliency_pairs(shown.pairs, arrays)
    assert "not clearly more than its controls" in figure.words.takeaway
    blind = {**shown.arrays, "artificial": np.zeros_like(shown.arrays["artificial"])}
    figure = saliency_pairs(shown.pairs, blind)
    assert figure.words.takeaway == "No saliency of the pairs of units can be compared."
    assert {c.likeness for p in figure.pairs for each in p.lists for c in each.crops} == {None}


# --- joint tuning -----------------------------------------------------------------------------


def test_units_that_hand_over_are_said_to(turned):
    figure = natural_tuning_figure(turned)
    text = figure.words.takeaway
    assert text.startswith("As photographs turn, each unit hands over to the next: peaks are off")
    assert f"exchanged {turned.error(shuffled=True).value:.0f}°" in text
    assert "The artificial units’ are off by" in text
    assert [(r.of, r.on) for r in figure.responses] == [
        ("natural", "strongest"), ("natural", "random"),
        ("artificial", "strongest"), ("artificial", "random"),
    ]  # fmt: skip
    # Unit 1 peaks a quarter turn after the unit whose crops these are.
    assert abs(figure.responses[0].peaks[1] - 90) < 20
    assert figure.crops == (2, 2, 2, 2)


def test_units_in_no_order_are_not_said_to_hand_over(turned):
    wrong = replace(turned, orientations=(0.0, 180.0, 90.0, 270.0))
    text = natural_tuning_figure(wrong).words.takeaway
    assert "it cannot be told that units take over from each other in order" in text
    alone = natural_tuning_figure(replace(turned, artificial={}))
    assert "artificial" not in alone.words.takeaway.lower()
    assert {r.of for r in alone.responses} == {"natural"}


def test_units_are_shown_in_order_of_orientation(turned):
    order = (270.0, 0.0, 90.0, 180.0)
    figure = natural_tuning_figure(replace(turned, orientations=order))
    assert [u.unit for u in figure.units] == ["3b:1", "3b:2", "3b:3", "3b:0"]
    straight = natural_tuning_figure(turned)
    n = 4
    for i, old in enumerate((1, 2, 3, 0)):
        for j, other in enumerate((1, 2, 3, 0)):
            one = figure.responses[0].peaks[n * i + j]
            assert one == straight.responses[0].peaks[n * old + other]


# --- in a report ------------------------------------------------------------------------------


def test_the_section_on_photographs_has_all_three(network, shown, photographs):
    family = family_of(network, "3b", list(AT))
    family = replace(family, units=tuple(replace(u, unit=f"3b:{u.channel}") for u in family.units))
    made = example_figures(shown, family)
    paths = sorted(photographs.glob("*.png"))[::3]
    made += tuning_figures(network, family, None, paths)
    assert [name for name, _ in made] == ["dataset-quilt", "saliency-pairs", "natural-tuning"]
    (section,) = sections(made)
    assert section.title == "On photographs"
    assert "These are not the units" not in made[0][1].words.caption
    assert missing_examples(family, shown, paths) == ()
    other = replace(family, units=family.units[:3])
    quilt = example_figures(shown, other)[0][1]
    assert "1 of the 4 with examples are not in its family" in quilt.words.caption


def test_without_photographs_or_answers_there_is_no_tuning(network, tmp_path):
    family = family_of(network, "3b", list(AT))
    assert tuning_figures(network, family, None, []) == []
    Image.new("RGB", (240, 240), "grey").save(tmp_path / "grey.png")
    assert tuning_figures(network, family, None, [tmp_path / "grey.png"]) == []
    assert example_figures(None, family) == []
    assert [part.command for part in missing_examples(family, None, [])][1] == (
        "curvecircuits report --model M --images DIR"
    )


def test_a_run_without_pairs_has_the_quilt_only(network, photographs, tmp_path):
    units = [Unit("3b", k) for k in range(2)]
    dataset_examples(network, units, photographs, out=tmp_path, top=1, bins=2, per_bin=1, limit=3)
    family = family_of(network, "3b", list(AT))
    family = replace(family, units=tuple(replace(u, unit=f"3b:{u.channel}") for u in family.units))
    found = open_shown(tmp_path)
    assert found.pairs is None
    assert [name for name, _ in example_figures(found, family)] == ["dataset-quilt"]


def test_examples_of_other_weights_are_refused(shown, run, capsys, tmp_path):
    other = artificial_network()
    with pytest.raises(InputError, match="with other parameters") as caught:
        check_examples(other, shown)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="other parameters"):
        build_report(other, layer="3b", examples=shown)

    def said(folder):
        tokens = ["report", "--model", "artificial", "--examples", str(folder)]
        assert main([*tokens, "--out", str(tmp_path / "page.html")]) != 0
        return capsys.readouterr().err

    assert "other parameters" in said(run)
    assert "holds no dataset examples" in said(tmp_path)
    damaged = tmp_path / "damaged"
    shutil.copytree(run, damaged)
    (damaged / "pairs.json").write_text("{")
    assert "pairs in" in said(damaged)
    assert not (tmp_path / "page.html").exists()


def test_a_report_without_a_family_offers_no_examples():
    network = wrap(seeded(lambda: nn.Sequential(nn.Conv2d(3, 4, 31, 4), nn.ReLU())), input_size=48)
    assert build_report(network).missing == ()


# --- the page ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report(shown, turned):
    return report_of(
        (
            dataset_quilt(shown.gallery, ORIENTATIONS),
            saliency_pairs(shown.pairs, shown.arrays),
            natural_tuning_figure(turned),
            natural_tuning_figure(replace(turned, artificial={})),
        ),
    )


def test_the_figures_are_written_and_read_as_they_are(report):
    data = json.loads(json.dumps(dump(report)))
    assert load(Report, data) == report


@pytest.mark.browser
@pytest.mark.parametrize(("theme", "width"), [("light", 360), ("dark", 1200)])
def test_the_figures_are_drawn_and_axe_finds_nothing(open_page, bundle, report, theme, width):  # noqa: F811
    opened = open_page(render(report), width, color_scheme=theme, bypass_csp=True)
    opened.poll("document.querySelectorAll('.chart svg[role=img]').length", 7)
    assert_drawn(opened, report, width)
    assert [each for each in opened.requests if not each.startswith("data:")] == [opened.page.url]


INK = """() => [...document.querySelectorAll('canvas.pictures')].map((canvas) => {
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.some((each) => each > 0);
})"""


@pytest.mark.browser
def test_units_are_chosen_by_keyboard_and_every_crop_is_drawn(open_page, bundle, report):  # noqa: F811
    opened = open_page(render(report), bypass_csp=True)
    page = opened.page
    quilt, saliency, tuning, alone = page.locator("figure").all()
    assert alone.locator(".tuning-sides section").count() == 1
    opened.poll(f"({INK})().every(Boolean)", True)
    labels = quilt.locator("canvas").evaluate_all("all => all.map(e => e.ariaLabel)")
    unit = report.figures[0].units[2]
    filled = [b for b in unit.bins if b.crops]
    assert len(labels) == len(filled)
    assert f"of {filled[0].count:,} positions, pre-activation" in labels[0]
    quilt.get_by_role("radio").nth(2).focus()
    page.keyboard.press("ArrowRight")
    region = quilt.get_by_role("region")
    assert region.get_attribute("aria-label").startswith("Crops of 3b:3")

    first = saliency.locator("canvas").first
    before = first.get_attribute("aria-label")
    saliency.get_by_role("radio").nth(2).focus()
    page.keyboard.press("ArrowLeft")
    assert first.get_attribute("aria-label") != before
    opened.poll(f"({INK})().every(Boolean)", True)

    chart = tuning.locator(".chart svg[role=img]").first
    assert "while strongest crops of 3b:0 turn" in chart.get_attribute("aria-label")
    tuning.get_by_role("radio", name="its strongest").focus()
    page.keyboard.press("ArrowRight")
    chart = "document.querySelectorAll('figure')[2].querySelector('.chart svg').ariaLabel"
    opened.poll(f"{chart}.includes('random crops of 3b:0')", True)
    assert tuning.locator("canvas").count() == 0
    assert [each for each in opened.said if "getImageData" not in each] == []


@pytest.mark.browser
def test_all_numbers_can_be_downloaded(open_page, bundle, report, turned):  # noqa: F811
    figures = open_page(render(report)).page.locator("figure")
    quilt = downloaded_rows(figures.nth(0))
    counts = [int(r["positions"]) for r in quilt if r["part"] == "bin" and r["unit"] == "3b:2"]
    assert counts == [b.count for b in report.figures[0].units[2].bins]
    strong = next(r for r in quilt if r["part"] == "edges" and r["group"] == GROUPS[-1])
    assert float(strong["along"]) == pytest.approx(report.figures[0].groups[-1].along.value, 1e-3)
    saliency = [r for r in downloaded_rows(figures.nth(1)) if r["part"] == "crop"]
    shown = sum(len(each.crops) for pair in report.figures[1].pairs for each in pair.lists)
    assert len(saliency) == shown
    tuning = [
        r
        for r in downloaded_rows(figures.nth(2))
        if r["part"] == "unit" and r["crops"] == "strongest"
    ]
    wanted = turned.mean("natural")[1, :, 2]
    (one,) = (
        r for r in tuning if (r["of"], r["chosen_by"], r["unit"]) == ("natural", "3b:1", "3b:2")
    )
    found = [float(one[f"at_{turn:g}_deg"]) for turn in turned.turns]
    np.testing.assert_allclose(found, wanted, atol=1 / 127)
    assert float(one["expected_deg"]) == 90
    svg = downloaded(figures.first, "SVG").decode()
    assert svg.count("<image") == sum(bool(b.crops) for b in report.figures[0].units[2].bins)
