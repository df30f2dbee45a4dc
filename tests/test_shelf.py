import json
from dataclasses import dataclass

import pytest

from curvecircuits.errors import InputError
from curvecircuits.store import Record, Shelf


@dataclass(frozen=True, kw_only=True)
class Row(Record):
    name: str
    width: float
    gaps: tuple[float, ...] = ()


ROW = Row(name="3b:379 <b>", width=0.1 + 0.2, gaps=(float("nan"), float("inf"), 1e-300))


def never():
    raise AssertionError("measured again")


def test_a_result_comes_back_to_the_last_digit(tmp_path):
    shelf = Shelf(tmp_path).given(model="m", seed=0)
    shelf.kept("row", Row, lambda: ROW)
    again = Shelf(tmp_path).given(seed=0, model="m").kept("row", Row, never)
    assert repr(again) == repr(ROW)
    assert isinstance(again.gaps, tuple)


def test_nothing_is_a_result_too(tmp_path):
    shelf = Shelf(tmp_path)
    assert shelf.kept("row", Row | None, lambda: None) is None
    assert shelf.kept("row", Row | None, never) is None


@pytest.mark.parametrize("other", [{"seed": 1}, {"model": "n"}, {"photographs": ["0f"]}])
def test_other_inputs_are_measured(tmp_path, other):
    shelf = Shelf(tmp_path).given(model="m", seed=0)
    assert shelf.kept("n", int, lambda: 1) == 1
    assert shelf.given(**other).kept("n", int, lambda: 2) == 2
    assert shelf.kept("other", int, lambda: 3) == 3
    assert shelf.kept("n", int, never) == 1


def test_another_source_is_measured(tmp_path, monkeypatch):
    Shelf(tmp_path).kept("n", int, lambda: 1)
    monkeypatch.setattr("curvecircuits.store.shelf._source", lambda: "edited")
    assert Shelf(tmp_path).kept("n", int, lambda: 2) == 2


@pytest.mark.parametrize("damage", ["", "{", '{"name": 5}', "\x00"])
def test_what_is_damaged_is_measured_again(tmp_path, damage):
    Shelf(tmp_path).kept("row", Row, lambda: ROW)
    (file,) = tmp_path.rglob("*.json")
    file.write_text(damage)
    assert Shelf(tmp_path).kept("row", Row, lambda: ROW) == ROW
    assert json.loads(file.read_text())["name"] == ROW.name


def test_what_fails_is_not_kept(tmp_path):
    with pytest.raises(ZeroDivisionError):
        Shelf(tmp_path).kept("n", int, lambda: 1 // 0)
    assert Shelf(tmp_path).kept("n", int, lambda: 1) == 1


def test_without_a_folder_everything_is_measured():
    counted = iter(range(2))
    assert [Shelf().kept("n", int, lambda: next(counted)) for _ in range(2)] == [0, 1]


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be kept in"):
        Shelf(tmp_path / "file" / "results").check()
    Shelf(tmp_path / "new" / "results").check()
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
