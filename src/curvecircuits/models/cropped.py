"""The same program for a few positions: of every map, only what they are computed from.

A unit in the middle of an image needs less and less of each map the later it is: of InceptionV1's
3a, 5 × 5 positions for one of 3b. Going back from the positions asked for, a window (kernel k,
dilation d, stride s, p rows of padding) that makes the rows [a, b) reads the rows

    [a·s − p, (b − 1)·s − p + d·(k − 1) + 1),

where they leave the map it is padded; operations on single positions read what they make. What is
not known to be one or the other reads whole maps.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from curvecircuits.models import ops, roles

Area = tuple[int, int, int, int]
"""Rows and columns of a map, each from the first to behind the last: top, bottom, left, right."""
Shapes = Mapping[fx.Node, tuple[int, ...]]


def position(row: int, column: int) -> Area:
    """The area of one position.

    >>> position(4, 7)
    (4, 5, 7, 8)
    """
    return row, row + 1, column, column + 1


_CONVOLUTIONS = (nn.Conv2d, ops.SameConv2d)
_POOLS = (nn.MaxPool2d, ops.SameMaxPool2d)


def cropped(program: fx.GraphModule, shapes: Shapes, areas: Mapping[str, Area]) -> fx.GraphModule:
    """A program that gives areas of the maps that another gives whole.

    Parameters
    ----------
    program
        Of modules that never change, returning tensors by name; its modules are shared.
    shapes
        Of the program's tensors, for the one size of images that the result is for.
    areas
        For each name that is wanted, the positions; a name that is left out is wanted whole.
    """
    modules: dict[str, Any] = dict(program.named_modules())
    (output,) = program.graph.find_nodes(op="output")
    wanted: dict[str, fx.Node] = output.args[0]
    areas = {
        name: areas.get(name, _whole(shapes[node])) if _is_map(shapes, node) else (0, 0, 0, 0)
        for name, node in wanted.items()
    }
    held = _held(program.graph, modules, shapes, wanted, areas)
    graph = fx.Graph()
    writer = _Writer(graph, modules, shapes, held)
    for node in program.graph.nodes:
        if node is not output:
            writer.write(node)
    graph.output(
        {n: writer.result(node, areas[n] if node in held else None) for n, node in wanted.items()}
    )
    return fx.GraphModule(program, graph)


# -- which part of every map is needed ----------------------------------------------------------


def _is_map(shapes: Shapes, node: fx.Node) -> bool:
    return len(shapes.get(node, ())) == 4


def _whole(shape: tuple[int, ...]) -> Area:
    return 0, shape[2], 0, shape[3]


def _union(one: Area | None, other: Area) -> Area:
    if one is None:
        return other
    return (
        min(one[0], other[0]),
        max(one[1], other[1]),
        min(one[2], other[2]),
        max(one[3], other[3]),
    )


def _held(
    graph: fx.Graph,
    modules: Mapping[str, Any],
    shapes: Shapes,
    wanted: Mapping[str, fx.Node],
    areas: Mapping[str, Area],
) -> dict[fx.Node, Area]:
    """The part of every map that is computed."""
    held: dict[fx.Node, Area] = {}
    for name, node in wanted.items():
        if _is_map(shapes, node):
            held[node] = _union(held.get(node), areas[name])
    for node in reversed(graph.nodes):
        if node.op == "output":
            continue
        if node.op in ("placeholder", "get_attr") and _is_map(shapes, node):
            held[node] = _whole(shapes[node])
            continue
        reads = _reads(modules, shapes, node, held)
        if reads is None and node in held:
            held[node] = _whole(shapes[node])
        for before in node.all_input_nodes:
            if _is_map(shapes, before):
                area = None if reads is None else reads.get(before)
                held[before] = _union(held.get(before), area or _whole(shapes[before]))
    return held


def _reads(
    modules: Mapping[str, Any], shapes: Shapes, node: fx.Node, held: Mapping[fx.Node, Area]
) -> dict[fx.Node, Area] | None:
    """What a node needs of each map before it; None where it needs all of them."""
    if node not in held:
        return None
    window = _window(modules, node)
    if window is not None:
        (before,) = node.all_input_nodes
        area = _clipped(_read(window, held[node], shapes[before]), shapes[before])
        empty = area[0] >= area[1] or area[2] >= area[3]  # all of it is padding
        return None if empty else {before: area}
    if not _keeps_place(modules, shapes, node):
        return None
    size = shapes[node][2:]
    maps = [n for n in node.all_input_nodes if _is_map(shapes, n)]
    return {n: held[node] for n in maps if shapes[n][2:] == size}


def _window(modules: Mapping[str, Any], node: fx.Node) -> Any:
    """The convolution or pooling that a node is, if it is one whose padding can be told."""
    what: Any = modules.get(str(node.target)) if node.op == "call_module" else None
    if len(node.all_input_nodes) != 1 or not roles.is_plain(what):
        return None
    if type(what) in _CONVOLUTIONS:
        return what if what.padding_mode == "zeros" else None
    return what if type(what) in _POOLS and not getattr(what, "return_indices", False) else None


def _keeps_place(modules: Mapping[str, Any], shapes: Shapes, node: fx.Node) -> bool:
    """Whether each position of what a node makes depends on that position alone."""
    if node.op == "call_module":
        what: Any = modules.get(str(node.target))
        if not roles.is_plain(what):
            return False
        if roles.is_pointwise(what) and len(node.all_input_nodes) == 1:
            return True
        joins = type(what) is ops.Concat or roles.is_pointwise(what)
    elif roles.is_pointwise_call(node):
        return True
    else:
        joins = roles.is_join_call(node)
    # What is joined has the same positions, or one value for all of them.
    size = shapes[node][2:]
    given = [shapes[n] for n in node.all_input_nodes if n in shapes]
    return joins and all(len(s) == 4 and s[2:] == size for s in given if not _single(s))


def _single(shape: tuple[int, ...]) -> bool:
    return all(side == 1 for side in shape[-2:])


def _read(window: Any, area: Area, size: tuple[int, ...]) -> Area:
    """Rows and columns that a window reads for an area, those beyond the map included."""
    kernel, stride = roles.pair(window.kernel_size), roles.pair(window.stride)
    dilation = roles.pair(getattr(window, "dilation", 1))
    before = roles.padding_before(window, (size[2], size[3]))
    found: list[int] = []
    for k, s, d, p, start, stop in zip(
        kernel, stride, dilation, before, area[::2], area[1::2], strict=True
    ):
        found += [start * s - p, (stop - 1) * s - p + d * (k - 1) + 1]
    return found[0], found[1], found[2], found[3]


def _clipped(area: Area, shape: tuple[int, ...]) -> Area:
    """What of an area lies on the map."""
    height, width = shape[2:]
    return max(area[0], 0), min(area[1], height), max(area[2], 0), min(area[3], width)


# -- the program that computes it ---------------------------------------------------------------


class _Writer:
    """Writes a graph whose tensors are parts of another's."""

    def __init__(
        self,
        graph: fx.Graph,
        modules: Mapping[str, Any],
        shapes: Shapes,
        held: Mapping[fx.Node, Area],
    ) -> None:
        self._graph, self._modules, self._shapes, self._held = graph, modules, shapes, held
        self._twins: dict[fx.Node, fx.Node] = {}

    def part(self, node: fx.Node, area: Area | None) -> fx.Node:
        """An area of a map, cut from what is held of it; all of what is no map."""
        twin = self._twins[node]
        held = self._held.get(node)
        if held is None or area is None or area == held:
            return twin
        cut = (area[0] - held[0], area[1] - held[0], area[2] - held[2], area[3] - held[2])
        return self._graph.call_function(_cut, (twin, *cut))

    def result(self, node: fx.Node, area: Area | None) -> fx.Node:
        """A part that is handed out: a copy, as a view would keep all that is held."""
        part = self.part(node, area)
        return part if part is self._twins[node] else self._graph.call_method("clone", (part,))

    def write(self, node: fx.Node) -> None:
        """Write what computes the part of a node that is held."""
        area = self._held.get(node)
        window = _window(self._modules, node) if area is not None else None
        if area is not None and window is not None and area != _whole(self._shapes[node]):
            self._twins[node] = self._windowed(node, window, area)
            return
        reads = _reads(self._modules, self._shapes, node, self._held) or {}

        def of(before: fx.Node) -> fx.Node:
            known = _is_map(self._shapes, before)
            whole = _whole(self._shapes[before]) if known else None
            return self.part(before, reads.get(before, whole))

        self._twins[node] = self._graph.node_copy(node, of)

    def _windowed(self, node: fx.Node, window: Any, area: Area) -> fx.Node:
        (before,) = node.all_input_nodes
        shape = self._shapes[before]
        wanted = _read(window, area, shape)
        there = _clipped(wanted, shape)
        beyond = (
            there[2] - wanted[2],
            wanted[3] - there[3],
            there[0] - wanted[0],
            wanted[1] - there[1],
        )
        given = self.part(before, there)
        if type(window) in _POOLS:
            options = (
                roles.pair(window.kernel_size),
                roles.pair(window.stride),
                roles.pair(getattr(window, "dilation", 1)),
            )
            return self._graph.call_function(_pool, (given, beyond, *options))
        names = [f"{node.target}.{part}" for part in ("weight", "bias")]
        weight = self._graph.get_attr(names[0])
        bias = None if window.bias is None else self._graph.get_attr(names[1])
        options = (window.stride, window.dilation, window.groups)
        return self._graph.call_function(_convolve, (given, weight, bias, beyond, *options))


def _cut(values: Tensor, top: int, bottom: int, left: int, right: int) -> Tensor:
    return values[:, :, top:bottom, left:right]


def _convolve(
    values: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    beyond: tuple[int, int, int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    groups: int,
) -> Tensor:
    left, right, top, bottom = beyond
    if left == right and top == bottom:
        return F.conv2d(values, weight, bias, stride, (top, left), dilation, groups)
    return F.conv2d(F.pad(values, beyond), weight, bias, stride, 0, dilation, groups)


def _pool(
    values: Tensor,
    beyond: tuple[int, int, int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
) -> Tensor:
    left, right, top, bottom = beyond
    if left == right <= kernel[1] // 2 and top == bottom <= kernel[0] // 2:
        return F.max_pool2d(values, kernel, stride, (top, left), dilation)
    return F.max_pool2d(F.pad(values, beyond, value=-torch.inf), kernel, stride, 0, dilation)
