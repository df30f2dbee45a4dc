"""Measure every claim on a network and on a copy with permuted weights."""

import math
from collections.abc import Sequence

from tqdm import tqdm

from curvecircuits.circuits.intervals import NOTHING, Interval
from curvecircuits.claims import (
    early,
    echo,
    equivariance,
    later,
    lines,
    motifs,
    overview,
    purity,
    transplanted,
)
from curvecircuits.claims.evidence import Evidence, NotTestableError
from curvecircuits.claims.gather import NoFamilyError, gather
from curvecircuits.claims.records import ClaimResult, ClaimTable
from curvecircuits.claims.verdict import Claim, Finding
from curvecircuits.compare.transplants.records import Transplant
from curvecircuits.errors import InputError
from curvecircuits.families import CurveFamily
from curvecircuits.models.network import Network

CLAIMS: tuple[Claim, ...] = (
    *overview.CLAIMS,
    *equivariance.CLAIMS,
    *overview.EARLY,
    *early.CLAIMS,
    *echo.CLAIMS,
    *motifs.CLAIMS,
    *lines.CLAIMS,
    *purity.CLAIMS,
    *later.CLAIMS,
    *transplanted.CLAIMS,
)
"""Every claim, in the order of the article."""


def _measured(claim: Claim, evidence: Evidence) -> Finding:
    try:
        return claim.measure(evidence)
    except (NotTestableError, InputError) as error:
        return _not_testable(error)


def _not_testable(why: Exception) -> Finding:
    return Finding(interval=NOTHING, holds=None, note=f"Not testable here: {why}")


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _bounds(found: Interval) -> tuple[float, float] | None:
    if math.isfinite(found.low) and math.isfinite(found.high):
        return found.low, found.high
    return None


def _result(claim: Claim, natural: Finding, control: Finding) -> ClaimResult:
    note = natural.note
    if natural.holds is None and not note:
        note = "Undecided: the interval reaches across the bound."
    return ClaimResult(
        id=claim.id,
        section=claim.section,
        statement=claim.statement,
        published=claim.published,
        measured=_number(natural.interval.value),
        interval=_bounds(natural.interval),
        permuted=control.holds,
        holds=natural.holds,
        quantity=claim.quantity,
        criterion=claim.criterion,
        how=claim.how,
        note=note,
        permuted_measured=_number(control.interval.value),
        permuted_interval=_bounds(control.interval),
        figure=claim.figure,
    )


def measure_claims(
    network: Network,
    *,
    layer: str | None = None,
    search: CurveFamily | None = None,
    evidence: Evidence | None = None,
    control: Evidence | None = None,
    transplant: Transplant | None = None,
    claims: Sequence[str] | None = None,
    seed: int = 0,
    progress: bool = False,
) -> ClaimTable:
    """Measure the claims of the article on a network.

    A claim holds if the whole 95 % interval of its measurement lies on the claim's side (and, where
    labels can be exchanged, chance does not reach it), does not hold if none of it does, and is
    undecided otherwise. Intervals resample units. Every claim is measured again on a copy with
    permuted weights, with the same families: one that holds there too says nothing.

    Parameters
    ----------
    layer
        The layer of the curve family; by default all are searched.
    search, evidence, control
        What was measured already; the last of the copy, as `Evidence.permuted` returns it.
    transplant
        What `curvecircuits.transplant` measured on the network; without it, claims about it cannot
        be tested. Evidence given has its own.
    claims
        Ids of the claims to measure; by default all.
    seed
        Of the permuted copy, and of everything random.

    Raises
    ------
    InputError
        For ids that are no claim, and as `find_curves`. Where no curve family is found no claim
        can be tested, and the table says so.

    References
    ----------
    Cammarata et al., "Curve Circuits", Distill 2021.
    """
    known = {claim.id: claim for claim in CLAIMS}
    unknown = [name for name in claims or () if name not in known]
    if unknown:
        raise InputError(f"{', '.join(unknown)} is no claim: valid are {', '.join(sorted(known))}.")
    chosen = [known[name] for name in claims] if claims else list(CLAIMS)
    try:
        found = evidence or gather(
            network,
            layer=layer,
            search=search,
            transplant=transplant,
            seed=seed,
            progress=progress,
        )
    except NoFamilyError as error:
        finding = _not_testable(error)
        return _table(network, None, seed, [_result(claim, finding, finding) for claim in chosen])
    permuted = control or found.permuted(seed + 1)
    results = [
        _result(claim, _measured(claim, found), _measured(claim, permuted))
        for claim in tqdm(chosen, desc="claims", unit="claim", disable=not progress)
    ]
    return _table(network, found.curves.layer, seed, results)


def _table(
    network: Network, layer: str | None, seed: int, results: list[ClaimResult]
) -> ClaimTable:
    return ClaimTable(
        model=network.name,
        model_hash=network.model_hash,
        weights=str(network.provenance),
        layer=layer,
        seed=seed,
        claims=tuple(results),
    )
