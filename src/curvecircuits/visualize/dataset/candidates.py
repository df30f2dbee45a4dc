"""The few positions of all images that are kept, whatever the order they are seen in.

Candidates belong to groups. A group keeps those of the highest score; equal scores are decided by
value, image and position. So the best of a whole are the best of the best of its parts. For the
random examples of a bin the score is a hash of what the candidate is: every position has the same
chance, no position is drawn twice, and no part has to know of the others.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy import ndarray

_GOLDEN = 0x9E3779B97F4A7C15


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Positions of images, one a row."""

    group: Int[ndarray, " n"]
    image: Int[ndarray, " n"]
    """Index in the set of images."""
    position: Int[ndarray, " n"]
    """In the map, row by row."""
    value: Float[ndarray, " n"]
    score: Float[ndarray, " n"]

    def best(self, most: Int[ndarray, " groups"]) -> "Candidates":
        """The best of each group, at most so many, by group and the best first."""
        order = np.lexsort((self.position, self.image, -self.value, -self.score, self.group))
        group = self.group[order]
        place = np.arange(len(order)) - np.searchsorted(group, group, "left")
        return self.take(order[place < most[group]])

    def take(self, rows: ndarray) -> "Candidates":
        """Some of them."""
        return Candidates(**{name: values[rows] for name, values in self.arrays().items()})

    def arrays(self) -> dict[str, ndarray]:
        """The columns by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @staticmethod
    def joined(parts: Sequence["Candidates"]) -> "Candidates":
        """All rows of several."""
        columns = [part.arrays() for part in parts]
        return Candidates(**{n: np.concatenate([c[n] for c in columns]) for n in columns[0]})

    @staticmethod
    def made(
        group: int, image: ndarray, position: ndarray, value: ndarray, score: ndarray
    ) -> "Candidates":
        """Rows of one group."""
        return Candidates(
            group=np.full(len(image), group, dtype=np.int32),
            image=image.astype(np.int32),
            position=position.astype(np.int32),
            value=value.astype(np.float32),
            score=score.astype(np.float64),
        )


def lots(
    seed: int, unit: str, images: Int[ndarray, " n"], positions: int
) -> Float[ndarray, "n positions"]:
    """A number in [0, 1) for each position of some images, the same whenever it is asked for.

    SplitMix64 of (seed, unit, image, position), of which 53 bits are kept.

    Examples
    --------
    >>> drawn = lots(0, "3b:379", np.array([7, 8]), 1000)
    >>> bool((drawn[1] == lots(0, "3b:379", np.array([8]), 1000)).all())
    True
    >>> round(float(drawn.mean()), 1), len(np.unique(drawn))
    (0.5, 2000)
    """
    start = np.frombuffer(hashlib.sha256(f"{seed} {unit}".encode()).digest()[:8], dtype="<u8")
    golden = np.array([_GOLDEN], dtype=np.uint64)
    rows = _mixed(start + (images.astype(np.uint64) + np.uint64(1)) * golden)
    cells = np.arange(1, positions + 1, dtype=np.uint64) * golden
    return (_mixed(rows[:, None] + cells) >> np.uint64(11)) * 2.0**-53


def _mixed(bits: ndarray) -> ndarray:
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
