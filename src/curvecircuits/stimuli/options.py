"""Arguments of the drawing functions: checked, and turned into tensors of one length."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from curvecircuits.errors import InputError

Numbers: TypeAlias = float | int | np.generic | np.ndarray | Tensor | Sequence[Any]
"""A number, or a 1-D sequence, array or tensor of them, one for each image."""

Colour: TypeAlias = Numbers
"""A grey level, an RGB triple, or an (N, 3) table of triples, all in [0, 1]."""

Place: TypeAlias = Sequence[Any] | np.ndarray | Tensor | None
"""A point (x, y) in continuous pixel coordinates, an (N, 2) table, or None for the middle."""

_GREATEST = 16384
"""The greatest side of an image, and batch drawn at a time."""


@dataclass(frozen=True)
class Bounds:
    """A range of numbers, each end open or closed."""

    above: float | int = -math.inf
    least: float | int = -math.inf
    most: float | int = math.inf
    below: float | int = math.inf

    def check(self, name: str, values: Tensor) -> None:
        """Raise `InputError`, naming the range, unless all values lie in it."""
        good = (values > self.above) & (values >= self.least)
        good &= (values <= self.most) & (values < self.below)
        if bool(good.all()):
            return
        ends = (
            ("above", self.above),
            ("at least", self.least),
            ("at most", self.most),
            ("below", self.below),
        )
        wanted = " and ".join(f"{word} {end:g}" for word, end in ends if math.isfinite(end))
        raise InputError(f"{name} must be {wanted}, not {float(values[~good][0]):g}.")


def _tensor(name: str, value: Numbers) -> Tensor:
    """Return the value as a float64 tensor on the CPU, finite throughout."""
    if isinstance(value, Tensor):
        tensor = value.detach().to("cpu", torch.float64)
    else:
        try:
            tensor = torch.from_numpy(np.array(value, dtype=np.float64))
        except (TypeError, ValueError) as error:
            raise InputError(f"{name} must be a number or a sequence of numbers.") from error
    if not bool(torch.isfinite(tensor).all()):
        raise InputError(f"{name} holds a value that is not finite; give finite numbers.")
    return tensor


def whole(name: str, value: Any, *, least: int = 1, most: int = _GREATEST) -> int:
    """Return `value` as an int.

    Raises
    ------
    InputError
        If it is no whole number from `least` to `most`.
    """
    right = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not right or not least <= int(value) <= most:
        raise InputError(f"{name} must be a whole number from {least} to {most}, not {value}.")
    return int(value)


def numbers(name: str, value: Numbers) -> Tensor:
    """Return `value` as a 1-D float64 tensor on the CPU: one element for a plain number.

    Raises
    ------
    InputError
        If a value is not finite, or the input has more than one dimension or no element.
    """
    tensor = _tensor(name, value)
    if tensor.ndim > 1 or tensor.numel() == 0:
        raise InputError(
            f"{name} has shape {tuple(tensor.shape)}; "
            "give a number or a 1-D sequence of at least one."
        )
    return tensor.reshape(-1)


def together(values: Mapping[str, Tensor]) -> int:
    """Return the length N to which tensors of length 1 or N broadcast.

    Raises
    ------
    InputError
        If two lengths above 1 differ; the message names both.
    """
    longest, first = 1, ""
    for name, tensor in values.items():
        length = len(tensor)
        if length in (1, longest):
            continue
        if longest > 1:
            raise InputError(
                f"{first} has {longest} values and {name} has {length}; "
                "give equal lengths, or single numbers."
            )
        longest, first = length, name
    return longest


def colour(name: str, value: Colour) -> Tensor:
    """Return a colour as a (1, 1) grey, a (1, 3) triple or an (N, 3) table in float32.

    Raises
    ------
    InputError
        If it has another shape, or a component outside [0, 1].
    """
    tensor = _tensor(name, value)
    if tensor.ndim == 0:
        tensor = tensor.reshape(1, 1)
    elif tensor.shape == (3,):
        tensor = tensor.reshape(1, 3)
    elif tensor.ndim != 2 or tensor.shape[1] != 3 or len(tensor) == 0:
        raise InputError(
            f"{name} has shape {tuple(tensor.shape)}; give a grey level, 3 numbers or (N, 3)."
        )
    Bounds(least=0, most=1).check(name, tensor.reshape(-1))
    return tensor.float()


def centres(value: Place, size: int) -> tuple[Tensor, Tensor]:
    """Return the x and y of the point drawn at, by default the image's middle.

    Raises
    ------
    InputError
        If `value` is not a pair (x, y) or an (N, 2) table.
    """
    if value is None:
        value = (size / 2, size / 2)
    if isinstance(value, Tensor | np.ndarray) and value.ndim == 2 and value.shape[1] == 2:
        return numbers("centre", value[:, 0]), numbers("centre", value[:, 1])
    if len(value) != 2:
        raise InputError("centre must be a pair (x, y), or a table of shape (N, 2).")
    return numbers("centre x", value[0]), numbers("centre y", value[1])
