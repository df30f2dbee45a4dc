"""The judge of pictures, and the peers' folder; the peers themselves are run by the benchmarks."""

import math

import pytest
import torch
from networks import noise, seeded
from torch import nn

from benchmarks.judged import framed, judged, resized
from benchmarks.peers import peers
from curvecircuits.errors import InputError, UnavailableError
from curvecircuits.models.wrap import wrap

SIZE = 32


def _linear(kernel: int, stride: int, *, weight=None, bias: float = 0.0, size: int = SIZE):
    """One convolution and its ReLU, the layers `0` and `1`."""
    conv = seeded(nn.Conv2d, 3, 2, kernel, stride, padding=(kernel - 1) // 2)
    with torch.no_grad():
        conv.bias.fill_(bias)
        if weight is not None:
            conv.weight.copy_(weight)
    return wrap(nn.Sequential(conv, nn.ReLU()), name="linear", input_size=size)


def test_a_picture_is_put_in_the_middle_of_its_mean_colour():
    picture = noise(3, 9, 12)
    frame = framed(picture, size=SIZE)
    assert torch.equal(frame[:, 11:20, 10:22], picture)
    outside = torch.ones(SIZE, SIZE, dtype=torch.bool)
    outside[11:20, 10:22] = False
    for shown, own in zip(frame, picture, strict=True):
        assert shown[outside].unique().item() == pytest.approx(own.mean().item())
    assert picture.mean((1, 2)).unique().numel() == 3  # or the colours could be exchanged


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_the_centre_is_the_cell_at_half_the_map(stride):
    """Against the sum of products of the kernel and the pixels under it, written out."""
    network = _linear(5, stride)
    picture = noise(3, 24, 24)
    (found,) = judged(network, [picture], ["0:1"])
    cell = math.ceil(SIZE / stride) // 2 * stride
    under = framed(picture, size=SIZE)[:, cell - 2 : cell + 3, cell - 2 : cell + 3]
    weight, bias = network.state["0.weight"][1], network.state["0.bias"][1]
    assert found.centre.pre == pytest.approx(float((weight * under).sum() + bias), abs=1e-5)


def test_around_sees_two_cells_off_and_no_further():
    weight = torch.ones(2, 3, 1, 1) / 3
    network = _linear(1, 4, weight=weight)
    for off, seen in ((0, True), (2, True), (3, False)):
        for dy, dx in ((off, 0), (0, -off), (-off, off)):
            picture = torch.zeros(3, SIZE, SIZE)
            picture[:, SIZE // 2 + 4 * dy, SIZE // 2 + 4 * dx] = 1
            (found,) = judged(network, [picture], ["1:0"])
            assert found.around.pre == pytest.approx(float(seen))
            assert found.centre.pre == pytest.approx(float(off == 0))


def test_enlarging_helps_the_unit_that_looks_for_larger_shapes():
    y, x = torch.meshgrid(*[torch.arange(15.0) - 7] * 2, indexing="ij")
    disc = (x.hypot(y) <= 6).float() - (x.hypot(y) > 6).float()
    small = (x.hypot(y) <= 3).float() - (x.hypot(y) > 3).float()
    network = _linear(15, 1, weight=torch.stack([disc, small])[:, None].expand(-1, 3, -1, -1))
    at = torch.arange(16.0) - 7.5
    picture = (at[:, None].hypot(at[None]) <= 3).float().expand(3, -1, -1)
    for_large, for_small = judged(network, [picture, picture], ["1:0", "1:1"])
    assert for_large.enlarged.pre > for_large.around.pre
    assert for_small.enlarged.pre < for_small.around.pre
    (same,) = judged(network, [picture], ["1:0"], enlarged_to=16)
    assert same.enlarged == same.around


def test_enlarged_pictures_keep_their_proportions():
    assert resized(noise(3, 8, 16), size=32).shape == (3, 16, 32)
    flat = torch.full((3, 8, 8), 0.3)
    assert torch.allclose(resized(flat, size=32), torch.tensor(0.3))


def test_both_readings_are_given_below_the_threshold_too():
    network = _linear(1, 1, weight=torch.ones(2, 3, 1, 1), bias=-2.0)
    dark, bright = judged(network, [torch.full((3, 8, 8), v) for v in (0.1, 0.9)], ["1:0", "1:1"])
    assert dark.centre.pre == pytest.approx(0.3 - 2)
    assert dark.centre.rectified == 0
    assert bright.centre.pre == bright.centre.rectified == pytest.approx(2.7 - 2)
    (linear,) = judged(network, [torch.full((3, 8, 8), 0.1)], ["0:0"])
    assert linear.centre.pre == linear.centre.rectified == dark.centre.pre


def test_each_picture_is_judged_by_its_own_unit():
    network = _linear(5, 2)
    a, b = noise(3, 16, 16), noise(3, 16, 16, seed=1)
    both = judged(network, [a, b], ["1:0", "1:1"])
    assert both == [*judged(network, [a], ["1:0"]), *judged(network, [b], ["1:1"])]
    assert [found.unit for found in both] == ["1:0", "1:1"]
    assert judged(network, [a], ["1:1"]) != both[:1]


@pytest.mark.parametrize(
    ("shape", "units", "options", "reason"),
    [
        ((3, 8, 8), ["1:0", "1:1"], {}, "one unit a picture"),
        ((3, SIZE + 1, 8), ["1:0"], {}, "up to the network's 32"),
        ((1, 8, 8), ["1:0"], {}, r"RGB \(3, h, w\)"),
        ((3, 8, 8), ["1:0"], {"enlarged_to": 33}, "up to the network's 32"),
        ((3, 8, 8), ["1:2"], {}, "no unit 1:2"),
    ],
)
def test_what_cannot_be_judged_is_refused(unannotated, shape, units, options, reason):
    with pytest.raises(InputError, match=reason):
        judged(_linear(5, 2), [torch.zeros(shape)], units, **options)


def test_an_install_that_fails_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(UnavailableError, match="could not install torch-lucent"):
        peers(root=tmp_path)
    assert not list(tmp_path.iterdir())
