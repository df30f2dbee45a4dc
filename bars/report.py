"""Bars on the report: its figures and their time, the page at work, hostile names."""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from bars import SHARED, Outcome, bar
from bars.families import GOOGLENET
from bars.tested import tested

FIGURES = {
    "decomposed": 1,
    "family-shares": 2,
    "schematic": 3,
    "equivariance": 4,
    "motif-tiles": 5,
    "opposing-pairs": 6,
    "weight-matrix": 7,
    "echo": 8,
    "line-positions": 9,
    "line-tuning": 10,
    "texture-factors": 12,
    "pictures": 13,
    "joint-maps": 13,
    "saliency-pairs": 14,
    "circuit-pair": 15,
    "matrix-pair": 16,
    "transplant": 17,
    "dataset-quilt": 18,
    "downstream": 19,
    "compression": 20,
    "claims-table": 21,
}
"""Kinds of the article's figures and their numbers; 11, lines on curves, is the second weight
matrix."""


def _made(out: Path, cache: Path, options: Sequence[str]) -> float:
    started = perf_counter()
    program = Path(sys.executable).parent / "curvecircuits"
    subprocess.run(
        [program, "report", *options, "--out", out],
        check=True,
        capture_output=True,
        env={**os.environ, "CURVECIRCUITS_CACHE": str(cache)},
    )
    return perf_counter() - started


def _kinds(html: str) -> list[str]:
    """Of the figures in a page."""
    blocks = re.findall(r'data-role="figure"( data-deflated)?>(.*?)</script>', html, re.DOTALL)
    texts = (zlib.decompress(base64.b64decode(b)) if packed else b for packed, b in blocks)
    return [json.loads(text)["kind"] for text in texts]


@bar(number="6.1", title="All figures from GoogLeNet with photographs", needs_shared=True)
def googlenet_report(quick: bool) -> Outcome:
    if quick:
        return Outcome(value="skipped (--quick)", bound="", ok=None)
    options = [
        "--model", "googlenet", "--weights", str(GOOGLENET),
        "--images", str(SHARED / "imagenet" / "images"),
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        out, cache = Path(folder) / "page.html", Path(folder) / "cache"
        cold = _made(out, cache, options)
        kept = _made(out, cache, options)
        size = out.stat().st_size / 1e6
        kinds = _kinds(out.read_text(encoding="utf-8"))
    missing = [str(n) for kind, n in FIGURES.items() if kind not in kinds]
    missing += ["11"] if kinds.count("weight-matrix") < 2 else []
    return Outcome(
        value=f"{21 - len(set(missing))} of 21, {cold / 60:.1f} min, again {kept:.0f} s, "
        f"{size:.1f} MB",
        bound="21, < 20 min, < 60 s, < 15 MB",
        ok=not missing and cold < 1200 and kept < 60 and size < 15,
        detail=f"{len(kinds)} figures" + (f"; missing {', '.join(missing)}" if missing else ""),
    )


@bar(number="6.1", title="The report of EfficientNet-Lite0, cold and again")
def lite0_report(quick: bool) -> Outcome:
    """As `make report` makes it, without what is installed first."""
    if quick:
        return Outcome(value="skipped (--quick)", bound="", ok=None)
    with tempfile.TemporaryDirectory() as folder:
        out, cache = Path(folder) / "page.html", Path(folder) / "cache"
        cold, kept = (_made(out, cache, ["--model", "efficientnet_lite0"]) for _ in range(2))
        size = out.stat().st_size / 1e6
    return Outcome(
        value=f"{cold:.0f} s, again {kept:.0f} s, {size:.1f} MB",
        bound="< 300 s",
        ok=cold < 300,
    )


@bar(number="6.2", title="The page in Chromium: drawn arcs, frames, echo, keyboard, axe")
def page_at_work(quick: bool) -> Outcome:
    del quick
    return tested("tests/test_live.py", "tests/test_report.py", "tests/test_explorer.py")


@bar(number="6.3", title="The page's responses and Python's on 50 stimuli")
def page_and_python(quick: bool) -> Outcome:
    del quick
    return tested("tests/test_live.py::test_the_page_answers_as_python_does")


@bar(number="6.4", title="A folder of hostile names and ten thousand classes")
def hostile_folder(quick: bool) -> Outcome:
    del quick
    return tested("tests/test_hostile.py")
