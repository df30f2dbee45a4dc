"""The command that puts the artificial family into a network: `transplant`."""

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from curvecircuits.cli.options import Json, Seed, Source, opened, watched
from curvecircuits.cli.tables import print_json, print_table

_CONTROLS = ("shuffled", "turned90", "turned180", "lines", "edges")
_CEILINGS = ("rescaled", "grey", "right", "below", "uncentred")
_LISTED = 10

Positive = Annotated[int, Parameter(validator=Number(gte=1))]


def transplant(
    source: Source,
    *,
    images: Path,
    out: Path | None = None,
    calibration: Path | None = None,
    labels: Path | None = None,
    layer: str | None = None,
    limit: Annotated[int | None, Parameter(validator=Number(gte=2))] = None,
    random: Annotated[int, Parameter(validator=Number(gte=0))] = 10,
    batch: Positive = 32,
    engine: Literal["local", "ray"] = "local",
    workers: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    address: str | None = None,
    fresh: Annotated[bool, Parameter(negative="")] = False,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Replace the curve family by the artificial one, and measure what of the network comes back.

    The units that `find` prints are replaced by hand-written ones of the same orientations, each
    given the natural unit's firing rate and standard deviation from images it is not evaluated
    on. Beside it stand the family set to zero, to its mean, and other things in its place.

    For example:

        curvecircuits transplant --model googlenet --weights bvlc_googlenet.safetensors --images val

        curvecircuits transplant --model efficientnet_lite0 --images val --limit 2000 --out run

    Parameters
    ----------
    images
        Photographs: a folder for each WNID, a flat folder with labels, or WebDataset shards.
    out
        A folder for the results, which `report --transplant` reads. The same command goes on
        there after an interruption; without it nothing is kept.
    calibration
        Other photographs to take thresholds and scales from. By default every other image of
        --images calibrates the rest, and the other way round.
    labels
        The network's classes in the order of its scores, one WNID or words a line.
    layer
        Search the family in this layer only.
    limit
        Evaluate so many images at most, evenly spread.
    random
        Draws of other units that are silenced as a control.
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
    from curvecircuits.images import open_images

    shown = open_images(images)  # before anything that takes long
    other = None if calibration is None else open_images(calibration)
    network = opened(source)
    from curvecircuits.compare.transplants import transplant as run
    from curvecircuits.errors import InputError
    from curvecircuits.families import find_curves

    family = find_curves(network, layer=layer, seed=seed, progress=watched())
    if not family.found:
        raise InputError(f"There is nothing to transplant into {network.name}. {family.verdict}")
    result = run(
        network,
        family,
        shown,
        out=out,
        calibration=other,
        limit=limit,
        order=labels,
        random=random,
        batch=batch,
        engine=engine,
        workers=workers,
        address=address,
        fresh=fresh,
        seed=seed,
        progress=watched(),
    )
    if json:
        print_json(_contract(result))
    else:
        _print(result)


def _contract(result: Any) -> dict[str, Any]:
    """The record as the command prints it, by role."""
    from curvecircuits.store import dump

    data = dump(result)
    scores = {score["name"]: score for score in data.pop("scores")}
    found = {name: _flat(score) for name, score in scores.items()}
    shares = scores["transplanted"]["recovered"]
    return {
        **data,
        **{n: found.pop(n) for n in ("intact", "ablated", "mean_ablated", "transplanted")},
        "random": found.pop("random", None),
        "random_rms": found.pop("random_rms", None),
        "controls": {name: found[name] for name in _CONTROLS if name in found},
        "ceilings": {name: found[name] for name in _CEILINGS if name in found},
        "recovered": {
            name: value
            for key, share in shares.items()
            for name, value in (
                (key, share and share["value"]),
                (f"{key}_interval", share and [share["low"], share["high"]]),
            )
        },
    }


def _flat(score: dict[str, Any]) -> dict[str, Any]:
    kl = score.pop("kl")
    return {**score, "kl": kl["value"], "kl_interval": [kl["low"], kl["high"]]}


def _print(result: Any) -> None:
    print(
        f"{len(result.family)} units of {result.layer} in {result.model}, replaced on "
        f"{result.images} images ({result.framing}).\n"
    )
    print_table(
        [
            "variant",
            "top-1",
            "top-5",
            "loss",
            "KL",
            "of the KL back",
            "95 % interval",
            "of the loss",
        ],
        [
            [
                score.name if score.draws == 1 else f"{score.name} (mean of {score.draws})",
                *(_share(x) for x in (score.top1, score.top5)),
                "" if score.loss is None else f"{score.loss:.3f}",
                f"{score.kl.value:.4f}",
                *_measured(score.recovered.kl),
                _measured(score.recovered.loss)[0],
            ]
            for score in result.scores
        ],
    )
    best = max(
        (s for s in result.scores if s.name in _CONTROLS and s.behind is not None),
        key=lambda s: -s.behind.value,
        default=None,
    )
    if best is not None:
        low, high = best.behind.low, best.behind.high
        between = "" if low is None else f" ({low:.3f} to {high:.3f})"
        print(
            f"\nThe transplanted family is {best.behind.value:.3f}{between} above the best "
            f"control, {best.name}."
        )
    for cause in result.causes:
        print(cause.sentence)
    print()
    for note in result.notes:
        print(note)
    if result.skipped_count:
        print(f"\n{result.skipped_count} files were not evaluated, such as:\n")
        shown = result.skipped[:_LISTED]
        print_table(["file", "why"], [[s.name, s.reason] for s in shown])


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _measured(found: Any) -> tuple[str, str]:
    if found is None:
        return "", ""
    between = "" if found.low is None else f"{found.low:.3f} to {found.high:.3f}"
    return f"{found.value:.3f}", between
