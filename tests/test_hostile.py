"""A folder whose names are attacks: the page of what was measured on it shows them as text."""

import csv
import io
import json
import os

import numpy as np
import pytest
from browser import downloaded
from networks import curve_classifier, family_of
from PIL import Image
from test_page import chromium, open_page  # noqa: F401

from curvecircuits.compare import transplant
from curvecircuits.images import open_images
from curvecircuits.models.address import Unit
from curvecircuits.models.wrap import wrap
from curvecircuits.report import render
from curvecircuits.report.build import build_report
from curvecircuits.report.examples import open_shown
from curvecircuits.stimuli import CurveGrid
from curvecircuits.visualize import dataset_examples

AT = [0.0, 45.0, 90.0, 135.0, 180.0, 225.0, 270.0, 315.0]
CLASSES = 10_000
ATTACKS = [
    "<img src=x onerror=\"window.broken=1\">",
    "<script>window.broken=1<",
    "'\"><svg onload=window.broken=1>",
    "=HYPERLINK(\"http:evil\",\"x\")",
    "@SUM(1+1)*cmd|' C'!A0",
    "+1-1",
    "&lt;b&gt; %3Cscript%3E {{7*7}} ${7*7}",
    "🌀 ümläut 線 \u202eright to left\u2066",
    "line\nbreak\ttab\x1b[31m",
    "__proto__",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """As many classes as there are, each with one image of a curve, under names of all kinds."""
    root = tmp_path_factory.mktemp("hostile") / ATTACKS[0]
    drawn = tmp_path_factory.mktemp("drawn")
    grid = CurveGrid(orientations=tuple(range(0, 360, 15)), radii=(40,), tile=60, width=3)
    kinds = []
    for _, images in grid.batches(size=96):
        for image in images:
            file = drawn / f"{len(kinds)}.png"
            grey = (image[0].numpy() * 255).astype(np.uint8)
            Image.fromarray(np.stack([grey] * 3, -1)).save(file)
            kinds.append(file)
    for number in range(CLASSES):
        attack = ATTACKS[number % len(ATTACKS)]
        place = root / f"{attack} {number}"
        place.mkdir(parents=True)
        os.link(kinds[number % len(kinds)], place / f"{attack}.png")
    return root


@pytest.fixture(scope="module")
def network():
    plain = curve_classifier(orientations=AT, classes=CLASSES)
    return wrap(plain.module, name=f"{ATTACKS[0]} {ATTACKS[7]}", input_size=96, logits="scores")


@pytest.fixture(scope="module")
def html(network, folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    family = family_of(network, "body.mixed3b", AT)
    replaced = transplant(network, family, folder, limit=24, random=0, out=out / "replaced")
    units = [Unit("body.mixed3b", unit.channel) for unit in family.units]
    dataset_examples(network, units, folder, limit=24, out=out / "examples")
    report = build_report(
        network,
        layer="body.mixed3b",
        circuit=False,
        permutations=1,
        examples=open_shown(out / "examples"),
        transplant=replaced,
        command=f"curvecircuits report --images '{folder}'",
    )
    return render(report)


def test_all_classes_are_read(folder):
    images = open_images(folder)
    assert len(images) == CLASSES
    assert len({images.category(k) for k in range(CLASSES)}) == CLASSES


def test_the_page_is_inert(open_page, bundle, html):  # noqa: F811
    opened = open_page(html, 800)
    page = opened.page
    kinds = page.locator("figure[data-kind]")
    shown = [kinds.nth(k).get_attribute("data-kind") for k in range(kinds.count())]
    assert {"dataset-quilt", "transplant", "tuning-maps"} <= set(shown)
    for k in range(kinds.count()):  # figures are drawn when they come into view
        kinds.nth(k).scroll_into_view_if_needed()
        page.wait_for_timeout(50)
    assert page.evaluate("window.broken") is None
    assert ATTACKS[0] in page.inner_text("h1")
    assert page.locator("svg[onload], [onerror], script[src], iframe, object, embed").count() == 0
    assert page.locator("img").evaluate_all(
        "all => all.every(i => i.src.startsWith('data:') || i.src.startsWith('blob:'))"
    )
    assert page.evaluate("({}).polluted") is None
    assert opened.said == []
    assert len(opened.requests) == 1


def test_tables_are_no_formulas(open_page, bundle, html):  # noqa: F811
    opened = open_page(html, 800)
    figures = opened.page.locator("figure[data-kind]")
    for k in range(figures.count()):
        text = downloaded(figures.nth(k), "CSV").decode()
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert cells
        for cell in cells:
            assert not cell.startswith(("=", "@", "+")), cell
            if cell.startswith("-"):
                float(cell)
        json.loads(downloaded(figures.nth(k), "JSON"))
