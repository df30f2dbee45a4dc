"""A page with some figures, and what is wrong with it when it is open in a browser."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from curvecircuits.report import Colophon, Model, Report, Weights
from curvecircuits.report.figures import Figure


def report_of(figures: Sequence[Figure], **others: Any) -> Report:
    """A report of these figures and of nothing that was measured."""
    return Report(
        title="Figures",
        lede=("All of them.",),
        model=Model(
            name="made",
            layer="3b",
            sha256="0" * 64,
            weights=Weights(source="made", sha256=None, verified=True),
        ),
        figures=tuple(figures),
        colophon=Colophon(versions=(), seed=0, command=None),
        **others,
    )


def assert_drawn(opened: Any, report: Report, width: int) -> str:
    """Every figure is drawn, fits and says what was found, and axe finds nothing; the text.

    The page must have been opened with `bypass_csp=True`.
    """
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    text: str = page.inner_text("body")
    assert all(figure.words.takeaway in text for figure in report.figures)
    assert "cannot be drawn" not in text
    assert serious_problems(page) == []
    assert opened.said == []
    return text


def downloaded(figure: Any, kind: str) -> bytes:
    """What a figure's button gives: CSV, JSON, SVG or PNG, as a file with that ending.

    `figure` is its locator.
    """
    with figure.page.expect_download() as waiting:
        figure.locator(".downloads button", has_text=kind).click()
    assert waiting.value.suggested_filename.endswith(f".{kind.lower()}")
    return Path(waiting.value.path()).read_bytes()


def downloaded_table(figure: Any) -> list[list[str]]:
    """The table that a figure's button gives, its heads first; all lines are as long."""
    text = downloaded(figure, "CSV").decode("utf-8")
    table = list(csv.reader(io.StringIO(text, newline="")))
    assert len({len(line) for line in table}) == 1
    return table


def downloaded_rows(figure: Any) -> list[dict[str, str]]:
    """The same by the names of columns, which are all different."""
    head, *lines = downloaded_table(figure)
    assert len(set(head)) == len(head)
    return [dict(zip(head, line, strict=True)) for line in lines]


def serious_problems(page: Any) -> list[tuple[str, list[str]]]:
    """Each rule that the page breaks in a serious or critical way, and up to three places.

    Axe builds functions from text: the page must have been opened with `bypass_csp=True`.
    """
    # Imported here: the modules that call this also run where there is no browser.
    import axe_playwright_python

    axe = Path(axe_playwright_python.__file__).parent / "axe.min.js"
    page.evaluate(axe.read_text(encoding="utf-8"))
    return [
        (each["id"], [node["html"] for node in each["nodes"]][:3])
        for each in page.evaluate("axe.run().then(r => r.violations)")
        if each["impact"] in ("serious", "critical")
    ]
