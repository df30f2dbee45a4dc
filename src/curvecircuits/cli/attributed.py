"""The command `attribute`: what of an image moves a unit, by its weights on an earlier layer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from curvecircuits.cli.folders import check_folder, file_names
from curvecircuits.cli.intervals import plain, with_interval
from curvecircuits.cli.options import Count, Json, Kept, Seed, Source, kept_in, opened, watched
from curvecircuits.cli.photographs import Photographs
from curvecircuits.cli.tables import print_json, print_table, print_written
from curvecircuits.errors import InputError

_RECORD, _SHEET = "attribution.json", "attribution.png"
_LOOKED_AT = 250
"""Photographs at most."""


def attribute(
    units: tuple[str, ...] = (),
    /,
    *,
    source: Source,
    images: Path,
    out: Path = Path("attributed"),
    layer: str | None = None,
    signed: Literal["absolute", "positive", "negative"] = "absolute",
    most: Count = 4,
    steps: Count = 128,
    cache: Kept = True,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Show what of photographs moves units: attribution pictures.

    Each unit is read where it is strongest in the images on which it is strongest. Its weights on
    an earlier layer times what the layer does there are shown as a feature visualization, beside
    the image and the unit's saliency. It is said how far the pictures depend on their images, and
    how much of the unit the weights account for.

    For example:

        curvecircuits attribute 3b:358 --model googlenet --images photographs --out attributed

        curvecircuits attribute 3b:358 3b:386 --model googlenet --images one.jpg --layer conv2d2

    Parameters
    ----------
    units
        Units such as 3b:379.
    images
        A folder of photographs, of which at most 250 are looked at, or one photograph.
    out
        A folder for the pictures, `attribution.png` and `attribution.json`.
    layer
        The earlier layer; by default the last before the unit's that every path to it passes.
    signed
        Everything that moves the unit, or what supports it, or what opposes it.
    most
        Images of each unit.
    steps
        Of the ascent.

    """
    from curvecircuits.models.address import Unit

    if not units:
        raise InputError("Name at least one unit to attribute, such as 3b:358.")
    asked = [Unit.parse(text) for text in units]
    photographs = Photographs(images, most=_LOOKED_AT)
    check_folder(out)
    network = opened(source)
    import torch

    from curvecircuits.families.chain import before
    from curvecircuits.store import dump, json_text, write_atomic
    from curvecircuits.visualize import (
        attribution_pictures,
        attribution_sheet,
        dependence,
        png,
        truth,
    )
    from curvecircuits.visualize.attribution.strongest import strongest_images
    from curvecircuits.weights.expanded import expanded_weights

    below: dict[str, list[Any]] = {}
    for each in asked:  # what is wrong of any is said before anything long is done
        network.check(each)
    named = list(dict.fromkeys(Unit(network.layer(u.layer).title, u.channel) for u in asked))
    for unit in named:
        chosen = layer or before(network, unit.layer)
        expanded_weights(network, chosen, units=[unit])
        below.setdefault(chosen, []).append(unit)
    seen = strongest_images(network, named, photographs.batches(network), most=most)
    made: list[tuple[Any, Path]] = []
    for chosen, some in below.items():
        shown = [(unit, *each) for unit in some for each in seen[unit]]
        pictures = attribution_pictures(
            network,
            [unit for unit, _, _ in shown],
            torch.stack([pixels for _, _, pixels in shown]),
            layer=chosen,
            signed=signed,
            steps=steps,
            seed=seed,
            cache=kept_in(cache),
            progress=watched(),
        )
        made += zip(pictures, (file for _, file, _ in shown), strict=True)
    found = [each for each, _ in made]
    rows: list[dict[str, Any]] = []
    # All are made before the first is written, so that a refusal leaves nothing.
    for name, (each, file) in zip(_names(found), made, strict=True):
        each.picture.save(out / f"{name}.png")
        rows.append({"file": f"{name}.png", "photograph": str(file), **dump(each.found)})
    write_atomic(out / _SHEET, png(attribution_sheet(found)))
    depends, true = dependence(found), truth(found)
    record = {
        "photographs": len(photographs.files) - len(photographs.unread),
        "unread": [str(file) for file in photographs.unread],
        "dependence": plain(depends),
        "truth": plain(true),
        "pictures": rows,
    }
    write_atomic(out / _RECORD, json_text(record))
    if json:
        print_json(record)
        return
    print_table(
        ["unit", "layer", "photograph", "position", "activation", "by weights", "own", "other"],
        [
            [
                r["unit"],
                r["layer"],
                Path(r["photograph"]).name,
                " ".join(map(str, r["position"])),
                r["actual"],
                r["predicted"],
                r["alike"]["own"],
                r["alike"]["other"],
            ]
            for r in rows
        ],
    )
    print(f"\n{_depends_in_words(depends)}\n{_true_in_words(true)}")
    if (left_out := photographs.left_out()) is not None:
        print(left_out)
    print_written(out, network)


def _names(found: Sequence[Any]) -> list[str]:
    """A file name for each picture: its unit, and its number among those of the unit."""
    units = list(dict.fromkeys(each.found.unit for each in found))
    stems = dict(zip(units, file_names(units), strict=True))
    numbers = dict.fromkeys(units, 0)
    names: list[str] = []
    for each in found:
        numbers[each.found.unit] += 1
        names.append(f"{stems[each.found.unit]}-{numbers[each.found.unit]}")
    return names


def _depends_in_words(found: Any) -> str:
    if found.value != found.value:
        return "Whether pictures depend on their images takes at least two images of a unit."
    return (
        f"Pictures correlate by {with_interval(found)} more with their own image than with others "
        "of the unit; 0 would be pictures of the unit alone."
    )


def _true_in_words(found: Any) -> str:
    return (
        f"The weights say {with_interval(found)} times the activation that units have; 1 would be "
        "a linear network."
    )
