"""The networks compute what their originals do, and refuse what they cannot take."""

import copy
import pickle
import re

import networks
import numpy as np
import pytest
import safetensors.torch
import torch
import weightfiles as wf
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from bars import models as bars
from curvecircuits.artificial import artificial_network
from curvecircuits.catalog import load
from curvecircuits.errors import InputError, WeightsError
from curvecircuits.models.address import Direction, Unit, parse_address
from curvecircuits.models.convert import caffe_names, load_into, same_names, tensorflow_names
from curvecircuits.models.edit import edit
from curvecircuits.models.edits import ReplaceWeights, ZeroUnits
from curvecircuits.models.efficientnet import EfficientNetLite, Normalise, lite_input_size
from curvecircuits.models.inception import (
    InceptionPreprocess,
    InceptionV1,
    block_widths,
    branch_of,
    inception_aliases,
)
from curvecircuits.models.layer import Provenance
from curvecircuits.models.network import Network
from curvecircuits.models.ops import LocalResponseNorm
from curvecircuits.models.permute import weight_permuted
from curvecircuits.models.readers import read_weights
from curvecircuits.models.wrap import wrap


@pytest.fixture(scope="module")
def residual() -> Network:
    return wrap(networks.seeded(networks.Residual), input_size=32, aliases={"b2": "block2.add"})


# Against the originals ----------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.parametrize("bar", [bars.tensorflow, bars.caffe, bars.statistics])
def test_reference_values(bar):
    outcome = bar(True)
    assert outcome.ok, f"{outcome.value}, not {outcome.bound}: {outcome.detail}"


@pytest.mark.parametrize(("radius", "k", "beta"), [(2, 1.0, 0.75), (5, 2.0, 0.5), (1, 1.0, 0.5)])
def test_local_response_norm_is_torchs(radius, k, beta):
    images = 30 * networks.noise(2, 12, 5, 7) - 10
    size = 2 * radius + 1
    ours = LocalResponseNorm(channels=12, radius=radius, k=k, alpha=0.01, beta=beta)
    theirs = nn.LocalResponseNorm(size, alpha=0.01 * size, beta=beta, k=k)
    torch.testing.assert_close(ours(images), theirs(images), rtol=1e-6, atol=1e-6)
    assert (ours(images) / images).min() < 0.5  # it does divide


def test_preprocessing_by_hand():
    images = torch.tensor([0.0, 0.5, 1.0])[None, :, None, None].expand(1, 3, 2, 2)
    tensorflow = InceptionPreprocess("inception_v1")(images)[0, :, 0, 0]
    caffe = InceptionPreprocess("googlenet")(images)[0, :, 0, 0]
    lite = Normalise()(images)[0, :, 0, 0]
    assert tensorflow.tolist() == [-117, 10.5, 138]
    assert caffe.tolist() == [255 - 104, 127.5 - 117, -123]
    assert lite.tolist() == pytest.approx([-0.485 / 0.229, 0.044 / 0.224, 0.594 / 0.225])


# What every InceptionV1 unit belongs to, as published.
RANGES = {
    "mixed3a": {"1x1": (0, 63), "3x3": (64, 191), "5x5": (192, 223), "pool_reduce": (224, 255)},
    "mixed3b": {"1x1": (0, 127), "3x3": (128, 319), "5x5": (320, 415), "pool_reduce": (416, 479)},
    "mixed4a": {"1x1": (0, 191), "3x3": (192, 395), "5x5": (396, 443), "pool_reduce": (444, 507)},
}


def test_branches_hold_the_published_channels():
    for block, ranges in RANGES.items():
        for branch, (first, last) in ranges.items():
            for channel in (first, last):
                assert branch_of(block, channel, variant="inception_v1") == branch
        with pytest.raises(IndexError):
            branch_of(block, last + 1, variant="inception_v1")


@pytest.mark.parametrize(
    ("variant", "in_4a", "in_5a"), [("inception_v1", 508, 832), ("googlenet", 512, 832)]
)
def test_widths_of_inception(variant, in_4a, in_5a):
    network = Network(
        InceptionV1(variant), name=variant, aliases=inception_aliases(), input_size=64
    )
    assert {a: network.layer(a).channels for a in ("3a", "3b", "4a", "4e", "5a", "5b")} == {
        "3a": 256, "3b": 480, "4a": in_4a, "4e": 832, "5a": in_5a, "5b": 1024,
    }  # fmt: skip
    assert network.layer("softmax2").channels == (1008 if variant == "inception_v1" else 1000)
    for block in block_widths(variant):
        for channel in (0, 100, 200, network.layer(block).channels - 1):
            branch = branch_of(block, channel, variant=variant)
            assert network.layer(f"{block}_{branch}").name in network.layers


@pytest.mark.parametrize(
    ("scale", "parameters", "blocks", "side"),
    [  # of EfficientNet-Lite as released: 4.7, 5.4 and 6.1 million parameters
        ("efficientnet_lite0", 4_652_008, 16, 224),
        ("efficientnet_lite1", 5_416_680, 21, 240),
        ("efficientnet_lite2", 6_092_072, 21, 260),
    ],
)
def test_scales_of_efficientnet(scale, parameters, blocks, side):
    module = EfficientNetLite(scale)
    assert sum(p.numel() for p in module.parameters()) == parameters
    assert len(module._blocks) == blocks
    assert lite_input_size(scale) == side


# Weights ------------------------------------------------------------------------------------------


class Small(nn.Module):
    """Three tensors with names of InceptionV1's."""

    def __init__(self) -> None:
        super().__init__()
        self.conv2d0_pre_relu = nn.Conv2d(3, 4, 3)
        self.mixed3b_5x5_bottleneck_pre_relu = nn.Conv2d(4, 5, 1)
        self.softmax2_pre_activation = nn.Linear(5, 6)

    def forward(self, x):
        x = self.mixed3b_5x5_bottleneck_pre_relu(self.conv2d0_pre_relu(x))
        return self.softmax2_pre_activation(x.mean((2, 3)))


def formats(state: dict[str, torch.Tensor]) -> dict[str, tuple[bytes, object]]:
    """The same weights as every format and naming stores them."""
    conv, mix, dense = (n for n, _ in Small().named_children())
    w = {k: v.contiguous() for k, v in state.items()}
    tensorflow = {}
    for name, layer in (("conv2d0", conv), ("mixed3b_5x5_bottleneck", mix)):
        tensorflow[f"{name}_w"] = w[f"{layer}.weight"].permute(2, 3, 1, 0).contiguous()
        tensorflow[f"{name}_b"] = w[f"{layer}.bias"]
    tensorflow |= {
        "softmax2_w": w[f"{dense}.weight"].T.contiguous(),
        "softmax2_b": w[f"{dense}.bias"],
    }
    caffe = {
        "conv1/7x7_s2": (wf.CONVOLUTION, [w[f"{conv}.weight"], w[f"{conv}.bias"]]),
        "inception_3b/5x5_reduce": (wf.CONVOLUTION, [w[f"{mix}.weight"], w[f"{mix}.bias"]]),
        "loss1/conv": (wf.CONVOLUTION, [torch.ones(1, 4, 1, 1), torch.ones(1)]),
        "loss3/classifier": (wf.INNER_PRODUCT, [w[f"{dense}.weight"], w[f"{dense}.bias"]]),
    }
    lucent = {
        k.replace("_pre_relu.", "_pre_relu_conv.").replace("activation.", "activation_matmul."): v
        for k, v in w.items()
    }
    return {
        "ours.safetensors": (wf.safetensors_bytes(w), same_names),
        "ours.pt": (wf.torch_bytes(dict(w)), tensorflow_names),
        "google.pb": (wf.tensorflow_bytes(tensorflow), tensorflow_names),
        "lucent.pth": (wf.torch_bytes(lucent), tensorflow_names),
        "zoo.caffemodel": (wf.caffe_bytes(caffe, v1=True), caffe_names),
        "converted.safetensors": (wf.safetensors_bytes(w), caffe_names),
    }


def loaded(path, rename) -> Network:
    module = networks.seeded(Small, seed=9)
    load_into(module, read_weights(path).tensors, rename=rename, origin=path.name)
    return wrap(module, input_size=8)


def test_every_format_gives_one_hash_and_one_network(tmp_path):
    original = networks.seeded(Small)
    images = networks.noise(2, 3, 8, 8)
    with torch.no_grad():
        wanted = original(images)
    state = original.state_dict()
    for name, (data, rename) in formats(state).items():
        network = loaded(wf.written(tmp_path, name, data), rename)
        assert network.model_hash == wrap(original, input_size=8).model_hash, name
        found = network.activations(images, layers=["softmax2_pre_activation"])
        torch.testing.assert_close(found["softmax2_pre_activation"], wanted, msg=name)


def test_one_weight_changes_the_hash(residual):
    changed = residual.copy()
    assert changed.model_hash == residual.model_hash
    changed.state["block2.conv1.weight"][0, 0, 0, 0] += 1e-6
    assert changed.model_hash != residual.model_hash


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("conv2d0_pre_relu.bias"), "conv2d0_pre_relu.bias and 0 other tensors"),
        (lambda w: w.update(extra=torch.ones(2)), "extra is no tensor of it"),
        (lambda w: w.update({"conv2d0_pre_relu.bias": torch.ones(5)}), r"shape \(5,\), not \(4,\)"),
    ],
)
def test_weights_of_another_network_are_refused_whole(change, message):
    weights = dict(networks.seeded(Small).state_dict())
    change(weights)
    module = networks.seeded(Small, seed=9)
    before = {k: v.clone() for k, v in module.state_dict().items()}
    with pytest.raises(WeightsError, match=message):
        load_into(module, weights, rename=same_names, origin="file.pt")
    assert all(torch.equal(v, before[k]) for k, v in module.state_dict().items())


def test_efficientnet_is_saved_and_read(tmp_path):
    module = networks.seeded(EfficientNetLite, "efficientnet_lite0")
    path = tmp_path / "lite0.safetensors"
    safetensors.torch.save_file(dict(module.state_dict()), path)
    other = networks.seeded(EfficientNetLite, "efficientnet_lite0", seed=1)
    load_into(other, read_weights(path).tensors, rename=same_names, origin="lite0")
    for (name, a), b in zip(module.state_dict().items(), other.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


def test_permuted_weights_are_the_same_numbers_elsewhere(residual):
    one, same, other = (weight_permuted(residual, seed=s) for s in (1, 1, 2))
    for name, tensor in residual.state.items():
        if not tensor.is_floating_point():
            continue
        assert torch.equal(one.state[name], same.state[name])
        if tensor.ndim < 2:
            assert torch.equal(one.state[name], tensor)
            continue
        assert torch.equal(one.state[name].flatten().sort()[0], tensor.flatten().sort()[0])
        assert not torch.equal(one.state[name], tensor)
        assert not torch.equal(one.state[name], other.state[name])
    assert "seed 1" in str(one.provenance)
    assert not one.provenance.verified
    assert len({n.model_hash for n in (residual, one, same, other)}) == 3


def test_provenance_in_words():
    assert str(Provenance(source="written by formula")) == "written by formula"
    known = Provenance(source="a.pb", sha256="ab", verified=True)
    assert str(known) == "a.pb (verified, SHA-256 ab)"
    assert "(unverified, " in str(Provenance(source="a.pb", sha256="ab"))


# Running ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (64, 17), (5, 200)])
def test_images_of_any_size(residual, size):
    found = residual.activations(networks.noise(2, 3, *size), layers=["b2", "scores"])
    assert found["b2"].shape == (2, 16, -(-size[0] // 8), -(-size[1] // 8))
    assert found["scores"].shape == (2, 5)


@pytest.mark.parametrize("size", [(64, 96), (75, 50)])
def test_inception_takes_images_of_any_size(size):
    network = Network(InceptionV1("googlenet"), name="g", input_size=64)
    found = network.activations(networks.noise(1, 3, *size), layers=["softmax2"])["softmax2"]
    assert float(found.sum()) == pytest.approx(1)


def test_an_image_does_not_depend_on_its_batch():
    module = networks.seeded(InceptionV1, "inception_v1")
    network = Network(
        module, name="i", preprocess=InceptionPreprocess("inception_v1"), input_size=64
    )
    images = networks.noise(9, 3, 64, 64)
    together = network.activations(images, layers=["mixed3b"])["mixed3b"]
    for part in (images[:1], images[:4], images.flip(0)[-1:]):
        alone = network.activations(part, layers=["mixed3b"])["mixed3b"]
        scale = float(together.abs().max())
        assert float((alone[0] - together[0]).abs().max()) <= 1e-5 * scale


def test_the_same_layer_by_name_and_alias(residual):
    images = networks.noise(1, 3, 32, 32)
    found = residual.activations(images, layers=["b2", "block2.add"])
    assert torch.equal(found["b2"], found["block2.add"])
    assert residual.layer("b2").title == "b2"
    assert residual.layer("stem").title == "stem"


@given(st.lists(st.floats(-3, 3), min_size=16, max_size=16).filter(any))
def test_a_direction_is_a_dot_product(residual, vector):
    values = residual.activations(networks.noise(2, 3, 32, 32), layers=["block2.add"])["block2.add"]
    found = residual.project(values, Direction("block2.add", tuple(vector)))
    by_hand = sum(v * values[:, c] for c, v in enumerate(vector))
    torch.testing.assert_close(found, by_hand, rtol=1e-4, atol=1e-5)


def test_a_unit_is_the_direction_of_its_channel(residual):
    values = residual.activations(networks.noise(2, 3, 32, 32), layers=["scores"])["scores"]
    one = residual.project(values, Direction("scores", (0.0, 0.0, 1.0, 0.0, 0.0)))
    assert torch.equal(one, residual.project(values, Unit("scores", 2)))


# What is refused ----------------------------------------------------------------------------------

GOOD = networks.noise(1, 3, 32, 32)


@pytest.mark.usefixtures("unannotated")
@pytest.mark.parametrize(
    ("images", "message"),
    [
        (GOOD[0], r"shape \(3, 32, 32\)"),
        (GOOD[:, :1], r"shape \(1, 1, 32, 32\)"),
        (GOOD[:0], r"shape \(0, 3, 32, 32\)"),
        (GOOD[..., :0], r"shape \(1, 3, 32, 0\)"),
        ((GOOD * 255).byte(), "type torch.uint8"),
        (GOOD.clone().index_fill_(2, torch.tensor(3), float("nan")), "not finite"),
        (GOOD / 0, "not finite"),
        (GOOD * 255, "divide bytes by 255"),
        (GOOD - 0.5, "Images reach from -0"),
        (GOOD[..., :1, :1].expand(1, 3, 1, 1), None),
    ],
)
def test_images_that_cannot_be_used(images, message):
    if message is None:  # too small for a network without padding
        network = wrap(nn.Conv2d(3, 2, 5), name="five", input_size=32)
        layer, message = next(iter(network.layers)), "five cannot take images of shape"
    else:
        network, layer = wrap(networks.Residual(), input_size=32), "stem"
    with pytest.raises(InputError, match=message) as caught:
        network.activations(images, layers=[layer])
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("block2.ad", "did you mean block2.add"),
        ("3z", "curvecircuits layers"),
        ("", "lists"),
        ("input", "no layer 'input'"),
    ],
)
def test_unknown_layers(residual, name, hint):
    with pytest.raises(InputError, match=hint) as caught:
        residual.layer(name)
    assert repr(name) in str(caught.value)
    with pytest.raises(InputError, match=hint):
        residual.activations(GOOD, layers=["stem", name])


def test_addresses_of_a_network(residual):
    assert residual.check(Unit("b2", 15)) == Unit("block2.add", 15)
    vector = tuple(float(i) for i in range(16))
    assert residual.check(Direction("b2", vector, name="d")) == Direction("block2.add", vector, "d")
    for bad, message in (
        (Unit("b2", 16), "no unit b2:16: the channels of block2.add are 0 to 15"),
        (Unit("b2", -1), "no unit b2:-1"),
        (Unit("b22", 1), "did you mean b2"),
        (Direction("b2", (1.0, 2.0)), "has 2 numbers; block2.add has 16"),
    ):
        with pytest.raises(InputError, match=re.escape(message)):
            residual.check(bad)


@pytest.mark.parametrize("text", ["3b", "3b:", ":3", "3b:-1", "3b:x", "3b:²", "", "3b@"])
def test_what_is_no_unit(text):
    with pytest.raises(InputError, match="write layer:channel"):
        parse_address(text)


@given(st.text(st.characters(categories=["L", "N"]), min_size=1), st.integers(0, 10**6))
def test_units_are_written_and_read(layer, channel):
    unit = Unit(layer, channel)
    assert parse_address(str(unit)) == unit
    assert parse_address(f"mixed.{layer}:a:{channel}") == Unit(f"mixed.{layer}:a", channel)


def test_directions_from_files(tmp_path):
    path = tmp_path / "probe.npy"
    np.save(path, np.array([0, 2, -1]))
    assert parse_address(f"3b@{path}") == Direction("3b", (0.0, 2.0, -1.0), name="probe")
    assert str(parse_address(f"3b@{path}")) == "3b@probe"
    for bad, message in (
        (np.ones((2, 2)), "one vector of numbers"),
        (np.array(["a"]), "one vector of numbers"),
        (np.array([1.0, np.nan]), "finite"),
        (np.zeros(3), "not zero"),
        (np.zeros(0), "non-empty"),
    ):
        np.save(path, bad)
        with pytest.raises(InputError, match=message):
            parse_address(f"3b@{path}")
    path.write_bytes(b"\x93NUMPY and then nothing")
    for broken in (path, tmp_path / "absent.npy"):
        with pytest.raises(InputError, match="cannot be read as a direction"):
            parse_address(f"3b@{broken}")


@pytest.mark.parametrize("device", ["cuda:99", "nonsense"])
def test_devices_that_are_not_here(device):
    network = wrap(networks.Residual(), input_size=32)
    with pytest.raises(InputError, match=f"Device {device} is not available"):
        network.to(device)
    assert network.device == torch.device("cpu")
    assert network.to("cpu") is network
    network.activations(GOOD, layers=["scores"])


# In another process -------------------------------------------------------------------------------


def halved(images: torch.Tensor) -> torch.Tensor:
    return images / 2


def assert_same_network(network: Network, other: Network) -> None:
    side = min(network.input_size, 96)
    images = networks.noise(2, 3, side, side)
    values = network.activations(images, layers=list(network.layers))
    back = other.activations(images, layers=list(other.layers))
    assert list(values) == list(back)
    assert all(torch.equal(values[name], back[name]) for name in values)
    assert other.layers == network.layers
    for name in ("name", "input_size", "logits", "provenance", "model_hash", "device"):
        assert getattr(other, name) == getattr(network, name), name


@pytest.mark.parametrize(
    "make",
    [
        lambda: wrap(
            networks.seeded(networks.Residual),
            name="small",
            input_size=32,
            aliases={"b2": "block2.add"},
            logits="scores",
            preprocess=halved,
            provenance=Provenance(source="a test", sha256="00", verified=True),
        ),
        lambda: weight_permuted(wrap(networks.seeded(networks.Branches), input_size=32), seed=3),
        lambda: artificial_network(),
        lambda: load("efficientnet_lite0"),
        pytest.param(
            lambda: load("googlenet", weights=bars.SHARED / "weights"), marks=pytest.mark.shared
        ),
    ],
    ids=["residual", "permuted", "artificial", "efficientnet_lite0", "googlenet"],
)
@pytest.mark.parametrize("pickler", ["pickle", "cloudpickle"])
def test_a_pickled_network_is_the_same_network(make, pickler):
    network = make()
    data = pytest.importorskip(pickler).dumps(network)
    size = sum(t.numel() * t.element_size() for t in network.state.values())
    assert len(data) < 1.1 * size + 50_000  # the weights once, and no programs made so far
    back = pickle.loads(data)
    assert_same_network(network, back)
    next(iter(back.state.values())).zero_()
    assert back.model_hash != network.model_hash


def test_a_network_within_an_edit_is_not_pickled(residual):
    name, tensor = next(iter(residual.state.items()))
    for change in (ZeroUnits(units=[("b2", 0)]), ReplaceWeights(name=name, tensor=2 * tensor)):
        with edit(residual, change) as edited:
            for network in (edited, edited.copy(), copy.deepcopy(edited)):
                with pytest.raises(InputError, match="is edited and cannot be pickled"):
                    pickle.dumps(network)
    assert_same_network(residual, pickle.loads(pickle.dumps(residual)))


def test_a_copy_is_no_pickle(residual):
    values = residual.activations(GOOD, layers=["b2"])["b2"]
    shallow = copy.copy(residual)
    assert shallow.module is residual.module
    with edit(residual, ZeroUnits(units=[("b2", 0)])):
        twin = copy.copy(residual)
        assert (twin.activations(GOOD, layers=["b2"])["b2"][:, 0] == 0).all()
    assert torch.equal(shallow.activations(GOOD, layers=["b2"])["b2"], values)


class Choosy(nn.Module):
    """Branches on the size of its input, so that torch.fx cannot trace it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, x):
        return self.conv(x if x.shape[2] > 8 else 2 * x)


def test_what_cannot_be_pickled():
    module = networks.seeded(networks.Residual)
    network = wrap(module, input_size=32, preprocess=lambda images: images / 2)
    with pytest.raises(InputError, match="The preprocessing of Residual cannot") as caught:
        pickle.dumps(network)
    assert "function defined in a module" in str(caught.value)
    with pytest.raises(InputError, match=r"recorded by torch\.export"):
        pickle.dumps(wrap(Choosy(), input_size=32))
