"""Records become JSON and come back; files appear whole or not at all."""

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curvecircuits.errors import CurveCircuitsError, InputError
from curvecircuits.store import (
    Record,
    dump,
    json_schema,
    json_text,
    load,
    open_pair,
    pack,
    unpack,
    write_atomic,
)


@dataclass(frozen=True, kw_only=True)
class Inner(Record):
    name: str
    """What it is called."""
    size: float | None = None


@dataclass(frozen=True, kw_only=True)
class Outer(Record):
    SCHEMA: ClassVar[str | None] = "curvecircuits.outer/2"
    kind: Literal["outer"] = "outer"
    count: int
    share: float
    inner: tuple[Inner, ...] = ()


WHOLE = Outer(count=3, share=0.125, inner=(Inner(name="a", size=1.5), Inner(name="<b>")))


def test_a_record_names_its_schema_and_comes_back():
    data = dump(WHOLE)
    assert data["schema"] == "curvecircuits.outer/2"
    assert load(Outer, json.loads(json.dumps(data))) == WHOLE
    assert "schema" not in dump(WHOLE.inner[0])


@given(st.text(st.characters(exclude_categories=["Cs"])), st.floats(), st.integers(1, 6))
def test_no_float_leaves_json(name, size, digits):
    for kept in (None, digits):
        data = dump(Inner(name=name, size=size), digits=kept)
        back = load(Inner, json.loads(json.dumps(data, allow_nan=False)))
        assert back.name == name
        if size != size or abs(size) == float("inf"):
            assert back.size is None
        elif kept is None:
            assert back.size == size
        else:
            assert back.size == pytest.approx(size, rel=10.0 ** (1 - kept))


def test_digits_shorten_floats_and_nothing_else():
    record = Outer(count=123456, share=0.123456, inner=(Inner(name="1.23456", size=98765.4),))
    data = dump(record, digits=3)
    assert (data["count"], data["share"]) == (123456, 0.123)
    assert data["inner"] == [{"name": "1.23456", "size": 98800.0}]


def test_what_cannot_be_read_back_is_not_written():
    with pytest.raises(InputError, match="at share"):
        dump(Outer(count=1, share=float("nan")))


def test_a_lone_surrogate_is_an_error_of_ours():
    with pytest.raises(InputError, match="Inner cannot be written"):
        dump(Inner(name="\ud800"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "curvecircuits.outer/1"}, "'curvecircuits.outer/2' can be read"),
        ({"schema": None}, "can be read"),
        ({"count": "many"}, "at count"),
        ({"extra": 1}, "at extra"),
        ({"inner": [{"name": 3}]}, r"at inner\.0\.name"),
    ],
)
def test_other_data_is_refused(change, message):
    with pytest.raises(CurveCircuitsError, match=message) as caught:
        load(Outer, {**dump(WHOLE), **change})
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("data", [None, [], "text", 3])
def test_what_is_no_record_is_refused(data):
    with pytest.raises(InputError):
        load(Outer, data)
    with pytest.raises(InputError):
        load(Inner, data)


def test_a_record_and_its_arrays_are_opened_together(tmp_path: Path) -> None:
    names = {"record": "outer.json", "arrays": "outer.npz"}
    said = {"what": "outer", "writer": "`write`", "again": "write it again"}

    def opened() -> tuple[Outer, bytes]:
        return open_pair(Outer, tmp_path, **names, **said)

    with pytest.raises(InputError, match=r"holds no outer .*a folder that `write` wrote"):
        opened()
    record = write_atomic(tmp_path / "outer.json", json_text(dump(WHOLE)))
    with pytest.raises(InputError, match="holds no outer"):
        opened()
    write_atomic(tmp_path / "outer.npz", pack({"sizes": [1, 2]}))
    found, packed = opened()
    assert found == WHOLE
    assert unpack(packed)["sizes"].tolist() == [1, 2]
    for content in (b'{"schema"', b"\xff"):
        record.write_bytes(content)
        with pytest.raises(InputError, match=r"outer\.json is damaged: write it again\.$"):
            opened()
    record.write_text("{}")
    with pytest.raises(InputError, match=r"curvecircuits\.outer/2"):
        opened()


def test_the_json_schema_says_what_is_written():
    schema = json_schema(Outer)
    assert schema["properties"]["schema"] == {"const": "curvecircuits.outer/2", "type": "string"}
    assert set(schema["required"]) == set(dump(WHOLE))
    assert schema["$defs"]["Inner"]["properties"]["name"]["description"] == "What it is called."
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("content", ["a “quoted” line\n", b"\x00\xff\r\n"])
def test_a_file_is_written_and_replaced(tmp_path, content):
    path = tmp_path / "new" / "folder" / "file"
    assert write_atomic(path, "before") == path
    write_atomic(path, content)
    assert path.read_bytes() == (content if isinstance(content, bytes) else content.encode())
    assert list(path.parent.iterdir()) == [path]


def test_a_file_gets_the_usual_permissions(tmp_path):
    umask = os.umask(0)
    os.umask(umask)
    path = write_atomic(tmp_path / "file", "text")
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def _everything(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    old = write_atomic(tmp_path / "file", "old")

    def fail(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    for path in (old, tmp_path / "a" / "b" / "file"):
        with pytest.raises(InputError, match="No space left on device") as caught:
            write_atomic(path, "new")
        assert str(caught.value).count(".") == 1
    assert _everything(tmp_path) == [old]
    assert old.read_text() == "old"


def test_an_interruption_leaves_nothing_either(tmp_path, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "folder" / "file", "new")
    assert _everything(tmp_path) == []


def test_a_place_that_cannot_be_written_is_an_error_of_ours(tmp_path):
    file = write_atomic(tmp_path / "file", "text")
    for path in (tmp_path, file / "below", tmp_path / "nul\0", tmp_path / ("x" * 300)):
        with pytest.raises(InputError, match="Cannot write"):
            write_atomic(path, "new")
    with pytest.raises(InputError, match="Cannot write"):
        write_atomic(tmp_path / "surrogate", "\ud800")
    assert _everything(tmp_path) == [file]
