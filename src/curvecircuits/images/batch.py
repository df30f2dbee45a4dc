"""Several images of a set as one tensor, whatever state their files are in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from curvecircuits.errors import InputError
from curvecircuits.images.decode import UndecodableError, check_bytes, decode
from curvecircuits.images.framing import Framing, as_pixels
from curvecircuits.images.image_set import ImageSet

BLANK = 0.5
"""What stands for an image that is not there."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Framed images in the order they were asked for."""

    pixels: Float[Tensor, "images 3 size size"]
    """RGB in [0, 1]; 0.5 everywhere for an image that could not be read."""
    read: Bool[Tensor, " images"]
    reasons: Mapping[int, str]
    """Why an image was not read, by its index in the set."""


def load_batch(images: ImageSet, indices: Sequence[int], *, framing: Framing) -> Batch:
    """Read images of a set; a file that cannot be read is told, not raised.

    Parameters
    ----------
    images
        As `open_images` returns it.
    indices
        Which ones, from 0 to `len(images)` − 1.
    framing
        How to cut out the square.

    Returns
    -------
    Batch
        Always `len(indices)` images: one that cannot be read is blank, with the reason. Reasons are
        those of `decode`, and what the system says of a file that cannot be opened.

    Raises
    ------
    InputError
        If there is no image of an index.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from PIL import Image
    >>> from curvecircuits.images import Framing, open_images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Image.new("RGB", (9, 9), "red").save(pathlib.Path(folder, "a.png"))
    ...     pathlib.Path(folder, "b.png").touch()
    ...     framing = Framing(kind="crop", resize=8, size=8)
    ...     batch = load_batch(open_images(folder), [0, 1], framing=framing)
    >>> batch.pixels[:, :, 0, 0].tolist(), batch.reasons
    ([[1.0, 0.0, 0.0], [0.5, 0.5, 0.5]], {1: 'the file is empty'})

    """
    if wrong := [index for index in indices if not 0 <= index < len(images)]:
        raise InputError(f"There is no image {wrong[0]}; 0 to {len(images) - 1} are valid.")
    pixels = torch.full((len(indices), 3, framing.size, framing.size), BLANK)
    read = torch.zeros(len(indices), dtype=torch.bool)
    reasons: dict[int, str] = {}
    for row, index in enumerate(indices):
        try:
            check_bytes(images.size(index))
            pixels[row] = as_pixels(decode(images.read(index)), framing=framing)
            read[row] = True
        except UndecodableError as error:
            reasons[index] = str(error)
        except OSError as error:
            reasons[index] = f"cannot be opened: {error.strerror or type(error).__name__}"
    return Batch(pixels=pixels, read=read, reasons=reasons)
