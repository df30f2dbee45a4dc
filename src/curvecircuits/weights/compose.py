"""Expanded weights by composing the kernels of the path, from the target back to the source."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from curvecircuits.errors import InputError
from curvecircuits.weights.step import Step


@dataclass(frozen=True)
class Kernel:
    """Weights of units on a layer: `values[u, c, i, j]` acts on row `origin[0] + i` and so on.

    Rows are counted from where target unit 0 reads that layer; unit k reads `stride · k` further.
    """

    values: Tensor
    """(units, channels, h, w); or (units, 1, h, w) where each unit reads one channel only."""
    origin: tuple[int, int]
    stride: tuple[int, int]
    first: int = 0
    """Place of the first of these units among those asked for; the others have no weight here."""
    channels: tuple[int, ...] | None = None
    """The channel that each unit reads, in ascending order, where it is but one."""

    @property
    def last(self) -> int:
        """One more than the place of the last unit."""
        return self.first + len(self.values)


def _zeros(like: Tensor, *shape: int) -> Tensor:
    """Zeros with the channels of a position side by side, as matrix products want them."""
    return like.new_zeros((shape[0], *shape[2:], shape[1])).movedim(-1, 1)


def _placed(total: Tensor, origin: tuple[int, int], first: int, k: Kernel) -> Tensor:
    y, x = k.origin[0] - origin[0], k.origin[1] - origin[1]
    height, width = k.values.shape[2:]
    return total[k.first - first : k.last - first, :, y : y + height, x : x + width]


def _total(kernels: Sequence[Kernel], width: int, units: int | None = None) -> Kernel:
    """The sum of kernels on one layer of some width, for all units asked for or those it needs."""
    if len(kernels) == 1 and units in (None, len(kernels[0].values)):
        return kernels[0]
    dense = [_dense(k, width) for k in kernels]
    top, left = (min(k.origin[i] for k in dense) for i in (0, 1))
    bottom, right = (max(k.origin[i] + k.values.shape[2 + i] for k in dense) for i in (0, 1))
    first = 0 if units is not None else min(k.first for k in dense)
    last = units if units is not None else max(k.last for k in dense)
    values = _zeros(dense[0].values, last - first, width, bottom - top, right - left)
    filled = first
    for k in sorted(dense, key=lambda k: k.first):
        place = _placed(values, (top, left), first, k)
        if k.first >= filled:  # nothing there yet
            place.copy_(k.values)
        else:
            place += k.values
        filled = max(filled, k.last)
    return Kernel(values, (top, left), dense[0].stride, first)


def _dense(k: Kernel, width: int) -> Kernel:
    """The same kernel with all channels of its layer written out."""
    if k.channels is None:
        return k
    values = _zeros(k.values, len(k.values), width, *k.values.shape[2:])
    values[torch.arange(len(values)), torch.tensor(k.channels)] = k.values[:, 0]
    return replace(k, values=values, channels=None)


def padded(k: Kernel, origin: tuple[int, int], size: tuple[int, int]) -> Kernel:
    """The same kernel with zeros around it, from `origin` on and at least of some size."""
    before = [max(0, k.origin[i] - origin[i]) for i in (0, 1)]
    after = [max(0, origin[i] + size[i] - k.origin[i] - k.values.shape[2 + i]) for i in (0, 1)]
    if not any((*before, *after)):
        return k
    values = F.pad(k.values, (before[1], after[1], before[0], after[0]))
    return replace(k, values=values, origin=(k.origin[0] - before[0], k.origin[1] - before[1]))


def _back(step: Step, after: Kernel) -> list[tuple[str, Kernel]]:
    """The kernel on a step's output, as kernels on its inputs."""
    match step.kind:
        case "same":
            return [(step.inputs[0], after)]
        case "add":
            signs = zip(step.inputs, step.signs, strict=True)
            return [
                (name, after if s == 1 else replace(after, values=after.values * s))
                for name, s in signs
            ]
        case "shift":
            origin = (after.origin[0] - step.before[0], after.origin[1] - step.before[1])
            return [(step.inputs[0], replace(after, origin=origin))]
        case "scale":
            assert step.factor is not None
            factor = step.factor[:, None, None]
            if after.channels is not None:
                factor = factor[list(after.channels), None]
            return [(step.inputs[0], replace(after, values=after.values * factor))]
        case "concat":
            return _branches(step, after)
        case "average":
            return [(step.inputs[0], _box(step, after))]
        case _:
            return [(step.inputs[0], _through(step, after))]


def _branches(step: Step, after: Kernel) -> list[tuple[str, Kernel]]:
    found: list[tuple[str, Kernel]] = []
    begin = 0
    for name, width in step.parts:
        end = begin + width
        if name in step.inputs and after.channels is None:
            found.append((name, replace(after, values=after.values[:, begin:end])))
        elif name in step.inputs and after.channels is not None:
            # Units are in the order of their channels: those of a branch are neighbours.
            inside = [i for i, c in enumerate(after.channels) if begin <= c < end]
            if inside:
                i, j = inside[0], inside[-1] + 1
                channels = tuple(c - begin for c in after.channels[i:j])
                part = replace(
                    after, values=after.values[i:j], first=after.first + i, channels=channels
                )
                found.append((name, part))
        begin = end
    return found


def _moved(step: Step, after: Kernel, values: Tensor, channels: tuple[int, ...] | None) -> Kernel:
    """The kernel before a sliding window, given its values there."""
    y, x = (after.origin[i] * step.stride[i] - step.before[i] for i in (0, 1))
    sy, sx = (after.stride[i] * step.stride[i] for i in (0, 1))
    return Kernel(values, (y, x), (sy, sx), after.first, channels)


def _box(step: Step, after: Kernel) -> Kernel:
    """Average pooling, taken backwards: each weight spread over its window, one axis at a time."""
    values = after.values / step.divisor
    for axis in (0, 1):
        k, s, d = step.window[axis], step.stride[axis], step.dilation[axis]
        shape = list(values.shape)
        reach = (shape[2 + axis] - 1) * s + 1
        shape[2 + axis] = reach + d * (k - 1)
        spread = _zeros(values, *shape)
        for i in range(k):
            part = slice(i * d, i * d + reach, s)
            place = spread[:, :, part] if axis == 0 else spread[:, :, :, part]
            place += values
        values = spread
    return _moved(step, after, values, after.channels)


def _through(step: Step, after: Kernel) -> Kernel:
    """A convolution, taken backwards: its transpose."""
    kernel, groups = step.kernel, step.groups
    assert kernel is not None
    inputs = kernel.shape[1] * groups
    if after.channels is not None:
        return _of_channels(step, after, inputs)
    values = after.values
    if groups == 1 and kernel.shape[2:] == (1, 1) and step.stride == (1, 1):
        # A matrix product over channels, on memory where those of a position are side by side.
        flat = values.movedim(1, -1).reshape(-1, values.shape[1])
        shape = (values.shape[0], *values.shape[2:], inputs)
        found = (flat @ kernel[:, :, 0, 0]).view(shape).movedim(-1, 1)
    else:
        found = F.conv_transpose2d(
            values, kernel, stride=step.stride, dilation=step.dilation, groups=groups
        )
    return _moved(step, after, found, None)


def _of_channels(step: Step, after: Kernel, inputs: int) -> Kernel:
    """As `_through`, for units that each read one channel: the kernels of those channels."""
    kernel, groups = step.kernel, step.groups
    assert kernel is not None
    assert after.channels is not None
    values = _rows(kernel, after.channels)
    if after.values.shape[2:] != (1, 1) or step.dilation != (1, 1):
        # The convolution of each unit's kernel with that of its channel.
        units, depth = values.shape[:2]
        apart = F.conv_transpose2d(
            after.values.movedim(0, 1),
            values,
            stride=step.stride,
            dilation=step.dilation,
            groups=units,
        )
        values = apart.view(units, depth, *apart.shape[2:])
    else:
        values = values * after.values
    group = [c // (step.channels // groups) for c in after.channels]
    depth = inputs // groups
    if depth == 1:
        return _moved(step, after, values, tuple(group))
    if groups > 1:
        spread = _zeros(values, len(values), inputs, *values.shape[2:])
        for row, g in enumerate(group):
            spread[row, g * depth : (g + 1) * depth] = values[row]
        values = spread
    return _moved(step, after, values, None)


def _rows(kernel: Tensor, channels: tuple[int, ...]) -> Tensor:
    """The kernels of some channels, without a copy where they are neighbours."""
    first, last = channels[0], channels[-1] + 1
    if channels == tuple(range(first, last)):
        return kernel[first:last]
    return kernel[list(channels)]


@dataclass(frozen=True)
class Composed:
    """Weights of units on a source layer, and the constant that the linear path adds."""

    kernel: Kernel
    bias: Tensor


def composed(
    steps: Sequence[Step],
    source: str,
    width: int,
    channels: Sequence[int],
    *,
    biases: bool = False,
) -> Composed:
    """Weights of channels of the last step on the source layer, over their whole support.

    Parameters
    ----------
    width
        Channels of the source.
    biases
        Whether to add up the constants on the way; they are zero otherwise.

    Raises
    ------
    InputError
        When none of the channels depends on the source.
    """
    last = steps[-1]
    order = sorted(range(len(channels)), key=lambda i: channels[i])
    device = next((s.kernel.device for s in steps if s.kernel is not None), None)
    ones = torch.ones(len(channels), 1, 1, 1, device=device)
    whole = Kernel(ones, (0, 0), (1, 1), 0, tuple(channels[i] for i in order))
    bias = torch.zeros(len(channels), device=device)
    waiting: dict[str, list[Kernel]] = {last.name: [whole]}
    for step in reversed(steps):
        kernels = waiting.pop(step.name, None)
        if kernels is None:  # read by nothing that these units depend on
            continue
        after = _total(kernels, step.channels)
        if biases and step.bias is not None:
            bias[after.first : after.last] += _added(after, step.bias)
        for name, kernel in _back(step, after):
            waiting.setdefault(name, []).append(kernel)
    if source not in waiting:
        raise InputError(f"None of these units of {last.name} depends on {source}.")
    found = _dense(_total(waiting[source], width, len(channels)), width)
    if order != list(range(len(order))):
        inverse = torch.tensor(order, device=device).argsort()
        found, bias = replace(found, values=found.values[inverse]), bias[inverse]
    return Composed(found, bias)


def _added(after: Kernel, bias: Tensor) -> Tensor:
    """What a constant a channel adds to each unit, away from the border of the map."""
    sums = after.values.sum((2, 3))
    return sums @ bias if after.channels is None else sums[:, 0] * bias[list(after.channels)]
