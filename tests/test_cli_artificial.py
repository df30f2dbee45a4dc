import json
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

import curvecircuits as cc
from curvecircuits.artificial import Constants, Parts, artificial_weights, inception_geometry
from curvecircuits.artificial.constants import COUNTS, constant_docs
from curvecircuits.artificial.explain import explain
from curvecircuits.cli import main
from curvecircuits.cli.fitted import print_fit
from curvecircuits.compare.fit import fit_constants
from curvecircuits.stimuli import CurveGrid

ALL = Parts(colour=True, texture=True)
HERE = Path(__file__).resolve()


def family() -> cc.Network:
    """Eight artificial curves, found by this file's own name."""
    return cc.artificial.artificial_network(
        Constants(opposing_inhibition=2.0), orientations=[45.0 * k for k in range(8)]
    )


def said(capsys: pytest.CaptureFixture[str], *tokens: str) -> str:
    assert main(["artificial", *tokens]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def refused(capsys: pytest.CaptureFixture[str], *tokens: str) -> str:
    assert main(["artificial", *tokens]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    return err


@pytest.mark.parametrize("name", [f.name for f in fields(Constants)])
def test_every_constant_is_in_the_sentences(name):
    start = Constants()
    value = getattr(start, name)
    other = replace(start, **{name: value + 1 if name in COUNTS else 1.25 * value + 0.1})
    assert explain(other, parts=ALL).sentences != explain(start, parts=ALL).sentences


def test_parts_that_are_off_are_not_spoken_of():
    told = " ".join(explain().sentences)
    assert not any(word in told for word in ("hue", "texture"))
    assert "divided by the contrast" in told
    told = " ".join(explain(parts=replace(ALL, contrast=False)).sentences)
    assert "hue" in told
    assert "inhibited by the texture unit" in told
    assert "contrast" not in told


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gabor_inhibition", "the other orientations together"),
        ("line_flanks", "parallel ones"),
        ("line_inhibition", "those of any orientation"),
        ("early_opposing", "bent the other way"),
        ("early_crossing", "the direction across it"),
        ("small_share", "excited by tiny curves"),
        ("early_threshold", "Units of 3a answer only"),
        ("curve_threshold", "Units of 3b answer only"),
        ("opposing_inhibition", "the opposite orientation"),
        ("curve_lines", "lines along the circle"),
        ("small_share", "angles along it"),
        ("texture_inhibition", "the texture unit"),
        ("colour_gain", "excited by them"),
        ("line_shift", "beside the centre"),
        ("contrast_floor", "unless it is below"),
    ],
)
def test_nothing_is_said_of_a_constant_that_is_0(name, words):
    """And a constant of the other sign does the opposite."""
    start = replace(Constants(), **{name: 0.3})
    assert words in " ".join(explain(start, parts=ALL).sentences)
    told = explain(replace(start, **{name: 0.0}), parts=ALL).sentences
    assert words not in " ".join(told)
    assert all(s.endswith(".") and "  " not in s and " ." not in s for s in told)


def test_a_share_of_the_other_sign_does_the_opposite():
    told = " ".join(explain(Constants(opposing_inhibition=-0.5, curve_lines=-0.2)).sentences)
    assert "Curves are excited by early curves within" in told
    assert "inhibited by lines along the circle (0.2)" in told
    assert "echo" not in told


def test_weights_are_counted():
    found = explain(parts=ALL)
    tensors = [t for both in artificial_weights(parts=ALL).values() for t in both]
    assert found.weights == sum(t.numel() for t in tensors)
    assert 0 < found.nonzero == sum(int((t != 0).sum()) for t in tensors) < found.weights
    assert found.constants == len(fields(Constants)) <= 40
    assert found.compression == found.nonzero / found.constants
    assert explain().weights < found.weights


def test_constants_carry_their_documentation():
    docs = constant_docs()
    assert list(docs) == [f.name for f in fields(Constants)]
    assert docs["opposing_inhibition"].startswith("Inhibition by early curves of the opposite")
    assert sum(map(bool, docs.values())) > len(docs) / 2


def test_without_options_the_network_is_explained(capsys):
    out = said(capsys)
    sentences = explain().sentences
    assert out.splitlines()[: len(sentences)] == list(sentences)
    assert f"{explain().constants} constants" in out
    assert "more than 50,000 parameters" in out
    assert said(capsys, "--explain") == out
    found = json.loads(said(capsys, "--explain", "--json"))["explanation"]
    assert found["sentences"] == list(sentences)
    assert found["published_parameters"] == 50_000


def test_constants_are_set_and_listed(capsys):
    options = ["--set", "curve_radius=123.5", "--set", "phases=8", "--parts", "colour,no-contrast"]
    out = said(capsys, *options)
    assert "a circle of 123.5 px" in out
    assert "8 phases" in out
    assert "hues" in out
    assert "divided" not in out
    out = said(capsys, "--constants", *options)
    assert [line.split()[1] for line in out.splitlines() if line.startswith("curve_radius")] == [
        "123.5"
    ]
    found = json.loads(said(capsys, "--constants", "--json", *options))
    assert list(found) == ["constants"]
    assert {c["name"]: c["value"] for c in found["constants"]} == asdict(
        Constants(curve_radius=123.5, phases=8)
    )


def test_weights_are_saved_with_what_they_follow_from(capsys, tmp_path):
    path = tmp_path / "made" / "curves.safetensors"
    options = ["--set", "curve_radius=70", "--parts", "texture", "--orientations", "0,33.5"]
    assert said(capsys, "--save", str(path), *options) == f"Wrote {path}.\n"
    with safe_open(path, framework="pt") as file:
        about = file.metadata()
    constants, parts = (json.loads(about[key]) for key in ("constants", "parts"))
    orientations = json.loads(about["orientations"])
    assert orientations == [0.0, 33.5]
    again = artificial_weights(
        Constants(**constants), orientations=orientations, parts=Parts(**parts)
    )
    saved = load_file(path)
    assert len(saved) == 2 * len(again)
    for name, (kernel, bias) in again.items():
        assert torch.equal(saved[f"{name}.weight"], kernel)
        assert torch.equal(saved[f"{name}.bias"], bias)
    assert list(path.parent.iterdir()) == [path]


def test_onnx_goes_to_a_folder(capsys, tmp_path):
    pytest.importorskip("onnxscript")
    options = ["--onnx", str(tmp_path), "--set", "curve_radius=70", "--orientations", "0,90"]
    written = [line[6:-1] for line in said(capsys, *options).splitlines()]
    assert sorted(written) == sorted(map(str, tmp_path.iterdir()))
    assert {Path(path).suffix for path in written} == {".onnx", ".json"}
    record = next(path for path in tmp_path.iterdir() if path.suffix == ".json")
    assert 70 in [c["value"] for c in json.loads(record.read_text())["constants"]]


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (["--set", "curve_radii=3"], "curve_radius"),
        (["--set", "curve_radius"], "NAME=VALUE"),
        (["--set", "curve_radius=wide"], "give a number"),
        (["--set", "curve_radius=nan"], "finite"),
        (["--set", "phases=2.5"], "whole number"),
        (["--set", "phases=0"], "1 to"),
        (["--set", "curve_orientations=1000000000"], "1 to"),
        (["--set", "curve_width=0"], "lengths"),
        (["--set", "curve_width=0", "--save", "never.safetensors"], "lengths"),
        (["--parts", "colours"], "contrast, colour, texture"),
        (["--orientations", "0,up"], "0,30,60"),
        (["--orientations", "0,inf"], "0,30,60"),
        (["--layer", "3b"], "--fit"),
        (["--fit", "artificial", "--orientations", "0,90"], "--fit goes with"),
        (["--fit", "gogglenet"], "did you mean googlenet?"),
        (["--fit", "artificial", "--images", "/nowhere"], "/nowhere"),
        (["--fit", "artificial", "--steps", "0"], "--steps"),
    ],
)
def test_misuse_is_one_sentence(capsys, tokens, words):
    assert words in refused(capsys, *tokens)


def test_a_fit_says_that_it_is_one(capsys):
    tokens = ["artificial", "--fit", f"{HERE}:family", "--layer", "3b", "--steps", "1"]
    assert main(tokens) == 0
    out, err = capsys.readouterr()
    assert err == f"Running family from {HERE}.\n"
    assert out.startswith("FITTED to 8 units of 3b of artificial.")
    head = next(line for line in out.splitlines() if "gain" in line)
    assert head.split("  ")[0] == "correlation with"
    assert "hand-written" in head
    assert "FITTED" in head


def test_a_fit_as_json_says_so_too(capsys):
    found = fit_constants(
        network=family(),
        layer="3b",
        channels=range(4),
        orientations=[0.0, 45.0, 90.0, 135.0],
        geometry=inception_geometry(),
        grid=CurveGrid(tuple(range(0, 360, 30)), (120.0, 80.0, 50.0, 30.0), 60.0, 2.0),
        names=["opposing_inhibition", "curve_radius"],
        steps=2,
    )
    print_fit(found, json=True)
    out = json.loads(capsys.readouterr().out)
    assert out["fitted"] is True
    assert (out["model"], out["layer"], out["on"]) == ("artificial", "3b", "stimuli")
    own = out["correlation"]["own orientation"]
    gain = own["fitted"]["value"] - own["handwritten"]["value"]
    assert own["gain"]["value"] == pytest.approx(gain)
    assert own["gain"]["units"] == 4
    assert {m["name"] for m in out["moved"]} == {"opposing_inhibition", "curve_radius"}
    assert out["constants"] == asdict(found.constants)


def test_help_has_examples(capsys):
    out = said(capsys, "--help")
    assert "For example:" in out
    assert out.count("curvecircuits artificial") >= 4
