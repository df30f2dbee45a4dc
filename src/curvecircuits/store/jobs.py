"""Work that is cut by index into chunks, whoever does it."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable

from numpy import ndarray


@runtime_checkable
class Worker(Protocol):
    """Does one chunk after another, in the process and thread that made it.

    What a chunk gives must depend on its index alone, so that it can be done again.
    """

    def load(self, chunk: int) -> Any:
        """Read what a chunk needs; called a chunk ahead, in a thread of its own."""
        ...

    def compute(self, chunk: int, loaded: Any) -> Mapping[str, ndarray]:
        """The arrays of a chunk, from what `load` gave."""
        ...


@runtime_checkable
class Job(Protocol):
    """Says what there is to do; pickled and sent to other processes, so it holds no open file.

    Its paths should be absolute: the other processes may have another working folder. A job whose
    workers each need a GPU, or a share of one, says how much as `gpus`.
    """

    @property
    def chunks(self) -> int:
        """How many chunks there are; they are numbered from 0."""
        ...

    def items(self, chunk: int) -> int:
        """How many items (images, say) a chunk holds: what progress counts."""
        ...

    def open(self) -> Worker:
        """A worker, made in the process that does the work: networks are built here."""
        ...


Done: TypeAlias = tuple[int, Mapping[str, ndarray]]
"""A chunk and its arrays."""
