"""What a natural unit and the artificial one of its orientation see on the same images."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray

from curvecircuits.compare.matched import Matched
from curvecircuits.compare.paired_records import PairedExample, PairedExamples, PairExamples
from curvecircuits.compare.paired_sheets import write_pair_sheets
from curvecircuits.compare.paired_views import paired_views
from curvecircuits.errors import InputError
from curvecircuits.images import ImageSet
from curvecircuits.store import RunFolder, dump, pack
from curvecircuits.visualize.dataset.candidates import Candidates
from curvecircuits.visualize.dataset.collect import (
    Collected,
    Engine,
    Options,
    collected,
    opened_images,
)
from curvecircuits.visualize.dataset.gallery import (
    Gallery,
    examples_of,
    gallery,
    groups_wanted,
    write_gallery,
)
from curvecircuits.visualize.dataset.pictures import Pictures, Wanted, pictures
from curvecircuits.visualize.dataset.views import View
from curvecircuits.visualize.sheets import write_quilts

_CONTRASTS = ((0, 1), (1, 0))
RECORD, ARRAYS = "pairs.json", "pairs.npz"


@dataclass(frozen=True, kw_only=True, eq=False)
class PairedGallery:
    """Examples of both sides, and those of the pairs, with their arrays."""

    gallery: Gallery
    """Examples of the units of both sides, each by itself."""
    pairs: PairedExamples
    arrays: Mapping[str, ndarray]
    """`crops`, `natural` and `artificial` (saliency as a share of the largest of each crop), and
    these largest ones as `natural_strength` and `artificial_strength`."""

    def crop(self, example: PairedExample) -> UInt8[ndarray, "3 side side"]:
        """The square of the image around an example."""
        return self.arrays["crops"][example.example.crop]

    def saliency(self, side: str, example: PairedExample) -> Float[ndarray, "side side"]:
        """Saliency in the same square of the unit of one side, `natural` or `artificial`."""
        crop = example.example.crop
        return self.arrays[side][crop].astype(np.float32) * self.arrays[f"{side}_strength"][crop]


def paired_examples(
    matched: Matched,
    images: str | Path | ImageSet,
    *,
    signs: Sequence[int] | None = None,
    out: str | Path | None = None,
    top: int = 12,
    worst: int = 8,
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
) -> PairedGallery:
    """Find dataset examples of both families in one pass, and show each to both units of a pair.

    Of every pair: the natural unit's strongest positions, the artificial unit's, and where the two
    disagree most; of each the crop, and the saliency of both units at the same point. Both networks
    are read at the same pixels (`common_points`).

    Disagreement is the difference of ranks. A unit's rank of a value is the share of 256 even
    quantiles below it, with half of those that equal it; the quantiles are of at most 32,768
    values from the at most 200 images that fix the bins. So memory does not grow with the images.
    Among equal differences the larger value of the strong unit goes first.

    Parameters
    ----------
    matched
        The pairs, from `match_family`.
    images
        Photographs, as `open_images` takes them.
    signs
        Of the natural units, 1 or −1: −1 for those of a layer never clipped that answer by going
        down.
    worst
        Disagreements of each direction and pair, at most one an image.
    out, top, bins, per_bin, limit, batch, engine, workers, address, fresh, seed
        As for `dataset_examples`.

    Returns
    -------
    PairedGallery
        In `out`, besides what `dataset_examples` writes: `pairs.json`, `pairs.npz`, and a picture
        `paired-….png` of every pair.

    Raises
    ------
    InputError
        For images and folders that cannot be used, counts below 1, other numbers of signs than
        units, and networks that look at too few common points.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> from torch import nn
    >>> from curvecircuits.compare.matched import Side
    >>> from curvecircuits.models.wrap import wrap
    >>> one, other = (
    ...     Side(network=wrap(nn.Conv2d(3, 1, 7, 3), input_size=48), layer="conv2d", channels=(0,))
    ...     for _ in range(2)
    ... )
    >>> matched = Matched(natural=one, artificial=other, orientations=(0.0,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for k in range(3):
    ...         Image.effect_noise((60, 60), 20 * k + 9).save(Path(folder, f"{k}.png"))
    ...     found = paired_examples(matched, folder, top=2, bins=4)
    >>> (pair,) = found.pairs.pairs
    >>> len(pair.natural_top), pair.natural_top[0].natural_rank > 95
    (2, True)

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021, section on the artificial artificial neural
    network: saliency of dataset examples that cause artificial curve detectors to fire strongly.
    """
    if worst < 1:
        raise InputError(f"worst is {worst}: give 1 or more.")
    options = Options(
        out=out,
        top=top,
        bins=bins,
        per_bin=per_bin,
        worst=worst,
        limit=limit,
        batch=batch,
        engine=engine,
        workers=workers,
        address=address,
        fresh=fresh,
        seed=seed,
        progress=progress,
    )
    shown, size = opened_images(images, matched.natural.network)
    views = paired_views(matched, size, signs, seed)
    with collected("paired examples", views, shown, options, contrasts=_CONTRASTS) as (
        folder,
        found,
    ):
        own = groups_wanted(found)
        lists = _lists(found, len(matched.orientations))
        both = [_together(view, lists) for view in found.job.views]
        made = pictures([*own, *both], shown, framing=found.job.framing, progress=progress)
        result = PairedGallery(
            gallery=gallery(found, made[:2]),
            pairs=_record(matched, found, lists, *made[2:]),
            arrays=_arrays(*made[2:]),
        )
        if out is not None:
            _write(folder, result)
    return result


_Lists = list[tuple[Candidates, Candidates, Candidates, Candidates]]
"""Of each pair: the strongest of both units, and where they disagree, in both directions."""


def _lists(found: Collected, pairs: int) -> _Lists:
    job = found.job
    return [
        (
            found.of(job.strongest(0, unit)),
            found.of(job.strongest(1, unit)),
            found.of(job.contrast(0, unit)),
            found.of(job.contrast(1, unit)),
        )
        for unit in range(pairs)
    ]


def _together(view: View, lists: _Lists) -> Wanted:
    """All points of all pairs, for one side."""
    kept = Candidates.joined([each for pair in lists for each in pair])
    counts = [sum(len(each.image) for each in pair) for pair in lists]
    return Wanted(
        view=view,
        unit=np.repeat(np.arange(len(lists)), counts),
        image=kept.image,
        row=kept.position // len(view.columns),
        column=kept.position % len(view.columns),
    )


def _record(
    matched: Matched, found: Collected, lists: _Lists, natural: Pictures, artificial: Pictures
) -> PairedExamples:
    ranges, (first, second) = found.job.ranges, found.job.views
    start = 0
    pairs: list[PairExamples] = []
    for unit, four in enumerate(lists):
        made: list[tuple[PairedExample, ...]] = []
        for kept in four:
            listed = examples_of(found, first, kept, first=start)
            start += len(listed)
            values = [
                (float(natural.values[e.crop]), float(artificial.values[e.crop])) for e in listed
            ]
            made.append(
                tuple(
                    PairedExample(
                        example=example,
                        natural=one,
                        artificial=other,
                        natural_rank=100 * ranges.rank(0, unit, one),
                        artificial_rank=100 * ranges.rank(1, unit, other),
                    )
                    for example, (one, other) in zip(listed, values, strict=True)
                )
            )
        pairs.append(
            PairExamples(
                natural=str(first.units[unit]),
                artificial=str(second.units[unit]),
                orientation=matched.orientations[unit],
                natural_top=made[0],
                artificial_top=made[1],
                natural_only=made[2],
                artificial_only=made[3],
            )
        )
    return PairedExamples(
        model=first.network.name,
        model_hash=first.network.model_hash,
        artificial_hash=second.network.model_hash,
        pairs=tuple(pairs),
        images=found.read,
        data_fingerprint=found.job.images.fingerprint,
        seed=found.job.seed,
    )


def _arrays(natural: Pictures, artificial: Pictures) -> dict[str, ndarray]:
    return {
        "crops": natural.crops,
        "natural": natural.saliency,
        "artificial": artificial.saliency,
        "natural_strength": natural.strength,
        "artificial_strength": artificial.strength,
    }


def _write(folder: RunFolder, result: PairedGallery) -> None:
    write_quilts(folder, result.gallery)
    write_pair_sheets(folder, result.pairs, result.arrays)
    folder.write(ARRAYS, pack(result.arrays))
    folder.write(RECORD, json.dumps(dump(result.pairs), ensure_ascii=False, indent=1) + "\n")
    write_gallery(folder, result.gallery)
