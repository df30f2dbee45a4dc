"""What machine this is, and what it can do: the limits that shares are of.

- *Matrix products*: float32, square, of several sizes; the fastest is F, the rate of arithmetic.
- *Convolutions*: float32, channels last, of shapes as networks have them, each alone. The fastest
  is the machine's convolution rate. Few channels or few positions leave a kernel less to work with,
  hence the list.
- *Copying*: an array of 256 MB onto another, which no cache holds; bytes read plus bytes written,
  over the time, is B, the rate of the memory.

Of each the fastest of several times counts, as a limit is what can be reached at all. All are
measured by the threads that the contenders get, before they run.
"""

import os
import platform
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.records import Machine, Rate

_SIZES = (1024, 2048, 4096)
# Images, channels, filters, side of the map, side of the kernel.
_SHAPES = (
    (16, 64, 192, 56, 3),
    (32, 128, 128, 28, 3),
    (64, 128, 192, 12, 3),
    (32, 192, 384, 14, 3),
    (16, 32, 64, 48, 5),
    (16, 192, 64, 28, 1),
    (16, 3, 64, 112, 7),
)
_COPIED = 64 * 2**20
_SECONDS, _LEAST = 0.5, 5


def measured_machine(*, device: str | None = None) -> Machine:
    """The machine, measured in a few seconds; by default its GPU where there is one."""
    where = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    with torch.inference_mode():
        products = tuple(_product(size, where) for size in _SIZES)
        convolutions = tuple(convolution_rate(*shape, device=where) for shape in _SHAPES)
        copy = _copy(where)
    return Machine(
        cpu=_cpu(),
        cores=len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1,
        threads=torch.get_num_threads(),
        memory_gb=_memory_gb(),
        device=torch.cuda.get_device_name(where) if where.type == "cuda" else where.type,
        python=platform.python_version(),
        torch=torch.__version__,
        matrix_products=products,
        convolutions=convolutions,
        copy_gbs=copy,
    )


def convolution_rate(
    images: int, channels: int, filters: int, side: int, kernel: int, *, device: torch.device
) -> Rate:
    """The rate of a convolution that keeps the map's size."""
    like = {"memory_format": torch.channels_last}
    x = torch.randn(images, channels, side, side, device=device).contiguous(**like)
    weight = torch.randn(filters, channels, kernel, kernel, device=device).contiguous(**like)
    bias = torch.zeros(filters, device=device)
    seconds = fastest(lambda: F.conv2d(x, weight, bias, padding=kernel // 2), device)
    flops = 2 * images * channels * filters * side**2 * kernel**2
    return Rate(
        what=f"{images} maps of {side} × {side}, {kernel} × {kernel} from {channels} to {filters}",
        gflops=flops / seconds / 1e9,
    )


def _product(size: int, device: torch.device) -> Rate:
    a, b = (torch.randn(size, size, device=device) for _ in range(2))
    out = torch.empty_like(a)
    seconds = fastest(lambda: torch.mm(a, b, out=out), device)
    return Rate(what=f"{size} × {size}", gflops=2 * size**3 / seconds / 1e9)


def _copy(device: torch.device) -> float:
    source = torch.ones(_COPIED, device=device)
    target = torch.empty_like(source)
    return 2 * source.nbytes / fastest(lambda: target.copy_(source), device) / 1e9


def fastest(run: Callable[[], Tensor], device: torch.device) -> float:
    """Least seconds of a call, over at least 5 and half a second of them."""

    def once() -> float:
        started = perf_counter()
        run()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return perf_counter() - started

    once()
    found: list[float] = []
    while len(found) < _LEAST or sum(found) < _SECONDS:
        found.append(once())
    return min(found)


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
