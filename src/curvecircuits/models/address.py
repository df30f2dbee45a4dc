"""Addresses of what is studied: a unit `3b:379`, or a direction over a layer's channels."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from curvecircuits.errors import InputError


@dataclass(frozen=True, order=True)
class Unit:
    """One channel of a layer, written `layer:channel` as the Circuits thread writes it.

    >>> str(Unit("mixed3b", 379)), Unit.parse("3b:379")
    ('mixed3b:379', Unit(layer='3b', channel=379))
    """

    layer: str
    channel: int

    def __str__(self) -> str:
        return f"{self.layer}:{self.channel}"

    @staticmethod
    def parse(text: str) -> "Unit":
        """Read `layer:channel`; raises `InputError` when the text is not of that form."""
        layer, colon, channel = text.strip().rpartition(":")
        if not (colon and layer and channel.isascii() and channel.isdigit()):
            raise InputError(f"{text!r} is not a unit: write layer:channel, for example 3b:379.")
        return Unit(layer, int(channel))


@dataclass(frozen=True)
class Direction:
    """A vector over a layer's channels, usable wherever a unit is.

    Its activation is the dot product of the vector with the layer's (pre-)activations at a
    position. Directions come from dictionaries, probes or sparse autoencoders.

    Parameters
    ----------
    layer
        Name or alias of the layer.
    vector
        One number a channel of that layer.
    name
        What to call it in tables.

    >>> str(Direction("3b", (0.0, 1.0), name="edge"))
    '3b@edge'
    """

    layer: str
    vector: tuple[float, ...]
    name: str = "direction"

    def __post_init__(self) -> None:
        array = np.asarray(self.vector, dtype=np.float64)
        if array.ndim != 1 or not array.size or not np.isfinite(array).all():
            raise InputError("A direction is a non-empty vector of finite numbers.")
        if not array.any():
            raise InputError("A direction must have a component that is not zero.")

    def __str__(self) -> str:
        return f"{self.layer}@{self.name}"

    @staticmethod
    def load(layer: str, path: str | Path) -> "Direction":
        """Read a direction from a `.npy` file holding one vector."""
        path = Path(path)
        try:
            array = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            raise InputError(
                f"{path} cannot be read as a direction: save one vector with numpy.save."
            ) from None
        if not isinstance(array, np.ndarray) or array.ndim != 1 or array.dtype.kind not in "fiu":
            raise InputError(f"{path} does not hold one vector of numbers, as a direction must.")
        return Direction(layer, tuple(float(v) for v in array), name=path.stem)


Address = Unit | Direction


def parse_address(text: str) -> Address:
    """Read `3b:379` as a unit, or `3b@file.npy` as a direction.

    >>> parse_address("3b:379")
    Unit(layer='3b', channel=379)

    Raises
    ------
    InputError
        When the text has neither form, or the file does not hold a vector.
    """
    layer, at, path = text.partition("@")
    if at and layer and path:
        return Direction.load(layer, path)
    return Unit.parse(text)
