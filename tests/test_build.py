"""The page's bundle: the same bytes each time, in every wheel, from sources that agree."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from filelock import FileLock

from curvecircuits.report.typescript import typescript
from curvecircuits.store import Record

ROOT = Path(__file__).parents[1]

WEB = ROOT / "web"


@dataclass(frozen=True, kw_only=True)
class Shapeless(Record):
    """A record with a field that the page's data has no need of."""

    anything: dict[str, int]


@pytest.fixture(scope="session")
def hook(build_hook: ModuleType, page_lock: FileLock) -> ModuleType:
    """The build hook's module, with web/node_modules installed."""
    with page_lock:
        build_hook.install(WEB)
    return build_hook


@pytest.fixture
def clone(hook: ModuleType, tmp_path: Path) -> Path:
    """The tree as a clone has it, after the packages of web/ were installed."""
    root = tmp_path / "clone"
    ignored = shutil.ignore_patterns("static", "__pycache__")
    for folder in ("src", "web"):
        # links to the installed packages, not copies: they are 50 MB
        shutil.copytree(ROOT / folder, root / folder, ignore=ignored, copy_function=_link)
    for name in ("pyproject.toml", "hatch_build.py", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, root / name)
    (root / "README.md").write_text("# A clone\n")
    return root


def _link(source: str, target: str) -> None:
    try:
        if "node_modules" in source:
            os.link(source, target)
            return
    except OSError:  # another disk
        pass
    shutil.copy(source, target)


def _digests(folder: Path) -> dict[str, str]:
    return {
        each.name: hashlib.sha256(each.read_bytes()).hexdigest()
        for each in sorted(folder.iterdir())
    }


def test_two_builds_in_two_places_give_the_same_bytes(hook, clone, tmp_path):
    hook.build_page(ROOT, tmp_path / "here")
    hook.build_page(clone)
    there = clone / "src" / "curvecircuits" / "report" / "static"
    assert _digests(tmp_path / "here") == _digests(there)
    assert sorted(_digests(there)) == ["page.css", "page.js", "runtime.wasm.gz"]


def test_the_bundle_is_small_and_carries_its_licences(hook, tmp_path):
    hook.build_page(ROOT, tmp_path)
    script = (tmp_path / "page.js").read_text(encoding="utf-8")
    assert len(script.encode()) < 600_000
    head = script[: script.index("*/")]
    for package in ("preact", "@observablehq/plot", "d3-scale", "onnxruntime-web"):
        assert package in head
    assert "Permission to use, copy, modify" in head
    assert not re.search(r"</script|<!--", script, re.IGNORECASE)


def test_a_wheel_carries_the_bundle(clone, tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")],
        cwd=clone,
        check=True,
        capture_output=True,
    )
    (wheel,) = (tmp_path / "dist").iterdir()
    names = zipfile.ZipFile(wheel).namelist()
    assert {
        "curvecircuits/report/static/page.js",
        "curvecircuits/report/static/page.css",
        "curvecircuits/report/static/runtime.wasm.gz",
        "curvecircuits/py.typed",
    } <= set(names)
    assert not [name for name in names if "node_modules" in name or name.startswith("web/")]


def test_an_editable_install_makes_the_bundle(clone, tmp_path):
    script = "import hatchling.build, sys; hatchling.build.build_editable(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=clone, check=True, capture_output=True
    )
    assert (clone / "src" / "curvecircuits" / "report" / "static" / "page.js").is_file()


def test_a_source_distribution_can_build_the_bundle(clone, tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path / "dist")],
        cwd=clone,
        check=True,
        capture_output=True,
    )
    (archive,) = (tmp_path / "dist").iterdir()
    # Debian's Python 3.11.2 does not know the filter, later ones ask for it.
    known = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    shutil.unpack_archive(archive, tmp_path / "unpacked", **known)
    (root,) = (tmp_path / "unpacked").iterdir()
    files = {str(each.relative_to(root)) for each in root.rglob("*") if each.is_file()}
    sources = {
        str(each.relative_to(ROOT))
        for each in [*WEB.glob("*.*"), WEB / ".npmrc", *(WEB / "src").rglob("*.*")]
        if each.is_file()
    }
    assert sources | {"hatch_build.py", "pyproject.toml"} <= files
    assert not [name for name in files if "node_modules" in name or "static" in name]


def test_a_build_that_fails_says_why(hook, clone):
    (clone / "web" / "src" / "main.tsx").write_text('import "./nowhere";\n')
    with pytest.raises(RuntimeError, match=r"nowhere"):
        hook.build_page(clone)


def test_the_lockfile_names_no_registry():
    text = (WEB / "package-lock.json").read_text()
    assert "resolved" not in text
    assert not re.search(r"https?://(?!opencollective\.com)", text)
    assert text.count('"integrity"') > 30
    # esbuild for every machine, not only for the one that wrote the file
    for machine in ("linux-x64", "linux-arm64", "darwin-arm64", "win32-x64"):
        assert f'"node_modules/@esbuild/{machine}"' in text


def test_the_types_are_those_of_the_records():
    assert (WEB / "src" / "types.ts").read_text(encoding="utf-8") == typescript(), (
        "run `npm run types` in web/"
    )


def test_a_schema_without_a_type_is_refused():
    with pytest.raises(ValueError, match="No TypeScript"):
        typescript(Shapeless)


def test_the_types_check(hook):
    hook.run("npm", ["run", "--silent", "check"], WEB)
