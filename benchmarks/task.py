"""What a contender does: prepared once, then run again and again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Task:
    """A piece of work that is ready to be done; whatever made it ready is not timed."""

    run: Callable[[], Mapping[str, np.ndarray]]
    """Does the work and returns the answer; this is timed."""
    items: float
    """How many units, images, … a run does: contenders that do fewer are compared per item. A
    fraction where only part of what an item takes is done, as the task's note then says."""
    warm: Callable[[], object] | None = None
    """What warms up instead of a whole run, where that would be long."""
    outside: bool = False
    """Whether the work is done by other processes, so that memory here says nothing."""
