"""`vis`, `decompose`, `attribute` and `edited`: what they leave in a folder, and what they refuse.

Files are read with Pillow and json alone, as somebody else would read them.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from curvecircuits.artificial import artificial_network
from curvecircuits.cli.app import main
from curvecircuits.cli.folders import file_names
from curvecircuits.models.edit_json import edits_to_json
from curvecircuits.models.edits import ZeroUnits
from curvecircuits.models.network import Network
from curvecircuits.models.wrap import wrap

HERE = Path(__file__).resolve()
COMMAND = [sys.executable, "-c", "import sys; from curvecircuits.cli import main; sys.exit(main())"]
EIGHT = [45.0 * k for k in range(8)]
ARTIFICIAL = ("--model", "artificial")


def eight() -> Network:
    """Eight hand-written curve detectors, found by this file's own name."""
    return artificial_network(orientations=EIGHT)


def hostile() -> Network:
    """Layers whose names are paths and markup."""
    torch.manual_seed(0)
    layers = [
        ("/tmp/<b>", nn.Conv2d(3, 4, 5, 2)),
        ("[red]", nn.ReLU()),
        ("c", nn.Conv2d(4, 4, 3)),
        ("r", nn.ReLU()),
    ]
    return wrap(
        nn.Sequential(OrderedDict(layers)),
        name="../<script>",
        input_size=48,
        aliases={"../../up": "r", "..": "[red]"},
    )


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The cache folder of the commands, which is not there at first."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("CURVECIRCUITS_CACHE", str(folder))
    return folder


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Rings and discs, so that curve units are active; and a file that is no image."""
    folder = tmp_path_factory.mktemp("photographs")
    y, x = np.mgrid[:256, :256]
    for k in range(4):
        far = np.hypot(x - 90 - 20 * k, y - 150 + 15 * k)
        drawn = np.where(abs(far - 40 - 8 * k) < 3, 230, 40 + 30 * k).astype(np.uint8)
        Image.fromarray(drawn).convert("RGB").save(folder / f"{k}.png")
    (folder / "damaged.png").write_bytes(b"no image")
    return folder


def run(capsys, *tokens: str) -> str:
    assert main(list(tokens)) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too, by its path in it."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def identities(folder: Path) -> dict[Path, tuple[int, int]]:
    """What changes when a file is written again, even with the same bytes."""
    return {p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in folder.rglob("*") if p.is_file()}


def made_of(path: Path) -> dict[str, object]:
    """The record that a PNG file carries; raises if it is not whole."""
    with Image.open(path) as drawn:
        drawn.load()
        assert drawn.format == "PNG"
        record = json.loads(drawn.info["curvecircuits"])
    assert record["schema"] == "curvecircuits.picture/1"
    return record


# -- what is written ---------------------------------------------------------------------------


def test_vis_writes_pictures_a_sheet_and_a_list(tmp_path, capsys):
    out = tmp_path / "out"
    units = ("3b:6", "conv2d0:1", "3a:0")
    shown = run(
        capsys, "vis", *units, *ARTIFICIAL, "--steps", "3", "--each", "2", "--out", str(out)
    )
    names = ["3b-6", "conv2d0-1", "3a-0"]
    pngs = [f"{name}-{k}.png" for name in names for k in (1, 2)]
    assert set(contents(out)) == {*pngs, "sheet.png", "pictures.json"}
    records = json.loads((out / "pictures.json").read_text())
    # In the order asked for, though the first layer's filters are finished first.
    assert [r["file"] for r in records] == pngs
    for record in records:
        held = made_of(out / record["file"])
        assert {k: v for k, v in record.items() if k not in ("file", "side")} == held
        with Image.open(out / record["file"]) as drawn:
            assert drawn.size == (record["side"], record["side"])
    assert [r["objective"] for r in records[::2]] == list(units)
    assert [r["steps"] for r in records] == [3, 3, 0, 0, 3, 3]
    assert contents(out)["3b-6-1.png"] != contents(out)["3b-6-2.png"]
    with Image.open(out / "sheet.png") as sheet:
        assert sheet.width > 6 * 120
    assert "Wrote" in shown


def test_vis_has_its_looks(tmp_path, capsys):
    out = tmp_path / "out"
    look = ("--grey", "--alpha", "--channel", "--negative", "--side", "140", "--steps", "2")
    run(capsys, "vis", "3a:0", *ARTIFICIAL, *look, "--out", str(out))
    record = made_of(out / "minus-channel-3a-0.png")
    assert record["objective"] == "-channel 3a:0"
    assert record["grey"]
    assert record["alpha"]
    with Image.open(out / "minus-channel-3a-0.png") as drawn:
        assert (drawn.mode, drawn.size) == ("RGBA", (140, 140))
        pixels = np.asarray(drawn).astype(int)
        assert (pixels[..., 0] == pixels[..., 2]).all()


def test_vis_under_edits_is_of_the_edited_network(tmp_path, capsys):
    edits = tmp_path / "edits.json"
    early = [("3a", channel) for channel in range(24)]
    edits.write_text(edits_to_json([ZeroUnits(units=early)]))
    asked = ("vis", "3b:6", *ARTIFICIAL, "--steps", "24")
    run(capsys, *asked, "--out", str(tmp_path / "a"))
    run(capsys, *asked, "--out", str(tmp_path / "b"), "--edits", str(edits))
    a, b = (made_of(tmp_path / name / "3b-6.png")["activation"] for name in "ab")
    assert isinstance(a, float)
    assert isinstance(b, float)
    assert b < 0.5 * a


def test_vis_without_units_is_the_family_beside_the_artificial_one(tmp_path, capsys):
    out = tmp_path / "out"
    asked = ("vis", "--model", f"{HERE}:eight", "--layer", "3b", "--steps", "1")
    shown = run(capsys, *asked, "--out", str(out), "--json")
    own = [f"3b-{k}.png" for k in range(8)]
    pngs = [*own, *(f"artificial-{name}" for name in own)]
    sheets = {"sheet.png", "artificial-sheet.png"}
    assert set(contents(out)) == {*pngs, *sheets, "pictures.json"}
    records = json.loads(shown)
    assert [r["file"] for r in records] == pngs
    assert records == json.loads((out / "pictures.json").read_text())
    assert all(made_of(out / name) for name in pngs)
    run(capsys, *asked, "--out", str(tmp_path / "alone"), "--no-paired")
    assert set(contents(tmp_path / "alone")) == {*own, "sheet.png", "pictures.json"}
    assert contents(tmp_path / "alone")["3b-3.png"] == contents(out)["3b-3.png"]


def test_decompose_writes_a_sheet_and_the_numbers(tmp_path, capsys):
    out = tmp_path / "out"
    asked = ("decompose", "3b:0", "3a:2", *ARTIFICIAL, "--layers", "conv2d2", "conv2d1")
    asked = (*asked, "--steps", "1", "--out", str(out))
    shown = run(capsys, *asked)
    names = ("3b-0", "3a-2")
    files = {f"{n}/decomposition.{end}" for n in names for end in ("json", "npz")}
    assert set(contents(out)) == {*files, "3b-0.png", "3a-2.png"}
    assert shown.count("conv2d2") == 2
    printed = json.loads(run(capsys, *asked, "--json"))
    for name, record in zip(names, printed, strict=True):
        assert record == json.loads((out / name / "decomposition.json").read_text())
        assert record["schema"] == "curvecircuits.decomposition/1"
        assert [layer["layer"] for layer in record["layers"]] == ["conv2d2", "conv2d1"]
        with Image.open(out / f"{name}.png") as sheet:
            assert sheet.width > 2 * 400


def test_attribute_shows_the_images_on_which_a_unit_is_strongest(photographs, tmp_path, capsys):
    out = tmp_path / "out"
    asked = ("attribute", "3b:0", "3b:6", *ARTIFICIAL, "--images", str(photographs))
    asked = (*asked, "--most", "2", "--steps", "2", "--out", str(out))
    shown = run(capsys, *asked)
    assert "1 of 5 files could not be read" in shown
    assert "more with their own image" in shown
    assert "The weights say 1.00 times" in shown  # the artificial network is linear in 3a
    record = json.loads((out / "attribution.json").read_text())
    pngs = [f"3b-{u}-{k}.png" for u in (0, 6) for k in (1, 2)]
    assert set(contents(out)) == {*pngs, "attribution.png", "attribution.json"}
    assert record["unread"] == [str(photographs / "damaged.png")]
    assert record["photographs"] == 4
    assert [r["file"] for r in record["pictures"]] == pngs
    network = artificial_network()
    for r in record["pictures"]:
        assert r["schema"] == "curvecircuits.attribution/1"
        assert r["layer"] == "3a"
        assert made_of(out / r["file"])["alpha"]
    # The images are the two of four on which the pre-activation is largest, found here anew.
    best: dict[str, float] = {}
    for k in range(4):
        with Image.open(photographs / f"{k}.png") as drawn:
            frame = drawn.resize((256, 256)).crop((16, 16, 240, 240))
            pixels = torch.from_numpy(np.array(frame)).permute(2, 0, 1)[None] / 255
        layer = network.layer("3b").pre_activation
        best[f"{k}.png"] = float(network.activations(pixels, layers=[layer])[layer][0, 6].max())
    strongest = sorted(best, key=best.__getitem__, reverse=True)[:2]
    assert [Path(r["photograph"]).name for r in record["pictures"][2:]] == strongest
    actual = [r["actual"] for r in record["pictures"][2:]]
    assert actual == pytest.approx([best[name] for name in strongest], rel=1e-4)
    assert json.loads(run(capsys, *asked, "--json")) == record


def test_attribute_of_one_image_says_what_it_cannot_say(photographs, tmp_path, capsys):
    one = str(photographs / "2.png")
    asked = ("attribute", "3b:6", *ARTIFICIAL, "--images", one, "--layer", "conv2d2")
    asked = (*asked, "--signed", "positive", "--steps", "1", "--out", str(tmp_path / "out"))
    assert "takes at least two images" in run(capsys, *asked)
    record = json.loads(run(capsys, *asked, "--json"))
    assert record["dependence"]["value"] is None
    (picture,) = record["pictures"]
    assert (picture["layer"], picture["signed"]) == ("conv2d2", "positive")


def test_edited_writes_pictures_by_group(photographs, tmp_path, capsys):
    out = tmp_path / "out"
    asked = ("edited", "3b:0", "3b:6", "3b:12", *ARTIFICIAL, "--inputs", "3a", "--steps", "16")
    shown = run(capsys, *asked, "--out", str(out))
    record = json.loads((out / "edited.json").read_text())
    assert record["schema"] == "curvecircuits.edited-pictures/1"
    groups = [g["group"] for g in record["groups"]]
    assert "curves" in groups
    folders = ["unedited", *groups, *(f"random-{g}" for g in groups)]
    pngs = {f"{folder}/3b-{u}.png" for folder in folders for u in (0, 6, 12)}
    assert set(contents(out)) == {*pngs, "edited.png", "edited.json"}
    for name in pngs:
        unit = name.partition("/")[2].removesuffix(".png").replace("-", ":")
        assert str(made_of(out / name)["objective"]).endswith(unit)  # its layer by its full name
    head, *rows = shown.splitlines()
    assert head.split() == ["group", "units", "reconstructed", "control", "difference", "kept"]
    assert [row.split()[0] for row in rows[: len(groups)]] == groups
    # Of the curves of 3a more is left than of as many others: they are what curves are made of.
    curves = record["groups"][groups.index("curves")]
    assert np.mean(curves["kept"]["group"]) > np.mean(curves["kept"]["control"])
    assert f"{np.mean(curves['kept']['group']):.2f} [" in shown
    assert curves["photographs"] is None


def test_edited_without_units_is_of_the_family(photographs, tmp_path, capsys):
    asked = ("edited", "--model", f"{HERE}:eight", "--layer", "3b", "--inputs", "3a")
    asked = (*asked, "--images", str(photographs), "--steps", "1", "--out", str(tmp_path / "out"))
    record = json.loads(run(capsys, *asked, "--json"))
    assert record["images"] == 4  # the fifth is damaged
    assert record["units"] == [f"3b:{k}" for k in range(8)]
    assert [o % 360 for o in record["orientations"]] == pytest.approx(EIGHT, abs=5)
    assert record["groups"][0]["photographs"] is not None
    assert record == json.loads((tmp_path / "out" / "edited.json").read_text())


# -- the cache ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("vis", "3b:0", "conv2d0:0", "3a:1", "--steps", "2", "--each", "2"),
        ("decompose", "3b:0", "--layers", "conv2d2", "--steps", "1"),
        ("attribute", "3b:0", "--steps", "1", "--images", "PHOTOGRAPHS"),
        ("edited", "3b:0", "--inputs", "3a", "--steps", "1"),
    ],
    ids=lambda command: command[0],
)
def test_what_was_made_is_found_in_the_cache(command, photographs, cache, tmp_path, capsys):
    asked = [str(photographs) if token == "PHOTOGRAPHS" else token for token in command]
    first, again, fresh = (tmp_path / name for name in ("first", "again", "fresh"))
    run(capsys, *asked, *ARTIFICIAL, "--out", str(first))
    kept = identities(cache / "pictures")
    assert kept
    run(capsys, *asked, *ARTIFICIAL, "--out", str(again))
    # Whatever is climbed is written into the cache: nothing was.
    assert identities(cache / "pictures") == kept
    assert contents(again) == contents(first)
    for path in kept:
        path.unlink()
    run(capsys, *asked, *ARTIFICIAL, "--out", str(fresh), "--no-cache")
    assert not identities(cache / "pictures")
    assert contents(fresh) == contents(first)


def test_an_interrupt_leaves_whole_pictures_and_the_next_run_goes_on(tmp_path, cache, capsys):
    units = [f"3b:{k}" for k in range(6)]
    asked = ["vis", *units, *ARTIFICIAL, "--steps", "48", "--batch", "1"]
    out = tmp_path / "out"
    with subprocess.Popen(
        [*COMMAND, *asked, "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        text=True,
    ) as process:
        late = time.monotonic() + 60
        while len(list(out.glob("3b-*.png"))) < 2 and time.monotonic() < late:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        printed, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert (printed, said) == ("", "Interrupted.\n")
    finished = contents(out)
    assert 2 <= len(finished) < len(units)
    assert all(made_of(out / name)["steps"] == 48 for name in finished)
    kept = identities(cache / "pictures")
    run(capsys, *asked, "--out", str(out))
    assert {p: i for p, i in identities(cache / "pictures").items() if p in kept} == kept
    whole = contents(out)
    names = [f"3b-{k}.png" for k in range(6)]
    assert set(whole) == {*names, "sheet.png", "pictures.json"}
    assert {name: whole[name] for name in finished} == finished
    run(capsys, *asked, "--out", str(tmp_path / "anew"), "--no-cache")
    assert contents(tmp_path / "anew") == whole


# -- what is refused ---------------------------------------------------------------------------

MISSING = "no/such/place"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("vis nonsense", "is not a unit"),
        ("vis 3b:99", "0 to 23"),
        ("vis 3b:0 9z:0", "no layer '9z'"),
        ("vis 3b:0 --layer 3b", "leave them out"),
        ("vis 3b:0 --no-paired", "leave them out"),
        ("vis --channel", "name some"),
        ("vis --layer conv2d0", "name units to see"),
        ("vis 3b:0 --steps 0", "--steps"),
        ("vis 3b:0 --side 0", "--side"),
        ("vis 3b:0 --each 0", "--each"),
        ("vis 3b:0 --batch 0", "--batch"),
        (f"vis 3b:0 --edits {MISSING}", "cannot be read"),
        (f"vis 3b@{MISSING}.npy", "cannot be read as a direction"),
        ("decompose", "at least one unit"),
        ("decompose 3b@x.npy", "is not a unit"),
        ("decompose 3b:0 3b:99", "0 to 23"),
        ("decompose 3b:0 --layers nowhere", "no layer 'nowhere'"),
        ("decompose 3b:0 3a:0 --layers 3a", "3a"),
        ("decompose conv2d0:0", "No layer"),
        ("attribute --images PHOTOGRAPHS", "at least one unit"),
        (f"attribute 3b:0 --images {MISSING}", "no folder"),
        ("attribute 3b:0 --images DAMAGED", "None of 2 files"),
        ("attribute 3b:0 --images DAMAGED/a.png", "cannot be read as an image"),
        ("attribute 3b:0 3b:24 --images PHOTOGRAPHS", "0 to 23"),
        ("attribute 3b:0 3a:0 --layer 3a --images PHOTOGRAPHS", "3a"),
        ("attribute conv2d0:0 --images PHOTOGRAPHS", "No layer"),
        ("attribute 3b:0 --signed both --images PHOTOGRAPHS", "--signed"),
        ("attribute 3b:0 --most 0 --images PHOTOGRAPHS", "--most"),
        ("edited 3b:0", "--inputs"),
        ("edited 3b:0 --inputs nowhere", "no layer 'nowhere'"),
        ("edited 3b:0 3a:0 --inputs conv2d2", "of one layer"),
        ("edited 3b:0 3b:0 --inputs 3a", "each given once"),
        ("edited 3b:99 --inputs 3a", "0 to 23"),
        ("edited 3a:0 --inputs 3b", "3b"),
        ("edited 3b:0 --inputs 3a --layer 3b", "leave it out with units"),
        (f"edited 3b:0 --inputs 3a --images {MISSING}", "no folder"),
        ("edited 3b:0 --inputs 3a --images DAMAGED", "None of 2 files"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    command, words, photographs, cache, tmp_path, capsys
):
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for name in "ab":
        (damaged / f"{name}.png").write_bytes(b"no image")
    tokens = [
        token.replace("PHOTOGRAPHS", str(photographs)).replace("DAMAGED", str(damaged))
        for token in command.split()
    ]
    out = tmp_path / "out"
    assert main([*tokens, *ARTIFICIAL, "--out", str(out)]) == 2
    printed, said = capsys.readouterr()
    assert printed == ""
    assert words in said
    assert len(said.splitlines()) == 1
    assert not out.exists()
    assert not identities(cache)


@pytest.mark.parametrize("command", ["vis", "decompose", "attribute", "edited"])
def test_a_file_in_the_place_of_the_folder_is_refused_at_once(
    command, photographs, cache, tmp_path, capsys
):
    file = tmp_path / "file"
    file.write_text("mine")
    more = {"attribute": ["--images", str(photographs)], "edited": ["--inputs", "3a"]}
    for place in (file, file / "below"):
        asked = [command, "3b:0", *ARTIFICIAL, *more.get(command, []), "--out", str(place)]
        assert main(asked) == 2
        assert "give a folder" in capsys.readouterr().err
    assert file.read_text() == "mine"
    assert not identities(cache)


# -- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["vis", "decompose", "attribute", "edited"])
def test_names_of_layers_are_no_paths(command, photographs, tmp_path, capsys):
    work = tmp_path / "a" / "b"
    out = work / "out"
    more = {
        "vis": ["../../up:1", "..:0", "c:0", "/tmp/<b>:0"],
        "decompose": ["../../up:1", "c:0"],
        "attribute": ["../../up:1", "c:0", "--images", str(photographs)],
        "edited": ["../../up:1", "--inputs", ".."],
    }[command]
    before = {p for p in tmp_path.rglob("*") if "cache" not in p.parts}
    run(capsys, command, *more, "--model", f"{HERE}:hostile", "--steps", "1", "--out", str(out))
    after = {p for p in tmp_path.rglob("*") if "cache" not in p.parts} - before
    assert all(p in (tmp_path / "a", work, out) or out in p.parents for p in after)
    names = {p.name for p in after if p.is_file()}
    assert any(name.startswith("up-1") for name in names)
    assert not Path("/tmp/<b>-0.png").exists()


def test_file_names_are_all_different_and_safe():
    texts = [
        "a/b:0",
        "a-b:0",
        "A:0",
        "a:0",
        "a:0",
        "-a:0",
        "///",
        "",
        "..",
        ".hidden",
        "é:1",
        "x\0y",
    ]
    texts += ["long" * 90 + ":1", "long" * 90 + ":2"]
    names = file_names(texts)
    assert len({name.casefold() for name in names}) == len(texts)
    for name in names:
        assert 0 < len(name) < 100
        assert name[0] not in ".-"
        assert not set(name) & set("/\\<>:\0 ")
    assert file_names(["3b:358", "conv2d2:1"]) == ["3b-358", "conv2d2-1"]


@pytest.mark.parametrize("command", ["vis", "decompose", "attribute", "edited"])
def test_the_commands_explain_themselves(command, capsys):
    shown = run(capsys, command, "--help")
    assert shown.count(f"curvecircuits {command}") >= 2
