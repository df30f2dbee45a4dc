"""The command `artificial`: the network written by formula, explained, saved, and fitted."""

import json as json_
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from curvecircuits.cli.fitted import fit_and_print
from curvecircuits.cli.options import Json, Seed, Source
from curvecircuits.cli.tables import print_json, print_table
from curvecircuits.errors import InputError

_MOST = 720
"""Of any count: more orientations than degrees are a slip."""


def artificial(
    *,
    explain: Annotated[bool, Parameter(negative="")] = False,
    constants: Annotated[bool, Parameter(negative="")] = False,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", negative="")] = (),
    parts: str = "",
    orientations: str = "",
    save: Path | None = None,
    onnx: Path | None = None,
    fit: str | None = None,
    weights: Path | None = None,
    device: str = "cpu",
    layer: str | None = None,
    images: Path | None = None,
    steps: Annotated[int, Parameter(validator=Number(gte=1))] = 20,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Explain the artificial network, change its constants, write it, or fit it.

    Nobody trained it: every weight follows from a few dozen constants by formula.

    For example:

        curvecircuits artificial --explain

        curvecircuits artificial --set opposing_inhibition=0 --parts colour,texture --explain

        curvecircuits artificial --orientations 0,90,180,270 --save curves.safetensors

        curvecircuits artificial --fit googlenet --layer 3b --images photographs

    Parameters
    ----------
    explain
        Print the algorithm in English; what is done when nothing else is asked for.
    constants
        Print every constant, its value and its meaning.
    set_
        NAME=VALUE of a constant; may be given several times.
    parts
        To switch on: colour, texture; no-contrast switches contrast normalisation off.
    orientations
        Of the curves of 3b, in degrees, such as 0,30,60; by default evenly spaced.
    save
        Write the weights to this file, as safetensors with the constants as metadata.
    onnx
        Write the network to this folder, as ONNX.
    fit
        Tune the constants to the curve family of this network, named as for `--model` elsewhere.
        What comes out is FITTED, and no longer written by hand.
    weights
        Of the network of `--fit`: a weight file, or a folder that holds it.
    device
        Of `--fit`: where to run that network.
    layer
        Of `--fit`: the layer of the curve family; by default all are searched.
    images
        Of `--fit`: a folder of photographs by class, to fit to these instead of drawn curves.
    steps
        Of `--fit`: how many the optimiser takes.

    """
    from curvecircuits.artificial import Constants, Parts

    if fit is None and (weights is not None or layer is not None or images is not None):
        raise InputError("--weights, --layer and --images are options of --fit: name a network.")
    chosen = replace(Constants(), **_values(set_, Constants()))
    switched = _parts(parts, Parts())
    at = _numbers(orientations)
    if fit is not None:
        if explain or constants or at is not None or save is not None or onnx is not None:
            raise InputError("--fit goes with --set, --parts and options of its own, and no other.")
        source = Source(model=fit, weights=weights, device=device)
        fit_and_print(source, chosen, switched, layer, images, steps=steps, seed=seed, json=json)
        return
    explained = _explained(chosen, switched)  # refuses constants that make no weights
    found: dict[str, Any] = {}
    if constants:
        found["constants"] = _constants(chosen)
    if save is not None:
        found["saved"] = [_save(save, chosen, switched, at)]
    if onnx is not None:
        found["onnx"] = _export(onnx, chosen, switched, at)
    if explain or not found:
        found["explanation"] = explained
    if json:
        print_json(found)
        return
    _print(found)


def _values(pairs: Sequence[str], start: Any) -> dict[str, int | float]:
    """Constants by name, from NAME=VALUE."""
    from curvecircuits.artificial.constants import COUNTS, VARIABLES

    found: dict[str, int | float] = {}
    for pair in pairs:
        name, equals, text = (part.strip() for part in pair.partition("="))
        if not equals or name not in asdict(start):
            raise InputError(
                f"{pair!r} sets no constant: write NAME=VALUE with one of "
                f"{', '.join((*COUNTS, *VARIABLES))}."
            )
        try:
            value = int(text) if name in COUNTS else float(text)
        except ValueError:
            kind = "a whole number" if name in COUNTS else "a number"
            raise InputError(f"{text!r} is no value of {name}: give {kind}.") from None
        if name in COUNTS and not 1 <= value <= _MOST:
            raise InputError(f"{name} counts from 1 to {_MOST}: {text} is not valid.")
        if not abs(value) < float("inf"):
            raise InputError(f"{text!r} is no value of {name}: give a finite number.")
        found[name] = value
    return found


def _parts(text: str, start: Any) -> Any:
    """Parts with those named switched on, and those after `no-` off."""
    switched: dict[str, bool] = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name = part.removeprefix("no-")
        if name not in asdict(start):
            raise InputError(
                f"{part!r} is no part: choose from {', '.join(asdict(start))}, with no- before "
                "what to switch off."
            )
        switched[name] = part == name
    return replace(start, **switched)


def _numbers(text: str) -> list[float] | None:
    """Degrees from a list with commas; None for none."""
    if not text:
        return None
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or not all(abs(value) < float("inf") for value in found):
        raise InputError(f"{text!r} are no orientations: write degrees such as 0,30,60.")
    return found


def _constants(chosen: Any) -> list[dict[str, Any]]:
    from curvecircuits.artificial.constants import constant_docs

    values = asdict(chosen)
    return [
        {"name": name, "value": values[name], "meaning": text}
        for name, text in constant_docs().items()
    ]


def _save(path: Path, chosen: Any, switched: Any, at: list[float] | None) -> str:
    from safetensors.torch import save

    from curvecircuits.artificial import artificial_weights
    from curvecircuits.store import write_atomic

    written = artificial_weights(chosen, orientations=at, parts=switched)
    count = len(written["mixed3b"][1])
    tensors = {
        f"{name}.{kind}": tensor.contiguous()
        for name, both in written.items()
        for kind, tensor in zip(("weight", "bias"), both, strict=True)
    }
    about = {
        "format": "pt",
        "source": "written by formula",
        "constants": json_.dumps(asdict(chosen)),
        "parts": json_.dumps(asdict(switched)),
        "orientations": json_.dumps(at or [360 * k / count for k in range(count)]),
    }
    return str(write_atomic(path, save(tensors, metadata=about)))


def _export(folder: Path, chosen: Any, switched: Any, at: list[float] | None) -> list[str]:
    from curvecircuits.artificial.export import export_onnx

    made = export_onnx(folder, constants=chosen, orientations=at, geometry=None, parts=switched)
    return [str(path) for path in (made.weights, made.responses, made.record)]


def _explained(chosen: Any, switched: Any) -> dict[str, Any]:
    from curvecircuits.artificial.explain import PUBLISHED_PARAMETERS, explain

    found = explain(chosen, parts=switched)
    return {
        **asdict(found),
        "compression": found.compression,
        "published_parameters": PUBLISHED_PARAMETERS,
    }


def _print(found: dict[str, Any]) -> None:
    if "constants" in found:
        print_table(
            ["constant", "value", "meaning"],
            [[c["name"], f"{c['value']:g}", c["meaning"]] for c in found["constants"]],
        )
    if "explanation" in found:
        told = found["explanation"]
        print(*([""] if "constants" in found else []), *told["sentences"], sep="\n")
        print(
            "\nLengths are pixels, those along and across are standard deviations; numbers in "
            "brackets are sums of weights, beside 1 for what excites most."
        )
        print(
            f"\n{told['weights']:,} weights, {told['nonzero']:,} of them not zero, from "
            f"{told['constants']} constants: {told['compression']:,.0f} weights that are not zero "
            f"for each constant. The article: more than {told['published_parameters']:,} "
            "parameters."
        )
    for key in ("saved", "onnx"):
        for path in found.get(key, ()):
            print(f"Wrote {path}.")
