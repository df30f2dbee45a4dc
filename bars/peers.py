"""The libraries that the package is measured beside, in a folder of their own.

They are old, and would pull other versions of what is installed here. So they are installed
without their dependencies into `.peers/`, and only a process of their own has it on its path:
the main environment is not changed, and both sides run on the same torch.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor

from curvecircuits.errors import UnavailableError

ROOT = Path(__file__).resolve().parents[1]
# torch-lucent breaks with any later kornia; torchvision is the release that goes with torch 2.13.
# What else they import (numpy, Pillow, requests, scikit-learn, tqdm) is installed here, and
# IPython, which lucent only shows pictures with, is replaced in the worker.
PINS = ("torch-lucent==0.1.8", "kornia==0.4.1", "torchvision==0.28.0", "decorator==5.3.1")

# Pixels that lucent's picture of 128 takes of the 224 which its network is shown: it is padded by
# 12 on each side, and the whole enlarged. Judged at this size it is seen as it was optimised.
LUCENT_SHOWN = round(128 * 224 / (128 + 2 * 12))


def peers(*, root: Path = ROOT) -> Path:
    """The folder of the peers' packages, installed on first use and when the pins change.

    Raises
    ------
    UnavailableError
        When pip cannot install them; nothing is left behind.
    """
    folder = root / ".peers"
    wanted = "\n".join(PINS)
    record = folder / "pins.txt"

    def ready() -> bool:
        return record.is_file() and record.read_text() == wanted

    if ready():
        return folder
    # Beside the folder, so that the renaming is one step; the name is ignored by git like it.
    made = Path(tempfile.mkdtemp(prefix=".peers-", dir=root))
    try:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        command += ["--no-input", "--no-deps", "--only-binary", ":all:", "--target", str(made)]
        done = subprocess.run([*command, *PINS], capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise UnavailableError(f"pip could not install {', '.join(PINS)}: {reason}")
        (made / record.name).write_text(wanted)
        if not ready():  # another process may have been first
            shutil.rmtree(folder, ignore_errors=True)
            made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return folder


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A unit's picture by a peer."""

    channel: int
    image: Tensor  # (3, h, w), RGB in [0, 1]
    seconds: float
    path: Path


class Lucent:
    """A running `bars.lucent_worker`; made by `lucent`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        # How far its network is from ours: see `bars.lucent_worker.differences`.
        self.check: dict[str, float] = self._read()["check"]

    def _pipe(self, pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe

    def _read(self) -> dict[str, Any]:
        line = self._pipe(self._process.stdout).readline()
        if not line:
            raise RuntimeError(f"lucent's worker ended with status {self._process.wait()}")
        return json.loads(line)

    def draw(
        self, channels: Sequence[int], *, steps: int, seed: int, frozen: bool = False
    ) -> list[Drawn]:
        """Pictures of channels of `mixed3b`; every one starts from the same seed.

        `frozen` spares lucent the gradients of the weights, which by its own default it computes.
        """
        asked = {"units": list(channels), "steps": steps, "seed": seed, "frozen": frozen}
        pipe = self._pipe(self._process.stdin)
        pipe.write(json.dumps(asked) + "\n")
        pipe.flush()
        found: list[Drawn] = []
        for _ in channels:
            answer = self._read()
            path = Path(answer["path"])
            image = torch.from_numpy(np.load(path)).permute(2, 0, 1).contiguous()
            found.append(
                Drawn(channel=answer["unit"], image=image, seconds=answer["seconds"], path=path)
            )
        return found


@contextmanager
def lucent(folder: Path, *, weights: Path, threads: int = 1) -> Generator[Lucent, None, None]:
    """lucent in a process of its own, on GoogLeNet's weights; pictures go to the folder."""
    paths = [str(peers()), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "OMP_NUM_THREADS": str(threads),
    }
    command = [sys.executable, "-m", "bars.lucent_worker", str(folder.resolve())]
    command += ["--weights", str(weights.resolve())]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Lucent(process)
        except BaseException:
            process.kill()
            raise
