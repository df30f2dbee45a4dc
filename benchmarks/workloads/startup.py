"""Workload 7: how long the command and the package take to start."""

from benchmarks.workloads import Answers, Bound, Contender, Workload

_IMPORTED = "benchmarks.contenders.processes:imported"


def _check(answers: Answers) -> str:
    shown = " ".join(answers["ours"]["lines"])
    assert "Usage" in shown, f"the help says {shown[:80]!r}"
    (heavy,) = answers["import curvecircuits"]["lines"]
    assert not heavy, f"import curvecircuits also imports {heavy}"
    return "import curvecircuits brings in no torch, numpy, scipy, scikit-learn or pydantic."


WORKLOADS = (
    Workload(
        name="startup",
        title="Starting: `curvecircuits --help` and imports, each a new process",
        item="start",
        contenders=(
            Contender(
                name="ours",
                task="benchmarks.contenders.processes:help_text",
                note="`curvecircuits --help`",
            ),
            Contender(
                name="import curvecircuits",
                task=_IMPORTED,
                given={"code": "import curvecircuits"},
            ),
            Contender(
                name="from curvecircuits import load",
                task=_IMPORTED,
                given={"code": "from curvecircuits import load"},
                note="for information: this needs torch",
            ),
            Contender(name="import torch", task=_IMPORTED, given={"code": "import torch"}),
            Contender(name="an empty Python", task=_IMPORTED, given={"code": "pass"}),
        ),
        check=_check,
        bounds=(
            Bound(number="7.7", what="curvecircuits --help", of="ours", reads="each", most=0.3),
            Bound(
                number="7.7",
                what="import curvecircuits",
                of="import curvecircuits",
                reads="each",
                most=1.5,
            ),
        ),
        notes=("The worker starts every process anew; files are in the system's cache.",),
        rounds=10,
        needs_shared=False,
    ),
)
