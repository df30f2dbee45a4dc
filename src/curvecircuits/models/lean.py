"""The same program with less passing of tensors through memory.

A batch normalisation behind a convolution is a factor and an offset a channel, which the kernel and
bias of the convolution take over; a rectifier behind it writes where it reads. Between them these
are half of the time that an EfficientNet takes on a CPU. A rectifier before a max pool can as well
stand behind it, where a quarter of the values is left: max(ρ(a), ρ(b)) = ρ(max(a, b)), bit for bit,
as ρ does not fall.
"""

import copy
from typing import Any

import torch
from torch import Tensor, fx, nn

from curvecircuits.models.ops import SameConv2d, SameMaxPool2d
from curvecircuits.models.roles import is_plain

_CONVOLUTIONS = (nn.Conv2d, SameConv2d)
_RECTIFIERS = (nn.ReLU, nn.ReLU6)
_POOLS = (nn.MaxPool2d, SameMaxPool2d)


def lean(program: fx.GraphModule) -> fx.GraphModule:
    """Fold batch normalisations into convolutions, and let rectifiers write in place.

    y = γ (W ∗ x + b − μ) / √(σ² + ε) + β = (γ / √(σ² + ε)) W ∗ x + γ (b − μ) / √(σ² + ε) + β

    Only what nothing else reads is folded or overwritten: a value that the program returns stays
    what it is. Modules with hooks, parametrised ones and those in training mode are left alone. The
    modules of the program that are not folded are those it had.

    Parameters
    ----------
    program
        Of modules that never change; it is changed itself.

    Examples
    --------
    >>> module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()).eval()
    >>> [str(n.target) for n in lean(fx.symbolic_trace(module)).graph.nodes]
    ['input', 'folded_0', 'folded_1', 'output']
    """
    modules: dict[str, Any] = dict(program.named_modules())
    _pool_first(program.graph, modules)
    made = 0
    for node in list(program.graph.nodes):
        before = node.args[0] if len(node.args) == 1 and not node.kwargs else None
        if node.op != "call_module" or not isinstance(before, fx.Node):
            continue
        if before.op != "call_module" or list(before.users) != [node]:
            continue
        own, earlier = modules[str(node.target)], modules[str(before.target)]
        if not (is_plain(own) and type(earlier) in (*_CONVOLUTIONS, *_POOLS) and is_plain(earlier)):
            continue
        name = f"folded_{made}"
        if _folds(own) and type(earlier) in _CONVOLUTIONS:
            modules[name] = _folded(earlier, own)
            before.target = name
            node.replace_all_uses_with(before)
            program.graph.erase_node(node)
        elif type(own) in _RECTIFIERS:
            twin: Any = copy.copy(own)
            twin.inplace = True
            modules[name], node.target = twin, name
        else:
            continue
        program.add_submodule(name, modules[name])
        made += 1
    program.recompile()
    return program


def _pool_first(graph: fx.Graph, modules: dict[str, Any]) -> None:
    """Put rectifiers behind the max pools that alone read them."""
    for node in list(graph.nodes):
        if node.op != "call_module" or len(node.users) != 1 or len(node.args) != 1 or node.kwargs:
            continue
        (pool,) = node.users
        if pool.op != "call_module" or pool.args != (node,) or pool.kwargs:
            continue
        own, later = modules[str(node.target)], modules[str(pool.target)]
        if type(own) not in _RECTIFIERS or type(later) not in _POOLS:
            continue
        if not (is_plain(own) and is_plain(later)) or getattr(later, "return_indices", False):
            continue
        pool.replace_input_with(node, node.args[0])
        with graph.inserting_after(pool):
            behind = graph.call_module(str(node.target), (pool,))
        behind.meta = node.meta
        pool.replace_all_uses_with(behind, delete_user_cb=lambda user, own=behind: user is not own)
        graph.erase_node(node)


def _folds(module: nn.Module) -> bool:
    return type(module) is nn.BatchNorm2d and module.running_mean is not None


def _folded(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    # A program may first be made where gradients are off, and be used where they are on.
    with torch.inference_mode(False), torch.no_grad():
        factor = (variance.double() + norm.eps).rsqrt()
        if norm.weight is not None:  # pyright: ignore[reportUnnecessaryComparison]
            factor = factor * norm.weight.double()
        offset = -mean.double() * factor
        if convolution.bias is not None:
            offset = offset + convolution.bias.double() * factor
        if norm.bias is not None:  # pyright: ignore[reportUnnecessaryComparison]
            offset = offset + norm.bias.double()
        kernel = convolution.weight.double() * factor[:, None, None, None]
        twin = copy.copy(convolution)
        twin._parameters = {  # pyright: ignore[reportPrivateUsage]
            "weight": _like(kernel, convolution.weight),
            "bias": _like(offset, convolution.weight),
        }
    return twin


def _like(value: Tensor, weight: Tensor) -> nn.Parameter:
    return nn.Parameter(value.to(weight.dtype), requires_grad=weight.requires_grad)
