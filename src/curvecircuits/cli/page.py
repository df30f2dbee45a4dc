"""The command that writes the article: `report`."""

import shlex
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from curvecircuits.cli.options import Kept, Seed, Source, opened, watched


def report(
    source: Source,
    *,
    out: Path = Path("report.html"),
    layer: str | None = None,
    quick: Annotated[bool, Parameter(negative="")] = False,
    circuit: bool = True,
    pictures: bool = True,
    images: Path | None = None,
    examples: Path | None = None,
    transplant: Path | None = None,
    seed: Seed = 0,
    cache: Kept = True,
) -> None:
    """Find the curve family of a network and write everything measured as one HTML page.

    The page needs no server and no network; open it in a browser.

    For example:

        curvecircuits report --model efficientnet_lite0

        curvecircuits report --model googlenet --weights bvlc_googlenet.safetensors --out page.html

    Parameters
    ----------
    out
        Where to write the page.
    layer
        Search this layer only; by default all whose receptive fields could hold a curve.
    quick
        A first look: the search with one permuted copy, and how the units found are tuned; as with
        --no-circuit.
    circuit
        Also label the families of the early layers and measure the circuit and every claim, which
        takes most of the time.
    pictures
        Also show feature visualizations of the units, beside their circuit.
    images
        A folder of photographs, at any depth, to compare the artificial circuit on, and to turn
        while the whole family is read; at most 250 of them are used.
    examples
        A folder that `examples --out` wrote for this network, to show what its units see in
        photographs.
    transplant
        A folder that `transplant --out` wrote for this network, to show what comes back when the
        family is replaced.

    """
    from curvecircuits.catalog import cache_dir
    from curvecircuits.images import open_images, sample_images

    photographs = () if images is None else sample_images(images)
    many = None if images is None else open_images(images)
    shown = None
    if examples is not None:  # before anything that takes long
        from curvecircuits.report.examples import open_shown

        shown = open_shown(examples)
    replaced = None
    if transplant is not None:
        from curvecircuits.compare import open_transplant

        replaced = open_transplant(transplant)
    network = opened(source)
    from curvecircuits.report import write_report
    from curvecircuits.report.build import build_report

    made = build_report(
        network,
        layer=layer,
        seed=seed,
        progress=watched(),
        command=_command(
            source,
            layer=layer,
            quick=quick,
            circuit=circuit,
            pictures=pictures,
            images=images,
            examples=examples,
            transplant=transplant,
            seed=seed,
            cache=cache,
            out=out,
        ),
        circuit=circuit and not quick,
        pictures=pictures,
        permutations=1 if quick else 3,
        photographs=photographs,
        images=many,
        transplant=replaced,
        examples=shown,
        cache=cache_dir() if cache else None,
    )
    print(f"Wrote {write_report(made, out)}.")


def _command(source: Source, *, quick: bool, **given: Any) -> str:
    """The command that makes the same page again, however this one was called."""
    options = {
        "model": source.model,
        "weights": source.weights,
        "device": None if source.device == Source.device else source.device,
        **given,
    }
    parts = ["--quick"] if quick else []
    for name, value in options.items():
        if value is False:
            parts.append(f"--no-{name}")
        elif value is not None and value is not True:
            parts += [f"--{name}", str(value)]
    return shlex.join(["curvecircuits", "report", *parts])
