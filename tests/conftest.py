"""What every test shares: the reference folder, reproducible examples, small networks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings
from jaxtyping import config as annotations

SHARED = Path(__file__).parents[2] / "shared"

settings.register_profile("same every time", derandomize=True, deadline=None, database=None)
settings.load_profile("same every time")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the reference folder where there is none."""
    if SHARED.is_dir():
        return
    skip = pytest.mark.skip(reason=f"no reference folder at {SHARED}")
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(skip)


@pytest.fixture
def float64() -> Iterator[None]:
    """Double precision wherever nothing else is said."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def unannotated() -> Iterator[None]:
    """Annotations unchecked, as outside tests: wrong arguments reach the code that refuses them."""
    annotations.update("jaxtyping_disable", True)
    yield
    annotations.update("jaxtyping_disable", False)
