"""What commands print: aligned tables for people, JSON for programs."""

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

Cell = str | int | float | None


def print_json(data: Any) -> None:
    """Print data as JSON; a degree sign is escaped, so that any terminal's encoding will do."""
    print(json.dumps(data, indent=2, allow_nan=False))


def print_table(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print rows under their heads: numbers aligned right, text left, nothing as a dash.

    >>> print_table(["unit", "echo"], [["3b:8", 0.25], ["3b:379", None]])
    unit    echo
    3b:8    0.25
    3b:379     –

    """
    kept = [list(row) for row in rows]
    right = [
        bool(kept) and all(cell is None or isinstance(cell, int | float) for cell in column)
        for column in zip(*kept, strict=True)
    ] or [False] * len(heads)
    lines = [list(heads), *([_spelt(cell) for cell in row] for row in kept)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (
            text.rjust(width) if number else text.ljust(width)
            for text, width, number in zip(line, widths, right, strict=True)
        )
        print("  ".join(cells).rstrip())


def print_written(out: Path, network: Any) -> None:
    """Say where results are, and of weights that were not verified where they came from."""
    print(f"\nWrote {out}.")
    if not network.provenance.verified:
        print(f"Weights: {network.provenance}")


def _spelt(cell: Cell) -> str:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "–"
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)
