"""What changes the hash of what a network computes, and what does not."""

import networks
import pytest
import torch
from torch import nn

from curvecircuits.models.edit import edit
from curvecircuits.models.edits import AddWeights, ReplaceUnits, ScaleUnits, SetUnits, ZeroUnits
from curvecircuits.models.fingerprint import fingerprint
from curvecircuits.models.wrap import wrap


def layers(*, stride: int = 1, slope: float = 0.1) -> nn.Sequential:
    return networks.seeded(
        lambda: nn.Sequential(
            nn.Conv2d(3, 4, 3, stride), nn.LeakyReLU(slope), nn.Conv2d(4, 5, 3), nn.BatchNorm2d(5)
        )
    )


class Preprocess(nn.Module):
    def __init__(self, mean: float) -> None:
        super().__init__()
        self.mean = mean

    def forward(self, x):
        return x - self.mean


class Constant(nn.Module):
    """A number that is neither a parameter nor a buffer."""

    def __init__(self, number: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.number = torch.tensor([number])

    def forward(self, x):
        return self.conv(x * self.number)


def test_the_same_network_has_the_same_hash():
    network = wrap(layers(), input_size=24)
    first = fingerprint(network)
    assert len(first) == 64
    assert fingerprint(network) == first
    assert fingerprint(network.copy()) == first
    assert fingerprint(wrap(layers(), input_size=24, name="another", aliases={"x": "0"})) == first
    network.activations(networks.noise(1, 3, 24, 24), layers=["3"])
    assert fingerprint(network) == first
    with torch.inference_mode():
        assert fingerprint(network) == first


def test_whatever_changes_what_is_computed_changes_the_hash():
    found = {"as it is": fingerprint(wrap(layers(), input_size=24))}
    found["another size"] = fingerprint(wrap(layers(), input_size=25))
    found["stride"] = fingerprint(wrap(layers(stride=2), input_size=24))
    found["slope"] = fingerprint(wrap(layers(slope=0.2), input_size=24))
    for mean in (0.25, 0.5):
        own = wrap(layers(), input_size=24, preprocess=Preprocess(mean))
        found[f"mean {mean}"] = fingerprint(own)
    for name in ("0.weight", "2.bias", "3.running_var"):
        module = layers()
        with torch.no_grad():
            module.state_dict()[name].view(-1)[0] += 1e-3
        found[name] = fingerprint(wrap(module, input_size=24))
    reordered = nn.Sequential(*(layers()[i] for i in (0, 2, 1, 3)))
    found["order"] = fingerprint(wrap(reordered, input_size=24))
    found["double"] = fingerprint(wrap(layers().double(), input_size=24, preprocess=_double))
    assert len(set(found.values())) == len(found), found


def _double(images):
    return images.double()


def test_constants_that_are_no_weights_count():
    assert (
        len({fingerprint(wrap(networks.seeded(Constant, n), input_size=16)) for n in (1.0, 2.0)})
        == 2
    )


def test_constants_made_on_the_way_count():
    class Made(nn.Module):
        def __init__(self, number: float) -> None:
            super().__init__()
            self.conv, self.number = nn.Conv2d(3, 4, 3), number

        def forward(self, x):
            return self.conv(x) + torch.full((1, 4, 1, 1), 1.0) * torch.tensor([self.number])

    assert (
        len({fingerprint(wrap(networks.seeded(Made, n), input_size=16)) for n in (1.0, 2.0)}) == 2
    )


def test_a_preprocessing_is_tried_on_an_image_of_the_networks_size():
    # It takes no image of 10 pixels or less.
    network = wrap(layers(), input_size=24, preprocess=nn.ReflectionPad2d(10))
    assert fingerprint(network) == fingerprint(network.copy())


def test_within_an_edit_it_is_of_the_edited_network():
    network, other = (wrap(networks.seeded(_small, seed=s), input_size=24) for s in (0, 1))
    before = fingerprint(network)
    found = [before]
    for change in (
        ScaleUnits(units=[("1", 2)], factor=2.0),
        ScaleUnits(units=[("1", 2)], factor=3.0),
        ScaleUnits(units=[("1", 1)], factor=3.0),
        ZeroUnits(units=[("1", 2)]),
        SetUnits(units=[("1", 2)], values=[0.5]),
        _added(),
        ReplaceUnits(units=[("1", 2)], by=other, by_units=[("1", 1)]),
        ReplaceUnits(units=[("1", 2)], by=other, by_units=[("1", 2)]),
    ):
        with edit(network, change):
            found.append(fingerprint(network))
            assert fingerprint(network.copy()) == found[-1]
    assert len(set(found)) == len(found)
    assert fingerprint(network) == before


def _added() -> AddWeights:
    return AddWeights(
        source="0", targets=[("2", 1)], values=torch.ones(1, 4, 3, 3), origin=(0, 0), stride=(1, 1)
    )


def _small() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3))


@pytest.mark.parametrize("empty", [torch.zeros(0), torch.zeros(3, 0)])
def test_empty_and_odd_tensors_have_a_hash(empty):
    module = _small()
    module.register_buffer("nothing", empty)
    module.register_buffer("flag", torch.tensor(True))
    module.register_buffer("short", torch.ones(3, dtype=torch.bfloat16))
    assert len(fingerprint(wrap(module, input_size=16))) == 64
