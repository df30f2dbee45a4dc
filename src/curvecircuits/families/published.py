"""The published families of inception5h, the network of the Circuits thread, as data.

Nothing is selected by these lists: they are what a search on that network is compared with.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from curvecircuits.errors import InputError


@dataclass(frozen=True, kw_only=True)
class PublishedCurve:
    """Published tuning of one curve unit; angles in degrees, outward normal, y down."""

    orientation: float
    fwhm: float
    echo: float


@dataclass(frozen=True, kw_only=True)
class PublishedFamilies:
    """What the Circuits thread published of inception5h's units, by layer.

    References
    ----------
    Olah et al., "An Overview of Early Vision in InceptionV1", Distill 2020; Cammarata et al.,
    "Curve Detectors", Distill 2020, and "Curve Circuits", Distill 2021 (all CC-BY 4.0).
    """

    families: Mapping[str, Mapping[str, tuple[int, ...]]]
    """Units of each family, in the authors' order; complete from conv2d0 to mixed3b."""
    curves: Mapping[str, Mapping[int, PublishedCurve]]
    """Measured tuning of the curve units of conv2d2, mixed3a, mixed3b and mixed4a."""
    lines: Mapping[str, Mapping[int, float]]
    """Preferred line of the units of mixed3a that lines excite: the line's normal, mod 180."""

    def family_of(self, layer: str, channel: int) -> str:
        """The family of a unit.

        Raises
        ------
        InputError
            For a layer or unit that no family lists.
        """
        if layer not in self.families:
            raise InputError(
                f"No families were published for {layer}: valid are {', '.join(self.families)}."
            )
        for family, units in self.families[layer].items():
            if channel in units:
                return family
        raise InputError(f"No family was published for unit {layer}:{channel}.")


@cache
def published_families() -> PublishedFamilies:
    """Read the published families of inception5h.

    Examples
    --------
    >>> published = published_families()
    >>> published.family_of("mixed3b", 379), published.curves["mixed3b"][379].orientation
    ('Curves', 243.0)
    """
    text = (files("curvecircuits.families") / "data" / "inception5h.json").read_text("utf-8")
    data = json.loads(text)
    return PublishedFamilies(
        families={
            layer: {family: tuple(units) for family, units in families.items()}
            for layer, families in data["families"].items()
        },
        curves={
            layer: {int(unit): PublishedCurve(**numbers) for unit, numbers in units.items()}
            for layer, units in data["curves"].items()
        },
        lines={
            layer: {int(unit): angle for unit, angle in units.items()}
            for layer, units in data["lines"].items()
        },
    )
