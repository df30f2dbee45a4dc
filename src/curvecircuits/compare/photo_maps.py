"""What paired units of two networks say at every point of the same photographs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor
from tqdm import tqdm

from curvecircuits.compare.matched import Matched, Side
from curvecircuits.compare.photo_points import Points, common_points
from curvecircuits.errors import InputError
from curvecircuits.images.framing import Framing, framing_for, load_image
from curvecircuits.models.address import Unit

Photographs = Tensor | Iterable[Tensor | str | Path]
"""Images in [0, 1] in one tensor or in batches of (n, 3, h, w), or paths of image files."""


@dataclass(frozen=True, kw_only=True)
class PhotoMaps:
    """Pre-activations of the sides of a comparison at the same points of the same photographs.

    They are kept in single precision: 4 bytes × units × positions of each image and side, 38 kB
    for 12 units on a map of 28 × 28, so about 0.4 GB for 10 000 images and one side. Twice that
    is needed for one side while they are put together.
    """

    matched: Matched
    natural: Float[ndarray, "units images rows columns"]
    artificial: Float[ndarray, "units images rows columns"]
    lines: Float[ndarray, "units images rows columns"] | None
    """Of the control; None where none was given."""
    rows: tuple[float, ...]
    """Pixel index of the centre of the receptive fields in each row of the map."""
    columns: tuple[float, ...]
    size: tuple[int, int]
    """Height and width of the photographs, in pixels."""
    framing: Framing | None
    """How the files were framed; None for tensors."""
    paths: tuple[str | None, ...]
    """Where each photograph was read from; None for tensors."""


def photo_maps(
    matched: Matched,
    images: Photographs,
    *,
    lines: Side | None = None,
    signs: Sequence[int] | None = None,
    framing: Framing | None = None,
    batch: int = 16,
    progress: bool = False,
) -> PhotoMaps:
    """Run both networks on photographs and read the paired units at the same points.

    The points are the centres of the natural units' receptive fields, x = centre + k · stride in
    pixels. Another network with the same stride and centre is read at the same cells; any other
    is interpolated bilinearly between its cells. Points that it does not reach are left out.

    A layer that the network never clips is read as what the photograph adds to a grey canvas.

    Parameters
    ----------
    lines
        As many units of a network that detects straight lines, as a control.
    signs
        Of the natural units, 1 or −1: −1 for those of a linear layer that answer by going down.
    framing
        For paths: how to cut out the square; by default as the natural network was trained.
    batch
        Images at a time, where they are not given in batches.

    Raises
    ------
    InputError
        For channels that are not there, other numbers of units, images that are not sound or not
        of one size, layers without geometry, and networks that look at too few common points.

    Examples
    --------
    >>> from curvecircuits.artificial import artificial_network
    >>> network = artificial_network(orientations=[0, 90])
    >>> side = Side(network=network, layer="3b", channels=(0, 1))
    >>> pair = Matched(natural=side, artificial=side, orientations=(0, 90))
    >>> images = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    >>> maps = photo_maps(pair, images)
    >>> maps.natural.shape, maps.rows[:2], bool((maps.natural == maps.artificial).all())
    ((2, 4, 8, 8), (6.0, 14.0), True)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on the artificial artificial neural
    network.
    """
    sides = {"natural": matched.natural, "artificial": matched.artificial}
    if lines is not None:
        sides["lines"] = lines
    units = len(matched.orientations)
    for name, side in sides.items():
        for channel in side.channels:
            side.network.check(Unit(side.layer, channel))
        if len(side.channels) != units:
            raise InputError(
                f"The {name} of {units} natural units are as many units, not {len(side.channels)}."
            )
    if signs is not None and (len(signs) != units or set(signs) - {1, -1}):
        raise InputError(f"Signs are 1 or −1, one for each of the {units} natural units.")
    framing = framing or framing_for(matched.natural.network)
    read: dict[str, list[Tensor]] = {name: [] for name in sides}
    grids: dict[str, Points] = {}
    size: tuple[int, int] | None = None
    paths: list[str | None] = []
    with torch.inference_mode(), tqdm(desc="images", unit="image", disable=not progress) as bar:
        for shown, named in batches(images, framing=framing, batch=batch):
            found = (int(shown.shape[-2]), int(shown.shape[-1]))
            if size is None:
                size, grids = found, common_points(sides, found)
            if found != size:
                raise InputError(
                    f"Images of {found[0]} × {found[1]} and {size[0]} × {size[1]} pixels cannot be "
                    "compared point by point: give images of one size."
                )
            for name, side in sides.items():
                read[name].append(grids[name].read(side, shown))
            paths.extend(named)
            bar.update(len(shown))
    if size is None:
        raise InputError("Networks are compared on at least one image: there is none.")
    values = {name: np.concatenate([p.numpy() for p in parts], 1) for name, parts in read.items()}
    if signs is not None:
        values["natural"] *= np.asarray(signs, dtype=np.float32)[:, None, None, None]
    return PhotoMaps(
        matched=matched,
        natural=values["natural"],
        artificial=values["artificial"],
        lines=values.get("lines"),
        rows=grids["natural"].rows,
        columns=grids["natural"].columns,
        size=size,
        framing=framing if any(paths) else None,
        paths=tuple(paths),
    )


def batches(
    images: Photographs, *, framing: Framing | None, batch: int = 16
) -> Iterator[tuple[Tensor, list[str | None]]]:
    """Photographs as tensors (n, 3, h, w) with the path of each; None for those given as tensors.

    Raises
    ------
    InputError
        For files that cannot be read, and a batch of none.

    Examples
    --------
    >>> [len(shown) for shown, _ in batches(torch.rand(5, 3, 8, 8), framing=None, batch=4)]
    [4, 1]
    """
    if batch < 1:
        raise InputError("Images are read 1 at a time or more.")
    waiting: list[str] = []
    for item in images.split(batch) if isinstance(images, Tensor) else images:
        if isinstance(item, Tensor):
            if waiting:
                yield _load(waiting, framing), [*waiting]
                waiting = []
            if item.ndim != 4 or not len(item):
                raise InputError(
                    f"A batch of images has the shape (n, 3, h, w), not {tuple(item.shape)}."
                )
            yield item, [None] * len(item)
            continue
        waiting.append(str(item))
        if len(waiting) == batch:
            yield _load(waiting, framing), [*waiting]
            waiting = []
    if waiting:
        yield _load(waiting, framing), [*waiting]


def _load(paths: Sequence[str], framing: Framing | None) -> Tensor:
    if framing is None:
        raise InputError("Photographs from files need a framing: give one.")
    return torch.stack([load_image(path, framing=framing) for path in paths])
