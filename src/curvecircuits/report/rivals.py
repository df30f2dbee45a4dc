"""What was set beside each natural unit, as plain data: the artificial unit and its rivals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from curvecircuits.compare.agreement import Agreement
from curvecircuits.report.values import Estimate, estimate, numbers, plain
from curvecircuits.store import Record

Role = Literal["artificial", "rival", "control"]

_TITLES: Mapping[str, tuple[str, Role]] = {
    "artificial": ("artificial unit of its orientation", "artificial"),
    "others": ("another natural unit, turned there", "rival"),
    "template": ("sum of all other natural units, turned there", "rival"),
    "beside": ("the unit itself, read one cell beside", "rival"),
    "gaussian": ("Gaussian fitted to this very unit", "rival"),
    "common": ("one Gaussian for all units", "rival"),
    "lines": ("artificial unit built as a line detector", "control"),
    "shuffled": ("artificial units at least 45° away", "control"),
}


@dataclass(frozen=True, kw_only=True)
class Rival(Record):
    """One thing that natural units were correlated with."""

    name: str
    """Short name, such as "template"."""
    title: str
    role: Role
    """A control has to agree less than the artificial unit; a rival may agree more."""
    straight: Estimate
    """Mean correlation over units, orientations as they are."""
    aligned: Estimate
    """The same at the best turn within ±15°; without value where that was not formed."""
    lead: Estimate
    """Mean over units of the artificial unit's correlation less this one's, as they are."""
    units: tuple[float | None, ...]
    """Correlation of each unit, as it is."""


def rivals(
    found: Agreement,
    *,
    order: Sequence[int] | None = None,
    titles: Mapping[str, str] | None = None,
) -> tuple[Rival, ...]:
    """List what was set beside the natural units, the artificial unit first.

    Parameters
    ----------
    order
        Indices of the units, in the order in which they are to be listed; by default as they are.
    titles
        Other words for some of them, by name.

    Examples
    --------
    >>> import numpy as np
    >>> one = {"artificial": np.array([0.9, 0.8, 0.7]), "shuffled": np.array([0.1, 0.0, -0.1])}
    >>> found = Agreement(correlations=one, aligned={}, turns=np.zeros(3))
    >>> [(r.name, r.role, round(r.lead.value, 2)) for r in rivals(found)]
    [('artificial', 'artificial', 0.0), ('shuffled', 'control', 0.8)]
    """
    at = slice(None) if order is None else list(order)
    listed: list[Rival] = []
    for name, (title, role) in _TITLES.items():
        # What could not be formed for any unit, such as cells beside a single one, is left out.
        if name not in found.correlations or not found.mean(name).units:
            continue
        listed.append(
            Rival(
                name=name,
                title=(titles or {}).get(name, title),
                role=role,
                straight=estimate(found.mean(name)),
                aligned=estimate(found.mean(name, aligned=True))
                if name in found.aligned
                else plain(float("nan")),
                lead=estimate(found.lead(name)),
                units=numbers(found.correlations[name][at]),
            )
        )
    return tuple(listed)
