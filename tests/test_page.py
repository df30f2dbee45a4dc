"""The page in a real browser: it opens from disk, asks for nothing, and can be read and used."""

import base64
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from browser import downloaded, downloaded_table, serious_problems

from curvecircuits.errors import InputError, UnavailableError
from curvecircuits.report import (
    Colophon,
    Missing,
    Model,
    Report,
    Version,
    Weights,
    render,
    write_report,
)
from curvecircuits.report.figures import (
    NearMiss,
    RadialCurve,
    SelectivityPoint,
    TuningMap,
    UnitTable,
    near_misses,
    null_counts,
    radial_curves,
    selectivity,
    tuning_maps,
    unit_table,
)
from curvecircuits.report.parts import UnitRow, nearest_pairs, pack_map
from curvecircuits.report.prose import lede
from curvecircuits.store import dump, load

ROOT = Path(__file__).parents[1]
CHROMIUM = os.environ.get("CURVECIRCUITS_CHROMIUM", "/usr/bin/chromium")
KINDS = [
    "tuning-maps",
    "radial-curves",
    "unit-table",
    "selectivity",
    "null-counts",
    "near-misses",
]
RADII = np.geomspace(8, 90, 20)
ANGLES = np.arange(0, 360, 2.0)
HOSTILE = "</script><img src=x onerror=alert(1)>'\"&amp;🌀"


# --- a report with made numbers that look like measured ones ---------------------------------


def _apart(a: Any, b: Any) -> Any:
    return np.abs((a - b + 180) % 360 - 180)


def _response(angle: float, echo: float, size: float, rough: float, seed: int) -> np.ndarray:
    """A triangle over radius and orientation: tight curves fit many orientations, flat ones few."""
    rng = np.random.default_rng(seed)
    height = np.linspace(0, 1, RADII.size)[:, None]
    width = 20 + 46 * (1 - height) ** 2.2 + rough * rng.normal(size=(1, ANGLES.size))
    lean = angle + 8 * np.sin(seed) * (height - 0.5)
    strength = 0.28 + 0.72 * np.exp(-(((height - 0.38) / 0.3) ** 2))
    bump = strength * np.exp(-((_apart(ANGLES, lean) / width) ** 2))
    flat = np.clip(height - 0.35, 0, None) * 1.6
    bump = bump + echo * flat * np.exp(-((_apart(ANGLES, angle + 180) / (width * 0.8)) ** 2))
    for side in (90, -90):
        bump = bump + echo * 0.3 * np.exp(-((_apart(ANGLES, angle + side) / 25) ** 2))
    noise = 1 + 0.06 * rough * rng.normal(size=bump.shape)
    return np.clip((bump * noise - 0.01) * size, 0, None)


@dataclass
class Made:
    """Maps, rows and curves of one made family."""

    maps: list[TuningMap] = field(default_factory=list)
    rows: list[UnitRow] = field(default_factory=list)
    curves: list[RadialCurve] = field(default_factory=list)

    def add(
        self, unit: str, family: Any, angle: float, echo: float, size: float, seed: int
    ) -> None:
        response = _response(angle, echo, size, 1.0 if family == "natural" else 0.15, seed)
        self.maps.append(TuningMap(unit=unit, orientation=angle, map=pack_map(response)))
        tuning = response[6:].mean(axis=0)
        tuning = np.interp(np.arange(360), ANGLES, tuning / tuning.max(), period=360)
        away = _apart(np.arange(360), angle)
        numbers = {
            "echo": float(tuning[away > 150].max()),
            "at90": float(tuning[(away > 80) & (away < 100)].mean()),
        }
        self.rows.append(
            UnitRow(
                unit=unit,
                family=family,
                kind="curve",
                orientation=angle,
                radius=float(RADII[response.max(axis=1).argmax()]),
                fwhm=float((tuning > 0.5).sum()),
                peak=float(response.max()),
                **numbers,
            )
        )
        values = tuple(float(each) for each in tuning)
        self.curves.append(
            RadialCurve(
                unit=unit,
                orientation=angle,
                peak=float(response.max()),
                echo=numbers["echo"],
                values=values,
            )
        )


def made_report() -> Report:
    natural, artificial = Made(), Made()
    found = {379: 62, 385: 31, 342: 118, 388: 341, 340: 167, 330: 287, 349: 214, 406: 93, 324: 248}
    for seed, (unit, angle) in enumerate([*found.items(), (81, 6)]):
        natural.add(
            f"3b:{unit}",
            "natural",
            float(angle),
            0.04 + 0.02 * (seed % 5),
            180 + 37 * (seed % 4),
            seed,
        )
    for i in range(10):
        artificial.add(f"curve {i}", "artificial", 36.0 * i, 0.22, 4 + (i % 2), 40 + i)
    rows = [*natural.rows, *artificial.rows]
    missed = [
        NearMiss(
            unit="3b:338",
            reason="its echo is 31% of the peak, and the limit is 25%",
            orientation=141.0,
            fwhm=88.0,
            echo=0.31,
            at90=0.09,
        ),
        NearMiss(
            unit="3b:404",
            reason="its response at ±90° is 36% of the peak, and the limit is 25%",
            orientation=222.0,
            fwhm=140.0,
            echo=0.12,
            at90=0.36,
        ),
        NearMiss(
            unit="3b:116",
            reason="it never falls to half its peak",
            orientation=None,
            fwhm=None,
            echo=None,
            at90=None,
        ),
    ]
    points = [
        SelectivityPoint(unit=row.unit, group=row.family, echo=row.echo or 0, at90=row.at90 or 0)
        for row in rows
    ]
    points += [
        SelectivityPoint(unit=row.unit, group="near miss", echo=row.echo, at90=row.at90)
        for row in missed
        if row.echo is not None and row.at90 is not None
    ]
    null = [0] * 14 + [1] * 5 + [2]
    return Report(
        title="Curve detectors in InceptionV1",
        lede=lede(model="InceptionV1", layer="3b", units=480, rows=rows, null=null),
        model=Model(
            name="InceptionV1",
            layer="3b",
            sha256="9f2c" * 16,
            weights=Weights(
                source="tensorflow_inception_graph.pb", sha256="a3b1" * 16, verified=False
            ),
        ),
        figures=(
            tuning_maps(natural=natural.maps, artificial=artificial.maps, radii=RADII.tolist()),
            radial_curves(
                natural=natural.curves, artificial=artificial.curves, echo_half_width=30.0
            ),
            unit_table(rows),
            selectivity(points, echo_limit=0.25, at90_limit=0.25),
            null_counts(
                found=10,
                counts=null,
                caption="Every kernel was permuted over its inputs and positions, with seed 0.",
            ),
            near_misses(missed),
        ),
        missing=(
            Missing(title="What reads the curves in 4a", command="curvecircuits downstream 3b"),
        ),
        colophon=Colophon(
            versions=(
                Version(name="curvecircuits", version="0.1.0"),
                Version(name="torch", version="2.13.0"),
            ),
            seed=0,
            command="curvecircuits report --model inceptionv1 --layer 3b",
        ),
    )


# --- the browser -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def report() -> Report:
    return made_report()


@pytest.fixture(scope="module")
def html(bundle: None, report: Report) -> str:
    return render(report)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI"):
            pytest.fail(f"There is no Chromium at {CHROMIUM}; set CURVECIRCUITS_CHROMIUM.")
        pytest.skip(f"no Chromium at {CHROMIUM}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page opened from disk, and all it said and asked for."""

    page: Any
    requests: list[str]
    said: list[str]

    def poll(self, script: str, wanted: Any) -> None:
        # wait_for_function builds functions from text, which the page's policy forbids
        for _ in range(100):
            if (found := self.page.evaluate(script)) == wanted:
                return
            self.page.wait_for_timeout(20)
        assert found == wanted


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Any]:
    contexts: list[Any] = []

    def opened(html: str, width: int = 1000, **options: Any) -> Opened:
        file = tmp_path / f"report {len(contexts)}.html"
        file.write_text(html, encoding="utf-8")
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        result = Opened(page, [], [])
        page.on("request", lambda request: result.requests.append(request.url))
        page.on("console", lambda message: result.said.append(message.text))
        page.on("pageerror", lambda error: result.said.append(str(error)))
        page.on("dialog", lambda dialog: (result.said.append("dialog"), dialog.dismiss()))
        page.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.log(e.violatedDirective))"
        )
        page.goto(file.as_uri())
        if options.get("java_script_enabled", True):
            _wait_until_drawn(page)
        return result

    yield opened
    for context in contexts:
        context.close()


def _wait_until_drawn(page: Any) -> None:
    """Large figures are inflated before anything is drawn, after the page has loaded."""
    end = time.monotonic() + 20
    while page.evaluate("document.getElementById('page')?.dataset.state") != "drawn":
        assert time.monotonic() < end, "the page was not drawn"
        time.sleep(0.02)


def _kinds(opened: Opened) -> list[str]:
    return opened.page.evaluate("[...document.querySelectorAll('figure')].map(f => f.dataset.kind)")


def _value(figure: Any, unit: str, row: int, col: int) -> float:
    """A value of a map, decoded here and not by the page."""
    packed = next(each.map for each in figure.natural + figure.artificial if each.unit == unit)
    steps = np.frombuffer(base64.b64decode(packed.data), np.uint8)
    return float(steps.reshape(packed.rows, packed.cols)[row, col]) * packed.scale


def _shown(value: float) -> float:
    return float(f"{value:.3g}")


# --- what the browser shows ------------------------------------------------------------------


@pytest.mark.browser
def test_opens_from_disk_and_asks_for_nothing(open_page, html, report):
    opened = open_page(html)
    opened.poll("document.querySelectorAll('figure').length", len(report.figures))
    assert _kinds(opened) == KINDS
    opened.page.wait_for_timeout(200)
    assert len(opened.requests) == 1
    assert opened.requests[0].startswith("file://")
    assert opened.said == []
    text = opened.page.inner_text("body")
    for figure in report.figures:
        assert figure.words.takeaway in text
        assert figure.words.caption in text
    assert opened.page.inner_text("h1") == report.title
    assert "Unverified weights" in text
    assert text.count(report.model.weights.sha256) == 2
    assert report.model.sha256 in text
    assert "What reads the curves in 4a is left out; curvecircuits downstream 3b adds it." in text


@pytest.mark.browser
def test_verified_weights_carry_no_warning(open_page, bundle, report):
    verified = replace(report.model, weights=replace(report.model.weights, verified=True))
    opened = open_page(render(replace(report, model=verified)))
    text = opened.page.inner_text("body")
    assert "Unverified" not in text
    assert "verified against the catalogue" in text


@pytest.mark.browser
def test_maps_are_painted_where_the_unit_responds(open_page, html, report):
    opened = open_page(html)
    figure = report.figures[0]
    angles = {each.unit: each.orientation for each in figure.natural}
    brightest = opened.page.evaluate(
        """() => [...document.querySelectorAll('.pair[role=slider]')].map(pair => {
          const canvas = pair.querySelector('canvas');
          const y = Math.round(canvas.height * 0.62);
          const row = canvas.getContext('2d').getImageData(0, y, canvas.width, 1).data;
          let best = 0;
          const heat = x => row[4 * x] - row[4 * x + 2];
          for (let x = 0; x < canvas.width; x++) if (heat(x) > heat(best)) best = x;
          return 360 * (best + 0.5) / canvas.width;
        })"""
    )
    wanted = [angles[pair.natural] for pair in figure.pairs]
    assert len(brightest) == len(wanted)
    for found, angle in zip(brightest, wanted, strict=True):
        assert _apart(found, angle) < 30


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page, html, theme):
    # axe builds functions from text: only this run lets it
    opened = open_page(html, color_scheme=theme, bypass_csp=True)
    opened.poll("document.querySelectorAll('figure').length", len(KINDS))
    assert serious_problems(opened.page) == []


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1400])
def test_no_width_scrolls_sideways(open_page, html, width, theme):
    opened = open_page(html, width, color_scheme=theme)
    opened.poll("document.querySelectorAll('figure').length", len(KINDS))
    opened.poll("document.querySelectorAll('.chart svg').length", 2)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    paper = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (int(re.findall(r"\d+", paper)[0]) < 128) == (theme == "dark")
    assert opened.said == []


@pytest.mark.browser
def test_the_table_sorts_from_the_keyboard(open_page, html):
    opened = open_page(html)
    table = opened.page.locator("figure[data-kind=unit-table]")
    heading = table.locator("th", has_text="Orientation")
    column = table.locator("tbody tr td:nth-child(4)")

    def angles() -> list[int]:
        return [int(text.rstrip("°")) for text in column.all_inner_texts()]

    before = angles()
    heading.locator("button").focus()
    opened.page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert angles() == sorted(before)
    opened.page.keyboard.press("Space")
    assert heading.get_attribute("aria-sort") == "descending"
    assert angles() == sorted(before, reverse=True)
    misses = opened.page.locator("figure[data-kind=near-misses]")
    for _ in range(2):  # what has no value stays last either way
        misses.locator("th button", has_text="FWHM").press("Enter")
        assert misses.locator("tbody th").last.inner_text() == "3b:116"


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1000])
def test_pointing_at_a_map_reads_the_right_number(open_page, html, report, width):
    opened = open_page(html, width)
    figure = report.figures[0]
    pair = figure.pairs[3]
    row, col = 13, 47
    place = opened.page.locator(".pair[role=slider]").nth(3).locator(".map").first
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    packed = figure.natural[0].map
    opened.page.mouse.move(
        box["x"] + (col + 0.5) / packed.cols * box["width"],
        box["y"] + (1 - (row + 0.5) / packed.rows) * box["height"],
    )
    read = opened.page.locator(".readout").inner_text().split()
    assert f"{2 * col}°" in read
    assert f"{RADII[row]:.1f}" in read
    for unit in (pair.natural, pair.artificial):
        value = _value(figure, unit, row, col)
        assert any(_number(word) == pytest.approx(_shown(value), rel=1e-2) for word in read)
    opened.page.mouse.move(1, 1)
    opened.poll("document.querySelectorAll('.readout').length", 0)


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return float("nan")


@pytest.mark.browser
def test_arrow_keys_read_the_same_numbers(open_page, html, report):
    opened = open_page(html)
    figure = report.figures[0]
    sliders = opened.page.locator(".pair[role=slider]")
    sliders.first.focus()
    for key in ("Home", "ArrowRight", "Shift+ArrowRight", *["ArrowDown"] * 25, "ArrowUp"):
        opened.page.keyboard.press(key)
    pair = figure.pairs[0]
    spoken = sliders.first.get_attribute("aria-valuetext")
    assert spoken.startswith(f"22°, radius {RADII[1]:.1f} px: {pair.natural} ")
    value = _value(figure, pair.natural, 1, 11)
    assert float(spoken.split(f"{pair.natural} ")[1].split(",")[0]) == pytest.approx(
        _shown(value), rel=1e-2
    )
    opened.page.keyboard.press("PageDown")
    assert sliders.nth(1).evaluate("each => each === document.activeElement")
    assert opened.page.locator(".pair[tabindex='0']").count() == 1
    opened.page.keyboard.press("ArrowLeft")
    assert opened.page.locator(".readout").count() == 1


@pytest.mark.browser
def test_hostile_text_stays_text(open_page, bundle, report):
    table, missed = report.figures[2], report.figures[5]
    rows = tuple(replace(row, unit=HOSTILE + row.unit, kind=HOSTILE) for row in table.rows)
    words = replace(table.words, title=HOSTILE, takeaway=HOSTILE, caption=HOSTILE)
    maps = tuning_maps(
        natural=[replace(each, unit=HOSTILE + each.unit) for each in report.figures[0].natural],
        artificial=[],
        radii=RADII.tolist(),
    )
    curves = radial_curves(
        natural=[replace(each, unit=HOSTILE + each.unit) for each in report.figures[1].natural],
        artificial=[],
        echo_half_width=30.0,
    )
    misses = replace(missed, rows=tuple(replace(row, unit=HOSTILE) for row in missed.rows))
    chart = report.figures[3]
    points = tuple(replace(each, unit=HOSTILE) for each in chart.points)
    weights = replace(report.model.weights, source=HOSTILE)
    opened = open_page(
        render(
            replace(
                report,
                title=HOSTILE,
                lede=(HOSTILE,),
                model=replace(report.model, name=HOSTILE, layer=HOSTILE, weights=weights),
                figures=(
                    maps,
                    curves,
                    replace(table, rows=rows, words=words),
                    replace(chart, points=points),
                    report.figures[4],
                    misses,
                ),
                missing=(Missing(title=HOSTILE, command=HOSTILE),),
                colophon=replace(report.colophon, command=HOSTILE),
            )
        ),
        360,
    )
    assert _kinds(opened) == KINDS
    assert opened.page.inner_text("h1") == HOSTILE
    assert opened.page.locator("img").count() == 0
    assert opened.page.title() == HOSTILE
    assert opened.page.inner_text("figure[data-kind=unit-table] h2") == HOSTILE
    assert HOSTILE in opened.page.inner_text("figure[data-kind=unit-table] tbody")
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert opened.said == []
    assert len(opened.requests) == 1


@pytest.mark.browser
def test_downloads_hold_the_figure(open_page, bundle, report):
    table = report.figures[2]
    rows = (replace(table.rows[0], unit="=1+1", kind='say "hi"'), *table.rows[1:])
    opened = open_page(
        render(replace(report, figures=(report.figures[0], replace(table, rows=rows))))
    )
    frames = opened.page.locator("figure")
    lines = downloaded_table(frames.nth(1))
    assert lines[0][:3] == ["unit", "family", "kind"]
    assert lines[1][:3] == ["'=1+1", "natural", 'say "hi"']
    assert float(lines[1][3]) == rows[0].orientation
    assert len(lines) == 1 + len(rows)
    maps = downloaded_table(frames.nth(0))
    assert len(maps) == 1 + 20 * RADII.size * ANGLES.size
    data = json.loads(downloaded(frames.nth(1), "JSON"))
    assert data["schema"] == Report.SCHEMA
    assert load(UnitTable, data["figure"]).rows[0].unit == "=1+1"
    for frame in (frames.nth(0), frames.nth(1)):
        drawing = ElementTree.fromstring(downloaded(frame, "SVG"))
        assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
        assert downloaded(frame, "PNG").startswith(b"\x89PNG")
    assert len(drawing.findall(".//{*}text")) > 9 * len(rows)
    assert opened.said == []


@pytest.mark.browser
def test_a_broken_figure_leaves_the_others(open_page, html):
    later = html.replace('"kind":"selectivity"', '"kind":"of-a-later-version"')
    broken = later.replace('{"kind":"null-counts"', '{"kind":null-counts', 1)
    assert broken not in (later, html)
    opened = open_page(broken)
    assert _kinds(opened) == [kind for kind in KINDS if kind not in ("selectivity", "null-counts")]
    text = opened.page.inner_text("body")
    assert "Figure 4 cannot be drawn: this page cannot draw a figure of the kind" in text
    assert "Figure 5 cannot be read" in text


@pytest.mark.browser
def test_a_report_without_its_data_says_so(open_page, html):
    opened = open_page(html[: html.index('<script type="application/json"')])
    assert "This report cannot be shown: the file ends before its data." in (
        opened.page.inner_text("main")
    )
    opened = open_page(html.replace('"schema":"curvecircuits.report/1"', '"schema":"another/9"'))
    assert "its data is “another/9”" in opened.page.inner_text("main")


@pytest.mark.browser
def test_without_scripts_the_text_is_there(open_page, html, report):
    opened = open_page(html, java_script_enabled=False)
    text = opened.page.inner_text("body")
    assert report.title in text
    assert report.lede[0] in text
    assert "allow scripts to see them" in text


@pytest.mark.browser
def test_nothing_found_is_a_page_too(open_page, bundle, report):
    empty = replace(
        report,
        lede=lede(model="a network", layer="conv3", units=64, rows=()),
        figures=(
            tuning_maps(natural=[], artificial=[], radii=[]),
            radial_curves(natural=[], artificial=[], echo_half_width=30.0),
            unit_table([]),
            selectivity([], echo_limit=None, at90_limit=None),
            null_counts(found=0, counts=[]),
            near_misses([]),
        ),
    )
    opened = open_page(render(empty))
    assert _kinds(opened) == KINDS
    opened.poll("document.querySelectorAll('.chart svg').length", 2)
    assert "None of the 64 units of conv3 in a network" in opened.page.inner_text("header")
    assert opened.said == []


# --- what the file holds ---------------------------------------------------------------------


def test_the_policy_names_the_script_that_is_there(html):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)
    assert policy is not None
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert policy[1] == (
        f"default-src 'none'; script-src 'sha256-{digest}' 'wasm-unsafe-eval'; "
        "style-src 'unsafe-inline'; img-src data: blob:"
    )


def test_data_comes_last_and_the_file_is_small(html):
    assert html.index("<script>") < html.index('<script type="application/json"')
    assert html.rstrip().endswith("</script>\n</body>\n</html>")
    assert len(html.encode()) < 5_000_000


def test_the_same_report_gives_the_same_bytes(html):
    assert render(made_report()) == html


def test_the_file_is_written_whole(bundle, report, html, tmp_path):
    path = write_report(report, tmp_path / "new" / "report.html")
    assert path.read_text(encoding="utf-8") == html
    assert [each.name for each in path.parent.iterdir()] == ["report.html"]


def test_a_report_reads_back(report):
    assert load(Report, dump(report)) == report


def test_numbers_that_are_none_are_left_empty_or_refused(bundle, report):
    table = report.figures[2]
    row = replace(table.rows[0], echo=float("nan"))
    html = render(replace(report, figures=(replace(table, rows=(row,)),)))
    assert "NaN" not in html[html.index('<script type="application/json"') :]
    row = replace(table.rows[0], orientation=float("inf"))
    with pytest.raises(InputError, match=r"figures\.0\.unit-table\.rows\.0\.orientation"):
        render(replace(report, figures=(replace(table, rows=(row,)),)))


def test_a_copy_that_was_not_built_says_so(monkeypatch, report, tmp_path):
    monkeypatch.setattr("curvecircuits.report.page.files", lambda _: tmp_path)
    with pytest.raises(UnavailableError, match="was not built"):
        render(report)


# --- the parts -------------------------------------------------------------------------------


def test_pairs_go_round_the_circle():
    pairs = nearest_pairs({"b": 355.0, "a": 10.0}, {"x": 2.0, "y": 100.0})
    assert [(pair.natural, pair.artificial, pair.difference) for pair in pairs] == [
        ("a", "x", -8.0),
        ("b", "x", 7.0),
    ]
    assert nearest_pairs({"a": 1.0}, {})[0].artificial is None


@pytest.mark.parametrize("table", [[1.0], [[]], [[1.0, float("nan")]]])
def test_a_map_must_be_a_table_of_numbers(table):
    with pytest.raises(InputError):
        pack_map(table)


def test_a_map_of_zeros_and_of_negatives_is_zero():
    packed = pack_map([[0.0, -3.0]])
    assert base64.b64decode(packed.data) == b"\0\0"
    assert packed.scale > 0


def test_maps_and_radii_must_agree():
    made = TuningMap(unit="u", orientation=0.0, map=pack_map([[1.0], [2.0]]))
    tuning_maps(natural=[made], artificial=[], radii=[1.0, 2.0])
    for radii in ([2.0, 1.0], [1.0]):
        with pytest.raises(InputError, match="radii"):
            tuning_maps(natural=[made], artificial=[], radii=radii)


@pytest.mark.parametrize(("found", "wanted"), [(10, "p ≤ 0.048"), (1, "p ≤ 0.33"), (0, "p ≤ 1")])
def test_the_null_counts_the_network_among_the_copies(found, wanted):
    figure = null_counts(found=found, counts=[0] * 14 + [1] * 5 + [2])
    assert wanted in figure.words.takeaway


def test_one_of_a_thing_is_singular():
    text = " ".join(
        lede(model="M", layer="l", units=9, rows=made_report().figures[2].rows[:1], null=[1])
    )
    assert "one is a curve detector: it fires" in text
    assert "at most one in one copy of" in text
