"""Every network by name: what there is, where its weights are, and `load`."""

from curvecircuits.catalog.artefacts import ARTEFACTS, Artefact, verify
from curvecircuits.catalog.download import cache_dir, fetch, find_weights, locate
from curvecircuits.catalog.load import load
from curvecircuits.catalog.names import Entry, artefact_of, names
from curvecircuits.catalog.user import Factory, parse_factory

__all__ = [
    "ARTEFACTS",
    "Artefact",
    "Entry",
    "Factory",
    "artefact_of",
    "cache_dir",
    "fetch",
    "find_weights",
    "load",
    "locate",
    "names",
    "parse_factory",
    "verify",
]
