"""Folded programs compute what the modules say, and leave alone what they cannot know."""

import copy

import networks
import pytest
import torch
from torch import fx, nn

from curvecircuits.models.lean import lean
from curvecircuits.models.ops import SameConv2d
from curvecircuits.models.wrap import wrap

IMAGES = networks.noise(2, 3, 33, 40)


def trained(*modules: nn.Module) -> nn.Sequential:
    """Norms with statistics that are not those of a new module."""
    torch.manual_seed(0)
    module = nn.Sequential(*modules).eval()
    for each in module.modules():
        if isinstance(each, nn.BatchNorm2d) and each.track_running_stats:
            each.running_mean.normal_()
            each.running_var.uniform_(0.1, 3)
            if each.affine:
                nn.init.normal_(each.weight)
                nn.init.normal_(each.bias)
    return module


def targets(program: fx.GraphModule) -> list[str]:
    return [str(n.target) for n in program.graph.nodes if n.op == "call_module"]


@pytest.mark.parametrize(
    "module",
    [
        trained(nn.Conv2d(3, 5, 3, stride=2), nn.BatchNorm2d(5), nn.ReLU()),
        trained(nn.Conv2d(3, 6, 3, bias=False, groups=3), nn.BatchNorm2d(6), nn.ReLU6()),
        trained(nn.Conv2d(3, 5, 4, stride=2), nn.BatchNorm2d(5, affine=False, eps=0.1)),
        trained(nn.Conv2d(3, 5, 3), nn.ReLU(), nn.Conv2d(5, 4, 1), nn.BatchNorm2d(4)),
    ],
)
@pytest.mark.parametrize(("dtype", "slack"), [(torch.float32, 1e-5), (torch.float64, 1e-13)])
def test_it_computes_the_same_in_fewer_steps(module, dtype, slack):
    module, images = copy.deepcopy(module).to(dtype), IMAGES.to(dtype)
    before = copy.deepcopy(module.state_dict())
    program = lean(fx.symbolic_trace(module))
    torch.testing.assert_close(program(images), module(images), rtol=slack, atol=slack)
    left = [program.get_submodule(name) for name in targets(program)]
    assert not any(isinstance(m, nn.BatchNorm2d) for m in left)
    assert all(torch.equal(module.state_dict()[name], value) for name, value in before.items())


def test_padding_as_tensorflow_has_it_is_kept():
    module = trained(SameConv2d(3, 5, 4, stride=2), nn.BatchNorm2d(5), nn.ReLU6())
    network = wrap(module, input_size=32)
    assert "folded_0" in targets(program_of(network))
    torch.testing.assert_close(network.run(IMAGES, layers=["2"])["2"], module(IMAGES))


def test_a_program_made_without_gradients_has_them_later():
    network = wrap(trained(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU()), input_size=32)
    with torch.inference_mode():
        network.run(IMAGES, layers=["2"])
    images = IMAGES.clone().requires_grad_()
    assert torch.autograd.grad(network.run(images, layers=["2"])["2"].sum(), images)[0].any()


def program_of(network):
    network.run(IMAGES, layers=["2"])
    return network.wiring.programs[frozenset(["2"])]


def test_gradients_pass():
    module = trained(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU())
    program = lean(fx.symbolic_trace(module))
    found = []
    for each in (module, program):
        images = IMAGES.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(each(images).square().sum(), images)
        found.append(gradient)
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-4)


def test_what_is_returned_stays_what_it_is():
    module = trained(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), nn.Conv2d(5, 4, 3))
    network = wrap(module, input_size=32)
    every = network.run(IMAGES, layers=["0", "1", "2", "3"])
    value = IMAGES
    for name, layer in module.named_children():
        value = layer(value)
        torch.testing.assert_close(every[name], value, rtol=1e-5, atol=1e-5)
        alone = network.run(IMAGES, layers=[name])[name]
        torch.testing.assert_close(alone, value, rtol=1e-5, atol=1e-5)
    assert (every["1"] < 0).any()


def hooked(module: nn.Sequential) -> nn.Sequential:
    module[0].register_forward_hook(lambda *given: 2 * given[2])
    return module


@pytest.mark.parametrize(
    "module",
    [
        hooked(trained(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5))),
        trained(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5, track_running_stats=False)),
        trained(nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 5, 3)), nn.BatchNorm2d(5)),
        trained(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5)).train(),
        trained(nn.AvgPool2d(2), nn.BatchNorm2d(3)),
    ],
)
def test_what_it_cannot_know_is_left_alone(module):
    program = fx.symbolic_trace(module)
    before = targets(program)
    assert targets(lean(program)) == before
