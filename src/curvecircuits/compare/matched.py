"""Units of two networks, paired: a natural unit and the artificial one of the same orientation."""

from dataclasses import dataclass

from curvecircuits.errors import InputError
from curvecircuits.models.network import Network


@dataclass(frozen=True, kw_only=True)
class Side:
    """Some units of one layer of one network."""

    network: Network
    layer: str
    channels: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Matched:
    """Natural units, and as many artificial ones, unit k of one for unit k of the other.

    Raises
    ------
    InputError
        If the two sides, or the orientations, are not equally many, or there are none.
    """

    natural: Side
    artificial: Side
    orientations: tuple[float, ...]
    """Of the natural units, in degrees: direction of the outward normal."""
    centres: tuple[tuple[float, float], ...] | None = None
    """Where the artificial units look beside the centre of their receptive field, in pixels right
    and down; None for units that were not moved."""

    def __post_init__(self) -> None:
        counts = {
            len(self.natural.channels),
            len(self.artificial.channels),
            len(self.orientations),
        }
        if len(counts) != 1 or 0 in counts:
            raise InputError(
                f"{len(self.natural.channels)} natural units, {len(self.artificial.channels)} "
                f"artificial ones and {len(self.orientations)} orientations cannot be paired: "
                "give equally many, at least one."
            )
