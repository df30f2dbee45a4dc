"""The folder that a command writes pictures into: checked first, with names that stay inside."""

import re
from collections.abc import Sequence
from pathlib import Path

_LONGEST = 80


def check_folder(out: Path) -> None:
    """Refuse, before anything long is done, a folder that cannot be written; makes none.

    Raises
    ------
    InputError
        When it is a file, or it or the folder that it would be made in cannot be written.
    """
    from curvecircuits.store import check_writable

    check_writable(out, "Pictures cannot be written to")


def file_names(texts: Sequence[str]) -> list[str]:
    """A file name without its ending for each text, no two the same whatever their case.

    Only ASCII letters, digits and `_ + - .` are left, and no dot comes first: whatever a layer is
    called, the file is in the folder.

    >>> file_names(["3b:358", "-3b:358", "../a:0", "/a:0", "A:0"])
    ['3b-358', 'minus-3b-358', 'a-0', 'a-0-2', 'A-0-3']
    """
    found: list[str] = []
    taken: set[str] = set()
    for text in texts:
        named = f"minus {text[1:]}" if text.startswith("-") else text
        stem = re.sub(r"[^A-Za-z0-9._+-]+", "-", named).strip("-.")[-_LONGEST:].lstrip("-.")
        stem = stem or "picture"
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        found.append(name)
    return found
