import re
import sys
import types
from pathlib import Path

import pytest
import requests
import torch
from networks import Residual, noise, seeded
from safetensors.torch import load_file, save_file
from torch import nn

import curvecircuits as cc
from curvecircuits import catalog
from curvecircuits.errors import InputError, UnavailableError, WeightsError

SHARED = Path(__file__).parents[2] / "shared"
GOOGLENET = SHARED / "weights" / "bvlc_googlenet.safetensors"

NETS = """
import torch
from dataclasses import dataclass
from torch import nn
from curvecircuits import wrap

SIZE = 32

@dataclass
class Plan:
    width: int = 8

class Small(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, Plan().width, 5), nn.ReLU())

def module():
    return Small()

def network():
    return wrap(Small(), name="small", input_size=SIZE)

def pair():
    return Small(), lambda images: images - 0.5

def nothing():
    return None

def broken():
    raise RuntimeError("no such\\nluck.")

def leaves():
    raise SystemExit(0)

def two_inputs():
    class Two(nn.Module):
        def forward(self, x, y):
            return x + y
    return Two()

def sibling():
    import helper_of_nets
    return helper_of_nets.make()

ready = Small()
"""


@pytest.fixture
def nets(tmp_path: Path) -> Path:
    path = tmp_path / "nets.py"
    path.write_text(NETS)
    (tmp_path / "helper_of_nets.py").write_text(
        "from torch import nn\ndef make():\n    return nn.Conv2d(3, 2, 3)\n"
    )
    return path


def refusal(error: type[Exception], name: str, **options) -> str:
    """The message `load` refuses with, once it is one sentence."""
    with pytest.raises(error) as caught:
        cc.load(name, progress=False, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert message[-1] in ".?"
    return message


@pytest.mark.shared
def test_googlenet_says_where_its_weights_came_from(tmp_path: Path) -> None:
    network = cc.load("googlenet", weights=GOOGLENET)
    assert network.provenance.verified
    assert str(network.provenance).startswith("bvlc_googlenet.safetensors (verified, SHA-256 c6ae")
    assert network.layer("3b").channels == 480
    values = network.activations(noise(1, 3, 64, 64), layers=["conv2d0", "mixed3b", "3b"])
    assert torch.equal(values["mixed3b"], values["3b"])

    again = tmp_path / "mine.safetensors"
    save_file(dict(sorted(load_file(GOOGLENET).items())), again, metadata={"by": "me"})
    resaved = cc.load("googlenet", weights=again)
    assert re.fullmatch(
        r"mine\.safetensors \(unverified, SHA-256 [0-9a-f]{64}\)", str(resaved.provenance)
    )
    assert resaved.model_hash == network.model_hash

    wrong = refusal(WeightsError, "inception_v1", weights=GOOGLENET)
    assert "does not" in wrong
    assert "InceptionV1" in wrong


@pytest.mark.shared
def test_weights_are_found_in_the_folder_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CURVECIRCUITS_WEIGHTS", str(GOOGLENET.parent))
    assert {e.name: e.available for e in catalog.names()}["googlenet"]
    assert cc.load("googlenet").provenance.source == GOOGLENET.name


def test_lost_weights_are_named_with_where_to_put_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: object, **__: object) -> None:
        raise requests.ConnectionError("offline")

    monkeypatch.setattr(requests, "get", offline)
    monkeypatch.delenv("CURVECIRCUITS_WEIGHTS", raising=False)
    monkeypatch.setenv("CURVECIRCUITS_CACHE", str(tmp_path))
    assert not {e.name: e.available for e in catalog.names()}["googlenet"]
    message = refusal(UnavailableError, "googlenet")
    assert "bvlc_googlenet.caffemodel" in message
    assert str(tmp_path) in message


def test_an_efficientnet_has_an_alias_for_each_block(tmp_path: Path) -> None:
    from curvecircuits.models.efficientnet import EfficientNetLite

    module = seeded(EfficientNetLite, "efficientnet_lite0")
    file = tmp_path / "lite0.safetensors"
    save_file(module.state_dict(), file)
    network = cc.load("efficientnet_lite0", weights=file)
    assert network.layer("block0").name == "_blocks.0._bn2"
    assert network.layer("block2").kind == "add"
    assert network.layer("block15").name == "_blocks.15._bn2"
    # What Google trained it on: (bytes − 127) / 128.
    grey = network.activations(torch.full((1, 3, 32, 32), 127 / 255), layers=["_conv_stem"])
    torch.testing.assert_close(grey["_conv_stem"], torch.zeros(1, 32, 16, 16), atol=1e-6, rtol=0)
    assert network.layer(network.logits).channels == 1000


def test_the_artificial_network_needs_no_file() -> None:
    network = cc.load("artificial")
    assert network.layer("3b").spatial
    assert "formula" in refusal(InputError, "artificial", weights="w.safetensors")
    assert network.provenance.sha256 is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gogglenet", "did you mean googlenet?"),
        ("", "efficientnet_lite1"),
        ("3b:379", "'3b:379'"),
        ("no_such_package_here.nets:make", "no_such_package_here"),
        ("nets.py", "nets.py:factory"),
        ("no/such/nets.py:make", "does not exist"),
    ],
)
def test_an_unknown_name_is_refused_with_what_is_valid(name: str, said: str) -> None:
    assert said in refusal(InputError, name)


def test_artefact_of_refuses_what_has_no_file() -> None:
    assert catalog.artefact_of("inception_v1") is catalog.artefact_of("inception5h")
    for name in ("artificial", "timm:resnet18", "nothing"):
        with pytest.raises(InputError, match="googlenet"):
            catalog.artefact_of(name)


def test_an_unknown_device_is_refused() -> None:
    assert "cpu" in refusal(InputError, "artificial", device="abacus")


@pytest.mark.parametrize("factory", ["module", "Small", "pair", "ready"])
def test_a_factory_in_a_file_is_run(nets: Path, factory: str) -> None:
    network = cc.load(f"{nets}:{factory}")
    assert [layer.channels for layer in network.layers.values()] == [8, 8]
    assert network.provenance.source == f"{nets}:{factory}"
    if factory == "pair":
        blank = network.activations(torch.full((1, 3, 8, 8), 0.5), layers=["0"])["0"]
        torch.testing.assert_close(blank[0, :, 0, 0], network.state["0.bias"])


def test_a_factory_may_return_a_network_or_import_from_its_folder(nets: Path) -> None:
    before = list(sys.path)
    network = cc.load(f"{nets}:network")
    assert (network.name, network.input_size) == ("small", 32)
    assert network.provenance.source == f"{nets}:network"
    assert cc.load(f"{nets}:sibling").layers
    assert sys.path == before


def test_a_factory_of_a_module_is_run() -> None:
    network = cc.load("networks:Residual")
    assert network.layer("block2.add").channels == 16


def test_the_latest_version_of_a_file_is_run(nets: Path) -> None:
    cc.load(f"{nets}:module")
    nets.write_text(NETS.replace("width: int = 8", "width: int = 16"))
    assert cc.load(f"{nets}:module").layer("0").channels == 16


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        ("nothing", "returned NoneType"),
        ("broken", "failed at line 30 with RuntimeError (no such)"),
        ("leaves", "with SystemExit (0)"),
        ("two_inputs", "2 inputs"),
        ("SIZE", "is int, not a function"),
        ("modul", "did you mean module"),
        ("wrap", "failed with TypeError"),
    ],
)
def test_what_fails_in_the_users_code_is_one_sentence(nets: Path, factory: str, said: str) -> None:
    assert said in refusal(InputError, f"{nets}:{factory}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = (", "at line 1 with SyntaxError"),
        ("import no_such_package_here", "ModuleNotFoundError"),
        ("raise ValueError", "at line 1 with ValueError; it"),
        ("\0", "with"),
    ],
)
def test_a_file_that_cannot_be_imported_is_one_sentence(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "bad.py"
    path.write_text(text)
    modules = set(sys.modules)
    assert said in refusal(InputError, f"{path}:make")
    assert not {m for m in set(sys.modules) - modules if m.startswith("_curvecircuits")}


def test_weights_go_into_the_users_module(nets: Path, tmp_path: Path) -> None:
    state = nn.Sequential(nn.Conv2d(3, 8, 5)).state_dict()
    file = tmp_path / "w.safetensors"
    save_file(state, file)
    network = cc.load(f"{nets}:module", weights=file)
    assert torch.equal(network.state["0.weight"], state["0.weight"])
    assert str(network.provenance).startswith(f"w.safetensors in {nets}:module (unverified, SHA")
    assert "which has its weights" in refusal(InputError, f"{nets}:network", weights=file)
    save_file({"0.weight": state["0.weight"][:4], "0.bias": state["0.bias"]}, file)
    assert "shape (4, 3, 5, 5)" in refusal(WeightsError, f"{nets}:module", weights=file)
    whole = {name: (10 * tensor).int() for name, tensor in state.items()}
    save_file(whole, file)
    refusal(WeightsError, f"{nets}:module", weights=file)


def test_a_zoo_that_is_not_installed_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    for zoo in ("timm", "torchvision"):
        assert f"pip install 'curvecircuits[{zoo}]'" in refusal(UnavailableError, f"{zoo}:resnet18")


def test_timm_networks_take_its_normalisation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def create(name: str, *, pretrained: bool) -> nn.Module:
        if pretrained:
            raise OSError("offline\nwhatever")
        module = seeded(Residual)
        module.pretrained_cfg = {
            "mean": (0.5, 0.5, 0.5),
            "std": (0.25, 0.25, 0.25),
            "input_size": (3, 48, 48),
        }
        return module

    fake = types.SimpleNamespace(
        __version__="1.0",
        is_model=lambda name: name == "small",
        list_models=lambda: ["small"],
        create_model=create,
    )
    monkeypatch.setitem(sys.modules, "timm", fake)
    assert "OSError" in refusal(UnavailableError, "timm:small")
    assert "did you mean small?" in refusal(InputError, "timm:smal")
    file = tmp_path / "w.safetensors"
    save_file(seeded(Residual, seed=3).state_dict(), file)
    network = cc.load("timm:small", weights=file)
    assert (network.name, network.input_size, network.logits) == ("timm:small", 48, "scores")
    images = noise(1, 3, 48, 48)
    direct = seeded(Residual, seed=3).eval()((images - 0.5) / 0.25)
    torch.testing.assert_close(network.activations(images, layers=["scores"])["scores"], direct)
