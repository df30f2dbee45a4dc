"""What a search for dataset examples returns, as it is written."""

from dataclasses import dataclass
from typing import ClassVar

from curvecircuits.store import Record


@dataclass(frozen=True, kw_only=True)
class Example(Record):
    """One position of one image."""

    image: str
    """Name of the image, relative to the folder."""
    index: int
    """Of the image, in the order of names."""
    row: int
    """In the map."""
    column: int
    centre: tuple[float, float]
    """(x, y) of the centre of the receptive field, as pixel indices of the framed image."""
    value: float
    """Pre-activation; on a layer never clipped, what the image adds to a grey canvas."""
    box: tuple[int, int, int, int]
    """Left, top, right and bottom of the crop, in pixels; it may reach beyond the image."""
    crop: int
    """Which of the crops of its group shows it."""


@dataclass(frozen=True, kw_only=True)
class UnitExamples(Record):
    """Dataset examples of one unit."""

    side: str
    """What the unit belongs to, such as `natural`."""
    model: str
    unit: str
    sign: int
    """−1 for a unit of a layer never clipped that answers by going down; values are turned."""
    group: int
    """Number of the arrays `crops.N`, `saliency.N` and `strength.N` that its crops are in."""
    edges: tuple[float, ...]
    """Of the bins; values below the first edge or above the last are in the outermost bins."""
    counts: tuple[int, ...]
    """Positions in each bin, of all that were seen."""
    top: tuple[Example, ...]
    """The strongest positions, at most one an image."""
    bins: tuple[tuple[Example, ...], ...]
    """Random positions of each bin, uniformly drawn from all that were seen, without
    replacement; in the order they were drawn."""


@dataclass(frozen=True, kw_only=True)
class Unread(Record):
    """A file that was not used, and why."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Examples(Record):
    """Dataset examples of some units, over a set of images."""

    SCHEMA: ClassVar[str | None] = "curvecircuits.examples/1"
    units: tuple[UnitExamples, ...]
    models: dict[str, str]
    """Hash of the weights of every network, by side."""
    images: int
    """How many were read."""
    positions: int
    """Of the first unit, over all images: the sum of its counts."""
    skipped: tuple[Unread, ...]
    """Files that were not used, the first 1,000 of them."""
    skipped_count: int
    data: str
    """Where the images are."""
    data_fingerprint: str
    framing: str
    sample: int
    """Images that the edges of the bins were taken from, before all were seen."""
    seed: int
    versions: dict[str, str]

    def unit(self, name: str, *, side: str | None = None) -> UnitExamples:
        """The examples of a unit by its name, such as `3b:379`.

        Raises
        ------
        KeyError
            If there are none.
        """
        for unit in self.units:
            if unit.unit == name and side in (None, unit.side):
                return unit
        raise KeyError(name)
