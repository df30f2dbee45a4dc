"""The page: one HTML file that opens from disk and asks the network for nothing."""

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from curvecircuits.errors import InputError, UnavailableError
from curvecircuits.report.document import Report
from curvecircuits.report.figures import Figure
from curvecircuits.store import dump, write_atomic

_DIGITS = 4
"""Significant digits of the numbers in the page; its figures cannot show more."""

_LARGE = 30_000
"""Characters from which a figure's block is deflated; smaller ones stay readable in the file."""

_SHELL = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="curvecircuits">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{head}
<main id="page"{bare}><noscript><p class="note">The figures are drawn by a script inside this \
file; allow scripts to see them.</p></noscript></main>
<script>{script}</script>
{blocks}
</body>
</html>
"""

_HEAD = """\
<header class="head">
<h1>{title}</h1>
{lede}
</header>
"""


def render(report: Report) -> str:
    """Make the page of a report, as the text of one HTML file.

    Title and opening paragraphs are in the markup; the rest is drawn by the script from JSON blocks
    at the end of the file, so that a reader sees text before the data is read.

    Raises
    ------
    InputError
        When the report holds a value that is not of its field's type.
    UnavailableError
        When this copy of the package was not built with the page's script.

    Examples
    --------
    >>> Path("report.html").write_text(render(report))  # doctest: +SKIP

    """
    data = dump(report, digits=_DIGITS)
    figures = data.pop("figures")
    explorer = data.pop("explorer")
    blocks = [_block("report", {**data, "figures": []})]
    blocks += _blocks(figures)
    if explorer is not None:
        blocks.append(_block("explorer", explorer))
    lede = "\n".join(f'<p class="lede">{escape(paragraph)}</p>' for paragraph in report.lede)
    head = _HEAD.format(title=escape(report.title), lede=lede)
    return _page(report.title, head, blocks + _runtime(figures))


def render_figures(figures: Sequence[Figure]) -> str:
    """Make a page of figures alone, under the same policy and drawn by the same script.

    Raises
    ------
    InputError
        When there is no figure, or one holds a value that is not of its field's type.
    UnavailableError
        As `render`.

    Examples
    --------
    >>> Path("echo.html").write_text(render_figures([figure]))  # doctest: +SKIP

    """
    if not figures:
        raise InputError("There is no figure to show: give one or more.")
    data = [dump(figure, digits=_DIGITS) for figure in figures]
    titles = ", ".join(figure.words.title for figure in figures)
    return _page(titles, "", _blocks(data) + _runtime(data))


def write_report(report: Report, path: str | os.PathLike[str]) -> Path:
    """Write the page of a report to a file, whole or not at all.

    Parameters
    ----------
    report
        What to show.
    path
        The HTML file; missing folders are created.

    Returns
    -------
    path
        The path written.

    """
    return write_atomic(path, render(report))


def _page(title: str, head: str, blocks: Sequence[str]) -> str:
    """The whole file; without a head the script draws the figures and nothing else."""
    script = _static("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}' 'wasm-unsafe-eval'; "
        "style-src 'unsafe-inline'; img-src data: blob:"
    )
    return _SHELL.format(
        policy=policy,
        title=escape(title),
        style=_static("page.css"),
        head=head,
        bare="" if head else " data-bare",
        script=script,
        blocks="\n".join(blocks),
    )


def _blocks(figures: Sequence[Any]) -> list[str]:
    """One a figure: a figure that cannot be read leaves the others standing."""
    return [_block("figure", figure) for figure in figures]


def _runtime(figures: Sequence[Any]) -> list[str]:
    """What the live figure runs; last, so that figures are drawn before its five megabytes."""
    if not any(figure["kind"] == "live" for figure in figures):
        return []
    packed = base64.b64encode(_bytes("runtime.wasm.gz")).decode("ascii")
    return [f'<script type="text/plain" data-role="runtime">{packed}</script>']


def _block(role: str, data: Any) -> str:
    # With "<" escaped no string can end the block or open another element.
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    if len(text) > _LARGE:
        packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")
        return f'<script type="text/plain" data-role="{role}" data-deflated>{packed}</script>'
    return f'<script type="application/json" data-role="{role}">{text}</script>'


def _static(name: str) -> str:
    return _bytes(name).decode("utf-8")


def _bytes(name: str) -> bytes:
    try:
        return files("curvecircuits.report").joinpath("static", name).read_bytes()
    except FileNotFoundError:
        raise UnavailableError(
            f"This copy of curvecircuits was not built with {name}; install it with pip, from a "
            "wheel or with `pip install -e .` in a clone."
        ) from None
