"""Figures that set weights and photographs of two networks side by side."""

import numpy as np
import pytest
from browser import assert_drawn, downloaded_table, report_of
from PIL import Image
from test_compare_matrices import labelled
from test_page import chromium, open_page  # noqa: F401

from curvecircuits.artificial import artificial_network
from curvecircuits.circuits.kernels import kernels
from curvecircuits.compare.disagreement import crops, disagreements
from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.photo_maps import photo_maps
from curvecircuits.compare.photographs import maps_agreement
from curvecircuits.compare.written import written_families
from curvecircuits.errors import InputError
from curvecircuits.report import Report, render
from curvecircuits.report.comparison_circuit import BESIDE, circuit_comparison_figures
from curvecircuits.report.figures import matrix_pair, photo_agreement
from curvecircuits.stimuli import CurveGrid
from curvecircuits.store import dump, load
from curvecircuits.weights import expanded_weights

AT = (0.0, 90.0, 180.0, 270.0)


@pytest.fixture(scope="module")
def network():
    return artificial_network()


@pytest.fixture(scope="module")
def matched(network):
    return Matched(
        natural=Side(network=network, layer="3b", channels=(0, 6, 12, 18)),
        artificial=Side(
            network=artificial_network(orientations=AT), layer="3b", channels=(0, 1, 2, 3)
        ),
        orientations=AT,
    )


@pytest.fixture(scope="module")
def lines():
    written = artificial_network(orientations=AT, detector="lines")
    return Side(network=written, layer="3b", channels=(0, 1, 2, 3))


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Drawn curves of random orientations as image files."""
    folder = tmp_path_factory.mktemp("photographs")
    rng = np.random.default_rng(0)
    paths = []
    for k in range(5):
        orientations = tuple(float(o) for o in rng.uniform(0, 360, 4))
        grid = CurveGrid(orientations=orientations, radii=(40,), tile=60, width=2)
        ((_, drawn),) = grid.batches(size=112)
        rows = [np.concatenate([d.numpy()[0] for d in drawn[i : i + 2]], 1) for i in (0, 2)]
        pixels = np.rint(255 * np.concatenate(rows)).astype(np.uint8)
        paths.append(folder / f"{k}.png")
        Image.fromarray(pixels).convert("RGB").save(paths[-1])
    return paths


@pytest.fixture(scope="module")
def figures(matched, lines, photographs, network):
    made = circuit_comparison_figures(
        matched,
        lines,
        photographs,
        taxonomy=labelled(network, written_families()),
        progress=False,
    )
    assert tuple(name for name, _ in made) == BESIDE
    return [figure for _, figure in made]


@pytest.fixture(scope="module")
def report(figures):
    return report_of(figures)


def test_the_figures_are_made_in_order_and_read_back(report):
    kinds = [figure.kind for figure in report.figures]
    assert kinds == ["matrix-pair", "matrix-pair", "circuit-pair", "photo-agreement"]
    assert load(Report, dump(report)) == report


def test_without_photographs_and_families_there_is_less(matched, network):
    families = {k: v for k, v in written_families().items() if k not in ("mixed3a",)}
    bare = labelled(network, families)
    made = circuit_comparison_figures(matched, None, None, taxonomy=bare)
    assert [name for name, _ in made] == ["circuit-pair"]


def test_a_network_beside_itself_is_alike_and_the_control_is_not(figures):
    curves, lines, circuit, photos = figures
    whole = curves.likeness[0]
    assert whole.what == "whole tiles: natural, artificial"
    assert whole.measured.value > 0.9 > 0.5 > whole.control.high
    assert curves.natural.kernels.shape == (4, 24, 5, 5)
    assert curves.artificial.kernels.shape == (24, 24, 5, 5)
    assert lines.artificial.kernels.shape == (24, 18, 5, 5)
    assert (len(curves.angles), len(lines.angles)) == (24, 18)
    assert [tile.name for tile in curves.tiles] == ["natural", "artificial", "published"]
    assert [tile.name for tile in lines.tiles] == ["natural", "artificial"]
    for sums in (curves.natural_sums, curves.artificial_sums):
        known = [abs(x.value) for x in sums if x.value is not None]
        assert max(known) == pytest.approx(1)
    last = circuit.likeness[-1]
    assert last.measured.value == pytest.approx(1)
    assert last.lead.low > 0
    own = [x.name for x in photos.predictors].index("artificial")
    auroc = next(panel for panel in photos.panels if panel.name == "auroc")
    assert auroc.estimates[own].units.value > 0.99
    assert auroc.lead.units.value > 0


def test_families_of_other_periods_make_no_pair(network):
    families = written_families()
    curves = families["mixed3b"]["curve"]
    weights = expanded_weights(network, "3a", units=curves.units)
    both = [kernels(weights, curves, families["mixed3a"][n]) for n in ("early curve", "line")]
    with pytest.raises(InputError, match="when their angles repeat alike"):
        matrix_pair(both[0], both[1])


def test_crops_are_those_of_the_photographs(matched, photographs):
    maps = photo_maps(matched, photographs)
    misses = disagreements(maps, count=2, share=0.05)
    squares = crops(misses, maps)
    figure = photo_agreement(maps_agreement(maps), misses=misses, squares=squares)
    assert len(figure.crops) == len(misses)
    assert [crop.cell for crop in figure.crops] == list(range(len(misses)))
    assert {crop.unit for crop in figure.crops} == {unit.unit for unit in figure.units}
    assert "lines" not in [x.name for x in figure.predictors]
    assert figure.panels[0].lead is None
    assert "one cell beside" in figure.words.takeaway
    with pytest.raises(InputError, match="as many squares"):
        photo_agreement(maps_agreement(maps), misses=misses)


@pytest.mark.browser
@pytest.mark.parametrize(("theme", "width"), [("light", 1100), ("dark", 390)])
def test_figures_are_drawn_and_axe_finds_nothing(open_page, bundle, report, theme, width):  # noqa: F811
    opened = open_page(render(report), width, color_scheme=theme, bypass_csp=True)
    opened.poll("document.querySelectorAll('.photo-row li').length > 0", True)
    assert_drawn(opened, report, width)


@pytest.mark.browser
def test_units_are_chosen_and_tables_are_whole(open_page, bundle, report):  # noqa: F811
    opened = open_page(render(report))
    page = opened.page
    circuit = page.locator("figure[data-kind=circuit-pair]")
    opened.poll("document.querySelectorAll('.circuit-row li').length", 10)
    circuit.get_by_role("radio", name="3b:6, 90°").check()
    ends = circuit.locator(".circuit-row li:last-child")
    assert [each.strip()[-3:] for each in ends.all_inner_texts()] == ["→ 6", "→ 1"]
    photos = page.locator("figure[data-kind=photo-agreement]")
    opened.poll(
        """[...document.querySelectorAll('.photo-row canvas')].every(c =>
          c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(x => x > 0))""",
        True,
    )
    photos.get_by_role("radio", name="3b:12, 180°").check()
    shown = [c for c in report.figures[3].crops if c.unit == "3b:12"]
    assert photos.locator(".photo-row li").count() == len(shown)
    matrix = page.locator("figure[data-kind=matrix-pair]").first
    slider = matrix.get_by_role("slider").first
    slider.press("End")
    assert "3a:23 to 3b:" in slider.get_attribute("aria-valuetext")
    for kind in ("matrix-pair", "circuit-pair", "photo-agreement"):
        assert len(downloaded_table(page.locator(f"figure[data-kind={kind}]").first)) > 20
    assert opened.said == []
