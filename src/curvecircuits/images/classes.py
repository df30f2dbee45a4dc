"""What classes are called: `classes.json`, ImageNet's standard order, lists of a network's own."""

import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

from curvecircuits.errors import InputError
from curvecircuits.models.readers.containers import opened_zip, read_member
from curvecircuits.models.readers.problems import UnreadableError

TABLE = "classes.json"
LABEL_MEMBER = "imagenet_comp_graph_label_strings.txt"
"""Of `inception5h.zip`: one line a score."""

UNKNOWN = "its class is none of the network's"
SEVERAL = "its class fits several scores"

_WNID = re.compile(r"n\d{8}")


def imagenet_classes() -> Mapping[str, str]:
    """The 1,000 classes of ILSVRC 2012 in the standard order, WNID → words.

    Examples
    --------
    >>> classes = imagenet_classes()
    >>> len(classes), classes["n01440764"], list(classes) == sorted(classes)
    (1000, 'tench', True)

    References
    ----------
    Russakovsky et al., "ImageNet Large Scale Visual Recognition Challenge" (2015).

    """
    return _imagenet()


@cache
def _imagenet() -> Mapping[str, str]:
    text = (files("curvecircuits.images") / "imagenet.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return MappingProxyType({row[0]: row[1] for row in rows})


def read_table(path: Path) -> dict[str, tuple[int, str]]:
    """Read `classes.json`: WNID → (index among the scores, words).

    Raises
    ------
    InputError
        If it is not of that form, or does not number its classes from 0, each once.
    """
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        known = {str(name): (int(index), str(words)) for name, (index, words) in data.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        raise InputError(f"{path} cannot be used; WNID → [index, words] is valid.") from None
    if sorted(index for index, _ in known.values()) != list(range(len(known))):
        raise InputError(f"{path} does not number its classes 0 to {len(known) - 1}, each once.")
    return known


def read_lines(path: Path) -> list[str]:
    """Read a list of classes, one line a score; of `inception5h.zip`, the list in it.

    Raises
    ------
    InputError
        If there is no such file, or it is no text.
    """
    valid = "a text file with one class a line is valid"
    try:
        data = path.read_bytes()
        if data.startswith(b"PK\x03\x04"):
            with opened_zip(io.BytesIO(data)) as archive:
                data = _member(archive)
        lines = data.decode("utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror or type(error).__name__}); {valid}."
        ) from None
    except (UnreadableError, KeyError, ValueError):
        raise InputError(f"{path} is no list of classes; {valid}.") from None
    while lines and not lines[-1].strip():
        lines.pop()
    return [line.strip() for line in lines]


def _member(archive: zipfile.ZipFile) -> bytes:
    return read_member(archive, LABEL_MEMBER, limit=1 << 20)


@dataclass(frozen=True, kw_only=True)
class ClassOrder:
    """Which score a class has in a network."""

    source: str
    """Where the order comes from."""
    scores: int
    by_name: Mapping[str, frozenset[int]]
    """Scores by WNID and by words, both casefolded."""
    unclear: frozenset[int] = frozenset()
    """Scores that several classes fit."""

    def find(self, category: str) -> int | str:
        """The score of a class, or why it has none.

        A class is found by its WNID or by its words: the whole text, or any one of the synonyms
        between commas, and by digits alone as the index of the score.
        """
        hits = self.by_name.get(category.casefold())
        if hits is None and category.isascii() and category.isdigit():
            index = int(category[:12])
            if index < self.scores:
                return index
            return f"its index is beyond the {self.scores} scores of the network"
        if hits is None:
            hits = frozenset[int]().union(
                *(self.by_name.get(name, frozenset[int]()) for name in _names(category))
            )
        if not hits:
            return UNKNOWN
        if len(hits) > 1 or hits & self.unclear:
            return SEVERAL
        return next(iter(hits))


def order_of_table(table: Mapping[str, tuple[int, str]], *, source: str) -> ClassOrder:
    """An order from WNID → (index, words)."""
    by_name: defaultdict[str, set[int]] = defaultdict(set)
    for wnid, (index, words) in table.items():
        for name in {wnid.casefold(), *_names(words)}:
            by_name[name].add(index)
    return ClassOrder(source=source, scores=len(table), by_name=_frozen(by_name))


def order_of_lines(
    lines: Sequence[str], words: Mapping[str, str], *, scores: int, source: str
) -> ClassOrder:
    """An order from one line a score, each a WNID or words.

    Parameters
    ----------
    lines
        Of scores 0, 1, …
    words
        Of every class that is known, by WNID: what ties lines of words to WNIDs.
    scores
        How many the network has.
    source
        Where the lines come from.

    Raises
    ------
    InputError
        If there are more lines than scores, or fewer and the first is a class: such a list may
        have left out a score before it.

    Examples
    --------
    >>> order = order_of_lines(["tench", "crane"], imagenet_classes(), scores=2, source="a file")
    >>> order.find("n01440764"), order.find("n02012849")
    (0, 'its class fits several scores')

    """
    by_name: defaultdict[str, set[int]] = defaultdict(set)
    for index, line in enumerate(lines):
        if _WNID.fullmatch(line):
            for name in {line, *_names(words.get(line, ""))}:
                by_name[name].add(index)
        else:
            for name in _names(line):
                by_name[name].add(index)
    # Words of the known classes are looked up among the lines; never the other way, so that two
    # classes with the same words are seen to be two.
    fits: dict[str, frozenset[int]] = {}
    takers: defaultdict[int, set[str]] = defaultdict(set)
    for wnid, text in words.items():
        if wnid in by_name:
            hits = frozenset(by_name[wnid])
        else:
            hits = frozenset(
                k for name in _names(text) for k in by_name.get(name, ()) if not _is_wnid(lines[k])
            )
        if hits:
            fits[wnid.casefold()] = hits
        for index in hits:
            takers[index].add(wnid)
    if len(lines) > scores or (len(lines) < scores and (not lines or takers[0])):
        raise InputError(
            f"{source} has {len(lines)} lines and the network {scores} scores; one line a score "
            "is valid."
        )
    return ClassOrder(
        source=source,
        scores=scores,
        by_name=_frozen(by_name) | fits,
        unclear=frozenset(index for index, wnids in takers.items() if len(wnids) > 1),
    )


def _is_wnid(line: str) -> bool:
    return _WNID.fullmatch(line) is not None


def _names(words: str) -> set[str]:
    """What a class may be called: its whole text, and each synonym in it."""
    text = words.strip().casefold()
    return {name for name in (text, *(part.strip() for part in text.split(","))) if name}


def _frozen(by_name: Mapping[str, set[int]]) -> dict[str, frozenset[int]]:
    return {name: frozenset(indices) for name, indices in by_name.items()}
