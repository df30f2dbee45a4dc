"""WebDataset shards: images and their classes in uncompressed tar files, read by seeking."""

import itertools
import json
import re
import tarfile
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from curvecircuits.errors import InputError

_IMAGES = frozenset({"jpg", "jpeg", "png", "webp", "ppm"})
_LABEL_LIMIT = 1 << 20  # bytes of a member with a class
_COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")
_COMPRESSED_NAMES = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst")
_RANGE = re.compile(r"\{(\d+)\.\.(\d+)\}")
_MOST_SHARDS = 100_000
_BLOCK = 512  # bytes, of a tar


@dataclass(kw_only=True)
class Samples:
    """The images of shards: `shard.tar/key.jpg`, with where the bytes of each begin."""

    names: list[str] = field(default_factory=list[str])
    sizes: list[int] = field(default_factory=list[int])
    starts: list[int] = field(default_factory=list[int])
    classes: list[str | None] = field(default_factory=list[str | None])
    skipped: dict[str, str] = field(default_factory=dict[str, str])


def compressed_name(name: str) -> bool:
    """Whether a file is called as a compressed tar.

    >>> compressed_name("train-0001.tar.gz"), compressed_name("train-0001.tar")
    (True, False)
    """
    return name.lower().endswith(_COMPRESSED_NAMES)


def shards_of(pattern: Path) -> list[Path] | None:
    """Expand `name-{000..012}.tar`; None for a path without such a range.

    Raises
    ------
    InputError
        If a range runs backwards, there are too many, or it is not in the file's name.

    Examples
    --------
    >>> [path.name for path in shards_of(Path("val-{08..10}.tar"))]
    ['val-08.tar', 'val-09.tar', 'val-10.tar']

    """
    if not _RANGE.search(str(pattern)):
        return None
    if _RANGE.search(str(pattern.parent)):
        raise InputError(
            f"{pattern} has a range in a folder's name; name-{{000..012}}.tar is valid."
        )
    texts = _RANGE.split(pattern.name)
    ranges: list[list[str]] = []
    total = 1
    for first, last in zip(texts[1::3], texts[2::3], strict=True):
        count = int(last) - int(first) + 1
        total *= count
        if count < 1 or total > _MOST_SHARDS:
            raise InputError(
                f"{pattern} names no shards, or too many; a range that runs upwards, of at most "
                f"{_MOST_SHARDS} files, is valid."
            )
        ranges.append([str(int(first) + k).zfill(len(first)) for k in range(count)])
    between = texts[0::3]
    return [
        pattern.with_name(
            "".join(itertools.chain(*zip(between, numbers, strict=False))) + between[-1]
        )
        for numbers in itertools.product(*ranges)
    ]


def read_shards(shards: list[Path]) -> Samples:
    """Index the samples of shards, in the order of the files.

    A sample is the members of one name up to its first dot: `key.jpg` (or jpeg, png, webp, ppm)
    with `key.cls`, or `key.json` with `wnid`, `cls` or `label`. A shard that cannot be read is
    skipped; one that is cut short gives what comes before.

    Raises
    ------
    InputError
        If a shard is compressed: its members cannot be reached by seeking.
    """
    samples = Samples()
    for shard in shards:
        _add_shard(samples, shard)
    return samples


def _add_shard(samples: Samples, shard: Path) -> None:
    try:
        size = shard.stat().st_size
        if not size:
            samples.skipped[shard.name] = "the file is empty"
            return
        with shard.open("rb") as file:
            if file.read(6).startswith(_COMPRESSED):
                raise InputError(f"{shard} is compressed; an uncompressed tar file is valid.")
            file.seek(0)
            _add_members(samples, shard.name, file, size)
    except OSError as error:
        samples.skipped[shard.name] = f"cannot be opened: {error.strerror or type(error).__name__}"
    except InputError:
        raise
    except (tarfile.TarError, ValueError, EOFError):
        samples.skipped[shard.name] = "no tar file that can be read"


def _members(archive: tarfile.TarFile) -> Generator[tarfile.TarInfo]:
    """Its members as far as they can be read."""
    kept: Any = archive
    with suppress(tarfile.TarError, OSError, ValueError, EOFError):
        while (member := archive.next()) is not None:
            kept.members.clear()  # or it keeps an object for each of a million
            yield member


def _add_members(samples: Samples, shard: str, file: BinaryIO, size: int) -> None:
    found: dict[str, tuple[str, int, int]] = {}
    classes: dict[str, str] = {}
    archive = tarfile.TarFile(fileobj=file)
    for member in _members(archive):
        name = member.name.removeprefix("./")
        folder, _, base = name.rpartition("/")
        key, _, suffix = base.partition(".")
        key, suffix = f"{folder}/{key}", suffix.lower()
        if not key or base.startswith(".") or member.isdir():
            continue
        if suffix not in _IMAGES:
            if suffix in ("cls", "json") and member.isreg() and member.size <= _LABEL_LIMIT:
                given = _class_of(archive, member, suffix)
                # The plain text counts where a sample has both.
                if given is not None and (suffix == "cls" or key not in classes):
                    classes[key] = given
            elif suffix.rpartition(".")[2] in _IMAGES:
                samples.skipped[f"{shard}/{name}"] = f"not the sample's image, but its {suffix}"
        elif not member.isreg() or member.issparse():
            samples.skipped[f"{shard}/{name}"] = "no plain file in the tar"
        elif member.offset_data + member.size > size:
            samples.skipped[f"{shard}/{name}"] = "truncated: the shard ends early"
        else:
            found[name] = (key, member.offset_data, member.size)
    for name, (key, start, length) in found.items():
        samples.names.append(f"{shard}/{name}")
        samples.starts.append(start)
        samples.sizes.append(length)
        samples.classes.append(classes.get(key))
    file.seek(archive.offset)
    if file.read(_BLOCK) != bytes(_BLOCK):  # every whole tar ends with zeros
        samples.skipped[shard] = "damaged or cut short; what comes before is used"


def _class_of(archive: tarfile.TarFile, member: tarfile.TarInfo, suffix: str) -> str | None:
    try:
        source = archive.extractfile(member)
        text = source.read().decode("utf-8", "replace") if source is not None else ""
    except (tarfile.TarError, OSError):  # where the shard ends early
        return None
    if suffix == "cls":
        return text.strip() or None
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    return next(
        (label for key in ("wnid", "cls", "label") if (label := as_class(data.get(key)))), None
    )


def as_class(value: object) -> str | None:
    """A class as text from what JSON may hold; None for what is none.

    >>> as_class(7), as_class(" tench "), as_class(True), as_class(None)
    ('7', 'tench', None, None)
    """
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
