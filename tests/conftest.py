"""What every test shares: the reference folder, reproducible examples, small networks."""

import importlib.util
import signal
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from filelock import FileLock
from hypothesis import settings
from jaxtyping import config as annotations
from typechecks import check_sparingly

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

pytest.register_assert_rewrite("browser")

check_sparingly()  # before the package is imported

settings.register_profile("same every time", derandomize=True, deadline=None, database=None)
settings.load_profile("same every time")

# A shell without job control lets what it starts in the background ignore interrupts, which tests
# send to themselves and to what they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


_LONG = (
    "test_report",
    "test_googlenet_family",
    "test_claims",
    "test_notebooks",
    "test_live",
    "test_transplant_bars",
    "test_cli_pictures",
    "test_hue",
    "test_taxonomy",
    "test_hostile",
    "test_cli_artificial",
    "test_artificial_export",
    "test_page",
)
"""Files that take longest, or wait: begun last, they would leave the other processes idle."""


def _place(item: pytest.Item) -> int:
    return _LONG.index(item.path.stem) if item.path.stem in _LONG else len(_LONG)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files; skip what needs the reference folder where there is none."""
    items.sort(key=_place)
    if SHARED.is_dir():
        return
    skip = pytest.mark.skip(reason=f"no reference folder at {SHARED}")
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(skip)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What commands keep is neither read from the user's cache nor left there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CURVECIRCUITS_CACHE", str(tmp_path_factory.mktemp("kept")))
        yield


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


@pytest.fixture(scope="session")
def build_hook() -> ModuleType:
    """The module of the build hook, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def page_lock(tmp_path_factory: pytest.TempPathFactory) -> FileLock:
    """Held while web/ is installed or bundled: pytest-xdist runs several sessions over it."""
    return FileLock(tmp_path_factory.getbasetemp().parent / "page.lock")


@pytest.fixture(scope="session")
def bundle(build_hook: ModuleType, page_lock: FileLock) -> None:
    """The page's script, made from web/ as it is now."""
    with page_lock:
        build_hook.build_page(ROOT)
