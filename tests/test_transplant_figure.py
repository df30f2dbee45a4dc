"""The transplant on the page: what its figure says, and that it can be read and used."""

import json
from dataclasses import replace

import pytest
from browser import assert_drawn, downloaded, downloaded_table, report_of
from networks import curve_classifier, family_of, seeded
from test_page import chromium, open_page  # noqa: F401
from torch import nn

from curvecircuits.artificial import artificial_network
from curvecircuits.cli.app import main
from curvecircuits.compare.transplants import check_transplant
from curvecircuits.compare.transplants.records import (
    Cause,
    ClassChange,
    Measured,
    Published,
    Replaced,
    Score,
    Shares,
    Skipped,
    Transplant,
)
from curvecircuits.errors import InputError
from curvecircuits.models.wrap import wrap
from curvecircuits.report import Missing, Report, render
from curvecircuits.report.build import build_report
from curvecircuits.report.figures import transplant_figure
from curvecircuits.report.sections import sections
from curvecircuits.report.transplanted import (
    missing_transplant,
    transplant_figures,
)
from curvecircuits.store import dump, load

CONTROLS = ("shuffled", "turned90", "turned180", "lines", "edges")
NAMES = (
    "intact", "ablated", "mean_ablated", "random", "random_rms", "transplanted", *CONTROLS,
    "uncentred", "rescaled", "grey", "right", "below",
)  # fmt: skip
COST = 0.08
SHARES = {
    "intact": 1.0, "ablated": 0.0, "mean_ablated": 0.15, "random": 0.8, "random_rms": 0.7,
    "transplanted": 0.84, "shuffled": 0.2, "turned90": 0.37, "turned180": -0.05, "lines": 0.4,
    "edges": -1.6, "uncentred": 0.83, "rescaled": 1.0, "grey": 0.99, "right": 0.98, "below": 0.97,
}  # fmt: skip


def _about(value, half=0.03):
    return Measured(value=value, low=value - half, high=value + half)


def _score(name, shares, *, labelled=True, half=0.03, known=True):
    share = shares[name]
    own = _about(share, half) if known else None
    change = _about(-0.02 * (1 - share), 0.001) if labelled else None
    beside = name not in ("intact", "transplanted")
    return Score(
        name=name,
        draws=10 if name.startswith("random") else 1,
        top1=0.7 - 0.02 * (1 - share) if labelled else None,
        top5=0.9 - 0.02 * (1 - share) if labelled else None,
        loss=1.0 if labelled else None,
        kl=_about(COST * (1 - share), 0.001),
        top1_change=change,
        top5_change=change,
        loss_change=change,
        recovered=Shares(
            kl=own,
            kl_vs_mean=own,
            loss=own if labelled else None,
            top1=None,
            top5=own if labelled else None,
        ),
        behind=_about(shares["transplanted"] - share, half) if beside else None,
    )


def made(*, shares=SHARES, names=NAMES, model_hash="0" * 64, classes=0, **options):
    """A transplant of made numbers, each with an interval of ± `half`."""
    return Transplant(
        model="made",
        model_hash=model_hash,
        weights="made",
        layer="3b",
        family=tuple(
            Replaced(
                unit=f"3b:{k}", orientation=90.0 * k, centre=(0.0, 0.0),
                rate=(0.1,), scale=(1.0,), offset=(0.0,),
            )
            for k in range(12)
        ),
        images=500,
        labelled=500 if options.get("labelled", True) else 0,
        skipped=(Skipped(name="x.JPEG", reason="it is no picture"),),
        skipped_count=3,
        unlabelled={},
        data="images",
        data_fingerprint="f" * 64,
        framing="warped to 256 × 256 pixels, centre 224",
        calibration="every other image, for the rest",
        calibration_images=(250, 250),
        seed=0,
        scores=tuple(_score(name, {**SHARES, **shares}, **options) for name in names),
        causes=(
            Cause(name="grey", cost=_about(0.01), of_gap=_about(0.07), sentence="Grey is cheap."),
            Cause(name="scale", cost=_about(0.0), of_gap=None, sentence="Scale costs nothing."),
        ),
        classes=tuple(
            ClassChange(
                index=k,
                name=f"class {k}",
                images=20 + k,
                top1=dict.fromkeys(("intact", "ablated", "transplanted"), 0.5),
                top5={"intact": 0.9, "ablated": 0.8, "transplanted": 0.85},
                kl={"intact": 0.0, "ablated": 0.2, "transplanted": 0.01 * (k * 7 % 5)},
            )
            for k in range(classes)
        ),
        least_per_class=20,
        published=Published(),
        notes=("These images are a sample.",),
        versions={},
    )  # fmt: skip


def _takeaway(**options):
    return transplant_figure(made(**options)).words.takeaway


# --- what it says -----------------------------------------------------------------------------


def test_the_takeaway_names_the_control_that_comes_nearest():
    assert _takeaway() == (
        "The hand-written family brings back 84% (81% to 87%) of what silencing the 12 natural "
        "units costs; the best control, straight lines, 40% (37% to 43%), is 44 points (41 to 47) "
        "behind."
    )
    assert "turned by 90°, 50%" in _takeaway(shares={"turned90": 0.5})


def test_a_family_that_does_not_beat_its_controls_is_not_praised():
    # The control that leads is named even where another is nearer.
    text = _takeaway(shares={"lines": 0.95, "turned90": 0.83})
    assert "a control, straight lines, brings back more, 95%" in text
    assert "best control" not in text
    text = _takeaway(shares={"turned90": 0.83})
    assert "a control, turned by 90°, brings back 83%" in text
    assert text.endswith("which is ahead cannot be told.")
    # Worse than nothing, and still the best of all.
    text = _takeaway(shares={"transplanted": 0.02, **dict.fromkeys(CONTROLS, -0.4)})
    assert "brings back 2.0% (−1.0% to 5.0%), which cannot be told from nothing" in text
    assert "−40% (−43% to −37%), is 42 points (39 to 45) behind" in text


def test_without_a_cost_there_is_nothing_to_bring_back():
    figure = transplant_figure(made(known=False))
    assert "cannot be told from zero (KL 0.08 nats): there is nothing" in figure.words.takeaway
    assert figure.metrics == ()


def test_without_controls_nothing_is_claimed_of_them():
    text = _takeaway(names=("intact", "ablated", "transplanted"))
    assert text.endswith("no control was evaluated beside it.")


def test_measures_without_a_share_are_left_out_and_named():
    figure = transplant_figure(made())
    assert [each.name for each in figure.metrics] == ["kl", "kl_vs_mean", "loss", "top5"]
    assert figure.notes[0].startswith("Of top-1 accuracy (−2.0 points, −2.1 to −1.9) there is no")
    bare = transplant_figure(made(labelled=False))
    assert [each.name for each in bare.metrics] == ["kl", "kl_vs_mean"]
    assert bare.notes[0] == "No image has a known class: there is no accuracy and no loss."


def test_notes_are_kept_and_lost_files_are_named():
    notes = transplant_figure(made(), notes=("One more.",)).notes
    assert notes[1:] == (
        "These images are a sample.",
        "Three files could not be evaluated, such as x.JPEG (it is no picture).",
        "One more.",
    )


def test_every_variant_has_a_row_and_a_role():
    found = made(classes=2)
    figure = transplant_figure(found)
    assert {row.score.name: row.score for row in figure.rows} == {s.name: s for s in found.scores}
    roles = {row.score.name: row.role for row in figure.rows}
    assert {name for name, role in roles.items() if role == "control"} == set(CONTROLS)
    assert (roles["transplanted"], roles["grey"]) == ("measured", "ceiling")
    assert roles["random"] == roles["ablated"] == "silenced"
    assert figure.classes[1].top5 == (0.9, 0.8, 0.85)


def test_variants_that_are_missing_or_unknown_are_refused():
    with pytest.raises(InputError, match="this one has intact, ablated"):
        transplant_figure(made(names=("intact", "ablated")))
    found = made()
    strange = replace(found.scores[-1], name="sideways")
    with pytest.raises(InputError, match="sideways"):
        transplant_figure(replace(found, scores=(*found.scores, strange)))


# --- in a report ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def artificial():
    return artificial_network()


def test_a_transplant_of_other_weights_is_refused(artificial):
    with pytest.raises(InputError, match="made with other parameters") as caught:
        check_transplant(artificial, made())
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="other parameters"):
        build_report(artificial, layer="3b", transplant=made())


def test_the_report_shows_it_in_a_section_of_its_own():
    network = wrap(seeded(lambda: nn.Sequential(nn.Conv2d(3, 4, 31, 4), nn.ReLU())), input_size=48)
    found = made(model_hash=network.model_hash)
    report = build_report(network, transplant=found)
    assert report.figures[-1].kind == "transplant"
    assert report.sections[-1].title == "The transplant"
    assert report.sections[-1].first == len(report.figures)
    assert report.missing == ()
    assert load(Report, dump(report)) == report


def test_the_section_is_between_the_artificial_circuit_and_the_claims():
    figure = transplant_figure(made())
    found = sections([("joint-maps", figure), ("transplant", figure), ("claims", figure)])
    assert [each.title for each in found] == [
        "The artificial circuit",
        "The transplant",
        "The claims",
    ]


def test_another_family_than_the_one_replaced_is_pointed_out(artificial):
    found = made()
    orientations = [15.0 * k for k in range(24)]
    family = family_of(artificial, "mixed3b", orientations)
    renamed = tuple(replace(unit, unit=f"3b:{unit.channel}") for unit in family.units)
    ((_, other),) = transplant_figures(found, replace(family, units=renamed))
    assert "0 of its 12 units are not in that, and 12 of that" in other.notes[-1]
    ((name, same),) = transplant_figures(found, replace(family, units=renamed[:12]))
    assert name == "transplant"
    assert not any("not the family" in note for note in same.notes)


def test_what_is_left_out_names_its_command_where_that_could_work(artificial):
    orientations = [0.0, 90.0, 180.0, 270.0]
    network = curve_classifier(orientations=orientations)
    family = family_of(network, "body.mixed3b", orientations)
    (part,) = missing_transplant(network, family, None)
    assert part.command == "curvecircuits report --model M --images DIR"
    assert missing_transplant(network, family, made()) == ()
    assert missing_transplant(network, replace(family, layer=None), None) == ()
    assert missing_transplant(artificial, family, None) == (), "it has no class scores"


def test_the_command_refuses_what_is_no_run_of_this_network(capsys, tmp_path):
    def said(folder):
        tokens = ["report", "--model", "artificial", "--transplant", str(folder)]
        assert main([*tokens, "--out", str(tmp_path / "page.html")]) != 0
        return capsys.readouterr().err

    assert "cannot be read" in said(tmp_path)
    record = tmp_path / "transplant.json"
    record.write_text(json.dumps({**dump(made()), "schema": "curvecircuits.transplant/0"}))
    assert "curvecircuits.transplant/0" in said(tmp_path)
    record.write_text(json.dumps(dump(made())))
    assert "other parameters" in said(tmp_path)
    assert not (tmp_path / "page.html").exists()


# --- the page ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report():
    return report_of(
        (
            transplant_figure(made(classes=30)),
            transplant_figure(made(labelled=False)),
            transplant_figure(made(known=False)),
        ),
        missing=(Missing(title="Another", command="curvecircuits transplant"),),
    )


@pytest.mark.browser
@pytest.mark.parametrize(("theme", "width"), [("light", 360), ("dark", 1200)])
def test_the_figure_is_drawn_and_axe_finds_nothing(open_page, bundle, report, theme, width):  # noqa: F811
    opened = open_page(render(report), width, color_scheme=theme, bypass_csp=True)
    opened.poll("document.querySelectorAll('.chart svg[role=img]').length", 5)
    text = assert_drawn(opened, report, width)
    for figure in report.figures:
        assert all(note in text for note in figure.notes)
    assert "Grey is cheap." in text
    assert len(opened.requests) == 1


@pytest.mark.browser
def test_measures_are_chosen_and_classes_sorted_by_keyboard(open_page, bundle, report):  # noqa: F811
    opened = open_page(render(report))
    page = opened.page
    figure = page.locator("figure").first
    chart = figure.locator(".chart svg[role=img]").first
    assert chart.get_attribute("aria-label").startswith("Recovered share by KL of 11 variants")
    assert figure.get_by_role("radio").count() == 4
    figure.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    start = (
        "document.querySelector('.chart svg[role=img]').getAttribute('aria-label').split(' of ')[0]"
    )
    opened.poll(start, "Recovered share by Loss")
    labels = chart.text_content()
    assert "84% (81% to 87%)" in labels
    assert "−160% (−163% to −157%)" in labels
    # What goes beyond the axis stays on the paper.
    box, frame = chart.bounding_box(), figure.bounding_box()
    assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 1

    scores = figure.get_by_role("region", name="Scores of every variant")
    row = scores.get_by_role("row", name="hand-written family").inner_text()
    assert "69.7%" in row
    assert row.rstrip().endswith("87.6%")
    lines = scores.get_by_role("row", name="straight lines").inner_text()
    assert "+44" in lines
    assert "+41 to +47" in lines
    classes = figure.get_by_role("region", name="Table of the classes")
    head = classes.get_by_role("button", name="KL hand-written")
    head.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    values = [float(each) for each in classes.locator("tbody td:last-child").all_inner_texts()]
    assert values == sorted(values, reverse=True)
    assert len(values) == 30
    bare = page.locator("figure").nth(1)
    assert "Top-1" not in bare.get_by_role("region", name="Scores").inner_text()
    assert page.locator("figure").nth(2).get_by_role("radio").count() == 0


@pytest.mark.browser
def test_all_numbers_can_be_downloaded(open_page, bundle, report):  # noqa: F811
    figure = open_page(render(report)).page.locator("figure").first
    header, *rows = downloaded_table(figure)
    variants = {row[1]: dict(zip(header, row, strict=True)) for row in rows if row[0] == "variant"}
    assert set(variants) == set(NAMES)
    assert float(variants["lines"]["recovered_kl_low_95"]) == pytest.approx(0.37)
    assert variants["lines"]["recovered_top1"] == ""
    assert float(variants["lines"]["behind"]) == pytest.approx(0.44)
    assert [row[5] for row in rows if row[0] == "article"] == ["0.886", "0.863", "0.876"]
    assert len([row for row in rows if row[0] == "class"]) == 90
    assert "straight lines" in downloaded(figure, "SVG").decode()
