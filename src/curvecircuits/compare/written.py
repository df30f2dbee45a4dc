"""The families of the artificial network, as families of any other network are kept."""

from collections.abc import Sequence

from curvecircuits.artificial.constants import Constants
from curvecircuits.artificial.layout import Parts, layout
from curvecircuits.families.family import Family


def written_families(
    constants: Constants | None = None,
    *,
    parts: Parts | None = None,
    orientations: Sequence[float] | None = None,
) -> dict[str, dict[str, Family]]:
    """The families of the artificial network, by layer and name: what every unit was written for.

    Examples
    --------
    >>> found = written_families()
    >>> [(name, len(family)) for name, family in found["mixed3a"].items()][:2]
    [('early curve', 24), ('line', 18)]
    >>> found["mixed3b"]["curve"].orientations[:3]
    (0.0, 15.0, 30.0)
    """
    found: dict[str, dict[str, Family]] = {}
    for layer, groups in layout(constants or Constants(), parts or Parts()).items():
        first, here = 0, found.setdefault(layer, {})
        for group in groups:
            at = [round(o, 4) + 0.0 for o in group.degrees()]
            if layer == "mixed3b" and orientations is not None:
                at = [float(o) for o in orientations]
            here[group.family] = Family(
                name=group.family,
                layer=layer.replace("mixed", ""),
                channels=tuple(range(first, first + len(at))),
                orientations=tuple(at),
                period=group.period,
            )
            first += len(at)
    return found
