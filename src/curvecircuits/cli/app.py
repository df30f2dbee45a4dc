"""The command and its exit statuses: 0, 2 for what the user can put right, 130 interrupted."""

import io
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, MissingArgumentError

from curvecircuits.cli.artificial import artificial
from curvecircuits.cli.attributed import attribute
from curvecircuits.cli.claims import claims
from curvecircuits.cli.curves import find, tune
from curvecircuits.cli.decomposed import decompose
from curvecircuits.cli.edited import edited
from curvecircuits.cli.evaluated import evaluate
from curvecircuits.cli.examples import examples
from curvecircuits.cli.families import families
from curvecircuits.cli.networks import fetch, layers, models
from curvecircuits.cli.page import report
from curvecircuits.cli.pictures import vis
from curvecircuits.cli.transplant import transplant
from curvecircuits.cli.weights import weights
from curvecircuits.errors import CurveCircuitsError

_HELP = """Find the curve detectors of a vision network and measure how they are built.

To begin, see which networks there are, search one, and write its report:

    curvecircuits models

    curvecircuits find --model efficientnet_lite0

    curvecircuits report --model efficientnet_lite0 --out report.html

Every command explains itself with examples: `curvecircuits find --help`.
"""


def _version() -> str:
    from importlib.metadata import version  # slow to import

    return version("curvecircuits")


# Interrupts and bad input are answered by `main`, with the same statuses for every command.
app = App(
    name="curvecircuits",
    help=_HELP,
    help_format="markdown",
    version=_version,
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)
for _command in (
    models,
    fetch,
    layers,
    find,
    tune,
    families,
    examples,
    vis,
    decompose,
    attribute,
    edited,
    weights,
    claims,
    artificial,
    transplant,
    evaluate,
    report,
):
    app.command(_command)


def main(tokens: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    tokens
        The arguments; those of the process by default.

    Returns
    -------
    int
        0, or 2 after a sentence on stderr that says what is wrong, or 130 when interrupted.

    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a degree sign is no reason to fail
    try:
        app(
            sys.argv[1:] if tokens is None else list(tokens),
            exit_on_error=False,
            print_error=False,
        )
        sys.stdout.flush()
    except MissingArgumentError as error:
        if error.argument is None or error.argument.name != "--model":
            return _refused(error)
        return _refused(
            "Say which network with --model, such as --model efficientnet_lite0; "
            "`curvecircuits models` lists them."
        )
    except (CycloptsError, CurveCircuitsError) as error:
        return _refused(error)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read the output has left; Python must not write the rest when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return 0


def _refused(error: Exception | str) -> int:
    print(" ".join(str(error).split()), file=sys.stderr)
    return 2
