"""The benchmark suite: each workload done by this package and by its peers, in turns, in one run.

`python -m benchmarks` runs it. A *workload* (`workloads/`) is a question, such as the expanded
weights of ten units; its *contenders* (`contenders/`) are functions that prepare a `Task`; a *race*
(`race`) gives every contender a warm process of its own (`worker`) and lets them take turns.
`machine` measures what the machine can do, `work` counts what one run needs, and together they say
how far ours is from the limit.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
GOOGLENET = SHARED / "weights" / "bvlc_googlenet.safetensors"
