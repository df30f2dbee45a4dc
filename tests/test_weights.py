import json

import networks
import numpy as np
import pytest
import torch
from conftest import SHARED
from torch import nn
from torch.nn import functional as F

from bars import weights as bars
from curvecircuits.artificial import artificial_network
from curvecircuits.catalog import load
from curvecircuits.cli import main
from curvecircuits.errors import InputError
from curvecircuits.models.address import Unit
from curvecircuits.models.efficientnet import EfficientNetLite, Normalise
from curvecircuits.models.inception import InceptionPreprocess, InceptionV1, inception_aliases
from curvecircuits.models.network import Network
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import CurveGrid
from curvecircuits.tuning import station
from curvecircuits.weights import (
    ablation,
    agreement,
    expanded_weights,
    group_matrix,
    linear_bias,
    pair_metric,
    resumed,
    top_inputs,
    top_outputs,
    weight_block,
    weight_factors,
)


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


def _linear_at(network, source, unit, *, place, images):
    """What the weights and the bias say of a unit at a place, and what it really is."""
    weights = expanded_weights(network, source, units=[unit])
    found = agreement(network, weights, images, at=place)
    return torch.from_numpy(found.predicted[0]), torch.from_numpy(found.actual[0])


class Functional(nn.Module):
    """Functions of every kind, none of them a rectifier: the linear picture is exact."""

    def __init__(self, *, branching=False):
        super().__init__()
        self.branching = branching
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.weight = nn.Parameter(torch.randn(4, 3, 3, 3) / 5)
        self.bias = nn.Parameter(torch.randn(4))
        self.scale = nn.Parameter(torch.rand(4, 1, 1) + 0.5)
        self.norm = nn.BatchNorm2d(4)
        self.last = nn.Conv2d(8, 5, 3, stride=2, dilation=2, padding=2)
        nn.init.uniform_(self.norm.running_var, 0.5, 2)
        nn.init.uniform_(self.norm.weight, 0.5, 2)
        nn.init.normal_(self.norm.running_mean)
        nn.init.normal_(self.norm.bias)

    def forward(self, x):
        if self.branching and x.shape[-1] > 500:
            x = x / 2
        x = self.stem(x)
        x = F.conv2d(x, self.weight, self.bias, 2, 1, 1, 2)
        n = self.norm
        y = F.batch_norm(x, n.running_mean, n.running_var, n.weight, n.bias, False, 0.1, 1e-5)
        y = y * self.scale - 2 * x
        y = F.avg_pool2d(F.pad(y, (1, 1, 1, 1)), 3, 1)
        y = -y + 3 if self.branching else 3 - y  # the exporter's own subtraction has no geometry
        y = torch.add(y, self.bias[:, None, None], alpha=2) / 4
        return self.last(torch.cat([y, -x], 1))


@pytest.mark.parametrize("branching", [False, True])  # traced by torch.fx, and by torch.export
def test_functions_are_read_as_modules_are(branching):
    network = wrap(networks.seeded(Functional, branching=branching), input_size=64)
    names = list(network.layers)
    units = [(names[-1], c) for c in (4, 0, 2)]
    _agree(network, "stem", units)
    images = networks.noise(3, 3, 64, 64)
    said, real = _linear_at(network, "stem", units[0], place=(8, 7), images=images)
    torch.testing.assert_close(said, real, atol=1e-5, rtol=1e-4)


class Rectified(nn.Module):
    """As `Functional`, with rectifiers, maximal pooling and response normalisation."""

    def __init__(self, pool):
        super().__init__()
        self.stem, self.pool = nn.Conv2d(3, 4, 3), pool
        self.mid, self.last = nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 5, 1)

    def forward(self, x):
        x = F.silu(self.stem(x))
        x = F.local_response_norm(self.pool(x), 3, k=2.0)
        y = F.gelu(self.mid(x))
        y = y * torch.sigmoid(y)
        return self.last(F.hardswish(y) + F.max_pool2d(x, 3, 1))


@pytest.mark.parametrize(
    "pool",
    [
        nn.MaxPool2d(3, 2),
        nn.MaxPool2d(2, 2, ceil_mode=True),
        nn.MaxPool2d(3, 2, padding=1, dilation=2),
        nn.AvgPool2d(2, 2, divisor_override=3),
    ],
)
def test_two_implementations_agree_whatever_the_pooling(pool):
    network = wrap(networks.seeded(Rectified, pool), input_size=49)
    found = _agree(network, "stem", [("last", c) for c in (3, 1)])
    assert found.stride == (2, 2)


def test_smooth_rectifiers_are_the_identity():
    """Weights through SiLU, GELU and a map times its sigmoid are those without them."""

    class Bare(Rectified):
        def forward(self, x):
            x = self.pool(self.stem(x)) * 2**-0.75
            return self.last(self.mid(x) + F.avg_pool2d(x, 3, 1))

    pool = nn.AvgPool2d(2)
    one, two = (wrap(networks.seeded(kind, pool), input_size=40) for kind in (Rectified, Bare))
    smooth, bare = (expanded_weights(n, "stem", units=[("last", 2)]).values for n in (one, two))
    torch.testing.assert_close(smooth, bare)


class Gated(nn.Module):
    """A squeeze-and-excitation block."""

    def __init__(self):
        super().__init__()
        self.stem, self.main = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)
        self.gate, self.last = nn.Conv2d(4, 4, 1), nn.Conv2d(4, 5, 3)

    def forward(self, x):
        x = self.main(self.stem(x).relu())
        return self.last(x * torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True))))


def test_a_gate_is_what_it_is_where_the_source_is_zero():
    module = networks.seeded(Gated)
    network = wrap(module, input_size=32)
    found = _agree(network, "relu", [("last", c) for c in (3, 1)])
    with torch.no_grad():
        gate = torch.sigmoid(module.gate(module.main.bias[None, :, None, None]))[0, :, 0, 0]
        first = expanded_weights(network, "relu", units=[("main", c) for c in range(4)]).values
        middle = torch.einsum("cxy,c,cdij->dijxy", module.last.weight[3], gate, first)
    centre = sum(middle[:, y, x, 2 - y, 2 - x] for y in range(3) for x in range(3))
    torch.testing.assert_close(found.values[0, :, 2, 2], centre)


def _refused(forward):
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)

    Odd.forward = forward
    return wrap(networks.seeded(Odd), input_size=32)


@pytest.mark.parametrize("method", ["compose", "gradient"])
@pytest.mark.parametrize(
    ("forward", "why"),
    [
        (lambda self, x: self.second(F.interpolate(self.first(x), scale_factor=2)), "interpolate"),
        (lambda self, x: self.second(F.adaptive_avg_pool2d(self.first(x), 5)), "whole map"),
        (lambda self, x: self.second((y := self.first(x)) * y.abs()), "multiplies two maps"),
        (
            lambda self, x: self.second(self.first(x) * x.mean((1, 2, 3), keepdim=True)),
            "depends on the image itself",
        ),
        (
            lambda self, x: self.second(self.first(x) * torch.linspace(0, 1, 30)),
            "differs between positions",
        ),
    ],
)
def test_an_operation_without_a_linear_counterpart_is_refused(forward, why, method):
    network = _refused(forward)
    with pytest.raises(InputError, match=why) as caught:
        expanded_weights(network, "first", units=[("second", 0)], method=method)
    assert "no linear counterpart" in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.usefixtures("unannotated")
def test_there_are_two_methods():
    with pytest.raises(InputError, match="compose or gradient"):
        expanded_weights(artificial_network(), "3a", units=[("3b", 0)], method="guess")


def test_units_in_any_order_have_their_own_weights():
    network = _inception("googlenet")
    order = [450, 0, 358, 0, 200, 449]
    mixed = expanded_weights(network, "3a", units=[("3b", c) for c in order])
    for row, channel in zip(mixed.values, order, strict=True):
        alone = expanded_weights(network, "3a", units=[("3b", channel)])
        assert (alone.values.shape[1:], alone.origin) == (row.shape, mixed.origin)
        torch.testing.assert_close(row, alone.values[0])
    _agree(network, "conv2d0", [("3b", 0), ("3b", 470)])  # narrow units, as wide as their layer


def test_weights_are_a_copy():
    """Overwriting them leaves the network as it is."""
    network = artificial_network()
    kernel = network.state["mixed3b_pre_relu.weight"]
    before = kernel.clone()
    expanded_weights(network, "3a", units=[("3b", c) for c in range(24)]).values.zero_()
    assert torch.equal(kernel, before)


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


# Against the network itself ---------------------------------------------------------------------


def _residual():
    network = wrap(networks.seeded(networks.Residual), input_size=64)
    for name, value in network.state.items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 2, generator=torch.Generator().manual_seed(1))
    return network


def test_the_bias_is_what_the_linear_network_gives_on_nothing():
    network = wrap(networks.seeded(Functional), input_size=64)
    last = list(network.layers)[-1]
    units = [(last, c) for c in (3, 0, 4)]
    found = linear_bias(network, "stem", units=units)
    after = resumed(network, "stem", last)(torch.zeros(1, 6, 64, 64))
    torch.testing.assert_close(found, after[0, [3, 0, 4], 8, 8], atol=1e-5, rtol=1e-5)
    assert found.abs().min() > 1e-3


def test_a_resumed_network_is_the_network():
    network = _residual()
    images = networks.noise(3, 3, 64, 64)
    real = network.activations(images, layers=["relu", "block2.add"])
    after = resumed(network, "relu", "block2.relu~2")  # read before it is clipped
    torch.testing.assert_close(after(real["relu"]), real["block2.add"])
    halved = after(real["relu"] / 2)
    assert (halved - real["block2.add"]).abs().max() > 1e-2


def test_a_resumed_network_keeps_what_goes_around_the_source():
    """The shortcut of a block does not pass through its first convolution."""
    network = _residual()
    images = networks.noise(3, 3, 64, 64)
    names = ["block2.relu", "block2.shortcut"]
    real = network.activations(images, layers=names)
    after = resumed(network, "block2.relu", "block2.add", images=images)
    found = after(torch.zeros_like(real["block2.relu"]))
    module = network.module.block2
    alone = module.bn2(module.conv2(torch.zeros_like(real["block2.relu"])))
    torch.testing.assert_close(found, alone + real["block2.shortcut"])
    with pytest.raises(InputError, match="give the images"):
        resumed(network, "block2.relu", "block2.add")
    with pytest.raises(InputError, match="does not depend"):
        resumed(network, "block2.add", "block1.add")


def _written(images=None):
    """The artificial network, curves at the centre of a unit of 3b, and its place."""
    network = artificial_network()
    place = station(network, network.layer("3b").pre_activation, tile=60)
    grid = CurveGrid(
        orientations=tuple(15.0 * k for k in range(24)), radii=(80.0, 40.0), tile=60.0, width=2.0
    )
    drawn = torch.cat([i for _, i in grid.batches(size=place.size, centre=place.centre)])
    return network, drawn.expand(-1, 3, -1, -1), (place.row, place.column)


def test_one_layer_away_the_prediction_is_exact_and_the_control_is_not():
    network, images, at = _written()
    units = [("3b", c) for c in range(0, 24, 5)]
    found = agreement(network, expanded_weights(network, "3a", units=units), images, at=at)
    assert found.correlation.min() > 0.999
    np.testing.assert_allclose(found.slope, 1, atol=1e-3)
    np.testing.assert_allclose(found.predicted, found.actual, atol=1e-3)
    assert np.abs(found.control).max() < 0.9


def test_over_several_layers_the_prediction_is_an_approximation():
    network, images, at = _written()
    units = [("3b", c) for c in (0, 6)]
    near = agreement(network, expanded_weights(network, "3a", units=units), images, at=at)
    far = agreement(network, expanded_weights(network, "conv2d0", units=units), images, at=at)
    assert (far.correlation < near.correlation - 0.01).all()


def test_positions_are_interior_and_drawn_with_a_seed():
    network = _residual()
    weights = expanded_weights(network, "relu", units=[("block2.add", c) for c in (0, 5)])
    images = networks.noise(40, 3, 80, 96)
    every = agreement(network, weights, images[:2], positions=None)
    one, two, other = (
        agreement(network, weights, images, positions=3, seed=seed) for seed in (0, 0, 1)
    )
    assert one.actual.shape == (2, 40 * 3)
    assert every.actual.shape[1] > 2 * 3
    np.testing.assert_array_equal(one.predicted, two.predicted)
    assert (one.actual != other.actual).any()
    drawn = {round(float(v), 4) for v in one.actual[0].reshape(40, 3)[:2].ravel()}
    assert drawn <= {round(float(v), 4) for v in every.actual[0]}
    with pytest.raises(InputError, match="too small"):
        agreement(network, weights, images[:, :, :16, :16])
    with pytest.raises(InputError, match="at least one position"):
        agreement(network, weights, images, positions=0)
    with pytest.raises(InputError, match="no position"):
        agreement(network, weights, images, at=(0, 99))


def test_a_linear_network_loses_what_the_weights_say():
    """Removing channels of a linear network changes its units as the weights predict."""
    network = wrap(networks.seeded(Functional), input_size=64)
    last = list(network.layers)[-1]
    weights = expanded_weights(network, "stem", units=[(last, c) for c in (3, 1)])
    images = networks.noise(8, 3, 64, 64)
    groups = {"one": [2], "three": [0, 4, 5]}
    found = ablation(network, weights, images, groups=groups, positions=4)
    assert found.groups == ("one", "three")
    assert found.predicted.shape == (2, 2, 32)
    np.testing.assert_allclose(found.predicted, found.actual, atol=1e-5)
    assert found.control.max() < 0.95
    for wrong in ({}, {"none": []}, {"far": [6]}):
        with pytest.raises(InputError, match="group"):
            ablation(network, weights, images, groups=wrong)


def test_a_rectifier_between_makes_ablation_an_approximation():
    network = _residual()
    weights = expanded_weights(network, "relu", units=[("block2.add", c) for c in range(6)])
    images = networks.noise(12, 3, 80, 80)
    found = ablation(network, weights, images, groups={"half": range(4)}, positions=6)
    assert np.abs(found.predicted - found.actual).max() > 1e-2
    assert found.slope.shape == (1, 6)


@pytest.mark.shared
def test_googlenet_follows_its_weights_better_than_the_control():
    network = load("googlenet", weights=SHARED / "weights" / "bvlc_googlenet.safetensors")
    place = station(network, network.layer("3b").pre_activation, tile=60)
    grid = CurveGrid(
        orientations=tuple(30.0 * k for k in range(12)), radii=(160.0, 60.0), tile=60.0, width=2.0
    )
    drawn = torch.cat([i for _, i in grid.batches(size=place.size, centre=place.centre)])
    units = [("3b", c) for c in (358, 368, 413, 408)]
    weights = expanded_weights(network, "3a", units=units)
    images = drawn.expand(-1, 3, -1, -1)
    found = agreement(network, weights, images, at=(place.row, place.column))
    assert 0.6 < found.correlation.min() < found.correlation.max() < 0.999
    assert np.median(found.correlation) > np.median(found.control) + 0.3


@pytest.mark.shared
@pytest.mark.parametrize("bar", [bars.weights_agree, bars.weights_far])
def test_the_bars_pass_in_their_quick_form(bar):
    outcome = bar(True)
    assert outcome.ok, outcome.value


# Reading them -----------------------------------------------------------------------------------


def test_the_strongest_connections_in_both_directions():
    network = artificial_network()
    kernel = network.state["mixed3b_pre_relu.weight"]  # (24, 48, h, w)
    norms = kernel.square().sum((2, 3)).sqrt()
    inputs = top_inputs(network, Unit("3b", 5), "3a", 4)
    assert [c.source.channel for c in inputs] == norms[5].argsort(descending=True)[:4].tolist()
    assert {c.target.channel for c in inputs} == {5}
    assert inputs[0].total == pytest.approx(float(kernel[5, inputs[0].source.channel].sum()))
    outputs = top_outputs(network, Unit("3a", 7), "3b", 3)
    assert [c.norm for c in outputs] == pytest.approx(
        norms[:, 7].sort(descending=True).values[:3].tolist()
    )
    for connection in outputs:
        assert norms[connection.target.channel, 7] == pytest.approx(connection.norm)
    with pytest.raises(InputError, match="at least one connection"):
        top_inputs(network, Unit("3b", 5), "3a", 0)


def test_outputs_that_do_not_depend_on_a_unit_are_left_out():
    network = _inception("googlenet")
    found = top_outputs(network, Unit("mixed3b_3x3_bottleneck", 3), "3b", 999)
    assert {c.target.channel for c in found} == set(range(128, 128 + 192))


def test_a_block_has_the_units_asked_for_in_their_order():
    network = artificial_network()
    kernel = network.state["mixed3b_pre_relu.weight"]
    targets, sources = [Unit("3b", c) for c in (9, 2)], [Unit("3a", c) for c in (30, 4, 11)]
    block = weight_block(network, targets=targets, sources=sources)
    torch.testing.assert_close(block.values, kernel[[9, 2]][:, [30, 4, 11]])
    found = group_matrix(
        network,
        targets={"a": targets[:1], "b": targets},
        sources={"late": sources[:2], "one": sources[2:]},
        metric="sum",
    )
    assert found.values.shape == (2, 2)
    assert found.values[1, 0] == pytest.approx(float(block.values[:, :2].sum((2, 3)).mean()))
    assert found.pairs["b", "one"].shape == (2, 1)
    with pytest.raises(InputError, match="empty"):
        group_matrix(network, targets={"a": targets}, sources={"none": []})
    with pytest.raises(InputError, match="one layer"):
        weight_block(network, targets=targets, sources=[Unit("3a", 0), Unit("conv2d2", 0)])


def test_metrics_of_a_pair():
    values = torch.tensor([[[[3.0, -4.0], [0.0, 2.0]]]])
    found = {m: pair_metric(values, metric=m).item() for m in ("sum", "magnitude", "positive")}
    assert found == {"sum": 1, "magnitude": 9, "positive": 5}
    assert pair_metric(values, metric="negative").item() == -4
    assert pair_metric(values).item() == pytest.approx(29**0.5)


def test_factors_that_were_put_in_are_found():
    generator = torch.Generator().manual_seed(3)
    channels = torch.zeros(3, 12)
    for k in range(3):
        channels[k, 4 * k : 4 * k + 4] = torch.rand(4, generator=generator) + 0.2
    spatial = torch.randn(3, 2, 5, 5, generator=generator)
    values = torch.einsum("kc,kuij->ucij", channels, spatial)
    found = weight_factors(values, factors=3)
    assert found.converged
    assert found.explained > 0.99
    assert (found.channels >= 0).all()
    likeness = found.channels @ (channels / channels.norm(dim=1, keepdim=True)).T.double().numpy()
    assert likeness.max(1).min() > 0.98
    again = weight_factors(values, factors=3)
    np.testing.assert_array_equal(found.spatial, again.spatial)
    noise = torch.randn(2, 12, 5, 5, generator=generator)
    assert weight_factors(noise, factors=3).explained < 0.7
    rebuilt = np.einsum("kc,kuij->ucij", found.channels, found.spatial)
    left = 1 - np.square(rebuilt - values.numpy()).sum() / np.square(values.numpy()).sum()
    assert found.explained == pytest.approx(left)


def test_what_cannot_be_factored():
    for values, factors in (
        (torch.zeros(3, 2, 2), 1),
        (torch.ones(3, 2, 2), 0),
        (torch.ones(3, 2, 2), 4),
        (torch.full((3, 2, 2), torch.nan), 1),
    ):
        with pytest.raises(InputError):
            weight_factors(values, factors=factors)


# The command ------------------------------------------------------------------------------------

NETS = """
import torch
from torch import nn
from curvecircuits import wrap

def make():
    torch.manual_seed(0)
    before = [nn.Conv2d(3, 6, 7, 2), nn.ReLU(), nn.Conv2d(6, 4, 3), nn.ReLU()]
    after = [nn.Conv2d(4, 5, 9, 2), nn.ReLU()]
    return wrap(nn.Sequential(*before, *after), name="tiny", input_size=64)
"""


@pytest.fixture
def factory(tmp_path):
    path = tmp_path / "nets.py"
    path.write_text(NETS)
    return f"{path}:make"


def test_the_command_writes_weights_and_says_how_true_they_are(factory, tmp_path, capsys):
    out = tmp_path / "made" / "weights.npz"
    tokens = ["weights", "1", "5", "--model", factory, "--out", str(out)]
    assert main([*tokens, "--units", "3,1"]) == 0
    shown = capsys.readouterr().out
    assert "5:3" in shown
    assert "linear approximation" in shown
    network = load(factory)
    expected = expanded_weights(network, "1", units=[("5", 3), ("5", 1)])
    with np.load(out, allow_pickle=False) as found:
        np.testing.assert_array_equal(found["values"], expected.values.numpy())
        assert found["units"].tolist() == [3, 1]
        assert tuple(found["origin"]) == expected.origin
        assert tuple(found["offset"]) == expected.offset
        assert (found["source"], found["model"]) == ("1", "tiny")
        assert found["model_hash"] == network.model_hash
        assert 0 < found["correlation"][0] < 1
    assert main([*tokens, "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert [row["unit"] for row in written["units"]] == [f"5:{c}" for c in range(5)]


@pytest.mark.parametrize("units", ["x", "1,,2", "99"])
def test_the_command_refuses_units_that_there_are_not(factory, tmp_path, capsys, units):
    out = tmp_path / "weights.npz"
    assert main(["weights", "1", "5", "--model", factory, "--out", str(out), "--units", units]) == 2
    assert "unit" in capsys.readouterr().err
    assert not out.exists()
