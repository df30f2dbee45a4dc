"""Weights from a file of unknown origin, in whichever format it turns out to be."""

import stat
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torch import Tensor

from curvecircuits.errors import WeightsError
from curvecircuits.models.readers.caffe_file import looks_like_caffe, read_caffe
from curvecircuits.models.readers.containers import FILE_LIMIT, unpacked
from curvecircuits.models.readers.hashing import stream_digest
from curvecircuits.models.readers.problems import ANY_FORMAT, UnreadableError
from curvecircuits.models.readers.safetensors_file import looks_like_safetensors, read_safetensors
from curvecircuits.models.readers.tensorflow_file import looks_like_tensorflow, read_tensorflow
from curvecircuits.models.readers.tensors import checked
from curvecircuits.models.readers.torch_file import looks_like_torch, read_torch

Format = Literal["safetensors", "tensorflow", "caffe", "torch"]


@dataclass(frozen=True, kw_only=True)
class WeightFile:
    """Weights as read from a file, complete and finite, not yet known to fit any network.

    Parameters
    ----------
    path : Path
        Where they were read.
    format : {"safetensors", "tensorflow", "caffe", "torch"}
        The format found in the bytes, whatever the file is called.
    sha256 : str
        Of the file's bytes as on disk, still compressed if they were.
    tensors : Mapping of str to Tensor
        By the names in the file, in its layouts: floating ones as contiguous float32,
        whole-number ones as they were.

    """

    path: Path
    format: Format
    sha256: str
    tensors: Mapping[str, Tensor]


@dataclass(frozen=True)
class _Reader:
    format: Format
    label: str
    fits: Callable[[bytes], bool]
    read: Callable[[bytes], Mapping[str, Tensor]]


# The order matters: a graph also begins with a byte that may begin a Caffe network, and the length
# at the start of a safetensors file may be any bytes.
_READERS = (
    _Reader("safetensors", "safetensors file", looks_like_safetensors, read_safetensors),
    _Reader("torch", "torch file", looks_like_torch, read_torch),
    _Reader("tensorflow", "TensorFlow graph", looks_like_tensorflow, read_tensorflow),
    _Reader("caffe", "Caffe network", looks_like_caffe, read_caffe),
)


def read_weights(path: str | Path, *, member: str | None = None) -> WeightFile:
    """Read the weights in a file, trusting nothing in it.

    The format is found in the bytes, so a misnamed file still reads. A `.gz` or `.zip` is
    decompressed in memory, up to 512 MiB, and only the one member that holds the weights.

    Parameters
    ----------
    path : str or Path
        A safetensors file, a frozen TensorFlow graph, a `.caffemodel` or a torch state dict.
    member : str, optional
        Which member of a zip to read, where it holds more than one weight file; ignored for files
        that are no zip.

    Returns
    -------
    WeightFile
        Everything in the file.

    Raises
    ------
    WeightsError
        If the file cannot be opened, is damaged or cut short, is not a weight file, declares more
        than it holds, asks to run code, or holds a value that is NaN or infinite.

    Examples
    --------
    >>> file = read_weights("inception5h.zip")  # doctest: +SKIP
    >>> file.format, tuple(file.tensors["conv2d0_w"].shape)  # doctest: +SKIP
    ('tensorflow', (7, 7, 3, 64))

    """
    path = Path(path)
    sha256, data = _opened(path, member)
    reader = next((reader for reader in _READERS if reader.fits(data)), None)
    if reader is None:
        raise WeightsError(f"{path} is no weight file of a known format; {ANY_FORMAT}.")
    try:
        # What the libraries would warn of is either checked before or an error here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tensors = checked(reader.read(data))
    except UnreadableError as problem:
        raise WeightsError(f"{path} {problem.wrong}; {problem.valid}.") from problem
    except Exception as error:  # a parser given hostile bytes may fail in any way
        raise WeightsError(
            f"{path} begins as a {reader.label} but cannot be read as one, most likely because it "
            "is damaged; a complete file is valid."
        ) from error
    return WeightFile(path=path, format=reader.format, sha256=sha256, tensors=tensors)


def _opened(path: Path, member: str | None) -> tuple[str, bytes]:
    """Read the SHA-256 of a file and the bytes of the weights in it."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise UnreadableError("is a directory")
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableError("is no regular file")
        if status.st_size == 0:
            raise UnreadableError("is empty")
        if status.st_size > FILE_LIMIT:
            raise UnreadableError(
                f"has {status.st_size} bytes", valid=f"up to {FILE_LIMIT} are valid"
            )
        with path.open("rb") as file:
            sha256 = stream_digest(file, "sha256")
            file.seek(0)
            return sha256, unpacked(file, member=member)
    except UnreadableError as problem:
        raise WeightsError(f"{path} {problem.wrong}; {problem.valid}.") from problem
    except FileNotFoundError as error:
        raise WeightsError(f"{path} does not exist; {ANY_FORMAT}.") from error
    except (OSError, ValueError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise WeightsError(f"{path} cannot be opened ({reason}); {ANY_FORMAT}.") from error
