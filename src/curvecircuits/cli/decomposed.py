"""The command `decompose`: what a unit asks of earlier layers, place by place."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from curvecircuits.cli.folders import check_folder, file_names
from curvecircuits.cli.options import Count, Json, Kept, Seed, Source, kept_in, opened, watched
from curvecircuits.cli.tables import print_json, print_table, print_written
from curvecircuits.errors import InputError


def decompose(
    units: tuple[str, ...] = (),
    /,
    *,
    source: Source,
    out: Path = Path("decomposed"),
    layers: Annotated[
        tuple[str, ...], Parameter(consume_multiple=True, negative="", name="--layers")
    ] = (),
    steps: Count = 128,
    batch: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    cache: Kept = True,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Decompose units over earlier layers: a grid of pictures for each, one a place.

    The expanded weights of a unit on an earlier layer are summed into the cells of a grid over all
    that it sees. Each cell has a picture of what the unit asks for there, as strong as its weights.

    For example:

        curvecircuits decompose 3b:358 --model googlenet --out decomposed

        curvecircuits decompose block9.expand:310 --model efficientnet_lite0 --layers block5 block3

    Parameters
    ----------
    units
        Units such as 3b:379.
    out
        A folder; each unit has a sheet in it, such as 3b-358.png, and a folder with the numbers.
    layers
        Earlier layers; by default all that every path to the unit passes.
    steps
        Of each picture's ascent.
    batch
        Pictures climbed together.

    """
    from curvecircuits.models.address import Unit

    if not units:
        raise InputError("Name at least one unit to decompose, such as 3b:358.")
    named = [Unit.parse(text) for text in units]
    check_folder(out)
    network = opened(source)
    from curvecircuits.families.chain import before
    from curvecircuits.store import dump, write_atomic
    from curvecircuits.visualize import decompose as decomposed
    from curvecircuits.visualize import decomposition_sheet, png
    from curvecircuits.weights.expanded import expanded_weights

    for unit in named:  # what is wrong of any is said before anything long is done
        network.check(unit)
        if not layers:
            before(network, unit.layer)
        for layer in layers:
            expanded_weights(network, layer, units=[unit])
    records: list[object] = []
    for unit, name in zip(named, file_names(list(map(str, named))), strict=True):
        found = decomposed(
            network,
            unit,
            layers=list(layers) or None,
            steps=steps,
            seed=seed,
            batch=batch,
            cache=kept_in(cache),
            progress=watched(),
        )
        found.save(out / name)
        write_atomic(out / f"{name}.png", png(decomposition_sheet(found)))
        records.append(dump(found.made))
        if json:
            continue
        print(f"{found.made.unit}\n")
        print_table(
            ["layer", "grid", "of positions", "neighbours alike", "shuffled", "permuted"],
            [
                [
                    layer.layer,
                    " × ".join(map(str, layer.grid)),
                    " × ".join(map(str, layer.positions)),
                    layer.alikeness.neighbours,
                    layer.alikeness.shuffled_most,
                    layer.alikeness.permuted_most,
                ]
                for layer in found.layers
            ],
        )
        print()
    if json:
        print_json(records)
        return
    print("Alike: mean cosine of cells side by side; shuffled, permuted: the most by chance.")
    print_written(out, network)
