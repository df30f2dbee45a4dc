"""Whether a family weighs more in the curves than other units of its layer would."""

import numpy as np

from curvecircuits.circuits.chance import against_chance
from curvecircuits.circuits.intervals import resampled
from curvecircuits.claims.evidence import Evidence
from curvecircuits.claims.verdict import Finding, beyond_chance
from curvecircuits.families import Family

_DRAWS = 200


def weight_of(e: Evidence, back: int, family: Family) -> Finding:
    """Mean magnitude of the curves' weights on a family over that on all units of its layer.

    It has to be above 1, and above what as many units drawn at random from the layer reach.
    """
    magnitude = e.weights(back).values.abs().sum((2, 3)).double().cpu().numpy()
    whole = np.maximum(magnitude.mean(1), 1e-30)
    share = magnitude[:, list(family.channels)].sum(1) / np.maximum(magnitude.sum(1), 1e-30)
    generator = np.random.default_rng(e.seed)
    null: list[float] = []
    for _ in range(_DRAWS):
        drawn = generator.choice(magnitude.shape[1], len(family), replace=False)
        null.append(float((magnitude[:, drawn].mean(1) / whole).mean()))
    ratio = magnitude[:, list(family.channels)].mean(1) / whole
    found = against_chance(resampled(ratio, seed=e.seed), null, reference=1.0)
    note = f"{len(family)} units of {family.layer}, with {share.mean():.1%} of the weight."
    return beyond_chance(found, note=note)
