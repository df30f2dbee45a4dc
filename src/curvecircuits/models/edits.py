"""What can be edited: one frozen record a kind of edit, which touches nothing by itself.

Units are `Unit`s or pairs (layer, channel). A layer's activation is what later layers read; its
pre-activation is the same before clipping, and the activation itself where nothing is clipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.models.edit_fields import (
    Units,
    channels_of,
    check_finite,
    is_one,
    number_of,
    numbers_of,
    pair_of,
    units_of,
)
from curvecircuits.models.network import Network


class Edit:
    """Base of every edit; `edit` applies them and `describe` says what one does."""

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, kw_only=True)
class ZeroUnits(Edit):
    """The activation of units becomes 0 everywhere, for everything that reads the layer.

    Parameters
    ----------
    units
        Of any layers. Of a rectified layer the values are set after clipping, so that its
        pre-activation still says what the units would have been.

    Examples
    --------
    >>> ZeroUnits(units=[("3b", 379)]).units
    (Unit(layer='3b', channel=379),)
    """

    units: Units

    def __post_init__(self) -> None:
        self._set(units=units_of(self.units))


@dataclass(frozen=True, kw_only=True)
class ScaleUnits(Edit):
    """The activation of units times a factor, for everything that reads the layer.

    Parameters
    ----------
    units
        Of any layers. Of a rectified layer the values are multiplied after clipping.
    factor
        Any finite number; a negative one turns the sign.
    """

    units: Units
    factor: float

    def __post_init__(self) -> None:
        self._set(units=units_of(self.units), factor=number_of("factor", self.factor))


@dataclass(frozen=True, kw_only=True)
class SetUnits(Edit):
    """The activation of units becomes a constant at every position (a mean ablation, say).

    Parameters
    ----------
    units
        Of any layers. Of a rectified layer the values are set after clipping.
    values
        One number a unit.
    """

    units: Units
    values: Sequence[float]

    def __post_init__(self) -> None:
        units = units_of(self.units)
        self._set(units=units, values=numbers_of("values", self.values, len(units)))


@dataclass(frozen=True, kw_only=True)
class RemoveInputs(Edit):
    """Units no longer receive what some channels of an earlier layer send them.

    The path from the source to the targets is run a second time with those channels 0, and only
    the target units take its values, before they are clipped. Other units, and other readers of
    the source, keep the real thing; everything on the path stays as nonlinear as it is.

    Parameters
    ----------
    targets
        The units that receive.
    source
        An earlier layer on which they depend.
    channels
        Channels of the source.
    """

    targets: Units
    source: str
    channels: Sequence[int]

    def __post_init__(self) -> None:
        self._set(targets=units_of(self.targets), channels=channels_of(self.channels))


@dataclass(frozen=True, kw_only=True)
class KeepInputs(Edit):
    """Units receive nothing of an earlier layer but what some of its channels send them.

    As `RemoveInputs` of all the other channels. What reaches the targets by paths that do not
    pass through the source is kept as it is.

    Parameters
    ----------
    targets
        The units that receive.
    source
        An earlier layer on which they depend.
    channels
        Channels of the source; none at all leaves the targets their biases.
    """

    targets: Units
    source: str
    channels: Sequence[int]

    def __post_init__(self) -> None:
        self._set(targets=units_of(self.targets), channels=channels_of(self.channels))


@dataclass(frozen=True, kw_only=True, eq=False)
class ReplaceWeights(Edit):
    """A parameter or buffer of the network is another tensor.

    Where the network uses the same tensor under several names, all of them are replaced.

    Parameters
    ----------
    name
        As in `network.state`.
    tensor
        Finite floats of the same shape; taken to the network's own type and device.
    """

    name: str
    tensor: Tensor

    def __post_init__(self) -> None:
        check_finite(f"The tensor for {self.name}", self.tensor)


@dataclass(frozen=True, kw_only=True, eq=False)
class AddWeights(Edit):
    """A linear term of an earlier layer's activation is added to units before they are clipped.

    Target unit u at position k gains Σ over c, i, j of `values[u, c, i, j]` · source[c, stride · k
    + origin + (i, j)]; cells outside the map count as zero. This is how `ExpandedWeights` counts
    positions, so that their values, with the sign turned, can be taken from a network.

    Parameters
    ----------
    source
        The layer that is read; it must not be computed from the targets.
    targets
        Units of one layer.
    values
        Weights (target, channel of the source, height, width).
    origin
        Source cell of `values[..., 0, 0]`, counted from stride · (the target's row, column).
    stride
        Source cells between neighbouring target units.
    """

    source: str
    targets: Units
    values: Float[Tensor, "targets channels h w"]
    origin: tuple[int, int]
    stride: tuple[int, int]

    def __post_init__(self) -> None:
        self._set(
            targets=units_of(self.targets),
            origin=pair_of("origin", self.origin),
            stride=pair_of("stride", self.stride),
        )
        check_finite("The weights to add", self.values)
        if self.values.ndim != 4 or 0 in self.values.shape:
            raise InputError(
                f"Weights to add of shape {tuple(self.values.shape)} cannot be used: give "
                "(target, channel, height, width), none of them zero."
            )
        if len(self.values) != len(self.targets):
            raise InputError(
                f"Weights to add have one row a target: {len(self.targets)} targets, not "
                f"{len(self.values)} rows."
            )
        if min(self.stride) < 1:
            raise InputError(f"A stride of {self.stride} cannot be: give two numbers from 1 up.")


@dataclass(frozen=True, kw_only=True, eq=False)
class ReplaceUnits(Edit):
    """The activation of units is that of another network's units, run on the same images.

    Unit k becomes `scale` · (the activation of `by_units[k]`) + `offset`, for everything that
    reads the layer. The other network preprocesses the images in its own way, and is taken as it
    is when the block begins.

    Parameters
    ----------
    units
        Of one layer, a map.
    by
        The other network; the network that is edited can be given too.
    by_units
        As many units of one layer of it, with the same stride and size of map.
    scale, offset
        One number, or one a unit.
    """

    units: Units
    by: Network
    by_units: Units
    scale: float | Sequence[float] = 1.0
    offset: float | Sequence[float] = 0.0

    def __post_init__(self) -> None:
        units, others = units_of(self.units), units_of(self.by_units, "by_units", distinct=False)
        if len(units) != len(others):
            raise InputError(
                f"Units are replaced one by one: {len(units)} units need as many of "
                f"{self.by.name}, not {len(others)}."
            )
        numbers = {
            name: numbers_of(name, [value] * len(units) if is_one(value) else value, len(units))
            for name, value in (("scale", self.scale), ("offset", self.offset))
        }
        self._set(units=units, by_units=others, **numbers)
