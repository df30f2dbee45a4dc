"""Run the bars and print one table: `python -m bars [--quick] [NAME…] [--json FILE]`."""

import argparse
import json
import sys
from pathlib import Path

from bars import Bar, Row, discover


def _chosen(bars: list[Bar], names: list[str]) -> list[Bar]:
    """The bars of these names or numbers (`1.4` stands for `1.4a` and `1.4b`)."""
    if not names:
        return bars
    unknown = [n for n in names if not any(_called(b, n) for b in bars)]
    if unknown:
        known = ", ".join(f"{b.number} {b.name}" for b in bars)
        sys.exit(f"No bar is called {unknown[0]}; there are: {known}.")
    return [b for b in bars if any(_called(b, n) for n in names)]


def _called(bar: Bar, name: str) -> bool:
    return name in (bar.name, bar.number) or bar.number.rstrip("abcdefgh") == name


def _line(*cells: str, widths: tuple[int, ...]) -> str:
    padded = [c.ljust(w) for c, w in zip(cells, widths, strict=False)]
    return "  ".join([*padded, *cells[len(widths) :]]).rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bars", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="bars by number or name")
    parser.add_argument("--quick", action="store_true", help="smaller forms of the long ones")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows here")
    given = parser.parse_args()
    bars = _chosen(discover(), given.names)
    widths = (max(6, *(len(b.number) for b in bars)), max(4, *(len(b.title) for b in bars)), 46, 34)
    print(_line("number", "what", "measured", "bound", "result", widths=widths))
    print("  ".join("-" * w for w in (*widths, 7)))
    rows: list[Row] = []
    for each in bars:
        row = each.run(quick=given.quick)
        rows.append(row)
        found = row.outcome
        print(
            _line(each.number, each.title, found.value, found.bound, row.state, widths=widths),
            flush=True,
        )
    for row in rows:
        if row.outcome.detail and row.state in ("FAILED", "skipped"):
            print(f"\n{row.bar.number} {row.bar.name}: {row.outcome.detail.rstrip()}")
    if given.json:
        given.json.write_text(json.dumps([r.as_dict() for r in rows], indent=1) + "\n")
    return int(any(r.state == "FAILED" for r in rows))


if __name__ == "__main__":
    sys.exit(main())
