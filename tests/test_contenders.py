"""What contenders do and how their answers are compared; peers where they are installed."""

import sys
from subprocess import run
from types import ModuleType

import numpy as np
import pytest
import torch
from networks import seeded
from torch import nn
from torch.nn import functional as F

from benchmarks import GOOGLENET, ROOT, SHARED, stand_ins
from benchmarks.contenders import captum, dreams, lucent, nnsight, ours, plain
from benchmarks.peers import environment
from benchmarks.workloads import edits, saliency, visualization
from curvecircuits.compare.image_figures import image_figures
from curvecircuits.models.ops import LocalResponseNorm
from curvecircuits.models.wrap import wrap

IMAGES = str(SHARED / "imagenet" / "images")
PEERS = ROOT / ".peers" / "pins.txt"


# -- contenders --------------------------------------------------------------------------------


def test_the_plain_module_normalises_as_torch_does():
    norm = LocalResponseNorm(channels=8, radius=2, k=1.0, alpha=2e-2, beta=0.75)
    network = wrap(nn.Sequential(seeded(nn.Conv2d, 3, 8, 3), norm), name="n", input_size=16)
    module = plain.plain_module(network)
    assert [type(x) for x in module.modules()].count(nn.LocalResponseNorm) == 1
    assert not [x for x in module.modules() if isinstance(x, LocalResponseNorm)]
    assert module.get_parameter("0.weight").is_contiguous()
    images = torch.rand(2, 3, 16, 16)
    own = network.run(images, layers=["1"])["1"]
    assert torch.allclose(plain.Prepared(network, module, contiguous=True)(images), own, atol=1e-6)
    assert not torch.allclose(network.run(images, layers=["0"])["0"], own, atol=1e-3)
    convolved = network.run(images, layers=["0"])["0"]
    assert torch.allclose(F.local_response_norm(convolved, 5, 0.1, 0.75, 1.0), own, atol=1e-6)


@pytest.mark.shared
def test_a_unit_of_a_concatenation_is_made_by_its_branch():
    from curvecircuits.catalog import load

    network = load("googlenet", weights=GOOGLENET)
    name, channel = plain.place_of(network, "3b:379")
    assert (name, channel) == ("mixed3b_5x5_pre_relu", 379 - 128 - 192)
    images = torch.rand(1, 3, 64, 64)
    values = network.run(images, layers=[name, "3b"])
    assert torch.equal(values[name][:, channel].relu(), values["3b"][:, 379])


def test_units_are_drawn_in_turns_until_all_are():
    asked: list[tuple[str, int]] = []

    def draw(unit: str, *, iters: int) -> np.ndarray:
        asked.append((unit, iters))
        return np.full((3, 2, 2), len(asked))

    task = dreams.in_turns(draw, ["a", "b", "c", "d"], {}, steps=9, a_run=2)
    assert task.items == 2
    assert task.warm is not None
    task.warm()
    assert asked == [("a", 1)]
    assert set(task.run()) == {"a", "b"}
    found = task.run()
    assert set(found) == {"a", "b", "c", "d"}
    task.run()
    assert asked[1:] == [(unit, 9) for unit in "abcdab"]
    assert dreams.in_turns(draw, ["a", "b", "c"], {}, steps=9, a_run=None).items == 3


def test_the_middle_of_a_map_is_what_is_raised():
    maps = torch.zeros(1, 4, 5, 6)
    maps[0, 2, 2, 3] = 7
    assert dreams._middle(2)([maps]).item() == -7
    assert dreams._middle(1)([maps]).item() == 0


@pytest.mark.shared
def test_ours_and_plain_passes_edit_alike():
    given = {
        "weights": str(GOOGLENET),
        "folder": IMAGES,
        "indices": [0, 166, 333],
        "layer": "mixed3b",
        "batch": 2,
    }
    models = {"edits": [[*range(300, 420)], [400], []]}
    answers = {
        "ours": ours.edits(**given, **models).run(),
        "plain passes": plain.edits(**given, **models).run(),
        edits._PLAIN_INTACT: plain.edits(**given, edits=[[]]).run(),
    }
    assert answers["ours"]["indices"].tolist() == [0, 166, 333]
    assert answers["ours"]["kl"].shape == (3, 3)
    assert "3 images" in edits._equal(answers)
    assert not answers["ours"]["kl"][2].any()
    assert answers["ours"]["kl"][:2].all()
    with pytest.raises(AssertionError, match="evenly"):
        ours.edits(**given | {"indices": [3, 4]}, **models)


# -- peers -------------------------------------------------------------------------------------


def test_what_is_not_needed_is_replaced_once():
    stand_ins.stand_ins("not_there", "not_there.within")
    try:
        import not_there.within as within  # pyright: ignore[reportMissingImports]
        from not_there.within import Figure  # pyright: ignore[reportMissingImports]

        assert isinstance(Figure, type)
        assert not hasattr(within, "__version__")
        first = sys.modules["not_there.within"]
        stand_ins.stand_ins("not_there.within")
        assert sys.modules["not_there.within"] is first
    finally:
        del sys.modules["not_there"], sys.modules["not_there.within"]


def test_what_is_imported_is_not_replaced():
    stand_ins.stand_ins("numpy")
    assert isinstance(np, ModuleType)
    assert sys.modules["numpy"] is np


@pytest.mark.shared
@pytest.mark.skipif(not PEERS.is_file(), reason="the peers are installed by `make bench`")
def test_peers_answer_as_ours_does():
    """In their own process: nnsight both ways, captum, one step of torch-dreams and lucent."""
    code = f"""
import warnings; warnings.simplefilter("ignore")
import numpy as np
from benchmarks.contenders import captum, dreams, lucent, nnsight, ours, plain
images = {{"weights": {str(GOOGLENET)!r}, "folder": {IMAGES!r}, "indices": [3, 400]}}
edited = {{**images, "layer": "mixed3b", "edits": [[358, 336], [400]]}}
want = plain.edits(**edited).run()["probabilities"]
for shared in (False, True):
    found = nnsight.edits(**edited, shared=shared).run()["probabilities"]
    assert np.abs(found - want).max() < 1e-5, "nnsight"
seen = {{**images, "unit": "3b:379", "position": [14, 14]}}
want = ours.saliency(**seen).run()["gradient"]
for kind in (False, True):
    found = captum.saliency(**seen, kind=kind, batch=1).run()["gradient"]
    assert np.abs(found - want).max() <= 1e-5 * np.abs(want).max(), "captum"
drawn = {{"weights": {str(GOOGLENET)!r}, "units": ["3b:358"], "steps": 2}}
assert dreams.visualization(**drawn).run()["3b:358"].shape == (3, 256, 256)
found = lucent.visualization(**drawn, folder={IMAGES!r}).run()
assert found["3b:358"].shape == (3, 128, 128)
assert found["difference"] < 1e-5
"""
    done = run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(threads=1),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_contenders_are_imported_without_their_packages():
    for module in (captum, dreams, lucent, nnsight):
        assert module.__doc__
    assert not {"captum", "torch_dreams", "lucent", "nnsight"} & set(sys.modules)


# -- checks ------------------------------------------------------------------------------------


def _scores(seed: int = 0):
    values = np.random.default_rng(seed).random((8, 4, 10)) + 0.01
    return (values / values.sum(-1, keepdims=True)).astype(np.float32)


def _answers(scores, **others):
    """Ours, as the scores of models make it, and others' scores; the first model is intact."""
    labels = np.arange(scores.shape[1]) % scores.shape[2]
    logs = [torch.from_numpy(each).double().log() for each in scores]
    figures = image_figures(logs, torch.from_numpy(labels))
    index = np.arange(scores.shape[1])
    found = {
        "ours": {**{n: v[1:] for n, v in figures.items()}, "labels": labels, "indices": index},
        edits._PLAIN_INTACT: {"probabilities": scores[:1], "indices": index},
    }
    for name, values in others.items():
        found[name] = {"probabilities": values[1:], "indices": np.arange(values.shape[1])}
    return found


def test_edits_of_the_same_scores_are_equal():
    scores = _scores()
    said = edits._equal(_answers(scores, plain=scores * (1 + 1e-7)))
    assert "plain by loss" in said
    assert "kl" in said
    assert "4 images" in said


def test_edits_on_other_images_are_compared_on_those_both_have():
    answers = _answers(_scores(), all=np.repeat(_scores(), 2, 1))
    answers["all"]["indices"] = np.array([0, 8, 1, 9, 2, 10, 3, 11])
    assert "4 images" in edits._equal(answers)
    answers["all"]["indices"] = np.arange(20, 28)
    with pytest.raises(AssertionError, match="no image"):
        edits._equal(answers)


def test_without_the_intact_network_there_is_no_divergence_to_compare():
    answers = _answers(_scores(), plain=_scores())
    del answers[edits._PLAIN_INTACT]
    assert "kl" not in edits._equal(answers)


def test_edits_that_differ_are_noticed():
    scores = _scores()
    other = scores.copy()
    other[3, 2, 2] *= 1 + 3e-4
    with pytest.raises(AssertionError, match=r"plain differs by .* in loss"):
        edits._equal(_answers(scores, plain=other))
    wrong = _answers(scores, plain=scores)
    wrong["ours"]["rank"] = wrong["ours"]["rank"] + 1
    with pytest.raises(AssertionError, match="in rank"):
        edits._equal(wrong)
    swapped = scores.copy()  # the true class keeps its place, two others change theirs
    swapped[3, 2, [5, 6]] = scores[3, 2, [6, 5]]
    with pytest.raises(AssertionError, match="in kl"):
        edits._equal(_answers(scores, plain=swapped))
    with pytest.raises(AssertionError, match="plain has 6 models"):
        edits._equal(_answers(scores, plain=scores[:-1]))
    with pytest.raises(AssertionError, match="change nothing"):
        edits._equal(_answers(np.repeat(scores[:1], 8, 0)))


def test_divergence_is_that_of_scipy():
    from scipy.stats import entropy

    p, q = _scores(0), _scores(1)
    assert edits.divergence(p, q) == pytest.approx(entropy(p, q, axis=-1), abs=1e-6)


def test_gradients_that_differ_are_noticed():
    one = np.random.default_rng(0).normal(size=(3, 3, 8, 8)).astype(np.float32)
    largest = np.abs(one).max()
    near, far = one.copy(), one.copy()
    near[1, 0, 2, 2] += 0.5e-5 * largest
    far[1, 0, 2, 2] += 2e-5 * largest
    said = saliency._equal({"ours": {"gradient": one}, "captum": {"gradient": near}})
    assert "captum by 5e-06" in said
    with pytest.raises(AssertionError, match="captum differs"):
        saliency._equal({"ours": {"gradient": one}, "captum": {"gradient": far}})
    with pytest.raises(AssertionError, match="captum has"):
        saliency._equal({"ours": {"gradient": one}, "captum": {"gradient": one[:2]}})
    with pytest.raises(AssertionError, match="nothing moves"):
        saliency._equal({"ours": {"gradient": 0 * one}})


def _marked(**readings):
    return {"3b:1": visualization.Mark(**({"centre": 1, "around": 5, "enlarged": 0} | readings))}


def test_ours_are_as_strong_only_if_at_every_reading():
    ours = _marked()
    assert visualization.as_strong(ours, _marked())
    assert visualization.as_strong(ours, _marked(around=4, enlarged=5))
    assert not visualization.as_strong(ours, _marked(centre=2))
    assert not visualization.as_strong(ours, _marked(around=6))
    assert not visualization.as_strong(ours, _marked(enlarged=6))
    # Only units that both have drawn count.
    more = ours | {"3b:2": visualization.Mark(centre=-9, around=-9, enlarged=-9)}
    assert visualization.as_strong(more, _marked())


def test_the_middle_of_a_larger_picture_is_judged():
    picture = torch.arange(3 * 10 * 6.0).reshape(3, 10, 6)
    assert torch.equal(visualization._middle(picture, 4), picture[:, 3:7, 1:5])
    assert torch.equal(visualization._middle(picture, 8), picture[:, 1:9])
    assert torch.equal(visualization._middle(picture, 12), picture)


@pytest.mark.shared
def test_weaker_pictures_are_noticed():
    """A grey picture is weaker than noise that the unit answers to, whoever made it."""
    made = ours.visualization(weights=str(GOOGLENET), units=["3b:358"], steps=12).run()
    grey = {"3b:358": np.full((3, 128, 128), 0.5, np.float32), "difference": np.array(0.0)}
    said = visualization._check({"ours": made, "torch-lucent": grey})
    assert "torch-lucent (1 units)" in said
    with pytest.raises(AssertionError, match="Ours is weaker than torch-lucent"):
        visualization._check({"ours": grey, "torch-lucent": made})


@pytest.mark.parametrize("module", [edits, saliency, visualization])
def test_workloads_begin_with_ours_and_name_what_can_be_imported(module):
    (workload,) = module.WORKLOADS
    assert workload.contenders[0].name == "ours"
    names = [each.name for each in workload.contenders]
    assert len(set(names)) == len(names)
    assert all(bound.of in names for bound in workload.bounds)
    for each in workload.contenders:
        where, _, function = each.task.partition(":")
        assert callable(getattr(sys.modules[where], function))
        assert set(each.quick) <= {*each.given, "batch"}
