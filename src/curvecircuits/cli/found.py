"""The curve family that `find` prints, for commands that need not be given units."""

from collections.abc import Sequence
from typing import Any

from curvecircuits.cli.options import watched
from curvecircuits.errors import InputError


def found_family(network: Any, layer: str | None, *, seed: int, shown: str = "pictures") -> Any:
    """What `find` prints of a network.

    Parameters
    ----------
    shown
        What units would be named for.

    Raises
    ------
    InputError
        Where it finds no curve family.
    """
    from curvecircuits.families import find_curves

    found = find_curves(network, layer=layer, permutations=1, seed=seed, progress=watched())
    if found.layer is None or not found.units:
        raise InputError(f"{found.verdict.rstrip('.')}: name units to see {shown} of them.")
    return found


def family_of(found: Any, layer: str, channels: Sequence[int]) -> Any:
    """Channels of a layer that have the orientations of a family that was found."""
    from curvecircuits.families import Family

    return Family(
        name="curve",
        layer=layer,
        channels=tuple(channels),
        orientations=tuple(u.orientation for u in found.units),
        period=360,
    )
