"""`load`: a network from its name, with its weights found, checked and recorded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from torch import nn

from curvecircuits.catalog.download import find_weights
from curvecircuits.catalog.given import fill
from curvecircuits.catalog.names import TIMM, TORCHVISION, artefact_of, unknown
from curvecircuits.catalog.user import parse_factory, user_network
from curvecircuits.catalog.zoos import timm_network, torchvision_network
from curvecircuits.errors import InputError
from curvecircuits.models.convert import Rename, caffe_names, same_names, tensorflow_names
from curvecircuits.models.efficientnet import (
    EfficientNetLite,
    Normalise,
    Scale,
    lite_aliases,
    lite_input_size,
)
from curvecircuits.models.inception import (
    InceptionPreprocess,
    InceptionV1,
    Variant,
    inception_aliases,
)
from curvecircuits.models.network import Network


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What it takes to put a weight file to work."""

    module: nn.Module
    preprocess: nn.Module
    rename: Rename
    logits: str
    aliases: Mapping[str, str]
    input_size: int = 224


def _inception(variant: Variant, rename: Rename) -> _Plan:
    return _Plan(
        module=InceptionV1(variant),
        preprocess=InceptionPreprocess(variant),
        rename=rename,
        logits="softmax2_pre_activation",
        aliases=inception_aliases(),
    )


# Google trained them on (bytes − 127) / 128, not on ImageNet's mean and deviation.
_LITE_INPUT = ((127 / 255,) * 3, (128 / 255,) * 3)


def _lite(scale: Scale) -> _Plan:
    return _Plan(
        module=EfficientNetLite(scale),
        preprocess=Normalise(*_LITE_INPUT),
        rename=same_names,
        logits="_fc",
        aliases=lite_aliases(scale),
        input_size=lite_input_size(scale),
    )


_PLANS: Mapping[str, Callable[[], _Plan]] = MappingProxyType(
    {
        "inception_v1": lambda: _inception("inception_v1", tensorflow_names),
        "googlenet": lambda: _inception("googlenet", caffe_names),
        "efficientnet_lite0": lambda: _lite("efficientnet_lite0"),
        "efficientnet_lite1": lambda: _lite("efficientnet_lite1"),
        "efficientnet_lite2": lambda: _lite("efficientnet_lite2"),
    }
)


def load(
    name: str,
    *,
    weights: str | Path | None = None,
    device: str = "cpu",
    progress: bool = True,
) -> Network:
    """Load a network by name.

    Parameters
    ----------
    name
        A name of `curvecircuits.catalog.names()`; `timm:NAME` or `torchvision:NAME`; or your own
        `package.module:factory` or `path/file.py:factory`, which is run.
    weights
        A weight file, or a folder that holds it under its published name. By default it is looked
        for in `$CURVECIRCUITS_WEIGHTS`, in the installed package that holds it and in the cache,
        and then downloaded and verified.
    device
        Where the network runs, such as `cpu` or `cuda`.
    progress
        Whether a download shows a bar on stderr.

    Returns
    -------
    Network
        Its `provenance` tells the file, its SHA-256, and whether that is a published one.

    Raises
    ------
    InputError
        For an unknown name or device, and for code of yours that fails.
    UnavailableError
        If the weights are nowhere; the message says which file to fetch and where to put it.
    WeightsError
        If the file is damaged or of another network.

    Examples
    --------
    >>> network = load("googlenet", weights="bvlc_googlenet.safetensors")  # doctest: +SKIP
    >>> network.layer("3b").channels  # doctest: +SKIP
    480

    """
    return _built(name, weights, progress).to(device)


def _built(name: str, weights: str | Path | None, progress: bool) -> Network:
    if name.startswith(TIMM):
        return timm_network(name.removeprefix(TIMM), weights=weights)
    if name.startswith(TORCHVISION):
        return torchvision_network(name.removeprefix(TORCHVISION), weights=weights)
    if name == "artificial":
        return _artificial(weights)
    if name in _PLANS:
        return _published(name, weights, progress)
    factory = parse_factory(name)
    if factory is None:
        raise unknown(name)
    return user_network(factory, weights=weights)


def _published(name: str, weights: str | Path | None, progress: bool) -> Network:
    artefact = artefact_of(name)
    path = find_weights(artefact, weights=weights, progress=progress)
    plan = _PLANS[name]()
    provenance = fill(plan.module, path, rename=plan.rename, artefact=artefact)
    return Network(
        plan.module,
        name=name,
        preprocess=plan.preprocess,
        input_size=plan.input_size,
        aliases=plan.aliases,
        provenance=provenance,
        logits=plan.logits,
    )


def _artificial(weights: str | Path | None) -> Network:
    if weights is not None:
        raise InputError(
            "artificial takes no weight file, its weights are written by formula; those that "
            f"take one are {', '.join(_PLANS)}."
        )
    from curvecircuits.artificial import artificial_network

    return artificial_network()
