"""Expanded weights by composing the kernels of the path, from the target back to the source."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from curvecircuits.errors import InputError
from curvecircuits.weights.linear import Step


@dataclass(frozen=True)
class Kernel:
    """Weights of units on a layer: `values[u, c, i, j]` acts on row `origin[0] + i` and so on.

    Rows are counted from where target unit 0 reads that layer; unit k reads `stride · k` further.
    """

    values: Tensor
    origin: tuple[int, int]
    stride: tuple[int, int]
    rows: Tensor
    """Which of the units asked for `values` has; the others have no weight on this path."""


def _aligned(a: Kernel, b: Kernel) -> Kernel:
    """The sum of two kernels on the same layer."""
    top, left = (min(a.origin[i], b.origin[i]) for i in (0, 1))
    bottom, right = (max(k.origin[i] + k.values.shape[2 + i] for k in (a, b)) for i in (0, 1))
    rows = torch.cat([a.rows, b.rows]).unique()
    total = a.values.new_zeros((len(rows), a.values.shape[1], bottom - top, right - left))
    for k in (a, b):
        y, x = k.origin[0] - top, k.origin[1] - left
        where = torch.searchsorted(rows, k.rows)
        total[where, :, y : y + k.values.shape[2], x : x + k.values.shape[3]] += k.values
    return Kernel(total, (top, left), a.stride, rows)


def _back(step: Step, after: Kernel) -> dict[str, Kernel]:
    """The kernel on a step's output, as kernels on its inputs."""
    match step.kind:
        case "same" | "add":
            return dict.fromkeys(step.inputs, after)
        case "scale":
            assert step.factor is not None
            scaled = after.values * step.factor[:, None, None]
            return {step.inputs[0]: replace(after, values=scaled)}
        case "concat":
            found: dict[str, Kernel] = {}
            branches = after.values.split([width for _, width in step.parts], 1)
            for (name, _), values in zip(step.parts, branches, strict=True):
                used = values.flatten(1).any(1)  # units of other branches need no work here
                if name in step.inputs and used.any():
                    found[name] = replace(after, values=values[used], rows=after.rows[used])
            return found
        case _:
            return {step.inputs[0]: _through_window(step, after)}


def _through_window(step: Step, after: Kernel) -> Kernel:
    """A convolution or average pooling, taken backwards: its transpose."""
    kernel, groups = step.kernel, step.groups
    if kernel is None:
        height, width = step.window
        box = after.values.new_full((step.channels, 1, height, width), 1 / (height * width))
        kernel, groups = box, step.channels
    values = F.conv_transpose2d(
        after.values, kernel, stride=step.stride, dilation=step.dilation, groups=groups
    )
    origin = tuple(after.origin[i] * step.stride[i] - step.before[i] for i in (0, 1))
    stride = tuple(after.stride[i] * step.stride[i] for i in (0, 1))
    return Kernel(values, (origin[0], origin[1]), (stride[0], stride[1]), after.rows)


def composed(steps: Sequence[Step], source: str, channels: Sequence[int]) -> Kernel:
    """Weights of channels of the last step on the source layer, over their whole support."""
    last = steps[-1]
    one_hot = torch.zeros(len(channels), last.channels, 1, 1)
    one_hot[torch.arange(len(channels)), torch.as_tensor(channels)] = 1
    device = next((s.kernel.device for s in steps if s.kernel is not None), one_hot.device)
    everyone = torch.arange(len(channels), device=device)
    whole = Kernel(one_hot.to(device), (0, 0), (1, 1), everyone)
    waiting: dict[str, Kernel] = {last.name: whole}
    for step in reversed(steps):
        after = waiting.pop(step.name, None)
        if after is None:  # read by nothing that the target depends on
            continue
        for name, kernel in _back(step, after).items():
            waiting[name] = _aligned(waiting[name], kernel) if name in waiting else kernel
    if source not in waiting:
        raise InputError(f"None of these units of {last.name} depends on {source}.")
    found = waiting[source]
    if len(found.rows) == len(everyone):
        return found
    values = found.values.new_zeros((len(everyone), *found.values.shape[1:]))
    values[found.rows] = found.values
    return replace(found, values=values, rows=everyone)
