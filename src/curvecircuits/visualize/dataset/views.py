"""Units of one layer, and the points of an image that they are read at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.families.tiles import tile_of
from curvecircuits.models.address import Address, Direction, Unit
from curvecircuits.models.network import Network
from curvecircuits.tuning.measure import is_linear


@dataclass(frozen=True, kw_only=True)
class View:
    """Units of one layer of one network, read at every position of their map.

    A value is the pre-activation; on a layer that is never clipped, what the image adds to a grey
    canvas, in the direction of the unit's sign.
    """

    side: str
    """What the units are called together, such as `natural`."""
    network: Network
    source: str
    """The layer that is read: before clipping."""
    units: tuple[Address, ...]
    """With the layer's short name, where it has one."""
    signs: tuple[int, ...]
    rows: tuple[float, ...]
    """Pixel index of the centre of the receptive fields in each row of the map."""
    columns: tuple[float, ...]
    tile: int
    """Side of a crop, in pixels."""
    blank: Float[Tensor, "units rows columns"] | None = None
    """Pre-activations on a grey canvas, of a layer that is never clipped."""

    def raw(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "units n rows columns"]:
        """Pre-activations as they are."""
        shown = images.to(self.network.device, torch.float32)
        maps = self.network.run(shown, layers=[self.source])[self.source]
        return torch.stack([self.network.project(maps, unit) for unit in self.units]).cpu()

    def read(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "units n rows columns"]:
        """Values of the units at every point."""
        values = self.raw(images)
        if self.blank is None:
            return values
        return (values - self.blank[:, None]) * torch.tensor(self.signs)[:, None, None, None]

    def value(self, raw: float, *, unit: int, row: int, column: int) -> float:
        """The value of a unit, from its pre-activation at a point."""
        if self.blank is None:
            return raw
        return self.signs[unit] * (raw - float(self.blank[unit, row, column]))

    def cell(self, row: int, column: int) -> tuple[float, float]:
        """Where on the layer's map a point is."""
        return float(row), float(column)

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the crop around a point, in pixels."""
        # Pixel i covers [i, i + 1), so its centre is at i + 0.5.
        left = round(self.columns[column] + 0.5 - self.tile / 2)
        top = round(self.rows[row] + 0.5 - self.tile / 2)
        return left, top, left + self.tile, top + self.tile


def views_of(
    network: Network,
    units: Sequence[Address],
    *,
    size: int,
    side: str = "natural",
    signs: Sequence[int] | None = None,
    seed: int = 0,
) -> list[View]:
    """One view for each layer that some of the units are of.

    Parameters
    ----------
    size
        Height and width of the images, in pixels.
    signs
        1 or −1 for each unit; −1 for one of a layer never clipped that answers by going down.
    seed
        Of the images that the layer's receptive field is measured on.

    Raises
    ------
    InputError
        For no units, units twice, others than the network has, layers without geometry, and signs
        of another number.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> (view,) = views_of(artificial_network(), [Unit("3b", 3), Unit("3b", 0)], size=96)
    >>> view.tile, len(view.rows), view.rows[:2], view.box(5, 5)
    (75, 12, (6.0, 14.0), (9, 9, 84, 84))
    """
    signs = [1] * len(units) if signs is None else list(signs)
    if not units or len(signs) != len(units) or set(signs) - {1, -1}:
        raise InputError("Give at least one unit, and for each a sign of 1 or −1, or no signs.")
    layers: dict[str, list[tuple[Address, int]]] = {}
    for unit, sign in zip(units, signs, strict=True):
        layer = network.layer(network.check(unit).layer)
        layers.setdefault(layer.name, []).append((_titled(unit, layer.title), sign))
    found: list[View] = []
    for layer, members in layers.items():
        named = [str(unit) for unit, _ in members]
        if twice := [name for name in named if named.count(name) > 1]:
            raise InputError(f"{twice[0]} is given twice: give each unit once.")
        found.append(_view(network, layer, members, size, side, seed))
    return found


def _titled(unit: Address, title: str) -> Address:
    if isinstance(unit, Direction):
        return Direction(title, unit.vector, name=unit.name)
    return Unit(title, unit.channel)


def _view(
    network: Network,
    layer: str,
    members: Sequence[tuple[Address, int]],
    size: int,
    side: str,
    seed: int,
) -> View:
    source = network.layer(layer).pre_activation
    geometry = network.geometry(source, size=size)
    view = View(
        side=side,
        network=network,
        source=source,
        units=tuple(unit for unit, _ in members),
        signs=tuple(sign for _, sign in members),
        rows=(),
        columns=(),
        tile=max(1, round(min(tile_of(network, layer, seed=seed), size))),
    )
    with torch.inference_mode():
        grey = view.raw(torch.full((1, 3, size, size), 0.5))[:, 0].clone()
    height, width = grey.shape[1:]
    return replace(
        view,
        rows=tuple(geometry.y.centre + geometry.y.stride * k for k in range(height)),
        columns=tuple(geometry.x.centre + geometry.x.stride * k for k in range(width)),
        blank=grey if is_linear(network, source) else None,
    )
