"""Results kept on disk under the hash of all that determines them, so that none is measured twice.

A result is plain data: a record, or anything pydantic can write and read back.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from curvecircuits.store.manifest import versions
from curvecircuits.store.schema import adapter
from curvecircuits.store.write import check_writable, write_atomic

_T = TypeVar("_T")

_SOURCES = (".py", ".json", ".tsv")


@dataclass(frozen=True)
class Shelf:
    """A folder of results; without one everything is measured anew.

    The key of a result is the SHA-256 of its name, of the inputs that were said, of the package's
    own source and of the versions of what its numbers depend on. A file that cannot be read is
    measured again.

    Parameters
    ----------
    folder
        Where results are kept, or None.
    inputs
        What all results depend on, as plain data.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     shelf = Shelf(Path(folder)).given(model="googlenet", seed=0)
    ...     shelf.kept("units", int, lambda: 12)
    ...     shelf.kept("units", int, lambda: 1 / 0)  # is not asked for again
    12
    12
    """

    folder: Path | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def given(self, **inputs: Any) -> "Shelf":
        """The same shelf for results that depend on more.

        Parameters
        ----------
        inputs
            Plain data: strings, numbers, None, and lists and dicts of them.
        """
        return Shelf(self.folder, {**self.inputs, **inputs})

    def kept(self, name: str, type_: Any, measure: Callable[[], _T]) -> _T:
        """What was kept under a name and the inputs, or is now measured and kept.

        Parameters
        ----------
        type_
            Of the result: it is written and read back as that.
        measure
            Called where nothing was kept. What it raises is not kept.

        Raises
        ------
        InputError
            When the folder cannot be written.
        """
        if self.folder is None:
            return measure()
        place = self._place(name)
        try:
            return adapter(type_).validate_python(json.loads(place.read_text()), strict=False)
        except (OSError, ValueError, ValidationError):
            pass
        found = measure()
        plain = adapter(type_).dump_python(found, mode="json")
        write_atomic(place, json.dumps(plain))  # NaN and infinity as Python writes them
        return found

    def run(self, name: str) -> Path | None:
        """A folder for a run under a name and the inputs, to be gone on with; None without a shelf.

        It need not be there yet.
        """
        return None if self.folder is None else self._place(name).with_suffix("")

    def check(self) -> None:
        """Say before anything is measured that nothing could be kept.

        Raises
        ------
        InputError
            When the folder is a file, or cannot be written.
        """
        if self.folder is not None:
            check_writable(self.folder, "Results cannot be kept in")

    def _place(self, name: str) -> Path:
        assert self.folder is not None
        said = {"name": name, "inputs": dict(self.inputs), "by": versions(), "source": _source()}
        key = sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        return self.folder / key[:2] / f"{key}.json"


@cache
def _source() -> str:
    """SHA-256 of the package's own source, with the data that is part of it."""
    digest = sha256()
    root = Path(__file__).parents[1]
    for file in sorted(root.rglob("*")):
        if file.suffix in _SOURCES and file.is_file():
            digest.update(f"{file.relative_to(root)} ".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()
