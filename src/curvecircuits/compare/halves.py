"""What constants are fitted to, in two halves: one to fit, the other to judge by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor

from curvecircuits.compare.matched import Side
from curvecircuits.compare.photo_maps import Photographs, batches
from curvecircuits.compare.readings import read_side
from curvecircuits.compare.varied import Parameters, Varied
from curvecircuits.errors import InputError
from curvecircuits.images.framing import framing_for
from curvecircuits.models.address import Unit
from curvecircuits.models.network import Network
from curvecircuits.stimuli import CurveGrid
from curvecircuits.tuning import Station, images_at_once, station
from curvecircuits.tuning.measure import is_linear

_OFF = 0.1
"""Cells by which an artificial unit may look beside the natural one that it is compared with."""
_PIXELS = 4e5
"""Of images shown at once: what an answer's derivatives need stays near the processor."""


@dataclass(frozen=True, kw_only=True)
class Half:
    """Images, and how the natural units answer them."""

    images: Float[Tensor, "n _ h w"]
    natural: Float[Tensor, "units n rows columns"]
    """Clipped responses."""
    rows: tuple[int, ...]
    """Rows of the artificial map that look where the natural ones do."""
    columns: tuple[int, ...]

    def chunks(self) -> Iterator[tuple[slice, Float[Tensor, "_ _ h w"]]]:
        """The images, a few at a time, and which ones they are."""
        count = max(1, int(_PIXELS // (self.images.shape[-1] * self.images.shape[-2])))
        for start in range(0, len(self.images), count):
            part = slice(start, min(start + count, len(self.images)))
            yield part, self.images[part]

    def answers(
        self, varied: Varied, parameters: Parameters, images: Float[Tensor, "n _ h w"]
    ) -> Float[Tensor, "units n rows columns"]:
        """How the artificial units answer some of the images, in the same cells."""
        maps = varied.responses(parameters, images)
        return maps[:, :, list(self.rows)][..., list(self.columns)].transpose(0, 1)


def drawn(count: int, *, seed: int) -> tuple[list[int], list[int]]:
    """Two halves of 0 … count − 1: of every two that follow one another, one is drawn for each.

    The last of an odd number goes to the second half.

    Raises
    ------
    InputError
        For less than 4, of which no halves can be had that correlate.

    Examples
    --------
    >>> one, other = drawn(7, seed=0)
    >>> len(one), sorted(one + other), all(k // 2 == i for i, k in enumerate(one))
    (3, [0, 1, 2, 3, 4, 5, 6], True)
    """
    if count < 4:
        raise InputError(f"Constants are fitted to half of 4 or more, not of {count}.")
    first = 2 * np.arange(count // 2) + np.random.default_rng(seed).integers(2, size=count // 2)
    return first.tolist(), sorted(set(range(count)) - set(first.tolist()))


def curve_halves(
    natural: Side,
    varied: Varied,
    *,
    grid: CurveGrid,
    signs: Float[ndarray, " units"],
    seed: int,
    progress: bool = False,
) -> tuple[Half, Half]:
    """Curves of every orientation: those of one half of the radii, and of the other.

    Neighbouring orientations are nearly the same stimulus, radii are not; so radii are drawn.

    Raises
    ------
    InputError
        For fewer than 4 radii, channels that are not there and tiles that do not fit.
    """
    network = varied.network()
    place = station(network, network.layer("3b").pre_activation, tile=grid.tile)
    found: list[Half] = []
    for radii in drawn(len(grid.radii), seed=seed):
        part = replace(grid, radii=tuple(grid.radii[k] for k in radii))

        def draw(at: Station, part: CurveGrid = part) -> Iterator[tuple[Tensor, Tensor]]:
            ground = torch.ones(1, 1, at.size, at.size)
            for images in _curves(part, at):
                yield images, ground

        seen = read_side(natural, draw, tile=grid.tile, progress=progress).values
        clipped = torch.from_numpy(np.maximum(seen * signs[:, None], 0)).float()
        found.append(
            Half(
                images=torch.cat(list(_curves(part, place))),
                natural=clipped[..., None, None],
                rows=(place.row,),
                columns=(place.column,),
            )
        )
    return found[0], found[1]


def _curves(grid: CurveGrid, at: Station) -> Iterator[Tensor]:
    parts = grid.batches(
        size=at.size, centre=at.centre, chunk=images_at_once(at, torch.device("cpu"))
    )
    return (images for _, images in parts)


def photograph_halves(
    natural: Side,
    varied: Varied,
    images: Photographs,
    *,
    signs: Float[ndarray, " units"],
    seed: int,
) -> tuple[Half, Half]:
    """Photographs, of which one half is drawn to fit, at every position of the map.

    All are held in memory.

    Raises
    ------
    InputError
        For fewer than 4 photographs or of several sizes, channels that are not there, and
        artificial units that look elsewhere.
    """
    network = natural.network
    parts = [shown for shown, _ in batches(images, framing=framing_for(network))]
    if len({part.shape[1:] for part in parts}) > 1:
        raise InputError("Constants are fitted to photographs of one size: give no other.")
    shown = torch.cat(parts) if parts else torch.empty(0, 3, 1, 1)
    first, second = drawn(len(shown), seed=seed)
    for channel in natural.channels:
        network.check(Unit(natural.layer, channel))
    layer = network.layer(natural.layer).pre_activation
    grey = torch.full_like(shown[:1], 0.5)

    def read(some: Tensor) -> Tensor:
        maps = network.activations(some.to(network.device), layers=[layer])[layer]
        return maps[:, list(natural.channels)].cpu().transpose(0, 1)

    with torch.inference_mode():
        maps = torch.cat([read(part) for part in parts], dim=1)
        maps = maps - read(grey) if is_linear(network, layer) else maps
    clipped = (maps * torch.from_numpy(signs).float()[:, None, None, None]).relu()
    rows, columns, kept = _cells(network, layer, varied, shown, clipped)
    clipped = clipped[:, :, kept[0]][..., kept[1]].clone()
    one, other = (
        Half(images=shown[part], natural=clipped[:, part], rows=rows, columns=columns)
        for part in (first, second)
    )
    return one, other


def _cells(
    network: Network, layer: str, varied: Varied, shown: Tensor, maps: Tensor
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[list[int], list[int]]]:
    """Cells of the artificial map at the centres of natural ones, and which of these have one."""
    size = (int(shown.shape[-2]), int(shown.shape[-1]))
    own, artificial = network.geometry(layer, size=size), varied.network()
    other = artificial.geometry("3b", size=size)
    with torch.inference_mode():
        extent = varied.responses(varied.parameters(varied.start), shown[:1]).shape[-2:]
    cells: list[tuple[int, ...]] = []
    kept: list[list[int]] = []
    for theirs, ours, count, length in zip(
        (own.y, own.x), (other.y, other.x), maps.shape[-2:], extent, strict=True
    ):
        centres = theirs.centre + theirs.stride * np.arange(count)
        at = (centres - ours.centre) / ours.stride
        near = np.rint(at).astype(int)
        if float(np.abs(at - near).max()) > _OFF:
            raise InputError(
                f"The artificial units look beside those of {layer}: give a geometry of stride "
                f"{theirs.stride} whose first unit looks at pixel {theirs.centre:g}."
            )
        seen = np.flatnonzero((near >= 0) & (near < length))
        cells.append(tuple(near[seen].tolist()))
        kept.append(seen.tolist())
    return cells[0], cells[1], (kept[0], kept[1])


def as_signs(signs: Sequence[int] | None, units: int) -> Float[ndarray, " units"]:
    """Signs of the natural units as numbers; all 1 by default.

    Raises
    ------
    InputError
        Unless there is one for each unit, 1 or −1.
    """
    if signs is None:
        return np.ones(units)
    if len(signs) != units or set(signs) - {1, -1}:
        raise InputError(f"Signs are 1 or −1, one for each of the {units} natural units.")
    return np.asarray(signs, dtype=float)
