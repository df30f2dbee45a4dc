"""The command `claims`: the article's sentences, measured on a network."""

from itertools import groupby
from pathlib import Path
from typing import Any

from curvecircuits.cli.options import Json, Seed, Source, opened, watched
from curvecircuits.cli.tables import print_json, print_table
from curvecircuits.errors import InputError


def claims(
    *,
    model: str = "efficientnet_lite0",
    weights: Path | None = None,
    device: str = "cpu",
    layer: str | None = None,
    claim: tuple[str, ...] = (),
    compare: tuple[str, str] | None = None,
    transplant: Path | None = None,
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Measure the claims of "Curve Circuits" on a network, each beside a weight-permuted copy.

    A claim holds if its whole 95 % interval lies on the claim's side, does not hold if none of it
    does, and is undecided otherwise. One that holds on the permuted copy too says nothing.

    For example:

        curvecircuits claims --model googlenet --layer 3b

        curvecircuits claims --claim echo-returns --claim tolerance --json

        curvecircuits claims --compare googlenet=bvlc_googlenet.safetensors artificial

    Parameters
    ----------
    model
        A name of `curvecircuits models`, `timm:NAME`, `torchvision:NAME`, or your own code as
        `package.module:factory` or `path/file.py:factory`, which is run.
    weights
        A weight file, or a folder that holds it.
    device
        Where to compute, such as cpu or cuda.
    layer
        The layer of the curve family; by default all are searched.
    claim
        Measure only this claim; may be given several times.
    compare
        Two networks, as for `--model`, with a weight file after `=` where one is needed; their
        families and claims are put side by side.
    transplant
        The folder that `curvecircuits transplant --out` wrote for this network, which the claims
        about the transplant read.

    """
    if compare is not None:
        _compare(compare, device, layer, claim, seed, json)
        return
    from curvecircuits.compare.transplants import check_transplant, open_transplant

    replaced = None if transplant is None else open_transplant(transplant)
    network = opened(Source(model=model, weights=weights, device=device))
    if replaced is not None:
        check_transplant(network, replaced)
    from curvecircuits.claims import measure_claims
    from curvecircuits.store import dump

    found = measure_claims(
        network,
        layer=layer,
        transplant=replaced,
        claims=list(claim) or None,
        seed=seed,
        progress=watched(),
    )
    if json:
        print_json(dump(found))
        return
    _print(found)
    if not network.provenance.verified:
        print(f"\nWeights: {network.provenance}")


def _print(found: Any) -> None:
    from curvecircuits.claims import words

    for section, group in groupby(found.claims, key=lambda c: c.section):
        print(f"\n{section}")
        for c in group:
            print(f"  {words.verdict(c):>14}  {c.statement}  ({c.id})")
            print(f"                  {words.measured(c)} — {c.quantity}; claimed: {c.criterion}.")
            print(f"                  On the permuted copy: {words.control(c)}.")
            if c.published:
                print(f"                  Published: {c.published}.")
            if c.note:
                print(f"                  {c.note}")
    counted = [c.holds for c in found.claims]
    print(
        f"\n{counted.count(True)} of {len(counted)} claims hold, {counted.count(False)} do not, "
        f"{counted.count(None)} are undecided or not testable here; "
        f"{sum(c.permuted is True for c in found.claims)} hold on the permuted copy too."
    )


def _compare(
    names: tuple[str, str],
    device: str,
    layer: str | None,
    claim: tuple[str, ...],
    seed: int,
    json: bool,
) -> None:
    networks: list[Any] = []
    for name in names:
        model, _, path = name.partition("=")
        if not model:
            raise InputError(
                f"{name!r} names no network: write a model, or model=weights for a weight file."
            )
        networks.append(
            opened(Source(model=model, weights=Path(path) if path else None, device=device))
        )
    from curvecircuits.claims import gather, measure_claims, words
    from curvecircuits.store import dump

    tables: list[Any] = []
    counts: list[dict[str, dict[str, int]]] = []
    for network in networks:
        evidence = gather(network, layer=layer, seed=seed, progress=watched())
        counts.append({x: evidence.taxonomy.counts(x) for x in evidence.taxonomy.layers})
        tables.append(
            measure_claims(
                network,
                evidence=evidence,
                claims=list(claim) or None,
                seed=seed,
                progress=watched(),
            )
        )
    if json:
        print_json(
            [{**dump(t), "families": c} for t, c in zip(tables, counts, strict=True)],
        )
        return
    for table, families in zip(tables, counts, strict=True):
        print(f"{table.model}: curves in {table.layer}\n")
        heads = list(dict.fromkeys(f for c in families.values() for f in c))
        print_table(
            ["layer", *heads], [[x, *(c.get(n) for n in heads)] for x, c in families.items()]
        )
        print()
    first, second = tables
    print_table(
        ["claim", first.model, "", second.model, ""],
        [
            [a.id, words.measured(a), words.verdict(a), words.measured(b), words.verdict(b)]
            for a, b in zip(first.claims, second.claims, strict=True)
        ],
    )
