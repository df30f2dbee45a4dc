"""Where units look, measured with one-pixel impulses."""

import math

import networks
import numpy as np
import pytest
import torch
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from curvecircuits.errors import InputError
from curvecircuits.models.efficientnet import EfficientNetLite
from curvecircuits.models.inception import InceptionV1
from curvecircuits.models.network import Network
from curvecircuits.models.ops import SameConv2d, SameMaxPool2d, same_padding
from curvecircuits.models.wrap import wrap

pytestmark = pytest.mark.usefixtures("float64")


def seen(axis, count: int, pixel: int) -> torch.Tensor:
    """Which of an axis's units geometry says see a pixel."""
    first = axis.first + torch.arange(count) * axis.stride
    return (first <= pixel) & (pixel <= first + axis.last - axis.first)


def edges(axis, count: int, size: int) -> list[int]:
    """Pixels at, just inside and just outside the interval of three units, and the image's ends."""
    units = {0, count // 2, count - 1}
    pixels = {axis.first + k * axis.stride + d for k in units for d in (-1, 0)}
    pixels |= {axis.last + k * axis.stride + d for k in units for d in (0, 1)}
    return sorted({min(max(p, 0), size - 1) for p in pixels} | {size // 2})


def measured(network: Network, layer: str, size: tuple[int, int], at: list[tuple[int, int]]):
    """Which units of a layer respond to an impulse at each pixel."""
    images = torch.zeros(len(at), 3, *size)
    for image, (y, x) in zip(images, at, strict=True):
        image[:, y, x] = 1
    with torch.inference_mode():
        parts = [network.run(part, layers=[layer])[layer] for part in images.split(8)]
    return torch.cat(parts).ne(0).any(1)


def assert_sharp(network: Network, layer: str, size: tuple[int, int]) -> None:
    """Every unit responds to exactly the pixels that geometry says it sees."""
    geometry = network.geometry(layer, size=size)
    probe = measured(network, layer, size, [(0, 0)])
    height, width = probe.shape[1:]
    ys, xs = edges(geometry.y, height, size[0]), edges(geometry.x, width, size[1])
    longer = max(len(ys), len(xs))
    at = [(ys[i % len(ys)], xs[(i * 7 + 3) % len(xs)]) for i in range(longer)]
    at += [(ys[len(ys) // 2], x) for x in xs]
    for (y, x), responds in zip(at, measured(network, layer, size, at), strict=True):
        wanted = seen(geometry.y, height, y)[:, None] & seen(geometry.x, width, x)
        assert torch.equal(responds, wanted), f"{layer}, impulse at y {y}, x {x} of {size}"


# Padding depends on the size: odd sides, and none a multiple of the stride.
INCEPTION = {
    "conv2d0": (75, 98),
    "localresponsenorm0": (75, 98),
    "conv2d2_pre_relu": (75, 98),
    "maxpool1": (75, 98),
    "mixed3a": (75, 98),
    "mixed3b": (107, 130),
    "mixed4a": (107, 130),
}


@pytest.mark.parametrize("variant", ["inception_v1", "googlenet"])
def test_inception_sees_what_geometry_says(variant):
    network = Network(networks.neutral(InceptionV1(variant)), name=variant, input_size=64)
    for layer, size in INCEPTION.items():
        assert_sharp(network, layer, size)


@pytest.mark.parametrize("size", [(64, 64), (75, 90), (79, 61)])
def test_efficientnet_sees_what_geometry_says(size):
    module = networks.neutral(EfficientNetLite("efficientnet_lite0"))
    network = Network(module, name="lite0", input_size=64)
    for layer in ("stem_relu", "_blocks.1._bn1", "_blocks.2.add", "_blocks.4.add"):
        assert_sharp(network, layer, size)


@pytest.mark.parametrize("size", [(48, 48), (51, 62)])
def test_a_residual_network_sees_what_geometry_says(size):
    network = wrap(networks.neutral(networks.Residual()), input_size=48)
    for layer in ("stem", "pool", "block1.add", "block2.bn2", "block2.add", "block2.relu~2"):
        assert_sharp(network, layer, size)


def test_functional_operations_see_what_geometry_says():
    class Functional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2, 3, 3, 5))

        def forward(self, x):
            x = F.conv2d(F.pad(x, (3, 1, 2, 0)), self.weight, None, (2, 1), (0, 2))
            return F.avg_pool2d(F.max_pool2d(x, 3, 2, 1), 2, stride=1)

    network = wrap(Functional(), input_size=40)
    for layer in ("pad", "conv2d", "max_pool2d", "avg_pool2d"):
        assert_sharp(network, layer, (40, 45))


KERNELS = st.integers(1, 5)


@st.composite
def operations(draw, channels: int) -> nn.Module:
    """One sliding window with any kernel, stride, padding and dilation."""
    kernel = draw(st.tuples(KERNELS, KERNELS))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    dilation = draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    pad = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    half = tuple(min(p, k // 2) for p, k in zip(pad, kernel, strict=True))
    ceil = draw(st.booleans())
    same = draw(st.sampled_from(["same", "valid"]))
    return draw(
        st.sampled_from(
            [
                lambda: nn.Conv2d(channels, 1, kernel, stride, pad, dilation, bias=False),
                lambda: nn.Conv2d(channels, 1, kernel, 1, same, dilation, bias=False),
                lambda: SameConv2d(channels, 1, kernel, stride, bias=False),
                lambda: nn.Sequential(
                    nn.Conv2d(channels, 1, 1, bias=False),
                    nn.MaxPool2d(kernel, stride, half, dilation, ceil_mode=ceil),
                ),
                lambda: nn.Sequential(
                    nn.Conv2d(channels, 1, 1, bias=False),
                    nn.AvgPool2d(kernel, stride, half, ceil_mode=ceil),
                ),
                lambda: nn.Sequential(
                    nn.Conv2d(channels, 1, 1, bias=False), SameMaxPool2d(kernel[0], stride[0])
                ),
                lambda: nn.Sequential(
                    nn.ZeroPad2d((*pad, *kernel)), nn.Conv2d(channels, 1, kernel, bias=False)
                ),
            ]
        )
    )()


@st.composite
def stacks(draw) -> nn.Module:
    parts = [draw(operations(3)), *(draw(operations(1)) for _ in range(draw(st.integers(0, 2))))]
    return networks.neutral(nn.Sequential(*parts))


@settings(max_examples=60)
@given(stacks(), st.integers(36, 60), st.integers(36, 60))
def test_any_stack_sees_what_geometry_says(module, height, width):
    torch.set_default_dtype(torch.float64)
    try:
        output = module(torch.zeros(1, 3, height, width))
    except RuntimeError:  # a window larger than what is left
        reject()
    network = wrap(module, input_size=60)
    layer = list(network.layers)[-1]
    geometry = network.geometry(layer, size=(height, width))
    # A dilated or sparse window skips pixels, but never the two at its ends.
    for axis, size, count, vertical in (
        (geometry.y, height, output.shape[2], True),
        (geometry.x, width, output.shape[3], False),
    ):
        assert axis.centre == (axis.first + axis.last) / 2
        pixels = edges(axis, count, size)
        other = geometry.x if vertical else geometry.y
        k = min(max(math.ceil(-other.first / other.stride), 0), output.shape[2 + vertical] - 1)
        across = other.first + k * other.stride
        if not 0 <= across < (width if vertical else height):
            continue
        at = [(p, across) if vertical else (across, p) for p in pixels]
        for pixel, responds in zip(
            pixels, measured(network, layer, (height, width), at), strict=True
        ):
            found = responds[:, k] if vertical else responds[k]
            first = axis.first + torch.arange(count) * axis.stride
            last = first + axis.last - axis.first
            assert not found[(pixel < first) | (pixel > last)].any()
            whole = (first >= 0) & (last < size)  # at the border padding can hide an end
            assert found[whole & ((pixel == first) | (pixel == last))].all()


# What is known of the trained networks ------------------------------------------------------------

FACTS = [
    # layer, stride, receptive field and centre of unit 0 of InceptionV1; centre in GoogLeNet
    ("conv2d0", 2, 7, 1, 0),
    ("conv2d1", 4, 11, 3, 2),
    ("conv2d2", 4, 19, 3, 2),
    ("mixed3a_1x1", 8, 27, 7, 6),
    ("mixed3a_3x3", 8, 43, 7, 6),
    ("mixed3a_5x5", 8, 59, 7, 6),
    ("mixed3a_pool_reduce", 8, 43, 7, 6),
    ("mixed3b", 8, 91, 7, 6),
]


@pytest.mark.parametrize("variant", ["inception_v1", "googlenet"])
def test_centres_and_receptive_fields_of_inception(variant):
    network = Network(InceptionV1(variant).double(), name=variant)
    for layer, stride, field, tensorflow, caffe in FACTS:
        geometry = network.geometry(layer)
        centre = tensorflow if variant == "inception_v1" else caffe
        assert (geometry.stride, geometry.receptive_field) == (stride, field), layer
        assert [geometry.centre(k) for k in (0, 13)] == [centre, 13 * stride + centre], layer


def test_a_layer_that_is_no_map_has_no_geometry():
    network = wrap(networks.Residual().double(), input_size=48)
    assert not network.layer("scores").spatial
    with pytest.raises(InputError, match="scores of Residual has no geometry"):
        network.geometry("scores")


def test_an_unknown_operation_ends_geometry_and_nothing_else():
    class Turned(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x):
            return torch.rot90(self.conv(x), 1, (2, 3)).relu()

    network = wrap(Turned(), input_size=16)
    assert network.layer("conv").spatial
    assert not network.layer("relu").spatial
    assert network.activations(torch.zeros(1, 3, 16, 16), layers=["relu"])["relu"].shape[1] == 4


def test_a_gate_of_the_whole_image_is_context():
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)
            self.gate = nn.Conv2d(4, 4, 1)

        def forward(self, x):
            x = self.conv(x)
            return x * self.gate(x.mean((2, 3), keepdim=True)).sigmoid()

    network = wrap(Gated(), input_size=16)
    assert network.geometry("mul").context
    assert network.geometry("mul").receptive_field == 3
    assert not network.geometry("conv").context


# SAME padding -------------------------------------------------------------------------------------


@given(st.integers(1, 20), st.integers(1, 7), st.integers(1, 4))
def test_same_padding_is_the_least_that_gives_every_output(size, kernel, stride):
    wanted = -(-size // stride)
    least = next(
        t for t in range(40) if size + t >= kernel and (size + t - kernel) // stride + 1 >= wanted
    )
    before, after = same_padding(size, kernel, stride)
    assert (before, after) == (least // 2, least - least // 2)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 5), st.integers(1, 3))
def test_same_operations_by_hand(height, width, kernel, stride):
    torch.set_default_dtype(torch.float64)
    image = networks.noise(height, width).double()
    weight = networks.noise(kernel, kernel, seed=1).double()
    conv = SameConv2d(1, 1, kernel, stride, bias=False)
    conv.weight.data[:] = weight
    with torch.no_grad():
        convolved = conv(image[None, None])[0, 0]
        pooled = SameMaxPool2d(kernel, stride)(image[None, None])[0, 0]
    top, left = (same_padding(n, kernel, stride)[0] for n in (height, width))
    assert convolved.shape == pooled.shape == (-(-height // stride), -(-width // stride))
    for y, x in np.ndindex(*convolved.shape):
        taps = [
            (image[i, j], weight[a, b])
            for a, b in np.ndindex(kernel, kernel)
            if 0 <= (i := y * stride + a - top) < height
            and 0 <= (j := x * stride + b - left) < width
        ]
        assert float(convolved[y, x]) == pytest.approx(float(sum(v * w for v, w in taps)))
        assert float(pooled[y, x]) == float(max(v for v, _ in taps))
