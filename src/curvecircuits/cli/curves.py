"""The commands that measure: `find` and `tune`."""

from typing import Annotated, Any, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from curvecircuits.cli.options import Json, Seed, Source, opened, watched
from curvecircuits.cli.tables import print_json, print_table

_NEAR_MISSES = 10
_STATISTICS = ("orientation", "radius", "fwhm", "echo", "at90", "peak")


def find(
    source: Source,
    *,
    layer: str | None = None,
    permutations: Annotated[int, Parameter(validator=Number(gte=1))] = 3,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Find the curve family of a network: which units, in which layer, and is it chance.

    Every unit is shown curves of all orientations and radii; the same search runs on copies with
    permuted weights, and a family counts only if it has twice as many units as any of them.

    For example:

        curvecircuits find --model efficientnet_lite0

        curvecircuits find --model googlenet --weights bvlc_googlenet.safetensors --layer 3b

        curvecircuits find --model nets/small.py:make --json > family.json

    Parameters
    ----------
    layer
        Search this layer only; by default all whose receptive fields could hold a curve.
    permutations
        Copies with permuted weights to compare with.

    """
    network = opened(source)
    from curvecircuits.families import find_curves
    from curvecircuits.store import dump

    family = find_curves(
        network, layer=layer, permutations=permutations, seed=seed, progress=watched()
    )
    if json:
        print_json(dump(family))
        return
    print(family.verdict)
    members = [*family.units, *family.early]
    if members:
        print()
        print_table(
            ["unit", *_STATISTICS, "kind"],
            [[u.unit, *(float(getattr(u, s)) for s in _STATISTICS), u.kind] for u in members],
        )
    if family.near_misses:
        shown = family.near_misses[:_NEAR_MISSES]
        print(f"\nNear misses ({len(shown)} of {len(family.near_misses)}):\n")
        print_table(["unit", "why not"], [[miss.unit, miss.reason] for miss in shown])
    print("\nLayers searched (sizes in pixels, angles in degrees):\n")
    print_table(
        ["layer", "field", "tile", "curves", "early", "largest gap", "curves in permuted copies"],
        [
            [
                scan.layer,
                round(scan.receptive_field),
                scan.tile,
                scan.curves,
                scan.early_curves,
                round(scan.largest_gap),
                ", ".join(map(str, scan.permuted)),
            ]
            for scan in family.layers
        ],
    )
    _print_provenance(network)


def tune(
    units: list[str],
    /,
    *,
    source: Source,
    grid: Literal["published", "quick"] = "quick",
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Measure how units respond to curves of every orientation and radius.

    Each is shown outlines through the centre of its receptive field, in a tile of its layer's
    effective receptive field. A unit is `layer:channel`; a direction over a layer's channels is
    `layer@file.npy`.

    For example:

        curvecircuits tune 3b:358 3b:379 --model googlenet

        curvecircuits tune 3b@probe.npy --model googlenet --grid published --json

    Parameters
    ----------
    units
        Units and directions.
    grid
        72 orientations by 10 radii, or the published 720 by 80, which takes minutes.

    """
    from curvecircuits import stimuli
    from curvecircuits.families import profiles
    from curvecircuits.models.address import parse_address
    from curvecircuits.store import dump

    addresses = [parse_address(text) for text in units]
    network = opened(source)
    found = profiles(
        network,
        addresses,
        grid=stimuli.published() if grid == "published" else stimuli.quick(),
        seed=seed,
        progress=watched(),
    )
    if json:
        head = {"model": network.name, "weights": str(network.provenance)}
        print_json({**head, "grid": grid, "seed": seed, "units": [dump(p) for p in found]})
        return
    print_table(
        ["unit", *_STATISTICS, "sign"],
        [[p.unit, *(getattr(p, s) for s in _STATISTICS), p.sign] for p in found],
    )
    _print_provenance(network)


def _print_provenance(network: Any) -> None:
    if not network.provenance.verified:
        print(f"\nWeights: {network.provenance}")
