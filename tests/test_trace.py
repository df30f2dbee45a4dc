"""From any module to named tensors, without touching the module."""

import networks
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from curvecircuits.errors import InputError
from curvecircuits.models.inception import InceptionV1
from curvecircuits.models.network import Network
from curvecircuits.models.ops import Concat
from curvecircuits.models.permute import weight_permuted
from curvecircuits.models.wrap import wrap

IMAGES = networks.noise(2, 3, 32, 32)


def all_of(network: Network, images: torch.Tensor = IMAGES) -> dict[str, torch.Tensor]:
    return network.activations(images, layers=list(network.layers))


class Model(nn.Module):
    """Two convolutions and a forward pass to be given by a subclass."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.other = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)


def test_layers_have_the_names_of_their_modules():
    network = wrap(networks.Residual(), input_size=32)
    assert list(network.layers) == [
        "stem", "relu", "pool",
        "block1.conv1", "block1.bn1", "block1.relu", "block1.conv2", "block1.bn2",
        "block1.shortcut", "block1.add", "block1.relu~2",
        "block2.conv1", "block2.bn1", "block2.relu", "block2.conv2", "block2.bn2",
        "block2.shortcut", "block2.add", "block2.relu~2",
        "mean", "scores",
    ]  # fmt: skip
    shapes = {name: tuple(v.shape) for name, v in all_of(network).items()}
    assert shapes["block2.add"] == (2, 16, 4, 4)
    for name, layer in network.layers.items():
        assert (
            shapes[name][1:] == (layer.channels, layer.height, layer.width)[: len(shapes[name]) - 1]
        )
    assert network.layer("block1.add").kind == "add"
    assert network.layer("block1.add").feeds == ("block1.relu~2",)


def test_a_module_used_twice_has_two_names():
    class Twice(Model):
        def forward(self, x):
            return self.other(self.other(self.conv(x)))

    found = all_of(wrap(module := networks.seeded(Twice), input_size=32))
    assert list(found) == ["conv", "other", "other~2"]
    torch.testing.assert_close(found["other~2"], module.other(found["other"]))


class Overwriting(Model):
    """Overwrites its tensors in every way torch has, and reads some of them afterwards."""

    def forward(self, x):
        a = self.conv(x)
        b = self.relu(a)
        c = self.other(b) + a
        c += b
        c.clamp_(max=0.7)
        F.relu(c, inplace=True)
        d = self.other(c)
        d.mul_(2).add_(c)
        return torch.relu_(d) - d


def test_in_place_operations_mean_what_they_do():
    module = networks.seeded(Overwriting)
    found = all_of(wrap(module, input_size=32))
    last = list(found)[-1]
    with torch.no_grad():
        torch.testing.assert_close(found[last], module.eval()(IMAGES))
        a = module.conv(IMAGES)
    torch.testing.assert_close(found["conv"], a)
    assert found["conv"].min() < 0
    torch.testing.assert_close(found["relu"], a.relu())


def test_a_copy_of_a_network_still_means_what_it_does():
    network = wrap(networks.seeded(Overwriting), input_size=32)
    for (name, one), two in zip(
        all_of(network).items(), all_of(network.copy()).values(), strict=True
    ):
        assert torch.equal(one, two), name


def test_each_rectified_layer_names_its_values_before_clipping():
    network = wrap(networks.seeded(networks.Residual), input_size=32)
    found = all_of(network)
    rectified = {n: x.pre_activation for n, x in network.layers.items() if x.rectified}
    assert rectified == {
        "relu": "stem",
        "block1.relu": "block1.bn1",
        "block1.relu~2": "block1.add",
        "block2.relu": "block2.bn1",
        "block2.relu~2": "block2.add",
    }
    for after, before in rectified.items():
        assert found[before].min() < 0
        torch.testing.assert_close(found[after], found[before].relu(), rtol=0, atol=0)


def test_a_concatenation_is_joined_once_more_before_clipping():
    network = wrap(networks.seeded(networks.Branches), input_size=32)
    assert network.layer("cat").pre_activation == "cat_pre_relu"
    found = all_of(network)
    before, after = found["cat_pre_relu"], found["cat"]
    assert (before[:, :9] < 0).any()
    torch.testing.assert_close(after[:, :9], before[:, :9].relu(), rtol=0, atol=0)
    torch.testing.assert_close(after[:, 9:], before[:, 9:], rtol=0, atol=0)  # never clipped


@pytest.mark.parametrize("variant", ["inception_v1", "googlenet"])
def test_blocks_of_inception_before_and_after_clipping(variant):
    network = Network(networks.seeded(InceptionV1, variant), name=variant, input_size=64)
    layers = ["mixed3a", "mixed3a_pre_relu", "mixed3b", "mixed3b_pre_relu"]
    found = network.activations(networks.noise(1, 3, 64, 64), layers=layers)
    for block in ("mixed3a", "mixed3b"):
        assert network.layer(block).pre_activation == f"{block}_pre_relu"
        assert found[f"{block}_pre_relu"].min() < 0
        assert torch.equal(found[block], found[f"{block}_pre_relu"].relu())


def test_joining_maps_that_nothing_clips_adds_no_layer():
    class Joined(Model):
        def __init__(self) -> None:
            super().__init__()
            self.join = Concat()

        def forward(self, x):
            return self.join(self.conv(x), x)

    assert list(wrap(Joined(), input_size=16).layers) == ["conv", "join"]


class Explosive(nn.Module):
    """Runs while the network is described, and never again."""

    armed = False

    def forward(self, x):
        if Explosive.armed:
            raise AssertionError("computed what nobody asked for")
        return x


@torch.fx.wrap
def explode(x):
    return Explosive().forward(x)


def test_nothing_is_computed_that_is_not_asked_for(monkeypatch):
    class Long(Model):
        def forward(self, x):
            return self.other(explode(self.relu(self.conv(x))))

    network = wrap(Long(), input_size=16)
    monkeypatch.setattr(Explosive, "armed", True)
    assert set(network.activations(IMAGES, layers=["relu", "conv"])) == {"relu", "conv"}
    with pytest.raises(InputError, match="nobody asked"):
        network.activations(IMAGES, layers=["other"])


def test_the_module_given_stays_as_it_is():
    module = networks.seeded(networks.Residual)
    module.train()
    module.stem.weight.requires_grad_(True)
    before = {k: v.clone() for k, v in module.state_dict().items()}
    network = wrap(module, input_size=32)
    all_of(network)
    network.state["stem.weight"].zero_()
    assert module.training
    assert module.block1.bn1.training
    assert module.block1.relu.inplace
    assert all(p.requires_grad for p in module.parameters())
    assert all(torch.equal(v, before[k]) for k, v in module.state_dict().items())
    assert not any(v.requires_grad for v in all_of(network).values())


def test_gradients_reach_the_image():
    network = wrap(networks.seeded(networks.Residual), input_size=32)
    images = IMAGES.clone().requires_grad_()
    network.activations(images, layers=["block2.add"])["block2.add"].sum().backward()
    assert images.grad is not None
    assert images.grad.abs().sum() > 0


# What cannot be used ------------------------------------------------------------------------------


class Branching(Model):
    def forward(self, x):
        return self.conv(x) if x.sum() > 0 else x


class TwoInputs(Model):
    def forward(self, x, y):
        return self.conv(x) + y


class Demanding(Model):
    def forward(self, x):
        return self.conv(x).reshape(-1, 4 * 64 * 64)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (Branching(), "cannot be traced, neither by torch.fx"),
        (TwoInputs(), "takes 2 inputs"),
        (Demanding(), "does not run on an image of 16 × 16"),
        (nn.Linear(7, 3), "does not run on an image of 16 × 16"),
    ],
)
def test_what_cannot_be_traced_or_run(module, message):
    with pytest.raises(InputError, match=message) as caught:
        wrap(module, input_size=16)
    assert str(caught.value).endswith(".")


@pytest.mark.usefixtures("unannotated")
def test_what_is_no_module():
    with pytest.raises(InputError, match="A str is not a torch"):
        wrap("resnet50")


def test_an_optional_second_argument_is_left_alone():
    class Optional(Model):
        def forward(self, x, scale=2.0):
            return self.conv(x) * scale

    module = networks.seeded(Optional)
    found = all_of(wrap(module, input_size=32))
    torch.testing.assert_close(found["mul"], module(IMAGES).detach())


class ShapeBranching(nn.Module):
    """A network that `torch.fx` cannot trace: it asks for the shape of its input."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 7, 2, 3)
        self.act = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.conv = nn.Conv2d(8, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)

    def forward(self, x):
        if x.shape[-1] > 500:
            x = nn.functional.avg_pool2d(x, 2)
        x = self.pool(self.act(self.stem(x)))
        y = nn.functional.relu(self.norm(self.conv(x)) + x, inplace=True)
        return torch.cat([x, y], 1)


def test_a_forward_pass_that_branches_on_shape_is_exported():
    torch.manual_seed(0)
    plain = ShapeBranching().eval()
    network = wrap(plain, input_size=64)
    assert [name for name in network.layers if not name.endswith("_pre_relu")] == [
        "stem",
        "act",
        "pool",
        "conv",
        "norm",
        "add",
        "relu",
        "cat",
    ]
    assert network.layer("act").pre_activation == "stem"
    assert network.layer("relu").pre_activation == "add"
    assert network.layer("cat").pre_activation == "cat_pre_relu"
    assert network.geometry("relu").receptive_field == 19
    assert network.geometry("relu").stride == 4
    for shape in ((1, 3, 64, 64), (3, 3, 96, 64)):
        images = torch.rand(shape)
        with torch.no_grad():
            expected = plain(images)
            stem = plain.stem(images)
        found = network.activations(images, layers=["cat", "stem", "act"])
        torch.testing.assert_close(found["cat"], expected, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(found["stem"], stem, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(found["act"], stem.relu(), atol=1e-5, rtol=1e-5)


def test_an_exported_network_refuses_images_it_was_not_recorded_for():
    network = wrap(ShapeBranching(), input_size=64)
    with pytest.raises(InputError, match="cannot take images"):
        network.activations(torch.rand(1, 3, 64, 600), layers=["conv"])


def test_a_copy_of_an_exported_network_is_independent():
    network = wrap(ShapeBranching(), input_size=64)
    shuffled = weight_permuted(network, seed=0)
    images = torch.rand(2, 3, 64, 64)
    before = network.activations(images, layers=["conv"])["conv"]
    after = shuffled.activations(images, layers=["conv"])["conv"]
    assert list(shuffled.layers) == list(network.layers)
    assert (before - after).abs().max() > 1e-3
    assert (network.state["conv.weight"] != shuffled.state["conv.weight"]).any()
