"""Transplants: calibration by marginals, one pass over images, what comes back."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from networks import curve_classifier, family_of, planted, seeded
from PIL import Image
from torch import nn

from curvecircuits.claims import measure_claims
from curvecircuits.claims.evidence import Evidence
from curvecircuits.cli import main
from curvecircuits.compare import open_transplant, transplant
from curvecircuits.compare.transplants import Measured, check_transplant, evaluation
from curvecircuits.compare.transplants.calibration import halves_of
from curvecircuits.compare.transplants.candidates import SETS, candidates_for, exchanged, grey
from curvecircuits.compare.transplants.marginals import match_marginals
from curvecircuits.compare.transplants.place import Place
from curvecircuits.compare.transplants.recovered import class_changes, scores
from curvecircuits.compare.transplants.tally import estimates, tally
from curvecircuits.errors import InputError
from curvecircuits.families import Family, Taxonomy
from curvecircuits.families.family import relative_orientation
from curvecircuits.images import evenly
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import CurveGrid
from curvecircuits.store import read_table

ORIENTATIONS = [0.0, 45.0, 90.0, 135.0, 180.0, 225.0, 270.0, 315.0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Drawn curves of all orientations, in colour, as files."""
    root = tmp_path_factory.mktemp("curves") / "images"
    root.mkdir()
    grid = CurveGrid(orientations=tuple(range(0, 360, 20)), radii=(30, 60), tile=60, width=3)
    tints = np.random.default_rng(0).uniform(0.6, 1, (36, 3))
    drawn = [image for _, images in grid.batches(size=96) for image in images]
    for k, (image, tint) in enumerate(zip(drawn, tints, strict=True)):
        pixels = (image[0].numpy()[..., None] * tint * 255).astype(np.uint8)
        Image.fromarray(pixels).save(root / f"{k:02}.png")
    labels = "".join(f"{k:02}.png {k % 6}\n" for k in range(36))
    (root / "labels.txt").write_text(labels)
    return root


@pytest.fixture(scope="module")
def classifier():
    return curve_classifier(orientations=ORIENTATIONS)


@pytest.fixture(scope="module")
def family(classifier):
    return family_of(classifier, "body.mixed3b", ORIENTATIONS)


@pytest.fixture(scope="module")
def whole(classifier, family, folder, tmp_path_factory):
    """A whole run, and where it was kept."""
    out = tmp_path_factory.mktemp("whole") / "run"
    return transplant(classifier, family, folder, out=out, random=0), out


# -- the calibration rule ----------------------------------------------------------------------


def _samples(seed: int, *, shift: float, scale: float) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return shift + scale * torch.randn(4000, generator=generator)


@given(st.floats(-1.5, 1.5), st.floats(0.1, 20), st.floats(-50, 50), st.floats(0.01, 100))
def test_what_replaces_a_unit_fires_as_often_and_varies_as_much(shift, spread, own, width):
    natural = _samples(0, shift=shift * spread, scale=spread)
    candidate = _samples(1, shift=own, scale=width) ** 3 / width**2
    scale, offset = match_marginals(candidate, natural, clip=torch.relu)
    made = scale * candidate.double() + offset
    assert float((made > 0).double().mean()) == pytest.approx(
        float((natural > 0).double().mean()), abs=1e-3
    )
    assert float(made.relu().std()) == pytest.approx(float(natural.double().relu().std()), rel=1e-3)


def test_a_rectifier_that_saturates_is_matched_behind_it():
    natural = _samples(0, shift=1, scale=4)
    scale, offset = match_marginals(
        _samples(1, shift=0, scale=30), natural, clip=nn.functional.relu6
    )
    made = nn.functional.relu6(scale * _samples(1, shift=0, scale=30) + offset)
    assert float(made.std()) == pytest.approx(float(nn.functional.relu6(natural).std()), rel=1e-3)
    assert float(made.max()) == 6


def test_where_nothing_is_clipped_mean_and_deviation_are_matched():
    natural, candidate = _samples(0, shift=-3, scale=2), _samples(1, shift=9, scale=5)
    scale, offset = match_marginals(candidate, natural, clip=None)
    made = scale * candidate + offset
    assert (float(made.mean()), float(made.std())) == pytest.approx(
        (float(natural.mean()), float(natural.std())), rel=1e-3
    )


def test_the_rule_never_sees_which_sample_belongs_to_which():
    natural, candidate = _samples(0, shift=0, scale=1), _samples(1, shift=0, scale=1)
    order = torch.randperm(4000, generator=torch.Generator().manual_seed(2))
    assert match_marginals(candidate, natural, clip=torch.relu) == pytest.approx(
        match_marginals(candidate[order], natural, clip=torch.relu)
    )


@pytest.mark.parametrize("clip", [torch.relu, None])
def test_what_never_varies_replaces_a_unit_by_silence(clip):
    still = torch.zeros(100)
    moving = _samples(0, shift=0, scale=1)
    assert match_marginals(still, moving, clip=clip) == (0, 0)
    assert match_marginals(moving, still - 1, clip=torch.relu) == (0, 0)


def test_each_half_is_calibrated_on_the_other():
    for count in (2, 3, 7, 36, 5000):
        first, second = halves_of(count)
        assert set(first % 2) == {1}
        assert set(second % 2) == {0}
        assert max(first.max(), second.max()) < count
    assert len(np.unique(evenly(5000, 300))) == 300


# -- what is put in place ----------------------------------------------------------------------


@given(st.lists(st.integers(0, 359), min_size=4, max_size=24, unique=True), st.integers(0, 9))
def test_exchanged_orientations_are_all_far_off(orientations, seed):
    for order in exchanged(orientations, count=2, seed=seed):
        assert sorted(order) == [*range(len(orientations))]
        moved = [orientations[k] for k in order]
        away = np.abs(np.diag(relative_orientation(orientations, moved)))
        assert away.min() >= 45


def test_candidates_are_the_sets_asked_for(classifier, family):
    some = candidates_for(classifier, family, sets=("shuffled", "grey"), shuffles=2)
    assert some.names == ("transplanted", "shuffled/0", "shuffled/1", "grey")
    with pytest.raises(InputError, match="Nothing is called greyish"):
        candidates_for(classifier, family, sets=("greyish",))


def test_grey_images_have_one_channel_three_times():
    images = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    found = grey(images)
    assert torch.equal(found[:, 0], found[:, 2])
    torch.testing.assert_close(grey(found), found)


def test_a_place_reads_and_clips_its_units_as_the_network_does(classifier, family):
    channels = (5, 0, 3)
    place = Place(classifier, "body.mixed3b", channels)
    values = place.split.before(torch.rand(2, 3, 96, 96))
    raw = place.raw(values)
    assert torch.equal(place.clip(raw), values["body.mixed3b"][:, list(channels)])
    assert bool((raw < 0).any())


def test_units_of_a_layer_that_nothing_clips_are_replaced_too(folder):
    class Linear(nn.Module):
        def __init__(self):
            super().__init__()
            self.early = planted([0.0, 90.0, 180.0, 270.0]).module.get_submodule("0")
            self.curves = nn.Conv2d(32, 8, 9)
            self.scores = nn.Linear(8, 3)

        def forward(self, x):
            return self.scores(self.curves(self.early(x).relu()).square().mean((2, 3)))

    network = wrap(seeded(Linear), input_size=96, logits="scores")
    found = family_of(network, "curves", [0.0, 90.0, 180.0, 270.0])
    found = replace(found, units=tuple(replace(u, sign=-1) for u in found.units))
    result = transplant(network, found, folder, sets=("rescaled",), random=2)
    share = result.score("rescaled").recovered.kl
    assert share is not None
    assert share.value > 0.9
    assert [result.score(name).draws for name in ("random", "random_rms")] == [2, 2]


# -- the whole ---------------------------------------------------------------------------------


def test_a_family_written_by_hand_comes_back_and_no_control_does(whole):
    """The classifier's own curve units are artificial: the transplant is the units themselves."""
    result, _ = whole
    share = result.score("transplanted").recovered.kl
    assert share.low > 0.99
    for name in ("shuffled", "turned90", "turned180", "lines", "edges"):
        assert result.score(name).recovered.kl.value < 0.6
        assert result.score(name).behind.above(0.1)
    assert result.score("right").recovered.kl.value > 0.9
    assert {s.name for s in result.scores} >= {*SETS}


def test_intact_and_ablated_are_the_ends_of_the_scale(whole):
    result, _ = whole
    assert result.score("intact").kl.value == 0
    assert result.score("intact").recovered.kl.value == 1
    assert result.score("ablated").recovered.kl.value == 0
    assert result.score("mean_ablated").recovered.kl_vs_mean.value == 0
    assert result.score("ablated").kl.value > 0


def test_scores_are_those_of_the_edited_network_itself(classifier, whole, folder):
    from curvecircuits.images import framing_for, label_indices, load_batch, open_images
    from curvecircuits.models.edit import edit
    from curvecircuits.models.edits import ZeroUnits

    result, _ = whole
    images = open_images(folder)
    labels = torch.from_numpy(label_indices(classifier, images).indices)
    pixels = load_batch(images, [*range(36)], framing=framing_for(classifier)).pixels
    intact = classifier.run(pixels, layers=["scores"])["scores"].double().log_softmax(1)
    units = [("body.mixed3b", c) for c in range(8)]
    with edit(classifier, ZeroUnits(units=units)) as edited:
        ablated = edited.run(pixels, layers=["scores"])["scores"].double().log_softmax(1)
    kl = (intact.exp() * (intact - ablated)).sum(1).mean()
    assert result.score("ablated").kl.value == pytest.approx(float(kl), rel=1e-4)
    for name, found in (("intact", intact), ("ablated", ablated)):
        score = result.score(name)
        assert score.loss == pytest.approx(float(-found[range(36), labels].mean()), rel=1e-5)
        assert score.top1 == pytest.approx(float((found.argmax(1) == labels).double().mean()))
        top5 = (found.topk(5).indices == labels[:, None]).any(1).double().mean()
        assert score.top5 == pytest.approx(float(top5))


def test_the_folder_reopens_as_record_and_as_table(whole):
    result, out = whole
    assert open_transplant(out) == result
    table = read_table(out / "images.parquet", schema="curvecircuits.transplant-images/1")
    assert len(table["name"]) == 36
    assert float(np.mean(table["transplanted.kl"])) == pytest.approx(
        result.score("transplanted").kl.value
    )
    with pytest.raises(InputError, match="cannot be read"):
        open_transplant(out / "nothing")


def test_an_interrupted_run_goes_on_and_ends_the_same(
    classifier, family, folder, whole, tmp_path, monkeypatch
):
    result, _ = whole
    before = evaluation.Evaluator.compute
    done = []

    def interrupted(self, chunk, loaded):
        if len(done) == 1:
            raise KeyboardInterrupt
        done.append(chunk)
        return before(self, chunk, loaded)

    monkeypatch.setattr(evaluation.Evaluator, "compute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        transplant(classifier, family, folder, out=tmp_path / "run", random=0)
    monkeypatch.setattr(evaluation.Evaluator, "compute", before)
    assert transplant(classifier, family, folder, out=tmp_path / "run", random=0) == result


def test_batches_of_another_size_give_the_same_counts_and_nearly_the_same_numbers(
    classifier, family, folder, whole
):
    result, _ = whole
    other = transplant(classifier, family, folder, random=0, batch=7)
    for one, two in zip(result.scores, other.scores, strict=True):
        assert (one.name, one.top1, one.top5) == (two.name, two.top1, two.top5)
        assert one.loss == pytest.approx(two.loss, abs=1e-5)
        assert one.kl.value == pytest.approx(two.kl.value, abs=1e-5)


def test_other_images_can_calibrate(classifier, family, folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for k, path in enumerate(sorted(folder.glob("*.png"))[::2]):
        with Image.open(path) as image:
            image.rotate(90).save(other / f"{k}.png")
    result = transplant(classifier, family, folder, calibration=other, sets=(), random=0)
    assert result.calibration_images == (18,)
    assert result.score("transplanted").recovered.kl.value > 0.9
    with pytest.raises(InputError, match="cannot be taken from the images"):
        transplant(classifier, family, folder, calibration=folder)


def test_images_without_classes_have_a_divergence_and_no_accuracy(
    classifier, family, folder, tmp_path
):
    bare = tmp_path / "bare"
    bare.mkdir()
    for path in sorted(folder.glob("*.png"))[:8]:
        (bare / path.name).write_bytes(path.read_bytes())
    (bare / "broken.png").write_bytes(b"\x89PNG\r\n")
    result = transplant(classifier, family, bare, sets=(), random=2)
    score = result.score("ablated")
    assert (result.images, result.labelled, result.skipped_count) == (8, 0, 1)
    assert (score.top1, score.loss, score.recovered.loss) == (None, None, None)
    assert score.kl.value > 0
    assert result.skipped[0].name == "broken.png"
    assert json.loads(json.dumps(result.unlabelled))


def test_refusals_are_one_sentence(classifier, family, folder, tmp_path):
    with pytest.raises(InputError, match="at least 2 images"):
        transplant(classifier, family, folder, limit=1)
    with pytest.raises(InputError, match="no curve family"):
        transplant(classifier, replace(family, layer=None, units=()), folder)
    scoreless = planted([0.0, 90.0, 180.0, 270.0])
    with pytest.raises(InputError, match="no layer of class scores"):
        transplant(scoreless, family_of(scoreless, "3", [0.0, 90.0]), folder)


# -- sums and shares ---------------------------------------------------------------------------


def _chunk(kl: np.ndarray, *, label: int = 0) -> dict[str, np.ndarray]:
    count = kl.shape[1]
    return {
        "kl": kl,
        "loss": kl + 1,
        "rank": np.zeros(kl.shape, dtype=np.int32),
        "label": np.full(count, label),
        "read": np.ones(count, dtype=bool),
        "reason": np.array([""] * count),
    }


def test_sums_do_not_depend_on_how_images_are_cut():
    kl = np.random.default_rng(0).exponential(size=(3, 100))
    names = ["intact", "ablated", "transplanted"]
    one = tally([_chunk(kl)], names, classes=3)
    many = tally([_chunk(kl[:, k : k + 9]) for k in range(0, 100, 9)], names, classes=3)
    np.testing.assert_allclose(one.sums, many.sums)
    np.testing.assert_allclose(one.classes, many.classes)
    assert (one.read, one.labelled) == (100, 100)


def test_a_share_has_an_interval_that_covers_it_and_is_paired():
    """All images agree on the share, however much they differ: the paired interval is narrow."""
    cost = np.random.default_rng(0).exponential(size=200)
    kl = np.stack([0 * cost, cost, cost * 1.1, 0.25 * cost, 0.5 * cost])
    names = ["intact", "ablated", "mean_ablated", "transplanted", "lines"]
    found = scores(estimates(tally([_chunk(kl)], names, classes=1)), images=200)
    share = found[3].recovered.kl
    assert (share.value, share.low, share.high) == pytest.approx((0.75, 0.75, 0.75))
    assert found[4].behind.value == pytest.approx(0.25)
    assert found[1].kl.high - found[1].kl.low > 0.1


def test_no_share_is_given_of_a_cost_that_may_be_none():
    noise = np.random.default_rng(0).normal(size=(1, 200))
    kl = np.concatenate([0 * noise, noise * 0 + 1, noise * 0 + 1, noise * 0 + 0.5])
    chunk = _chunk(kl) | {"loss": np.concatenate([0 * noise, noise - noise.mean(), noise, noise])}
    names = ["intact", "ablated", "mean_ablated", "transplanted"]
    found = scores(estimates(tally([chunk], names, classes=1)), images=200)
    assert found[3].recovered.loss is None
    assert found[3].recovered.top1 is None
    assert found[3].recovered.kl.value == pytest.approx(0.5)


def test_the_mean_of_draws_is_reported_as_one():
    kl = np.array([[0.0], [1], [1], [0.2], [0.4]]) * np.ones(50)
    names = ["intact", "ablated", "mean_ablated", "random/0", "random/1"]
    *_, random = scores(estimates(tally([_chunk(kl)], names, classes=1)), images=50)
    assert (random.name, random.draws, random.kl.value) == ("random", 2, pytest.approx(0.3))
    assert random.recovered.kl is None
    assert random.behind is None


def test_classes_are_spoken_of_from_twenty_images_on():
    kl = np.array([[0.0], [1], [1], [0.3]]) * np.ones(19)
    names = ["intact", "ablated", "mean_ablated", "transplanted"]
    chunks = [_chunk(kl, label=0), _chunk(kl, label=2), _chunk(kl[:, :1], label=2)]
    found = class_changes(tally(chunks, names, classes=3), {2: "two"})
    assert [(c.index, c.name, c.images) for c in found] == [(2, "two", 20)]
    assert found[0].kl["transplanted"] == pytest.approx(0.3)
    assert "mean_ablated" not in found[0].kl


def test_nothing_read_is_an_error():
    chunk = _chunk(np.zeros((1, 4))) | {"read": np.zeros(4, dtype=bool)}
    with pytest.raises(InputError, match="nothing to evaluate"):
        tally([chunk], ["intact"], classes=1)


# -- the claims --------------------------------------------------------------------------------

_CLAIMS = ("family-matters", "transplant-recovers", "transplant-is-specific", "gap-is-grey")


def _evidence(classifier, family, transplanted):
    """What claims about a transplant are measured on; they ask for nothing else."""
    curves = Family(
        name="curve",
        layer=family.layer,
        channels=tuple(u.channel for u in family.units),
        orientations=tuple(u.orientation for u in family.units),
        period=360,
    )
    taxonomy = Taxonomy(
        model=classifier.name,
        model_hash=classifier.model_hash,
        layers=(family.layer,),
        curve_layer=family.layer,
        labels=(),
        seed=0,
    )
    return Evidence(
        network=classifier,
        curves=curves,
        radius=50.0,
        taxonomy=taxonomy,
        search=family,
        transplant=transplanted,
    )


def test_claims_read_the_transplant_and_its_controls(classifier, family, whole):
    result, _ = whole
    table = measure_claims(
        classifier, evidence=_evidence(classifier, family, result), claims=_CLAIMS
    )
    found = {c.id: c for c in table.claims}
    assert found["transplant-recovers"].holds is True
    assert found["transplant-recovers"].measured == result.score("transplanted").recovered.kl.value
    assert found["transplant-is-specific"].holds is True
    assert found["gap-is-grey"].holds is not True
    assert all(c.permuted is None for c in found.values())


def test_a_transplant_that_does_worse_than_a_control_fails_its_claims(classifier, family, whole):
    result, _ = whole
    worse = {
        "transplanted": result.score("turned180"),
        "lines": replace(result.score("lines"), behind=Measured(value=-0.5, low=-0.7, high=-0.3)),
    }
    exchanged_ = tuple(
        replace(worse.get(s.name, s), name=s.name) for s in result.scores if s.name != "shuffled"
    )
    evidence = _evidence(classifier, family, replace(result, scores=exchanged_))
    table = measure_claims(classifier, evidence=evidence, claims=_CLAIMS)
    found = {c.id: c.holds for c in table.claims}
    assert found["transplant-recovers"] is False
    assert found["transplant-is-specific"] is False


def test_without_a_transplant_its_claims_say_how_to_make_one(classifier, family):
    table = measure_claims(classifier, evidence=_evidence(classifier, family, None), claims=_CLAIMS)
    assert {c.holds for c in table.claims} == {None}
    assert all("curvecircuits transplant" in c.note for c in table.claims)


def test_a_transplant_of_another_network_is_refused(classifier, whole):
    result, _ = whole
    check_transplant(classifier, result)
    with pytest.raises(InputError, match="other parameters"):
        check_transplant(planted([0.0, 180.0]), result)


# -- the command -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A user's own file that makes the classifier."""
    path = tmp_path_factory.mktemp("model") / "own.py"
    path.write_text(
        "from networks import curve_classifier\n"
        f"def make():\n    return curve_classifier(orientations={ORIENTATIONS})\n"
    )
    return f"{path}:make"


def test_the_command_prints_what_it_promises(model, folder, tmp_path, capsys):
    given_ = ["transplant", "--model", model, "--images", str(folder), "--layer", "body.mixed3b"]
    assert main([*given_, "--json", "--random", "2", "--out", str(tmp_path / "run")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["images"] == 36
    assert len(found["family"]) == 8
    assert found["random"] is None  # there are no other units in this layer
    for name in ("intact", "ablated", "mean_ablated", "transplanted"):
        assert {"top1", "top5", "loss", "kl"} <= found[name].keys()
    assert found["controls"].keys() == {"shuffled", "turned90", "turned180", "lines", "edges"}
    assert found["ceilings"].keys() >= {"grey", "right", "rescaled"}
    back = found["recovered"]
    assert back["kl_interval"][0] <= back["kl"] <= back["kl_interval"][1]
    assert back["kl_vs_mean"] > 0.9
    assert {"loss", "loss_interval"} <= back.keys()
    assert open_transplant(tmp_path / "run").images == 36


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--images", "nowhere"], "nowhere"),
        (["--images", "{folder}", "--limit", "1"], "limit"),
        (["--images", "{folder}", "--engine", "slurm"], "engine"),
        (["--images", "{folder}", "--calibration", "nowhere"], "nowhere"),
        (["--images", "{folder}", "--labels", "nowhere"], "nowhere"),
        ([], "images"),
    ],
)
def test_the_command_refuses_in_one_sentence(model, folder, options, says, capsys):
    filled = [option.format(folder=folder) for option in options]
    assert main(["transplant", "--model", model, "--layer", "body.mixed3b", *filled]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert says in lines[-1]
    assert "Traceback" not in "".join(lines)
