import os
import pickle
import re
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
import weightfiles as wf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from torch import Tensor

from curvecircuits.errors import WeightsError
from curvecircuits.models.readers import read_weights, sha1_of, sha256_of, tensors_hash
from curvecircuits.models.readers.containers import opened_zip, read_member
from curvecircuits.models.readers.problems import UnreadableError
from curvecircuits.models.readers.wire import parse

SHARED = Path(__file__).parents[2] / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference folder at {SHARED}")
often = settings(
    derandomize=True,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def layers() -> dict[str, tuple[tuple[str, int], list[Tensor]]]:
    random = torch.Generator().manual_seed(0)
    return {
        "conv1/3x3_s2": (
            wf.CONVOLUTION,
            [torch.randn(2, 3, 3, 3, generator=random), torch.randn(2, generator=random)],
        ),
        "mix/1x1": (
            wf.CONVOLUTION,
            [torch.randn(1, 2, 1, 1, generator=random), torch.randn(1, generator=random)],
        ),
        "classifier": (
            wf.INNER_PRODUCT,
            [torch.randn(4, 2, generator=random), torch.randn(4, generator=random)],
        ),
    }


def named(network) -> dict[str, Tensor]:
    return {
        f"{layer.replace('/', '_')}.{role}": value
        for layer, (_, blobs) in network.items()
        for role, value in zip(("weight", "bias"), blobs, strict=True)
    }


def every_format(network) -> dict[str, bytes]:
    weights = named(network)
    graph = wf.tensorflow_bytes(weights)
    return {
        "w.safetensors": wf.safetensors_bytes(weights),
        "w.pb": graph,
        "w_typed.pb": wf.tensorflow_bytes(weights, typed=True),
        "w.pb.gz": wf.gz_bytes(graph),
        "w.zip": wf.zip_bytes({"LICENSE": b"free", "graph.pb": graph, "labels.txt": b"cat"}),
        "w_v1.caffemodel": wf.caffe_bytes(network, v1=True),
        "w_v2.caffemodel": wf.caffe_bytes(network, v1=False),
        "w.pth": wf.torch_bytes(OrderedDict(weights)),
        "w_stream.pth": wf.torch_bytes(OrderedDict(weights), stream=True),
    }


FILES = every_format(layers())
UNCHECKED = {"w.pb", "w_typed.pb", "w_v1.caffemodel", "w_v2.caffemodel"}  # bare protobuf


def refusal(path: Path, **options) -> str:
    """The message a file is refused with, once it is one sentence about that file."""
    with pytest.raises(WeightsError) as caught:
        read_weights(path, **options)
    message = str(caught.value)
    assert message.startswith(str(path))
    rest = message.removeprefix(str(path))
    assert rest.endswith(".")
    assert "\n" not in rest
    assert not re.search(r"[.!?] [A-Z]", rest)
    assert "valid" in rest
    cause = caught.value.__cause__
    assert "TypeCheck" not in type(cause).__name__, cause  # a fault of ours, not the file's
    return rest


def same(found, expected) -> bool:
    return found.keys() == expected.keys() and all(
        torch.equal(found[name], expected[name]) for name in expected
    )


# What is valid ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_weights(tmp_path, name):
    path = wf.written(tmp_path, name, FILES[name])
    file = read_weights(path)
    assert same(file.tensors, named(layers()))
    assert tensors_hash(file.tensors) == tensors_hash(named(layers()))
    assert file.path == path
    assert file.sha256 == sha256_of(path)
    assert all(t.is_contiguous() and t.dtype == torch.float32 for t in file.tensors.values())
    expected = {".safetensors": "safetensors", ".caffemodel": "caffe", ".pth": "torch"}
    assert file.format == expected.get(path.suffix, "tensorflow")


sizes = st.integers(1, 4)
layer_names = st.text("abc/_0", min_size=1, max_size=6)
finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


@st.composite
def networks(draw):
    network = {}
    for name in draw(
        st.lists(layer_names, min_size=1, max_size=3, unique_by=lambda n: n.replace("/", "_"))
    ):
        convolution = draw(st.booleans())
        shape = draw(
            st.tuples(sizes, sizes, sizes, sizes) if convolution else st.tuples(sizes, sizes)
        )
        value = draw(finite)
        weight = torch.full(shape, value).index_fill_(0, torch.tensor([0]), draw(finite))
        kind = wf.CONVOLUTION if convolution else wf.INNER_PRODUCT
        network[name] = (kind, [weight, torch.full(shape[:1], draw(finite))])
    return network


@often
@given(network=networks())
def test_round_trip_through_all_formats(tmp_path, network):
    for name, data in every_format(network).items():
        file = read_weights(wf.written(tmp_path, name, data))
        assert same(file.tensors, named(network))
        assert tensors_hash(file.tensors) == tensors_hash(named(network))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("kind", ["safetensors", "torch", "stream", "tensorflow", "typed"])
def test_other_precisions_become_float32(tmp_path, dtype, kind):
    weights = {"w": torch.tensor([[0.5, -1.25], [3.0, 0.0]], dtype=dtype)}
    data = {
        "safetensors": lambda: wf.safetensors_bytes(weights),
        "torch": lambda: wf.torch_bytes(weights),
        "stream": lambda: wf.torch_bytes(weights, stream=True),
        "tensorflow": lambda: wf.tensorflow_bytes(weights),
        "typed": lambda: wf.tensorflow_bytes(weights, typed=True),
    }[kind]()
    found = read_weights(wf.written(tmp_path, "w", data)).tensors
    assert same(found, {"w": weights["w"].float()})


def test_caffe_double_precision_and_further_blobs(tmp_path):
    network = {"bn": (("BatchNorm", 0), [torch.ones(2), torch.zeros(2), torch.tensor([3.0])])}
    path = wf.written(tmp_path, "w", wf.caffe_bytes(network, v1=False, double=True))
    found = read_weights(path).tensors
    assert {name: tuple(t.shape) for name, t in found.items()} == {
        "bn.weight": (2,),
        "bn.bias": (2,),
        "bn.blob2": (1,),
    }


@pytest.mark.parametrize("stream", [False, True])
def test_torch_checkpoints_and_their_counters(tmp_path, stream):
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    checkpoint = {"epoch": 3, "lr": 0.5, "arch": "tiny", "state_dict": model.state_dict()}
    path = wf.written(tmp_path, "w.pth", wf.torch_bytes(checkpoint, stream=stream))
    found = read_weights(path).tensors
    assert same(found, model.state_dict())
    assert found["1.num_batches_tracked"].dtype == torch.int64


@pytest.mark.parametrize("stream", [False, True])
def test_torch_views_shared_storages_and_parameters(tmp_path, stream):
    base = torch.arange(12.0).reshape(3, 4)
    weights = {
        "a": base,
        "b": base.T,
        "c": base[1:, 2:],
        "empty": torch.zeros(0, 3),
        "one": torch.tensor(2.0),
        "p": torch.nn.Parameter(base * 2),
    }
    path = wf.written(tmp_path, "w.pth", wf.torch_bytes(weights, stream=stream))
    found = read_weights(path).tensors
    assert same(found, {name: w.detach() for name, w in weights.items()})
    assert not any(t.requires_grad for t in found.values())


def test_tensorflow_single_value_fills_a_tensor(tmp_path):
    value = wf.tensor_proto(torch.tensor([2.5]), typed=True, shape=[2, 3])
    data = wf.node("b", "Const", value=value)
    assert same(
        read_weights(wf.written(tmp_path, "w", data)).tensors, {"b": torch.full((2, 3), 2.5)}
    )


def test_member_of_a_zip_by_name(tmp_path):
    weights = named(layers())
    other = {"x": torch.ones(1)}
    members = {"a.pb": wf.tensorflow_bytes(weights), "b.pth": wf.torch_bytes(other)}
    path = wf.written(tmp_path, "w.zip", wf.zip_bytes(members))
    assert same(read_weights(path, member="a.pb").tensors, weights)
    assert same(read_weights(path, member="b.pth").tensors, other)
    assert "2 weight files" in refusal(path)
    assert "without the member" in refusal(path, member="c.pb")


@pytest.mark.shared
@needs_shared
def test_the_published_graph_and_network():
    graph = read_weights(SHARED / "reference" / "tf-inception5h-random.pb.gz")
    assert graph.format == "tensorflow"
    assert graph.tensors["conv2d0_w"].shape == (7, 7, 3, 64)
    assert graph.tensors["softmax2_w"].shape == (1024, 1008)
    assert graph.tensors["conv2d0_w"].abs().sum() > 0
    path = SHARED / "weights" / "bvlc_googlenet.safetensors"
    bvlc = read_weights(path).tensors
    with safe_open(path, "pt") as reference:
        assert set(bvlc) == set(reference.keys())
        assert torch.equal(
            bvlc["inception_3b_5x5.weight"], reference.get_tensor("inception_3b_5x5.weight")
        )


# What is damaged ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
@often
@given(data=st.data())
def test_no_truncation_is_read_as_whole(tmp_path, name, data):
    whole = FILES[name]
    path = wf.written(tmp_path, name, whole[: data.draw(st.integers(0, len(whole) - 1))])
    if name not in UNCHECKED:
        refusal(path)
        return
    # Protobuf has no end mark: between two nodes a cut shows only in the names.
    try:
        found = read_weights(path).tensors
    except WeightsError:
        refusal(path)
    else:
        expected = named(layers())
        cut = set(expected) - set(found)
        assert same(found, {name: expected[name] for name in expected if name not in cut})
        assert cut or len(whole) - path.stat().st_size < 400


@pytest.mark.parametrize("name", FILES)
@often
@given(data=st.data())
def test_no_flipped_byte_gets_past_as_anything_but_weights(tmp_path, name, data):
    flipped = bytearray(FILES[name])
    flipped[data.draw(st.integers(0, len(flipped) - 1))] ^= data.draw(st.integers(1, 255))
    path = wf.written(tmp_path, name, bytes(flipped))
    try:
        found = read_weights(path).tensors
    except WeightsError:
        refusal(path)
        return
    floating = [t for t in found.values() if t.is_floating_point()]
    assert all(t.dtype == torch.float32 and t.isfinite().all() for t in floating)
    expected = named(layers())
    if found.keys() == expected.keys() and name in {"w.pb.gz", "w.zip"}:
        assert same(found, expected)  # a checksum covers the values
    assert sum(t.numel() for t in found.values()) <= 16 << 20


@often
@given(data=st.binary(max_size=300))
def test_arbitrary_bytes(tmp_path, data):
    for start in (
        b"",
        b"\x0a",
        b"\xa2\x06",
        b"\x80\x02",
        b"PK\x03\x04",
        b"\x1f\x8b",
        FILES["w.pb"][:20],
    ):
        refusal(wf.written(tmp_path, "w.bin", start + data))


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "no weight file"),
        (b"<!DOCTYPE html><title>404</title>", "no weight file"),
        (b"just some text, longer than a header\n", "no weight file"),
        (b"PK\x05\x06" + bytes(18), "0 weight files"),
        (b'\xff\xff\xff\x03\0\0\0\0{"a":1}', "cut short"),
        (wf.safetensors_bytes({}), "holds no weights"),
        (wf.safetensors_bytes({"n": torch.tensor([1])}), "holds no weights"),
        (wf.safetensors_bytes({"c": torch.ones(2, dtype=torch.complex64)}), "complex64"),
        (wf.torch_bytes({}), "holds no weights"),
        (wf.torch_bytes(torch.ones(2)), "holds a Tensor"),
        (wf.torch_bytes([torch.ones(2)]), "holds a list"),
        (wf.torch_bytes({"w": torch.ones(2), "note": "hello"}), "'note', a str"),
        (wf.torch_bytes({3: torch.ones(2)}), "holds 3, a Tensor"),
        (wf.torch_bytes({"w": torch.ones(2, dtype=torch.complex64)}), "asks to run code"),
        (pickle.dumps(42, protocol=2), "torch.save did not write"),
        (wf.node("w", "Const"), "has no value"),
        (wf.node("w", ""), "lacks name or op"),
        (wf.node("y", "Relu", inputs=["x:0"]), "'x:0', which is not there"),
        (wf.node("w", "Const", value=wf.tensor_proto(torch.ones(2))) * 2, "two tensors named 'w'"),
        (wf.caffe_bytes({"": (wf.INNER_PRODUCT, [torch.ones(1, 1)])}, v1=False), "has no name"),
        (wf.block(1, "net") + wf.block(100, wf.block(1, "l")), "holds no weights"),
        (
            wf.block(1, "net")
            + wf.block(100, wf.block(1, "l") + wf.block(7, wf.block(5, bytes(4)))),
            "declares no shape",
        ),
    ],
)
def test_what_is_no_weight_file_is_refused(tmp_path, data, wrong):
    assert wrong in refusal(wf.written(tmp_path, "w.bin", data))


def test_missing_directory_vast_pipe_and_forbidden(tmp_path, monkeypatch):
    assert "does not exist" in refusal(tmp_path / "absent.pb")
    assert "is a directory" in refusal(tmp_path)
    with (tmp_path / "vast.pb").open("wb") as file:
        file.truncate(3 << 30)  # takes no room on disk
    assert "3221225472 bytes" in refusal(tmp_path / "vast.pb")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert "no regular file" in refusal(tmp_path / "pipe")
    path = wf.written(tmp_path, "w.pb", FILES["w.pb"])

    def forbid(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbid)
    assert "Permission denied" in refusal(path)
    assert "cannot be opened" in refusal(tmp_path / "nul\0byte")


# What is hostile ----------------------------------------------------------------------------------


class Hostile:
    def __init__(self, flag: Path):
        self.flag = flag

    def __reduce__(self):
        return os.mkdir, (str(self.flag),)


@pytest.mark.parametrize("protocol", range(6))
def test_a_bare_pickle_runs_nothing(tmp_path, protocol):
    flag = tmp_path / "ran"
    path = wf.written(tmp_path, "w.pth", pickle.dumps({"w": Hostile(flag)}, protocol=protocol))
    message = refusal(path)
    assert not flag.exists()
    if protocol >= 2:  # older protocols have no mark of their own
        assert "asks to run code" in message
        assert "mkdir" in message


@pytest.mark.parametrize("stream", [False, True])
def test_a_torch_file_runs_nothing(tmp_path, stream):
    flag = tmp_path / "ran"
    data = wf.torch_bytes({"w": torch.ones(2), "x": Hostile(flag)}, stream=stream)
    assert "asks to run code" in refusal(wf.written(tmp_path, "w.pth", data))
    assert not flag.exists()


@pytest.mark.parametrize("stream", [False, True])
def test_a_whole_module_is_refused_as_code(tmp_path, stream):
    data = wf.torch_bytes(torch.nn.Linear(2, 2), stream=stream)
    message = refusal(wf.written(tmp_path, "w.pth", data))
    assert "asks to run code" in message
    assert "state dict" in message


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    """A torch zip with its pickle changed, and checksums to match."""
    members = wf.zip_members(data)
    name = next(name for name in members if name.endswith("data.pkl"))
    assert old in members[name]
    members[name] = members[name].replace(old, new)
    return wf.zip_bytes(members, method=zipfile.ZIP_STORED)


def test_a_tensor_larger_than_its_storage(tmp_path):
    data = wf.torch_bytes({"w": torch.ones(5)})
    huge = patched(data, b"K\x05\x85", b"J\xff\xff\xff\x7f\x85")
    assert "elements" in refusal(wf.written(tmp_path, "w.pth", huge))
    repeated = patched(data, b"K\x01\x85", b"K\x00\x85")  # stride 0 alone reads inside the storage
    assert read_weights(wf.written(tmp_path, "w.pth", repeated)).tensors["w"].tolist() == [1] * 5


def test_a_storage_larger_than_its_record(tmp_path):
    data = wf.torch_bytes({"w": torch.ones(5)})
    message = refusal(wf.written(tmp_path, "w.pth", patched(data, b"K\x05t", b"K\xfft")))
    assert "declares 1020 bytes for its storage '0' and holds 20" in message


def test_a_torch_zip_with_a_changed_value_or_two_of_a_name(tmp_path):
    data = wf.torch_bytes({"w": torch.tensor([1.0, 2.0, 3.0])})
    values = struct.pack("<3f", 1, 2, 3)
    flipped = data.replace(values, struct.pack("<3f", 1, 2, 4))
    assert "damaged" in refusal(wf.written(tmp_path, "w.pth", flipped))
    members = wf.zip_members(data)
    name = next(name for name in members if name.endswith("data/0"))
    twice = wf.zip_bytes(members | {name.replace("data", "DATA"): b""})
    assert "two members of one name" in refusal(wf.written(tmp_path, "w.pth", twice))


def test_tensors_declared_without_end(tmp_path):
    for proto in (
        wf.tensor_proto(torch.ones(4), shape=[10**6, 10**6]),
        wf.tensor_proto(torch.ones(1), typed=True, shape=[10**6, 10**6]),
        wf.tensor_proto(torch.ones(4), shape=[-1]),
        wf.tensor_proto(torch.ones(0), shape=[4]),
    ):
        message = refusal(wf.written(tmp_path, "w.pb", wf.node("big", "Const", value=proto)))
        assert "declares" in message
        assert "big" in message
    blob = wf.block(7, wf.block(1, wf.varint(10**12))) + wf.block(5, bytes(8))
    layer = wf.block(1, "l") + wf.block(2, "Convolution") + wf.block(7, blob)
    data = wf.block(1, "net") + wf.block(100, layer)
    assert "declares 4000000000000 bytes" in refusal(wf.written(tmp_path, "w.caffemodel", data))


def test_more_fields_than_any_network_has(tmp_path):
    schema = {"Net": {"layer": (1, "*Layer")}, "Layer": {"name": (1, "string")}}
    assert len(parse(b"\x0a\x00" * 1000, schema=schema, root="Net", limit=1000).layer) == 1000
    with pytest.raises(UnreadableError, match="over 1000 fields"):
        parse(b"\x0a\x00" * 1001, schema=schema, root="Net", limit=1000)
    packed = wf.block(1, wf.block(5, wf.block(2, wf.block(8, wf.block(13, bytes(1_100_000))))))
    assert "fields" in refusal(wf.written(tmp_path, "w.pb", wf.node("w", "NoOp") + packed))


def test_decompression_stops_at_the_limit(tmp_path):
    bomb = wf.gz_bytes(bytes(64 << 20)) * 9
    assert "decompresses to more than the limit" in refusal(wf.written(tmp_path, "w.pb.gz", bomb))
    path = wf.written(tmp_path, "w.zip", wf.zip_bytes({"a.pb": bytes(1000)}))
    with path.open("rb") as file, opened_zip(file) as archive:
        assert len(read_member(archive, "a.pb", limit=1000)) == 1000
        with pytest.raises(UnreadableError, match="limit"):
            read_member(archive, "a.pb", limit=999)


def test_a_zip_in_a_rare_compression(tmp_path):
    data = wf.zip_bytes({"a.pb": FILES["w.pb"]}, method=zipfile.ZIP_LZMA)
    assert "rare compression" in refusal(wf.written(tmp_path, "w.zip", data))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_values_that_are_not_finite_are_named(tmp_path, bad):
    network = layers()
    network["mix/1x1"][1][0][0, 1] = bad
    for name, data in every_format(network).items():
        message = refusal(wf.written(tmp_path, name, data))
        assert "NaN or infinite values in 'mix_1x1.weight'" in message


def test_float64_beyond_float32(tmp_path):
    data = wf.safetensors_bytes({"w": torch.tensor([1e300], dtype=torch.float64)})
    assert "infinite" in refusal(wf.written(tmp_path, "w.safetensors", data))


# Hashes -------------------------------------------------------------------------------------------


def test_tensors_hash_tells_names_shapes_and_values_apart():
    one = torch.arange(4.0)
    base = tensors_hash({"a": one, "b": one})
    assert base == tensors_hash({"b": one, "a": one})
    assert base == tensors_hash({"b": one.half(), "a": one.double(), "n": torch.tensor(1)})
    assert base == "28290d4f38acb736b2d2cc13f0d71dbdd500595cca609c26d815426aa509eebb"
    different = [
        {"a": one},
        {"ab": one, "": one},
        {"a": one, "c": one},
        {"a": one.reshape(2, 2), "b": one},
        {"a": one, "b": -one},
        {"a": torch.cat([one, one]), "b": torch.zeros(0)},
    ]
    hashes = {tensors_hash(weights) for weights in different}
    assert len(hashes | {base}) == len(different) + 1


def test_tensors_hash_reads_through_strides():
    matrix = torch.arange(6.0).reshape(2, 3)
    assert tensors_hash({"w": matrix.T}) == tensors_hash({"w": matrix.T.contiguous()})


def test_file_hashes(tmp_path):
    path = wf.written(tmp_path, "abc", b"abc")
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha1_of(str(path)) == "a9993e364706816aba3e25717850c26c9cd0d89d"
