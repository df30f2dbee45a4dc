"""The order of the house: rooms, layers, and a word for every public name."""

import importlib
import importlib.metadata
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import curvecircuits

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = sorted(
    found.name for found in pkgutil.iter_modules(curvecircuits.__path__) if found.name[0] != "_"
)


def _contract() -> list[str]:
    (contract,) = PROJECT["tool"]["importlinter"]["contracts"]
    assert contract["exhaustive"]
    return [room for layer in contract["layers"] for room in re.split(r"[ |:]+", layer)]


def test_every_room_has_its_place():
    assert sorted(_contract()) == ROOMS


def test_the_design_names_the_rooms_in_the_same_order():
    rows = re.findall(
        r"^\| (`\w+`(?:, `\w+`)*) \|", (ROOT / "docs" / "design.md").read_text(), re.M
    )
    assert [room for row in rows for room in sorted(re.findall(r"\w+", row))] == _contract()


def test_lower_rooms_never_import_upper_ones():
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_version_is_said_once():
    assert importlib.metadata.version("curvecircuits") == PROJECT["project"]["version"]


@pytest.mark.parametrize("room", ["", *ROOMS])
def test_every_public_name_is_documented(room):
    module = importlib.import_module(f"curvecircuits.{room}".rstrip("."))
    assert module.__doc__
    for name in getattr(module, "__all__", []):
        value = getattr(module, name)
        if inspect.isroutine(value) or inspect.isclass(value):
            own = value.__doc__ or ""
            # A dataclass without a docstring is given its signature.
            assert own.strip(), f"{room}.{name}"
            assert not own.startswith(f"{name}("), f"{room}.{name}"


def test_every_dependency_is_pinned():
    pinned = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text().split()
        if "==" in line and "#" not in line
    )
    wanted = [
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["lite"],
        *PROJECT["dependency-groups"]["bench"],
        *PROJECT["dependency-groups"]["dev"],
        *PROJECT["build-system"]["requires"],
    ]
    for requirement in wanted:
        name = re.split(r"[\[<>=~! ]", requirement)[0].lower().replace("_", "-")
        assert name in pinned, requirement
    assert pinned["torch"] == "2.13.0"
