"""Timing of things against each other, in one run."""

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any


def alternating(
    contenders: Mapping[str, Callable[[], Any]], *, rounds: int
) -> dict[str, list[float]]:
    """Seconds of each, one after the other in every round; a first round only warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, do in contenders.items():
            started = perf_counter()
            do()
            if turn:
                seconds[name].append(perf_counter() - started)
    return seconds
