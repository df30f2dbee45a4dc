"""The notebooks: every cell runs, and what they show are the page's figures."""

import ast
import html
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from browser import serious_problems
from networks import SMALL, small_classifier
from PIL import Image
from test_page import chromium, open_page  # noqa: F401

import curvecircuits as cc
from curvecircuits.artificial import artificial_network
from curvecircuits.errors import InputError
from curvecircuits.report import Measured, Shown, figure_names, figures_of, show
from curvecircuits.report.figures import null_counts

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NETWORK = f"{ROOT / 'tests' / 'networks.py'}:small_classifier"

# Of each notebook, some kinds of figure that have to be there, and words that have to be printed.
SHOWN = {
    "01": ({"layer-scan", "null-counts", "tuning-maps", "unit-table"}, "family of 6 units"),
    "02": ({"family-counts", "schematic", "family-shares", "decomposed"}, "units, channels"),
    "03": ({"weight-matrix", "interval-groups", "echo"}, "echo comes back|echo returns"),
    "04": ({"equivariance", "compression"}, "weights, "),
    "05": ({"weight-matrix", "line-positions", "line-tuning"}, "permuted copy: "),
    "06": ({"interval-groups"}, "images, channels, rows, columns"),
    "07": (set(), "permuted copy: "),
    "08": ({"pictures", "joint-maps", "matrix-pair", "circuit-pair"}, "no longer: "),
    "09": (set(), "0 photographs"),
    "10": ({"transplant"}, "transplanted: KL "),
    "11": ({"claims-table"}, "(holds|undecided): .*\n    .* — "),
}


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def run(path):
    """Run the cells one after the other in one scope; the values that notebooks would draw.

    What a cell raises is raised.
    """
    scope: dict[str, object] = {"__name__": "__main__"}
    values: list[object] = []
    for number, cell in enumerate(cells(path)):
        if cell["cell_type"] != "code":
            continue
        name = f"{path.name} cell {number}"
        *body, last = ast.parse("".join(cell["source"]), name).body
        if isinstance(last, ast.Expr):
            exec(compile(ast.Module(body, []), name, "exec"), scope)
            values.append(eval(compile(ast.Expression(last.value), name, "eval"), scope))
        else:
            exec(compile(ast.Module([*body, last], []), name, "exec"), scope)
    return values


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """A small network, one cache for all notebooks, and few draws, steps and stimuli."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CURVECIRCUITS_MODEL", NETWORK)
        patch.setenv("CURVECIRCUITS_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("CURVECIRCUITS_IMAGES", raising=False)
        patch.delenv("CURVECIRCUITS_EXAMPLES", raising=False)
        patch.setattr("curvecircuits.circuits.intervals._DRAWS", 40)
        patch.setattr("curvecircuits.claims.weighed.PERMUTATIONS", 20)
        patch.setattr("curvecircuits.claims.evidence.PERMUTATIONS", 20)
        patch.setattr(
            "curvecircuits.report.measured.artificial_network", lambda: artificial_network(SMALL)
        )
        patch.setattr("curvecircuits.report.circuit._CLIMBED", 5e5)
        patch.setattr("curvecircuits.report.pictured._FEWEST", 8)
        patch.setattr("curvecircuits.report.pictured._FAMILY", 1e6)
        patch.setattr("curvecircuits.report.pictured._GRIDS", 1e6)
        # Writing the network as ONNX has tests of its own.
        patch.setattr("curvecircuits.report.figured.live_figures", lambda: [])
        measured: dict[tuple[object, ...], Measured] = {}

        def once(*, network, transplant=None, **others):
            key = (network.model_hash, id(transplant))
            return measured.setdefault(
                key, Measured(network=network, transplant=transplant, **others)
            )

        # What is read back from the cache is tested by the kernel, which is another process.
        patch.setattr("curvecircuits.report.Measured", once)
        yield patch


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Drawn curves as image files."""
    folder = tmp_path_factory.mktemp("photographs")
    for k in range(6):
        drawn = cc.stimuli.curves(orientation=[60 * k], radius=40, size=112)[0, 0]
        pixels = np.rint(255 * drawn.numpy()).astype(np.uint8)
        Image.fromarray(pixels).convert("RGB").save(folder / f"{k}.png")
    return folder


def test_there_is_one_for_each_part_of_the_page():
    assert [path.name[:2] for path in NOTEBOOKS] == sorted(SHOWN)
    text = "".join(path.read_text(encoding="utf-8") for path in NOTEBOOKS)
    named = set(re.findall(r'\\"([a-z-]+)\\"', text))
    for part, names in figure_names().items():
        assert set(names) <= named, part


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_that_was_run_is_stored(path):
    for cell in cells(path):
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    first = cells(path)[0]["source"]
    assert first[0].startswith("# ")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_runs(path, settings, photographs, monkeypatch, capsys):
    number = path.name[:2]
    if number == "10":
        monkeypatch.setenv("CURVECIRCUITS_IMAGES", str(photographs))
    values = [value for value in run(path) if value is not None]
    printed = capsys.readouterr().out
    kinds, words = SHOWN[number]
    assert values
    assert all(isinstance(value, Shown) for value in values)
    assert kinds <= {figure.kind for value in values for figure in value.figures}
    assert re.search(words, printed)


def test_a_transplant_needs_photographs_and_says_so(settings, capsys):
    path = next(path for path in NOTEBOOKS if path.name.startswith("10"))
    (shown,) = [value for value in run(path) if value is not None]
    assert shown.figures == ()
    assert "Set IMAGES above to a folder of photographs" in capsys.readouterr().out


def test_a_cell_that_fails_is_seen(tmp_path):
    path = tmp_path / "broken.ipynb"
    broken = [{"cell_type": "code", "source": ["import curvecircuits as cc\n", "cc.nothing"]}]
    path.write_text(json.dumps({"cells": broken}))
    with pytest.raises(AttributeError, match="nothing"):
        run(path)


def test_a_real_kernel_runs_one(settings, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    # The kernel is another process: it finds the package where this one does.
    places = [str(ROOT / "src"), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, places)))
    notebook = nbformat.read(NOTEBOOKS[0], as_version=4)
    nbformat.validate(notebook)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [output for output in outputs if output.output_type == "error"]
    frames = [o.data["text/html"] for o in outputs if "text/html" in o.get("data", {})]
    assert len(frames) == 5
    assert all(frame.startswith("<iframe ") for frame in frames)


# --- figures by their names ------------------------------------------------------------------


def test_only_what_is_asked_for_is_measured(settings):
    measured = Measured(network=cc.load(NETWORK), cache=cc.catalog.cache_dir())
    assert [f.kind for f in figures_of(measured, "near-misses", "layer-scan")] == [
        "layer-scan",
        "near-misses",
    ]
    assert "evidence" not in vars(measured)
    assert figures_of(measured, "transplant", "dataset-quilt") == ()
    with pytest.raises(InputError, match="schematics is no figure: valid are tuning-maps"):
        figures_of(measured, "schematics")


def test_a_network_without_a_family_has_the_search_only():
    nothing = cc.weight_permuted(small_classifier(), seed=1)
    measured = Measured(network=nothing, layer="body.mixed3b", permutations=1)
    names = [name for part in figure_names().values() for name in part if name != "live"]
    kinds = [figure.kind for figure in figures_of(measured, *names)]
    assert kinds == ["layer-scan", "null-counts", "near-misses"]


# --- show ------------------------------------------------------------------------------------

HOSTILE = "</script><img src=x onerror=alert(1)>'\"&amp;"


def drawn(*figures, **options):
    shown = show(*figures, **options)
    return shown, shown._repr_html_()


def test_a_frame_is_sandboxed_and_holds_the_figures_only(bundle):
    figure = null_counts(found=12, counts=[0, 1, 2], caption=HOSTILE)
    _, frame = drawn(figure, height=400)
    assert 'sandbox="allow-scripts allow-downloads"' in frame
    assert "height:400px" in frame
    (source,) = re.findall(r'srcdoc="([^"]*)"', frame)
    page = html.unescape(source)
    assert "default-src 'none'" in page
    assert HOSTILE not in page
    assert "<header" not in page
    assert 'json" data-role="report"' not in page
    assert "onerror" not in frame.partition("srcdoc")[0]


def test_what_cannot_be_drawn_is_said():
    figure = null_counts(found=12, counts=[0, 1, 2], caption="")
    assert repr(show(figure)) == f"{figure.words.title}: {figure.words.takeaway}"
    assert "There is no figure" in show()._repr_html_()
    assert show(figure).height < show(figure, figure).height
    with pytest.raises(InputError, match="at least 120 pixels"):
        show(figure, height=20)


@pytest.mark.browser
def test_a_frame_is_drawn_in_a_notebook(bundle, open_page, settings):  # noqa: F811
    measured = cc.Measured(network=cc.load(NETWORK), cache=cc.catalog.cache_dir())
    figures = figures_of(measured, "layer-scan", "null-counts", "near-misses")
    _, frame = drawn(*figures)
    # What a notebook puts the value of a cell into.
    around = (
        '<!doctype html><html lang="en"><title>A notebook</title>'
        f'<body><main id="page" data-state="drawn"><h1>A notebook</h1>{frame}</main>'
    )
    opened = open_page(around)
    inner = opened.page.frames[1]
    inner.wait_for_selector('#page[data-state="drawn"] svg')
    text = inner.inner_text("body")
    assert [f.get_attribute("data-kind") for f in inner.query_selector_all("figure")] == [
        figure.kind for figure in figures
    ]
    assert all(figure.words.takeaway in text for figure in figures)
    assert "Colophon" not in text
    assert "cannot be" not in text
    with opened.page.expect_download() as waiting:
        inner.locator(".downloads button", has_text="CSV").first.click()
    assert waiting.value.suggested_filename.endswith(".csv")
    assert opened.said == []
    assert not [url for url in opened.requests if re.match("(https?|wss?|ftp):", url)]

    opened = open_page(around, bypass_csp=True)  # axe builds functions from text
    inner = opened.page.frames[1]
    inner.wait_for_selector('#page[data-state="drawn"] svg')
    assert serious_problems(inner) == []
    assert serious_problems(opened.page) == []
