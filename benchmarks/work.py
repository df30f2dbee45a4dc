"""Counting what one run computes, and the shortest time that a machine's limits allow it.

Every operator that torch dispatches is counted, in the backward pass too:

- *FLOPs* as `torch.utils.flop_counter` knows them: matrix products and convolutions, a
  multiplication and an addition being two. All other operators count as none, so that they are
  held to the memory's rate alone;
- *bytes* of the tensors it reads and writes, each once, whatever the kernel does between. Views and
  fresh allocations move nothing; what is repeated by a stride of zero is read once; a tensor that
  is changed in place is read and written, one that is only overwritten is written; picking elements
  reads no more than it gives.

The shortest time is Σ max(FLOPs / F, bytes / B) over operators, with F the rate of the fastest
matrix product and B that of copying large arrays. It is a bound for a run that does the same
operators with tensors in memory: fusing operators, or keeping tensors in the caches between them,
can beat its second part, and only arithmetic that is spared (as Winograd's convolutions do) its
first. What is computed outside of torch, such as decoding a photograph, is not counted.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

from benchmarks.records import Machine, Share, Work

_aten = torch.ops.aten
# They read no more elements than they give.
_PICKS = {_aten.index, _aten.index_select, _aten.gather, _aten.take, _aten.embedding}
# They overwrite a tensor without reading it.
_WRITES = {_aten.copy_, _aten.fill_, _aten.zero_, _aten.normal_, _aten.uniform_, _aten.random_}
# They change a tensor only where values are put, and the values are their last tensor.
_PUTS = {_aten.index_put_, _aten._index_put_impl_, _aten.scatter_, _aten.index_copy_}
_ALLOCATES = {
    *(_aten.empty, _aten.empty_like, _aten.empty_strided, _aten.new_empty),
    *(_aten.new_empty_strided, _aten.resize_),
}


def counted(run: Callable[[], object]) -> list[Work]:
    """What one run needs, operators on tensors of the same sizes together.

    Examples
    --------
    >>> a, b = torch.ones(4, 8), torch.ones(8, 2)
    >>> [work] = counted(lambda: a @ b)
    >>> work.operator, work.flops, work.bytes
    ('aten.mm', 128.0, 224.0)
    """
    with _Counting() as counting:
        run()
    return [
        Work(operator=name, flops=flops, bytes=size, times=times)
        for (name, flops, size), times in counting.found.items()
    ]


def shortest(work: Sequence[Work], machine: Machine) -> float:
    """Seconds that the machine's limits allow the work."""
    rate, memory = machine.gflops * 1e9, machine.copy_gbs * 1e9
    return sum(w.times * max(w.flops / rate, w.bytes / memory) for w in work)


def share(work: Sequence[Work], machine: Machine, *, seconds: float, items: float) -> Share:
    """The share of the limits that a run of some seconds reached."""
    flops = sum(w.times * w.flops for w in work)
    return Share(
        flops=flops / items,
        bytes=sum(w.times * w.bytes for w in work) / items,
        limit=shortest(work, machine) / seconds,
        products=flops / (1e9 * machine.gflops) / seconds,
        convolutions=flops / (1e9 * machine.convolution_gflops) / seconds,
    )


class _Counting(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[tuple[str, float, float]] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        del types
        kwargs = kwargs or {}
        packet = func._overloadpacket
        if packet not in flop_registry:
            # In inference mode composed operators arrive whole.
            with self:
                parts = func.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
        result = func(*args, **kwargs)
        known = flop_registry.get(packet)
        flops = known(*args, **kwargs, out_val=result) if known else 0
        size = _moved(func, packet, args, kwargs, result)
        if flops or size:
            self.found[str(packet), float(flops), float(size)] += 1
        return result


def _moved(func: Any, packet: Any, args: Any, kwargs: Any, result: Any) -> int:
    """Bytes that an operator reads and writes."""
    if packet in _ALLOCATES:
        return 0
    given, changed = _inputs(func, args, kwargs)
    every = [*given, *changed]
    storages = {_storage(t) for t in every}
    made = [t for t in _tensors(result) if _storage(t) not in storages]
    if not made and not changed:
        return 0  # a view, or nothing to be read by this machine
    written = sum(map(_bytes, made))
    if packet in _PICKS:
        table, *indices = given
        return min(_bytes(table), written) + sum(map(_bytes, indices)) + written
    if packet in _PUTS:
        return sum(map(_bytes, given)) + (_bytes(given[-1]) if given else 0)
    overwritten = sum(map(_bytes, changed))
    again = 0 if packet in _WRITES or _is_out(func) else overwritten
    return sum(map(_bytes, given)) + written + overwritten + again


def _inputs(func: Any, args: Any, kwargs: Any) -> tuple[list[Tensor], list[Tensor]]:
    """Tensors that are only read, and those that are changed."""
    read: list[Tensor] = []
    changed: list[Tensor] = []
    for place, argument in enumerate(func._schema.arguments):
        value = args[place] if place < len(args) else kwargs.get(argument.name)
        alias = argument.alias_info
        (changed if alias is not None and alias.is_write else read).extend(_tensors(value))
    return read, changed


def _is_out(func: Any) -> bool:
    return any(argument.is_out for argument in func._schema.arguments)


def _tensors(value: Any) -> Iterator[Tensor]:
    return (leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor))


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata  # pyright: ignore[reportPrivateUsage]


def _bytes(tensor: Tensor) -> int:
    """Bytes of a tensor's elements, those at the same place counted once."""
    apart = math.prod(n for n, s in zip(tensor.shape, tensor.stride(), strict=True) if s)
    return apart * tensor.element_size() if tensor.numel() else 0
