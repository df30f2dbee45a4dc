"""Arguments of the drawing functions: checked, broadcast to one length, colours resolved."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from curvecircuits.errors import InputError

Numbers: TypeAlias = float | int | np.generic | np.ndarray | Tensor | Sequence[Any]
"""A number, or a 1-D sequence, array or tensor of them, one for each image."""

Colour: TypeAlias = Numbers
"""A grey level, an RGB triple, or an (N, 3) table of triples, all in [0, 1]."""

_GREATEST_SIZE = 16384


def _tensor(name: str, value: Numbers) -> Tensor:
    """Return the value as a float64 tensor on the CPU, finite throughout."""
    try:
        tensor = (
            value.detach().to("cpu", torch.float64)
            if isinstance(value, Tensor)
            else torch.as_tensor(np.asarray(value, dtype=np.float64))
        )
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be a number or a 1-D sequence of numbers.") from error
    if not bool(torch.isfinite(tensor).all()):
        raise InputError(f"{name} holds a value that is not finite; give finite numbers.")
    return tensor


def whole(name: str, value: Any, *, least: int = 1) -> int:
    """Return `value` as an int of at least `least`.

    Raises
    ------
    InputError
        If it is no whole number, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise InputError(f"{name} must be a whole number of at least {least}, not {value!r}.")
    if not least <= int(value) <= _GREATEST_SIZE:
        raise InputError(
            f"{name} must be a whole number from {least} to {_GREATEST_SIZE}, not {value}."
        )
    return int(value)


def numbers(name: str, value: Numbers) -> Tensor:
    """Return `value` as a 1-D float64 tensor on the CPU: one element for a plain number.

    Raises
    ------
    InputError
        If a value is not finite, or the input has more than one dimension or no element.
    """
    tensor = _tensor(name, value)
    if tensor.ndim > 1:
        raise InputError(
            f"{name} has {tensor.ndim} dimensions; give a number or a 1-D sequence of numbers."
        )
    if tensor.numel() == 0:
        raise InputError(f"{name} is empty; give a number or a 1-D sequence of at least one.")
    return tensor.reshape(-1)


def require(name: str, values: Tensor, *, above: float = -math.inf, least: float = -math.inf,
            most: float = math.inf, below: float = math.inf) -> None:
    """Raise `InputError` unless all values lie in the range, whose ends it names."""
    good = (values > above) & (values >= least) & (values <= most) & (values < below)
    if bool(good.all()):
        return
    wanted = " and ".join(
        f"{word} {bound:g}"
        for word, bound in (
            ("above", above), ("at least", least), ("at most", most), ("below", below)
        )
        if math.isfinite(bound)
    )
    raise InputError(f"{name} must be {wanted}, not {float(values[~good][0]):g}.")


def together(values: Mapping[str, Tensor]) -> int:
    """Return the length N to which 1-D tensors of length 1 or N broadcast.

    Raises
    ------
    InputError
        If two lengths above 1 differ; the message names both.
    """
    longest, first = 1, ""
    for name, tensor in values.items():
        length = len(tensor)
        if length == 1 or length == longest:
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
    elif tensor.ndim == 1 and len(tensor) == 3:
        tensor = tensor.reshape(1, 3)
    elif not (tensor.ndim == 2 and tensor.shape[1] == 3 and len(tensor)):
        raise InputError(
            f"{name} has shape {tuple(tensor.shape)}; give a grey level, 3 numbers or (N, 3)."
        )
    if bool(((tensor < 0) | (tensor > 1)).any()):
        raise InputError(f"{name} must lie in [0, 1] in every component.")
    return tensor.float()


def centres(value: Sequence[Numbers] | Tensor | np.ndarray | None, size: int) -> tuple[Tensor, Tensor]:
    """Return the x and y of the point drawn at, by default the image's middle.

    Raises
    ------
    InputError
        If `value` is not a pair (x, y) or an (N, 2) table.
    """
    if value is None:
        middle = torch.tensor([size / 2], dtype=torch.float64)
        return middle, middle
    if isinstance(value, Tensor | np.ndarray) and value.ndim == 2 and value.shape[1] == 2:
        return numbers("centre", value[:, 0]), numbers("centre", value[:, 1])
    if len(value) != 2:
        raise InputError("centre must be a pair (x, y), or a table of shape (N, 2).")
    return numbers("centre x", value[0]), numbers("centre y", value[1])
