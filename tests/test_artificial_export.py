import json
import os
import sys

import numpy as np
import pytest
import torch

from curvecircuits.artificial import (
    Constants,
    Parts,
    artificial_network,
    general_geometry,
    inception_geometry,
)
from curvecircuits.artificial.constants import VARIABLES, with_values
from curvecircuits.artificial.export import export_onnx
from curvecircuits.artificial.export_graph import (
    RESPONSES,
    WeightsOfConstants,
    responses_graph,
)
from curvecircuits.artificial.export_record import ExportedArtificial
from curvecircuits.errors import InputError, UnavailableError
from curvecircuits.store import load

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")

ORIENTATIONS = [3.0, 101.5, 278.0]
OPTIONS = {
    "orientations": ORIENTATIONS,
    "centres": [(0.0, 0.0), (2.5, -4.0), (-1.0, 3.0)],
    "geometry": inception_geometry(),
    "parts": Parts(colour=True, texture=True),  # all that can be switched on
}
SIZES = [(1, 96, 96), (3, 97, 97), (1, 224, 224), (2, 98, 131)]


@pytest.fixture(scope="module")
def runtime():
    # Read when it is first imported; otherwise it leaves an identifier in the user's cache.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    found = pytest.importorskip("onnxruntime")
    found.disable_telemetry_events()
    return found


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return export_onnx(tmp_path_factory.mktemp("onnx") / "new", **OPTIONS)


@pytest.fixture(scope="module")
def written(export, runtime):
    return _session(runtime, export.weights)


def _session(runtime, model):
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    data = model if isinstance(model, bytes) else model.read_bytes()
    return runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def _run(session, inputs):
    arrays = {name: np.asarray(value) for name, value in inputs.items()}
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, arrays), strict=True))


def _constants(seed):
    """The default constants and, by other seeds, each of them up to 20 % off."""
    values = torch.tensor([float(getattr(Constants(), name)) for name in VARIABLES])
    if seed:
        shift = torch.rand(len(values), generator=torch.Generator().manual_seed(seed))
        values = values * (0.8 + 0.4 * shift)
    return values, with_values(Constants(), values.tolist())


def _assert_close(found, wanted):
    assert list(found) == list(wanted)
    for name, tensor in wanted.items():
        value = tensor.numpy()
        assert found[name].dtype == np.float32
        assert found[name].shape == value.shape, name
        largest = np.abs(value).max()
        assert np.abs(found[name] - value).max() <= 1e-5 * largest, name


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_graphs_compute_what_the_network_computes(export, written, runtime, seed):
    values, constants = _constants(seed)
    weights = _run(written, {"constants": values})
    _assert_close(weights, WeightsOfConstants(constants, **OPTIONS).named(values))
    network = artificial_network(constants, **OPTIONS)
    answering = _session(runtime, export.responses)
    _assert_responses(answering, weights, network, seed)


def _discs(n, height, width, scale, generator):
    """The border of a large disc through the middle, and noise, on which no curve answers."""
    normal = torch.deg2rad(torch.tensor(ORIENTATIONS)[:n, None, None])
    y, x = torch.arange(height)[:, None] - height / 2, torch.arange(width) - width / 2
    radius = 60 * scale
    away = torch.hypot(x + radius * torch.cos(normal), y + radius * torch.sin(normal))
    disc = (away < radius)[:, None].float()
    return 0.1 + 0.7 * disc + 0.1 * torch.rand(n, 3, height, width, generator=generator)


def _assert_responses(session, weights, network, seed, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    network.module.double()  # rounds far less than what is tested
    for n, height, width in SIZES:
        images = _discs(n, height, width, scale, generator)
        found = _run(session, {"image": images, **weights})
        _assert_close(found, network.activations(images.double(), layers=RESPONSES))
        assert found["mixed3b_pre_relu"].min() < 0 < found["mixed3b"].max()


@pytest.mark.parametrize(
    ("geometry", "parts"),
    [
        (inception_geometry("inception_v1"), Parts()),
        (general_geometry(stride=16, tile=93.75, centre=7.5), Parts(colour=True)),
    ],
    ids=["tensorflow's padding", "another network's units"],
)
def test_responses_at_any_size_with_any_padding(runtime, geometry, parts):
    values, constants = _constants(3)
    options = OPTIONS | {"geometry": geometry, "parts": parts}
    weights = WeightsOfConstants(constants, **options).named(values)
    without = WeightsOfConstants(constants, **options | {"parts": Parts(contrast=False)})
    assert "contrast.offset" in weights
    assert "contrast.offset" not in without.named(values)
    # Traced with other constants: what depends on them comes in with the weights.
    graph = responses_graph(weights, Constants(), geometry, parts)
    network = artificial_network(constants, **options)
    _assert_responses(_session(runtime, graph), weights, network, 3, geometry.scale)


def test_every_constant_reaches_the_weights(written):
    values, _ = _constants(0)
    before = _run(written, {"constants": values})
    for index, name in enumerate(VARIABLES):
        other = values.clone()
        other[index] = 1.2 * other[index] + 0.01
        after = _run(written, {"constants": other})
        assert any((before[k] != after[k]).any() for k in before), name


def test_record_says_what_the_graphs_take_and_give(export, written, runtime):
    record = load(ExportedArtificial, json.loads(export.record.read_text()))
    assert record == export.contents
    assert tuple(c.name for c in record.constants) == VARIABLES
    assert all(c.value == getattr(Constants(), c.name) for c in record.constants)
    meanings = {c.name: c.meaning for c in record.constants}
    assert meanings["gabor_width"] == "Standard deviation of the Gabors' envelope."
    sessions = {"weights": written, "responses": _session(runtime, export.responses)}
    for kind, session in sessions.items():
        graph, path = getattr(record, kind), getattr(export, kind)
        assert graph.file == path.name
        assert graph.inputs == tuple(i.name for i in session.get_inputs())
        assert graph.outputs == tuple(o.name for o in session.get_outputs())
        assert export.sizes[graph.file] == path.stat().st_size < 200_000
    assert {t.name: list(t.shape) for t in record.tensors} == {
        output.name: output.shape for output in written.get_outputs()
    }
    assert len(list(export.record.parent.iterdir())) == 3


def test_record_says_which_unit_is_what(export):
    record = export.contents
    units = {tensor.name: tensor.shape[0] for tensor in record.tensors}
    for layer in record.layers:
        said = sum(len(family.orientations) for family in layer.families)
        assert said == units[f"{layer.name}.bias"]
    (curves,) = record.layers[-1].families
    assert (record.layers[-1].alias, curves.family, curves.period) == ("3b", "curve", 360)
    assert curves.orientations == pytest.approx(ORIENTATIONS)
    assert (record.layers[-1].stride, record.layers[-1].centre) == (8, 6)
    degrees = [f for f in record.layers[3].families if f.family == "early curve"]
    step = 360 / record.counts["curve_orientations"]
    assert degrees[0].orientations[:3] == pytest.approx((0, step, 2 * step))


def test_graphs_are_plain(export):
    """No paths of this machine, no operations beyond the standard ones, no double precision."""
    for path in (export.weights, export.responses):
        data = path.read_bytes()
        assert b"site-packages" not in data
        assert b"curvecircuits" not in data
        model = onnx.load(path)
        assert [(o.domain, o.version) for o in model.opset_import] == [("", 18)]
        assert not model.functions
        kinds = {onnx.TensorProto.DataType.Name(t.data_type) for t in model.graph.initializer}
        assert kinds <= {"FLOAT", "INT64"}
        casts = {node.op_type for node in model.graph.node} & {"Cast", "If", "Loop", "Scan"}
        assert not casts


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_a_missing_package_is_said(tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UnavailableError, match=r"curvecircuits\[onnx\]"):
        export_onnx(tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_the_network_refuses_is_refused(tmp_path):
    with pytest.raises(InputError, match="at least one orientation"):
        export_onnx(tmp_path / "none", orientations=[])
    assert not (tmp_path / "none").exists()
