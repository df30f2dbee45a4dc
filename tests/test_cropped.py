"""What is computed of some positions alone is what the whole maps have there."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from curvecircuits.artificial import artificial_network
from curvecircuits.errors import InputError
from curvecircuits.models import ops
from curvecircuits.models.edit import edit
from curvecircuits.models.edits import AddWeights, ScaleUnits, ZeroUnits
from curvecircuits.models.network import Network
from curvecircuits.models.wrap import wrap
from curvecircuits.tuning import station
from curvecircuits.weights import expanded_weights

CHANNELS = 4


def same(network: Network, images: Tensor, areas: dict[str, tuple[int, int, int, int]]) -> None:
    whole = network.run(images, layers=areas)
    part = network.run(images, layers=areas, within=areas)
    for name, (top, bottom, left, right) in areas.items():
        wanted = whole[name][:, :, top:bottom, left:right]
        assert part[name].shape == wanted.shape
        assert torch.allclose(part[name], wanted, atol=1e-5 * float(whole[name].abs().max()))
        assert wanted.std() > 0 or wanted.numel() < 2


def share(network: Network, images: Tensor, areas: dict[str, tuple[int, int, int, int]]) -> float:
    """Numbers in the maps that the cropped program computes, over those of the whole program."""
    network.run(images, layers=areas)
    network.run(images, layers=areas, within=areas)
    whole, part = list(network.wiring.programs.values())[-2:]

    def numbers(program: torch.fx.GraphModule) -> int:
        total = 0

        class Counter(torch.fx.Interpreter):
            def run_node(self, n: torch.fx.Node) -> object:
                nonlocal total
                value = super().run_node(n)
                if isinstance(value, Tensor) and n.op != "placeholder" and "cut" not in n.name:
                    total += value.numel() if value.ndim == 4 and n.op != "get_attr" else 0
                return value

        with torch.no_grad():
            Counter(program).run(network.prepare(images))
        return total

    return numbers(part) / numbers(whole)


def window(kind: str, kernel: int, stride: int, dilation: int, padding: int) -> nn.Module:
    match kind:
        case "conv":
            return nn.Conv2d(CHANNELS, CHANNELS, kernel, stride, padding, dilation)
        case "wide":
            sides = ((kernel, 1), (stride, 1), (padding, 0), (dilation, 1))
            return nn.Conv2d(CHANNELS, CHANNELS, *sides)
        case "depthwise":
            return nn.Conv2d(CHANNELS, CHANNELS, kernel, stride, padding, groups=CHANNELS)
        case "'same'":
            return nn.Conv2d(CHANNELS, CHANNELS, kernel, padding="same", dilation=dilation)
        case "SAME":
            return ops.SameConv2d(CHANNELS, CHANNELS, kernel, stride)
        case "reflecting":
            return nn.Conv2d(CHANNELS, CHANNELS, kernel, stride, padding, padding_mode="reflect")
        case "pool":
            return nn.MaxPool2d(kernel, stride, min(padding, kernel // 2))
        case "ceil":
            return nn.MaxPool2d(kernel, stride, min(padding, kernel // 2), ceil_mode=True)
        case "SAME pool":
            return ops.SameMaxPool2d(kernel, stride)
        case "mean":
            return nn.AvgPool2d(kernel, stride, min(padding, kernel // 2))
        case _:
            return ops.LocalResponseNorm(channels=CHANNELS, radius=1, k=1.0, alpha=0.5, beta=0.75)


KINDS = (
    *("conv", "wide", "depthwise", "'same'", "SAME", "reflecting", "pool", "ceil", "SAME pool"),
    *("mean", "norm"),
)
windows = st.tuples(
    st.sampled_from(KINDS),
    st.integers(1, 5),
    st.integers(1, 3),
    st.integers(1, 2),
    st.integers(0, 2),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(windows, min_size=1, max_size=4), st.integers(30, 41), st.data())
def test_chains_of_windows(kinds, size, data):
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Conv2d(3, CHANNELS, 3, padding=1)]
    for each in kinds:
        layers += [window(*each), nn.LeakyReLU()]
    try:
        network = wrap(nn.Sequential(*layers), input_size=size)
    except InputError:  # a window larger than what is left of the map
        assume(False)
    last = str(2 * len(kinds))
    height, width = network.map_size(last)
    row, column = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    bottom = data.draw(st.integers(row + 1, height))
    images = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    same(network, images, {last: (row, bottom, column, column + 1)})


class _Branched(nn.Module):
    """Branches of different reach, a residual sum, a gate of the whole image, and offsets."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.small = nn.Conv2d(8, 4, 1)
        self.large = nn.Conv2d(8, 4, 5, padding=2)
        self.gate = nn.Conv2d(8, 8, 1)
        self.scale = nn.Parameter(torch.rand(1, 8, 1, 1))
        self.place = nn.Parameter(torch.rand(8, 16, 16))
        self.end = nn.Conv2d(8, 5, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of a map."""
        x = self.relu(self.norm(self.stem(x)))
        joined = torch.cat([self.small(x), self.large(F.relu(x))], 1)
        x = joined + x * self.scale + self.place
        return self.end(x * torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True))))


@pytest.mark.parametrize("area", [(0, 1, 0, 1), (7, 8, 6, 9), (13, 14, 13, 14), (0, 14, 0, 14)])
def test_joins_gates_and_what_knows_its_place(area):
    torch.manual_seed(0)
    network = wrap(_Branched(), input_size=32)
    images = torch.rand(3, 3, 32, 32)
    same(network, images, {"end": area})
    same(network, images, {"end": area, "small": (3, 4, 5, 6), "stem": (0, 2, 9, 10)})


def test_maps_that_nothing_reads_are_not_computed():
    layers = nn.Sequential(*(nn.Conv2d(3, 3, 3) for _ in range(4)))
    network = wrap(layers, input_size=40)
    found = share(network, torch.rand(2, 3, 40, 40), {"3": (16, 17, 16, 17)})
    assert found == pytest.approx((7**2 + 5**2 + 3**2 + 1) / (38**2 + 36**2 + 34**2 + 32**2))


@pytest.mark.parametrize("layer", ["conv2d2", "3a", "3b"])
def test_the_artificial_network(layer):
    network = artificial_network()
    place = station(network, network.layer(layer).pre_activation, tile=30)
    images = torch.rand(2, 3, place.size, place.size, generator=torch.Generator().manual_seed(0))
    same(network, images, {place.layer: place.area})


def test_gradients_are_the_same():
    network = artificial_network()
    images = torch.rand(2, 3, 80, 80, generator=torch.Generator().manual_seed(0))
    found: list[Tensor] = []
    for within in (None, {"3b": (4, 5, 5, 6)}):
        leaf = images.clone().requires_grad_()
        maps = network.run(leaf, layers=["3b"], within=within)["3b"]
        value = maps[:, :, 4, 5] if within is None else maps[:, :, 0, 0]
        found.append(torch.autograd.grad(value.square().sum(), leaf)[0])
    assert found[0].abs().max() > 0
    assert torch.allclose(*found, atol=1e-5 * float(found[0].abs().max()))


def test_edits_hold_for_parts_of_maps():
    torch.manual_seed(0)
    layers = nn.Sequential(
        *(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 6, 5, padding=2), nn.ReLU()),
        nn.Conv2d(6, 4, 3),
    )
    network = wrap(layers, input_size=24)
    images = torch.rand(2, 3, 24, 24)
    area = {"4": (9, 10, 3, 4)}
    plain = network.run(images, layers=area, within=area)["4"]
    weights = expanded_weights(network, "1", units=[("2", 1)])
    edits = [
        ZeroUnits(units=[("1", 2)]),
        ScaleUnits(units=[("3", 0)], factor=-2.0),
        AddWeights(
            source="1",
            targets=weights.units,
            values=weights.values,
            origin=weights.origin,
            stride=weights.stride,
        ),
    ]
    for some in (edits[:1], edits[:2], edits):
        with edit(network, *some):
            same(network, images, area)
            assert not torch.equal(network.run(images, layers=area, within=area)["4"], plain)
    assert torch.equal(network.run(images, layers=area, within=area)["4"], plain)


def test_hooked_modules_see_whole_maps():
    module = nn.Sequential(nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3))
    module[0].register_forward_hook(lambda _, __, out: out - out.mean((2, 3), keepdim=True))
    same(wrap(module, input_size=20), torch.rand(2, 3, 20, 20), {"1": (5, 6, 5, 6)})
