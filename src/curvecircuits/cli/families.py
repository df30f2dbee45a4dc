"""The command `families`: what every unit of the early layers sees."""

from collections.abc import Sequence
from typing import Any

from curvecircuits.cli.options import Json, Seed, Source, opened, watched
from curvecircuits.cli.tables import print_json, print_table


def families(
    source: Source,
    *,
    curve_layer: str | None = None,
    layer: Sequence[str] = (),
    units: bool = False,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Give every unit of the early layers a family, such as Gabor, line, or early curve.

    Units are shown gratings, lines, edges, curves, angles, spots, gradients, hues and textures. A
    family is named only where its own parameter accounts for more of the responses than it does in
    networks with permuted weights; what is left is `other`. For inception_v1 the families are set
    beside the published ones.

    For example:

        curvecircuits families --model efficientnet_lite0

        curvecircuits families --model googlenet --curve-layer 3b --layer 3a --units

        curvecircuits families --model nets/small.py:make --json > families.json

    Parameters
    ----------
    curve_layer
        The layer of the curve family; by default the one that `find` picks.
    layer
        Label only these layers; by default all that the curve layer is built through.
    units
        List every unit with its family, score and orientation.

    """
    network = opened(source)
    from curvecircuits.families.discover import discover_families
    from curvecircuits.store import dump

    found = discover_families(
        network,
        curve_layer=curve_layer,
        layers=list(layer) or None,
        seed=seed,
        progress=watched(),
    )
    if json:
        print_json(dump(found))
        return
    counts = {name: found.counts(name) for name in found.layers}
    names = [n for n in dict.fromkeys(f for c in counts.values() for f in c) if n != "other"]
    print_table(
        ["layer", "units", "named", *names, "other"],
        [
            [
                name,
                len(found.of(name)),
                f"{found.named([name]):.0%}",
                *(counts[name].get(n) for n in names),
                counts[name].get("other", 0),
            ]
            for name in found.layers
        ],
    )
    if network.name == "inception_v1":
        _print_published(found)
    if units:
        print()
        print_table(
            ["unit", "family", "score", "orientation", "echo", "wavelength", "hue"],
            [
                [x.unit, x.family, x.score, x.orientation, x.echo, x.wavelength, x.hue]
                for x in found.labels
            ],
        )
    if not network.provenance.verified:
        print(f"\nWeights: {network.provenance}")


def _print_published(found: Any) -> None:
    from curvecircuits.families.compare import against_published
    from curvecircuits.families.published import published_families

    compared = against_published(found, published_families())
    print('\nThe families of "An Overview of Early Vision in InceptionV1", and theirs here:\n')
    print_table(
        ["layer", "published", "units", "agree", "labelled here"],
        [
            [
                c.layer,
                c.family,
                c.units,
                c.agreeing if c.counterparts else None,
                ", ".join(f"{n} {name}" for name, n in c.labels.items()),
            ]
            for c in compared.families
        ],
    )
    print()
    print_table(
        ["layer", "compared", "agree", "from", "to", "by chance", "without counterpart"],
        [
            [x.layer or "all", x.units, x.share, x.low, x.high, x.chance, x.without]
            for x in (*compared.layers, compared.total)
        ],
    )
