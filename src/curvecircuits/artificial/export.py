"""The artificial network as ONNX, so that it runs where there is no Python."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from curvecircuits.artificial.constants import Constants
from curvecircuits.artificial.export_graph import (
    CONSTANTS,
    IMAGE,
    OPSET,
    RESPONSES,
    WeightsOfConstants,
    needed,
    responses_graph,
    weights_graph,
)
from curvecircuits.artificial.export_record import (
    ExportedArtificial,
    ExportedGraph,
    constants_of,
    counts_of,
    layers_of,
    tensors_of,
)
from curvecircuits.artificial.geometry import Geometry, inception_geometry
from curvecircuits.artificial.layout import Parts
from curvecircuits.artificial.network import artificial_network
from curvecircuits.store import dump, write_atomic

_WEIGHTS = "artificial_weights.onnx"
_RESPONSES = "artificial_responses.onnx"
_RECORD = "artificial.json"


@dataclass(frozen=True, kw_only=True)
class OnnxExport:
    """What `export_onnx` wrote."""

    weights: Path
    """The graph from constants to weights."""
    responses: Path
    """The graph from an image and weights to the layers."""
    record: Path
    """The JSON that says what the inputs and outputs of both are."""
    contents: ExportedArtificial
    """What that JSON holds."""
    sizes: dict[str, int]
    """Bytes of each file, by its name."""


def export_onnx(
    out_dir: str | os.PathLike[str],
    *,
    constants: Constants | None = None,
    orientations: Sequence[float] | None = None,
    centres: Sequence[tuple[float, float]] | None = None,
    geometry: Geometry | None = None,
    parts: Parts | None = None,
) -> OnnxExport:
    """Write the artificial network as two ONNX graphs and a JSON record of them.

    `artificial_weights.onnx` computes every weight from the vector `constants`, in the order of
    `curvecircuits.artificial.constants.VARIABLES`; `artificial_responses.onnx` computes every layer
    and the pre-activation of 3b from `image`, (n, 3, height, width) with RGB from 0 to 1 and of any
    n and size, and from those weights. Both are traced from the network itself, with float32
    operations of opset 18. A program that varies the constants runs the first graph once for each
    choice and the second once for each image.

    Parameters
    ----------
    out_dir
        The folder to write to; it is created if it is missing, and files of these names in it are
        replaced. The record is written last.
    constants
        What fixes the counts, and the values that the record gives; the graph takes any others.
    orientations, centres, geometry, parts
        As for `artificial_network`; the graphs have these fixed.

    Raises
    ------
    UnavailableError
        Without the packages of the extra `curvecircuits[onnx]`.
    InputError
        For what `artificial_network` refuses, and a folder that cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export = export_onnx(folder, orientations=[0.0, 90.0], parts=Parts(texture=True))
    ...     sorted(export.sizes), max(export.sizes.values()) < 200_000
    (['artificial.json', 'artificial_responses.onnx', 'artificial_weights.onnx'], True)
    >>> [tensor.shape for tensor in export.contents.tensors if tensor.name == "mixed3b.weight"]
    [(2, 67, 5, 5)]

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on the artificial artificial neural
    network.
    """
    constants, parts = constants or Constants(), parts or Parts()
    geometry = geometry or inception_geometry()
    for package in ("onnx", "onnxscript"):
        needed(package)
    network = artificial_network(
        constants, orientations=orientations, centres=centres, geometry=geometry, parts=parts
    )
    written = WeightsOfConstants(
        constants, orientations=orientations, centres=centres, geometry=geometry, parts=parts
    )
    described = constants_of(constants)
    values = torch.tensor([constant.value for constant in described])
    weights = written.named(values)
    graphs = {
        _WEIGHTS: weights_graph(written, values, tuple(weights)),
        _RESPONSES: responses_graph(weights, constants, geometry, parts),
    }
    curves = None if orientations is None else torch.deg2rad(torch.tensor(list(orientations)))
    names = tuple(weights)
    record = ExportedArtificial(
        opset=OPSET,
        weights=_graph(_WEIGHTS, graphs, inputs=(CONSTANTS,), outputs=names),
        responses=_graph(_RESPONSES, graphs, inputs=(IMAGE, *names), outputs=RESPONSES),
        constants=described,
        counts=counts_of(constants),
        tensors=tensors_of(weights),
        layers=layers_of(network, constants, parts, curves),
    )
    text = json.dumps(dump(record), indent=1, ensure_ascii=False) + "\n"
    files = {**graphs, _RECORD: text.encode()}
    paths = {name: write_atomic(Path(out_dir) / name, data) for name, data in files.items()}
    return OnnxExport(
        weights=paths[_WEIGHTS],
        responses=paths[_RESPONSES],
        record=paths[_RECORD],
        contents=record,
        sizes={name: len(data) for name, data in files.items()},
    )


def _graph(
    name: str, graphs: dict[str, bytes], *, inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> ExportedGraph:
    digest = hashlib.sha256(graphs[name]).hexdigest()
    return ExportedGraph(file=name, sha256=digest, inputs=inputs, outputs=outputs)
