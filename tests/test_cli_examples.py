import json
from pathlib import Path

import numpy as np
import pytest
from networks import planted
from PIL import Image

from curvecircuits.cli import main
from curvecircuits.models.network import Network
from curvecircuits.visualize import open_examples

ORIENTATIONS = [45.0 * k for k in range(8)]


def family() -> Network:
    """Eight curve detectors, found by this file's own name."""
    return planted(ORIENTATIONS, others=4)


PLANTED = f"{Path(__file__).resolve()}:family"


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    for k in range(6):
        pixels = np.random.default_rng(k).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((140, 140)).save(folder / f"{k}.png")
    return folder


def test_examples_of_named_units(photographs, tmp_path, capsys):
    arguments = ["examples", "3:0", "3:5", "--model", PLANTED, "--images", str(photographs)]
    arguments += ["--top", "2", "--bins", "4", "--per-bin", "2", "--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    assert "natural  3:0" in shown
    assert "6 images" in shown
    found = open_examples(tmp_path / "out").examples
    assert [unit.unit for unit in found.units] == ["3:0", "3:5"]
    assert (tmp_path / "out" / "quilt-3-5.png").is_file()
    assert main([*arguments, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["schema"] == "curvecircuits.examples/1"
    assert printed["units"][1]["top"][0]["image"] == found.units[1].top[0].image


def test_examples_of_the_family_are_paired_with_artificial_units(photographs, tmp_path, capsys):
    arguments = ["examples", "--model", PLANTED, "--images", str(photographs), "--top", "1"]
    arguments += ["--bins", "2", "--per-bin", "1", "--layer", "3", "--out", str(tmp_path / "out")]
    assert main([*arguments, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    pairs = printed["pairs"]["pairs"]
    assert len(pairs) == len(ORIENTATIONS)
    assert {u["side"] for u in printed["examples"]["units"]} == {"natural", "artificial"}
    for pair in pairs:
        nearest = min(abs((pair["orientation"] - o + 180) % 360 - 180) for o in ORIENTATIONS)
        assert nearest < 10
    assert len(list((tmp_path / "out").glob("paired-*.png"))) == len(pairs)
    assert main(arguments) == 0
    assert "disagree most" in capsys.readouterr().out


def test_the_family_by_itself(photographs, capsys):
    arguments = ["examples", "--model", PLANTED, "--images", str(photographs), "--layer", "3"]
    assert main([*arguments, "--no-paired", "--bins", "2", "--top", "1", "--limit", "3"]) == 0
    shown = capsys.readouterr().out
    assert "artificial" not in shown
    assert "3 images" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["3:0", "--paired"], "leave out the units"),
        (["3:0", "--layer", "3"], "leave it out with units"),
        (["nonsense"], "is not a unit"),
        (["3:99"], "0 to 11"),
        (["3:0", "--bins", "0"], "--bins"),
        (["3:0", "--workers", "2"], "local engine"),
        (["3:0", "--engine", "cloud"], "--engine"),
    ],
)
def test_bad_input_is_one_sentence(photographs, capsys, arguments, words):
    given = ["examples", *arguments, "--model", PLANTED, "--images", str(photographs)]
    assert main(given) == 2
    out, err = capsys.readouterr()
    *before, sentence = err.splitlines()
    assert out == ""
    assert all(line.startswith("Running ") for line in before)
    assert words in sentence


def test_images_that_are_not_there_are_refused(tmp_path, capsys):
    given = ["examples", "3:0", "--model", PLANTED, "--images", str(tmp_path / "none")]
    assert main(given) == 2
    assert "cannot be listed" in capsys.readouterr().err


def test_the_command_explains_itself(capsys):
    assert main(["examples", "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("curvecircuits examples") >= 2
