"""Pictures kept on disk under the hash of all that determines them, so that none is made twice."""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from curvecircuits.errors import InputError
from curvecircuits.store import check_writable, dump, load, pack, unpack, write_atomic
from curvecircuits.visualize.features.picture import Made, Picture

_FORM = "curvecircuits.kept-picture/1"
"""Changed when the same parameters give other pictures."""


@dataclass(frozen=True)
class Album:
    """A folder of finished pictures; None keeps nothing."""

    folder: Path | None

    def check(self) -> None:
        """Say before anything is made that nothing could be kept.

        Raises
        ------
        InputError
            When the folder is a file, or cannot be written.
        """
        if self.folder is not None:
            check_writable(self.folder, "Pictures cannot be kept in")

    def find(self, key: str) -> Picture | None:
        """The picture of a key; None where there is none, or its file is damaged."""
        if self.folder is None:
            return None
        try:
            held = unpack(self._place(key).read_bytes())
            made = load(Made, json.loads(str(held["made"])))
            return Picture(image=torch.from_numpy(held["image"]), made=made)
        except (OSError, KeyError, ValueError, InputError):
            return None

    def keep(self, key: str, picture: Picture) -> None:
        """Write a picture; a file of the key that is there is replaced.

        Raises
        ------
        InputError
            When the folder cannot be written.
        """
        if self.folder is None:
            return
        made = json.dumps(dump(picture.made), ensure_ascii=False)
        write_atomic(self._place(key), pack({"image": picture.image.numpy(), "made": made}))

    def _place(self, key: str) -> Path:
        assert self.folder is not None
        return self.folder / key[:2] / f"{key}.npz"


def key_of(parts: dict[str, Any]) -> str:
    """SHA-256 of parameters by name."""
    text = json.dumps({"form": _FORM, **parts}, sort_keys=True)
    return sha256(text.encode()).hexdigest()
