"""What `artificial --fit` prints: constants tuned to a network, under a heading that says so."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from curvecircuits.cli.options import Source, opened, watched
from curvecircuits.cli.tables import print_json, print_table
from curvecircuits.errors import InputError


def fit_and_print(
    source: Source,
    start: Any,
    parts: Any,
    layer: str | None,
    images: Path | None,
    *,
    steps: int,
    seed: int,
    json: bool,
) -> None:
    """Fit the constants to the curve family of a network, and print the figures under FITTED.

    Raises
    ------
    InputError
        When the network has no curve family, and as `fit_constants`.
    """
    from curvecircuits.images import read_folder

    paths = None if images is None else [image.path for image in read_folder(images).images]
    network = opened(source)
    from curvecircuits.compare.fit import fit_constants
    from curvecircuits.families import find_curves

    family = find_curves(network, layer=layer, permutations=1, seed=seed, progress=watched())
    if family.layer is None or not family.units:
        raise InputError(family.verdict)
    found = fit_constants(
        network=network,
        layer=family.layer,
        channels=[unit.channel for unit in family.units],
        orientations=[unit.orientation for unit in family.units],
        signs=[unit.sign for unit in family.units],
        start=start,
        parts=parts,
        on="stimuli" if paths is None else "images",
        images=paths,
        steps=steps,
        seed=seed,
        progress=watched(),
    )
    print_fit(found, json=json)


def print_fit(found: Any, *, json: bool) -> None:
    """Print a `Fit`: correlations before and after with their intervals, and what moved."""
    figures = {
        what: {
            "handwritten": found.before_mean(control=control),
            "fitted": found.after_mean(control=control),
            "gain": found.gain(control=control),
        }
        for what, control in (("own orientation", False), ("other orientations", True))
    }
    if json:
        print_json(
            {
                "fitted": found.fitted,
                "model": found.network,
                "layer": found.layer,
                "channels": found.channels,
                "on": found.on,
                "seed": found.seed,
                "correlation": {
                    what: {name: _interval(x) for name, x in row.items()}
                    for what, row in figures.items()
                },
                "moved": [asdict(m) | {"factor": m.factor} for m in found.moved],
                "constants": asdict(found.constants),
            }
        )
        return
    seen = "radii" if found.on == "stimuli" else "photographs"
    print(f"FITTED to {len(found.channels)} units of {found.layer} of {found.network}.\n")
    print(
        "The constants were tuned by an optimiser; this is not the hand-written network. "
        f"Correlations are on the half of the {seen} that was not fitted to, with 95 % intervals "
        "over units.\n"
    )
    print_table(
        ["correlation with", "hand-written", "FITTED", "gain"],
        [[what, *(_spelt(x) for x in row.values())] for what, row in figures.items()],
    )
    print()
    print_table(
        ["constant", "hand-written", "FITTED", "factor"],
        [[m.name, f"{m.handwritten:.4g}", f"{m.fitted:.4g}", m.factor] for m in found.moved],
    )


def _interval(found: Any) -> dict[str, float | int | None]:
    numbers = asdict(found)
    return {name: None if x != x else x for name, x in numbers.items()}


def _spelt(found: Any) -> str:
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"
