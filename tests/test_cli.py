import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import curvecircuits as cc
from curvecircuits.cli import main

COMMAND = [sys.executable, "-c", "import sys; from curvecircuits.cli import main; sys.exit(main())"]
STATISTICS = {"unit", "orientation", "radius", "fwhm", "echo", "at90", "peak"}
TINY = """
import torch
from torch import nn
from curvecircuits import wrap

def make():
    print("what the user's code prints")
    torch.manual_seed(0)
    return wrap(nn.Sequential(nn.Conv2d(3, 6, 31, 4), nn.ReLU()), name="tiny", input_size=48)

def silent():
    net = nn.Sequential(nn.Conv2d(3, 2, 31, 4), nn.ReLU())
    with torch.no_grad():
        net[0].bias[:] = -1e6
    return wrap(net, name="silent", input_size=48)

def broken():
    raise ValueError("nothing works")
"""


@pytest.fixture
def nets(tmp_path: Path) -> Path:
    path = tmp_path / "nets.py"
    path.write_text(TINY)
    return path


def family() -> cc.Network:
    """Eight curve detectors among six units of noise, found by this file's own name."""
    side, units = 31, 14
    dark = 1 - cc.stimuli.curves(
        orientation=[45.0 * k for k in range(8)],
        radius=15.0,
        size=side,
        width=3.0,
        centre=(side / 2, side / 2),
    )
    noise = torch.randn(units - 8, 1, side, side, generator=torch.Generator().manual_seed(0))
    kernels = torch.cat([-dark, noise / 3])
    kernels = kernels - kernels.mean((2, 3), keepdim=True)
    conv = nn.Conv2d(3, units, side, stride=4)
    with torch.no_grad():
        conv.weight[:] = kernels / kernels.norm(dim=(2, 3), keepdim=True) / 3
        conv.bias[:] = -3
    return cc.wrap(nn.Sequential(conv, nn.ReLU()), name="planted", input_size=64)


PLANTED = f"{Path(__file__).resolve()}:family"


def run(*tokens: str, **options) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, as a user runs it."""
    return subprocess.run(
        [*COMMAND, *tokens], capture_output=True, text=True, timeout=60, check=False, **options
    )


def refused(capsys: pytest.CaptureFixture[str], *tokens: str) -> str:
    """The sentence a command is refused with."""
    assert main(tokens) == 2
    out, err = capsys.readouterr()
    assert out == ""
    *before, sentence = err.splitlines()
    assert all(line.startswith("Running ") for line in before)
    assert "Traceback" not in err
    return sentence


def test_help_is_quick_and_teaches_by_example() -> None:
    code = "from curvecircuits.cli import main; import sys; main(['--help'])"
    code += "; assert not {'torch', 'numpy', 'pydantic'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "curvecircuits find --model" in done.stdout


@pytest.mark.parametrize(
    "command",
    ["models", "fetch", "layers", "find", "tune", "families", "weights", "claims", "report"],
)
def test_each_command_has_an_example(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert main([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "For example:" in shown
    assert shown.count(f"curvecircuits {command}") >= 2


def test_find_writes_json_and_nothing_else() -> None:
    done = run("find", "--model", PLANTED, "--permutations", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("Running family from ")
    found = json.loads(done.stdout)
    assert (found["model"], found["layer"]) == ("planted", "1")
    assert len(found["units"]) == 8
    assert set(found["units"][0]) >= STATISTICS
    assert len(found["permuted_counts"]) == 1


def test_a_search_that_finds_nothing_succeeds(nets: Path) -> None:
    done = run("find", "--model", f"{nets}:make", "--permutations", "1", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        f"Running make from {nets}.",
        "what the user's code prints",
    ]
    found = json.loads(done.stdout)
    assert {"model", "layer", "permuted_counts", "units"} <= set(found)
    assert (found["units"], found["layer"]) == ([], None)


def test_bad_input_exits_2_without_a_traceback(nets: Path) -> None:
    done = run("find", "--model", f"{nets}:broken")
    assert (done.returncode, done.stdout) == (2, "")
    line, sentence = done.stderr.splitlines()
    assert line == f"Running broken from {nets}."
    assert "ValueError (nothing works)" in sentence


def test_a_reader_that_leaves_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        done = subprocess.run(
            [*COMMAND, "models"], stdout=gone, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (141, "")


def test_find_prints_the_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find", "--model", PLANTED, "--permutations", "1"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("planted has a curve family of 8 units in 1 (")
    assert "orientation" in shown
    assert "Layers searched" in shown
    assert f"Weights: {PLANTED}" in shown


def test_find_says_that_there_is_no_family(capsys: pytest.CaptureFixture[str], nets: Path) -> None:
    assert main(["find", "--model", f"{nets}:make", "--permutations", "1"]) == 0
    assert capsys.readouterr().out.startswith("No curve family found in tiny")


def test_find_of_a_silent_network_says_so(capsys: pytest.CaptureFixture[str], nets: Path) -> None:
    assert main(["find", "--model", f"{nets}:silent", "--permutations", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["units"] == []


def test_tune_measures_units_and_directions(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    vector = tmp_path / "probe.npy"
    np.save(vector, np.eye(14)[2])
    tokens = ["tune", "1:2", f"1@{vector}", "--model", PLANTED, "--grid", "quick"]
    assert main([*tokens, "--json"]) == 0
    unit, direction = json.loads(capsys.readouterr().out)["units"]
    assert set(unit) >= STATISTICS
    assert unit["unit"] == "1:2"
    assert abs(unit["orientation"] - 90) <= 10
    assert direction["unit"] == "1@probe"
    assert direction["orientation"] == unit["orientation"]
    assert direction["peak"] == pytest.approx(unit["peak"], rel=1e-4)
    assert main(tokens) == 0
    assert capsys.readouterr().out.split()[:2] == ["unit", "orientation"]


def test_tune_shows_a_dash_for_what_a_silent_unit_lacks(
    capsys: pytest.CaptureFixture[str], nets: Path
) -> None:
    tokens = ["tune", "1:0", "--model", f"{nets}:silent", "--grid", "quick"]
    assert main([*tokens, "--json"]) == 0
    (unit,) = json.loads(capsys.readouterr().out)["units"]
    assert (unit["orientation"], unit["peak"]) == (None, 0)
    assert main(tokens) == 0
    assert "–" in capsys.readouterr().out


def test_layers_lists_maps_and_fields(capsys: pytest.CaptureFixture[str], nets: Path) -> None:
    assert main(["layers", "--model", f"{nets}:make", "--json"]) == 0
    conv, relu = json.loads(capsys.readouterr().out)["layers"]
    assert (conv["name"], conv["channels"], conv["height"]) == ("0", 6, 5)
    assert (conv["stride"], conv["receptive_field"]) == (4, 31)
    assert relu["pre_activation"] == "0"
    assert main(["layers", "--model", f"{nets}:make"]) == 0
    assert "5 × 5" in capsys.readouterr().out


def test_models_lists_every_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json"]) == 0
    listed = {entry["name"] for entry in json.loads(capsys.readouterr().out)}
    assert listed >= {"inception_v1", "googlenet", "artificial", "timm:NAME"}
    assert main(["models"]) == 0
    assert "efficientnet_lite2" in capsys.readouterr().out


def test_report_writes_the_page(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, nets: Path
) -> None:
    out = tmp_path / "pages" / "tiny.html"
    assert main(["report", "--model", f"{nets}:make", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"Wrote {out}.\n"
    assert "tiny" in out.read_text()


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (["find"], "Say which network with --model"),
        (["tune", "--model", "artificial"], "UNITS"),
        (["tune", "3b", "--model", "artificial"], "write layer:channel"),
        (["tune", "3b@no.npy", "--model", "artificial"], "numpy.save"),
        (["find", "--model", "artificial", "--layer", "mixed3c"], "did you mean mixed3"),
        (["find", "--model", "gogglenet"], "did you mean googlenet?"),
        (["find", "--model", "artificial", "--seed", "-1"], "--seed"),
        (["find", "--model", "artificial", "--seed", "99999999999999999999"], "--seed"),
        (["find", "--model", "artificial", "--permutations", "0"], "--permutations"),
        (["find", "--model", "artificial", "--device", "abacus"], "cpu"),
        (["tune", "3b:1", "--model", "artificial", "--grid", "coarse"], "quick"),
        (["layers", "--model", "googlenet", "--weights", "none"], "none does not exist"),
        (["fetch", "artificial"], "googlenet"),
        (["fetch", "resnet"], "googlenet"),
        (["fnid"], "find"),
        (["find", "--modle", "x"], "--mod"),
    ],
)
def test_misuse_is_one_sentence(
    capsys: pytest.CaptureFixture[str], tokens: list[str], said: str
) -> None:
    assert said in refused(capsys, *tokens)


def test_fetch_prints_where_the_file_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}

    def download(artefact, *, cache: Path, progress: bool) -> Path:
        seen.update(key=artefact.key, cache=cache)
        return cache / artefact.file

    monkeypatch.setattr("curvecircuits.catalog.fetch", download)
    assert main(["fetch", "googlenet", "--cache", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'bvlc_googlenet.caffemodel'}\n"
    assert seen == {"key": "bvlc_googlenet", "cache": tmp_path}


def test_an_interrupt_exits_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("curvecircuits.catalog.names", interrupted)
    assert main(["models"]) == 130
    assert capsys.readouterr().err == "Interrupted.\n"


def test_the_root_gives_its_names_on_request() -> None:
    assert set(cc.__all__) == set(dir(cc))
    for name in cc.__all__:
        assert getattr(cc, name) is not None
    assert cc.stimuli.curves is not None
    with pytest.raises(AttributeError, match="no attribute 'cruves'"):
        cc.cruves  # noqa: B018
