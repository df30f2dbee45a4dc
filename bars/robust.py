"""Bars on what an evaluation survives: kills, a dead worker, damaged files, many images.

Runs are processes of their own, forked from one that has imported everything: `python -m
bars.robust` reads a `Run` a line, and prints the number of its process and how it ended.
"""

import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from typing import Any, TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from bars import Outcome, bar
from curvecircuits.artificial import artificial_network
from curvecircuits.compare import Transplant, open_transplant, transplant
from curvecircuits.families.records import CurveFamily, CurveUnit
from curvecircuits.models.network import Network
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import CurveGrid
from curvecircuits.store import read_table

_T = TypeVar("_T")
_TURNS = [45.0 * i for i in range(8)]
_CLASSES = 6
_TABLE = "curvecircuits.transplant-images/1"
_TABLE_PART = re.compile(r"\.images\.parquet\.[0-9a-f]{8}\.slow\.part")
_PATIENCE = 900.0
"""Seconds after which a run has failed."""
_START = 120.0
"""Seconds after which a cluster has not started."""


# -- a small classifier, and images for it -----------------------------------------------------


def _network(size: int, *, keeps: bool = False) -> tuple[Network, CurveFamily]:
    """Scores from 8 artificial curve units, every other one of the family; random by a seed.

    With `keeps` it never lets go of the images it was shown: what the bar on memory has to see.
    """
    body = artificial_network(orientations=_TURNS).module

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = body
            self.scores = nn.Linear(len(_TURNS), _CLASSES)

        def forward(self, x: Tensor) -> Tensor:
            return self.scores(self.body(x - 0.5).amax((2, 3)))

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = Classifier()
    if keeps:
        kept: list[Tensor] = []

        def keep(_: nn.Module, given: tuple[Tensor, ...]) -> None:
            kept.append(given[0].clone())

        first = next(m for m in module.modules() if isinstance(m, nn.Conv2d))
        first.register_forward_pre_hook(keep)
    network = wrap(module, name="small", input_size=size, logits="scores")
    layer = network.layer("body.mixed3b").name
    units = tuple(
        CurveUnit(
            unit=f"{layer}:{k}", channel=k, sign=1, kind="curve", orientation=_TURNS[k],
            radius=50.0, fwhm=35.0, echo=0.0, at90=0.0, peak=1.0, outline_orientation=_TURNS[k],
            outline_radius=50.0, outline_fwhm=35.0, outline_echo=0.0, outline_at90=0.0,
            outline_peak=1.0, confirmed=True,
        )
        for k in range(0, len(_TURNS), 2)
    )  # fmt: skip
    return network, CurveFamily(
        model=network.name, model_hash=network.model_hash, weights=str(network.provenance),
        layer=layer, found=True, verdict="", units=units, early=(), near_misses=(),
        largest_gap=90.0, permuted_counts=(0,), layers=(), seed=0,
    )  # fmt: skip


def draw(root: Path, *, images: int, size: int, seed: int = 0) -> Path:
    """PNG files of drawn curves in colour, in a folder for each class."""
    turns = tuple(360 * k / images for k in range(images))
    grid = CurveGrid(orientations=turns, radii=(size / 3,), tile=size * 2 / 3, width=3)
    drawn = [image[0].numpy() for _, part in grid.batches(size=size) for image in part]
    tints = np.random.default_rng(seed).uniform(0.5, 1, (images, 3))
    for k, (image, tint) in enumerate(zip(drawn, tints, strict=True)):
        folder = root / str(k % _CLASSES)
        folder.mkdir(parents=True, exist_ok=True)
        pixels = (image[..., None] * tint * 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{k:04}.png")
    return root


def repeated(root: Path, *, images: int, of: Path) -> Path:
    """A folder of so many links to the files of another."""
    files = sorted(of.glob("*/*.png"))
    for k in range(images):
        file = files[k % len(files)]
        (root / file.parent.name).mkdir(parents=True, exist_ok=True)
        (root / file.parent.name / f"{k:06}.png").hardlink_to(file)
    return root


# -- runs in processes of their own ------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Run:
    """A transplant that another process is asked for."""

    images: str
    out: str
    size: int
    keeps: bool = False
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Of `transplant`."""

    def into(self, out: Path, **options: Any) -> "Run":
        return replace(self, out=str(out), options={**self.options, **options})


def _do(run: Run) -> None:
    network, family = _network(run.size, keeps=run.keeps)
    print("started", os.getpid(), flush=True)
    transplant(network, family, run.images, out=run.out, **run.options)
    # Not `getrusage`, whose maximum a process takes over from the one that started it.
    status = Path("/proc/self/status").read_text()
    print("done", *re.findall(r"VmHWM:\s*(\d+)", status), flush=True)


def _serve() -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _do(Run(**json.loads(line)))
            os._exit(0)
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert ended is not None
        print("ended", ended.si_status, flush=True)
        # Until it is waited for, its number is nobody else's, and can be sent a signal.
        sys.stdin.readline()
        os.waitpid(child, 0)


class _Server:
    """Does one run at a time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._told, self._said = process.stdin, process.stdout

    def start(self, run: Run) -> int:
        """The number of the process, once its evaluation begins."""
        print(json.dumps(asdict(run)), file=self._told, flush=True)
        return self._heard("started")[1]

    def end(self, pid: int, *, killed_after: float | None = None) -> float | None:
        """Peak memory in MiB when the run has come to its end; None when it was killed before."""
        timer = Timer(_PATIENCE if killed_after is None else killed_after, _kill, (pid,))
        timer.start()
        said = self._heard("done", "ended")
        status = self._heard("ended")[1] if said[0] == "done" else said[1]
        timer.cancel()
        timer.join()
        print(file=self._told, flush=True)
        if said[0] == "done":
            return said[1] / 1024
        if killed_after is None or status != signal.SIGKILL:
            raise RuntimeError(f"A run ended by itself with {status}.")
        return None

    def whole(self, run: Run) -> float:
        """Let a run come to its end; peak memory in MiB."""
        peak = self.end(self.start(run))
        assert peak is not None
        return peak

    def _heard(self, *words: str) -> tuple[str, int]:
        for line in self._said:
            word, _, number = line.strip().partition(" ")
            if word in words:
                return word, int(number)
        raise RuntimeError("The process that starts the runs has ended.")


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@contextmanager
def _place() -> Generator[tuple[_Server, Path]]:
    """What starts runs, and a folder that is removed in the end."""
    with TemporaryDirectory(prefix="bars") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "bars.robust"],
            cwd=Path(__file__).parents[1],
            env={**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": folder},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        with process:
            try:
                yield _Server(process), Path(folder)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise


def differing(one: Path, other: Path) -> list[str]:
    """Files of two run folders that are not the same, byte for byte; tables by their columns."""
    mine, theirs = (
        {str(f.relative_to(root)): f for f in root.rglob("*") if f.is_file()}
        for root in (one, other)
    )
    alike = {name for name in mine.keys() & theirs.keys() if _alike(mine[name], theirs[name])}
    return sorted((mine.keys() | theirs.keys()) - alike)


def _alike(one: Path, other: Path) -> bool:
    if one.read_bytes() == other.read_bytes() or one.suffix != ".parquet":
        return one.read_bytes() == other.read_bytes()
    mine, theirs = (read_table(file, schema=_TABLE) for file in (one, other))
    return [*mine] == [*theirs] and all(np.array_equal(mine[n], theirs[n]) for n in mine)


def _chunks(out: Path) -> int:
    return len(list(out.glob("run-*/chunks/*/*.npz")))


# -- the bars ----------------------------------------------------------------------------------


def _job(place: Path, *, images: int, size: int) -> Run:
    """Chunks of 4 images, with all candidates and controls."""
    shown = draw(place / "images", images=images, size=size)
    return Run(images=str(shown), out="", size=size, options={"random": 2, "batch": 4})


@bar(number="4.4a", title="Killed at random moments and resumed")
def transplant_killed(quick: bool, *, seed: int = 0) -> Outcome:
    moments, kills = random.Random(seed), 3 if quick else 30
    phases: Counter[str] = Counter()
    different: list[str] = []
    unfinished: list[str] = []
    folders = processes = 0
    with _place() as (runs, place):
        job = _job(place, images=64 if quick else 128, size=96 if quick else 128)
        whole = place / "whole"
        pid, started = runs.start(job.into(whole)), time.perf_counter()
        runs.end(pid)
        usual, chunks = time.perf_counter() - started, _chunks(whole)
        out = place / "killed"
        while sum(phases.values()) < kills or out.exists():
            last = sum(phases.values()) == kills
            pid = runs.start(job.into(out))
            after = None if last else moments.uniform(0, usual)
            processes += 1
            if runs.end(pid, killed_after=after) is None:
                phases[_phase(out, chunks)] += 1
                continue
            for name in differing(whole, out):
                # Another process might be writing the table: it is swept after an hour.
                (unfinished if _TABLE_PART.fullmatch(name) else different).append(name)
            folders += 1
            out = out.with_name(f"killed{folders}")
        files = sum(f.is_file() for f in whole.rglob("*"))
    hits = sum(phases.values())
    return Outcome(
        value=f"{hits} kills, {len(different)} of {folders} × {files} files differ",
        bound=f"{kills} before the end, 0 differ",
        ok=hits == kills and not different and (quick or phases["among the chunks"] > 0),
        detail=f"{dict(phases)}, {processes} processes, {usual:.1f} s undisturbed; "
        f"differing {different}, unfinished tables left {unfinished}",
    )


def _phase(out: Path, chunks: int) -> str:
    """How far a run had come."""
    if not any(out.glob("run-*/arrays/*.npz")):
        return "before the calibration"
    done = _chunks(out)
    return "among the chunks" if 0 < done < chunks else "after them" if done else "before the first"


@bar(number="4.4b", title="Ray, 3 workers, one killed")
def transplant_worker_killed(quick: bool) -> Outcome:
    with _place() as (runs, place):
        job = _job(place, images=96 if quick else 256, size=96 if quick else 128)
        local, other = place / "local", place / "workers"
        runs.whole(job.into(local))
        chunks = _chunks(local)
        pid = runs.start(job.into(other, engine="ray", workers=3))
        workers = _waited(lambda: found if len(found := _workers(pid)) == 3 else None)
        _waited(lambda: _chunks(other))
        _kill(workers[0])
        done = _chunks(other)
        runs.end(pid)
        different = differing(local, other)
        mine, theirs = (read_table(out / "images.parquet", schema=_TABLE) for out in (local, other))
        records = [open_transplant(out) for out in (local, other)]
    exact = [n for n in mine if not n.endswith((".loss", ".kl"))]
    counts = all(np.array_equal(mine[n], theirs[n]) for n in exact)
    counted = [[(s.name, s.top1, s.top5) for s in r.scores] for r in records]
    once = sorted(theirs["index"]) == [*range(len(mine["index"]))]
    apart = max(float(np.abs(mine[n] - theirs[n]).max()) for n in mine if n not in exact)
    return Outcome(
        value=f"counts {'equal' if counts else 'differ'}, losses within {apart:.1e}",
        bound="equal, ≤ 1e-5, every image once",
        ok=counts and once and counted[0] == counted[1] and apart <= 1e-5 and 0 < done < chunks,
        detail=f"{len(workers)} workers, one killed when {done} of {chunks} chunks were committed; "
        f"files with other bytes: {different}",
    )


def _workers(driver: int) -> list[int]:
    """Processes that compute chunks on the Ray cluster that a process has started."""
    found: list[int] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"MapWorker" in (folder / "cmdline").read_bytes() and driver in _above(folder):
                found.append(int(folder.name))
        except OSError:  # it has ended meanwhile
            continue
    return found


def _above(folder: Path) -> list[int]:
    """The process that started this one, the one that started that, and so on."""
    parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    return [parent, *_above(folder.with_name(str(parent)))] if parent else []


def _waited(look: Callable[[], _T | None]) -> _T:
    """What a look gives as soon as it gives something."""
    end = time.monotonic() + _START
    while not (found := look()):
        if time.monotonic() > end:
            raise RuntimeError("What was waited for has not come.")
        time.sleep(0.002)
    return found


# -- damaged files -----------------------------------------------------------------------------

_CUT = r"truncated|damaged"


def _noise(rng: np.random.Generator, *, least: int = 16, most: int = 160) -> Image.Image:
    height, width = rng.integers(least, most, 2)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


def _bytes(image: Image.Image, kind: str, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def _file(rng: np.random.Generator, *kinds: str) -> bytes:
    return _bytes(_noise(rng), str(rng.choice(kinds)))


def _cut(rng: np.random.Generator, data: bytes) -> bytes:
    return data[: int(len(data) * rng.uniform(0.02, 0.95))]


def _zeroed(rng: np.random.Generator) -> bytes:
    data = _file(rng, "JPEG", "PNG")
    return _cut(rng, data).ljust(len(data), b"\0")


def _claiming(rng: np.random.Generator) -> bytes:
    """A PNG whose header claims more pixels than anyone has."""
    data = bytearray(_file(rng, "PNG"))
    for place in (16, 20):
        data[place : place + 4] = int(rng.integers(20_000, 1 << 30)).to_bytes(4, "big")
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


def _overwritten(rng: np.random.Generator, *, header: bool = False) -> bytes:
    data = bytearray(_file(rng, "JPEG", "PNG") if header else _file(rng, "PNG"))
    start = 8 if header else int(rng.integers(50, len(data) - 60))
    stop = 200 if header else start + 20
    # No byte stays as it was.
    data[start:stop] = bytes((b + 1 + rng.integers(255)) % 256 for b in data[start:stop])
    return bytes(data)


def _stripe(rng: np.random.Generator) -> bytes:
    size = int(rng.integers(2, 9))
    return _bytes(_noise(rng).resize((size, int(size * rng.integers(51, 90)))), "PNG")


_DAMAGED: dict[str, tuple[str, Callable[[np.random.Generator], bytes]]] = {
    "empty": ("is empty", lambda _: b""),
    "zeros": ("nothing but zeros", lambda rng: bytes(int(rng.integers(1, 9999)))),
    "no image": (
        "no image format",
        lambda rng: b"<html>" + rng.bytes(int(rng.integers(0, 999))) + b"</html>",
    ),
    "JPEG cut": (_CUT, lambda rng: _cut(rng, _file(rng, "JPEG"))),
    "PNG cut": (_CUT, lambda rng: _cut(rng, _file(rng, "PNG"))),
    "WebP cut": (_CUT, lambda rng: _cut(rng, _file(rng, "WEBP"))),
    "others cut": (_CUT, lambda rng: _cut(rng, _file(rng, "GIF", "BMP", "TIFF"))),
    "end never written": (f"zeros|{_CUT}", _zeroed),
    # What is written over a header may claim more than there is.
    "header overwritten": (_CUT, lambda rng: _overwritten(rng, header=True)),
    "claims too much": ("pixels, more than", _claiming),
    "overwritten": (_CUT, _overwritten),
    "shape": ("a stripe", _stripe),
}
"""What the reason has to say, and a file."""


def _sixteen(image: Image.Image) -> Image.Image:
    return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)


_GOOD = [
    *(("jpg", mode, "JPEG", {}) for mode in ("RGB", "L", "CMYK")),
    ("JPEG", "RGB", "JPEG", {"progressive": True}),
    ("JPEG", "RGB", "PNG", {}),
    *(("png", mode, "PNG", {}) for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")),
    *(("webp", mode, "WEBP", {"lossless": mode == "RGBA"}) for mode in ("RGB", "RGBA")),
    *(("gif", mode, "GIF", {}) for mode in ("P", "L")),
    *(("bmp", mode, "BMP", {}) for mode in ("RGB", "P", "L", "1")),
    *(("tif", mode, "TIFF", {}) for mode in ("RGB", "RGBA", "CMYK", "L", "P", "I;16")),
    ("tiff", "RGB", "TIFF", {"compression": "tiff_lzw"}),
]
"""Suffix, mode, format and options of files that can be read."""


def mixed(root: Path, *, good: int, bad: int, seed: int) -> dict[str, str]:
    """Write files of all formats and kinds of damage; of the damaged ones, name → reason."""
    rng, said = np.random.default_rng(seed), dict[str, str]()
    suffixes = [suffix for suffix, *_ in _GOOD]
    for k in range(_CLASSES):
        (root / str(k)).mkdir(parents=True)
    for k in range(good):
        suffix, mode, kind, options = _GOOD[k % len(_GOOD)]
        image = _noise(rng)
        image = _sixteen(image) if mode == "I;16" else image.convert(mode)
        (root / f"{k % _CLASSES}/g{k:03}.{suffix}").write_bytes(_bytes(image, kind, **options))
    for k in range(bad):
        reason, make = [*_DAMAGED.values()][k % len(_DAMAGED)]
        name = f"{k % _CLASSES}/b{k:03}.{rng.choice(suffixes)}"
        (root / name).write_bytes(make(rng))
        said[name] = reason
    return said


def among_damaged(*, seed: int, size: int = 64) -> tuple[Transplant, dict[str, str]]:
    """A transplant on 200 good files among 100 damaged ones, and what is to be said of these."""
    network, family = _network(size)
    with TemporaryDirectory(prefix="bars") as place:
        said = mixed(Path(place, "images"), good=200, bad=100, seed=seed)
        images = Path(place, "images")
        return transplant(network, family, images, sets=(), random=0, seed=seed), said


@bar(number="4.5", title="100 damaged files of 12 kinds among 200 good ones")
def transplant_damaged(quick: bool, *, seed: int = 0) -> Outcome:
    lines: list[str] = []
    ok = True
    for each in range(seed, seed + (1 if quick else 5)):
        result, said = among_damaged(seed=each)
        listed = {s.name: s.reason for s in result.skipped}
        fits = sum(bool(re.search(said.get(n, "$^"), r)) for n, r in listed.items())
        ok &= (result.images, result.labelled, result.skipped_count) == (200, 200, 100)
        ok &= listed.keys() == said.keys() and fits == 100
        lines.append(f"{result.images} evaluated, {len(listed)} listed, {fits} as they are")
    return Outcome(
        value=f"{' / '.join(sorted(set(lines)))}",
        bound="200, 100, each with its reason",
        ok=ok,
        detail=f"{len(lines)} times with files of other seeds, {len(_DAMAGED)} kinds",
    )


# -- memory ------------------------------------------------------------------------------------


@bar(number="4.6", title="Peak memory with 20 times as many images")
def transplant_memory(quick: bool) -> Outcome:
    few, many = (500, 2000) if quick else (1000, 20_000)
    with _place() as (runs, place):
        files = draw(place / "files", images=60, size=64)

        def peak(images: int, *, keeps: bool = False) -> float:
            shown = repeated(place / f"{images}{keeps}", images=images, of=files)
            run = Run(images=str(shown), out=f"{shown}.out", size=64, keeps=keeps)
            return runs.whole(run.into(Path(run.out), sets=[], random=0, batch=32))

        first, last, kept = peak(few), peak(many), peak(2 * few, keeps=True)
    each = 1024 * (last - first) / (many - few)
    return Outcome(
        value=f"×{last / first:.3f} from {few:,} to {many:,} images",
        bound="within 5 %",
        ok=abs(last / first - 1) <= 0.05 and kept / first > 1.05,
        detail=f"{first:.0f} and {last:.0f} MiB, {each:.2f} KiB an image; "
        f"×{kept / first:.2f} where {2 * few:,} are kept in memory",
    )


if __name__ == "__main__":
    _serve()
