"""How far expanded weights are true, beside everything that is read from them."""

import numpy as np

from curvecircuits.circuits.truth import LinearTruth
from curvecircuits.report.figures.interval_groups import IntervalGroups, interval_groups, series
from curvecircuits.report.parts import Words
from curvecircuits.report.values import estimate, plain, written


def linear_truth_groups(found: LinearTruth, *, caption: str = "") -> IntervalGroups:
    """Agreement of the linear picture with the network, whole and family by family.

    Parameters
    ----------
    found
        From `circuits.truth.linear_truth`.
    """
    rows = (found.whole, *sorted(found.families, key=lambda t: -_known(t.correlation.value)))
    layer = found.targets.layer
    return interval_groups(
        words=Words(
            title="How true the linear story is",
            takeaway=(
                f"What the expanded weights on {found.source} say of a curve unit of {layer} "
                f"correlates by {written(found.whole.correlation)} with its real pre-activation "
                f"(weights of other channels: {written(found.whole.control)}): an approximation, "
                "and everything below that is read from weights shares it."
            ),
            caption=(
                "Over outline curves of every orientation and radius; 95% intervals over units. "
                "First row: W · h + b against the pre-activation. Others: the change predicted "
                "when a family's activations are set to zero against the change when the network "
                "runs on without them. Hollow: the same predicted from other channels. " + caption
            ).strip(),
        ),
        groups=[f"{t.name} ({t.units})" for t in rows],
        group_label="Inputs",
        value_label="Correlation of predicted and real",
        series=[
            series("predicted by its weights", [estimate(t.correlation) for t in rows]),
            series(
                "by those of other channels",
                [estimate(t.control) if t.control.units else plain(np.nan) for t in rows],
                role="control",
            ),
        ],
        reference=0.0,
        reference_label="no agreement",
    )


def _known(value: float) -> float:
    return value if np.isfinite(value) else -2.0
