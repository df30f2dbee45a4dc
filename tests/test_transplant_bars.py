"""The quick form of the bars on what an evaluation survives, and that they would notice."""

import shutil

import numpy as np
import pytest
from PIL import Image

from bars import robust
from curvecircuits.store import write_table


def test_a_killed_transplant_ends_as_if_it_had_not_been():
    found = robust.transplant_killed(True, seed=1)
    assert found.ok, found


def test_a_dead_worker_changes_no_figure():
    found = robust.transplant_worker_killed(True)
    assert found.ok, found


def test_memory_does_not_grow_with_the_images():
    found = robust.transplant_memory(True)
    assert found.ok, found


# -- damaged files -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [7, 8])
def test_damaged_files_are_listed_and_good_ones_evaluated(seed):
    found = robust.transplant_damaged(True, seed=seed)
    assert found.ok, found


@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("shape", lambda rng: robust._file(rng, "PNG")),  # nothing is wrong with it
        ("shape", lambda _: b""),  # something else is
    ],
)
def test_what_is_not_as_it_is_said_is_noticed(monkeypatch, kind, made):
    reason, _ = robust._DAMAGED[kind]
    monkeypatch.setitem(robust._DAMAGED, kind, (reason, made))
    assert not robust.transplant_damaged(True).ok


def test_the_files_are_of_all_modes_formats_and_kinds_of_damage(tmp_path):
    said = robust.mixed(tmp_path, good=200, bad=100, seed=3)
    found = set()
    for file in tmp_path.glob("*/g*"):
        with Image.open(file) as image:
            found.add((image.format, image.mode))
    assert {"JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"} == {kind for kind, _ in found}
    for kind, modes in {
        "JPEG": {"RGB", "L", "CMYK"},
        "PNG": {"RGB", "RGBA", "L", "LA", "P", "1", "I;16"},
        "TIFF": {"RGB", "RGBA", "L", "CMYK", "P", "I;16"},
    }.items():
        assert modes == {mode for k, mode in found if k == kind}
    assert any(
        file.suffix == ".JPEG" and b"PNG" in file.read_bytes()[:4] for file in tmp_path.glob("*/g*")
    )
    assert len(robust._DAMAGED) == 12
    assert {f"{file.parent.name}/{file.name}" for file in tmp_path.glob("*/b*")} == said.keys()
    assert len(said) == 100
    other = tmp_path / "other"
    robust.mixed(other, good=0, bad=100, seed=4)
    mine, theirs = ([f.read_bytes() for f in sorted(r.glob("?/b*"))] for r in (tmp_path, other))
    assert mine != theirs


# -- the comparison of folders -----------------------------------------------------------------


@pytest.fixture
def folders(tmp_path):
    """Two that hold the same."""
    one, other = tmp_path / "one", tmp_path / "other"
    (one / "run-0" / "chunks").mkdir(parents=True)
    (one / "run-0" / "chunks" / "0.npz").write_bytes(b"chunk")
    table = {"index": np.arange(3), "name": ["a", "b", "c"]}
    write_table(one / "images.parquet", [table], schema=robust._TABLE)
    shutil.copytree(one, other)
    return one, other


def test_equal_folders_do_not_differ(folders):
    one, other = folders
    assert robust.differing(one, other) == []
    halves = (
        {"index": np.arange(3)[s], "name": ["a", "b", "c"][s]} for s in (slice(1), slice(1, 3))
    )
    write_table(other / "images.parquet", halves, schema=robust._TABLE)
    assert robust.differing(one, other) == []


def test_any_change_in_a_folder_is_noticed(folders):
    one, other = folders
    (other / "run-0" / "chunks" / "0.npz").write_bytes(b"chunK")
    (other / ".left.part").touch()
    changed = {"index": np.arange(3), "name": ["a", "b", "x"]}
    write_table(other / "images.parquet", [changed], schema=robust._TABLE)
    (one / "transplant.json").touch()
    assert robust.differing(one, other) == [
        ".left.part", "images.parquet", "run-0/chunks/0.npz", "transplant.json",
    ]  # fmt: skip
