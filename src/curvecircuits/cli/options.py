"""The options that commands share, and the network they name."""

import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

Json = Annotated[bool, Parameter(negative="", help="Write JSON, and nothing else, to stdout.")]
Seed = Annotated[
    int,
    Parameter(
        validator=Number(gte=0, lt=2**32),
        help="Of everything random: permuted weights and the noise that measures tiles.",
    ),
]
Count = Annotated[int, Parameter(validator=Number(gte=1))]
"""How many of something: 1 or more."""
Kept = Annotated[
    bool,
    Parameter(
        negative="--no-cache",
        help="Keep what is finished in the cache folder, and look there first.",
    ),
]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Source:
    """Which network, with which weights, where."""

    model: str
    """A name of `curvecircuits models`, `timm:NAME`, `torchvision:NAME`, or your own code as
    `package.module:factory` or `path/file.py:factory`, which is run."""
    weights: Path | None = None
    """A weight file, or a folder that holds it. By default it is looked for in
    $CURVECIRCUITS_WEIGHTS, installed packages and the cache, then downloaded."""
    device: str = "cpu"
    """Where to compute, such as cpu or cuda."""


def opened(source: Source) -> Any:
    """Load the network of the options; says on stderr when that runs the user's code.

    What that code prints goes to stderr too, so that it never ends up in the results.
    """
    from curvecircuits.catalog import load, parse_factory

    factory = parse_factory(source.model)
    with redirect_stdout(sys.stderr):
        if factory is not None and not source.model.startswith(("timm:", "torchvision:")):
            print(f"Running {factory.attribute} from {factory.place}.", flush=True)
        return load(
            source.model,
            weights=source.weights,
            device=source.device,
            progress=watched(),
        )


def kept_in(cache: bool) -> Path | None:
    """Where finished pictures are kept: a folder beside the downloads."""
    from curvecircuits.catalog import cache_dir

    return cache_dir() / "pictures" if cache else None


def watched() -> bool:
    """Whether somebody sees progress bars: stderr is a terminal."""
    return sys.stderr.isatty()
