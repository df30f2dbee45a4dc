"""From the tensor names of weight files to those of our modules, checked name by name."""

import re
from collections.abc import Callable, Mapping

from torch import Tensor, nn

from curvecircuits.errors import WeightsError

Rename = Callable[[str, Tensor], tuple[str, Tensor] | None]
"""(name, tensor) of a file → those of our module, or None for a tensor that is not wanted."""

_CAFFE_LAYERS = {
    "conv1_7x7_s2": "conv2d0",
    "conv2_3x3_reduce": "conv2d1",
    "conv2_3x3": "conv2d2",
}
_CAFFE_BRANCHES = {
    "3x3_reduce": "3x3_bottleneck",
    "5x5_reduce": "5x5_bottleneck",
    "pool_proj": "pool_reduce",
}
_AUXILIARY = re.compile(r"(loss[12]|head[01]|nn[01]|softmax[01])(_|$)")
_OURS = re.compile(r"(.+_pre_relu|softmax2_pre_activation)\.(weight|bias)")


def caffe_names(name: str, tensor: Tensor) -> tuple[str, Tensor] | None:
    """Caffe's GoogLeNet: `inception_3b_5x5_reduce.weight` → our `mixed3b_5x5_bottleneck…`."""
    if _OURS.fullmatch(name):
        return name, tensor
    layer, _, what = name.rpartition(".")
    if _AUXILIARY.match(layer):
        return None
    if layer == "loss3_classifier":
        return f"softmax2_pre_activation.{what}", tensor
    if layer in _CAFFE_LAYERS:
        return f"{_CAFFE_LAYERS[layer]}_pre_relu.{what}", tensor
    block = re.fullmatch(r"inception_(\d[a-e])_(.+)", layer)
    if block is None:
        return name, tensor
    branch = _CAFFE_BRANCHES.get(block[2], block[2])
    return f"mixed{block[1]}_{branch}_pre_relu.{what}", tensor


def tensorflow_names(name: str, tensor: Tensor) -> tuple[str, Tensor] | None:
    """inception5h from TensorFlow (`mixed3b_5x5_w`, HWIO) or lucent (`…_pre_relu_conv.weight`)."""
    if _OURS.fullmatch(name):
        return name, tensor
    if _AUXILIARY.match(name):
        return None
    lucent = re.fullmatch(r"(.+_pre_relu)_conv\.(weight|bias)", name)
    if lucent:
        return f"{lucent[1]}.{lucent[2]}", tensor
    lucent = re.fullmatch(r"softmax2_pre_activation_matmul\.(weight|bias)", name)
    if lucent:
        return f"softmax2_pre_activation.{lucent[1]}", tensor
    frozen = re.fullmatch(r"(conv2d\d|mixed\d[a-e]_\w+|softmax2)_([wb])", name)
    if frozen is None:
        return None  # a constant that is no weight
    layer = "softmax2_pre_activation" if frozen[1] == "softmax2" else f"{frozen[1]}_pre_relu"
    if frozen[2] == "b":
        return f"{layer}.bias", tensor
    if tensor.ndim == 4:
        return f"{layer}.weight", tensor.permute(3, 2, 0, 1)
    return f"{layer}.weight", tensor.T if tensor.ndim == 2 else tensor


def same_names(name: str, tensor: Tensor) -> tuple[str, Tensor] | None:
    """Names already ours."""
    return name, tensor


def load_into(
    module: nn.Module, tensors: Mapping[str, Tensor], *, rename: Rename, origin: str
) -> None:
    """Copy a file's tensors into a module; every name and shape must fit.

    Raises
    ------
    WeightsError
        Naming the first tensor that is missing, misshapen or not part of the network.
    """
    state = module.state_dict()
    renamed: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        pair = rename(name, tensor)
        if pair is not None:
            renamed[pair[0]] = pair[1]
    network = type(module).__name__
    floating = {n for n, t in state.items() if t.is_floating_point()}
    missing = sorted(floating - renamed.keys())
    if missing:
        raise WeightsError(
            f"{origin} does not hold weights of {network}: {missing[0]} and "
            f"{len(missing) - 1} other tensors of its {len(floating)} are missing."
        )
    extra = sorted(renamed.keys() - state.keys())
    if extra:
        raise WeightsError(
            f"{origin} does not hold weights of {network}: {extra[0]} is no tensor of it."
        )
    for name in sorted(floating):
        if renamed[name].shape != state[name].shape:
            raise WeightsError(
                f"{origin} does not fit {network}: {name} has shape "
                f"{tuple(renamed[name].shape)}, not {tuple(state[name].shape)}."
            )
    for name in floating:
        state[name].copy_(renamed[name])
