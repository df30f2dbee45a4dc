"""The frame of the benchmarks: workers, races, and the counting of work. The peers are not run."""

import importlib
import inspect
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import bars
from benchmarks.growth import LINES, exponent, grown
from benchmarks.machine import measured_machine
from benchmarks.race import WorkerError, race, spread, worker
from benchmarks.records import Benchmarks, Growth, Machine, Rate
from benchmarks.tables import markdown, text, time_of
from benchmarks.work import counted, share, shortest
from benchmarks.workloads import Bound, Contender, Workload, workloads
from curvecircuits.store import dump, load

ROOT = Path(__file__).parents[1]
ALL = {w.name: w for w in workloads()}
MACHINE = Machine(
    cpu="none",
    cores=1,
    threads=1,
    memory_gb=1.0,
    device="cpu",
    python="3.11",
    torch="2",
    matrix_products=(Rate(what="small", gflops=1.0), Rate(what="large", gflops=2.0)),
    convolutions=(Rate(what="one", gflops=1.0),),
    copy_gbs=4.0,
)


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    """Workers find the contenders of `benchmark_tasks`."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


def contender(name: str, function: str, **given) -> Contender:
    return Contender(name=name, task=f"benchmark_tasks:{function}", given=given)


def workload(*contenders: Contender, **options) -> Workload:
    options = {"check": lambda answers: f"{len(answers)} answers."} | options
    return Workload(name="trial", title="A trial", item="nap", contenders=contenders, **options)


# -- races -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        return race(
            workload(
                contender("ours", "sleeping", seconds=0.12, items=4),
                contender("slower", "sleeping", seconds=0.36, items=2),
                bounds=(
                    Bound(number="0.1", what="faster", of="slower", least=3),
                    Bound(number="0.2", what="much faster", of="slower", least=50),
                    Bound(number="0.3", what="quick", of="ours", reads="total", most=0.1),
                ),
            ),
            rounds=3,
            threads=1,
        )


def test_contenders_are_compared_per_item(found):
    ours, slower = found.contenders
    assert ours.each.median == pytest.approx(0.03, rel=0.5)
    assert slower.each.median == pytest.approx(0.18, rel=0.5)
    assert len(ours.seconds) == len(slower.seconds) == 3
    assert slower.ratio.median == pytest.approx(6, rel=0.5)
    assert slower.ratio.low <= slower.ratio.median <= slower.ratio.high
    assert ours.ratio is None
    assert found.said == "2 answers."


def test_bounds_are_decided(found):
    assert [bound.ok for bound in found.bounds] == [True, False, False]
    assert found.bounds[0].value == found.raced("slower").ratio.median
    assert found.bounds[2].value == 4 * found.raced("ours").each.median


def test_records_round_trip(found):
    growth = Growth(
        name="units",
        title="Weights",
        by="units",
        sizes=(1, 100),
        seconds=(1.0, 10.0),
        peak_mb=(300.0, None),
        exponent=exponent(1, 100, 1.0, 10.0),
        memory_exponent=None,
    )
    kept = Benchmarks(
        machine=MACHINE,
        versions={"torch": "2"},
        races=(found,),
        growth=(growth,),
        failed={"other": "why"},
    )
    assert load(Benchmarks, json.loads(json.dumps(dump(kept)))) == kept
    page = markdown(kept)
    for said in (
        "A trial",
        "slower",
        "/ nap",
        "2 answers.",
        "does NOT hold",
        "why",
        "exponent 0.50",
    ):
        assert said in page
    assert "slower" in text(found)


def test_the_answers_that_are_checked_are_those_of_the_contenders():
    seen = {}
    race(
        workload(
            contender("ours", "sleeping", seconds=0.1, items=3),
            contender("other", "sleeping", seconds=0.1, items=2),
            check=lambda answers: seen.update(answers) or "seen",
        ),
        rounds=1,
        threads=1,
    )
    assert seen["ours"]["items"].tolist() == [0, 1, 2]
    assert seen["other"]["items"].tolist() == [0, 1]


def test_answers_that_are_wrong_end_the_race():
    def check(answers):
        raise AssertionError("they differ")

    with pytest.raises(AssertionError, match="they differ"):
        race(workload(contender("ours", "sleeping", seconds=0.1), check=check), rounds=1)


def test_a_contender_may_take_part_in_fewer_rounds():
    slow = Contender(name="slow", task="benchmark_tasks:sleeping", given={"seconds": 0.2}, rounds=1)
    found = race(workload(contender("ours", "sleeping", seconds=0.1), slow), rounds=2, threads=1)
    assert [len(each.seconds) for each in found.contenders] == [2, 1]
    assert found.raced("slow").ratio.rounds == 1


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("prepare", "bad of trial failed: ValueError: first line"),
        ("run", "bad of trial failed: ValueError: first line"),
        ("end", r"bad of trial ended with status 7\."),
    ],
)
def test_an_error_in_a_worker_is_one_sentence(when, reason):
    with pytest.raises(WorkerError, match=f"^{reason}$"):
        race(workload(contender("bad", "failing", when=when)), rounds=1, threads=1)


def test_the_spread_leaves_out_the_ends_of_many_rounds():
    few, many = spread([4.0, 1.0, 2.0]), spread([float(n) for n in range(11)])
    assert (few.low, few.median, few.high) == (1, 2, 4)
    assert (many.low, many.median, many.high) == (1, 5, 9)


# -- workers -----------------------------------------------------------------------------------


def test_what_contenders_print_is_not_an_answer(tmp_path):
    with worker("talking", tmp_path, threads=1) as own:
        assert own.ask(prepare="benchmark_tasks:talking", given={}) == {"items": 1}
        assert own.ask(run=True)["saved"] == str(tmp_path / "answer.npz")


def test_a_run_that_is_short_is_repeated(tmp_path):
    with worker("short", tmp_path, threads=1) as own:
        own.ask(prepare="benchmark_tasks:counting", given={"seconds": 0.004})
        answer = own.ask(run=True)
        runs = int(np.load(answer["saved"])["runs"])
        assert own.ask(run=True, save=False)["saved"] is None
        own.ask(prepare="benchmark_tasks:counting", given={"seconds": 0.11})
        longer = own.ask(run=True)
    assert runs >= 2
    assert 0.004 <= answer["seconds"] < 0.1
    assert int(np.load(longer["saved"])["runs"]) == 1


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="no such file here")
def test_memory_is_that_of_the_run(tmp_path):
    """Not that of warming up, which takes a hundred megabytes more."""
    peaks = {}
    with worker("holding", tmp_path, threads=1) as own:
        for megabytes in (50, 250):
            own.ask(prepare="benchmark_tasks:holding", given={"megabytes": megabytes})
            own.ask(warm=True)
            peaks[megabytes] = own.ask(run=True, save=False)["peak_mb"]
    assert peaks[250] - peaks[50] == pytest.approx(200, abs=20)


def test_a_worker_counts_what_a_run_computes(tmp_path):
    with worker("counting", tmp_path, threads=1) as own:
        with pytest.raises(WorkerError, match="nothing is prepared yet"):
            own.ask(limits=True)
        own.ask(prepare="benchmark_tasks:multiplying", given={"size": 32})
        (work,) = own.ask(limits=True)["work"]
    assert (work["operator"], work["flops"], work["times"]) == ("aten.mm", 2 * 32**3, 1)
    assert work["bytes"] == 3 * 32 * 32 * 4


# -- limits ------------------------------------------------------------------------------------


def totals(run) -> tuple[float, float]:
    work = counted(run)
    return sum(w.flops * w.times for w in work), sum(w.bytes * w.times for w in work)


@pytest.mark.parametrize("inference", [False, True])
def test_a_convolution_is_counted_to_the_flop(inference):
    x, weight, bias = torch.ones(2, 6, 10, 12), torch.ones(8, 3, 3, 5), torch.ones(8)
    with torch.inference_mode(inference):
        flops, size = totals(lambda: F.conv2d(x, weight, bias, stride=2, groups=2))
    outputs = 2 * 8 * 4 * 4
    assert flops == 2 * outputs * 3 * 3 * 5
    assert size == 4 * (x.numel() + weight.numel() + bias.numel() + outputs)


@pytest.mark.parametrize("inference", [False, True])
def test_a_linear_layer_is_a_matrix_product(inference):
    x, weight, bias = torch.ones(5, 7), torch.ones(3, 7), torch.ones(3)
    with torch.inference_mode(inference):
        flops, size = totals(lambda: F.linear(x, weight, bias))
    assert flops == 2 * 5 * 7 * 3
    assert size == 4 * (5 * 7 + 3 * 7 + 3 + 5 * 3)


def test_the_backward_pass_is_counted():
    x, weight = torch.ones(5, 7, requires_grad=True), torch.ones(7, 3)
    forward, _ = totals(lambda: x @ weight)
    both, _ = totals(lambda: torch.autograd.grad((x @ weight).sum(), x))
    assert (forward, both) == (2 * 5 * 7 * 3, 2 * 2 * 5 * 7 * 3)


MANY = torch.arange(1000.0)


@pytest.mark.parametrize(
    ("run", "moved"),
    [
        (lambda: MANY.view(10, 100).t()[2:5].unsqueeze(0), 0),
        (lambda: torch.empty(1000), 0),
        (lambda: MANY + 1, 2 * 4000),
        (lambda: MANY.clone().add_(1), 2 * 4000 + 2 * 4000),
        (lambda: torch.empty(1000).fill_(3), 4000),
        (lambda: torch.empty(1000).copy_(MANY), 2 * 4000),
        (lambda: MANY.expand(50, 1000) + torch.ones(()), 4000 + 4 + 4 + 50 * 4000),
        (lambda: MANY[torch.tensor([1, 2])], None),
        (lambda: MANY[10:20] * 2, 2 * 40),
        (lambda: torch.mul(MANY, 2, out=torch.empty(1000)), 2 * 4000),
    ],
    ids=["view", "empty", "add", "in-place", "fill", "copy", "expand", "pick", "slice", "out"],
)
def test_bytes_are_those_that_must_move(run, moved):
    size = totals(run)[1]
    if moved is None:  # picking two reads two, and their indices (read, and made from a list)
        assert 2 * 8 + 2 * 8 <= size <= 2 * 8 + 4 * 16
    else:
        assert size == moved


def test_the_limit_is_the_larger_of_arithmetic_and_memory():
    a, vector = torch.ones(64, 64), torch.ones(1000)

    def run():
        return a @ a, vector + 1

    work = counted(run)
    expected = 2 * 64**3 / 2e9 + 8000 / 4e9
    assert shortest(work, MACHINE) == pytest.approx(expected)
    found = share(work, MACHINE, seconds=2 * expected, items=4)
    assert found.limit == pytest.approx(0.5)
    assert found.products == pytest.approx(2 * 64**3 / 2e9 / (2 * expected))
    assert found.convolutions == pytest.approx(2 * found.products)
    assert found.flops == 2 * 64**3 / 4


def test_the_machine_is_measured(monkeypatch):
    """Smaller, for the time; the rates are what the clock says of what was done."""
    for name, value in {"_SIZES": (64, 256), "_SECONDS": 0.0, "_COPIED": 2**16}.items():
        monkeypatch.setattr(f"benchmarks.machine.{name}", value)
    monkeypatch.setattr("benchmarks.machine._SHAPES", ((1, 8, 8, 16, 3),))
    found = measured_machine(device="cpu")
    assert len(found.matrix_products) == 2
    assert min(found.gflops, found.convolution_gflops, found.copy_gbs) > 0
    assert found.cores >= 1
    assert found.cpu
    assert load(Machine, dump(found)) == found


# -- what is declared --------------------------------------------------------------------------


def test_times_are_readable():
    assert [time_of(s) for s in (0.0, 9.994, 0.999, 1e-3)] == ["0 µs", "9.99 s", "999 ms", "1 ms"]


@pytest.mark.parametrize("name", ALL)
def test_contenders_take_the_arguments_they_are_given(name):
    """In both forms; the functions are imported, which needs no peer."""
    chosen = ALL[name]
    assert len({each.name for each in chosen.contenders}) == len(chosen.contenders)
    assert not chosen.contenders[0].peers
    for each in chosen.contenders:
        module, _, function = each.task.partition(":")
        called = getattr(importlib.import_module(module), function)
        for given in (each.given, {**each.given, **each.quick}):
            inspect.signature(called).bind(**json.loads(json.dumps(given)))


@pytest.mark.parametrize("name", ALL)
def test_bars_are_of_contenders(name):
    chosen = ALL[name]
    names = [each.name for each in chosen.contenders]
    for bound in chosen.bounds:
        assert bound.of in names[1 if bound.reads == "ratio" else 0 :]
        assert (bound.least is None) != (bound.most is None)
    assert len({bound.what for bound in chosen.bounds}) == len(chosen.bounds)


def test_every_bound_is_a_bar():
    numbers = sorted(bound.number for each in ALL.values() for bound in each.bounds)
    importlib.import_module("bars.speed")
    known = vars(bars)["_REGISTRY"].values()  # `discover` would import all the others
    assert numbers == sorted(b.number for b in known if b.name.startswith("speed_"))


def test_the_command_names_the_races_there_are():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "nothing"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("No race is called nothing; there are: artificial-stimulus")
    assert "Traceback" not in done.stderr


def test_startup_is_quick_and_brings_in_nothing_heavy():
    """`--help` and `import` in new processes; the check refuses torch and the other libraries."""
    chosen = replace(ALL["startup"], contenders=ALL["startup"].contenders[:2])
    found = race(chosen, rounds=1, threads=1)
    assert {bound.number for bound in found.bounds} == {"7.7"}
    lines = {"ours": {"lines": ["Usage"]}, "import curvecircuits": {"lines": ["numpy torch"]}}
    with pytest.raises(AssertionError, match="also imports numpy torch"):
        chosen.check(lines)


# -- the answers of workloads ------------------------------------------------------------------


def answer(**arrays) -> dict[str, np.ndarray]:
    return {name: np.asarray(values, dtype=float) for name, values in arrays.items()}


def test_weights_that_differ_are_refused():
    check = ALL["weights-near"].check
    values = np.random.default_rng(0).normal(size=(4, 3, 5, 5))
    ours = answer(channels=range(4), values=values)
    some = answer(channels=[2, 0], values=values[[2, 0]])
    assert "by 0e+00 of the largest weight (2 units)" in check({"ours": ours, "loop": some})
    with pytest.raises(AssertionError, match="loop differs"):
        check({"ours": ours, "loop": answer(channels=[2, 1], values=values[[2, 0]])})


def tuned(shift: float, *, orientations=range(0, 360, 9), radii=(20, 40, 80), seed=0):
    """Forty units with preferred orientations of their own, all turned by some degrees."""
    preferred = np.random.default_rng(seed).uniform(0, 360, 40) + shift
    angle = np.radians(np.asarray(orientations)[None] - preferred[:, None])
    values = np.maximum(np.cos(angle), 0)[:, :, None] * np.ones(len(radii))
    return answer(values=values, orientations=orientations, radii=radii)


def test_tuning_is_compared_on_the_same_orientations():
    check = ALL["tuning-outline"].check
    other = {"orientations": range(0, 360, 18), "radii": (40.0, 75.0)}
    assert "40 units that both find tuned differ by 5.0°" in check(
        {"ours": tuned(0), "lucid": tuned(5, **other)}
    )
    for wrong in (tuned(180, **other), tuned(0, seed=1, **other)):
        with pytest.raises(AssertionError, match="preferred orientations differ"):
            check({"ours": tuned(0), "lucid": wrong})


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_lines_grow(line):
    """The arguments are those of the functions, and each size has more to do than the last."""
    module, _, function = line.task.partition(":")
    called = getattr(importlib.import_module(module), function)
    for given in line.sizes.values():
        inspect.signature(called).bind(**json.loads(json.dumps(given)))
    assert len(line.sizes) >= 4


def test_growth_is_measured():
    naps = {n: {"seconds": 0.1 * n} for n in (1, 3)}
    line = replace(LINES[0], task="benchmark_tasks:sleeping", sizes=naps)
    found = grown(line, threads=1, quick=True)
    assert found.sizes == (1, 3)
    assert found.exponent == pytest.approx(1, abs=0.2)


@pytest.mark.shared
def test_a_race_of_expanded_weights():
    """The quick form, with the loop over a few channels; it raises where weights differ."""
    near = ALL["weights-near"]
    short = replace(near, contenders=near.contenders[:2], bounds=())
    found = race(short, quick=True, rounds=1, threads=1, limits=MACHINE)
    assert "(20 units)" in found.said
    ours, loop = found.contenders
    assert ours.share.flops > 0
    assert ours.items == 480
    assert loop.items == 20
    assert loop.ratio.median > 10
