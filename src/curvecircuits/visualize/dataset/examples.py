"""Dataset examples: what images show where a unit is strong, weak, or opposed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from curvecircuits.errors import InputError
from curvecircuits.images import ImageSet
from curvecircuits.models.address import Address
from curvecircuits.models.network import Network
from curvecircuits.visualize.dataset.collect import Engine, Options, collected, opened_images
from curvecircuits.visualize.dataset.gallery import Gallery, gallery, groups_wanted, write_gallery
from curvecircuits.visualize.dataset.pictures import pictures
from curvecircuits.visualize.dataset.views import views_of
from curvecircuits.visualize.sheets import write_quilts


def dataset_examples(
    network: Network,
    units: Sequence[Address],
    images: str | Path | ImageSet,
    *,
    also: Mapping[str, tuple[Network, Sequence[Address]]] | None = None,
    signs: Sequence[int] | None = None,
    out: str | Path | None = None,
    top: int = 12,
    bins: int = 18,
    per_bin: int = 6,
    limit: int | None = None,
    batch: int = 16,
    engine: Engine = "local",
    workers: int | None = None,
    address: str | None = None,
    fresh: bool = False,
    seed: int = 0,
    progress: bool = False,
) -> Gallery:
    """Find the strongest positions of units, and random ones of every range of pre-activation.

    One pass over the images. The range of each unit, from the lowest to the highest value on at
    most 200 images evenly spread, is cut into bins of one width, of which one edge is at zero; the
    outermost reach as far as values do. From each bin positions are drawn uniformly and without
    replacement, over all images, by a hash of (seed, unit, image, position). Chunks keep only what
    could still be chosen, so that memory does not grow with the number of images; on disk a chunk
    takes at most 24 · (batch + bins · per_bin) bytes a unit.

    Then the chosen images are read again. Each example gets its crop, as large as the tile of its
    layer (1.2 times the effective receptive field), and the saliency within it. Positions near the
    border count like others; a crop is grey beyond it.

    Parameters
    ----------
    network, units
        Units or directions, of one layer or several.
    images
        Photographs, as `open_images` takes them.
    also
        Units of other networks that are shown the same images, by what to call them.
    signs
        1 or −1 for each unit; −1 for one of a layer never clipped that answers by going down.
    out
        A folder for results; an interrupted run goes on there. None keeps nothing.
    top
        Strongest positions of a unit, at most one an image.
    bins, per_bin
        How many bins, and how many random positions of each.
    limit
        See so many images at most, evenly spread over all.
    batch
        Images of a chunk.
    engine, workers, address
        As `run_job` takes them.
    fresh
        Start anew in a folder that holds another run.
    seed
        Of the random positions, and of the patterns that receptive fields are measured with.

    Returns
    -------
    Gallery
        The record `Examples` and the arrays of crops and saliency. In `out` these are
        `examples.json` and `examples.npz`, beside the table `examples.parquet` and a picture
        `quilt-….png` of every unit.

    Raises
    ------
    InputError
        For units that are not there, images or folders that cannot be used, and counts below 1.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> from torch import nn
    >>> from curvecircuits.models.address import Unit
    >>> from curvecircuits.models.wrap import wrap
    >>> network = wrap(nn.Sequential(nn.Conv2d(3, 2, 5), nn.ReLU()), input_size=32)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for k in range(3):
    ...         Image.effect_noise((40, 40), 20 * k).save(Path(folder, f"{k}.png"))
    ...     found = dataset_examples(network, [Unit("1", 0)], folder, top=2, bins=4)
    >>> unit = found.examples.unit("1:0")
    >>> len(unit.top), sum(unit.counts), unit.top[0].value > unit.top[1].value
    (2, 2352, True)

    References
    ----------
    Cammarata et al., "Curve Detectors", Distill 2020, section "The Dataset Perspective"; "Curve
    Circuits", Distill 2021, section on the artificial artificial neural network.
    """
    options = Options(
        out=out,
        top=top,
        bins=bins,
        per_bin=per_bin,
        limit=limit,
        batch=batch,
        engine=engine,
        workers=workers,
        address=address,
        fresh=fresh,
        seed=seed,
        progress=progress,
    )
    others = dict(also or {})
    if "natural" in others:
        raise InputError("The first units are called natural: call the others something else.")
    shown, size = opened_images(images, network)
    views = views_of(network, units, size=size, signs=signs, seed=seed)
    for side, (other, members) in others.items():
        views += views_of(other, members, size=size, side=side, seed=seed)
    with collected("examples", views, shown, options) as (folder, found):
        made = pictures(groups_wanted(found), shown, framing=found.job.framing, progress=progress)
        result = gallery(found, made)
        if out is not None:
            write_quilts(folder, result)
            write_gallery(folder, result)
    return result
