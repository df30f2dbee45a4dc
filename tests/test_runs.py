"""A run survives being killed at any moment; its files are whole, and only its own are touched."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import chunked
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from curvecircuits.errors import InputError
from curvecircuits.store import (
    Manifest,
    dump,
    load,
    open_run,
    pack,
    read_table,
    run_job,
    unpack,
    write_table,
)
from curvecircuits.store.manifest import refuse_other

SOME = {"sums": np.arange(6.0).reshape(2, 3), "images": np.array(32)}


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return set(a) == set(b) and all(
        a[k].dtype == b[k].dtype and np.array_equal(a[k], b[k]) for k in a
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed")
    chunked.work(folder, chunked.Sums())
    return chunked.contents(folder)


# Arrays as bytes ----------------------------------------------------------------------------------


@given(
    st.dictionaries(
        st.text(
            st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\"), max_size=8
        ),
        arrays_of.arrays(
            st.sampled_from(["<f4", "f8", "i8", "u1", "?", "<U3", "c8", ">i4"]),
            arrays_of.array_shapes(min_dims=0, min_side=0),
        ),
        max_size=3,
    )
)
def test_arrays_come_back(given):
    back = unpack(pack(given))
    assert set(back) == set(given)
    for name, values in given.items():
        assert back[name].dtype == values.dtype
        np.testing.assert_array_equal(back[name], values)


def test_equal_arrays_give_equal_bytes(monkeypatch):
    packed = pack(SOME)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    other_order = {"images": 32, "sums": np.asfortranarray(SOME["sums"])}
    assert pack(other_order) == packed
    assert pack({**SOME, "images": 33}) != packed


def test_numpy_reads_the_same(tmp_path):
    (tmp_path / "a.npz").write_bytes(pack(SOME))
    with np.load(tmp_path / "a.npz") as found:
        assert same(dict(found), SOME)


def test_any_damage_is_seen():
    packed = pack(SOME)
    for end in range(len(packed)):
        with pytest.raises(InputError):
            unpack(packed[:end])
    for place in range(len(packed)):
        changed = bytearray(packed)
        changed[place] ^= 0x41
        with pytest.raises(InputError, match="no whole"):
            unpack(bytes(changed))


@pytest.mark.parametrize("values", [np.array([{}], object), np.zeros(2, "i4,f4")])
def test_objects_are_not_written(values):
    with pytest.raises(InputError, match="'bad' holds"):
        pack({"bad": values})


# Folders ------------------------------------------------------------------------------------------


def test_a_folder_is_resumed(tmp_path):
    run = open_run(tmp_path / "new" / "run", chunked.manifest())
    assert (run.done, len(run.missing())) == (set(), chunked.CHUNKS)
    run.commit(3, SOME)
    run.commit(3, SOME)
    run.save_arrays("calibration", SOME)
    run.write("report.txt", "done")
    again = open_run(tmp_path / "new" / "run", chunked.manifest())
    assert again.done == {3}
    assert again.missing() == [n for n in range(chunked.CHUNKS) if n != 3]
    assert same(again.chunk(3), SOME)
    calibration = again.arrays("calibration")
    assert calibration is not None
    assert same(calibration, SOME)
    assert again.arrays("other") is None
    assert (tmp_path / "new" / "run" / "report.txt").read_text() == "done"


def test_no_folder_grows_large(tmp_path):
    run = open_run(tmp_path, chunked.manifest(chunks=10_000_000_000))
    wanted = {0, 7, 999, 1000, 123_456_789, 9_999_999_999}
    for chunk in wanted:
        run.commit(chunk, {})
    assert run.done == wanted
    (folder,) = {run._chunk_path(n).parent for n in range(2000, 3000)}
    assert folder != run._chunk_path(3000).parent


def test_the_manifest_comes_back(tmp_path):
    open_run(tmp_path, chunked.manifest())
    data = json.loads((tmp_path / "manifest.json").read_text())
    assert load(Manifest, data) == chunked.manifest()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seed": 1}, "whose seed is 0 and not 1: `fresh` starts"),
        ({"model_hash": "ff"}, 'whose model_hash is "00" and not "ff"'),
        ({"settings": {"power": 2.5, "layers": ("3a", "3b")}}, r"settings\.power is 1\.5 and not"),
        ({"settings": {"power": 1.5, "layers": ["3a"]}}, r"settings\.layers"),
        ({"settings": {"layers": ["3a", "3b"]}}, r"settings\.power is 1\.5 and not not given"),
        ({"batch": 9, "chunks": 3}, r"batch is 8 and not 9 \(chunks differ too\)"),
        ({"versions": {**chunked.manifest().versions, "torch": "1.0"}}, r"versions\.torch is"),
    ],
)
def test_another_run_is_refused(tmp_path, changes, message):
    open_run(tmp_path, chunked.manifest()).commit(0, SOME)
    before = chunked.contents(tmp_path)
    with pytest.raises(InputError, match=message):
        open_run(tmp_path, chunked.manifest(**changes))
    assert chunked.contents(tmp_path) == before
    open_run(tmp_path, chunked.manifest(**changes), fresh=True)
    assert open_run(tmp_path, chunked.manifest(**changes)).done == set()


def test_a_tuple_is_a_list():
    settings = {"power": 1.5, "layers": ("3a", "3b")}
    run = chunked.manifest(settings=settings)
    assert run.digest() == chunked.manifest().digest()
    refuse_other(dump(chunked.manifest()), run, place="here")


def test_fresh_removes_what_is_its_own(tmp_path):
    run = open_run(tmp_path, chunked.manifest())
    run.commit(0, SOME)
    run.commit(39, SOME)
    run.save_arrays("calibration", SOME)
    run.write("report.txt", "done")
    (own,) = tmp_path.glob("run-*")
    theirs = [tmp_path / "notes.txt", tmp_path / "run-me.sh", own / "chunks" / "0000" / "notes.md"]
    for file in theirs:
        file.write_text("mine")
    (tmp_path / ".report.txt.0123abcd.part").write_text("half")
    open_run(tmp_path, chunked.manifest(seed=1), fresh=True)
    left = {tmp_path / name for name in chunked.contents(tmp_path)}
    assert left == {*theirs, tmp_path / "manifest.json"}
    assert open_run(tmp_path, chunked.manifest(seed=1)).done == set()


@pytest.mark.parametrize("fresh", [False, True])
def test_a_folder_of_others_is_refused(tmp_path, fresh):
    for name, text in [("photo.jpg", "x"), ("manifest.json", '{"name": "app"}')]:
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=r"another folder|a new folder") as caught:
            open_run(tmp_path, chunked.manifest(), fresh=fresh)
        assert name in str(caught.value)
    (tmp_path / "manifest.json").write_bytes(b'\xff{"schema')
    with pytest.raises(InputError, match="not the manifest"):
        open_run(tmp_path, chunked.manifest(), fresh=fresh)
    assert (tmp_path / "photo.jpg").read_text() == "x"
    with pytest.raises(InputError, match="Cannot"):
        open_run(tmp_path / "photo.jpg", chunked.manifest(), fresh=fresh)


def test_a_damaged_chunk_is_done_again(tmp_path):
    run = open_run(tmp_path, chunked.manifest())
    for chunk in (4, 5):
        run.commit(chunk, SOME)
        path = run._chunk_path(chunk)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data if chunk == 4 else data[:-30])
    assert run.done == {4, 5}
    with pytest.raises(InputError, match="Chunk 5 of"):
        run.chunk(5)
    assert run.missing() == list(range(chunked.CHUNKS))
    assert run.done == set()
    run.save_arrays("calibration", SOME)
    path = next(tmp_path.rglob("calibration.npz"))
    path.write_bytes(path.read_bytes()[:-1])
    assert run.arrays("calibration") is None


def test_an_unfinished_run_is_not_read_as_a_whole(tmp_path):
    run = open_run(tmp_path, chunked.manifest())
    run.commit(0, SOME)
    with pytest.raises(InputError, match="39 of 40 chunks"):
        next(run.chunks())
    for chunk in (-1, 40):
        with pytest.raises(InputError, match=r"no chunk|is not done"):
            run.commit(chunk, SOME)
        with pytest.raises(InputError, match=f"Chunk {chunk} "):
            run.chunk(chunk)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "manifest.json", "run-1", "x\n"])
def test_names_that_lead_elsewhere(tmp_path, name):
    run = open_run(tmp_path, chunked.manifest())
    for use in (
        run.arrays,
        run.file,
        lambda n: run.save_arrays(n, SOME),
        lambda n: run.write(n, ""),
    ):
        with pytest.raises(InputError, match="no name of a file"):
            use(name)


# Kills --------------------------------------------------------------------------------------------


def started(folder: Path, *options: float) -> subprocess.Popen:
    """A process at work on a folder, as soon as it has begun."""
    command = [sys.executable, chunked.__file__, str(folder), *map(str, options)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as lines:
        assert lines.readline() == "ready\n"
    return process


def test_a_run_killed_at_any_moment_ends_as_if_it_had_not_been(tmp_path, undisturbed):
    def done() -> int:
        return len(list(tmp_path.rglob("chunks/*/*.npz")))

    moments = random.Random(4)
    progress, ends = [0], []
    for number in range(8):
        process = started(tmp_path, 0.03)
        while number % 2 and process.poll() is None and done() == progress[-1]:
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.08))
        process.send_signal(signal.SIGKILL)
        ends.append(process.wait())
        progress.append(done())
    assert progress == sorted(progress)  # nothing that was done is lost
    assert progress[2] > 0
    assert ends.count(-signal.SIGKILL) >= 4  # on a busy machine some may have come to their end
    chunked.work(tmp_path, chunked.Sums())
    assert chunked.contents(tmp_path) == undisturbed


@pytest.mark.parametrize("rename", [1, 2, 3, 20, 43, 44])
def test_a_file_not_yet_in_place_does_not_count(tmp_path, undisturbed, rename):
    process = started(tmp_path, 0.0, rename)
    assert process.wait() == -signal.SIGKILL
    before = chunked.contents(tmp_path)
    (part,) = [name for name in before if name.endswith(".part")]
    run = open_run(tmp_path, chunked.manifest())
    # the manifest and the first arrays are put in place before, the marker and the text after
    assert run.done == set(range(min(max(rename - 3, 0), chunked.CHUNKS)))
    assert part not in chunked.contents(tmp_path)
    chunked.work(tmp_path, chunked.Sums())
    assert chunked.contents(tmp_path) == undisturbed


def test_what_is_being_written_beside_the_chunks_is_left_alone(tmp_path):
    run = open_run(tmp_path, chunked.manifest())
    table = run.file("units.parquet")

    def rows():
        yield from batches([3])
        (part,) = tmp_path.glob(".units.parquet.*")
        open_run(tmp_path, chunked.manifest())
        assert part.exists()
        os.utime(part, (0, 0))  # as if nobody had written to it for long
        open_run(tmp_path, chunked.manifest())
        assert not part.exists()

    with pytest.raises(InputError, match="Cannot write"):
        write_table(table, rows(), schema="t/1")


def test_what_a_living_process_writes_is_not_swept(tmp_path, monkeypatch):
    run = open_run(tmp_path, chunked.manifest())
    fsync, swept = os.fsync, []

    def sweep_and_fsync(number: int) -> None:  # as on a slow disk beside a busy sweeper
        if not swept:
            swept.append(list(tmp_path.rglob("*.part")))
            open_run(tmp_path, chunked.manifest())
            assert list(tmp_path.rglob("*.part")) == swept[0] != []
            swept.clear()
        fsync(number)

    monkeypatch.setattr(os, "fsync", sweep_and_fsync)
    run.commit(3, SOME)
    run.write("total.txt", "5")
    assert run.done == {3}
    assert not list(tmp_path.rglob("*.part"))


def test_two_processes_and_a_sweeper_on_one_folder(tmp_path, undisturbed):
    both = [started(tmp_path, 0.005) for _ in range(2)]
    while any(process.poll() is None for process in both):
        if (tmp_path / "manifest.json").exists():
            open_run(tmp_path, chunked.manifest())  # sweeps what they are writing
    assert [process.returncode for process in both] == [0, 0]
    assert chunked.contents(tmp_path) == undisturbed


def test_a_run_that_is_started_anew_meanwhile_does_not_mix(tmp_path):
    old = open_run(tmp_path, chunked.manifest())
    new = open_run(tmp_path, chunked.manifest(seed=1), fresh=True)
    old.commit(0, SOME)
    assert new.done == set()
    run_job(chunked.Sums(), new)
    assert new.chunk(0)["images"] == chunked.BATCH


# Tables -------------------------------------------------------------------------------------------


def batches(sizes: list[int]):
    for number, size in enumerate(sizes):
        values = np.arange(size, dtype=np.float32) + number
        yield {"value": values, "name": [f"n{v:g}" for v in values], "even": values % 2 == 0}


def test_a_table_comes_back(tmp_path):
    sizes = [3, 0, 70_000, 5]
    path = write_table(tmp_path / "new" / "t.parquet", batches(sizes), schema="t/1")
    found = read_table(path, schema="t/1")
    assert list(found) == ["value", "name", "even"]
    wanted = [np.concatenate([np.asarray(b[name]) for b in batches(sizes)]) for name in found]
    for values, expected in zip(found.values(), wanted, strict=True):
        assert (values == expected).all()
    assert found["value"].dtype == np.float32
    assert found["even"].dtype == bool
    assert list(read_table(path, schema="t/1", columns=["even"])) == ["even"]
    again = write_table(tmp_path / "again.parquet", batches(sizes), schema="t/1")
    assert again.read_bytes() == path.read_bytes()


def test_small_batches_are_gathered(tmp_path):
    from pyarrow import parquet

    path = write_table(tmp_path / "t.parquet", batches([32] * 5000), schema="t/1")
    with parquet.ParquetFile(path) as file:
        assert file.num_row_groups == 79
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"
        assert file.metadata.num_rows == 160_000


def test_a_table_that_fails_leaves_the_old_one(tmp_path):
    path = write_table(tmp_path / "t.parquet", batches([3]), schema="t/1")
    old = path.read_bytes()

    def failing():
        yield from batches([70_000, 3])
        raise InputError("An image cannot be read; JPEG is valid.")

    with pytest.raises(InputError, match="An image"):
        write_table(path, failing(), schema="t/1")
    good = next(batches([3]))
    for bad in (
        {**good, "more": good["value"]},
        {"value": good["value"]},
        {**good, "value": good["name"]},
        {**good, "value": good["value"][:2]},
        {**good, "value": good["value"][:, None]},
    ):
        with pytest.raises(InputError, match="Batch 1 of the table cannot be written"):
            write_table(path, [good, bad], schema="t/1")
    with pytest.raises(InputError, match="No batch"):
        write_table(path, [], schema="t/1")
    assert chunked.contents(tmp_path) == {"t.parquet": old}


def test_tables_that_cannot_be_read(tmp_path):
    path = write_table(tmp_path / "t.parquet", batches([3]), schema="t/1")
    with pytest.raises(InputError, match="has the schema 't/1'; 't/2' can be read"):
        read_table(path, schema="t/2")
    with pytest.raises(InputError, match="no column 'x'; it has value, name, even"):
        read_table(path, schema="t/1", columns=["x"])
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="no whole Parquet file"):
        read_table(path, schema="t/1")
    with pytest.raises(InputError, match="does not exist"):
        read_table(tmp_path / "none", schema="t/1")
    with pytest.raises(InputError, match="Cannot write"):
        write_table(path / "below", batches([3]), schema="t/1")


def test_without_pyarrow(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError, match=r"pip install 'curvecircuits\[images\]'"):
        write_table(tmp_path / "t.parquet", batches([3]), schema="t/1")
