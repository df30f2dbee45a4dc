"""Finding a known weight file: given, installed, cached, or downloaded and verified."""

import logging
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pooch
import requests
from tqdm import tqdm

from curvecircuits.catalog.artefacts import Artefact, verify
from curvecircuits.errors import UnavailableError

_CHUNK = 1 << 14  # what is lost at most when a connection breaks
_TRIES = 10
_TIMEOUT = (10, 30)  # seconds to connect, and between two reads
_SIZE_LIMIT = 512 << 20  # of an artefact whose size is not known


def cache_dir() -> Path:
    """Return the folder of downloads: `$CURVECIRCUITS_CACHE`, or the platform's cache folder."""
    given = os.environ.get("CURVECIRCUITS_CACHE")
    return Path(given) if given else Path(pooch.os_cache("curvecircuits"))


def find_weights(
    artefact: Artefact, *, weights: str | Path | None = None, progress: bool = True
) -> Path:
    """Find the file of an artefact, and download it if it is nowhere.

    In this order: the path given, the folder `$CURVECIRCUITS_WEIGHTS`, the installed package that
    holds it, the cache, its published address. Files of the first two are the user's own and are
    not compared with the known hashes; the others are.

    Parameters
    ----------
    artefact : Artefact
        What to find.
    weights : str or Path, optional
        A file of any name, or a folder that holds the artefact under one of its names.
    progress : bool
        Whether a download shows a bar on stderr.

    Returns
    -------
    Path
        An existing file.

    Raises
    ------
    UnavailableError
        If what was given does not exist, or the file is nowhere and cannot be downloaded.

    """
    if weights is not None:
        return _given(artefact, Path(weights))
    if folder := os.environ.get("CURVECIRCUITS_WEIGHTS"):
        if not Path(folder).is_dir():
            raise UnavailableError(
                f"$CURVECIRCUITS_WEIGHTS is {folder}, which is no folder; a folder with "
                f"{' or '.join(artefact.files)} is valid."
            )
        if found := _inside(artefact, Path(folder)):
            return found
    if artefact.package and find_spec(artefact.package):
        return locate(artefact)
    cached = _inside(artefact, cache_dir())
    if cached and verify(artefact, cached):
        return cached
    if artefact.url is None:
        return locate(artefact)
    return fetch(artefact, cache=cache_dir(), progress=progress)


def locate(artefact: Artefact) -> Path:
    """Find the file of an artefact in the installed package that holds it.

    The package is not imported: it is code nobody here has read.

    Parameters
    ----------
    artefact : Artefact
        One with a package.

    Returns
    -------
    Path
        The file, verified.

    Raises
    ------
    UnavailableError
        If the package is not installed, or holds another file.

    """
    spec = find_spec(artefact.package) if artefact.package else None
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / (artefact.package_path or artefact.file)
        if path.is_file() and verify(artefact, path):
            return path
    state = "installed without the file that is known" if spec else "not installed"
    raise UnavailableError(
        f"{artefact.file} of the package {artefact.package} {artefact.version} is {state}; run "
        f"{artefact.install}, or set $CURVECIRCUITS_WEIGHTS to a folder with the file "
        f"({artefact.hash_words})."
    )


def fetch(artefact: Artefact, *, cache: Path, progress: bool = True) -> Path:
    """Download an artefact into a folder, unless it is there.

    What arrives goes into a `.part` file, from which a broken download resumes; only a file with
    the known hash gets the artefact's name.

    Parameters
    ----------
    artefact : Artefact
        One with an address.
    cache : Path
        The folder, made if need be.
    progress : bool
        Whether to show a bar on stderr.

    Returns
    -------
    Path
        The file, verified.

    Raises
    ------
    UnavailableError
        If it cannot be downloaded, or what arrives is another file; the message says how to fetch
        it by hand.

    """
    target = cache / artefact.file
    if target.is_file() and verify(artefact, target):
        return target
    if artefact.url is None:
        raise _by_hand(artefact, cache, "has no published address")
    known = f"sha256:{artefact.sha256}" if artefact.sha256 else f"sha1:{artefact.sha1}"
    download = _Download(
        cache / f"{artefact.file}.part", limit=artefact.size or _SIZE_LIMIT, progress=progress
    )
    # What pooch documents as a downloader has other argument names than what it declares as one.
    downloader: Any = download
    try:
        with _quiet_pooch():
            return Path(
                pooch.retrieve(
                    artefact.url, known, fname=artefact.file, path=cache, downloader=downloader
                )
            )
    except requests.HTTPError as error:
        raise _by_hand(artefact, cache, f"is not served: HTTP {_status(error)}") from error
    except requests.RequestException as error:
        kept = f", {download.kept} bytes are kept for the next try" if download.kept else ""
        raise _by_hand(artefact, cache, f"cannot be reached{kept}") from error
    except _TooLargeError as error:
        raise _by_hand(artefact, cache, "is served as a larger file than known") from error
    except OSError as error:
        reason = f"cannot be written ({error.strerror or type(error).__name__})"
        raise _by_hand(artefact, cache, reason) from error
    except ValueError as error:
        if download.resumed:
            # The bytes gone on from may have been another file's; they are no longer there.
            return fetch(artefact, cache=cache, progress=progress)
        raise _by_hand(artefact, cache, "was served with another hash and is discarded") from error


class _TooLargeError(Exception):
    """More bytes than the file can have."""


@dataclass
class _Download:
    """A downloader for pooch that goes on from the bytes a broken attempt left behind.

    Pooch gets a copy, under a name of its own, to verify and rename: another process may still
    write to the `.part`.
    """

    part: Path
    limit: int
    progress: bool
    resumed: bool = False

    def __call__(self, url: str, output_file: str, _pooch: object) -> None:
        self.resumed = self.kept > 0
        for _ in range(_TRIES):
            before = self.kept
            try:
                if self._request(url):
                    break
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                if self.kept <= before:
                    raise
        else:
            raise requests.ConnectionError("broken too often")
        shutil.copyfile(self.part, output_file)
        # Right or wrong, it is whole: a wrong one must not be gone on from.
        self.part.unlink()

    @property
    def kept(self) -> int:
        """Bytes of the partial file."""
        return self.part.stat().st_size if self.part.exists() else 0

    def _request(self, url: str) -> bool:
        """Ask for what is missing; say whether the file is whole."""
        kept = self.kept
        headers = {"Accept-Encoding": "identity"}
        if kept:
            headers["Range"] = f"bytes={kept}-"
        with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
            covered = response.headers.get("Content-Range", "")
            if response.status_code == requests.codes.requested_range_not_satisfiable and kept:
                if covered == f"bytes */{kept}":
                    return True
                self.part.unlink()
                return False
            response.raise_for_status()
            resumed = kept > 0 and response.status_code == requests.codes.partial_content
            if resumed and not covered.startswith(f"bytes {kept}-"):
                self.part.unlink()
                return False
            self._store(response, start=kept if resumed else 0)
        return True

    def _store(self, response: requests.Response, *, start: int) -> None:
        header = response.headers.get("Content-Length", "")
        length = int(header) if header.isdecimal() else 0
        bar = tqdm(
            total=start + length if length else None,
            initial=start,
            desc=self.part.stem,
            unit="B",
            unit_scale=True,
            disable=not self.progress,
        )
        size = start
        with self.part.open("ab" if start else "wb") as file, bar:
            for chunk in response.iter_content(_CHUNK):
                size += len(chunk)
                if size > self.limit:
                    break
                file.write(chunk)
                bar.update(len(chunk))
        if size > self.limit:
            self.part.unlink()
            raise _TooLargeError


def _given(artefact: Artefact, path: Path) -> Path:
    found = _inside(artefact, path) if path.is_dir() else path if path.exists() else None
    if found is None:
        raise UnavailableError(
            f"{path} does not exist or is a folder without weights of {artefact.key}; a weight "
            f"file, or a folder with {' or '.join(artefact.files)}, is valid."
        )
    return found


def _inside(artefact: Artefact, folder: Path) -> Path | None:
    return next((folder / file for file in artefact.files if (folder / file).is_file()), None)


def _by_hand(artefact: Artefact, cache: Path, wrong: str) -> UnavailableError:
    return UnavailableError(
        f"{artefact.file} {wrong}; fetch {artefact.url} by hand, check that it has "
        f"{artefact.hash_words}, and put it into {cache}."
    )


def _status(error: requests.HTTPError) -> object:
    return error.response.status_code if error.response is not None else "error"


@contextmanager
def _quiet_pooch() -> Generator[None]:
    # Its news are the bar's; what goes wrong is an exception.
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
