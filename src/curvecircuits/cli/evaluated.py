"""The command that evaluates edited models on photographs: `evaluate`."""

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from curvecircuits.cli.options import Count, Json, Seed, Source, opened, watched
from curvecircuits.cli.tables import print_json, print_table
from curvecircuits.errors import InputError

_LISTED = 10
_CLASSES = 3


def evaluate(
    source: Source,
    *,
    images: Path,
    edits: Path,
    out: Path | None = None,
    labels: Path | None = None,
    limit: Annotated[int | None, Parameter(validator=Number(gte=2))] = None,
    batch: Count = 32,
    engine: Literal["local", "ray"] = "local",
    workers: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    address: str | None = None,
    fresh: Annotated[bool, Parameter(negative="")] = False,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Classify photographs with edited versions of a network, and say what each edit costs.

    All versions are evaluated in one pass: images are read once, and what versions have in common
    is computed once. Of each: accuracy, cross-entropy, and how far its answers are from those of
    the intact network (KL divergence, in nats), with 95 % intervals from images drawn anew.

    For example:

        curvecircuits evaluate --model googlenet --images val --edits models.json --out run

        curvecircuits evaluate --model efficientnet_lite0 --images val --edits models.json --json

    Parameters
    ----------
    images
        Photographs: a folder for each WNID, a flat folder with labels, or WebDataset shards.
    edits
        A JSON file with a list of edits for each model, as `edit_lists_to_json` writes it:
        {"without 379": [{"kind": "ZeroUnits", "fields": {"units": ["3b:379"]}}]}.
    out
        A folder for the record, and for loss, rank and KL of every image. The same command goes
        on there after an interruption; without it nothing is kept.
    labels
        The network's classes in the order of its scores, one WNID or words a line.
    limit
        Evaluate so many images at most, evenly spread.
    batch
        Images at a time.
    engine
        `ray` does the same on the processes of a Ray cluster.
    workers
        Processes of the cluster to use; by default all.
    address
        Of a running cluster, such as `auto`; by default one is started here.
    fresh
        Start anew in a folder that holds another run.

    """
    text = _text(edits)
    from curvecircuits.images import open_images

    shown = open_images(images)  # before anything that takes long
    network = opened(source)
    from curvecircuits.compare.edited_models import evaluate_edits
    from curvecircuits.models.edit_lists import edit_lists_from_json
    from curvecircuits.store import dump

    result = evaluate_edits(
        network,
        edit_lists_from_json(text, networks={network.model_hash: network}),
        shown,
        out=out,
        limit=limit,
        order=labels,
        batch=batch,
        engine=engine,
        workers=workers,
        address=address,
        fresh=fresh,
        seed=seed,
        progress=watched(),
    )
    if json:
        print_json(dump(result))
    else:
        _print(result)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise InputError(
            f"{path} cannot be read ({reason}): give a file of edits as JSON."
        ) from None


def _print(result: Any) -> None:
    print(
        f"{len(result.models)} edited models of {result.model} on {result.images} images "
        f"({result.framing}), each figure with its 95 % interval.\n"
    )
    print_table(
        ["model", "top-1 %", "top-5 %", "loss", "change of loss", "KL"],
        [
            [
                each.name,
                *(_spelt(x, 100, 1) for x in (each.top1, each.top5)),
                _spelt(each.loss, 1, 3),
                "" if each is result.intact else _spelt(each.loss_change, 1, 4),
                "" if each is result.intact else _spelt(each.kl, 1, 4),
            ]
            for each in (result.intact, *result.models)
        ],
    )
    if any(each.classes for each in result.models):
        print("\nThe classes that change most, of those with images enough:\n")
        print_table(
            ["model", "class", "images", "change of top-1 %", "KL"],
            [
                [
                    each.name,
                    shift.name,
                    shift.images,
                    _spelt(shift.top1_change, 100, 1),
                    _spelt(shift.kl, 1, 4),
                ]
                for each in result.models
                for shift in each.classes[:_CLASSES]
            ],
        )
    print()
    for note in result.notes:
        print(note)
    if result.skipped_count:
        print(f"\n{result.skipped_count} files were not evaluated, such as:\n")
        print_table(["file", "why"], [[s.name, s.reason] for s in result.skipped[:_LISTED]])


def _spelt(found: Any, times: int, digits: int) -> str:
    """A figure and its interval in other units; nothing where there is none."""
    if found is None:
        return ""
    value = f"{times * found.value:.{digits}f}"
    if found.low is None:
        return value
    return f"{value} [{times * found.low:.{digits}f}, {times * found.high:.{digits}f}]"
