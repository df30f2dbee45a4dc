"""The command `edited`: what units see with the inputs of one group of earlier units alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from curvecircuits.cli.folders import check_folder, file_names
from curvecircuits.cli.found import family_of, found_family
from curvecircuits.cli.intervals import with_interval
from curvecircuits.cli.options import Count, Json, Kept, Seed, Source, kept_in, opened, watched
from curvecircuits.cli.photographs import Photographs
from curvecircuits.cli.tables import print_json, print_table, print_written
from curvecircuits.errors import InputError

_RECORD, _SHEET = "edited.json", "edited.png"
_MOST = 100
"""Photographs that are read."""


def edited(
    units: tuple[str, ...] = (),
    /,
    *,
    source: Source,
    inputs: str,
    out: Path = Path("edited"),
    images: Path | None = None,
    layer: str | None = None,
    steps: Count = 256,
    cache: Kept = True,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Make pictures in an edited network: units receive one group of an earlier layer alone.

    The units of the earlier layer are labelled and put into groups: curves, lines, edges, textures
    and other. For each group the network is edited so that it alone reaches the units, and for
    comparison as many random units of the layer instead. *Reconstructed* is the share of a unit's
    activation that the picture made in the edited network reaches in the unedited one; *kept* is
    what the edited unit keeps of its activation on its own picture. Without units, the curve family
    that `find` prints.

    For example:

        curvecircuits edited --model googlenet --inputs 3a --out edited

        curvecircuits edited 3b:358 3b:386 --model googlenet --inputs 3a --images photographs

    Parameters
    ----------
    units
        Units of one layer, such as 3b:379.
    inputs
        The earlier layer whose groups are kept.
    out
        A folder for the pictures, `edited.png` and `edited.json`.
    images
        Photographs, of which at most 100 are shown to the units with the same inputs.
    layer
        Without units: search this layer only for the family.
    steps
        Of the ascent.

    """
    from curvecircuits.models.address import Unit

    if units and layer is not None:
        raise InputError("--layer says where to search for the family: leave it out with units.")
    named = [Unit.parse(text) for text in units]
    photographs = None if images is None else Photographs(images, most=_MOST)
    check_folder(out)
    network = opened(source)
    from curvecircuits.families.discover import discover_families
    from curvecircuits.store import dump, json_text, write_atomic
    from curvecircuits.visualize import edited_pictures, edited_sheet, png

    below = network.layer(inputs).title
    targets: Any = named
    if not named:
        found = found_family(network, layer, seed=seed)
        _check(network, below, [Unit.parse(u.unit) for u in found.units])
        down = [u.unit for u in found.units if u.sign < 0]
        if down:
            raise InputError(
                f"Units of the family say something by going down ({', '.join(down)}), of which "
                "nothing is kept: name the units to see under edits."
            )
        targets = family_of(found, found.layer, [u.channel for u in found.units])
    else:
        _check(network, below, named)
    pixels = None if photographs is None else _read(network, photographs)
    above = targets[0].layer if named else targets.layer
    taxonomy = discover_families(
        network,
        curve_layer=network.layer(above).title,
        layers=[below],
        seed=seed,
        progress=watched(),
    )
    shown = edited_pictures(
        network,
        targets,
        taxonomy,
        layer=below,
        steps=steps,
        seed=seed,
        images=pixels,
        cache=kept_in(cache),
        progress=watched(),
    )
    shares = shown.shares
    sides = {"unedited": shown.unedited, **shown.edited}
    sides |= {f"random-{name}": pictures for name, pictures in shown.random.items()}
    for folder, pictures in sides.items():
        for name, picture in zip(file_names(shares.units), pictures, strict=True):
            picture.save(out / folder / f"{name}.png")
    write_atomic(out / _SHEET, png(edited_sheet(shown)))
    record = dump(shares)
    write_atomic(out / _RECORD, json_text(record))
    if json:
        print_json(record)
        return
    heads = ["group", "units", "reconstructed", "control", "difference", "kept"]
    print_table(
        [*heads, *(["photographs"] if photographs else [])],
        [
            [
                group.group,
                len(group.channels),
                with_interval(group.reconstructed.mean()),
                with_interval(group.reconstructed.control_mean()),
                with_interval(group.reconstructed.difference()),
                with_interval(group.kept.mean()),
                *([with_interval(group.photographs.mean())] if group.photographs else []),
            ]
            for group in shares.groups
        ],
    )
    print(f"\nOf {len(shares.units)} units; control: as many random units of {shares.layer}.")
    if photographs is not None and (left_out := photographs.left_out()) is not None:
        print(left_out)
    print_written(out, network)


def _check(network: Any, inputs: str, units: Sequence[Any]) -> None:
    """Refuse units that are not there, of several layers or not behind the inputs, at once."""
    from curvecircuits.models.edit import edit
    from curvecircuits.models.edits import KeepInputs

    checked = [network.check(unit) for unit in units]
    if len({unit.layer for unit in checked}) > 1 or len(set(checked)) < len(checked):
        raise InputError(
            "Units seen under edits are of one layer, each given once: "
            f"{', '.join(map(str, units))} are not."
        )
    with edit(network, KeepInputs(targets=units, source=inputs, channels=[])):
        pass


def _read(network: Any, photographs: Photographs) -> Any:
    import torch

    return torch.cat([pixels for _, pixels in photographs.batches(network)])
