"""Dataset examples with their pictures: made from what a pass kept, written, and opened again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8
from numpy import ndarray

from curvecircuits.store import (
    RunFolder,
    dump,
    json_text,
    open_pair,
    pack,
    unpack,
    versions,
    write_table,
)
from curvecircuits.visualize.dataset.candidates import Candidates
from curvecircuits.visualize.dataset.collect import Collected
from curvecircuits.visualize.dataset.pictures import Pictures, Wanted
from curvecircuits.visualize.dataset.ranges import SAMPLE
from curvecircuits.visualize.dataset.records import Example, Examples, UnitExamples
from curvecircuits.visualize.dataset.views import View

RECORD, ARRAYS, TABLE = "examples.json", "examples.npz", "examples.parquet"
_TABLE = "curvecircuits.examples-table/1"


@dataclass(frozen=True, kw_only=True, eq=False)
class Gallery:
    """Dataset examples, and the arrays that their crops are in."""

    examples: Examples
    arrays: Mapping[str, ndarray]
    """`crops.N`, `saliency.N` and `strength.N` of each group N of units, those of one layer."""

    def crop(self, unit: UnitExamples, example: Example) -> UInt8[ndarray, "3 side side"]:
        """The square of the image around an example, in RGB; grey beyond the border."""
        return self.arrays[f"crops.{unit.group}"][example.crop]

    def saliency(self, unit: UnitExamples, example: Example) -> Float[ndarray, "side side"]:
        """‖∂z / ∂(r, g, b)‖₂ of the example's pre-activation z in the same square."""
        k = unit.group
        share = self.arrays[f"saliency.{k}"][example.crop].astype(np.float32)
        return share * self.arrays[f"strength.{k}"][example.crop]


def open_examples(folder: str | Path) -> Gallery:
    """Open what `dataset_examples` wrote into a folder.

    Raises
    ------
    InputError
        If the folder holds no examples, or they are damaged.

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> from torch import nn
    >>> from curvecircuits.models.address import Unit
    >>> from curvecircuits.models.wrap import wrap
    >>> from curvecircuits.visualize import dataset_examples
    >>> network = wrap(nn.Conv2d(3, 1, 7, 3), input_size=48)
    >>> with tempfile.TemporaryDirectory() as photographs, tempfile.TemporaryDirectory() as out:
    ...     Image.effect_noise((60, 60), 40).save(Path(photographs, "a.png"))
    ...     _ = dataset_examples(network, [Unit("conv2d", 0)], photographs, bins=3, out=out)
    ...     found = open_examples(out)
    >>> found.examples.unit("conv2d:0").top[0].image
    'a.png'
    """
    examples, packed = open_pair(
        Examples,
        Path(folder),
        record=RECORD,
        arrays=ARRAYS,
        what="dataset examples",
        writer="`curvecircuits examples --out`",
        again="run `curvecircuits examples` on the folder again",
    )
    return Gallery(examples=examples, arrays=unpack(packed))


def groups_wanted(found: Collected) -> list[Wanted]:
    """For each view, the points of all its units' examples, in the order of their groups."""
    wanted: list[Wanted] = []
    for number, view in enumerate(found.job.views):
        first, end = (found.job.strongest(v, 0) for v in (number, number + 1))
        rows = np.flatnonzero((found.kept.group >= first) & (found.kept.group < end))
        kept = found.kept.take(rows)
        unit = (kept.group - first) // (1 + found.job.bins)
        columns = len(view.columns)
        wanted.append(
            Wanted(
                view=view,
                unit=unit,
                image=kept.image,
                row=kept.position // columns,
                column=kept.position % columns,
            )
        )
    return wanted


def gallery(found: Collected, made: list[Pictures]) -> Gallery:
    """Put what a pass kept and its pictures together."""
    units: list[UnitExamples] = []
    for number, view in enumerate(found.job.views):
        crop = 0
        for unit, address in enumerate(view.units):
            lists: list[tuple[Example, ...]] = []
            for place in range(1 + found.job.bins):
                kept = found.of(found.job.strongest(number, unit) + place)
                lists.append(examples_of(found, view, kept, first=crop))
                crop += len(lists[-1])
            units.append(
                UnitExamples(
                    side=view.side,
                    model=view.network.name,
                    unit=str(address),
                    sign=view.signs[unit],
                    group=number,
                    edges=tuple(map(float, found.job.ranges.edges[number][unit])),
                    counts=tuple(map(int, found.counts[number][unit])),
                    top=lists[0],
                    bins=tuple(lists[1:]),
                )
            )
    framing = found.job.framing
    kinds = {"warp": "warped to", "crop": "shorter side"}
    record = Examples(
        units=tuple(units),
        models={view.side: view.network.model_hash for view in found.job.views},
        images=found.read,
        positions=sum(units[0].counts),
        skipped=found.skipped,
        skipped_count=found.skipped_count,
        data=str(found.job.images.root),
        data_fingerprint=found.job.images.fingerprint,
        framing=f"{kinds[framing.kind]} {framing.resize} pixels ({framing.resample}), "
        f"centre {framing.size}",
        sample=min(SAMPLE, len(found.job.indices)),
        seed=found.job.seed,
        versions=versions(),
    )
    arrays = {
        f"{name}.{k}": values
        for k, each in enumerate(made)
        for name, values in each.arrays().items()
        if name != "values"
    }
    return Gallery(examples=record, arrays=arrays)


def examples_of(
    found: Collected, view: View, kept: Candidates, *, first: int
) -> tuple[Example, ...]:
    """Candidates as examples, whose crops follow each other from a first one on."""
    columns = len(view.columns)
    return tuple(
        Example(
            image=found.job.images.name(int(image)),
            index=int(image),
            row=(row := int(position) // columns),
            column=(column := int(position) % columns),
            centre=(view.columns[column], view.rows[row]),
            value=float(value),
            box=view.box(row, column),
            crop=first + k,
        )
        for k, (image, position, value) in enumerate(
            zip(kept.image, kept.position, kept.value, strict=True)
        )
    )


def write_gallery(folder: RunFolder, shown: Gallery) -> None:
    """The record, the arrays, and a table with a row an example."""
    folder.write(ARRAYS, pack(shown.arrays))
    write_table(folder.file(TABLE), _rows(shown.examples), schema=_TABLE)
    folder.write(RECORD, json_text(dump(shown.examples)))


def _rows(examples: Examples) -> Iterator[dict[str, Any]]:
    for unit in examples.units:
        lists = [("top", -1, unit.top), *(("bin", k, each) for k, each in enumerate(unit.bins))]
        rows = [(kind, k, place, e) for kind, k, each in lists for place, e in enumerate(each)]
        boxes = np.array([e.box for *_, e in rows], dtype=np.int32)
        yield {
            "side": [unit.side] * len(rows),
            "unit": [unit.unit] * len(rows),
            "kind": [kind for kind, *_ in rows],
            "bin": np.array([k for _, k, *_ in rows], dtype=np.int32),
            "place": np.array([place for *_, place, _ in rows], dtype=np.int32),
            "image": [e.image for *_, e in rows],
            "index": np.array([e.index for *_, e in rows], dtype=np.int64),
            "row": np.array([e.row for *_, e in rows], dtype=np.int32),
            "column": np.array([e.column for *_, e in rows], dtype=np.int32),
            "x": np.array([e.centre[0] for *_, e in rows], dtype=np.float64),
            "y": np.array([e.centre[1] for *_, e in rows], dtype=np.float64),
            "value": np.array([e.value for *_, e in rows], dtype=np.float64),
            **{n: boxes[:, i] for i, n in enumerate(("left", "top", "right", "bottom"))},
            "crop": np.array([e.crop for *_, e in rows], dtype=np.int32),
        }
