"""Claims: the article's falsifiable sentences, each measured with a control."""

from curvecircuits.claims.evidence import Evidence
from curvecircuits.claims.gather import gather
from curvecircuits.claims.measure import CLAIMS, measure_claims
from curvecircuits.claims.records import ClaimResult, ClaimTable
from curvecircuits.claims.verdict import Claim, Finding

__all__ = [
    "CLAIMS",
    "Claim",
    "ClaimResult",
    "ClaimTable",
    "Evidence",
    "Finding",
    "gather",
    "measure_claims",
]
