"""Find the families of a network, which every claim is about."""

import numpy as np

from curvecircuits.claims.evidence import Evidence
from curvecircuits.compare.transplants.records import Transplant
from curvecircuits.errors import InputError
from curvecircuits.families import CurveFamily, Family, Taxonomy, discover_families, find_curves
from curvecircuits.models.network import Network


class NoFamilyError(InputError):
    """The network has no curve family, which every claim is about."""


def _curves(found: CurveFamily) -> tuple[Family, float]:
    """The family of a search, and the median of the preferred radii."""
    assert found.layer is not None
    orientations = [
        u.orientation if np.isfinite(u.orientation) else u.outline_orientation for u in found.units
    ]
    family = Family(
        name="curve",
        layer=found.layer,
        channels=tuple(u.channel for u in found.units),
        orientations=tuple(float(o) for o in orientations),
        period=360,
    ).sorted()
    return family, float(np.median([u.outline_radius for u in found.units]))


def gather(
    network: Network,
    *,
    layer: str | None = None,
    search: CurveFamily | None = None,
    taxonomy: Taxonomy | None = None,
    transplant: Transplant | None = None,
    seed: int = 0,
    progress: bool = False,
) -> Evidence:
    """Find the families of a network, which every claim is about.

    Parameters
    ----------
    layer
        Search this layer only for the curve family; by default all.
    search
        A search already made.
    taxonomy
        Families already discovered.
    transplant
        What was measured when its family was replaced.

    Raises
    ------
    NoFamilyError
        When no curve family is found.
    InputError
        As `find_curves`.
    """
    found = search or find_curves(
        network, layer=layer, permutations=1, seed=seed, progress=progress
    )
    if found.layer is None or not found.found:
        raise NoFamilyError(f"The claims are about a curve family. {found.verdict}")
    curves, radius = _curves(found)
    known = taxonomy or discover_families(
        network, curve_layer=curves.layer, seed=seed, progress=progress
    )
    return Evidence(
        network=network,
        curves=curves,
        radius=radius,
        taxonomy=known,
        seed=seed,
        search=found,
        transplant=transplant,
    )
