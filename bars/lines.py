"""Bars on lines: the classes of the published line tuning curves."""

import json
from collections import Counter
from typing import Any

import numpy as np

from bars import SHARED, Outcome, bar
from curvecircuits.families.line_tuning import judge_lines
from curvecircuits.families.published import published_families

REFERENCE = SHARED / "reference"


def _read(name: str) -> Any:
    return json.loads((REFERENCE / name).read_text("utf-8"))


@bar(number="2.4", title="published lines and cliffs recovered", needs_shared=True)
def published_lines(quick: bool) -> Outcome:
    """All 256 units of 3a are judged; `detail` names the others that are called lines or cliffs."""
    data = _read("published/lines-mixed3a.json")
    sets = _read("curve-circuits-sets.json")
    curves = np.array([data[str(unit)] for unit in range(256)])
    simple, cliffs = set(sets["mixed3a_simple_lines"]), set(sets["mixed3a_cliffs"])

    def recovered(values: np.ndarray) -> tuple[int, int]:
        kinds = [j.kind for j in judge_lines(values)]
        return (
            sum(kinds[u] in ("line", "line with an echo") for u in simple),
            sum(kinds[u] == "cliff" for u in cliffs),
        )

    lines_found, cliffs_found = recovered(curves)
    generator = np.random.default_rng(404)
    noise = 0.05 * curves.max(1, keepdims=True)
    noisy = [
        recovered(np.maximum(curves + noise * generator.standard_normal(curves.shape), 0))
        for _ in range(2 if quick else 20)
    ]
    coarse = [recovered(curves[:, start::10]) for start in range(10)]
    published = published_families()
    others: list[str] = []
    for kind in ("line", "line with an echo", "cliff"):
        families = Counter(
            published.family_of("mixed3a", j.channel)
            for j in judge_lines(curves)
            if j.kind == kind and j.channel not in simple | cliffs
        )
        named = ", ".join(f"{family} {count}" for family, count in families.most_common())
        others.append(f"{kind} {families.total()}: {named}")
    spread = "; ".join(
        f"{name} {min(x for x, _ in found)}–{max(x for x, _ in found)} lines, "
        f"{min(y for _, y in found)}–{max(y for _, y in found)} cliffs"
        for name, found in (("5 % noise", noisy), ("every 5°", coarse))
    )
    return Outcome(
        value=f"{lines_found} of 12 lines, {cliffs_found} of 5 cliffs ({spread})",
        bound="≥ 10 lines, ≥ 4 cliffs",
        ok=lines_found >= 10 and cliffs_found >= 4,
        detail="others called so: " + "; ".join(others),
    )
