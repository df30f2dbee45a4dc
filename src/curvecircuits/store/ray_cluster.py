"""A Ray cluster to work on: one that is running, or one started for the purpose."""

import logging
import os
import socket
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from curvecircuits.errors import InputError

_PATIENCE = 10.0
"""Seconds for which an address may not answer."""


def import_ray() -> Any:
    """Import Ray and Ray Data, which tells nobody that it is used.

    Raises
    ------
    InputError
        When it is not installed.

    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        with calm():
            ray = import_module("ray")
            for part in ("cloudpickle", "data", "exceptions"):
                import_module(f"ray.{part}")
    except ImportError:
        raise InputError(
            "The ray engine needs Ray, which is not installed here: "
            "pip install 'curvecircuits[ray]'."
        ) from None
    return ray


@contextmanager
def cluster(
    ray: Any, *, workers: int | None, address: str | None, gpus: float
) -> Generator[int, None, None]:
    """Connect to a cluster within a block, and say how many workers it is for.

    A cluster that was there before is left running.

    Parameters
    ----------
    workers
        How many are asked for; None for as many as there are processors or GPUs for.
    address
        As in `run_job`.
    gpus
        How many each worker needs.

    Raises
    ------
    InputError
        When no cluster answers, or the machine has no GPU and one is needed.

    """
    running = ray.is_initialized()
    own = address is None and not running
    if not running:
        with calm():
            _connect(ray, address, workers)
    try:
        resources = ray.cluster_resources()
        if own and gpus > resources.get("GPU", 0):
            raise InputError(
                f"Each worker needs {gpus:g} GPU and this machine has "
                f"{resources.get('GPU', 0):g}: run the job on the CPU."
            )
        room = resources.get("GPU", 0) / gpus if gpus else _processors(resources, own)
        yield workers or max(1, int(room))
    finally:
        if not running:
            with calm():
                ray.shutdown()


def _connect(ray: Any, address: str | None, workers: int | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        # As many as the workers need, whatever the machine has: processes share processors.
        processors = max(4, (workers or os.cpu_count() or 1) + 1)
        ray.init(num_cpus=processors, include_dashboard=False, **quiet)
        return
    try:
        _answers(address)
        ray.init(address=address, **quiet)
    except Exception as error:  # of many kinds: another version, another program, nobody there
        reason = (str(error).strip().splitlines() or [repr(error)])[0].split(". ")[0].rstrip(".")
        raise InputError(
            f"No Ray cluster can be used at {address} ({reason}): give `auto` or host:port of a "
            "running one, or no address to start one here."
        ) from error


def _answers(address: str) -> None:
    """Fail at once where nobody listens; Ray itself tries for minutes, and ends the process."""
    if address == "auto":
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError("it names no host and port")
    socket.create_connection((host, int(port)), timeout=_PATIENCE).close()


def _processors(resources: dict[str, float], own: bool) -> float:
    return (os.cpu_count() or 1) if own else resources.get("CPU", 1)


@contextmanager
def calm() -> Generator[None, None, None]:
    """Ray's own warnings and announcements left out, those about its own code and processes."""
    loggers = [logging.getLogger(name) for name in ("ray", "ray.data")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
