"""Feature visualization: what is read, what is found, and that it is always the same picture."""

import json
import math
import os
from collections.abc import Iterator, Sequence
from itertools import pairwise

import networks
import numpy as np
import pytest
import torch
from conftest import SHARED
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor, nn
from torch.nn import functional as F

from curvecircuits.artificial import artificial_network
from curvecircuits.catalog import load
from curvecircuits.errors import InputError
from curvecircuits.models.address import Direction
from curvecircuits.models.edit import edit
from curvecircuits.models.edits import AddWeights, ReplaceUnits, ScaleUnits
from curvecircuits.models.efficientnet import EfficientNetLite
from curvecircuits.models.network import Network
from curvecircuits.models.ops import SameConv2d, SameMaxPool2d
from curvecircuits.models.wrap import wrap
from curvecircuits.visualize import Look, Objective, Picture, Robustness, feature_visualization
from curvecircuits.visualize.features.ascent import climb, values_of
from curvecircuits.visualize.features.canvas import canvas_for
from curvecircuits.visualize.features.climbed import pictures_made
from curvecircuits.visualize.features.paints import Paint
from curvecircuits.visualize.features.picture import read_made
from curvecircuits.visualize.features.robustness import moved, straight

STILL = Robustness()


def small(*, seed: int = 0) -> Network:
    """Three convolutions, of which two are rectified."""
    return wrap(
        networks.seeded(
            lambda: nn.Sequential(
                nn.Conv2d(3, 6, 5), nn.ReLU(), nn.Conv2d(6, 8, 3, 2), nn.ReLU(), nn.Conv2d(8, 7, 3)
            ),
            seed=seed,
        ),
        input_size=32,
    )


# What is read -------------------------------------------------------------------------------------


def within(picture: Tensor, size: int, middle: tuple[float, float]) -> Tensor:
    """A mid-grey image with a picture, (3, h, w), whose middle falls on a pixel; without moving."""
    image = torch.full((3, size, size), 0.5, dtype=picture.dtype)
    kept: list[tuple[slice, slice]] = []
    for at, side in zip(middle, picture.shape[1:], strict=True):
        start = at - (side - 1) / 2
        assert start == int(start), "the picture would fall between pixels"
        first, stop = max(0, int(start)), min(size, int(start) + side)
        kept.append((slice(first, stop), slice(first - int(start), stop - int(start))))
    (rows, own_rows), (columns, own_columns) = kept
    image[:, rows, columns] = picture[:, own_rows, own_columns]
    return image


def whole(axis, units: int, size: int) -> int:
    """A unit in the middle of those whose receptive field the image holds."""
    held = [
        k
        for k in range(units)
        if axis.first + k * axis.stride >= 0 and axis.last + k * axis.stride < size
    ]
    if not held:
        pytest.skip("no unit is whole")
    return held[len(held) // 2]


def plain(network: Network, layer: str, picture: Tensor) -> Tensor:
    """What each unit of a layer makes of a picture at its centre, before clipping, (C,)."""
    source = network.layer(network.layer(layer).pre_activation)
    geometry, size = network.geometry(source.name), network.input_size
    i = whole(geometry.y, source.height, size)
    j = whole(geometry.x, source.width, size)
    middle = tuple(a.centre + k * a.stride for a, k in ((geometry.y, i), (geometry.x, j)))
    image = within(picture, size, (middle[0], middle[1]))
    return network.activations(image[None], layers=[source.name])[source.name][0, :, i, j]


def assert_reads(network: Network, layer: str, channel: int, **options) -> Picture:
    (picture,) = feature_visualization(
        network, [f"{layer}:{channel}"], **{"steps": 3, "batch": 1, **options}
    )
    wanted = float(plain(network, layer, picture.rgb())[channel])
    assert picture.activation == pytest.approx(wanted, rel=1e-4, abs=1e-4)
    return picture


class Inception(nn.Module):
    """Branches that see differently far, joined, and a convolution of another stride over them."""

    def __init__(self, kernels: tuple[int, int], strides: tuple[int, int], dilation: int) -> None:
        super().__init__()
        self.stem = SameConv2d(3, 4, kernels[0], strides[0])
        self.one = nn.Conv2d(4, 3, 1)
        self.wide = nn.Conv2d(4, 2, 3, padding=dilation, dilation=dilation)
        self.pool = nn.MaxPool2d(3, 1, 1)
        self.last = SameConv2d(9, 5, kernels[1], strides[1])

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(x))
        return self.last(torch.cat([F.relu(self.one(x)), F.relu(self.wide(x)), self.pool(x)], 1))


@settings(max_examples=25)
@given(
    st.tuples(st.integers(1, 6), st.integers(1, 4)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.integers(1, 2),
    st.integers(45, 60),
    st.sampled_from(["stem", "cat", "last"]),
)
def test_the_canvas_reads_what_the_whole_image_does(kernels, strides, dilation, size, layer):
    network = wrap(networks.seeded(Inception, kernels, strides, dilation), input_size=size)
    for channel in (0, 4) if layer != "stem" else (3,):
        source = "cat_pre_relu" if layer == "cat" else layer
        objective = Objective.unit(f"{source}:{channel}")
        canvas = canvas_for(network, objective)
        assert max(canvas.size) < size
        branch = canvas.readings[0].source
        pictures = networks.noise(1, 3, *(s + (s % 2 != f % 2) for s, f in _sides(canvas)))
        found = values_of(network, [objective], canvas, pictures)
        (own,) = canvas.readings[0].channels or (0,)
        wanted = plain(network, branch, pictures[0])[own]
        torch.testing.assert_close(found[0], wanted, rtol=1e-4, atol=1e-4)


def _sides(canvas) -> list[tuple[int, int]]:
    """Each side of what is seen, and whether its middle is a pixel's."""
    return [(f, round(2 * m) + 1) for f, m in zip(canvas.field, canvas.middle, strict=True)]


def term_value(network: Network, term, image: Tensor, middle: tuple[float, float]) -> float:
    """A term by hand: the cells of the layer nearest to a pixel of an image, times the weights."""
    layer = network.layer(term.layer)
    geometry = network.geometry(layer.pre_activation)
    maps = network.activations(image[None], layers=[layer.pre_activation, layer.name])
    before, after = maps[layer.pre_activation][0], maps[layer.name][0]
    values = after + term.leak * (before - after)
    cells: list[slice] = []
    for n, axis in enumerate((geometry.y, geometry.x)):
        count = term.values.shape[1 + n]
        unit = (middle[n] - axis.centre) / axis.stride + term.offset[n]
        first = math.floor(unit - (count - 1) / 2 + 0.5)
        seen = axis.first + first * axis.stride, axis.last + (first + count - 1) * axis.stride
        if seen[0] < 0 or seen[1] >= network.input_size:
            reject()
        cells.append(slice(first, first + count))
    values = values[:, cells[0], cells[1]]
    values = values if term.channels is None else values[list(term.channels)]
    return float((values * term.values).sum())


SIDES = st.tuples(st.integers(1, 4), st.integers(1, 4))
OFFSETS = st.tuples(st.integers(-2, 2), st.integers(-1, 1))


@settings(max_examples=25)
@given(
    st.tuples(st.integers(1, 5), st.integers(1, 4)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    SIDES,
    OFFSETS,
    st.integers(72, 80),
)
def test_sums_fields_and_offsets_read_what_the_whole_image_does(
    kernels, strides, sides, offset, size
):
    network = wrap(networks.seeded(Inception, kernels, strides, 1), input_size=size)
    field = Objective.field("last", torch.randn(5, *sides, generator=torch.manual_seed(0)))
    objective = field - 0.5 * Objective.unit("stem:1", offset=offset) + Objective.unit("last:2")
    canvas = canvas_for(network, objective)
    step = strides[0] * strides[1]
    middle = tuple(m + step * round(((size - 1) / 2 - m) / step) for m in canvas.middle)
    picture = networks.noise(3, *(f + 4 + ((f + m) % 2) for f, m in _sides(canvas)))
    image = within(picture, size, (middle[0], middle[1]))
    wanted = sum(
        term_value(network, term, image, (middle[0], middle[1])) for term in objective.terms
    )
    found = float(values_of(network, [objective], canvas, picture[None])[0])
    assert found == pytest.approx(wanted, rel=1e-4, abs=1e-4)


class Heads(nn.Module):
    """Two layers whose strides have no common measure but 1."""

    def __init__(self) -> None:
        super().__init__()
        self.two, self.three = SameConv2d(3, 4, 5, 2), SameConv2d(3, 4, 6, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.two(x).mean((2, 3)) + self.three(x).mean((2, 3))


@pytest.mark.parametrize("size", [50, 51, 52, 53])
def test_strides_without_a_common_measure(size):
    network = wrap(networks.seeded(Heads), input_size=size)
    objective = Objective.unit("two:1") + Objective.unit("three:2")
    canvas = canvas_for(network, objective)
    assert max(canvas.size) < 20
    middle = tuple(m + 6 * round(((size - 1) / 2 - m) / 6) for m in canvas.middle)
    picture = networks.noise(3, *(f + 4 + ((f + m) % 2) for f, m in _sides(canvas)))
    image = within(picture, size, (middle[0], middle[1]))
    wanted = sum(
        term_value(network, term, image, (middle[0], middle[1])) for term in objective.terms
    )
    found = float(values_of(network, [objective], canvas, picture[None])[0])
    assert found == pytest.approx(wanted, rel=1e-4, abs=1e-4)


class Mixed(nn.Sequential):
    """Even kernels, a stride of 3, dilation and sides that differ, with TensorFlow's padding."""

    def __init__(self) -> None:
        super().__init__(
            SameConv2d(3, 4, 4, 3),
            nn.ReLU(),
            nn.Conv2d(4, 5, (2, 3), dilation=(1, 2), padding=(1, 2)),
            nn.ReLU(),
            SameMaxPool2d(2, 2),
            nn.Conv2d(5, 6, 2),
        )


@pytest.mark.parametrize("look", [Look(), Look(grey=True), Look(alpha=True)])
@pytest.mark.parametrize("layer", ["2", "3", "5"])
def test_even_kernels_and_sides_that_differ(layer, look):
    picture = assert_reads(wrap(networks.seeded(Mixed), input_size=61), layer, 3, look=look)
    assert len(picture.image) == 3 + look.alpha
    if look.grey:
        assert torch.equal(picture.image[0], picture.image[2])


def test_a_residual_network_with_preprocessing():
    network = wrap(
        networks.seeded(networks.Residual), input_size=75, preprocess=lambda x: (x - 0.4) / 0.2
    )
    for layer in ("stem", "block1.conv1", "block1.relu~2"):
        assert_reads(network, layer, 5)


def test_double_precision(float64):
    picture = assert_reads(small(), "2", 1)
    assert picture.image.dtype == torch.float64


def test_the_artificial_network():
    network = artificial_network()
    for layer, channel in (("conv2d1", 3), ("3a", 0), ("3b", 2)):
        assert_reads(network, layer, channel, steps=2)


def test_efficientnet():
    module = networks.seeded(EfficientNetLite, "efficientnet_lite0")
    network = Network(module, name="lite0", input_size=224)
    for layer in ("_blocks.1._bn1", "_blocks.2.add", "_blocks.4.add"):
        canvas = canvas_for(network, Objective.unit(f"{layer}:3"))
        assert max(canvas.size) < 120
        assert_reads(network, layer, 3, steps=2)


@pytest.mark.shared
def test_googlenet():
    network = load("googlenet", weights=SHARED / "weights/bvlc_googlenet.safetensors")
    picture = assert_reads(network, "3b", 379, steps=4)
    assert picture.made.field == (91, 91)
    alone = canvas_for(network, Objective.unit("3b:0"))
    assert alone.readings[0].source == "mixed3b_1x1_pre_relu"
    assert max(alone.size) < max(canvas_for(network, Objective.unit("3b:379")).size)


@pytest.mark.parametrize("scale", [2.0, -1.0])
def test_within_an_edit_the_edited_network_is_read(scale):
    network = small()
    before = assert_reads(network, "4", 1)
    with edit(network, ScaleUnits(units=[("4", 1)], factor=scale)):
        edited = assert_reads(network, "4", 1)
    assert edited.made.weights.endswith("edited")
    assert not torch.equal(before.image, edited.image)
    assert torch.equal(assert_reads(network, "4", 1).image, before.image)


def _farther() -> AddWeights:
    values = torch.full((1, 6, 9, 9), 0.1)
    return AddWeights(source="1", targets=[("2", 1)], values=values, origin=(-3, -3), stride=(2, 2))


def _of_another() -> ReplaceUnits:
    """Units whose kernel is wider than the receptive field of those that they replace."""
    other = wrap(networks.seeded(nn.Conv2d, 3, 2, 9, 2, 1), input_size=32)
    return ReplaceUnits(units=[("2", 1)], by=other, by_units=[(next(iter(other.layers)), 0)])


@pytest.mark.parametrize("change", [_farther, _of_another])
def test_an_edit_that_sees_farther_than_its_layer_is_read_whole(change):
    network, objective = small(), Objective.unit("2:1")
    assert max(canvas_for(network, objective).size) < 10
    picture = networks.noise(3, 33, 33)
    with edit(network, change()):
        canvas = canvas_for(network, objective)
        image = within(picture, 32, canvas.middle)
        axis = network.geometry("2").y
        k = round((canvas.middle[0] - axis.centre) / axis.stride)
        wanted = network.activations(image[None], layers=["2"])["2"][0, 1, k, k]
        found = values_of(network, [objective], canvas, picture[None])[0]
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


class Gated(nn.Module):
    """A residual squeeze-and-excitation block, and scores."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.main = nn.Conv2d(3, 6, 3, 2), nn.Conv2d(6, 6, 3, padding=1)
        self.gate, self.last = nn.Conv2d(6, 6, 1), nn.Conv2d(6, 5, 3)
        self.scores = nn.Linear(5, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.stem(x))
        y = self.main(x)
        x = F.relu(x + y * torch.sigmoid(self.gate(y.mean((2, 3), keepdim=True))))
        return self.scores(self.last(x).mean((2, 3)))


@pytest.mark.parametrize("wanted", ["last:2", "scores:3"])
def test_what_sees_the_whole_image_is_climbed_on_it(wanted):
    network = wrap(networks.seeded(Gated), input_size=36)
    canvas = canvas_for(network, Objective.unit(wanted))
    assert canvas.size == (36, 36)
    (picture,) = feature_visualization(network, [wanted], steps=3, batch=2)
    layer, channel = wanted.split(":")
    image = within(picture.image, 36, canvas.middle)
    values = network.activations(image[None], layers=[layer])[layer][0, int(channel)]
    if values.ndim:
        axis = network.geometry(layer).y
        k = round((canvas.middle[0] - axis.centre) / axis.stride)
        values = values[k, k]
    assert picture.activation == pytest.approx(float(values), abs=1e-5)
    # What lies before the gate needs no more than its receptive field.
    assert max(canvas_for(network, Objective.unit("main:1")).size) < 20


def test_a_receptive_field_larger_than_the_input():
    layers = nn.Sequential(nn.Conv2d(3, 4, 9, 2, 4), nn.ReLU(), nn.Conv2d(4, 3, 9, 2, 4))
    network = wrap(networks.seeded(lambda: layers), input_size=20)
    canvas = canvas_for(network, Objective.unit("2:1"))
    assert canvas.size == (20, 20)
    (picture,) = feature_visualization(network, ["2:1"], steps=3, batch=1)
    axis = network.geometry("2").y
    assert axis.size > 20
    k = round((canvas.middle[0] - axis.centre) / axis.stride)
    image = within(picture.image, 20, canvas.middle)
    values = network.activations(image[None], layers=["2"])["2"][0, 1]
    assert picture.activation == pytest.approx(float(values[k, k]), abs=1e-5)


def test_a_channel_is_its_mean_over_the_canvas():
    network = small()
    canvas = canvas_for(network, Objective.channel("4:2"))
    shown = networks.noise(1, 3, *canvas.size)
    found = values_of(network, [Objective.channel("4:2")], canvas, _centred(shown, canvas))
    wanted = network.activations(shown, layers=["4"])["4"][0, 2].mean()
    torch.testing.assert_close(found[0], wanted, rtol=1e-4, atol=1e-5)
    assert canvas.readings[0].rows == (0, network.activations(shown, layers=["4"])["4"].shape[2])


def _centred(image: Tensor, canvas) -> Tensor:
    """An image as part of a larger one, whose middle is the pixel on which the canvas has its."""
    before = [max(0, s - 1 - round(2 * m)) for s, m in zip(canvas.size, canvas.middle, strict=True)]
    after = [max(0, round(2 * m) + 1 - s) for s, m in zip(canvas.size, canvas.middle, strict=True)]
    return F.pad(image, (before[1], after[1], before[0], after[0]), value=0.5)


# What is found ------------------------------------------------------------------------------------


def correlation(one: Tensor, two: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([one.flatten(), two.flatten()]))[0, 1])


def bump(side: int) -> Tensor:
    """A smooth pattern with an orientation and a colour, (3, side, side), without its mean."""
    at = torch.arange(side) - (side - 1) / 2
    y, x = torch.meshgrid(at, at, indexing="ij")
    wave = torch.exp(-(x**2 + y**2) / (side / 2.5) ** 2) * torch.sin(0.9 * x + 0.5 * y)
    return wave * torch.tensor([1.0, 0.8, 0.6])[:, None, None]


def linear(kernel: Tensor) -> Network:
    """Its layer `1` has the unit of a kernel, and another of the kernel turned by 90°."""
    first, last = nn.Conv2d(3, 3, 1, bias=False), nn.Conv2d(3, 2, kernel.shape[1], bias=False)
    with torch.no_grad():
        first.weight[:] = torch.eye(3)[:, :, None, None]
        last.weight[:] = torch.stack([kernel, kernel.rot90(1, (1, 2))])
    return wrap(nn.Sequential(first, last), input_size=48)


@pytest.mark.parametrize("grey", [False, True])
def test_the_picture_of_a_linear_unit_is_its_kernel(grey):
    kernel = bump(13)
    network = linear(kernel)
    look = Look(grey=grey, robustness=STILL, pull=0.0)
    (up, down) = feature_visualization(
        network,
        [Objective.unit("1:0"), -Objective.unit("1:0")],
        steps=150,
        look=look,
        batch=2,
    )
    wanted = kernel.mean(0, keepdim=True) if grey else kernel
    heavy = wanted.abs() > 0.3 * wanted.abs().max()
    for picture, sign in ((up, 1), (down, -1)):
        found = picture.image[: len(wanted)]
        inset = (found.shape[1] - 13) // 2
        found = sign * (found[:, inset : inset + 13, inset : inset + 13] - 0.5)
        # The best of all pictures is black and white, by the signs of the weights.
        best = 0.5 * wanted.abs().sum()
        assert (found * wanted).sum() > 0.8 * best
        assert correlation(found[heavy], wanted.sign()[heavy]) > 0.95
        # Another kernel is not found.
        turned = wanted.rot90(1, (1, 2))
        assert (found * turned).sum() < 0.2 * best
        assert abs(correlation(found[heavy], turned.sign()[heavy])) < 0.3


def test_climbing_raises_what_is_climbed_and_not_another():
    network = networks.planted([0.0, 90.0, 180.0, 270.0], others=4)
    units = [f"2:{c}" for c in range(4)]
    start, end = (
        feature_visualization(network, units, steps=steps, batch=4, look=Look(rate=rate))
        for steps, rate in ((1, 1e-6), (30, 0.05))
    )
    before = torch.tensor([p.activation for p in start])
    after = torch.stack([plain(network, "2", p.image)[:4] for p in end])
    assert (after.diagonal() > before + 3 * before.abs()).all()
    # The picture of a curve is none of the other curves.
    assert (after < before)[~torch.eye(4, dtype=torch.bool)].all()


def test_opacity_is_low_where_a_unit_does_not_look():
    kernel = torch.zeros(3, 24, 24)
    kernel[:, :8, :8] = 2 * bump(8)
    (picture,) = feature_visualization(
        linear(kernel), ["1:0"], steps=80, batch=1, look=Look(alpha=True, robustness=STILL)
    )
    opacity = picture.image[3]
    inset = (opacity.shape[0] - 24) // 2
    opacity = opacity[inset : inset + 24, inset : inset + 24]
    assert opacity[1:7, 1:7].mean() > opacity[14:, 14:].mean() + 0.25


# Always the same picture --------------------------------------------------------------------------


def _pictures(network: Network, wanted: Sequence, **options) -> tuple[Picture, ...]:
    return feature_visualization(network, wanted, **{"steps": 4, **options})


def assert_same(one: Picture, two: Picture) -> None:
    assert torch.equal(one.image, two.image)
    assert one.made == two.made


@pytest.fixture
def threads(request) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


LOOKS = [Look(), Look(grey=True), Look(alpha=True)]


@pytest.mark.parametrize(
    ("threads", "look", "batch"),
    [*((1, look, batch) for look in LOOKS for batch in (3, 5)), (2, Look(), 5)],
    indirect=["threads"],
)
def test_a_picture_is_the_same_beside_any_others(threads, look, batch):
    network = small()
    wanted = [f"4:{c}" for c in range(7)]
    steps = 4 if threads == 1 else 2
    how = {"look": look, "batch": batch, "steps": steps}
    among = _pictures(network, wanted, **how)
    turned = _pictures(network, wanted[::-1], **how)[::-1]
    for k in (0, 3, 6):
        (alone,) = _pictures(network, [wanted[k]], **how)
        assert_same(alone, among[k])
        assert_same(alone, turned[k])
    # Beside pictures of other layers, and a direction of the same.
    mixed = _pictures(network, ["2:1", wanted[3], Direction("4", (1.0,) * 7)], **how)
    assert_same(mixed[1], among[3])


@pytest.mark.parametrize("paint", [Paint(), Paint(grey=True), Paint(alpha=True)])
@pytest.mark.parametrize("side", [(7, 7), (9, 13), (20, 20)])
def test_the_colours_of_a_picture_do_not_depend_on_its_place_in_the_batch(paint, side):
    spectra = torch.stack([paint.start(side, torch.manual_seed(n)) for n in range(5)]) * 400
    colours, opacity = paint.colours(spectra, side)
    for place in range(5):
        turned, turned_opacity = paint.colours(spectra.roll(place, 0), side)
        assert torch.equal(turned.roll(-place, 0), colours)
        if opacity is not None:
            assert turned_opacity is not None
            assert torch.equal(turned_opacity.roll(-place, 0), opacity)


def test_a_picture_is_the_same_however_it_is_asked_for():
    network = small()
    (one,) = _pictures(network, ["4:2"])
    torch.manual_seed(1)
    with torch.inference_mode():
        (again,) = _pictures(network, ["4:2"])
        (direction,) = _pictures(network, [Direction("3", (1.0,) * 8)], look=Look(alpha=True))
    assert_same(one, again)
    with torch.no_grad():
        (again,) = _pictures(network, [Objective.unit("4:2")])
    assert_same(one, again)
    assert_same(
        direction, _pictures(network, [Direction("3", (1.0,) * 8)], look=Look(alpha=True))[0]
    )
    # By its alias, too, of which the cache knows nothing else.
    named = wrap(network.module, input_size=32, aliases={"last": "4"})
    assert torch.equal(_pictures(named, ["last:2"])[0].image, one.image)


def test_other_seeds_numbers_and_objectives_give_other_pictures():
    network = small()
    first = _pictures(network, ["4:2", "4:3"], each=3)
    assert [p.made.number for p in first] == [0, 1, 2, 0, 1, 2]
    other = _pictures(network, ["4:2"], seed=1)
    images = [p.image for p in (*first, *other)]
    for i, one in enumerate(images):
        assert not any(torch.equal(one, two) for two in images[:i])
    assert_same(_pictures(network, ["4:2"])[0], first[0])


@pytest.mark.parametrize("batch", [1, 2, 9])
def test_batches_of_any_size(batch):
    network = small()
    found = _pictures(network, [f"4:{c}" for c in range(3)], batch=batch)
    assert [p.made.objective for p in found] == ["4:0", "4:1", "4:2"]
    for c, picture in enumerate(found):
        wanted = float(plain(network, "4", picture.image)[c])
        assert picture.activation == pytest.approx(wanted, abs=1e-4)
        assert picture.made.batch == batch


# A first layer ------------------------------------------------------------------------------------


def test_a_first_layer_is_shown_by_its_filters():
    network = small()
    weight = network.state["0.weight"][3]
    up, down = _pictures(network, ["0:3", -Objective.unit("0:3")])
    assert up.made.kind == "weights"
    assert up.made.steps == 0
    torch.testing.assert_close(up.image, 0.5 + 0.5 * weight / weight.abs().max())
    torch.testing.assert_close(down.image, 1 - up.image)
    wanted = float(plain(network, "0", up.image)[3])
    assert up.activation == pytest.approx(wanted, abs=1e-5)


def test_a_first_layer_aside_of_the_middle_is_climbed():
    network = small()
    (picture,) = _pictures(network, [Objective.unit("0:3", offset=(2, 0))], look=Look(pull=0.0))
    assert picture.made.kind == "optimised"


# Moves --------------------------------------------------------------------------------------------

PICTURE = networks.noise(1, 3, 15, 15)


def _moved(down=0.0, right=0.0, turn=0.0, scale=0.0, *, size=(15, 15), middle=(7.0, 7.0)) -> Tensor:
    draws = torch.tensor([[down, right, turn, scale]])
    return moved(PICTURE, draws, size=size, middle=middle)[0]


def test_no_move_is_a_crop():
    close = {"atol": 1e-5, "rtol": 0}
    torch.testing.assert_close(_moved(), PICTURE[0], **close)
    for size, middle in (((9, 7), (4.0, 3.0)), ((9, 8), (2.0, 5.0)), ((31, 23), (10.0, 12.0))):
        found = straight(PICTURE, size=size, middle=middle)[0]
        larger = F.pad(PICTURE[0], (20, 20, 20, 20), value=0.5)
        top, left = (27 - int(m) for m in middle)
        wanted = larger[:, top : top + size[0], left : left + size[1]]
        torch.testing.assert_close(found, wanted, **close)


@pytest.mark.parametrize(("down", "right"), [(2, 0), (0, -3), (-1, 4)])
def test_jitter_by_whole_pixels_is_a_shift(down, right):
    larger = F.pad(PICTURE[0], (5, 5, 5, 5), value=0.5)
    wanted = larger[:, 5 - down : 20 - down, 5 - right : 20 - right]
    torch.testing.assert_close(_moved(down=down, right=right), wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("turn", "times"), [(90.0, -1), (-90.0, 1), (180.0, 2)])
def test_a_quarter_turn_is_a_turn(turn, times):
    wanted = PICTURE[0].rot90(times, (1, 2))  # clockwise, as rows go down
    torch.testing.assert_close(_moved(turn=turn), wanted, atol=1e-4, rtol=0)


def test_a_scale_grows_about_the_middle():
    grown, shrunk = _moved(scale=1.0), _moved(scale=-0.5)
    torch.testing.assert_close(grown[:, 1::2, 1::2], PICTURE[0, :, 4:11, 4:11], atol=1e-4, rtol=0)
    torch.testing.assert_close(shrunk[:, 4:11, 4:11], PICTURE[0, :, 1::2, 1::2], atol=1e-4, rtol=0)
    assert (shrunk[:, 0] == 0.5).all()


def test_each_picture_has_its_own_move():
    two = PICTURE.expand(2, -1, -1, -1)
    draws = torch.tensor([[0.0, 0, 0, 0], [3.0, 0, 0, 0]])
    still, down = moved(two, draws, size=(15, 15), middle=(7.0, 7.0))
    torch.testing.assert_close(still[:, :12], down[:, 3:], atol=1e-5, rtol=0)


def test_moves_grow_with_the_receptive_field():
    moves = [Robustness.of(side) for side in (7, 40, 90, 160, 400)]
    for name in ("jitter", "rotation", "scale"):
        sizes = [getattr(m, name) for m in moves]
        assert sizes == sorted(sizes)
        assert sizes[-1] > sizes[0]
    draws = moves[2].draws(2000, torch.manual_seed(0))
    limits = torch.tensor([moves[2].jitter, moves[2].jitter, moves[2].rotation, moves[2].scale])
    assert (draws.abs() <= limits).all()
    assert (draws.abs().amax(0) > 0.95 * limits).all()
    assert (draws.mean(0).abs() < 0.1 * limits).all()


@pytest.mark.parametrize(
    "moves",
    [
        {"jitter": -1.0},
        {"jitter": math.inf},
        {"jitter": math.nan},
        {"rotation": 181.0},
        {"scale": 1.0},
    ],
)
def test_moves_that_leave_nothing_are_refused(moves):
    with pytest.raises(InputError, match="are no robustness"):
        Robustness(**moves)


# Kept on disk -------------------------------------------------------------------------------------


def _files(folder) -> list:
    return sorted(p for p in folder.rglob("*") if p.is_file())


def _no_climbing(monkeypatch) -> None:
    def refuse(*_, **__):
        raise AssertionError("a picture is climbed again")

    monkeypatch.setattr("curvecircuits.visualize.features.climbed.climb", refuse)


def test_what_is_kept_is_what_was_made(tmp_path, monkeypatch):
    network, wanted = small(), ["4:1", "0:2", "4:3"]
    made = _pictures(network, wanted, cache=tmp_path, look=Look(alpha=True))
    assert len(_files(tmp_path)) == 3
    _no_climbing(monkeypatch)
    kept = _pictures(small(), wanted[::-1], cache=tmp_path, look=Look(alpha=True))
    for one, two in zip(made, kept[::-1], strict=True):
        assert_same(one, two)


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "short"])
def test_a_damaged_file_is_made_again(tmp_path, damage):
    network = small()
    (made,) = _pictures(network, ["4:1"], cache=tmp_path)
    (file,) = _files(tmp_path)
    sound = file.read_bytes()
    middle = len(sound) // 2
    file.write_bytes(
        {
            "cut": sound[:middle],
            "changed": sound[:middle] + bytes([sound[middle] ^ 1]) + sound[middle + 1 :],
            "empty": b"",
            "short": sound[:-1],
        }[damage]
    )
    (again,) = _pictures(network, ["4:1"], cache=tmp_path)
    assert_same(made, again)
    assert file.read_bytes() == sound


def test_another_network_edit_preprocessing_or_option_is_another_file(tmp_path):
    network = small()
    one = {"steps": 1, "batch": 1, "cache": tmp_path}

    def count() -> int:
        return len(_files(tmp_path))

    feature_visualization(network, ["4:1"], **one)
    feature_visualization(network, ["4:1"], **one)
    assert count() == 1
    feature_visualization(small(seed=1), ["4:1"], **one)
    assert count() == 2
    with edit(network, ScaleUnits(units=[("1", 0)], factor=2.0)):
        feature_visualization(network, ["4:1"], **one)
    assert count() == 3
    other = wrap(network.module, input_size=32, preprocess=lambda x: x - 0.5)
    feature_visualization(other, ["4:1"], **one)
    assert count() == 4
    feature_visualization(wrap(network.module, input_size=33), ["4:1"], **one)
    assert count() == 5
    for n, change in enumerate(
        [
            {"steps": 2},
            {"seed": 1},
            {"batch": 2},
            {"look": Look(grey=True)},
            {"look": Look(alpha=True)},
            {"look": Look(rate=0.1)},
            {"look": Look(pull=0.5)},
            {"look": Look(robustness=STILL)},
        ]
    ):
        feature_visualization(network, ["4:1"], **{**one, **change})
        assert count() == 6 + n, change


def test_an_alias_of_another_layer_is_another_picture(tmp_path):
    layers = networks.seeded(lambda: nn.Sequential(nn.Conv2d(3, 4, 3), *_convolutions(4, 4, 4)))
    one, two = (wrap(layers, input_size=24, aliases={"a": name}) for name in ("1", "2"))
    (first,) = _pictures(one, ["a:1"], cache=tmp_path)
    (second,) = _pictures(two, ["a:1"], cache=tmp_path)
    assert first.image.shape != second.image.shape


def _convolutions(*channels: int) -> list[nn.Module]:
    return [nn.Conv2d(a, b, 3) for a, b in pairwise(channels)]


def test_a_kept_picture_has_the_name_that_is_asked_for(tmp_path):
    network, vector = small(), (1.0,) * 7
    for name in ("one", "two"):
        (picture,) = _pictures(network, [Direction("4", vector, name=name)], cache=tmp_path)
        assert picture.made.objective == f"4@{name}"
    assert len(_files(tmp_path)) == 1


def test_an_interrupt_keeps_what_was_finished(tmp_path, monkeypatch):
    network, wanted = small(), [f"4:{c}" for c in range(6)]
    whole_run = _pictures(network, wanted, batch=2)
    steps = 0

    def interrupted(*args, **options):
        after = options.pop("after")

        def count() -> None:
            nonlocal steps
            steps += 1
            if steps == 4 + 4 + 2:  # within the third batch
                raise KeyboardInterrupt
            after()

        return climb(*args, **options, after=count)

    with monkeypatch.context() as patched:
        patched.setattr("curvecircuits.visualize.features.climbed.climb", interrupted)
        given = []
        with pytest.raises(KeyboardInterrupt):
            given.extend(pictures_made(network, wanted, steps=4, batch=2, cache=tmp_path))
    kept = {p: p.read_bytes() for p in _files(tmp_path)}
    assert len(kept) == 4
    assert all(p.suffix == ".npz" for p in kept)
    going_on = _pictures(network, wanted, batch=2, cache=tmp_path)
    for one, two in zip(whole_run, going_on, strict=True):
        assert_same(one, two)
    assert all(p.read_bytes() == content for p, content in kept.items())
    assert len(_files(tmp_path)) == 6


def test_a_generator_closed_midway_keeps_its_whole_batch(tmp_path):
    network, wanted = small(), [f"4:{c}" for c in range(4)]
    made = pictures_made(network, wanted, steps=2, batch=3, cache=tmp_path)
    place, first = next(made)
    made.close()
    assert len(_files(tmp_path)) == 3
    assert_same(first, _pictures(network, wanted, steps=2, batch=3, cache=tmp_path)[place])


def test_an_interrupt_while_a_picture_is_written_leaves_no_part_of_it(tmp_path, monkeypatch):
    network, calls = small(), 0
    fsync = os.fsync

    def interrupted(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        fsync(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr("curvecircuits.store.write.os.fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            _pictures(network, [f"4:{c}" for c in range(3)], cache=tmp_path)
    left = [p for p in tmp_path.rglob("*") if p.is_file() or not any(p.iterdir())]
    assert len(left) == 1
    assert left[0].suffix == ".npz"
    whole_run = _pictures(network, ["4:0"])
    assert_same(whole_run[0], _pictures(network, ["4:0"], cache=tmp_path)[0])


def test_a_cache_that_is_a_file_is_refused_before_anything_is_made(tmp_path, monkeypatch):
    file = tmp_path / "file"
    file.touch()
    _no_climbing(monkeypatch)
    for cache in (file, file / "below"):
        with pytest.raises(InputError, match="Pictures cannot be kept in"):
            _pictures(small(), ["4:1"], cache=cache)


# A picture as a file ------------------------------------------------------------------------------

HOSTILE = 'a"b</script><img src=x onerror=alert(1)>\n\x00\x1b[31m%s{}\\ — ümläut 線'


@pytest.mark.parametrize("look", [Look(), Look(alpha=True), Look(grey=True)])
def test_a_png_says_how_it_was_made(tmp_path, look):
    (picture,) = _pictures(small(), ["4:1"], look=look)
    path = picture.save(tmp_path / "new" / "4-1.png")
    with Image.open(path) as drawn:
        record = json.loads(drawn.text["curvecircuits"])
        assert drawn.size == picture.image.shape[:0:-1]
        assert drawn.mode == ("RGBA" if look.alpha else "RGB")
        pixels = torch.tensor(list(drawn.convert(drawn.mode).tobytes()))
    assert record["schema"] == "curvecircuits.picture/1"
    assert record["seed"] == 0
    assert read_made(path) == picture.made
    channels, height, width = picture.image.shape
    wanted = (picture.image * 255).round().permute(1, 2, 0).flatten().long()
    assert torch.equal(pixels, wanted)
    assert len(pixels) == channels * height * width


def test_hostile_names_are_nothing_but_text(tmp_path):
    named = Direction("4", (1.0,) * 7, name=HOSTILE)
    (picture,) = _pictures(small(), [named], cache=tmp_path / "c")
    path = picture.save(tmp_path / "x.png", side=64)
    made = read_made(path)
    assert made.objective == f"4@{HOSTILE}"
    with Image.open(path) as drawn:
        assert set(drawn.info) == {"curvecircuits"}
        assert max(drawn.size) == 64
    (kept,) = _pictures(small(), [named], cache=tmp_path / "c")
    assert_same(picture, kept)


def test_files_that_say_nothing_are_refused(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "photo.jpg")
    (tmp_path / "text.png").write_text("no picture")
    for name, message in (
        ("plain.png", "does not say how it was made"),
        ("photo.jpg", "no PNG file"),
        ("text.png", "no PNG file"),
        ("missing.png", "No such file"),
        (".", "Is a directory"),
    ):
        with pytest.raises(InputError, match=message):
            read_made(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "message"),
    [("{", "no JSON"), ("[" * 100_000, "no JSON"), ("{}", "schema None"), ("3", "schema None")],
)
def test_a_record_of_another_kind_is_refused(tmp_path, text, message):
    info = PngInfo()
    info.add_itxt("curvecircuits", text)
    Image.new("RGB", (4, 4)).save(tmp_path / "other.png", pnginfo=info)
    with pytest.raises(InputError, match=message):
        read_made(tmp_path / "other.png")


def test_a_transparent_picture_lies_before_an_even_ground():
    (picture,) = _pictures(small(), ["4:1"], look=Look(alpha=True))
    opacity = picture.image[3:]
    for behind in (0.0, 1.0):
        wanted = picture.image[:3] * opacity + behind * (1 - opacity)
        torch.testing.assert_close(picture.rgb(behind=behind), wanted)
        drawn = np.asarray(picture.pillow(behind=behind))
        assert np.abs(drawn / 255 - wanted.permute(1, 2, 0).numpy()).max() <= 0.501 / 255
    assert picture.pillow().mode == "RGBA"
    # The activation is of the picture before mid-grey.
    wanted = float(plain(small(), "4", picture.rgb())[1])
    assert picture.activation == pytest.approx(wanted, abs=1e-4)


# What is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "at least one of steps, not 0"),
        ({"each": 0}, "at least one of pictures each, not 0"),
        ({"batch": 0}, "at least one of pictures a batch, not 0"),
        ({"wanted": []}, "Name at least one unit"),
    ],
)
def test_numbers_that_make_nothing_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        feature_visualization(small(), **{"wanted": ["4:1"], **options})


@pytest.mark.parametrize(
    ("look", "message"),
    [
        ({"rate": 0.0}, "rate of an ascent is above 0"),
        ({"rate": math.nan}, "rate of an ascent is above 0"),
        ({"pull": -1.0}, "A pull is 0 to below 20"),
        ({"pull": 20.0}, "A pull is 0 to below 20"),
        ({"pull": math.nan}, "A pull is 0 to below 20"),
    ],
)
def test_looks_that_cannot_be_climbed_are_refused(look, message):
    with pytest.raises(InputError, match=message):
        Look(**look)
