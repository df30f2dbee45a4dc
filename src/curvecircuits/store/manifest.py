"""What a run was asked to do: results are kept together only under one and the same manifest."""

import hashlib
import json
import platform
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, ClassVar

from curvecircuits.errors import InputError
from curvecircuits.store.schema import Record, dump

_SHOWN = 60


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on: curvecircuits, torch, numpy and Python.

    >>> sorted(versions())
    ['curvecircuits', 'numpy', 'python', 'torch']
    """
    packages = {name: metadata.version(name) for name in ("curvecircuits", "torch", "numpy")}
    return {**packages, "python": platform.python_version()}


@dataclass(frozen=True, kw_only=True)
class Manifest(Record):
    """What a run does, with which network, on what data; written into its folder.

    Examples
    --------
    >>> manifest = Manifest(
    ...     kind="transplant", settings={"units": 12}, model="googlenet", model_hash="0f3a",
    ...     data="9c1e", images=500, batch=32, chunks=16, seed=0,
    ... )
    >>> manifest.chunks, sorted(manifest.versions)
    (16, ['curvecircuits', 'numpy', 'python', 'torch'])

    """

    SCHEMA: ClassVar[str | None] = "curvecircuits.run/1"
    kind: str
    """The experiment, such as `transplant`."""
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    """Whatever else the results depend on, as JSON."""
    model: str
    """The name of the network."""
    model_hash: str
    """The `model_hash` of the network."""
    data: str
    """A fingerprint of the data: a hash of its names and sizes, say."""
    images: int
    """How many images there are in all."""
    batch: int
    """How many images a chunk holds, the last one perhaps fewer."""
    chunks: int
    """How many chunks there are."""
    seed: int
    """The seed of everything that is drawn."""
    versions: dict[str, str] = field(default_factory=versions)
    """Versions of the packages that computed the results."""

    def digest(self) -> str:
        """Eight hexadecimal digits that name this manifest."""
        text = json.dumps(dump(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]


def refuse_other(found: Any, wanted: Manifest, *, place: str) -> None:
    """Compare a manifest as it was read with the one asked for.

    Raises
    ------
    InputError
        Where they differ; the message names the first field that does.

    """
    # Through JSON, in which a tuple is a list and a key is a string.
    differing = list(_differences(found, json.loads(json.dumps(dump(wanted)))))
    if not differing:
        return
    (name, there, here), *others = differing
    rest = f" ({', '.join(name for name, _, _ in others[:5])} differ too)" if others else ""
    raise InputError(
        f"{place} holds another run, whose {name} is {there} and not {here}{rest}: `fresh` starts "
        "it anew, and another folder keeps both."
    )


def _differences(found: Any, wanted: Any, name: str = "") -> Iterator[tuple[str, str, str]]:
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in dict.fromkeys([*wanted, *found]):
            inner = f"{name}.{key}" if name else str(key)
            yield from _differences(found.get(key, _ABSENT), wanted.get(key, _ABSENT), inner)
    elif type(found) is not type(wanted) or found != wanted:
        yield name, _short(found), _short(wanted)


_ABSENT = object()


def _short(value: Any) -> str:
    text = "not given" if value is _ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
