"""The commands about networks themselves: `models`, `fetch` and `layers`."""

from pathlib import Path

from curvecircuits.cli.options import Json, Source, opened, watched
from curvecircuits.cli.tables import print_json, print_table


def models(*, json: Json = False) -> None:
    """List the networks that --model takes, and which of them are here already.

    For example:

        curvecircuits models
    """
    from curvecircuits.catalog import names

    entries = names()
    if json:
        print_json([entry._asdict() for entry in entries])
        return
    print_table(
        ["name", "here", "what it is"],
        [[e.name, "yes" if e.available else "no", e.description] for e in entries],
    )


def fetch(name: str, /, *, cache: Path | None = None) -> None:
    """Download the published weights of a network, verify them, and print where they are.

    A download that broke goes on where it stopped. Weights that come in a Python package are
    found there.

    For example:

        curvecircuits fetch inception_v1

        curvecircuits fetch googlenet --cache weights

    Parameters
    ----------
    name
        Of the network.
    cache
        The folder to put them in; by default $CURVECIRCUITS_CACHE or your cache folder.

    """
    from curvecircuits.catalog import artefact_of, cache_dir, locate
    from curvecircuits.catalog import fetch as download

    artefact = artefact_of(name)
    if artefact.url is None:
        print(locate(artefact))
    else:
        print(download(artefact, cache=cache or cache_dir(), progress=watched()))


def layers(source: Source, *, json: Json = False) -> None:
    """List the layers of a network, with their maps and receptive fields.

    For example:

        curvecircuits layers --model googlenet --weights bvlc_googlenet.safetensors

        curvecircuits layers --model nets/small.py:make --json
    """
    network = opened(source)
    rows = [
        {
            "name": layer.name,
            "alias": layer.alias,
            "kind": layer.kind,
            "channels": layer.channels,
            "height": layer.height,
            "width": layer.width,
            "stride": layer.geometry and layer.geometry.stride,
            "receptive_field": layer.geometry and layer.geometry.receptive_field,
            "pre_activation": layer.pre_activation,
        }
        for layer in network.layers.values()
    ]
    if json:
        print_json({"model": network.name, "weights": str(network.provenance), "layers": rows})
        return
    print_table(
        ["layer", "alias", "kind", "channels", "map", "stride", "field"],
        [
            [
                row["name"],
                row["alias"] or "",
                row["kind"],
                row["channels"],
                f"{row['height']} × {row['width']}",
                row["stride"],
                row["receptive_field"],
            ]
            for row in rows
        ],
    )
