"""Sheets of pairs: a crop, what moves the natural unit in it, and what moves the artificial one."""

from collections.abc import Mapping

from numpy import ndarray
from PIL import Image

from curvecircuits.compare.paired_records import PairedExamples, PairExamples
from curvecircuits.store import RunFolder
from curvecircuits.visualize.sheets import Sheet, lit, picture, write_sheet

_HEADINGS = (
    "Strongest of the natural unit",
    "Strongest of the artificial unit",
    "Natural unit strong, artificial unit weak",
    "Artificial unit strong, natural unit weak",
)


def pair_sheet(
    pair: PairExamples, arrays: Mapping[str, ndarray], *, title: str = ""
) -> Image.Image:
    """Draw the examples of a pair: crop, saliency of the natural unit, of the artificial one.

    Under each are the percentiles of both units at the point, the natural one first. Saliency is
    drawn as the crop, lit where it is high.

    Parameters
    ----------
    pair
        One of `PairedExamples.pairs`.
    arrays
        Those of its `PairedGallery`.
    title
        What stands above; by default the names of the units.
    """
    sheet = Sheet(columns=max(8, *map(len, pair.lists)), indent=60)
    sheet.title(
        title or f"{pair.natural} and artificial {pair.artificial}",
        f"Orientation {pair.orientation:.0f}°. Numbers: percentiles of the natural and of the "
        "artificial unit.",
    )
    for heading, listed in zip(_HEADINGS, pair.lists, strict=True):
        sheet.heading(heading)
        at = [e.example.crop for e in listed]
        sheet.row([picture(arrays["crops"][k]) for k in at], "image")
        for side in ("natural", "artificial"):
            sheet.row([lit(arrays["crops"][k], arrays[side][k].astype(float)) for k in at], side)
        sheet.labels([f"{e.natural_rank:.0f} | {e.artificial_rank:.0f}" for e in listed])
    return sheet.image()


def write_pair_sheets(
    folder: RunFolder, pairs: PairedExamples, arrays: Mapping[str, ndarray]
) -> None:
    """A sheet of every pair, as `paired-3b-379.png`."""
    for pair in pairs.pairs:
        title = f"{pairs.model} {pair.natural} and artificial {pair.artificial}"
        write_sheet(folder, f"paired-{pair.natural}", pair_sheet(pair, arrays, title=title))
