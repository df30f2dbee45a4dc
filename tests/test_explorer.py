"""The explorer: what it says of units, and that it can be used with mouse and keyboard."""

import base64
from dataclasses import replace

import numpy as np
import pytest
from browser import report_of, serious_problems
from networks import family_of, planted, seeded
from test_page import chromium, open_page  # noqa: F401
from torch import nn

from curvecircuits.artificial import Constants, artificial_network
from curvecircuits.circuits.schematic import schematic
from curvecircuits.claims import Evidence
from curvecircuits.compare import match_family
from curvecircuits.compare.written import written_families
from curvecircuits.errors import InputError
from curvecircuits.families import Family, Taxonomy, UnitLabel, chain
from curvecircuits.families.tiles import scan_grid
from curvecircuits.models.wrap import wrap
from curvecircuits.report import Report, render
from curvecircuits.report.connections import connection_shares, links
from curvecircuits.report.explorer import explore
from curvecircuits.report.explorer_record import Explorer
from curvecircuits.report.figures import (
    NearMiss,
    RadialCurve,
    SelectivityPoint,
    TuningMap,
    near_misses,
    radial_curves,
    schematic_figure,
    selectivity,
    tuning_maps,
    unit_table,
)
from curvecircuits.report.parts import UnitRow, pack_map
from curvecircuits.report.thumbnails import Wanted, affordable, thumbnails
from curvecircuits.store import dump, load
from curvecircuits.weights import expanded_weights

TURNS = [45.0 * k for k in range(8)]


def _evidence(network, families, layers):
    """What `gather` finds of a network whose families are known."""
    labels = [
        UnitLabel(
            unit=f"{layer}:{channel}", layer=layer, channel=channel, family=name, score=0.5,
            sign=1, orientation=angle if family.period else None, echo=None, wavelength=None,
        )
        for layer in layers
        for name, family in families[layer].items()
        for channel, angle in zip(family.channels, family.orientations, strict=True)
    ]  # fmt: skip
    taxonomy = Taxonomy(
        model=network.name, model_hash=network.model_hash, layers=tuple(layers),
        curve_layer=layers[-1], labels=tuple(labels), seed=0,
    )  # fmt: skip
    search = family_of(network, layers[-1], TURNS)
    curves = families[layers[-1]]["curve"]
    return Evidence(network=network, curves=curves, radius=20.0, taxonomy=taxonomy, search=search)


def _named(name, layer, channels, period):
    at = TURNS if name == "curve" else [0.0] * len(channels)
    return Family(
        name=name, layer=layer, channels=tuple(channels), orientations=tuple(at), period=period
    )


@pytest.fixture(scope="module")
def evidence():
    constants = Constants(curve_orientations=12, small_orientations=6)
    network = artificial_network(constants, orientations=TURNS)
    families = {
        network.layer(layer).title: found
        for layer, found in written_families(constants, orientations=TURNS).items()
    }
    families["3b"] = {"curve": replace(families["3b"]["curve"], channels=tuple(range(8)))}
    return _evidence(network, families, list(chain(network, "3b")))


def _coarse(tile):
    return replace(scan_grid(tile), radii=scan_grid(tile).radii[1::2])


@pytest.fixture(scope="module")
def explorer(evidence):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("curvecircuits.report.explorer._NATURAL", 1e5)
        patch.setattr("curvecircuits.report.explorer._WRITTEN", 0)
        patch.setattr("curvecircuits.report.explorer_tuning.scan_grid", _coarse)
        return explore(
            evidence,
            matched=match_family(evidence.network, evidence.search, centred=False),
            command="curvecircuits report --model mine",
        )


def _layer(explorer, title, network=0):
    return next(x for x in explorer.networks[network].layers if x.layer == title)


def _links(kept, channel):
    """Address-free connections of a unit: other channel → share."""
    others = np.frombuffer(base64.b64decode(kept.channels), "<u2").reshape(-1, kept.each)[channel]
    shares = np.frombuffer(base64.b64decode(kept.shares), "<i2").reshape(-1, kept.each)[channel]
    return {int(c): s / 32767 for c, s in zip(others, shares, strict=True) if s}


# --- what it says ----------------------------------------------------------------------------


def test_connections_are_those_of_the_other_way_to_expand_weights(evidence, explorer):
    for title, source in (("3b", "3a"), ("3a", "conv2d2")):
        inputs = _layer(explorer, title).inputs
        assert inputs.layer == source
        for channel in (0, 3):
            weights = expanded_weights(
                evidence.network, source, units=[(title, channel)], method="gradient"
            ).values[0]
            wanted = (weights.sum((1, 2)) / weights.abs().sum()).numpy()
            found = _links(inputs, channel)
            for other, share in found.items():
                assert share == pytest.approx(wanted[other], abs=1e-4)
            strongest = np.sort(wanted)[::-1][: inputs.each // 2]
            excites = sorted((s for s in found.values() if s > 0), reverse=True)
            assert excites == pytest.approx(strongest[: len(excites)], abs=1e-4)


def test_an_input_says_the_same_as_the_output_it_is(explorer):
    inputs, outputs = _layer(explorer, "3b").inputs, _layer(explorer, "3a").outputs
    assert outputs.layer == "3b"
    both = 0
    for target in range(8):
        for source, share in _links(inputs, target).items():
            listed = _links(outputs, source)
            if target in listed:
                both += 1
                assert listed[target] == share
            else:  # others are listed before it
                same = [abs(s) for s in listed.values() if s * share > 0]
                assert len(same) == outputs.each // 2
                assert min(same) >= abs(share) - 1e-4
    assert both > 8


def test_connections_of_both_signs_are_in_order():
    shares = np.array([[0.1, -0.3, 0.2, -0.1, 0.05], [0.0, 0.0, 0.4, 0.0, 0.0]])
    kept = links(shares, "before", each=4)
    assert list(_links(kept, 0)) == [2, 0, 1, 3]
    assert list(_links(kept, 1)) == [2]
    with pytest.raises(InputError, match="an even number"):
        links(shares, "before", each=3)


def test_units_that_do_not_depend_on_the_source_have_no_share():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.own = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)
            self.other = nn.Conv2d(3, 2, 5)

        def forward(self, x):
            import torch

            return torch.cat([self.own(self.first(x)), self.other(x)], 1)

    network = wrap(seeded(Two), input_size=24)
    found = connection_shares(network, "first", "cat")
    assert found.shape == (7, 4)
    assert (np.abs(found[:5]).sum(1) > 0).all()
    assert (found[5:] == 0).all()


def test_columns_are_as_long_as_layers_have_units(evidence, explorer):
    natural = explorer.networks[0]
    assert [x.layer for x in natural.layers] == list(evidence.layers)
    for layer in natural.layers:
        assert layer.units == evidence.network.layer(layer.layer).channels
        assert len(layer.families) == len(layer.orientations) == layer.units
        for tuned in layer.tuned:
            assert len(tuned.peaks) == layer.units
            assert len(base64.b64decode(tuned.data)) == layer.units * tuned.steps
        assert layer.field == evidence.network.geometry(layer.layer).receptive_field
    assert natural.layers[0].inputs is None
    assert natural.layers[-1].outputs is None
    assert load(Explorer, dump(explorer)) == explorer


def test_curves_are_the_family_that_was_found(evidence, explorer):
    layer = _layer(explorer, "3b")
    curves = layer.names.index("curve")
    for channel, angle in zip(evidence.curves.channels, evidence.curves.orientations, strict=True):
        assert layer.families[channel] == curves
        assert layer.orientations[channel] == angle
        tuned = next(x for x in layer.tuned if x.shape == "curve")
        steps = np.frombuffer(base64.b64decode(tuned.data), np.uint8).reshape(-1, tuned.steps)
        peak = 360 * int(steps[channel].argmax()) / tuned.steps
        assert abs((peak - angle + 180) % 360 - 180) < 10
        assert tuned.peaks[channel] == pytest.approx(
            float(evidence.tuning("3b").radial()[channel].max()), rel=1e-5
        )


def test_written_networks_are_told_apart(explorer):
    assert [n.key for n in explorer.networks] == ["", "artificial", "matched"]
    assert _layer(explorer, "3b", 1).units == 24
    assert _layer(explorer, "3b", 2).units == 8
    assert set(_layer(explorer, "3a", 1).names) >= {"early curve", "line"}
    assert explorer.networks[2].partners == tuple(f"3b:{k}" for k in range(8))


def test_the_next_layer_and_a_network_of_two_layers():
    network = planted(TURNS)
    noise = {"other": _named("other", "3", range(8, 20), 0)}
    bars = {"line": _named("line", "1", range(32), 180)}
    curves = {"curve": _named("curve", "3", range(8), 360)}
    found = _evidence(network, {"1": bars, "3": curves | noise}, ["1", "3"])
    made = explore(found, pictures=False)
    titles = [x.layer for x in made.networks[0].layers]
    assert titles == ["1", "3"]
    assert made.networks[0].layers[0].outputs.layer == "3"
    assert made.networks[0].layers[1].inputs.layer == "1"
    # Filters are there to be had; nothing is climbed.
    assert made.networks[0].layers[1].sprite is None
    assert "--model M" in made.networks[0].command


def test_pictures_keep_to_the_budget_and_the_best_come_first(explorer):
    network = artificial_network()
    wanted = [Wanted(layer="3a", channel=k, place=k // 2) for k in range(10)]
    one = affordable(network, wanted[:1], budget=1e9, steps=1)
    assert len(one) == 1
    free = affordable(
        network, [Wanted(layer="conv2d0", channel=k, place=99) for k in range(5)], budget=0
    )
    assert len(free) == 5
    side = 51  # larger than the canvas of a unit of 3a
    some = affordable(network, wanted, budget=4 * side**2, steps=1)
    assert 3 < len(some) < 10
    assert [x.channel for x in some] == list(range(len(some)))
    # What a layer of small pictures leaves goes to the others.
    small = [Wanted(layer="conv2d1", channel=0, place=0)]
    both = affordable(network, small + wanted, budget=4 * side**2, steps=1)
    assert both[0] == small[0]
    assert len(both) in (len(some), len(some) + 1)
    assert affordable(network, small + wanted, budget=4 * side**2, steps=1) == both
    made = thumbnails(network, some[:2], budget=1e9, steps=1)
    assert made["3a"].channels == (0, 1)
    pictured = [len(x.pictured) for x in explorer.networks[0].layers]
    assert pictured[0] == explorer.networks[0].layers[0].units
    assert sum(pictured[1:]) > 0
    assert sum(pictured[1:]) < sum(x.units for x in explorer.networks[0].layers[1:])


# --- in the browser --------------------------------------------------------------------------


def _row(unit, family, angle):
    return UnitRow(
        unit=unit, family=family, kind="curve", orientation=angle, radius=20.0, fwhm=30.0,
        echo=0.1, at90=0.05, peak=2.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def report(evidence, explorer) -> Report:
    units = [(f"3b:{k}", TURNS[k]) for k in range(4)]
    others = [(f"artificial 3b:{3 * k}", TURNS[k]) for k in range(4)]
    table = np.eye(6)[:, np.arange(12) % 6]
    maps = [TuningMap(unit=u, orientation=a, map=pack_map(table)) for u, a in units]
    written = [TuningMap(unit=u, orientation=a, map=pack_map(table)) for u, a in others]
    curves = [
        RadialCurve(unit=u, orientation=a, peak=1.0, echo=0.0, values=(1.0, 0.5, 0.0, 0.5))
        for u, a in units
    ]
    missed = NearMiss(
        unit="3a:5", reason="its echo is 31%", orientation=None, fwhm=None, echo=None, at90=None
    )
    rows = [_row(u, "natural", a) for u, a in units]
    rows += [_row(u, "artificial", a) for u, a in others]
    figure = unit_table(rows)
    graph = schematic(evidence.network, evidence.taxonomy, evidence.curves)
    return report_of(
        [
            tuning_maps(natural=maps, artificial=written, radii=[5.0, 9, 14, 20, 30, 40]),
            radial_curves(natural=curves, artificial=[], echo_half_width=30.0),
            replace(figure, words=replace(figure.words, caption="As 3b:7 and xx:7 do.")),
            selectivity(
                [
                    SelectivityPoint(unit=u, group="natural", echo=0.05 * k, at90=0.04 * k)
                    for k, (u, _) in enumerate(units)
                ],
                echo_limit=0.25,
                at90_limit=0.25,
            ),
            near_misses([missed]),
            schematic_figure(graph),
        ],
        explorer=explorer,
    )


@pytest.fixture(scope="module")
def html(bundle, report) -> str:
    return render(report)


def _title(page):
    return page.locator("#explorer-title").inner_text()


def _at(opened, html_hash):
    opened.page.evaluate(f"location.hash = {html_hash!r}")


@pytest.mark.browser
def test_units_are_opened_from_any_kind_of_figure(open_page, html):  # noqa: F811
    page = open_page(html, 1400).page

    def figure(kind):
        return page.locator(f"figure[data-kind={kind}]")

    figure("unit-table").locator("tbody a.unit-link").nth(1).click()
    assert _title(page) == "3b:1"
    figure("unit-table").locator("tbody a.unit-link", has_text="artificial 3b:3").click()
    assert _title(page) == "artificial 3b:3"
    assert page.locator(".explorer .label").first.inner_text().lower() == "unit written by hand"
    figure("near-misses").locator("tbody a.unit-link").click()
    assert _title(page) == "3a:5"
    figure("unit-table").locator("figcaption a.unit-link").click()
    assert _title(page) == "3b:7"
    assert figure("unit-table").locator("figcaption a.unit-link").count() == 1
    figure("radial-curves").locator("svg[role=img]").nth(2).click(position={"x": 5, "y": 5})
    assert _title(page) == "3b:2"
    figure("tuning-maps").locator(".map").nth(1).click(position={"x": 8, "y": 8})
    assert _title(page) == "artificial 3b:0"
    figure("schematic").locator("g.node").first.click()
    assert ", " in _title(page)
    page.locator(".explorer-members a").first.click()
    assert page.url.endswith("#unit=" + _title(page))
    page.keyboard.press("Escape")
    dots = figure("selectivity").locator(".chart svg circle, .chart svg path[transform]")
    figure("selectivity").scroll_into_view_if_needed()
    box = dots.last.bounding_box()
    page.mouse.move(box["x"] + 3, box["y"] + 4)
    page.mouse.move(box["x"] + 4, box["y"] + 5)
    page.mouse.down()
    page.mouse.up()
    assert _title(page) == "3b:3"


@pytest.mark.browser
def test_the_keyboard_reaches_units_by_one_stop_a_figure(open_page, html):  # noqa: F811
    opened = open_page(html)
    page = opened.page
    stops = (
        "[...document.querySelectorAll('figure')].map(f => "
        "f.querySelectorAll('a.unit-link[tabindex=\"0\"]').length)"
    )
    # They are given out once a figure has been drawn.
    opened.poll(f"{stops}.filter(n => n > 0).length >= 3", True)
    assert set(page.evaluate(stops)) == {0, 1}
    first = page.locator("figure[data-kind=unit-table] a.unit-link").first
    first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert _title(page) == "3b:2"
    assert page.evaluate("document.activeElement.id") == "explorer-title"
    page.keyboard.press("Escape")
    assert page.locator(".explorer").count() == 0
    assert page.evaluate("document.activeElement.textContent") == "3b:2"
    assert "#" not in page.url
    row = page.locator(".pair[role=slider]").nth(1)
    row.focus()
    page.keyboard.press("Enter")
    assert _title(page) == "3b:1"
    page.locator(".explorer-close").click()
    assert row.evaluate("each => each === document.activeElement")
    page.keyboard.press("Shift+Enter")
    assert _title(page) == "artificial 3b:3"
    page.keyboard.press("Escape")
    node = page.locator("figure[data-kind=schematic] g.node").first
    node.focus()
    page.keyboard.press("Enter")
    assert page.locator(".explorer-members a").count() > 0
    page.keyboard.press("Escape")
    # Points of a chart stand in a list.
    chart = page.locator("figure[data-kind=selectivity]")
    chart.locator(".units-open").focus()
    page.keyboard.press("Enter")
    assert chart.locator(".units-list a").all_inner_texts() == [f"3b:{k}" for k in range(4)]
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert _title(page) == "3b:3"


@pytest.mark.browser
def test_a_link_opens_the_page_at_the_unit(open_page, html, explorer):  # noqa: F811
    opened = open_page(html)
    page = opened.page
    _at(opened, "#unit=matched 3b:2")
    assert _title(page) == "matched 3b:2"
    page.reload()
    opened.poll("document.querySelector('#explorer-title')?.textContent ?? ''", "matched 3b:2")
    facts = page.locator(".explorer-facts")
    assert "90°" in facts.inner_text()
    facts.locator("a.unit-link").click()
    assert _title(page) == "3b:2"
    assert "curve" in facts.inner_text()
    text = page.inner_text(".explorer")
    strongest = max(_links(_layer(explorer, "3b").inputs, 2).items(), key=lambda x: x[1])
    first = page.locator(".explorer-lists li").first
    assert first.locator("a").inner_text() == f"3a:{strongest[0]}"
    assert f"{100 * strongest[1]:.2f}%" in first.inner_text()
    assert "to 3b" not in text
    first.locator("a").click()
    assert _title(page) == f"3a:{strongest[0]}"
    assert page.locator(".explorer-lists a", has_text="3b:2").count() == 1
    page.go_back()
    assert _title(page) == "3b:2"
    assert opened.said == []
    assert len({url.split("#")[0] for url in opened.requests}) == 1


@pytest.mark.browser
def test_unknown_units_say_what_is_valid(open_page, html):  # noqa: F811
    opened = open_page(html)
    page = opened.page
    for asked, words in (
        ("3b:99", "3b has the units 3b:0 to 3b:7"),
        ("5a:1", "There is no layer “5a” here. Layers are conv2d0, "),
        ("<img src=x>", "“<img src=x>” is no address: write layer:channel, such as 3b:7."),
        ("%zz", "is no address"),
    ):
        _at(opened, f"#unit={asked}")
        assert words in page.inner_text(".explorer [role=alert]:not(:empty)")
        assert page.locator(".explorer img").count() == 0
    box = page.locator(".explorer-go input")
    box.fill("3b:400")
    box.press("Enter")
    problem = page.locator("#explorer-go-problem")
    assert problem.inner_text() == "3b has the units 3b:0 to 3b:7, and no 3b:400."
    assert box.get_attribute("aria-invalid") == "true"
    box.fill(" artificial  3a:4 ")
    box.press("Enter")
    assert _title(page) == "artificial 3a:4"
    assert problem.inner_text() == ""
    assert box.evaluate("each => each === document.activeElement")
    assert opened.said == []


@pytest.mark.browser
def test_the_address_is_copied(open_page, html):  # noqa: F811
    opened = open_page(html, permissions=["clipboard-read", "clipboard-write"])
    _at(opened, "#unit=artificial 3b:12")
    opened.page.locator(".explorer-address button").click()
    opened.poll(
        "document.querySelector('.explorer-said').textContent", "artificial 3b:12 is copied."
    )
    assert opened.page.evaluate("navigator.clipboard.readText()") == "artificial 3b:12"


@pytest.mark.browser
def test_units_without_a_picture_name_the_command(open_page, html, explorer):  # noqa: F811
    layer = _layer(explorer, "3a")
    bare = next(k for k in range(layer.units) if k not in layer.pictured)
    opened = open_page(html)
    _at(opened, f"#unit=3a:{bare}")
    assert (
        opened.page.inner_text(".explorer-picture code")
        == f"curvecircuits vis 3a:{bare} --model mine"
    )


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
def test_the_panel_fits_and_axe_finds_nothing(open_page, html, width, theme):  # noqa: F811
    opened = open_page(html, width, color_scheme=theme, bypass_csp=True)
    page = opened.page
    page.locator(".units-open").first.click()
    for asked in ("unit=3b:2", "unit=artificial 3a:1", "family=3a:line", "unit=none"):
        _at(opened, f"#{asked}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        panel = page.locator(".explorer")
        assert panel.evaluate("each => each.scrollWidth <= each.clientWidth")
        if width == 360 or asked == "unit=3b:2":
            assert serious_problems(page) == []
    box = panel.bounding_box()
    assert box["x"] + box["width"] == width
    assert opened.said == []


@pytest.mark.browser
def test_without_an_explorer_units_are_text(open_page, bundle, report):  # noqa: F811
    opened = open_page(render(replace(report, explorer=None)))
    page = opened.page
    assert page.locator("script[data-role=explorer]").count() == 0
    assert page.locator("a.unit-link, [data-unit], .units-open").count() == 0
    _at(opened, "#unit=3b:1")
    assert page.locator(".explorer").count() == 0
    assert opened.said == []
