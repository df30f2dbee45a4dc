"""Two ONNX graphs traced from the artificial network: constants → weights, image → responses."""

import importlib
import logging
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call

from curvecircuits.artificial.constants import Constants, with_values
from curvecircuits.artificial.geometry import LAYERS, Geometry
from curvecircuits.artificial.layout import Parts
from curvecircuits.artificial.network import (
    FromGrey,
    artificial_module,
    artificial_weights,
    contrast_offset,
)
from curvecircuits.errors import UnavailableError

OPSET = 18
CONSTANTS = "constants"
IMAGE = "image"
PRE_ACTIVATION = "mixed3b_pre_relu"
RESPONSES = (*LAYERS[:-1], PRE_ACTIVATION, LAYERS[-1])
_OFFSET = "contrast.offset"
_QUIET = ("torch.fx", "torch.onnx", "onnxscript", "onnx_ir")


class WeightsOfConstants(nn.Module):
    """From the constants in `VARIABLES` to every tensor the network depends on by them."""

    def __init__(
        self,
        constants: Constants,
        *,
        orientations: Sequence[float] | None,
        centres: Sequence[tuple[float, float]] | None,
        geometry: Geometry,
        parts: Parts,
    ) -> None:
        super().__init__()
        self.constants, self.parts = constants, parts
        self.options: dict[str, Any] = {
            "orientations": orientations,
            "centres": centres,
            "geometry": geometry,
            "parts": parts,
        }

    def named(self, values: Float[Tensor, " constants"]) -> dict[str, Float[Tensor, "..."]]:
        """Kernel and bias of each layer, and the offset of the contrast normalisation."""
        constants = with_values(self.constants, values.unbind())
        found: dict[str, Tensor] = {}
        for layer, (kernel, bias) in artificial_weights(constants, **self.options).items():
            found |= {f"{layer}.weight": kernel, f"{layer}.bias": bias}
        if self.parts.contrast:
            # What `contrast_normalisation` keeps as a buffer, where it takes no tensor.
            offset = torch.as_tensor(contrast_offset(constants.contrast_floor))
            found[_OFFSET] = offset.expand(len(found["conv2d1.bias"]))
        return found

    def forward(self, values: Float[Tensor, " constants"]) -> tuple[Tensor, ...]:
        """The tensors of `named`, in its order."""
        return tuple(self.named(values).values())


class _EveryLayer(nn.Module):
    """What the layers of `RESPONSES` answer to an image."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.preprocess, self.layers = FromGrey(), layers

    def forward(self, image: Float[Tensor, "n 3 h w"]) -> tuple[Tensor, ...]:
        value, found = self.preprocess(image), dict[str, Tensor]()
        for name, layer in self.layers.named_children():
            value = found[name] = layer(value)
        return tuple(found[name] for name in RESPONSES)


class _ResponsesOfWeights(nn.Module):
    """`_EveryLayer` with the tensors of `WeightsOfConstants` as arguments."""

    def __init__(self, layers: _EveryLayer, names: Sequence[str]) -> None:
        super().__init__()
        self.held = (layers,)  # within a tuple its own weights are no part of the graph
        self.places = tuple(f"layers.{_place(name)}" for name in names)

    def forward(self, image: Float[Tensor, "n 3 h w"], *weights: Tensor) -> tuple[Tensor, ...]:
        given = dict(zip(self.places, weights, strict=True))
        return functional_call(self.held[0], given, (image,))


def _place(name: str) -> str:
    layer, _, tensor = name.partition(".")
    return name if name == _OFFSET else f"{layer}_pre_relu.{tensor}"


def weights_graph(
    written: WeightsOfConstants, values: Float[Tensor, " constants"], names: Sequence[str]
) -> bytes:
    """The graph from `constants` to the tensors of these names."""
    onnx = needed("onnx")
    model = _traced(written, (values,), inputs=[CONSTANTS], outputs=names)
    return _plain(onnx, model, "artificial_weights")


def responses_graph(
    weights: Mapping[str, Float[Tensor, "..."]],
    constants: Constants,
    geometry: Geometry,
    parts: Parts,
) -> bytes:
    """The graph from `image` and the tensors of these names to `RESPONSES`.

    TensorFlow's padding depends on the size of the image, which a trace cannot follow. ONNX has it
    as an option of each operation, so that a network with padding of fixed size is traced and the
    option put in.
    """
    onnx = needed("onnx")
    traced, same = geometry, geometry.padding == "inception_v1"
    if same:
        traced = replace(geometry, padding="googlenet")
    pairs = {name: (weights[f"{name}.weight"], weights[f"{name}.bias"]) for name in LAYERS}
    layers = _EveryLayer(artificial_module(pairs, constants, traced, parts))
    module = _ResponsesOfWeights(layers, tuple(weights))
    dynamic = torch.export.Dim.DYNAMIC
    model = _traced(
        module,
        (torch.zeros(2, 3, 96, 98), *weights.values()),
        inputs=[IMAGE, *weights],
        outputs=RESPONSES,
        shapes=({0: dynamic, 2: dynamic, 3: dynamic}, (None,) * len(weights)),
    )
    if same:
        _pad_as_tensorflow(onnx, model)
    for value in (model.graph.input[0], *model.graph.output):
        axes = value.type.tensor_type.shape.dim
        suffix = "" if value.name == IMAGE else f"_{value.name}"
        for axis, name in ((0, "n"), (2, f"h{suffix}"), (3, f"w{suffix}")):
            axes[axis].dim_param = name
    return _plain(onnx, model, "artificial_responses")


def _traced(
    module: nn.Module,
    arguments: tuple[Tensor, ...],
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    shapes: tuple[Any, ...] | None = None,
) -> Any:
    operators = needed("onnxscript").opset18

    def hypot(x: Any, y: Any) -> Any:
        return operators.Sqrt(operators.Add(operators.Mul(x, x), operators.Mul(y, y)))

    def amax(values: Any) -> Any:
        return operators.ReduceMax(values, keepdims=0)

    with _silence():
        program = torch.export.export(module.eval(), arguments, dynamic_shapes=shapes)
        converted: Any = torch.onnx.export(
            program,
            dynamo=True,
            opset_version=OPSET,
            input_names=list(inputs),
            output_names=list(outputs),
            custom_translation_table={  # which the exporter lacks
                torch.ops.aten.hypot.default: hypot,
                torch.ops.aten.amax.default: amax,
            },
            verbose=False,
        )
        return converted.model_proto


def _pad_as_tensorflow(onnx: Any, model: Any) -> None:
    for node in model.graph.node:
        if node.op_type in ("Conv", "MaxPool"):
            kept = [a for a in node.attribute if a.name not in ("pads", "ceil_mode", "auto_pad")]
            del node.attribute[:]
            same = onnx.helper.make_attribute("auto_pad", "SAME_UPPER")
            node.attribute.extend([*kept, same])


def _plain(onnx: Any, model: Any, name: str) -> bytes:
    """The model without what the exporter notes about this machine's files."""
    model.graph.name, model.doc_string = name, ""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.graph.value_info[:]
    for part in (*model.graph.node, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    for tensor in model.graph.initializer:
        del tensor.metadata_props[:]
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def needed(package: str) -> Any:
    """A package of the extra `onnx`.

    Raises
    ------
    UnavailableError
        When it is not installed.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise UnavailableError(
            f"{package} is not installed here; run pip install 'curvecircuits[onnx]'."
        ) from error


@contextmanager
def _silence() -> Generator[None, None, None]:
    """Without what the exporter says about itself: warnings of torch about torch, and notes."""
    loggers = [logging.getLogger(name) for name in _QUIET]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*LeafSpec", FutureWarning)
        try:
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
