"""The fields of edits: what was given, as it is kept, or a sentence that says what is valid."""

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit

Units = Sequence[Unit | tuple[str, int]]


def units_of(units: Any, name: str = "units", *, distinct: bool = True) -> tuple[Unit, ...]:
    """Units from a list of them or of pairs; at least one, and none of them twice."""
    try:
        found = tuple(u if isinstance(u, Unit) else Unit(str(u[0]), int(u[1])) for u in units)
    except (TypeError, ValueError, IndexError):
        raise InputError(
            f"{units!r} are no {name}: give a list of Unit(layer, channel) or (layer, channel)."
        ) from None
    if not found:
        raise InputError(f"An edit needs at least one unit in its {name}.")
    if distinct and len(set(found)) < len(found):
        twice = next(u for u in found if found.count(u) > 1)
        raise InputError(f"An edit names {twice} twice: name each unit once.")
    return found


def channels_of(channels: Any) -> tuple[int, ...]:
    """Channels in order, each once."""
    try:
        return tuple(sorted({int(c) for c in channels}))
    except (TypeError, ValueError):
        raise InputError(f"{channels!r} are no channels: give a list of whole numbers.") from None


def is_one(value: Any) -> bool:
    """Whether a value is one number and no list of them."""
    return not isinstance(value, Sequence) and not getattr(value, "shape", ())


def number_of(name: str, value: Any) -> float:
    """A finite number."""
    return numbers_of(name, [value], 1)[0]


def numbers_of(name: str, values: Any, count: int) -> tuple[float, ...]:
    """So many finite numbers."""
    try:
        found = tuple(float(v) for v in values)
    except (TypeError, ValueError):
        found = (math.nan,)
    if not all(math.isfinite(v) for v in found):
        raise InputError(f"The {name} of an edit must be finite: {values!r} cannot be used.")
    if len(found) != count:
        raise InputError(f"The {name} of an edit are one a unit: {count}, not {len(found)}.")
    return found


def pair_of(name: str, value: Any) -> tuple[int, int]:
    """Two whole numbers, for rows and columns."""
    try:
        first, second = (int(v) for v in value)
    except (TypeError, ValueError):
        raise InputError(f"The {name} of weights is (rows, columns), not {value!r}.") from None
    return first, second


def check_finite(what: str, tensor: Any) -> None:
    """Refuse what is no tensor of finite floats."""
    if not isinstance(tensor, Tensor) or not tensor.is_floating_point():
        raise InputError(f"{what} must be a tensor of floats.")
    if not bool(tensor.isfinite().all()):
        raise InputError(f"{what} must hold finite numbers only.")
