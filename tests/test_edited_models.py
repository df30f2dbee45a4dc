"""Edited models on photographs: one pass, figures with intervals, folders that are gone on with."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import curvecircuits as cc
from curvecircuits.cli import main
from curvecircuits.compare.edited_models import evaluation
from curvecircuits.compare.edited_models.classes import class_shifts
from curvecircuits.compare.edited_models.evaluation import EditsEvaluation
from curvecircuits.compare.edited_models.records import EditedModels
from curvecircuits.compare.transplants.tally import tally
from curvecircuits.errors import InputError
from curvecircuits.images import framing_for, label_indices, load_batch, open_images
from curvecircuits.models.edits import (
    KeepInputs,
    ReplaceUnits,
    ReplaceWeights,
    ScaleUnits,
    SetUnits,
    ZeroUnits,
)
from curvecircuits.store import dump, json_schema

HUES = ("blue", "green", "red")
EACH = 22
SIZE = 32


class Hues(nn.Module):
    def __init__(self):
        super().__init__()
        self.sees = nn.Conv2d(3, 4, 3, padding=1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.scores = nn.Linear(4, 3)

    def forward(self, x):
        return self.scores(self.pool(self.relu(self.sees(x))).mean((2, 3)))


def hues() -> cc.Network:
    """Three units, each of which sees more of one colour than of the others, and one unread."""
    module = Hues()
    with torch.no_grad():
        module.sees.weight[:] = 0
        module.sees.bias[:] = 0
        for unit, colour in enumerate((2, 1, 0)):
            module.sees.weight[unit, :, 1, 1] = -0.5
            module.sees.weight[unit, colour, 1, 1] = 1
        module.sees.weight[3, :, 1, 1] = 1
        module.scores.weight[:] = 12 * torch.eye(3, 4)
        module.scores.bias[:] = torch.tensor([0.2, 0.1, 0.0])
    return cc.wrap(module, name="hues", input_size=SIZE, logits="scores")


HERE = f"{Path(__file__).resolve()}:hues"


def seen(unit: int) -> list[tuple[str, int]]:
    return [("relu", unit)]


EDITS = {
    "no red": [ZeroUnits(units=seen(2))],
    "less/red": [ScaleUnits(units=seen(2), factor=0.5), ScaleUnits(units=seen(2), factor=0.9)],
    "unread": [ZeroUnits(units=seen(3))],
    "as it is": [ScaleUnits(units=seen(0), factor=1)],
    "nothing": [],
    "blind": [KeepInputs(targets=[("scores", 0)], source="pool", channels=[])],
}


@pytest.fixture(scope="module")
def network():
    return hues()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Noise with a tint, some of which is hard to tell."""
    root = tmp_path_factory.mktemp("hues") / "images"
    rng = np.random.default_rng(0)
    for k, hue in enumerate(HUES):
        (root / hue).mkdir(parents=True)
        for n in range(EACH):
            pixels = rng.uniform(0, 160, (40, 40, 3))
            pixels[..., 2 - k] += rng.uniform(-10, 90)
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(root / hue / f"{n:02}.png")
    return root


@pytest.fixture(scope="module")
def whole(network, folder, tmp_path_factory):
    """A whole run, and where it was kept."""
    out = tmp_path_factory.mktemp("whole") / "run"
    return cc.evaluate_edits(network, EDITS, folder, out=out, batch=16), out


def answers(network, folder, edits):
    """Log-probabilities of the edited network by itself, and the true classes."""
    images = open_images(folder)
    pixels = load_batch(images, [*range(len(images))], framing=framing_for(network)).pixels
    with cc.edit(network, *edits):
        scores = network.run(pixels, layers=["scores"])["scores"]
    labels = torch.from_numpy(label_indices(network, images).indices)
    return scores.double().log_softmax(1), labels


# -- figures -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["intact", *EDITS])
def test_figures_are_those_of_the_edited_network_by_itself(network, folder, whole, name):
    result, out = whole
    intact, labels = answers(network, folder, [])
    found, _ = answers(network, folder, EDITS.get(name, []))
    model = result.model_of(name)
    rows = range(len(labels))
    right = [(scores.argmax(1) == labels).double() for scores in (found, intact)]
    loss = [-scores[rows, labels] for scores in (found, intact)]
    kl = (intact.exp() * (intact - found)).sum(1)
    assert model.top1.value == pytest.approx(float(right[0].mean()))
    assert model.top1_change.value == pytest.approx(float((right[0] - right[1]).mean()))
    assert model.top5.value == 1
    assert model.loss.value == pytest.approx(float(loss[0].mean()), rel=1e-4)
    assert model.loss_change.value == pytest.approx(float((loss[0] - loss[1]).mean()), abs=1e-4)
    assert model.kl.value == pytest.approx(float(kl.mean()), abs=1e-5)
    figures = cc.open_image_figures(out)
    row = figures.models.index(name)
    np.testing.assert_allclose(figures.kl[row], kl, atol=1e-5)
    np.testing.assert_allclose(figures.loss[row], loss[0], atol=1e-4)
    assert (figures.rank[row] == 0).tolist() == right[0].bool().tolist()
    assert figures.index.tolist() == [*rows]
    assert figures.label.tolist() == labels.tolist()


def test_an_edit_that_changes_nothing_costs_nothing_for_sure(whole):
    result, _ = whole
    for name in ("unread", "as it is", "nothing"):
        model = result.model_of(name)
        for found in (model.kl, model.top1_change, model.loss_change):
            error = 0 if name == "nothing" else 1e-7  # sums in another order
            assert np.abs([found.value, found.low, found.high]).max() <= error
        assert not model.classes


def test_what_an_edit_takes_is_shown_and_where(whole):
    result, _ = whole
    assert 0.8 < result.intact.top1.value < 1
    model = result.model_of("no red")
    assert model.kl.above()
    assert model.loss_change.above()
    assert model.top1_change.high < -0.1
    red, *others = model.classes
    assert (red.name, red.images) == ("red", EACH)
    assert red.top1_change.high < -0.5
    assert all(red.kl.low > other.kl.high for other in others)
    assert all(other.top1_change.high >= 0 for other in others)
    assert result.model_of("blind").classes[0].name == "blue"
    assert model.edits == ("The activation of relu:2 is set to 0.",)


def test_changes_are_compared_image_by_image(whole):
    """The accuracy of both moves with the images that are drawn; what is between them less."""
    result, _ = whole
    model, intact = result.model_of("less/red"), result.intact
    wide = (model.loss.high - model.loss.low) + (intact.loss.high - intact.loss.low)
    assert model.loss_change.high - model.loss_change.low < 0.8 * wide


def test_intervals_cover_what_they_should():
    """Of one class, over many draws of as many images."""
    covered = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        kl = np.stack([np.zeros(40), rng.exponential(0.3, 40)])
        chunk = {
            "kl": kl,
            "loss": kl,
            "rank": np.zeros((2, 40), dtype=np.int32),
            "label": np.ones(40, dtype=np.int64),
            "read": np.arange(40) >= 0,
        }
        sums = tally([chunk], ["intact", "a"], classes=2)
        (_, ((shift),)) = class_shifts(sums, [chunk], {1: "one"})
        assert (shift.name, shift.images) == ("one", 40)
        covered += shift.kl.low <= 0.3 <= shift.kl.high
    assert 50 <= covered <= 60


def test_few_images_of_a_class_say_nothing_of_it(network, folder):
    result = cc.evaluate_edits(network, {"no red": EDITS["no red"]}, folder, limit=30)
    assert result.images == 30
    assert not result.models[0].classes
    assert "nothing is said of single classes" in result.notes[-1]


# -- folders -----------------------------------------------------------------------------------


def test_the_record_reopens(whole):
    result, out = whole
    assert cc.open_edited_models(out) == result
    data = json.loads((out / "edited_models.json").read_text())
    assert data["schema"] == "curvecircuits.edited_models/1"
    assert set(dump(result)) == set(json_schema(EditedModels)["properties"])


def test_a_killed_run_goes_on_and_ends_the_same(network, folder, whole, tmp_path, monkeypatch):
    result, out = whole
    before, done = evaluation.EditsEvaluator.compute, []

    def killed(self, chunk, loaded):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(chunk)
        return before(self, chunk, loaded)

    monkeypatch.setattr(evaluation.EditsEvaluator, "compute", killed)
    with pytest.raises(KeyboardInterrupt):
        cc.evaluate_edits(network, EDITS, folder, out=tmp_path / "run", batch=16)
    with pytest.raises(InputError, match="not done"):
        cc.open_image_figures(tmp_path / "run")
    monkeypatch.setattr(
        evaluation.EditsEvaluator,
        "compute",
        lambda self, chunk, loaded: done.append(chunk) or before(self, chunk, loaded),
    )
    again = cc.evaluate_edits(network, EDITS, folder, out=tmp_path / "run", batch=16)
    assert again == result
    assert done == [0, 1, 2, 3, 4]
    one, other = (cc.open_image_figures(place) for place in (out, tmp_path / "run"))
    for name in ("loss", "rank", "kl"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize(
    "other",
    [
        {**EDITS, "no red": [ZeroUnits(units=seen(1))]},
        {**EDITS, "no red": [SetUnits(units=seen(2), values=[0.0])]},
        dict(reversed(EDITS.items())),
        {**EDITS, "one more": []},
    ],
)
def test_a_folder_of_other_edits_is_refused(network, folder, whole, other):
    result, out = whole
    with pytest.raises(InputError, match=r"another run, whose settings\.edits"):
        cc.evaluate_edits(network, other, folder, out=out, batch=16)
    assert cc.open_edited_models(out) == result


def test_edits_of_other_numbers_are_told_apart(network, folder, tmp_path):
    kernel = network.state["sees.weight"].clone()
    edits = {"kernel": [ReplaceWeights(name="sees.weight", tensor=kernel)]}
    assert cc.evaluate_edits(network, edits, folder, out=tmp_path).models[0].kl.value == 0
    kernel[0, 0, 0, 0] += 1
    edits = {"kernel": [ReplaceWeights(name="sees.weight", tensor=kernel)]}
    with pytest.raises(InputError, match="another run"):
        cc.evaluate_edits(network, edits, folder, out=tmp_path)
    fresh = cc.evaluate_edits(network, edits, folder, out=tmp_path, fresh=True)
    assert fresh.models[0].kl.above()


def test_a_network_under_edits_is_another(network, folder, tmp_path):
    edits = {"no red": EDITS["no red"]}
    cc.evaluate_edits(network, edits, folder, out=tmp_path, limit=6)
    with cc.edit(network, ZeroUnits(units=seen(0))):
        found = cc.evaluate_edits(network, edits, folder, limit=6)
        assert found.intact.kl.value == 0
        with pytest.raises(InputError, match=r"settings\.network"):
            cc.evaluate_edits(network, edits, folder, out=tmp_path, limit=6)


def test_batches_of_another_size_give_nearly_the_same_numbers(network, folder, whole):
    result, _ = whole
    other = cc.evaluate_edits(network, EDITS, folder, batch=7)
    for one, two in zip(result.models, other.models, strict=True):
        assert (one.name, one.top1, one.top5) == (two.name, two.top1, two.top5)
        assert one.loss.value == pytest.approx(two.loss.value, abs=1e-5)
        assert one.kl.value == pytest.approx(two.kl.value, abs=1e-5)


def test_another_process_computes_the_same(network, folder):
    """A job is pickled to be sent there, networks that units are taken from with it."""
    images = open_images(folder)
    donor = ReplaceUnits(units=seen(0), by=network, by_units=seen(1))
    job = EditsEvaluation(
        network=network,
        models=("red", "donated"),
        edits=(tuple(EDITS["no red"]), (donor,)),
        images=images,
        indices=np.arange(10),
        labels=label_indices(network, images).indices[:10],
        framing=framing_for(network),
        batch=8,
    )
    there = pickle.loads(pickle.dumps(job))
    (_, (again,)) = there.edits
    assert again.by is there.network
    here, far = ((w := each.open()).compute(1, w.load(1)) for each in (job, there))
    assert here["kl"].shape == (3, 2)
    for name, values in here.items():
        assert np.array_equal(values, far[name])


# -- what cannot be used -----------------------------------------------------------------------


def test_images_without_classes_have_a_divergence_alone(network, folder, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    for k, path in enumerate(sorted(folder.glob("*/*.png"))[::5]):
        (bare / f"{k}.png").write_bytes(path.read_bytes())
    (bare / "broken.png").write_bytes(b"\x89PNG\r\n")
    result = cc.evaluate_edits(network, EDITS, bare)
    model = result.model_of("no red")
    assert (result.images, result.labelled, result.skipped_count) == (14, 0, 1)
    assert result.skipped[0].name == "broken.png"
    assert (model.top1, model.loss, model.top1_change, model.classes) == (None, None, None, ())
    assert model.kl.above()
    assert any("14 of 14 images have no class" in note for note in result.notes)


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        ({}, "nothing to evaluate"),
        ({"intact": []}, "give the edited model another name"),
        ({" ": []}, "no name of a model"),
        ({1: []}, "no name of a model"),
        ([EDITS["no red"]], "nothing to evaluate"),
        ({"a": EDITS["no red"][0]}, "give \\[edit\\]"),
        ({"a": [ZeroUnits(units=[("relu", 9)])]}, "The model 'a' cannot be made: .*no unit"),
        ({"b": [], "a": ["zero"]}, "The model 'a' cannot be made: A str is no edit"),
    ],
)
@pytest.mark.usefixtures("unannotated")
def test_edits_that_cannot_be_used_are_refused(network, folder, edits, says):
    with pytest.raises(InputError, match=says):
        cc.evaluate_edits(network, edits, folder)


def test_images_and_networks_that_cannot_be_used_are_refused(network, folder, tmp_path):
    edits = {"no red": EDITS["no red"]}
    with pytest.raises(InputError, match="at least 2 images"):
        cc.evaluate_edits(network, edits, folder, limit=1)
    with pytest.raises(InputError, match="cannot be listed"):
        cc.evaluate_edits(network, edits, tmp_path / "nowhere")
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.png").write_bytes((folder / "red" / "00.png").read_bytes())
    with pytest.raises(InputError, match="holds 1 images"):
        cc.evaluate_edits(network, edits, tmp_path / "one")
    scoreless = cc.wrap(network.module, input_size=SIZE)
    with pytest.raises(InputError, match="no layer of class scores"):
        cc.evaluate_edits(scoreless, edits, folder)


def test_folders_of_something_else_are_refused(whole, tmp_path):
    result, out = whole
    with pytest.raises(InputError, match="cannot be read"):
        cc.open_edited_models(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        cc.open_image_figures(tmp_path)
    manifest = json.loads((out / "manifest.json").read_text()) | {"kind": "transplant"}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=r"another kind \(transplant\)"):
        cc.open_image_figures(tmp_path)
    with pytest.raises(InputError, match="No edited model is called 'no blue'"):
        result.model_of("no blue")


# -- lists of edits as JSON, and the command ---------------------------------------------------


def test_lists_of_edits_come_back_from_json(network):
    kernel = torch.randn(4, 3, 3, 3)
    donor = ReplaceUnits(units=seen(0), by=network, by_units=seen(1))
    lists = {
        **EDITS,
        "kernel": [ReplaceWeights(name="sees.weight", tensor=kernel)],
        "donated": [donor],
    }
    text = cc.edit_lists_to_json(lists)
    again = cc.edit_lists_from_json(text, networks={network.model_hash: network})
    assert [*again] == [*lists]
    assert cc.edit_lists_to_json(again) == text
    assert torch.equal(again["kernel"][0].tensor, kernel)
    whole = {"one": json.loads(cc.edits_to_json(EDITS["no red"]))}
    assert cc.edit_lists_from_json(json.dumps(whole)) == {"one": tuple(EDITS["no red"])}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "no JSON"),
        ("[]", "a list for each by its name"),
        (cc.edits_to_json(EDITS["no red"]), "a list for each by its name"),
        ('{"a": [], "b": [], "a": []}', "have 'a' twice"),
        ('{"a": [{"kind": "Cut", "fields": {}}]}', "edits of 'a' cannot be read: 'Cut' is no edit"),
        ('{"a": 3}', "edits of 'a' cannot be read"),
    ],
)
def test_lists_that_cannot_be_read_are_refused(text, says):
    with pytest.raises(InputError, match=says):
        cc.edit_lists_from_json(text)


@pytest.fixture
def models(tmp_path):
    path = tmp_path / "models.json"
    path.write_text(cc.edit_lists_to_json(EDITS))
    return path


def test_the_command_prints_a_table(folder, models, tmp_path, capsys):
    tokens = ["--model", HERE, "--images", str(folder), "--edits", str(models)]
    assert main(["evaluate", *tokens, "--batch", "16", "--out", str(tmp_path / "run")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("6 edited models of hues on 66 images")
    assert lines[2].split("  ")[0] == "model"
    assert lines[2].split("  ")[-1] == "KL"
    (row,) = (line for line in lines if line.startswith("unread"))
    assert row.endswith("0.0000 [0.0000, 0.0000]")
    assert row.count("[") == 5
    assert any(line.startswith("no red") and " red " in line for line in lines)
    found = cc.open_edited_models(tmp_path / "run")
    assert found.model_of("no red").kl.above()


def test_the_command_writes_json(folder, models, whole, capsys):
    tokens = ["--model", HERE, "--images", str(folder), "--edits", str(models)]
    assert main(["evaluate", *tokens, "--batch", "16", "--json"]) == 0
    found, (result, _) = json.loads(capsys.readouterr().out), whole
    assert found["models"] == json.loads(json.dumps(dump(result)))["models"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": [], "a": []}', "'a' twice"),
        ('{"intact": []}', "another name"),
        ("{}", "nothing to evaluate"),
        (None, "cannot be read"),
    ],
)
def test_the_command_refuses_in_one_sentence(folder, tmp_path, capsys, text, says):
    path = tmp_path / "models.json"
    if text is not None:
        path.write_text(text)
    tokens = ["evaluate", "--model", HERE, "--images", str(folder), "--edits", str(path)]
    assert main(tokens) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err.splitlines()[-1]


def test_the_command_explains_itself(capsys):
    assert main(["evaluate", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "For example:" in shown
    assert shown.count("curvecircuits evaluate") >= 2
