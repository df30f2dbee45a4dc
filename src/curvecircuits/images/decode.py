"""From the bytes of an image file to RGB, or one short reason why that cannot be done."""

import io
import logging
import os
import re
import threading
import warnings
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

SUFFIXES = frozenset(
    f".{kind}"
    for kind in (
        *("jpeg", "jpg", "jfif", "png", "webp", "bmp", "gif", "tif", "tiff"),
        *("ppm", "pgm", "pbm", "pnm", "jp2", "avif"),
    )
)
"""How the name of an image file ends; its content decides what it is."""

_LEAST = 2  # pixels on a side
_LONGEST = 50  # times the shorter side
_MOST_BYTES = 1 << 30
# Raster formats only: Pillow hands others, such as EPS, to programs outside.
_FORMATS = (
    "JPEG",
    "MPO",
    "PNG",
    "WEBP",
    "GIF",
    "BMP",
    "DIB",
    "TIFF",
    "PPM",
    "JPEG2000",
    "AVIF",
    "ICO",
)
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM", *_TIFF)
_SCAN, _END = b"\xff\xda", b"\xff\xd9"  # of a JPEG's data
_stderr_lock = threading.Lock()


class UndecodableError(Exception):
    """Bytes that are no usable image; the message is the reason, a phrase without a full stop."""


def decode(data: bytes) -> Image.Image:
    """Decode an image to 8-bit RGB.

    Of several frames the first is taken. Grey, palette, CMYK and 16-bit images are converted; what
    is transparent is laid on white. Orientation tags and colour profiles are not followed, as in
    the evaluation of the published networks. What decoders warn of is not shown.

    Parameters
    ----------
    data
        The whole file; its format is recognised from the content.

    Returns
    -------
    Image.Image
        In mode RGB, at the size of the file.

    Raises
    ------
    UndecodableError
        If the bytes are no image, are cut short or damaged, hold more than
        `PIL.Image.MAX_IMAGE_PIXELS` pixels, fewer than 2 on a side, or are more than 50 times as
        long as wide.

    Examples
    --------
    >>> try:
    ...     decode(b"")
    ... except UndecodableError as error:
    ...     print(error)
    the file is empty

    """
    check_bytes(len(data))
    try:
        with (
            _silent_stderr() if data.startswith(_TIFF) else nullcontext(),
            _quiet,
            Image.open(io.BytesIO(data), formats=_formats()) as image,
        ):
            _check_shape(*image.size)
            if _zero_tail(data, image.format):
                raise UndecodableError("truncated: the rest of the file is zeros")
            return _rgb(image)
    except UndecodableError:
        raise
    except Exception as error:  # a decoder given a damaged file may fail in any way
        raise UndecodableError(_reason(data, error)) from error


def check_bytes(size: int) -> None:
    """Refuse a file that is empty or too large to be held in memory.

    Raises
    ------
    UndecodableError
        If it has no bytes, or more than 2³⁰.
    """
    if not size:
        raise UndecodableError("the file is empty")
    if size > _MOST_BYTES:
        raise UndecodableError(f"has {size} bytes, more than the {_MOST_BYTES} that are valid")


@cache
def _formats() -> tuple[str, ...]:
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


class _Quiet:
    """Decoders speak of odd metadata: the pixels are what matters.

    Warnings and loggers are the whole process's. Threads that decode at once count themselves: the
    first silences, the last restores.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._undo = ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside > 1:
                return
            logger = logging.getLogger("PIL")
            self._undo.callback(logger.setLevel, logger.level)
            logger.setLevel(logging.CRITICAL + 1)
            self._undo.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._undo.close()


_quiet = _Quiet()


@contextmanager
def _silent_stderr() -> Generator[None]:
    """For libtiff, which prints what it finds wrong past Python, straight to the terminal."""
    with _stderr_lock:
        try:
            kept = os.dup(2)
        except OSError:  # a process without a stderr
            yield
            return
        try:
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _check_shape(width: int, height: int) -> None:
    if min(width, height) < _LEAST:
        raise UndecodableError(
            f"{width} × {height} pixels show nothing; at least {_LEAST} × {_LEAST} are valid"
        )
    if max(width, height) > _LONGEST * min(width, height):
        raise UndecodableError(
            f"{width} × {height} pixels are a stripe; a longer side of at most {_LONGEST} times "
            "the shorter is valid"
        )


def _zero_tail(data: bytes, format_: str | None) -> bool:
    """Whether a JPEG or PNG was never filled to its end, as broken downloads leave it.

    Zeros decode as an even colour, without an error.
    """
    if any(data[-16:]):
        return False
    if format_ == "PNG":
        return b"IEND" not in data
    return format_ in ("JPEG", "MPO") and data.rfind(_END) < data.rfind(_SCAN)


def _reason(data: bytes, error: Exception) -> str:
    if isinstance(error, Image.DecompressionBombWarning | Image.DecompressionBombError):
        counted = re.search(r"\d+", str(error))
        many = counted[0] if counted else "too many"
        return f"has {many} pixels, more than the {Image.MAX_IMAGE_PIXELS} that are valid"
    if isinstance(error, UnidentifiedImageError):
        if not any(data):
            return "the file holds nothing but zeros"
        if data.startswith(_BEGINNINGS):
            return "damaged: its header cannot be read"
        return "no image format that can be read"
    if isinstance(error, MemoryError):
        return "more than the memory can hold"
    # A WebP says how long it is.
    short = data.startswith(b"RIFF") and int.from_bytes(data[4:8], "little") > len(data) - 8
    if short or "truncated" in str(error).lower():
        return "truncated: the data ends early"
    return "damaged: its data cannot be decoded"


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # 16 bits a pixel, which Pillow would clip at 255 instead of scaling.
        grey = np.clip(np.asarray(image, dtype=np.float64) / 257, 0, 255).round()
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        over = image.convert("RGBA")
        white = Image.new("RGBA", over.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, over).convert("RGB")
    return image.convert("RGB")
