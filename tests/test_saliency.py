import networks
import pytest
import torch
from conftest import SHARED
from networks import noise, seeded
from torch import nn

from curvecircuits.artificial import artificial_network
from curvecircuits.catalog import load
from curvecircuits.errors import InputError
from curvecircuits.images import framing_for, load_batch, open_images
from curvecircuits.models.address import Direction, Unit
from curvecircuits.models.wrap import wrap
from curvecircuits.stimuli import curves
from curvecircuits.visualize import saliency, saliency_gradient
from curvecircuits.visualize.window import window_for


def _plain(network, images, units, cells):
    """Autograd through the whole network, one image at a time."""
    source = network.layer(units[0].layer).pre_activation
    found = []
    for image, unit, (row, column) in zip(images, units, cells, strict=True):
        leaf = image[None].clone().requires_grad_()
        map_ = network.run(leaf, layers=[source])[source][0, unit.channel]
        (gradient,) = torch.autograd.grad(map_[int(row), int(column)], leaf)
        found.append(gradient[0])
    return torch.stack(found)


def _everywhere(shape):
    """Corners, edges and the inside of a map."""
    height, width = shape
    rows, columns = (0, 1, height // 2, height - 1), (0, width // 2, width - 2, width - 1)
    return torch.tensor([[r, c] for r in rows for c in columns], dtype=torch.float32)


def _agree(network, layer, images, *, whole=False):
    shape = network.run(images[:1], layers=[layer])[layer].shape[2:]
    cells = _everywhere(shape)
    shown = images[torch.arange(len(cells)) % len(images)]
    source = network.layer(layer)
    units = [Unit(layer, k % source.channels) for k in range(len(cells))]
    window = window_for(network, source.pre_activation, cells, size=tuple(shown.shape[2:]))
    assert (window is None) is whole
    found = saliency_gradient(network, shown, units, position=cells)
    plain = _plain(network, shown, units, cells)
    largest = plain.abs().amax((1, 2, 3))
    assert (largest > 0).sum() >= 5
    assert ((found - plain).abs().amax((1, 2, 3)) <= 1e-6 * largest).all()
    assert torch.equal(saliency(network, shown, units, position=cells), found.norm(dim=1))


def test_the_artificial_network_agrees_with_plain_autograd():
    _agree(artificial_network(), "3b", noise(3, 3, 160, 184))


@pytest.mark.parametrize("layer", ["block1", "block2"])
def test_a_residual_network_agrees_with_plain_autograd(layer):
    network = wrap(seeded(networks.Residual), input_size=96)
    name = next(n for n in network.layers if n.startswith(layer) and "relu" in n)
    _agree(network, name, noise(3, 3, 96, 96))


@pytest.mark.parametrize("size", [80, 75, 74, 73])
@pytest.mark.parametrize("ceiling", [False, True])
def test_padding_falls_where_it_does_in_the_whole_image(size, ceiling):
    def make():
        return nn.Sequential(
            nn.Conv2d(3, 4, 7, 2, padding=3),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, ceil_mode=ceiling),
            nn.Conv2d(4, 5, 4, padding=1),
            nn.ReLU(),
        )

    module = seeded(make)
    _agree(wrap(module, input_size=size), "4", noise(2, 3, size, size))


def test_a_gate_that_sees_the_whole_image_is_not_cut():
    class Gate(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3, padding=1)
            self.gate = nn.Conv2d(4, 4, 1)

        def forward(self, x):
            x = torch.relu(self.conv(x))
            return torch.relu(x * torch.sigmoid(self.gate(x.mean((2, 3), keepdim=True))))

    network = wrap(seeded(Gate), input_size=48)
    name = list(network.layers)[-1]
    _agree(network, name, noise(2, 3, 48, 48), whole=True)


def _brightened(images):
    return images - images.mean((1, 2, 3), keepdim=True)


def test_preprocessing_that_sees_the_whole_image_is_not_cut_either():
    module = seeded(lambda: nn.Sequential(nn.Conv2d(3, 4, 5), nn.ReLU()))
    network = wrap(module, input_size=64, preprocess=_brightened)
    image = noise(1, 3, 64, 64)
    image[..., 32:] = 0
    cells = torch.tensor([[5.0, 5.0]])
    found = saliency_gradient(network, image, Unit("1", 0), position=cells)
    assert window_for(network, "0", cells, size=(64, 64)) is not None
    assert (found - _plain(network, image, [Unit("1", 0)], cells)).abs().max() < 1e-6
    assert found[0, :, 60, 60].abs().max() > 0


def test_position_is_that_of_the_strongest_where_none_is_given():
    network = artificial_network()
    images = noise(4, 3, 96, 96)
    maps = network.run(images, layers=["3b"])["3b"]  # clipped: zero has no strongest
    pre = network.run(images, layers=[network.layer("3b").pre_activation])
    best = next(iter(pre.values()))[:, 2].flatten(1).argmax(1)
    cells = torch.stack([best // maps.shape[3], best % maps.shape[3]], 1)
    found = saliency(network, images, Unit("3b", 2))
    assert torch.equal(found, saliency(network, images, Unit("3b", 2), position=cells))


def test_between_cells_and_for_directions_gradients_are_mixed():
    network = wrap(seeded(nn.Conv2d, 3, 2, 5, 2), input_size=48)
    (layer,) = (n for n in network.layers if network.layers[n].kind == "conv")
    images = noise(2, 3, 48, 48)
    found = saliency_gradient(network, images, Unit(layer, 1), position=(3.25, 4.0))
    parts = [
        saliency_gradient(network, images, Unit(layer, 1), position=(r, 4.0)) for r in (3.0, 4.0)
    ]
    assert torch.allclose(found, 0.75 * parts[0] + 0.25 * parts[1], atol=1e-6)
    direction = Direction(layer, (2.0, -1.0))
    whole = saliency_gradient(network, images, direction, position=(3.0, 4.0))
    one = saliency_gradient(network, images, Unit(layer, 0), position=(3.0, 4.0))
    assert torch.allclose(whole, 2 * one - parts[0], atol=1e-6)


def test_what_moves_a_curve_unit_lies_along_the_curve():
    network = artificial_network(orientations=[0.0, 90.0])
    drawn = curves(orientation=[0.0], radius=36.0, size=160, width=2.0, centre=(78.5, 78.5))
    image = drawn.expand(-1, 3, -1, -1)
    found = saliency(network, image, Unit("3b", 0), position=(9, 9))[0]
    near = torch.nn.functional.max_pool2d(1 - drawn, 9, 1, 4)[0, 0] > 0.5
    box = torch.zeros_like(near)
    box[49:109, 49:109] = True
    on, off = found[near & box].mean(), found[~near & box].mean()
    assert on > 2 * off


@pytest.mark.parametrize(
    ("unit", "position", "words"),
    [
        (Unit("0", 9), None, "channels of 0 are 0 to 3"),
        (Unit("nowhere", 0), None, "no layer"),
        (Unit("0", 0), (0, 99), "off the map of 28 × 28 cells"),
        (Unit("0", 0), (float("nan"), 1), "off the map"),
        (Unit("0", 0), [(1, 1)] * 3, r"give \(row, column\)"),
        ([Unit("0", 0), Unit("1", 0)], (1, 1), "2 units of 2 layers"),
        ([Unit("0", 0)] * 3, (1, 1), "3 units of 1 layers on 2 images"),
    ],
)
def test_what_cannot_be_shown_is_refused(unit, position, words):
    network = wrap(nn.Sequential(nn.Conv2d(3, 4, 5), nn.ReLU()), input_size=32)
    with pytest.raises(InputError, match=words):
        saliency(network, noise(2, 3, 32, 32), unit, position=position)


@pytest.mark.shared
def test_photographs_in_googlenet_agree_with_plain_autograd():
    network = load("googlenet", weights=SHARED / "weights" / "bvlc_googlenet.safetensors")
    images = open_images(SHARED / "imagenet" / "images")
    shown = load_batch(images, [0, 123, 250, 377], framing=framing_for(network)).pixels
    cells = torch.tensor([[0.0, 0], [27, 27], [13, 14], [5, 27]])
    units = [Unit("3b", c) for c in (358, 394, 20, 450)]
    found = saliency_gradient(network, shown, units, position=cells)
    plain = _plain(network, shown, units, cells)
    largest = plain.abs().amax((1, 2, 3), keepdim=True)
    assert ((found - plain).abs() <= 1e-6 * largest).all()
    assert (found != 0).flatten(1).sum(1).min() > 500
