"""Files that give each image its class: `labels.csv`, `labels.txt`, `labels.json`."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from curvecircuits.errors import InputError
from curvecircuits.images.shards import as_class

LABEL_FILES = ("labels.csv", "labels.txt", "labels.json")

_VALID = "lines of an image's name and its class, or JSON of name → class, are valid"
_SPACES = re.compile(r"\s+")


def classes_by_image(path: Path, names: Sequence[str], *, folder: str) -> dict[int, str]:
    """Read the class of each image from a label file.

    Lines are `name<TAB>class`, `name,class` or `name class`; a name may hold commas and spaces if
    there is such an image. Lines that name none of the images, such as a heading, are passed over.

    Parameters
    ----------
    path
        Text in UTF-8, or JSON where it ends in `.json`.
    names
        Of the images, relative to their folder. A file may leave out the ending where that fits
        one image only.
    folder
        Name of the images' folder, with which names in the file may begin.

    Returns
    -------
    dict
        Index of the image → its class as it is written.

    Raises
    ------
    InputError
        If the file cannot be read, or gives an image two classes.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
        rows = _from_json(text) if path.suffix.lower() == ".json" else _from_lines(text)
        rows = list(rows)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror or type(error).__name__}); {_VALID}."
        ) from None
    except (ValueError, RecursionError):
        raise InputError(f"{path} is no JSON; {_VALID}.") from None
    find = _Finder(names, folder)
    found: dict[int, str] = {}
    for row in rows:
        hit = find(row)
        if hit is None:
            continue
        index, label = hit
        if found.setdefault(index, label) != label:
            raise InputError(
                f"{path} gives {names[index]} two classes, {found[index]} and {label}; one is "
                "valid."
            )
    return found


_Row = list[tuple[str, str]]
"""How a line can be read: pairs of name and class, the likeliest first."""


def _from_json(text: str) -> Iterator[_Row]:
    data: Any = json.loads(text)
    pairs: Any = data.items() if isinstance(data, dict) else data
    for pair in pairs if isinstance(data, dict | list) else ():
        if isinstance(pair, tuple | list) and len(pair) == 2 and isinstance(pair[0], str):
            label = as_class(pair[1])
            if label is not None:
                yield [(pair[0], label)]


def _from_lines(text: str) -> Iterator[_Row]:
    for line in text.splitlines():
        if row := [(name, label) for name, label in _splits(line.strip()) if name and label]:
            yield row


def _splits(line: str) -> Iterator[tuple[str, str]]:
    if "\t" in line:
        name, _, label = line.partition("\t")
        yield name.strip(), label.strip()
    if "," in line:
        if '"' in line:
            with suppress(csv.Error):
                first, *rest = next(csv.reader([line], skipinitialspace=True))
                yield first.strip(), ",".join(rest).strip()
        for place in (match.start() for match in re.finditer(",", line)):
            yield line[:place].strip(), line[place + 1 :].strip()
    for match in _SPACES.finditer(line):
        yield line[: match.start()], line[match.end() :]


class _Finder:
    """Images by what a label file may call them."""

    def __init__(self, names: Sequence[str], folder: str) -> None:
        self._exact = {name: index for index, name in enumerate(names)}
        self._folder = f"{folder}/"
        self._short: dict[str, int | None] | None = None

    def __call__(self, row: _Row) -> tuple[int, str] | None:
        for name, label in row:
            for called in self._called(name):
                if called in self._exact:
                    return self._exact[called], label
        # Without the ending a name can be the beginning of another: only the likeliest reading.
        name, label = row[0]
        for called in self._called(name):
            index = self._endless().get(called)
            if index is not None:
                return index, label
        return None

    def _called(self, name: str) -> Iterator[str]:
        yield name
        name = name.replace("\\", "/").removeprefix("./")
        yield name
        yield name.removeprefix(self._folder)

    def _endless(self) -> dict[str, int | None]:
        if self._short is None:
            self._short = {}
            for name, index in self._exact.items():
                short = name[: name.rfind(".")]  # an image's name has one
                self._short[short] = None if short in self._short else index
        return self._short
