"""Bars on the report, and on what bad input meets."""

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from bars import Outcome, bar
from bars.tested import tested


@bar(number="1.6", title="The report of EfficientNet-Lite0")
def report(quick: bool) -> Outcome:
    """As `make report` makes it; what the page does in Chromium is tested by tests/test_page.py."""
    model = ["artificial", "--layer", "3b"] if quick else ["efficientnet_lite0"]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "report.html"
        started = perf_counter()
        program = str(Path(sys.executable).parent / "curvecircuits")
        subprocess.run(
            [program, "report", "--model", *model, "--out", str(out)],
            check=True,
            capture_output=True,
        )
        seconds, size = perf_counter() - started, out.stat().st_size / 1e6
    return Outcome(
        value=f"{seconds:.0f} s, {size:.2f} MB",
        bound="< 300 s, < 15 MB",
        ok=seconds < 300 and size < 15,
        detail="The bound was 5 MB before the hand-written network ran in the page; what runs it "
        "takes 5 MB.",
    )


@bar(number="1.6", title="The page in Chromium: no request, no error, axe")
def chromium(quick: bool) -> Outcome:
    """The browser tests."""
    del quick
    return tested("tests/test_page.py")


@bar(number="1.7", title="Bad input: files, names, images; statuses")
def bad_input(quick: bool) -> Outcome:
    """The property tests over the readers, downloads and commands."""
    del quick
    return tested(
        "tests/test_readers.py",
        "tests/test_download.py",
        "tests/test_catalog.py",
        "tests/test_cli.py",
    )
