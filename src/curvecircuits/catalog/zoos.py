"""Networks of timm and torchvision, where those are installed."""

import difflib
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import nn

from curvecircuits.catalog.given import fill
from curvecircuits.errors import InputError, UnavailableError
from curvecircuits.models.efficientnet import Normalise
from curvecircuits.models.layer import Provenance
from curvecircuits.models.network import Network
from curvecircuits.models.wrap import wrap


def timm_network(name: str, *, weights: str | Path | None = None) -> Network:
    """Load a timm model by its name there, such as `resnet18`.

    Parameters
    ----------
    name
        As `timm.create_model` takes it.
    weights
        A state dict of it; by default timm fetches its own pretrained weights.

    Raises
    ------
    UnavailableError
        If timm is not installed, or the pretrained weights cannot be had.
    InputError
        For an unknown name, or a model that cannot be traced.
    WeightsError
        If the file does not fit.

    """
    timm = _imported("timm")
    if not timm.is_model(name):
        raise _no_model("timm", name, timm.list_models())
    if weights is None:
        module = _fetched("timm", name, lambda: timm.create_model(name, pretrained=True))
    else:
        module = timm.create_model(name, pretrained=False)
    config: Any = module.pretrained_cfg
    return _studied(
        module,
        name=f"timm:{name}",
        provenance=_provenance("timm", timm.__version__, module, weights),
        mean=config["mean"],
        sd=config["std"],
        size=config["input_size"][-1],
    )


def torchvision_network(name: str, *, weights: str | Path | None = None) -> Network:
    """Load a torchvision classifier by its name there, such as `resnet18`.

    Parameters
    ----------
    name
        As `torchvision.models.get_model` takes it.
    weights
        A state dict of it; by default torchvision fetches its own default weights.

    Raises
    ------
    UnavailableError
        If torchvision is not installed, or the weights cannot be had.
    InputError
        For an unknown name, or a model that cannot be traced.
    WeightsError
        If the file does not fit.

    """
    models = _imported("torchvision.models")
    known = models.list_models(module=models)
    if name.lower() not in known:
        raise _no_model("torchvision", name, known)
    default = models.get_model_weights(name).DEFAULT
    if weights is None:
        module = _fetched("torchvision", name, lambda: models.get_model(name, weights=default))
    else:
        module = models.get_model(name, weights=None)
        if hasattr(module, "transform_input"):
            module.transform_input = True  # as the published Inceptions are, whose framing this is
    version = _imported("torchvision").__version__
    framing = default.transforms()
    return _studied(
        module,
        name=f"torchvision:{name}",
        provenance=_provenance("torchvision", version, module, weights),
        mean=framing.mean,
        sd=framing.std,
        size=framing.crop_size[0],
    )


def _imported(module: str) -> Any:
    package = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UnavailableError(
            f"{package} is not installed here; run pip install 'curvecircuits[{package}]'."
        ) from error


def _no_model(zoo: str, name: str, known: list[str]) -> InputError:
    near = difflib.get_close_matches(name, known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"{zoo} lists its models."
    return InputError(f"{zoo} has no model {name!r}: {hint}")


def _fetched(zoo: str, name: str, make: Callable[[], nn.Module]) -> nn.Module:
    try:
        return make()
    except Exception as error:  # a hub's client may fail in any way
        raise UnavailableError(
            f"{zoo} cannot fetch pretrained weights of {name} ({type(error).__name__}); give a "
            "state dict of it as weights."
        ) from error


def _provenance(
    zoo: str, version: str, module: nn.Module, weights: str | Path | None
) -> Provenance:
    if weights is None:
        return Provenance(source=f"{zoo} {version}")
    return fill(module, weights)


def _studied(
    module: nn.Module,
    *,
    name: str,
    provenance: Provenance,
    mean: Any,
    sd: Any,
    size: int,
) -> Network:
    network = wrap(
        module,
        name=name,
        preprocess=Normalise(tuple(mean), tuple(sd)),
        input_size=size,
        provenance=provenance,
    )
    *_, last = network.layers
    network.logits = last
    return network
