import networks
import pytest
import torch
from torch import nn

from curvecircuits.artificial import artificial_network
from curvecircuits.errors import InputError
from curvecircuits.models.efficientnet import EfficientNetLite, Normalise
from curvecircuits.models.inception import InceptionPreprocess, InceptionV1, inception_aliases
from curvecircuits.models.network import Network
from curvecircuits.models.wrap import wrap
from curvecircuits.weights import expanded_weights


def _inception(variant):
    torch.manual_seed(0)
    return Network(
        InceptionV1(variant),
        name=variant,
        preprocess=InceptionPreprocess(variant),
        aliases=inception_aliases(),
    )


def _agree(network, source, units):
    composed = expanded_weights(network, source, units=units)
    products = expanded_weights(network, source, units=units, method="gradient")
    assert composed.values.shape == products.values.shape
    assert (composed.origin, composed.stride) == (products.origin, products.stride)
    largest = composed.values.abs().max()
    assert largest > 0
    assert (composed.values - products.values).abs().max() <= 1e-5 * largest
    return composed


@pytest.mark.parametrize("variant", ["googlenet", "inception_v1"])
def test_two_implementations_agree_on_inception(variant):
    network = _inception(variant)
    units = [("3b", c) for c in (0, 200, 358, 450)]  # one of each branch
    near = _agree(network, "3a", units)
    assert near.values.shape == (4, 256, 5, 5)
    assert near.offset == (-16, -16)
    assert near.values[0, :, 0, 0].abs().max() == 0  # a 1 × 1 unit reads one cell
    assert near.values[2, :, 0, 0].abs().max() > 0  # a 5 × 5 unit reads all
    far = _agree(network, "conv2d0", units)
    assert far.stride == (4, 4)
    assert far.values.shape[2:] == (43, 43)


def test_two_implementations_agree_on_inverted_bottlenecks():
    torch.manual_seed(0)
    network = Network(EfficientNetLite("efficientnet_lite0"), name="lite", preprocess=Normalise())
    for norm in (m for m in network.module.modules() if isinstance(m, nn.BatchNorm2d)):
        norm.running_var.uniform_(0.5, 2)
        norm.weight.data.uniform_(0.5, 2)
    _agree(network, "_blocks.0._bn2", [("_blocks.4.add", c) for c in (0, 7)])


def test_a_linear_network_is_its_expanded_weights():
    """Without rectifiers the approximation is exact: W · h plus a constant is the response."""
    torch.manual_seed(1)
    module = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.Conv2d(4, 6, 5, stride=2, padding=2, groups=2),
        nn.AvgPool2d(3, 2, padding=1),
        nn.Conv2d(6, 5, 3, dilation=2, padding=2),
    )
    network = wrap(module, input_size=64)
    found = expanded_weights(network, "0", units=[("4", 3)])
    images = torch.rand(3, 3, 64, 64)
    maps = network.activations(images, layers=["0", "4"])
    blank = network.activations(torch.zeros(1, 3, 64, 64), layers=["0", "4"])
    row = column = 8
    top, left = (found.origin[i] + found.stride[i] * row for i in (0, 1))
    height, width = found.values.shape[2:]
    patch = (maps["0"] - blank["0"])[:, :, top : top + height, left : left + width]
    predicted = (patch * found.values[0]).sum((1, 2, 3))
    actual = (maps["4"] - blank["4"])[:, 3, row, column]
    torch.testing.assert_close(predicted, actual, atol=1e-5, rtol=1e-4)


def test_written_weights_are_read_back():
    """One step away the expanded weights are the kernel that the formula wrote."""
    network = artificial_network()
    found = _agree(network, "3a", [("3b", c) for c in (0, 6)])
    kernel = network.state["mixed3b_pre_relu.weight"]
    torch.testing.assert_close(found.values, kernel[[0, 6]], atol=1e-7, rtol=0)
    _agree(network, "conv2d0", [("3b", 0)])


def test_a_curve_wants_lines_along_its_tangent():
    """The vertical lines that ")" wants are spread up and down rather than to the sides."""
    found = expanded_weights(artificial_network(), "conv2d2", units=[("3b", 0)])
    vertical = found.values[0, 0].clamp(min=0)  # the line of conv2d2 with a horizontal normal
    assert vertical.sum(1).max() > 0
    down, right = vertical.sum(1), vertical.sum(0)
    positions = torch.arange(len(down)) * found.pitch
    spread = []
    for mass in (down, right):
        middle = (mass * positions).sum() / mass.sum()
        spread.append(float((mass * (positions - middle).square()).sum() / mass.sum()))
    assert spread[0] > spread[1]


def test_what_cannot_be_expanded_says_why():
    network = wrap(networks.seeded(networks.Residual), input_size=64)
    with pytest.raises(InputError, match="one layer"):
        expanded_weights(network, "stem", units=[("block1.add", 0), ("block2.add", 0)])
    with pytest.raises(InputError, match="at least one unit"):
        expanded_weights(network, "stem", units=[])
    with pytest.raises(InputError, match="does not depend"):
        expanded_weights(network, "block2.add", units=[("block1.add", 0)])
    with pytest.raises(InputError, match="no layer"):
        expanded_weights(network, "nowhere", units=[("block1.add", 0)])
    with pytest.raises(InputError, match="no unit"):
        expanded_weights(network, "stem", units=[("block1.add", 99)])


def test_an_operation_without_a_linear_counterpart_is_refused():
    class Pooled(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)

        def forward(self, x):
            return self.second(nn.functional.max_pool2d(self.first(x), 2))

    network = wrap(Pooled(), input_size=32)
    for method in ("compose", "gradient"):
        with pytest.raises(InputError, match="no linear counterpart"):
            expanded_weights(network, "first", units=[("second", 0)], method=method)


def test_a_unit_of_a_branch_that_does_not_read_the_source_has_no_weights():
    """Both branches are asked for together: the one off the path has no weight at all."""

    class Forked(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.side = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(3, 2, 3, padding=1)
            self.main = nn.Conv2d(4, 3, 3, padding=1)

        def forward(self, x):
            return torch.cat([self.main(self.stem(x)), self.side(x)], 1)

    network = wrap(networks.seeded(Forked), input_size=32)
    both = _agree(network, "stem", [("cat", 4), ("cat", 1)])
    assert both.values[0].abs().max() == 0
    assert both.values[1].abs().max() > 0
    with pytest.raises(InputError, match="None of these units"):
        expanded_weights(network, "stem", units=[("cat", 4)])
