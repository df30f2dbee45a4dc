"""The command `examples`: what images show where units are strong, weak or opposed."""

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from curvecircuits.cli.found import found_family
from curvecircuits.cli.options import Json, Seed, Source, opened, watched
from curvecircuits.cli.tables import print_json, print_table
from curvecircuits.errors import InputError

_Count = Annotated[int, Parameter(validator=Number(gte=1))]


def examples(
    units: tuple[str, ...] = (),
    /,
    *,
    source: Source,
    images: Path,
    out: Path | None = None,
    layer: str | None = None,
    top: _Count = 12,
    bins: _Count = 18,
    per_bin: _Count = 6,
    limit: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    batch: _Count = 16,
    engine: Literal["local", "ray"] = "local",
    workers: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    address: str | None = None,
    fresh: Annotated[bool, Parameter(negative="")] = False,
    paired: bool | None = None,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Show what units see in photographs, from where they are strongest to where they are opposed.

    One pass over any number of images, which goes on where it was interrupted. Of each unit: the
    strongest positions, at most one an image, and random ones of every range of pre-activation,
    each with a crop and the saliency in it. Without units, those of the curve family that `find`
    prints, beside the artificial units of the same orientations.

    For example:

        curvecircuits examples --model googlenet --images photographs --out examples

        curvecircuits examples 3b:379 3b:406 --model inception_v1 --images photographs --out curves

        curvecircuits examples 3b:358 --model googlenet --images photographs --limit 200 --json

    Parameters
    ----------
    units
        Units such as 3b:379, or directions over a layer's channels, as `layer@file.npy`.
    images
        A folder of photographs, or of WebDataset shards.
    out
        A folder for pictures, the record and the tables; without one, only what is printed is left.
    layer
        Without units: search this layer only for the family.
    top
        Strongest positions of each unit.
    bins
        Ranges of pre-activation.
    per_bin
        Random positions of each range.
    limit
        See so many images at most, evenly spread over all.
    batch
        Images at a time.
    engine
        Compute in this process, or in those of a Ray cluster.
    workers
        Processes on the cluster.
    address
        Of a running Ray cluster: auto, or host:port.
    fresh
        Start anew in a folder that holds another run.
    paired
        Whether to show the artificial units of the family beside the natural ones.

    """
    from curvecircuits.models.address import parse_address

    if units and paired:
        raise InputError(
            "Artificial units are paired with those of the family that is found: leave out the "
            "units, or --paired."
        )
    if units and layer is not None:
        raise InputError("--layer says where to search for the family: leave it out with units.")
    addresses = [parse_address(text) for text in units]
    from curvecircuits.images import open_images

    shown = open_images(images)
    network = opened(source)
    options: dict[str, Any] = {
        "out": out,
        "top": top,
        "bins": bins,
        "per_bin": per_bin,
        "limit": limit,
        "batch": batch,
        "engine": engine,
        "workers": workers,
        "address": address,
        "fresh": fresh,
        "seed": seed,
        "progress": watched(),
    }
    signs: list[int] | None = None
    if not units:
        family = found_family(network, layer, seed=seed, shown="examples")
        signs = [unit.sign for unit in family.units]
        if paired is not False:
            _paired(network, family, shown, signs, options, json=json)
            return
        addresses = [parse_address(unit.unit) for unit in family.units]
    from curvecircuits.store import dump
    from curvecircuits.visualize import dataset_examples

    found = dataset_examples(network, addresses, shown, signs=signs, **options).examples
    if json:
        print_json(dump(found))
        return
    _print_units(found)
    _print_end(found, out, network)


def _paired(
    network: Any, family: Any, shown: Any, signs: list[int], options: dict[str, Any], *, json: bool
) -> None:
    from curvecircuits.compare import match_family
    from curvecircuits.compare.paired_examples import paired_examples
    from curvecircuits.store import dump

    matched = match_family(network, family, seed=options["seed"])
    found = paired_examples(matched, shown, signs=signs, **options)
    if json:
        print_json({"examples": dump(found.gallery.examples), "pairs": dump(found.pairs)})
        return
    _print_units(found.gallery.examples)
    print("\nWhere the units of a pair disagree most (percentiles of natural and artificial):\n")
    print_table(
        ["natural", "artificial", "orientation", "natural only", "", "artificial only", ""],
        [
            [
                pair.natural,
                pair.artificial,
                pair.orientation,
                *_first(pair.natural_only),
                *_first(pair.artificial_only),
            ]
            for pair in found.pairs.pairs
        ],
    )
    _print_end(found.gallery.examples, options["out"], network)


def _first(listed: Any) -> list[str | None]:
    if not listed:
        return [None, None]
    first = listed[0]
    return [f"{first.natural_rank:.0f} | {first.artificial_rank:.0f}", first.example.image]


def _print_units(found: Any) -> None:
    print_table(
        ["side", "unit", "strongest", "image", "positions", "above zero"],
        [
            [
                u.side,
                u.unit,
                f"{u.top[0].value:.4g}" if u.top else None,
                u.top[0].image if u.top else None,
                sum(u.counts),
                _above(u),
            ]
            for u in found.units
        ],
    )


def _above(unit: Any) -> str | None:
    """Share of positions above zero; None where zero is no edge of the bins."""
    if 0.0 not in unit.edges or not sum(unit.counts):
        return None
    return f"{sum(unit.counts[unit.edges.index(0.0) :]) / sum(unit.counts):.1%}"


def _print_end(found: Any, out: Path | None, network: Any) -> None:
    skipped = f", {found.skipped_count} files skipped" if found.skipped_count else ""
    print(f"\n{found.images:,} images{skipped}.")
    if out is not None:
        print(f"Wrote {out}.")
    if not network.provenance.verified:
        print(f"Weights: {network.provenance}")
