"""The libraries that the package is measured beside, in a folder of their own.

Some are old, and all would pull other versions of what is installed here. So they are installed
without their dependencies into `.peers/`, and only processes of their own have it on their path:
the main environment is not changed, and all sides run on the same torch.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import ROOT
from curvecircuits.errors import UnavailableError

PINS = (
    "torch-lucent==0.1.8",
    "torch-dreams==4.0.0",
    "captum==0.9.0",
    "nnsight==0.8.1",
    "lucid==0.3.10",
    # lucent breaks with any later kornia; torchvision is the release that goes with torch 2.13.
    "kornia==0.4.1",
    "torchvision==0.28.0",
    "decorator==5.3.1",
    # of nnsight
    "greenlet==3.5.6",
    "cloudpickle==3.1.2",
    "pyyaml==6.0.3",
)
"""The peers, and those of their dependencies that do the work measured and the package has not.

What else they import for that work (numpy, Pillow, scikit-learn, tqdm) the package brings itself,
and what they import for other work is replaced by empty modules (`stand_ins`).
"""


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


def environment(*, threads: int) -> dict[str, str]:
    """All environment variables of a process that has the peers on its path.

    Raises
    ------
    UnavailableError
        When the peers cannot be installed.
    """
    paths = [str(peers()), str(ROOT), os.environ.get("PYTHONPATH", "")]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
    }
